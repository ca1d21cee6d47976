/* SPDX-License-Identifier: ISC */
/*
 * Sends bodies by HTTP and mail by SMTP, several at a time, without waiting. The one place that
 * sees libcurl. The other end may be slow, hostile or lying: there is a time limit for the whole,
 * an answer is read up to a bound, redirections are not followed, certificates are always
 * verified, and a connection is used once. What is said of a failure holds neither address nor
 * secret.
 */
#ifndef TOOLS_NOTIFY_POST_H
#define TOOLS_NOTIFY_POST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sensor/base/loop.h"

#define POST_ANSWER 16384 /* bytes of an answer that are looked at */

struct post {
	const char *url, *content_type;
	const char *token;    /* "" if none */
	const char *delivery; /* the same for a repetition */
	const char *body;     /* copied */
	size_t length;
	const char *ca, *proxy; /* NULL: the system's, none */
	uint64_t timeout_ms;
	/* Of mail; NULL: it is none. */
	const char *from, *const *to;
	uint32_t to_count;
	const char *user, *password; /* NULL, "": none */
	bool cleartext;		     /* without STARTTLS */
};

struct post_result {
	bool answered;	    /* the status came */
	long status;	    /* of HTTP, or the last of SMTP; 0: none */
	bool delivered;	    /* of mail: the server took it */
	const char *answer; /* its beginning; ends with a NUL */
	uint64_t retry_after_s;
	uint32_t refused; /* recipients of a mail that the server took for others */
	const char *why;  /* of a failure, in words */
};

typedef void post_done(void *context, const struct post_result *result);

struct poster;
struct poster *poster_new(struct loop *loop); /* NULL: out of memory */
void poster_free(struct poster *poster);      /* `done` is not called; NULL is allowed */
/* Strings but the body must live until `done`. False: out of memory. */
bool poster_send(struct poster *poster, const struct post *post, post_done *done, void *context);
size_t poster_active(const struct poster *poster);

#endif
