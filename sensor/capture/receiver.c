/* SPDX-License-Identifier: ISC */
/*
 * See receiver.h. A slot is one datagram: room for the headers that are put before it, then its
 * bytes. What the headers say is what the kernel tells of it: sender, the address that it was sent
 * to, its length.
 */
#include "sensor/capture/receiver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sensor/base/clock.h"
#include "sensor/capture/fanout.h"

#define DATAGRAM  65536
#define HEAD_IPV4 20u
#define HEAD_IPV6 40u
#define HEAD_UDP  8u
#define HEAD	  (HEAD_IPV6 + HEAD_UDP)
#define CONTROL	  256

struct slot {
	struct sockaddr_in6 sender;
	struct iovec part;
	_Alignas(struct cmsghdr) char control[CONTROL];
	uint8_t bytes[HEAD + DATAGRAM];
};

struct receiver {
	struct receiver_place place;
	int fd;
	uint16_t port; /* that the decoder knows for this kind */
	uint32_t last_drops;
	struct receiver_stats stats;
	struct mmsghdr messages[RECEIVER_BATCH];
	struct slot slots[RECEIVER_BATCH];
};

/* ---- opening ---- */

static uint16_t port_of(const struct decoder *decoder, uint8_t kind)
{
	switch (kind) {
	case TUNNEL_VXLAN:
		return decoder->options.vxlan_ports[0];
	case TUNNEL_GENEVE:
		return decoder->options.geneve_ports[0];
	case TUNNEL_TZSP:
		return DECODE_PORT_TZSP;
	default:
		return DECODE_PORT_GRE;
	}
}

static bool set_flag(int fd, int level, int name)
{
	const int on = 1;

	return setsockopt(fd, level, name, &on, sizeof on) == 0;
}

/* More than net.core.rmem_max only for who may; else what there is. */
static void set_buffer(int fd, uint32_t bytes)
{
	const int half = (int)(bytes / 2); /* the kernel doubles it */

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &half, sizeof half) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &half, sizeof half);
}

static bool bind_to(int fd, const struct receiver_place *place)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(place->port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(place->port)};

	if (!place->v6) {
		memcpy(&in.sin_addr, place->address.bytes + 12, sizeof in.sin_addr);
		return bind(fd, (const void *)&in, sizeof in) == 0;
	}
	memcpy(&in6.sin6_addr, place->address.bytes, sizeof in6.sin6_addr);
	return bind(fd, (const void *)&in6, sizeof in6) == 0;
}

static bool steer(int fd, const struct receiver_options *options)
{
	struct sock_filter instructions[FANOUT_PROGRAM];
	struct sock_fprog program = {.filter = instructions};

	if (options->workers < 2)
		return true;
	program.len = fanout_receiver(options->decoder, options->place.kind, options->workers,
				      instructions);
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) == 0;
}

static bool set_up(int fd, const struct receiver_options *options)
{
	const struct receiver_place *place = &options->place;
	bool told = place->v6 ? set_flag(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO)
			      : set_flag(fd, IPPROTO_IP, IP_PKTINFO);

	set_buffer(fd, options->buffer_bytes);
	return told && set_flag(fd, SOL_SOCKET, SO_TIMESTAMPNS) &&
	       set_flag(fd, SOL_SOCKET, SO_REUSEPORT) && bind_to(fd, place) && steer(fd, options);
}

static void prepare(struct receiver *receiver)
{
	for (int i = 0; i < RECEIVER_BATCH; i++) {
		struct slot *slot = &receiver->slots[i];

		slot->part = (struct iovec){slot->bytes + HEAD, DATAGRAM};
		receiver->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &slot->sender,
			.msg_iov = &slot->part,
			.msg_iovlen = 1,
			.msg_control = slot->control,
		};
	}
}

struct receiver *receiver_open(const struct receiver_options *options, char error[RECEIVER_ERROR])
{
	struct receiver *receiver = calloc(1, sizeof *receiver);

	if (!receiver) {
		snprintf(error, RECEIVER_ERROR, "out of memory");
		return NULL;
	}
	receiver->place = options->place;
	receiver->port = port_of(options->decoder, options->place.kind);
	receiver->fd = socket(options->place.v6 ? AF_INET6 : AF_INET,
			      SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (receiver->fd >= 0 && set_up(receiver->fd, options)) {
		prepare(receiver);
		return receiver;
	}
	snprintf(error, RECEIVER_ERROR, "%s%s", strerrordesc_np(errno),
		 errno == EADDRINUSE ? ": another program, or a tunnel of the kernel, has this port"
				     : "");
	receiver_close(receiver);
	return NULL;
}

void receiver_close(struct receiver *receiver)
{
	if (!receiver)
		return;
	if (receiver->fd >= 0)
		close(receiver->fd);
	free(receiver);
}

uint64_t receiver_bytes(void)
{
	return sizeof(struct receiver);
}

int receiver_fd(const struct receiver *receiver)
{
	return receiver->fd;
}

uint32_t receiver_buffer(const struct receiver *receiver)
{
	int bytes = 0;
	socklen_t length = sizeof bytes;

	if (getsockopt(receiver->fd, SOL_SOCKET, SO_RCVBUF, &bytes, &length) != 0)
		return 0;
	return (uint32_t)bytes;
}

/* ---- datagrams ---- */

struct told {
	struct address sender, here;
	uint16_t sender_port;
	uint64_t ts_ns;
};

static struct address address_of_v6(const void *bytes)
{
	struct address address;

	memcpy(address.bytes, bytes, sizeof address.bytes);
	return address;
}

static void read_sender(const struct receiver *receiver, const struct slot *slot, struct told *told)
{
	const struct sockaddr_in *in = (const void *)&slot->sender;

	if (receiver->place.v6) {
		told->sender = address_of_v6(&slot->sender.sin6_addr);
		told->sender_port = ntohs(slot->sender.sin6_port);
		return;
	}
	told->sender = address_from_ipv4((const uint8_t *)&in->sin_addr);
	told->sender_port = ntohs(in->sin_port);
}

static void read_control(struct msghdr *message, struct told *told)
{
	struct timespec time;
	struct in_pktinfo info;
	struct in6_pktinfo info6;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&time, CMSG_DATA(c), sizeof time);
			told->ts_ns = (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&info, CMSG_DATA(c), sizeof info);
			told->here = address_from_ipv4((const uint8_t *)&info.ipi_addr);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info6, CMSG_DATA(c), sizeof info6);
			told->here = address_of_v6(&info6.ipi6_addr);
		}
	}
}

static bool may_send(const struct receiver_place *place, const struct address *sender)
{
	for (int i = 0; i < place->from_count; i++) {
		if (prefix_contains(&place->from[i], sender))
			return true;
	}
	return place->from_count == 0;
}

static uint8_t *put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
	return to + 2;
}

static uint8_t *put_bytes(uint8_t *to, const uint8_t *bytes, size_t length)
{
	memcpy(to, bytes, length);
	return to + length;
}

/* RFC 791: the ones' complement sum of the header. */
static uint16_t checksum(const uint8_t *header)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < HEAD_IPV4; i += 2)
		sum += (uint32_t)header[i] << 8 | header[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint8_t *put_ipv4(uint8_t *to, const struct told *told, uint32_t length)
{
	uint8_t *header = to;

	memset(header, 0, HEAD_IPV4);
	header[0] = 0x45;
	put16(header + 2, HEAD_IPV4 + HEAD_UDP + length);
	header[8] = 64;
	header[9] = IPPROTO_UDP;
	to = put_bytes(header + 12, told->sender.bytes + 12, 4);
	to = put_bytes(to, told->here.bytes + 12, 4);
	put16(header + 10, checksum(header));
	return to;
}

static uint8_t *put_ipv6(uint8_t *to, const struct told *told, uint32_t length)
{
	memset(to, 0, 8);
	to[0] = 0x60;
	put16(to + 4, HEAD_UDP + length);
	to[6] = IPPROTO_UDP;
	to[7] = 64;
	to = put_bytes(to + 8, told->sender.bytes, 16);
	return put_bytes(to, told->here.bytes, 16);
}

/* The UDP checksum 0 is "none", which tunnels may have over IPv6 as well (RFC 6935). */
static uint8_t *put_headers(const struct receiver *receiver, struct slot *slot,
			    const struct told *told, uint32_t length)
{
	bool v4 = address_is_ipv4(&told->sender) && address_is_ipv4(&told->here);
	uint8_t *begin = slot->bytes + HEAD - HEAD_UDP - (v4 ? HEAD_IPV4 : HEAD_IPV6);
	uint8_t *to = v4 ? put_ipv4(begin, told, length) : put_ipv6(begin, told, length);

	to = put16(to, told->sender_port);
	to = put16(to, receiver->port);
	to = put16(to, HEAD_UDP + length);
	put16(to, 0);
	return begin;
}

/* False: nobody who may send it. */
static bool take(struct receiver *receiver, int number, struct frame_view *frame)
{
	struct slot *slot = &receiver->slots[number];
	struct mmsghdr *message = &receiver->messages[number];
	struct told told = {.here = receiver->place.address};
	uint8_t *begin;

	read_sender(receiver, slot, &told);
	if (!may_send(&receiver->place, &told.sender)) {
		receiver->stats.refused++;
		return false;
	}
	read_control(&message->msg_hdr, &told);
	begin = put_headers(receiver, slot, &told, message->msg_len);
	*frame = (struct frame_view){
		.ts_ns = told.ts_ns ? told.ts_ns : clock_unix_ns(),
		.bytes = begin,
		.captured = (uint32_t)(slot->bytes + HEAD - begin) + message->msg_len,
		.link = LINK_RAW,
		.received = true,
	};
	frame->wire = frame->captured;
	return true;
}

int receiver_frames(struct receiver *receiver, struct frame_view *frames, int max)
{
	int n = max < RECEIVER_BATCH ? max : RECEIVER_BATCH, count = 0;

	for (int i = 0; i < n; i++) {
		receiver->messages[i].msg_hdr.msg_namelen = sizeof receiver->slots[i].sender;
		receiver->messages[i].msg_hdr.msg_controllen = CONTROL;
	}
	n = recvmmsg(receiver->fd, receiver->messages, (unsigned)n, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		count += take(receiver, i, &frames[count]);
	if (n > 0)
		receiver->stats.received += (uint64_t)n;
	return count;
}

struct receiver_stats receiver_stats(struct receiver *receiver)
{
	uint32_t memory[SK_MEMINFO_VARS] = {0};
	socklen_t length = sizeof memory;

	if (getsockopt(receiver->fd, SOL_SOCKET, SO_MEMINFO, memory, &length) == 0) {
		uint32_t more = memory[SK_MEMINFO_DROPS] - receiver->last_drops;

		receiver->stats.dropped += more;
		receiver->stats.received += more;
		receiver->last_drops = memory[SK_MEMINFO_DROPS];
	}
	return receiver->stats;
}
