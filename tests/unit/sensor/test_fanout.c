/* SPDX-License-Identifier: ISC */
/*
 * The program that splits packets between workers, run as the kernel runs it: both directions of an
 * inner conversation give one answer, whatever they are wrapped in, and so do their fragments, ICMP
 * errors and copies. The kernel's own check of such programs is asked as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <linux/filter.h>

#include "sensor/capture/fanout.h"
#include "tests/unit/random.h"
#include "tests/unit/tunnels.h"

static struct sock_filter program[FANOUT_PROGRAM];
static uint16_t length;
static struct decoder decoder;
static struct frame frame;

static const struct packet_spec there = {
	.source = "203.0.113.7",
	.destination = "10.20.0.5",
	.source_port = 40000,
	.destination_port = 6379,
	.flags = TCP_ACK,
	.payload = "hello",
};

static const struct packet_spec there6 = {
	.source = "2001:db8::7",
	.destination = "fd00::5",
	.source_port = 40000,
	.destination_port = 6379,
	.flags = TCP_ACK,
	.payload = "hello",
};

/* What a socket sees of a frame: from the network header on, unless it is its own host's. */
struct view {
	const uint8_t *data;
	size_t length;
	uint32_t protocol, packet_type;
};

struct machine {
	uint32_t a, x, m[16];
	bool outside; /* a load behind the end */
};

static uint32_t load(struct machine *machine, const struct view *view, uint32_t at, size_t size)
{
	uint32_t value = 0;

	if (at > view->length || size > view->length - at) {
		machine->outside = true;
		return 0;
	}
	for (size_t i = 0; i < size; i++)
		value = value << 8 | view->data[at + i];
	return value;
}

static uint32_t load_absolute(struct machine *machine, const struct view *view, uint32_t at)
{
	if (at == (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL))
		return view->protocol;
	if (at == (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE))
		return view->packet_type;
	return load(machine, view, at, 4);
}

static uint32_t calculate(uint16_t operation, uint32_t a, uint32_t operand)
{
	switch (operation) {
	case BPF_ADD:
		return a + operand;
	case BPF_MUL:
		return a * operand;
	case BPF_AND:
		return a & operand;
	case BPF_XOR:
		return a ^ operand;
	case BPF_LSH:
		return a << operand;
	case BPF_RSH:
		return a >> operand;
	default:
		fail_msg("operation %x", operation);
		return 0;
	}
}

static bool compare(uint16_t operation, uint32_t a, uint32_t k)
{
	if (operation == BPF_JEQ)
		return a == k;
	assert_int_equal(operation, BPF_JSET);
	return (a & k) != 0;
}

static void step(struct machine *machine, const struct view *view, const struct sock_filter *at)
{
	static const uint8_t sizes[] = {[BPF_W >> 3] = 4, [BPF_H >> 3] = 2, [BPF_B >> 3] = 1};

	switch (BPF_CLASS(at->code)) {
	case BPF_LD:
		if (BPF_MODE(at->code) == BPF_IMM)
			machine->a = at->k;
		else if (BPF_MODE(at->code) == BPF_MEM)
			machine->a = machine->m[at->k];
		else if (BPF_MODE(at->code) == BPF_ABS)
			machine->a = load_absolute(machine, view, at->k);
		else
			machine->a = load(machine, view, machine->x + at->k,
					  sizes[BPF_SIZE(at->code) >> 3]);
		break;
	case BPF_LDX:
		machine->x = BPF_MODE(at->code) == BPF_IMM ? at->k : machine->m[at->k];
		break;
	case BPF_ST:
		machine->m[at->k] = machine->a;
		break;
	case BPF_STX:
		machine->m[at->k] = machine->x;
		break;
	case BPF_ALU:
		machine->a = calculate(BPF_OP(at->code), machine->a,
				       BPF_SRC(at->code) == BPF_X ? machine->x : at->k);
		break;
	default:
		if (at->code == (BPF_MISC | BPF_TAX))
			machine->x = machine->a;
		else
			machine->a = machine->x;
	}
}

static uint32_t run(const struct view *view)
{
	struct machine machine = {.a = 0};

	for (uint32_t pc = 0; pc < length; pc++) {
		const struct sock_filter *at = &program[pc];

		if (BPF_CLASS(at->code) == BPF_RET)
			return BPF_RVAL(at->code) == BPF_A ? machine.a : at->k;
		if (at->code == (BPF_JMP | BPF_JA))
			pc += at->k;
		else if (BPF_CLASS(at->code) == BPF_JMP)
			pc += compare(BPF_OP(at->code), machine.a, at->k) ? at->jt : at->jf;
		else
			step(&machine, view, at);
		if (machine.outside)
			return 0;
	}
	fail_msg("the program does not end");
	return 0;
}

/* The frame at hand, the first tag taken off as the kernel does. */
static uint32_t worker_of_cut(bool outgoing, size_t captured)
{
	uint32_t protocol = (uint32_t)frame.bytes[12] << 8 | frame.bytes[13];
	size_t from = 14;
	uint8_t *copy;
	uint32_t answer;

	if (!outgoing && protocol == 0x8100) {
		protocol = (uint32_t)frame.bytes[16] << 8 | frame.bytes[17];
		from = 18;
	}
	if (captured < from)
		return 0;
	if (outgoing)
		from = 0;
	copy = malloc(captured - from + 1);
	memcpy(copy, frame.bytes + from, captured - from);
	answer = run(&(struct view){.data = copy,
				    .length = captured - from,
				    .protocol = protocol,
				    .packet_type = outgoing ? 4 : 3});
	free(copy);
	return answer;
}

static uint32_t worker_of(void)
{
	return worker_of_cut(false, frame.length);
}

static uint32_t plain(const struct packet_spec *spec)
{
	packet_build(&frame, spec);
	return worker_of();
}

static struct packet_spec back(const struct packet_spec *spec)
{
	struct packet_spec other = *spec;

	other.source = spec->destination;
	other.destination = spec->source;
	other.source_port = spec->destination_port;
	other.destination_port = spec->source_port;
	return other;
}

static void both_directions_plain(void **state)
{
	struct packet_spec here = back(&there), here6 = back(&there6), other = there;

	(void)state;
	assert_int_not_equal(plain(&there), 0);
	assert_int_equal(plain(&there), plain(&here));
	assert_int_equal(plain(&there6), plain(&here6));
	assert_int_not_equal(plain(&there6), 0);
	other.source = "203.0.113.8";
	assert_int_not_equal(plain(&there), plain(&other));
	other = there;
	other.ip_options = 12;
	assert_int_equal(plain(&there), plain(&other));
	packet_build(&frame, &there);
	assert_int_equal(worker_of_cut(true, frame.length), worker_of());
}

static void tags(void **state)
{
	struct packet_spec spec = there;

	(void)state;
	spec.tags[0] = 0x8100;
	assert_int_equal(plain(&spec), plain(&there));
	spec.tags[1] = 0x8100;
	assert_int_equal(plain(&spec), plain(&there));
}

/* What the program looks through goes where the plain packet goes. */
static bool is_looked_through(const struct tunnel_case *tunnel)
{
	switch (tunnel->kind) {
	case TUNNEL_VXLAN:
	case TUNNEL_GENEVE:
	case TUNNEL_GRETAP:
	case TUNNEL_NVGRE:
	case TUNNEL_ERSPAN1:
	case TUNNEL_ERSPAN2:
	case TUNNEL_IPIP:
	case TUNNEL_6IN4:
		return tunnel->where != 4754;
	case TUNNEL_ERSPAN3:
		return tunnel->inner == LINK_ETHERNET;
	case TUNNEL_GRE:
		return tunnel->inner == LINK_RAW && strcmp(tunnel->name, "GRE, MPLS") != 0 &&
		       strcmp(tunnel->name, "WCCP") != 0;
	default:
		return false;
	}
}

static void check_tunnel(const struct tunnel_case *tunnel, const struct packet_spec *spec,
			 bool outer_is_ipv6)
{
	struct packet_spec here = back(spec);
	uint32_t expected = plain(spec), forth;

	tunnel_build(&frame, tunnel, spec, outer_is_ipv6);
	forth = worker_of();
	if (is_looked_through(tunnel) && forth != expected)
		fail_msg("%s: %08x is not %08x", tunnel->name, forth, expected);
	tunnel_build(&frame, tunnel, &here, outer_is_ipv6);
	if (tunnel->transport == IP_UDP) /* VXLAN's source port differs by direction */
		put_be16(frame.bytes + frame.transport_at, 12345);
	if (worker_of() != forth)
		fail_msg("%s: the directions differ", tunnel->name);
	for (size_t captured = 0; captured < frame.length; captured++)
		worker_of_cut(false, captured);
}

static void both_directions_in_every_tunnel(void **state)
{
	(void)state;
	for (size_t i = 0; i < TUNNEL_CASES; i++) {
		if (!tunnel_cases[i].only_ipv6) {
			check_tunnel(&tunnel_cases[i], &there, false);
			check_tunnel(&tunnel_cases[i], &there, true);
		}
		if (!tunnel_cases[i].only_ipv4) {
			check_tunnel(&tunnel_cases[i], &there6, false);
			check_tunnel(&tunnel_cases[i], &there6, true);
		}
	}
}

static void tags_inside_and_two_tunnels(void **state)
{
	static uint8_t content[FRAME_MAX];
	struct packet_spec spec = there;
	struct packet_spec middle = {
		.source = "192.0.2.9",
		.destination = "192.0.2.8",
		.transport = IP_UDP,
		.source_port = 999,
		.destination_port = 4789,
		.payload = content,
	};
	uint32_t expected = plain(&there);

	(void)state;
	spec.tags[0] = 0x8100;
	tunnel_build(&frame, &tunnel_cases[0], &spec, false);
	assert_int_equal(worker_of(), expected);
	middle.payload_length = tunnel_content(content, &tunnel_cases[0], &there);
	for (size_t i = 0; i < TUNNEL_CASES; i++) {
		if (!is_looked_through(&tunnel_cases[i]) || tunnel_cases[i].only_ipv6)
			continue;
		tunnel_build(&frame, &tunnel_cases[i], &middle, i & 1);
		assert_int_equal(worker_of(), expected);
	}
}

static void fragments_and_errors(void **state)
{
	struct packet_spec piece = there;

	(void)state;
	piece.fragment = MORE_FRAGMENTS;
	assert_int_equal(plain(&piece), plain(&there));
	piece.fragment = 100;
	assert_int_equal(plain(&piece), plain(&there));
	piece = there6;
	piece.extension_count = 1;
	piece.extensions[0] = IPV6_FRAGMENT;
	piece.fragment = 100;
	assert_int_equal(plain(&piece), plain(&there6));
	packet_build_icmp_error(&frame, "10.0.0.1", &there, 3, 13, 28);
	assert_int_equal(worker_of(), plain(&there));
	packet_build_icmp_error(&frame, "fd00::1", &there6, 1, 1, 48);
	assert_int_equal(worker_of(), plain(&there6));
}

static void workers_are_used_evenly(void **state)
{
	unsigned counts[4] = {0};
	char source[40];

	(void)state;
	for (int i = 0; i < 4000; i++) {
		struct packet_spec spec = there;

		snprintf(source, sizeof source, "203.0.%d.%d", i / 250, i % 250 + 1);
		spec.source = source;
		counts[plain(&spec) % 4]++;
	}
	for (int i = 0; i < 4; i++)
		assert_in_range(counts[i], 800, 1200);
}

static void noise(void **state)
{
	struct random random = {.state = 4};

	(void)state;
	for (int i = 0; i < 50000; i++) {
		tunnel_build(&frame, &tunnel_cases[random_below(&random, (uint32_t)TUNNEL_CASES)],
			     &there, i & 1);
		for (int n = 0; n < 4; n++)
			frame.bytes[random_below(&random, (uint32_t)frame.length)] =
				(uint8_t)random_next(&random);
		worker_of_cut(false, random_below(&random, (uint32_t)frame.length + 1));
	}
}

/* Any socket may carry such a program: the kernel's check is the same. */
static void the_kernel_takes_it(void **state)
{
	struct sock_fprog asked = {.len = length, .filter = program};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &asked, sizeof asked), 0);
	close(fd);
}

static int assemble(void **state)
{
	struct decode_options options = {.vxlan_ports = {4789, 8472}, .vxlan_port_count = 2};

	(void)state;
	decoder = decoder_of(&options);
	length = fanout_program(&decoder, program);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_directions_plain),
		cmocka_unit_test(tags),
		cmocka_unit_test(both_directions_in_every_tunnel),
		cmocka_unit_test(tags_inside_and_two_tunnels),
		cmocka_unit_test(fragments_and_errors),
		cmocka_unit_test(workers_are_used_evenly),
		cmocka_unit_test(noise),
		cmocka_unit_test(the_kernel_takes_it),
	};

	return cmocka_run_group_tests(tests, assemble, NULL);
}
