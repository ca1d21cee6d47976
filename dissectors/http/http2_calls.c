/* SPDX-License-Identifier: ISC */
/*
 * What the calls of an HTTP/2 conversation mean: paths, methods and statuses, and how gRPC's calls
 * ended, which it tells in trailers (PROTOCOL-HTTP2.md of the gRPC documentation). etcd's calls are
 * those of its rpc.proto.
 */
#include "dissectors/http/http2.h"

#include <stdio.h>

#define RECORDS_MIN 64 /* bytes of an answer that must hold more than its own head */

enum { GRPC_OK = 0, GRPC_PERMISSION_DENIED = 7, GRPC_UNAUTHENTICATED = 16, GRPC_NOT_TOLD = 99 };

enum { SERVICE_HTTP2, SERVICE_GRPC, SERVICE_ETCD, SERVICE_OTLP };

static const uint16_t otlp_ports[] = {4317, 0};

const struct service http2_services[HTTP2_SERVICE_COUNT] = {
	[SERVICE_HTTP2] = {.name = "http2",
			   .family = FAMILY_WEB,
			   .about = "HTTP/2 without TLS that nothing more is known about"},
	[SERVICE_GRPC] = {.name = "grpc",
			  .family = FAMILY_WEB,
			  .about = "gRPC without TLS, of a service that is not known"},
	[SERVICE_ETCD] = {.name = "etcd",
			  .family = FAMILY_DATABASE,
			  .about = "etcd over HTTP or gRPC"},
	[SERVICE_OTLP] = {.name = "otlp",
			  .family = FAMILY_LOGGING,
			  .about = "an OpenTelemetry collector",
			  .ports = otlp_ports},
};

enum { CALL_LOGIN = 1 << 0, CALL_READS = 1 << 1 };

/* The first whose prefix a path has. */
static const struct {
	const char *prefix;
	const char *command; /* NULL: the path */
	const char *product;
	uint8_t service, traits, flags;
} rpcs[] = {
	{"/etcdserverpb.KV/Range", "GET (KV/Range)", "etcd", SERVICE_ETCD, CALL_READS,
	 COMMAND_LISTING},
	{"/etcdserverpb.KV/Put", "PUT (KV/Put)", "etcd", SERVICE_ETCD, 0, 0},
	{"/etcdserverpb.KV/DeleteRange", "DEL (KV/DeleteRange)", "etcd", SERVICE_ETCD, 0,
	 COMMAND_DESTRUCTIVE},
	{"/etcdserverpb.Auth/Authenticate", "Authenticate", "etcd", SERVICE_ETCD, CALL_LOGIN, 0},
	{"/etcdserverpb.Maintenance/Snapshot", "Snapshot", "etcd", SERVICE_ETCD, CALL_READS,
	 COMMAND_LISTING},
	{"/etcdserverpb.", NULL, "etcd", SERVICE_ETCD, 0, 0},
	{"/opentelemetry.proto.collector.", NULL, "OpenTelemetry", SERVICE_OTLP, 0, 0},
};

#define RPC_COUNT (sizeof rpcs / sizeof *rpcs)

static struct http2_call *call_find(struct http2 *http2, uint32_t stream)
{
	for (size_t i = 0; i < HTTP2_CALLS; i++) {
		if (http2->calls[i].stream == stream && stream != 0)
			return &http2->calls[i];
	}
	return NULL;
}

static uint8_t rpc_of(const struct bytes *path)
{
	uint8_t i = 0;

	while (i < RPC_COUNT && !bytes_start_with(path, rpcs[i].prefix))
		i++;
	return i;
}

/* A path that came as text. The memo: its row of rpcs[], and one more than its row of commands. */
static void take_path(const struct http2_context *c, struct bytes path, uint16_t *memo)
{
	struct http2 *http2 = c->http2;
	struct facts *facts = c->facts;
	uint8_t rpc = rpc_of(&path);
	char text[FACTS_COMMAND_TEXT];
	const char *command = rpc < RPC_COUNT ? rpcs[rpc].command : NULL;
	unsigned flags = rpc < RPC_COUNT ? rpcs[rpc].flags : 0;
	size_t n = 0;
	int length;

	while (n < path.left && path.at[n] != '?')
		n++;
	if (facts->path[0] == '\0')
		FACTS_TEXT(facts, path, path.at, n);
	length = snprintf(text, sizeof text, "%s %.*s", http2->post ? "POST" : "GET", (int)n,
			  (const char *)path.at);
	if (command == NULL && length > 0)
		command = text;
	if (command == NULL)
		return;
	n = strlen(command);
	http2->current.rpc = rpc;
	http2->current.command = facts_command(facts, command, n, flags);
	*memo = (uint16_t)(rpc | (facts_command_index(facts, http2->current.command) + 1) << 8);
}

/* A path that was in an earlier call. */
static void take_known_path(const struct http2_context *c, uint16_t memo)
{
	struct http2_call *call = &c->http2->current;
	size_t row = memo >> 8;
	char text[FACTS_COMMAND_TEXT];

	call->rpc = (uint8_t)(memo & 0xff);
	if (row == 0 || row > c->facts->command_count)
		return;
	memcpy(text, c->facts->commands[row - 1].text, sizeof text);
	call->command = facts_command(c->facts, text, strlen(text), 0);
}

static void take_request_header(const struct http2_context *c, const struct hpack_header *h)
{
	struct http2 *http2 = c->http2;
	struct facts *facts = c->facts;

	switch ((enum hpack_kind)h->kind) {
	case HPACK_METHOD:
		http2->post = h->known ? *h->memo != 0 : bytes_start_with(&h->text, "POST");
		*h->memo = http2->post;
		break;
	case HPACK_PATH:
		if (h->known)
			take_known_path(c, *h->memo);
		else
			take_path(c, h->text, h->memo);
		break;
	case HPACK_AUTHORITY:
		if (!h->known && facts->host[0] == '\0')
			FACTS_TEXT(facts, host, h->text.at, h->text.left);
		break;
	case HPACK_CONTENT_TYPE:
		http2->grpc |= bytes_start_with(&h->text, "application/grpc");
		break;
	case HPACK_AUTHORIZATION:
	case HPACK_TOKEN:
		http2->current.credentials = true;
		break;
	default:
		break;
	}
}

static uint16_t number_of(struct bytes text)
{
	uint16_t number = 0;

	for (size_t i = 0; i < text.left && i < 3 && text.at[i] >= '0' && text.at[i] <= '9'; i++)
		number = (uint16_t)(number * 10 + (text.at[i] - '0'));
	return number;
}

static void take_response_header(const struct http2_context *c, const struct hpack_header *h)
{
	struct http2 *http2 = c->http2;

	if (!h->known && (h->kind == HPACK_STATUS || h->kind == HPACK_GRPC_STATUS))
		*h->memo = number_of(h->text);
	switch ((enum hpack_kind)h->kind) {
	case HPACK_STATUS:
		http2->status = *h->memo;
		break;
	case HPACK_GRPC_STATUS:
		http2->grpc_status = *h->memo;
		break;
	case HPACK_GRPC_MESSAGE:
		if (!h->known)
			*h->memo = bytes_start_with(&h->text, "etcdserver: user name is empty");
		http2->no_user = *h->memo != 0;
		break;
	case HPACK_CONTENT_TYPE:
		http2->grpc |= bytes_start_with(&h->text, "application/grpc");
		break;
	case HPACK_SERVER:
		if (!h->known && c->facts->product[0] == '\0')
			FACTS_TEXT(c->facts, product, h->text.at, h->text.left);
		break;
	default:
		break;
	}
}

static void judge_service(const struct http2_context *c, uint8_t rpc, bool answered)
{
	uint8_t service = c->http2->grpc ? SERVICE_GRPC : SERVICE_HTTP2;

	if (rpc < RPC_COUNT && answered) {
		service = rpcs[rpc].service;
		FACTS_TEXT(c->facts, product, rpcs[rpc].product, strlen(rpcs[rpc].product));
	}
	if (c->facts->service == NULL || c->facts->service - http2_services < service)
		facts_set_service(c->facts, &http2_services[service]);
}

static void judge_access(const struct http2_context *c, const struct http2_call *call, bool ok,
			 bool refused)
{
	bool login = call->rpc < RPC_COUNT && (rpcs[call->rpc].traits & CALL_LOGIN);

	if (login)
		facts_login(c->facts, ok);
	else if (ok && call->credentials && c->facts->auth != AUTH_SUCCEEDED)
		facts_login(c->facts, true);
	else if (ok && !call->credentials && c->facts->auth != AUTH_SUCCEEDED)
		facts_set_auth(c->facts, AUTH_NONE);
	else if (refused && call->credentials)
		facts_login(c->facts, false);
	else if (refused)
		facts_set_auth(c->facts, AUTH_REQUIRED);
}

/* Headers or trailers of a response are complete. */
static void judge(const struct http2_context *c, uint32_t stream, bool last)
{
	struct http2 *http2 = c->http2;
	struct http2_call *call = call_find(http2, stream);
	bool grpc = http2->grpc, ok, refused;

	if (call == NULL) {
		judge_service(c, RPC_COUNT, false);
		return;
	}
	if (http2->status != 0)
		call->status = http2->status;
	judge_service(c, call->rpc, call->status != 404);
	if (!last && (grpc || call->status < 200))
		return; /* the trailers will tell */
	if (grpc && http2->grpc_status == GRPC_NOT_TOLD)
		return;
	ok = call->status >= 200 && call->status <= 299 && (!grpc || http2->grpc_status == GRPC_OK);
	refused = call->status == 401 || http2->no_user ||
		  (call->status == 403 && call->credentials) ||
		  (grpc && (http2->grpc_status == GRPC_UNAUTHENTICATED ||
			    http2->grpc_status == GRPC_PERMISSION_DENIED));
	facts_command_result(c->facts, call->command, ok);
	judge_access(c, call, ok, refused);
	call->stream = 0;
}

void http2_block_begin(const struct http2_context *c)
{
	struct http2 *http2 = c->http2;

	if (c->from == SIDE_CLIENT) {
		http2->current = (struct http2_call){
			.stream = http2->side[c->from].stream, .command = -1, .rpc = RPC_COUNT};
		http2->post = false;
	} else {
		http2->status = 0;
		http2->grpc_status = GRPC_NOT_TOLD;
		http2->no_user = false;
	}
}

void http2_take_header(const struct http2_context *c, const struct hpack_header *header)
{
	if (c->from == SIDE_CLIENT)
		take_request_header(c, header);
	else
		take_response_header(c, header);
}

void http2_block_end(const struct http2_context *c, bool last)
{
	struct http2 *http2 = c->http2;
	uint32_t stream = http2->side[c->from].stream;

	if (c->from == SIDE_SERVER) {
		judge(c, stream, last);
		return;
	}
	if (call_find(http2, stream) != NULL) /* trailers */
		return;
	http2->calls[http2->next] = http2->current;
	http2->next = (uint8_t)((http2->next + 1) % HTTP2_CALLS);
	http2->data_length = 0;
}

/* The name in an AuthenticateRequest: a gRPC head of five bytes, field 1, length, text. */
static void take_user(const struct http2_context *c)
{
	struct http2 *http2 = c->http2;
	struct bytes data = bytes_from(http2->data, http2->data_length);
	struct bytes name;

	bytes_skip(&data, 5);
	if (bytes_u8(&data) == 0x0a) {
		name = bytes_sub(&data, bytes_u8(&data));
		if (!name.failed)
			FACTS_TEXT(c->facts, user, name.at, name.left);
	}
	memset(http2->data, 0, sizeof http2->data);
	http2->data_length = 0;
}

void http2_take_data(const struct http2_context *c, struct bytes piece)
{
	struct http2 *http2 = c->http2;
	struct http2_side *side = &http2->side[c->from];
	const struct http2_call *call = call_find(http2, side->stream);
	uint8_t traits = call != NULL && call->rpc < RPC_COUNT ? rpcs[call->rpc].traits : 0;
	size_t room = sizeof http2->data - http2->data_length;

	side->passed += (uint32_t)piece.left;
	if (c->from == SIDE_SERVER && (traits & CALL_READS))
		facts_set_data_read(c->facts, side->passed > RECORDS_MIN ? ANSWER_YES : ANSWER_NO);
	if (c->from != SIDE_CLIENT || !(traits & CALL_LOGIN) || piece.left == 0)
		return;
	if (room > piece.left)
		room = piece.left;
	memcpy(http2->data + http2->data_length, piece.at, room);
	http2->data_length = (uint8_t)(http2->data_length + room);
	if (side->left == 0)
		take_user(c);
}
