/* SPDX-License-Identifier: ISC */
/*
 * See session_slot.h. A carrier's PROXY header stands before what the client sends: it names the
 * client, and is no part of the conversation.
 */
#include <string.h>

#include "sensor/session/session_slot.h"

/* A PROXY header is complete, or it has become clear that there is none. */
static void end_header(const struct feeding *feeding)
{
	struct slot *slot = feeding->slot;
	struct forwarded client = slot->header.client;
	struct feeding client_side = *feeding;
	struct feed named = {.forwarded = &client, .next = FEED_FORWARDED};

	slot->begun = true;
	if (slot->header.state != PROXY_HEADER_DONE) {
		client_side.from = SIDE_CLIENT;
		session_feed(&client_side, slot->header.kept, slot->header.length);
		return;
	}
	slot->session.proven = true;
	slot->may_be_refused = !slot->decided && slot->opening.length[SIDE_SERVER] == 0;
	if (slot->header.local)
		client = (struct forwarded){.by = FORWARDED_PROXY_V2};
	if (slot->session.carries) {
		session_dissect_turn(feeding->sessions, slot, &named);
	} else {
		forwarded_claim(&client, &slot->session.findings->facts);
		feeding->sessions->claims += !slot->header.local;
	}
}

/* The beginning of what the client sends. Returns how many bytes are dealt with. */
static size_t strip_header(const struct feeding *feeding, const uint8_t *bytes, size_t length)
{
	struct proxy_header *header = &feeding->slot->header;
	size_t taken = proxy_header_feed(header, bytes, length);

	if (header->state != PROXY_HEADER_MORE)
		end_header(feeding);
	return taken;
}

void session_header_give_up(const struct feeding *feeding)
{
	proxy_header_give_up(&feeding->slot->header);
	end_header(feeding);
}

/*
 * The first bytes of a server behind a PROXY header that it was not made for: what it says about
 * that line answers none of the client's own. Returns how many bytes are dealt with.
 */
static size_t strip_refusal(struct slot *slot, const uint8_t *bytes, size_t length)
{
	struct bytes line = bytes_from(bytes, length);
	const uint8_t *end = memchr(bytes, '\n', length);

	slot->may_be_refused = false;
	if (!end || !(bytes_start_with(&line, "-ERR ") || bytes_start_with(&line, "ERROR") ||
		      memmem(bytes, (size_t)(end - bytes), "PROXY", 5)))
		return 0;
	return (size_t)(end - bytes) + 1;
}

size_t session_header_strip(const struct feeding *feeding, const uint8_t *bytes, size_t length)
{
	struct slot *slot = feeding->slot;

	if (slot->begun)
		return feeding_side(feeding) == SIDE_SERVER ? strip_refusal(slot, bytes, length)
							    : 0;
	if (feeding->transport != OVER_TCP) {
		slot->begun = true;
		return 0;
	}
	if (feeding_side(feeding) == SIDE_CLIENT)
		return strip_header(feeding, bytes, length);
	/* A server that speaks before the header is complete does not wait for one. */
	if (slot->header.length != 0 && !slot->flow->carrier)
		session_header_give_up(feeding);
	return 0;
}
