/* SPDX-License-Identifier: ISC */
/*
 * See input.h. gzip, bzip2 and xz are unpack.c's, because libarchive drops up to 64 KiB of what it
 * has unpacked when the file ends too early. The one file that sees libarchive, of which only
 * decompressors are used: its "raw" format is a single nameless entry.
 */
#include "sensor/capture/input.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sensor/capture/unpack.h"
#include "sensor/capture/zstd_frames.h"

#define BLOCK 32768 /* more leaves the cache, and is slower */
#define MAGIC 6	    /* bytes by which compressions are known */

struct input {
	enum unpack_kind kind;
	struct unpack *unpack;	    /* of gzip, bzip2, xz */
	struct archive *archive;    /* of lz4, zstd */
	struct zstd_frames *frames; /* of zstd */
	int fd, idle_ms;
	input_idle *idle; /* NULL: read() waits */
	void *idle_context;
	bool stream_taken, cut;
	bool packed_ended; /* there are no more bytes in the file */
	uint64_t size, consumed;
	uint8_t head[INPUT_PEEK]; /* read ahead by input_peek() */
	size_t peeked, head_read;
	const uint8_t *whole; /* of what libarchive has unpacked: what is left */
	size_t whole_length;
	char failure[INPUT_ERROR];
	size_t packed_at, packed_length; /* in `packed`: what is still to be unpacked */
	uint8_t packed[BLOCK];		 /* bytes of the file; of a plain one, its first */
	char buffer[BLOCK];		 /* of the stream: in use until that is closed */
};

/* ---- the bytes of the file ---- */

/* False: nobody wants more of it. */
static bool wait_for_bytes(struct input *input)
{
	struct pollfd waited = {.fd = input->fd, .events = POLLIN};

	/* An error is read()'s to tell; a signal is the caller's to see. */
	while (poll(&waited, 1, input->idle_ms) <= 0) {
		if (!input->idle(input->idle_context))
			return false;
	}
	return true;
}

static ssize_t read_file(struct input *input, void *to, size_t size)
{
	ssize_t n;

	if (input->idle && !wait_for_bytes(input)) {
		input->packed_ended = true;
		return 0;
	}
	do
		n = read(input->fd, to, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		snprintf(input->failure, sizeof input->failure, "%s", strerrordesc_np(errno));
	else
		input->consumed += (uint64_t)n;
	input->packed_ended = n <= 0;
	return n;
}

/* Until at least `need` of them stand in `packed`, or there are no more. False: an error. */
static bool fill_packed(struct input *input, size_t need)
{
	if (input->packed_at == input->packed_length)
		input->packed_at = input->packed_length = 0;
	while (!input->packed_ended && input->packed_length - input->packed_at < need) {
		ssize_t n = read_file(input, input->packed + input->packed_length,
				      BLOCK - input->packed_length);

		if (n < 0)
			return false;
		input->packed_length += (size_t)n;
	}
	return true;
}

static ssize_t take_packed(struct input *input, void *to, size_t size)
{
	size_t n = input->packed_length - input->packed_at;

	n = size < n ? size : n;
	memcpy(to, input->packed + input->packed_at, n);
	input->packed_at += n;
	return (ssize_t)n;
}

/* ---- unpacked ---- */

static ssize_t fail(struct input *input, const char *reason)
{
	if (!input->failure[0])
		snprintf(input->failure, sizeof input->failure, "%s: %s", unpack_name(input->kind),
			 reason);
	errno = EIO;
	return -1;
}

static ssize_t fail_cut(struct input *input)
{
	input->cut = true;
	return fail(input, "the compressed file is cut off: read as far as it can be unpacked");
}

static ssize_t read_unpack(struct input *input, uint8_t *to, size_t size)
{
	struct unpack_buffers buffers = {.out = to, .out_length = size};
	enum unpack_result result = UNPACK_MORE;

	while (result == UNPACK_MORE && buffers.out_length == size) {
		if (!fill_packed(input, 1))
			return -1;
		buffers.in = input->packed + input->packed_at;
		buffers.in_length = input->packed_length - input->packed_at;
		buffers.last = input->packed_ended;
		result = unpack_step(input->unpack, &buffers);
		/* Nothing in, and nothing out: it wants more than there is. */
		if (result == UNPACK_MORE && buffers.out_length == size && input->packed_ended &&
		    buffers.in_length == input->packed_length - input->packed_at)
			return fail_cut(input);
		input->packed_at = input->packed_length - buffers.in_length;
	}
	if (buffers.out_length < size)
		return (ssize_t)(size - buffers.out_length);
	return result == UNPACK_ENDED ? 0 : fail(input, "the compressed bytes are damaged");
}

/* What libarchive has unpacked, and what has become of that. */
static ssize_t read_archive(struct input *input, void *to, size_t size)
{
	const void *bytes;
	la_int64_t offset;
	int result;

	if (input->whole_length == 0) {
		result = archive_read_data_block(input->archive, &bytes, &input->whole_length,
						 &offset);
		if (result == ARCHIVE_EOF) {
			input->whole_length = 0;
			return input->frames && input->frames->cut ? fail_cut(input) : 0;
		}
		if (result < ARCHIVE_WARN) {
			const char *reason = archive_error_string(input->archive);

			input->whole_length = 0;
			if (input->packed_ended && input->packed_at == input->packed_length)
				return fail_cut(input);
			return fail(input, reason ? reason : "the compressed bytes are damaged");
		}
		input->whole = bytes;
	}
	size = size < input->whole_length ? size : input->whole_length;
	memcpy(to, input->whole, size);
	input->whole += size;
	input->whole_length -= size;
	return (ssize_t)size;
}

static ssize_t read_source(struct input *input, void *to, size_t size)
{
	if (input->unpack)
		return read_unpack(input, to, size);
	if (input->archive)
		return read_archive(input, to, size);
	return input->packed_at < input->packed_length ? take_packed(input, to, size)
						       : read_file(input, to, size);
}

ssize_t input_read(struct input *input, void *to, size_t size)
{
	size_t n = input->peeked - input->head_read;

	if (n == 0)
		return read_source(input, to, size);
	n = size < n ? size : n;
	memcpy(to, input->head + input->head_read, n);
	input->head_read += n;
	return (ssize_t)n;
}

size_t input_peek(struct input *input, const uint8_t **bytes)
{
	ssize_t n = 1;

	while (n > 0 && input->peeked < sizeof input->head) {
		n = read_source(input, input->head + input->peeked,
				sizeof input->head - input->peeked);
		if (n > 0)
			input->peeked += (size_t)n;
	}
	*bytes = input->head;
	return input->peeked;
}

/* ---- opening ---- */

/* libarchive asks for bytes of the file. */
static la_ssize_t give_packed(struct archive *archive, void *context, const void **bytes)
{
	struct input *input = context;
	size_t n;

	if (!fill_packed(input, 1)) {
		archive_set_error(archive, EIO, "%s", input->failure);
		return -1;
	}
	n = input->packed_length - input->packed_at;
	*bytes = input->packed + input->packed_at;
	input->packed_at += n;
	return (la_ssize_t)n;
}

static ssize_t read_frame_bytes(void *context, uint8_t *to, size_t size)
{
	struct input *input = context;
	size_t done = 0;

	while (done < size) {
		if (!fill_packed(input, 1))
			return -1;
		if (input->packed_at == input->packed_length)
			break;
		done += (size_t)take_packed(input, to + done, size - done);
	}
	return (ssize_t)done;
}

static la_ssize_t give_frames(struct archive *archive, void *context, const void **bytes)
{
	struct input *input = context;
	size_t length = zstd_frames_next(input->frames);

	if (length == 0 && input->frames->wrong) {
		archive_set_error(archive, EIO, "the compressed bytes are damaged");
		return -1;
	}
	*bytes = input->frames->piece;
	return (la_ssize_t)length;
}

static bool open_archive(struct input *input, char error[INPUT_ERROR])
{
	struct archive_entry *entry;
	struct archive *archive = archive_read_new();

	input->archive = archive;
	if (input->kind == UNPACK_ZSTD)
		input->frames = calloc(1, sizeof *input->frames);
	if (!archive || (input->kind == UNPACK_ZSTD && !input->frames)) {
		snprintf(error, INPUT_ERROR, "out of memory");
		return false;
	}
	if (input->frames) {
		input->frames->read = read_frame_bytes;
		input->frames->context = input;
	}
	/* By name: what is too short to be recognised would come through as it is. */
	archive_read_append_filter(archive,
				   input->frames ? ARCHIVE_FILTER_ZSTD : ARCHIVE_FILTER_LZ4);
	archive_read_support_format_raw(archive);
	archive_read_support_format_empty(archive);
	if (archive_read_open(archive, input, NULL, input->frames ? give_frames : give_packed,
			      NULL) != ARCHIVE_OK ||
	    archive_read_next_header(archive, &entry) != ARCHIVE_OK) {
		const char *reason = archive_error_string(archive);

		input->cut = input->packed_ended;
		snprintf(error, INPUT_ERROR, "%s: %s", unpack_name(input->kind),
			 input->cut ? "the compressed file is cut off before anything can be "
				      "unpacked"
			 : reason   ? reason
				    : "the compressed bytes are damaged");
		return false;
	}
	return true;
}

static bool open_kind(struct input *input, char error[INPUT_ERROR])
{
	if (!fill_packed(input, MAGIC)) {
		snprintf(error, INPUT_ERROR, "%s", input->failure);
		return false;
	}
	input->kind = unpack_kind(input->packed, input->packed_length);
	if (input->kind == UNPACK_NONE)
		return true;
	if (input->kind == UNPACK_ZSTD || input->kind == UNPACK_LZ4)
		return open_archive(input, error);
	input->unpack = unpack_new(input->kind);
	if (!input->unpack)
		snprintf(error, INPUT_ERROR, "out of memory");
	return input->unpack != NULL;
}

static bool open_path(struct input *input, const char *path, char error[INPUT_ERROR])
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct stat status;

	input->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (input->fd < 0 || fstat(input->fd, &status) != 0) {
		snprintf(error, INPUT_ERROR, "%s", strerrordesc_np(errno));
		return false;
	}
	if (S_ISDIR(status.st_mode)) {
		snprintf(error, INPUT_ERROR, "is a directory");
		return false;
	}
	if (S_ISREG(status.st_mode))
		input->size = (uint64_t)status.st_size;
	return open_kind(input, error);
}

struct input *input_open(const char *path, char error[INPUT_ERROR])
{
	struct input *input = calloc(1, sizeof *input);

	if (!input) {
		snprintf(error, INPUT_ERROR, "out of memory");
		return NULL;
	}
	input->fd = -1;
	if (!open_path(input, path, error)) {
		input_close(input);
		return NULL;
	}
	return input;
}

void input_close(struct input *input)
{
	if (!input)
		return;
	if (input->archive)
		archive_read_free(input->archive);
	unpack_free(input->unpack);
	free(input->frames);
	if (input->fd > STDIN_FILENO)
		close(input->fd);
	free(input);
}

static ssize_t read_cookie(void *cookie, char *to, size_t size)
{
	return input_read(cookie, to, size);
}

FILE *input_take_stream(struct input *input)
{
	cookie_io_functions_t functions = {.read = read_cookie};
	FILE *stream = input->stream_taken ? NULL : fopencookie(input, "rb", functions);

	if (!stream)
		return NULL;
	input->stream_taken = true;
	/* One thread reads it; glibc heeds the size of a buffer only when it is given one. */
	setvbuf(stream, input->buffer, _IOFBF, sizeof input->buffer);
	__fsetlocking(stream, FSETLOCKING_BYCALLER);
	return stream;
}

void input_wait_with(struct input *input, int every_ms, input_idle *idle, void *context)
{
	input->idle_ms = every_ms;
	input->idle = idle;
	input->idle_context = context;
}

uint64_t input_size(const struct input *input)
{
	return input->size;
}

uint64_t input_consumed(const struct input *input)
{
	return input->consumed;
}

const char *input_failure(const struct input *input)
{
	return input->failure[0] ? input->failure : NULL;
}

bool input_is_cut(const struct input *input)
{
	return input->cut;
}
