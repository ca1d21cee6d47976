/* SPDX-License-Identifier: ISC */
/*
 * The interfaces of a live sensor. Each worker has a capture of each of them; a program in the
 * kernel splits every interface by the same hash, so that both directions of a conversation come to
 * one worker, whichever interfaces they come by.
 *
 * An interface that is gone: a worker whose capture broke drops it and says so; the main thread
 * tells it, and looks every second whether it is there again. Then it opens a capture for each
 * worker, in their order (the kernel numbers them so), and offers them. As the privilege to open a
 * packet socket is given up after the start, sockets for that are kept from then on; they are bound
 * to nothing. When there are none left, or where libpcap reads the packets, the sensor ends.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sensor/base/log.h"
#include "sensor/capture/pcap_source.h"
#include "sensor/run/live_state.h"

#define RETURNS	    32	/* of each interface */
#define OTHER_FILES 128 /* that a sensor may have open */

/* ---- worker threads ---- */

void live_ingress_adopt(struct thread *thread)
{
	for (unsigned i = 0; i < thread->live->ingress_count; i++) {
		struct capture *capture = atomic_exchange(&thread->offered_captures[i], NULL);

		if (!capture)
			continue;
		watch_set(thread->watch, i, capture);
		live_policy_headers(thread, atomic_load(&thread->adopted));
	}
}

void live_ingress_check(struct thread *thread)
{
	int place;

	while ((place = watch_broken(thread->watch)) >= 0) {
		snprintf(thread->why[place], sizeof thread->why[place], "%.120s",
			 capture_failure(watch_get(thread->watch, (unsigned)place)));
		watch_set(thread->watch, (unsigned)place, NULL);
		atomic_fetch_or(&thread->lost, 1u << place);
		live_wake(thread);
	}
}

/* ---- main thread ---- */

static void fill_alias(const char *interface, struct origin_names *names)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "/sys/class/net/%.64s/ifalias", interface);
	file = receiver_is_url(interface) ? NULL : fopen(path, "re");
	if (!file)
		return;
	if (fgets(names->alias, sizeof names->alias, file))
		names->alias[strcspn(names->alias, "\n")] = '\0';
	fclose(file);
}

/* How many sockets each interface may keep: all of them together leave others room. */
static unsigned spare_count(const struct live *live)
{
	unsigned wanted = RETURNS * live->thread_count, most;
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur <= OTHER_FILES)
		return 0;
	most = (unsigned)((files.rlim_cur - OTHER_FILES) / 2 / live->ingress_count);
	return wanted < most ? wanted : most;
}

static bool keep_spares(const struct live *live, struct live_ingress *ingress)
{
	const struct capture *first = watch_get(live->threads[0].watch, ingress->place);
	unsigned count = spare_count(live);

	if (!capture_can_return(first))
		return true;
	if (capture_filter(first)) {
		ingress->filter = pcap_filter_copy(capture_filter(first));
		if (!ingress->filter)
			return false;
	}
	ingress->spares = calloc(count ? count : 1, sizeof *ingress->spares);
	while (ingress->spares && ingress->spare_count < count) {
		int fd = packet_ring_socket();

		if (fd < 0)
			break;
		ingress->spares[ingress->spare_count++] = fd;
	}
	return ingress->spares != NULL;
}

static struct capture *open_capture(const struct live *live, const struct live_ingress *ingress,
				    int socket, char error[CAPTURE_ERROR])
{
	const struct options *options = live->app->options;
	struct worker_options worker;
	struct decoder decoder;
	struct capture_interface interface = {
		.name = ingress->name,
		.filter = options->filter,
		.snap_length = options->snap_length,
		.buffer_bytes = options->buffer_mib << 20,
		.timeout_ms = options->timeout_ms,
		.fanout_group = (uint16_t)((unsigned)getpid() << 4 | ingress->place),
		.fanout_workers = (uint16_t)options->workers,
		.decoder = &decoder,
		.from = ingress->from,
		.socket = socket,
		.compiled = ingress->filter,
		.promiscuous = !options->no_promiscuous,
	};

	app_worker_options(live->app, 0, &worker);
	decoder = decoder_of(&worker.decode);
	return capture_open_interface(&interface, error);
}

/* The kernel may give a socket less than --buffer-mib says. */
static void say_buffer(const struct live *live, const struct live_ingress *ingress)
{
	uint32_t has = capture_buffer(watch_get(live->threads[0].watch, ingress->place));
	uint32_t wanted = live->app->options->buffer_mib << 20;

	if (has != 0 && has < wanted)
		log_warnx("%s: the kernel gives this socket %u KiB of the %u MiB of --buffer-mib: "
			  "raise net.core.rmem_max",
			  ingress->name, has >> 10, live->app->options->buffer_mib);
}

static bool open_one(struct live *live, struct live_ingress *ingress)
{
	struct origin_names names = {.file = ""};
	char error[CAPTURE_ERROR];

	snprintf(names.interface, sizeof names.interface, "%s", ingress->name);
	fill_alias(ingress->name, &names);
	ingress->from = origins_add(live->app->origins, &names);
	for (uint32_t i = 0; i < live->thread_count; i++) {
		struct capture *capture = open_capture(live, ingress, 0, error);

		if (!capture) {
			log_warnx("%s: %s", ingress->name, error);
			return false;
		}
		watch_set(live->threads[i].watch, ingress->place, capture);
	}
	say_buffer(live, ingress);
	return keep_spares(live, ingress);
}

bool live_ingress_open(struct live *live)
{
	for (unsigned i = 0; i < live->ingress_count; i++) {
		struct live_ingress *ingress = &live->ingress[i];

		ingress->place = i;
		ingress->name = live->app->options->interfaces[i];
		ingress->sight = live_blindness(live, ingress->name, true);
		if (!ingress->sight || !open_one(live, ingress))
			return false;
	}
	for (uint32_t i = 0; i < live->thread_count; i++)
		live_policy_headers(&live->threads[i], live->app->policy);
	return true;
}

/* Which of the threads have lost it: 0, some, or all. */
static uint32_t losers(const struct live *live, const struct live_ingress *ingress,
		       const struct thread **one)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < live->thread_count; i++) {
		if (!(atomic_load(&live->threads[i].lost) >> ingress->place & 1))
			continue;
		*one = &live->threads[i];
		count++;
	}
	return count;
}

static bool can_return(const struct live *live, const struct live_ingress *ingress)
{
	return ingress->spare_count >= live->thread_count;
}

static void tell_gone(struct live *live, struct live_ingress *ingress, const struct thread *one)
{
	bool waits = can_return(live, ingress);

	ingress->gone = true;
	log_warnx("%s: %s%s", ingress->name, one->why[ingress->place],
		  waits ? "; waiting for it to return" : "");
	blindness_set(ingress->sight, BLIND_GONE, true, 0, 0, clock_unix_ns());
	if (waits)
		return;
	live->broken = true;
	loop_stop(live->app->loop);
}

/* One for each thread, or none at all. */
static bool open_again(struct live *live, struct live_ingress *ingress,
		       struct capture *captures[LIVE_THREADS])
{
	char error[CAPTURE_ERROR];

	for (uint32_t i = 0; i < live->thread_count; i++) {
		int fd = ingress->spares[--ingress->spare_count];

		captures[i] = open_capture(live, ingress, fd, error);
		if (captures[i])
			continue;
		log_info("%s: %s", ingress->name, error);
		while (i-- > 0)
			capture_close(captures[i]);
		return false;
	}
	return true;
}

static void try_again(struct live *live, struct live_ingress *ingress)
{
	struct capture *captures[LIVE_THREADS];

	/* What is not there takes no socket. */
	if (if_nametoindex(ingress->name) == 0 || !can_return(live, ingress) ||
	    !open_again(live, ingress, captures))
		return;
	for (uint32_t i = 0; i < live->thread_count; i++) {
		atomic_fetch_and(&live->threads[i].lost, ~(1u << ingress->place));
		atomic_store(&live->threads[i].offered_captures[ingress->place], captures[i]);
	}
	ingress->gone = false;
	log_warnx("%s: it is there again, and watched", ingress->name);
	blindness_set(ingress->sight, BLIND_GONE, false, 0, 0, clock_unix_ns());
}

void live_ingress_lost(struct live *live)
{
	const struct thread *one = NULL;

	for (unsigned i = 0; i < live->ingress_count; i++) {
		if (!live->ingress[i].gone && losers(live, &live->ingress[i], &one) != 0)
			tell_gone(live, &live->ingress[i], one);
	}
}

void live_ingress_return(struct live *live)
{
	const struct thread *one = NULL;

	for (unsigned i = 0; i < live->ingress_count; i++) {
		struct live_ingress *ingress = &live->ingress[i];

		if (ingress->gone && losers(live, ingress, &one) == live->thread_count)
			try_again(live, ingress);
	}
}

void live_ingress_close(struct live *live)
{
	for (unsigned i = 0; i < live->ingress_count; i++) {
		struct live_ingress *ingress = &live->ingress[i];

		for (unsigned n = 0; n < ingress->spare_count; n++)
			close(ingress->spares[n]);
		free(ingress->spares);
		pcap_filter_free(ingress->filter);
		blindness_free(ingress->sight);
		for (uint32_t t = 0; t < live->thread_count; t++)
			capture_close(atomic_load(&live->threads[t].offered_captures[i]));
	}
}
