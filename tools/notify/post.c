/* SPDX-License-Identifier: ISC */
/* See post.h. libcurl's transfers are moved on by a timer while there are any: few, and for short.
 * Options: https://curl.se/libcurl/c/curl_easy_setopt.html. */
#include "tools/notify/post.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURN_SOON_MS 2 /* at first: most answers come at once */
#define TURNS_SOON   50
#define TURN_MS	     20
#define CONNECT_MS   10000
#define HEADERS_MAX  65536

struct transfer {
	struct transfer *next;
	struct poster *poster;
	CURL *easy;
	struct curl_slist *headers, *recipients;
	char *body;
	size_t length, sent, header_bytes, answer_length;
	bool mail;
	uint32_t refused;
	char answer[POST_ANSWER + 1];
	post_done *done;
	void *context;
};

struct poster {
	CURLM *multi;
	struct loop_watch *alarm;
	struct transfer *transfers;
	size_t count;
	unsigned turns; /* since the newest transfer began */
};

/* More than we want to know: what was said so far counts. */
static size_t on_answer(char *bytes, size_t one, size_t length, void *context)
{
	struct transfer *transfer = context;
	size_t left = POST_ANSWER - transfer->answer_length;
	size_t take = length < left ? length : left;

	(void)one;
	memcpy(transfer->answer + transfer->answer_length, bytes, take);
	transfer->answer_length += take;
	return take == length ? length : 0;
}

/* Of SMTP: each line that the server says. */
static size_t on_header(char *bytes, size_t one, size_t length, void *context)
{
	struct transfer *transfer = context;

	(void)one;
	transfer->header_bytes += length;
	if (transfer->mail && length > 3 && bytes[0] == '5' && bytes[3] == ' ')
		transfer->refused++;
	return transfer->header_bytes <= HEADERS_MAX ? length : 0;
}

static size_t on_body(char *to, size_t one, size_t room, void *context)
{
	struct transfer *transfer = context;
	size_t left = transfer->length - transfer->sent, take;

	room *= one;
	take = left < room ? left : room;
	memcpy(to, transfer->body + transfer->sent, take);
	transfer->sent += take;
	return take;
}

static void transfer_free(struct transfer *transfer)
{
	if (transfer->easy != NULL) {
		curl_multi_remove_handle(transfer->poster->multi, transfer->easy);
		curl_easy_cleanup(transfer->easy);
	}
	curl_slist_free_all(transfer->headers);
	curl_slist_free_all(transfer->recipients);
	free(transfer->body);
	free(transfer);
}

static void unlink_transfer(struct transfer *transfer)
{
	struct transfer **at = &transfer->poster->transfers;

	while (*at != transfer)
		at = &(*at)->next;
	*at = transfer->next;
	transfer->poster->count--;
}

/* libcurl's own words name the kind of failure, and nothing of the address. */
static void finish(struct transfer *transfer, CURLcode code)
{
	struct post_result result = {.answer = transfer->answer, .why = curl_easy_strerror(code)};
	curl_off_t after = 0;

	transfer->answer[transfer->answer_length] = '\0';
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &result.status);
	curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &after);
	result.retry_after_s = after > 0 ? (uint64_t)after : 0;
	/* Who said yes and then talks on, or hangs up, has said yes. */
	result.answered = !transfer->mail && result.status >= 200;
	result.delivered = transfer->mail && code == CURLE_OK;
	result.refused = result.delivered ? transfer->refused : 0;
	unlink_transfer(transfer);
	transfer->done(transfer->context, &result);
	transfer_free(transfer);
}

static void on_alarm(void *context)
{
	struct poster *poster = context;
	int running, left;
	CURLMsg *message;

	curl_multi_perform(poster->multi, &running);
	while ((message = curl_multi_info_read(poster->multi, &left)) != NULL) {
		char *transfer = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		finish((struct transfer *)(void *)transfer, message->data.result);
	}
	if (poster->count != 0)
		loop_alarm_set(poster->alarm,
			       poster->turns++ < TURNS_SOON ? TURN_SOON_MS : TURN_MS);
}

struct poster *poster_new(struct loop *loop)
{
	struct poster *poster = calloc(1, sizeof *poster);

	if (poster == NULL)
		return NULL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		poster->multi = curl_multi_init();
	poster->alarm = loop_alarm(loop, on_alarm, poster);
	if (poster->multi != NULL && poster->alarm != NULL)
		return poster;
	poster_free(poster);
	return NULL;
}

void poster_free(struct poster *poster)
{
	if (poster == NULL)
		return;
	while (poster->transfers != NULL) {
		struct transfer *next = poster->transfers->next;

		transfer_free(poster->transfers);
		poster->transfers = next;
	}
	if (poster->multi != NULL)
		curl_multi_cleanup(poster->multi);
	loop_watch_free(poster->alarm);
	free(poster);
}

size_t poster_active(const struct poster *poster)
{
	return poster->count;
}

static bool add_line(struct curl_slist **list, const char *name, const char *value)
{
	char line[1200];
	struct curl_slist *more;

	snprintf(line, sizeof line, "%s%s", name, value);
	more = curl_slist_append(*list, line);
	explicit_bzero(line, sizeof line);
	if (more == NULL)
		return false;
	*list = more;
	return true;
}

static bool set_common(struct transfer *transfer, const struct post *post)
{
	CURL *easy = transfer->easy;
	long connect_ms = post->timeout_ms < CONNECT_MS ? (long)post->timeout_ms : CONNECT_MS;
	bool good = true;

	good &= curl_easy_setopt(easy, CURLOPT_URL, post->url) == CURLE_OK;
	good &= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https,smtp,smtps") == CURLE_OK;
	good &= curl_easy_setopt(easy, CURLOPT_PROXY, post->proxy != NULL ? post->proxy : "") ==
		CURLE_OK;
	curl_easy_setopt(easy, CURLOPT_PRIVATE, (void *)transfer);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)post->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (post->ca != NULL)
		good &= curl_easy_setopt(easy, CURLOPT_CAINFO, post->ca) == CURLE_OK;
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, (void *)transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, (void *)transfer);
	return good;
}

static bool set_http(struct transfer *transfer, const struct post *post)
{
	bool good = add_line(&transfer->headers, "Content-Type: ", post->content_type) &&
		    add_line(&transfer->headers, "Expect:", "") &&
		    add_line(&transfer->headers, "Idempotency-Key: ", post->delivery);

	if (good && post->token[0] != '\0')
		good = add_line(&transfer->headers, "Authorization: Bearer ", post->token);
	curl_easy_setopt(transfer->easy, CURLOPT_USERAGENT, "spanwatch/" SPANWATCH_VERSION);
	curl_easy_setopt(transfer->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, transfer->body);
	curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->length);
	curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
	return good;
}

static bool set_mail(struct transfer *transfer, const struct post *post)
{
	CURL *easy = transfer->easy;
	bool good = curl_easy_setopt(easy, CURLOPT_MAIL_FROM, post->from) == CURLE_OK;

	for (uint32_t i = 0; good && i < post->to_count; i++)
		good = add_line(&transfer->recipients, "", post->to[i]);
	curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, transfer->recipients);
	/* One address that is gone does not keep the others from hearing of it. */
	curl_easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_READDATA, (void *)transfer);
	curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)post->length);
	curl_easy_setopt(easy, CURLOPT_USE_SSL,
			 (long)(post->cleartext ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	if (post->user != NULL && good)
		good = curl_easy_setopt(easy, CURLOPT_USERNAME, post->user) == CURLE_OK &&
		       curl_easy_setopt(easy, CURLOPT_PASSWORD, post->password) == CURLE_OK;
	return good;
}

bool poster_send(struct poster *poster, const struct post *post, post_done *done, void *context)
{
	struct transfer *transfer = calloc(1, sizeof *transfer);
	bool good;

	if (transfer == NULL)
		return false;
	transfer->poster = poster;
	transfer->done = done;
	transfer->context = context;
	transfer->mail = post->from != NULL;
	transfer->length = post->length;
	transfer->body = malloc(post->length + 1);
	transfer->easy = curl_easy_init();
	good = transfer->body != NULL && transfer->easy != NULL;
	if (good) {
		memcpy(transfer->body, post->body, post->length);
		good = set_common(transfer, post) &&
		       (transfer->mail ? set_mail(transfer, post) : set_http(transfer, post));
	}
	if (!good || curl_multi_add_handle(poster->multi, transfer->easy) != CURLM_OK) {
		transfer_free(transfer);
		return false;
	}
	transfer->next = poster->transfers;
	poster->transfers = transfer;
	poster->count++;
	poster->turns = 0;
	loop_alarm_set(poster->alarm, 0);
	return true;
}
