/* SPDX-License-Identifier: ISC */
/*
 * HTTP/2 without TLS, by its first bytes: the client's preface (RFC 9113 section 3.4) and the
 * server's SETTINGS; or, where the capture began within, by nothing but frames.
 */
#include "dissectors/http/http2.h"

#define SETTING_SIZE   6
#define SETTINGS_MAX   16 /* settings in a server's first frame */
#define SETTING_ID_MAX 0x10

/* Registered, or of RFC 8701, or gRPC's own: its library in C sends 0xfe03 to 0xfe05. */
static bool is_setting(uint16_t id)
{
	return (id != 0 && id <= SETTING_ID_MAX) || (id & 0x0f0f) == 0x0a0a ||
	       (id >= 0xfe00 && id <= 0xfe0f);
}

/* A SETTINGS frame that is no acknowledgement, with settings that exist. */
static enum recognised recognise_settings(struct bytes b)
{
	uint32_t length = bytes_be24(&b);
	uint8_t type = bytes_u8(&b), flags = bytes_u8(&b);
	uint32_t stream = bytes_be32(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	if (type != TYPE_SETTINGS || flags != 0 || stream != 0 || length % SETTING_SIZE != 0 ||
	    length > SETTINGS_MAX * SETTING_SIZE)
		return RECOGNISED_NO;
	for (uint32_t i = 0; i < length / SETTING_SIZE; i++) {
		uint16_t id = bytes_be16(&b);

		bytes_skip(&b, 4);
		if (b.failed)
			return RECOGNISED_MORE;
		if (!is_setting(id))
			return RECOGNISED_NO;
	}
	return RECOGNISED_YES;
}

/* The bits that flags of a type may have; a frame of another type is not expected. */
static const uint8_t flags_of[] = {
	[TYPE_DATA] = FLAG_END_STREAM | FLAG_PADDED,
	[TYPE_HEADERS] = FLAG_END_STREAM | FLAG_END_HEADERS | FLAG_PADDED | FLAG_PRIORITY,
	[TYPE_PRIORITY] = 0,
	[TYPE_RST_STREAM] = 0,
	[TYPE_SETTINGS] = FLAG_END_STREAM, /* there it is ACK */
	[TYPE_PUSH_PROMISE] = FLAG_END_HEADERS | FLAG_PADDED,
	[TYPE_PING] = FLAG_END_STREAM,
	[TYPE_GOAWAY] = 0,
	[TYPE_WINDOW_UPDATE] = 0,
	[TYPE_CONTINUATION] = FLAG_END_HEADERS,
};

/* The length that frames of a type have; 0: any. */
static const uint8_t length_of[] = {
	[TYPE_PRIORITY] = 5,	  [TYPE_RST_STREAM] = 4,   [TYPE_PING] = 8,
	[TYPE_WINDOW_UPDATE] = 4, [TYPE_CONTINUATION] = 0,
};

/* Takes a frame, as far as it goes. False: no frame begins like this. */
static bool take_frame(struct bytes *b, bool *headers)
{
	uint32_t length = bytes_be24(b);
	uint8_t type = bytes_u8(b), flags = bytes_u8(b);
	uint32_t stream = bytes_be32(b);
	bool control = type == TYPE_SETTINGS || type == TYPE_PING || type == TYPE_GOAWAY;

	if (b->failed || length > HTTP2_FRAME_MAX || type > TYPE_CONTINUATION ||
	    (flags & ~flags_of[type]) || (length_of[type] != 0 && length != length_of[type]) ||
	    (control ? stream != 0 : stream % 2 == 0 && type != TYPE_WINDOW_UPDATE) ||
	    stream >> 31 != 0)
		return false;
	*headers |= type == TYPE_HEADERS && (flags & FLAG_END_HEADERS) && length != 0;
	bytes_skip(b, length < b->left ? length : b->left);
	return true;
}

/* How many frames follow one another, and nothing else; 0: not even one whole header. */
static size_t count_frames(struct bytes b, bool *headers)
{
	size_t count = 0;

	while (b.left >= HTTP2_HEADER) {
		if (!take_frame(&b, headers))
			return 0;
		count++;
	}
	return count;
}

/*
 * The capture began within: both sides in frames alone, as far as they were seen, among which are a
 * block of headers and two more.
 */
static enum recognised recognise_midstream(const struct bytes *client, const struct bytes *server)
{
	bool headers = false;
	size_t asked = count_frames(*client, &headers), answered = count_frames(*server, &headers);

	if ((client->left >= HTTP2_HEADER && asked == 0) ||
	    (server->left >= HTTP2_HEADER && answered == 0))
		return RECOGNISED_NO;
	return headers && asked + answered > 2 ? RECOGNISED_YES : RECOGNISED_MORE;
}

enum recognised http2_recognise(const struct opening *opening)
{
	const struct bytes *client = &opening->side[SIDE_CLIENT];
	const struct bytes *server = &opening->side[SIDE_SERVER];
	enum recognised answered = recognise_settings(*server);
	bool headers = false;

	if (opening->midstream && !(client->left != 0 && bytes_agree_with(client, HTTP2_PREFACE)))
		return recognise_midstream(client, server);
	if (!bytes_agree_with(client, HTTP2_PREFACE) || answered == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (client->left < HTTP2_PREFACE_SIZE) {
		/* An empty SETTINGS frame alone could be anything. */
		bool told = server->left > HTTP2_HEADER && answered == RECOGNISED_YES &&
			    count_frames(*server, &headers) != 0;

		return client->left == 0 && opening->one_sided && told ? RECOGNISED_YES
								       : RECOGNISED_MORE;
	}
	if (server->left == 0)
		return opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
	return answered;
}
