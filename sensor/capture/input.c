/* SPDX-License-Identifier: ISC */
/*
 * See input.h. The one file that sees libarchive, of which only the decompressors are used: its
 * "raw" format is a single nameless entry. Uncompressed files bypass it.
 */
#include "sensor/capture/input.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 32768 /* more leaves the cache, and is slower */
#define PIECE 4096

struct input {
	struct archive *archive; /* NULL: not compressed */
	int fd;
	bool stream_taken, cut;
	uint64_t size;
	uint8_t head[INPUT_PEEK]; /* read ahead by input_peek() */
	size_t peeked, head_read;
	char failure[INPUT_ERROR];
	char buffer[BLOCK]; /* of the stream: in use until that is closed */
};

static ssize_t read_archive(struct input *input, void *to, size_t size)
{
	/* In small pieces: one that ends in an error is lost as a whole. */
	la_ssize_t n = archive_read_data(input->archive, to, size < PIECE ? size : PIECE);

	if (n >= 0)
		return n;
	snprintf(input->failure, sizeof input->failure, "decompression failed: %s",
		 archive_error_string(input->archive));
	errno = EIO;
	return -1;
}

static ssize_t read_plain(struct input *input, void *to, size_t size)
{
	ssize_t n;

	do
		n = read(input->fd, to, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		snprintf(input->failure, sizeof input->failure, "%s", strerrordesc_np(errno));
	return n;
}

static ssize_t read_source(struct input *input, void *to, size_t size)
{
	return input->archive ? read_archive(input, to, size) : read_plain(input, to, size);
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

static bool open_archive(struct input *input, char error[INPUT_ERROR])
{
	struct archive_entry *entry;
	struct archive *archive = archive_read_new();

	input->archive = archive;
	if (!archive) {
		snprintf(error, INPUT_ERROR, "out of memory");
		return false;
	}
	archive_read_support_filter_gzip(archive);
	archive_read_support_filter_xz(archive);
	archive_read_support_filter_zstd(archive);
	archive_read_support_format_raw(archive);
	archive_read_support_format_empty(archive);
	if (archive_read_open_fd(archive, input->fd, BLOCK) != ARCHIVE_OK ||
	    archive_read_next_header(archive, &entry) != ARCHIVE_OK) {
		const char *reason = archive_error_string(archive);

		snprintf(error, INPUT_ERROR, "%s", reason ? reason : "the file is empty");
		return false;
	}
	return true;
}

/* By the first bytes: gzip (RFC 1952), xz, zstd (RFC 8878). */
static bool is_compressed(int fd)
{
	static const struct {
		unsigned char bytes[6];
		size_t length;
	} magics[] = {
		{{0x1f, 0x8b}, 2},
		{{0xfd, '7', 'z', 'X', 'Z', 0}, 6},
		{{0x28, 0xb5, 0x2f, 0xfd}, 4},
	};
	unsigned char head[6];
	ssize_t n = pread(fd, head, sizeof head, 0);

	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
		if (n >= (ssize_t)magics[i].length &&
		    memcmp(head, magics[i].bytes, magics[i].length) == 0)
			return true;
	}
	return false;
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
	if (!S_ISREG(status.st_mode) || is_compressed(input->fd))
		return open_archive(input, error);
	return true;
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

uint64_t input_size(const struct input *input)
{
	return input->size;
}

uint64_t input_consumed(const struct input *input)
{
	off_t position;

	if (input->archive)
		return (uint64_t)archive_filter_bytes(input->archive, -1);
	position = lseek(input->fd, 0, SEEK_CUR);
	return position > 0 ? (uint64_t)position : 0;
}

const char *input_failure(const struct input *input)
{
	return input->failure[0] ? input->failure : NULL;
}

bool input_is_cut(const struct input *input)
{
	return input->cut;
}
