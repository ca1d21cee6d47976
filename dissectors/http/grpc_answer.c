/* SPDX-License-Identifier: ISC */
/* See grpc_answer.h. */
#include "dissectors/http/grpc_answer.h"

#include <strings.h>

#include "dissectors/http/grpc_services.h"
#include "dissectors/read/base64.h"

#define UNKNOWN 2  /* a status of gRPC: it failed, and why is of no interest */
#define ENOUGH	64 /* bytes of trailers, or of what stands for them */

enum { FLAG_COMPRESSED = 0x01, FLAG_END = 0x02, FLAG_TRAILERS = 0x80 };

static bool begins(struct bytes text, const char *word)
{
	size_t n = strlen(word);

	return text.left >= n && strncasecmp((const char *)text.at, word, n) == 0;
}

static bool holds(struct bytes text, const char *word)
{
	while (text.left != 0 && !begins(text, word))
		bytes_skip(&text, 1);
	return text.left != 0;
}

enum grpc_form grpc_form_of(struct bytes type)
{
	if (begins(type, "application/grpc-web-text"))
		return GRPC_FORM_BASE64;
	if (begins(type, "application/grpc") || begins(type, "application/connect+"))
		return GRPC_FORM_FRAMES;
	if (begins(type, "application/proto") || begins(type, "application/json"))
		return GRPC_FORM_BARE;
	return GRPC_FORM_NONE;
}

/* "grpc-message:…\r\ngrpc-status: 12" */
static unsigned status_in_trailers(struct bytes text)
{
	static const char name[] = "grpc-status:";

	while (text.left != 0 && !begins(text, name))
		bytes_skip(&text, 1);
	bytes_skip(&text, text.left != 0 ? sizeof name - 1 : 0);
	while (text.left != 0 && text.at[0] == ' ')
		bytes_skip(&text, 1);
	return grpc_status(text);
}

/* {"error":{"code":"unimplemented", …}}, or {}. */
static unsigned status_in_json(struct bytes text)
{
	if (!holds(text, "\"error\""))
		return GRPC_OK;
	if (holds(text, "\"unauthenticated\""))
		return GRPC_UNAUTHENTICATED;
	if (holds(text, "\"permission_denied\""))
		return GRPC_PERMISSION_DENIED;
	return holds(text, "\"unimplemented\"") ? GRPC_UNIMPLEMENTED : UNKNOWN;
}

static unsigned status_in_frame(struct bytes body, size_t *length)
{
	uint8_t flags = bytes_u8(&body);
	uint32_t size = bytes_be32(&body);

	*length = size;
	if (body.failed)
		return GRPC_NOT_TOLD;
	if (!(flags & (FLAG_END | FLAG_TRAILERS)))
		return GRPC_OK;
	*length = 0;
	if ((flags & FLAG_COMPRESSED) || body.left < (size < ENOUGH ? size : ENOUGH))
		return GRPC_NOT_TOLD;
	return flags & FLAG_END ? status_in_json(body) : status_in_trailers(body);
}

static unsigned status_in_base64(struct bytes text, size_t *length)
{
	uint8_t decoded[GRPC_ANSWER_KEPT];
	struct base64 base64 = base64_from(text);
	size_t n = 0;
	int byte;

	while (n < sizeof decoded && (byte = base64_next(&base64)) >= 0)
		decoded[n++] = (uint8_t)byte;
	return status_in_frame(bytes_from(decoded, n), length);
}

unsigned grpc_answer_status(enum grpc_form form, struct bytes body, size_t *length)
{
	*length = 0;
	switch (form) {
	case GRPC_FORM_NONE:
		break;
	case GRPC_FORM_FRAMES:
		return status_in_frame(body, length);
	case GRPC_FORM_BASE64:
		return status_in_base64(body, length);
	case GRPC_FORM_BARE:
		*length = body.left == 2 && begins(body, "{}") ? 0 : body.left;
		return GRPC_OK;
	}
	return GRPC_NOT_TOLD;
}
