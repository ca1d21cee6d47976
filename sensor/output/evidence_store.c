/* SPDX-License-Identifier: ISC */
/*
 * See evidence_store.h. A block goes out in one write; what a full disk took only a part of is cut
 * off again, so that files stay whole.
 */
#include "sensor/output/evidence_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sensor/base/log.h"
#include "sensor/base/printable.h"
#include "sensor/output/evidence_directory.h"
#include "sensor/output/pcapng.h"

#define NAME_MOST  65
#define OPEN_MOST  16 /* files open at the same time */
#define BLOCK_MOST (1u << 20)
#define NO_LINK	   0xff

struct evidence_file {
	char id[EXPOSURE_ID_TEXT];	     /* "": free */
	int fd;				     /* -1: not open */
	uint64_t size, used;		     /* used: a count of writes */
	uint8_t links[LINK_UNSUPPORTED + 1]; /* number of each link's interface, or NO_LINK */
	uint8_t interfaces;
	bool begun; /* in this run */
};

struct evidence_store {
	struct evidence_options options;
	char site[NAME_MOST];
	int directory;
	struct evidence_file *files, *last;
	struct pcapng_out out;
	struct evidence_stats stats;
	uint64_t uses;
	uint32_t open_files;
	bool failing;
};

static void name_of(const struct evidence_file *file, char name[EVIDENCE_NAME])
{
	snprintf(name, EVIDENCE_NAME, "%s%s", file->id, EVIDENCE_SUFFIX);
}

static void close_file(struct evidence_store *store, struct evidence_file *file)
{
	if (!file || file->fd < 0)
		return;
	close(file->fd);
	file->fd = -1;
	store->open_files--;
}

static void forget(struct evidence_store *store, struct evidence_file *file)
{
	close_file(store, file);
	store->stats.on_disk -= file->size;
	store->stats.files--;
	if (store->last == file)
		store->last = NULL;
	*file = (struct evidence_file){.fd = -1};
}

/* The one written to longest ago; `open_only`: of those that are open. */
static struct evidence_file *oldest(const struct evidence_store *store, bool open_only,
				    const struct evidence_file *but)
{
	struct evidence_file *found = NULL;

	for (uint32_t i = 0; i < store->options.max_files; i++) {
		struct evidence_file *file = &store->files[i];

		if (but == file || file->id[0] == '\0' || (open_only && file->fd < 0))
			continue;
		if (!found || file->used < found->used)
			found = file;
	}
	return found;
}

/* False: it cannot be deleted. */
static bool evict(struct evidence_store *store, const struct evidence_file *but)
{
	struct evidence_file *file = oldest(store, false, but);
	char name[EVIDENCE_NAME];

	if (!file)
		return false;
	name_of(file, name);
	if (unlinkat(store->directory, name, 0) != 0 && errno != ENOENT)
		return false;
	forget(store, file);
	store->stats.evicted++;
	return true;
}

static struct evidence_file *find(const struct evidence_store *store, const char *id)
{
	for (uint32_t i = 0; i < store->options.max_files; i++) {
		if (strcmp(store->files[i].id, id) == 0)
			return &store->files[i];
	}
	return NULL;
}

static struct evidence_file *enter(struct evidence_store *store, const char *id, uint64_t size)
{
	struct evidence_file *file = find(store, "");

	if (!file)
		return NULL;
	*file = (struct evidence_file){.fd = -1, .size = size, .used = ++store->uses};
	memcpy(file->id, id, sizeof file->id);
	store->stats.files++;
	store->stats.on_disk += size;
	return file;
}

static void take_inventory(struct evidence_store *store)
{
	struct evidence_found *list;
	size_t count = evidence_directory_list(store->directory, &list);

	for (size_t i = 0; i < count; i++) {
		if (store->stats.files == store->options.max_files && !evict(store, NULL))
			break;
		enter(store, list[i].id, list[i].size);
	}
	free(list);
}

uint64_t evidence_bytes(uint32_t max_files)
{
	const struct evidence_store *store = NULL;

	return sizeof *store + max_files * (uint64_t)sizeof *store->files + BLOCK_MOST;
}

struct evidence_store *evidence_open(const struct evidence_options *options,
				     char error[EVIDENCE_ERROR])
{
	struct evidence_store *store = calloc(1, sizeof *store);

	snprintf(error, EVIDENCE_ERROR, "out of memory");
	if (!store)
		return NULL;
	store->options = *options;
	printable_copy(store->site, sizeof store->site, options->site);
	store->options.site = store->site;
	store->options.user = NULL;
	store->directory = -1;
	store->files = calloc(options->max_files, sizeof *store->files);
	store->out.bytes = malloc(BLOCK_MOST);
	store->out.size = BLOCK_MOST;
	if (store->files && store->out.bytes) {
		for (uint32_t i = 0; i < options->max_files; i++)
			store->files[i].fd = -1;
		store->directory = evidence_directory_open(options->directory, options->user);
		if (store->directory >= 0) {
			take_inventory(store);
			return store;
		}
		snprintf(error, EVIDENCE_ERROR, "%.120s: %s", options->directory,
			 strerrordesc_np(errno));
	}
	evidence_close(store);
	return NULL;
}

void evidence_close(struct evidence_store *store)
{
	if (!store)
		return;
	for (uint32_t i = 0; store->files && i < store->options.max_files; i++)
		close_file(store, &store->files[i]);
	if (store->directory >= 0)
		close(store->directory);
	free(store->files);
	free(store->out.bytes);
	free(store);
}

/* ---- writing ---- */

static void note_failure(struct evidence_store *store)
{
	store->stats.errors++;
	if (store->failing)
		return;
	store->failing = true;
	log_warn("--evidence: packets are not kept");
}

static void note_success(struct evidence_store *store)
{
	if (store->failing)
		log_warnx("--evidence: packets are kept again; %llu were lost so far",
			  (unsigned long long)store->stats.errors);
	store->failing = false;
}

void evidence_check(struct evidence_store *store)
{
	static const char name[] = ".writable";
	int fd = openat(store->directory, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		store->failing = true;
		log_warn("--evidence %s: packets cannot be kept", store->options.directory);
		return;
	}
	close(fd);
	unlinkat(store->directory, name, 0);
}

static bool open_file(struct evidence_store *store, struct evidence_file *file)
{
	int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
	char name[EVIDENCE_NAME];
	struct stat status;

	if (file->fd >= 0)
		return true;
	if (store->open_files >= OPEN_MOST)
		close_file(store, oldest(store, true, file));
	name_of(file, name);
	if (store->options.anew && !file->begun) {
		flags |= O_TRUNC;
		store->stats.on_disk -= file->size;
		file->size = 0;
	}
	file->fd = openat(store->directory, name, flags, 0600);
	if (file->fd < 0)
		return false;
	store->open_files++;
	if (fstat(file->fd, &status) == 0) { /* somebody may have cut or deleted it */
		store->stats.on_disk += (uint64_t)status.st_size - file->size;
		file->size = (uint64_t)status.st_size;
		file->begun = file->begun && file->size != 0;
	}
	return true;
}

static void put_beginning(struct evidence_store *store, const struct kept_frame *kept)
{
	const struct evidence_options *options = &store->options;
	char address[ADDRESS_TEXT_MAX], comment[384];

	snprintf(comment, sizeof comment,
		 "exposure %s: %s port %u/%s; site %.64s, sensor %.64s; packets of conversations "
		 "that broke a rule, with their payload",
		 kept->exposure, address_format(&kept->server.address, address), kept->server.port,
		 transport_name(kept->server.transport), options->site, options->sensor);
	pcapng_section(&store->out, comment, "spanwatch " SPANWATCH_VERSION);
}

/* Everything that has to be written for this frame, in one piece. */
static void build(struct evidence_store *store, const struct evidence_file *file,
		  const struct kept_frame *kept)
{
	uint8_t interface = file->begun ? file->links[kept->frame.link] : NO_LINK;

	store->out.length = 0;
	store->out.full = false;
	if (!file->begun)
		put_beginning(store, kept);
	if (interface == NO_LINK) {
		pcapng_interface(&store->out, (enum link_type)kept->frame.link,
				 store->options.interface);
		interface = file->begun ? file->interfaces : 0;
	}
	pcapng_packet(&store->out, interface, &kept->frame);
}

static void note_written(struct evidence_store *store, struct evidence_file *file, uint8_t link)
{
	if (!file->begun) {
		memset(file->links, NO_LINK, sizeof file->links);
		file->interfaces = 0;
		file->begun = true;
	}
	if (file->links[link] == NO_LINK)
		file->links[link] = file->interfaces++;
	file->size += store->out.length;
	store->stats.on_disk += store->out.length;
	store->stats.bytes += store->out.length;
	store->stats.packets++;
}

static bool write_out(const struct evidence_store *store, const struct evidence_file *file)
{
	ssize_t n = write(file->fd, store->out.bytes, store->out.length);
	int error = errno;

	if (n == (ssize_t)store->out.length)
		return true;
	if (n >= 0)
		error = ENOSPC;
	if (n > 0 && ftruncate(file->fd, (off_t)file->size) != 0)
		log_warn("--evidence: %s%s ends in half a block", file->id, EVIDENCE_SUFFIX);
	errno = error;
	return false;
}

static struct evidence_file *file_for(struct evidence_store *store, const char *id)
{
	if (store->last && strcmp(store->last->id, id) == 0)
		return store->last;
	store->last = find(store, id);
	if (store->last)
		return store->last;
	if (store->stats.files == store->options.max_files && !evict(store, NULL))
		return NULL;
	store->last = enter(store, id, 0);
	return store->last;
}

void evidence_add(struct evidence_store *store, const struct kept_frame *kept)
{
	const struct evidence_options *options = &store->options;
	struct evidence_file *file = file_for(store, kept->exposure);

	if (!file || !open_file(store, file)) {
		note_failure(store);
		return;
	}
	build(store, file, kept);
	if (store->out.full || file->size + store->out.length > options->max_file_bytes) {
		store->stats.refused++;
		return;
	}
	while (store->stats.on_disk + store->out.length > options->max_bytes) {
		if (!evict(store, file)) {
			store->stats.refused++;
			return;
		}
	}
	file->used = ++store->uses;
	if (!write_out(store, file)) {
		note_failure(store);
		return;
	}
	note_written(store, file, kept->frame.link);
	note_success(store);
}

void evidence_stats(const struct evidence_store *store, struct evidence_stats *stats)
{
	*stats = store->stats;
}
