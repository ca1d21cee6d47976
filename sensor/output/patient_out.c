/* SPDX-License-Identifier: ISC */
/*
 * See patient_out.h. The descriptor may be shared with other programs, so it is not made
 * non-blocking: poll() says when at least PIPE_BUF bytes would be taken, and no more are written at
 * a time. A writable descriptor cannot be watched by epoll if it is a file, so a timer asks.
 */
#include "sensor/output/patient_out.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sensor/base/clock.h"

#define LINE_BYTES (256 << 10) /* the longest that is taken in one piece */
#define AGAIN_MS   10

struct patient_out {
	int fd;
	bool is_file;
	FILE *stream;
	struct loop_watch *alarm;
	char *bytes; /* a ring */
	size_t size, first, count;
	uint64_t refused;
	int broken; /* errno of a descriptor that takes nothing any more */
};

static bool takes_some(const struct patient_out *out, int wait_ms)
{
	struct pollfd wanted = {.fd = out->fd, .events = POLLOUT};

	return poll(&wanted, 1, wait_ms) == 1;
}

static void push_out(struct patient_out *out, int wait_ms)
{
	while (out->count != 0 && takes_some(out, wait_ms)) {
		size_t length = out->size - out->first;
		ssize_t written;

		if (length > out->count)
			length = out->count;
		if (length > PIPE_BUF)
			length = PIPE_BUF;
		written = write(out->fd, out->bytes + out->first, length);
		if (written < 0 && (errno == EINTR || errno == EAGAIN))
			return;
		if (written < 0) {
			out->broken = errno;
			out->count = 0;
			out->refused++;
			return;
		}
		out->first = (out->first + (size_t)written) % out->size;
		out->count -= (size_t)written;
	}
}

static void on_alarm(void *context)
{
	struct patient_out *out = context;

	push_out(out, 0);
	if (out->count != 0)
		loop_alarm_set(out->alarm, AGAIN_MS);
}

static void add(struct patient_out *out, const char *data, size_t length)
{
	size_t at = (out->first + out->count) % out->size;
	size_t to_end = out->size - at < length ? out->size - at : length;

	memcpy(out->bytes + at, data, to_end);
	memcpy(out->bytes, data + to_end, length - to_end);
	out->count += length;
}

static ssize_t on_write(void *context, const char *data, size_t length)
{
	struct patient_out *out = context;

	if (out->is_file)
		return write(out->fd, data, length);
	if (out->broken != 0 || length > out->size - out->count) {
		out->refused++;
	} else {
		add(out, data, length);
		on_alarm(out);
	}
	return (ssize_t)length;
}

struct patient_out *patient_out_new(struct loop *loop, int fd, size_t max_bytes)
{
	const cookie_io_functions_t functions = {.write = on_write};
	struct patient_out *out = calloc(1, sizeof *out);
	struct stat status;

	if (out == NULL)
		return NULL;
	/* A reader that has gone must be an error of the write, not the end of the program. */
	signal(SIGPIPE, SIG_IGN);
	out->fd = fd;
	out->is_file = fstat(fd, &status) != 0 || S_ISREG(status.st_mode);
	out->size = max_bytes;
	out->bytes = malloc(max_bytes);
	out->alarm = loop_alarm(loop, on_alarm, out);
	out->stream = fopencookie(out, "w", functions);
	if (out->bytes != NULL && out->alarm != NULL && out->stream != NULL &&
	    setvbuf(out->stream, NULL, _IOFBF, LINE_BYTES) == 0)
		return out;
	patient_out_free(out);
	return NULL;
}

void patient_out_free(struct patient_out *out)
{
	if (out == NULL)
		return;
	if (out->stream != NULL)
		fclose(out->stream);
	loop_watch_free(out->alarm);
	free(out->bytes);
	free(out);
}

bool patient_out_drain(struct patient_out *out, uint64_t wait_ms)
{
	uint64_t until_ms = clock_monotonic_ms() + wait_ms;

	do
		push_out(out, AGAIN_MS);
	while (out->count != 0 && clock_monotonic_ms() < until_ms);
	return out->count == 0;
}

uint64_t patient_out_refused(const struct patient_out *out, int *why)
{
	*why = out->broken != 0 ? out->broken : ENOBUFS;
	return out->refused;
}

FILE *patient_out_stream(struct patient_out *out)
{
	return out->stream;
}
