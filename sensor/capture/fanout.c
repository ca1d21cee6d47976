/* SPDX-License-Identifier: ISC */
/*
 * See fanout.h. X is where the layer begins that is looked at; M[0] keeps it. Loads behind the end
 * of a packet end the program with 0: the first worker.
 *
 * The program is written with labels; every jump is a long one, because conditional ones reach only
 * 255 instructions.
 */
#include "sensor/capture/fanout.h"

#include <assert.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include "sensor/decode/decode_walk.h"

#define LABELS	    128
#define JUMPS	    512
#define TAGS	    2
#define OUTGOING    4 /* PACKET_OUTGOING: the data begin at the link layer */
#define MIX	    0x9e3779b1u
#define TZSP_TAGS   4
#define IS_FRAGMENT 0x3fff

struct assembler {
	struct sock_filter *program;
	const struct decoder *decoder;
	uint16_t length;
	uint16_t label_at[LABELS];
	struct {
		uint16_t at;
		uint8_t label;
	} jumps[JUMPS];
	uint16_t jump_count;
	uint8_t labels;
	uint8_t end4, end6;
	uint32_t workers; /* 0: the kernel divides by them itself */
};

static void emit(struct assembler *a, uint16_t code, uint32_t k)
{
	assert(a->length < FANOUT_PROGRAM);
	a->program[a->length++] = (struct sock_filter){.code = code, .k = k};
}

static uint8_t new_label(struct assembler *a)
{
	assert(a->labels < LABELS);
	return a->labels++;
}

static void place(struct assembler *a, uint8_t label)
{
	a->label_at[label] = a->length;
}

static void jump(struct assembler *a, uint8_t label)
{
	assert(a->jump_count < JUMPS);
	a->jumps[a->jump_count].at = a->length;
	a->jumps[a->jump_count++].label = label;
	emit(a, BPF_JMP | BPF_JA, 0);
}

/* To the label if the comparison of A holds. */
static void jump_if(struct assembler *a, uint16_t comparison, uint32_t k, uint8_t label)
{
	emit(a, (uint16_t)(BPF_JMP | comparison | BPF_K), k);
	a->program[a->length - 1].jf = 1;
	jump(a, label);
}

static void jump_unless(struct assembler *a, uint16_t comparison, uint32_t k, uint8_t label)
{
	emit(a, (uint16_t)(BPF_JMP | comparison | BPF_K), k);
	a->program[a->length - 1].jt = 1;
	jump(a, label);
}

static void resolve(struct assembler *a)
{
	for (int i = 0; i < a->jump_count; i++) {
		uint16_t at = a->jumps[i].at, to = a->label_at[a->jumps[i].label];

		assert(to > at);
		a->program[at].k = (uint32_t)(to - at - 1);
	}
}

static void load(struct assembler *a, uint16_t size, uint32_t offset)
{
	emit(a, (uint16_t)(BPF_LD | size | BPF_IND), offset);
}

/* X and M[0] go on by A. */
static void advance_by_a(struct assembler *a)
{
	emit(a, BPF_ALU | BPF_ADD | BPF_X, 0);
	emit(a, BPF_MISC | BPF_TAX, 0);
	emit(a, BPF_ST, 0);
}

static void advance(struct assembler *a, uint32_t bytes)
{
	emit(a, BPF_LD | BPF_IMM, bytes);
	advance_by_a(a);
}

/* A = A ^ the word at this offset; uses M[1]. */
static void xor_word(struct assembler *a, uint32_t offset)
{
	emit(a, BPF_ST, 1);
	load(a, BPF_W, offset);
	emit(a, BPF_MISC | BPF_TAX, 0);
	emit(a, BPF_LD | BPF_MEM, 1);
	emit(a, BPF_ALU | BPF_XOR | BPF_X, 0);
	emit(a, BPF_LDX | BPF_MEM, 0);
}

/* Ends the program with a worker by the words of two addresses, which begin at X. */
static void put_end(struct assembler *a, uint8_t label, uint32_t words)
{
	place(a, label);
	load(a, BPF_W, 0);
	for (uint32_t i = 1; i < words; i++)
		xor_word(a, 4 * i);
	emit(a, BPF_ALU | BPF_MUL | BPF_K, MIX);
	emit(a, BPF_MISC | BPF_TAX, 0);
	emit(a, BPF_ALU | BPF_RSH | BPF_K, 16);
	emit(a, BPF_ALU | BPF_XOR | BPF_X, 0);
	if (a->workers != 0)
		emit(a, BPF_ALU | BPF_MOD | BPF_K, a->workers);
	emit(a, BPF_RET | BPF_A, 0);
}

/* Where one layer may lead to. */
struct layer {
	uint8_t ethertype; /* A holds one, X is behind it */
	uint8_t ipv4, ipv6, answer4, answer6;
};

static struct layer new_layer(struct assembler *a)
{
	return (struct layer){.ethertype = new_label(a),
			      .ipv4 = new_label(a),
			      .ipv6 = new_label(a),
			      .answer4 = new_label(a),
			      .answer6 = new_label(a)};
}

/* A is an ethertype. */
static void put_ethertype(struct assembler *a, const struct layer *layer)
{
	uint8_t tag, next;

	place(a, layer->ethertype);
	for (int i = 0; i < TAGS; i++) {
		tag = new_label(a);
		next = new_label(a);
		jump_if(a, BPF_JEQ, 0x8100, tag);
		jump_unless(a, BPF_JEQ, 0x88a8, next);
		place(a, tag);
		advance(a, 4);
		/* The type is at the end of the tag. */
		load(a, BPF_H, (uint32_t)-2);
		place(a, next);
	}
	jump_if(a, BPF_JEQ, ETHERTYPE_IPV4, layer->ipv4);
	jump_if(a, BPF_JEQ, ETHERTYPE_IPV6, layer->ipv6);
	emit(a, BPF_RET | BPF_K, 0);
}

/* X is at an Ethernet header. */
static void put_ethernet(struct assembler *a, const struct layer *inner)
{
	advance(a, 14);
	load(a, BPF_H, (uint32_t)-2);
	jump(a, inner->ethertype);
}

static bool is_off(const struct decode_options *options, enum tunnel_kind kind)
{
	return options->tunnels_off >> kind & 1;
}

/* X is at the UDP header before it. */
static void put_vxlan(struct assembler *a, const struct layer *inner, uint8_t no_tunnel)
{
	load(a, BPF_B, 8);
	jump_unless(a, BPF_JSET, 0x08, no_tunnel);
	advance(a, 16);
	put_ethernet(a, inner);
}

/* The same. */
static void put_geneve(struct assembler *a, const struct layer *inner, uint8_t no_tunnel)
{
	load(a, BPF_B, 15);
	jump_if(a, BPF_JSET, 0xff, no_tunnel);
	load(a, BPF_B, 9);
	jump_if(a, BPF_JSET, 0xbf, no_tunnel);
	load(a, BPF_H, 10); /* its protocol waits in M[2] */
	emit(a, BPF_ST, 2);
	load(a, BPF_B, 8);
	jump_if(a, BPF_JSET, 0xc0, no_tunnel);
	emit(a, BPF_ALU | BPF_AND | BPF_K, 0x3f);
	emit(a, BPF_ALU | BPF_LSH | BPF_K, 2);
	emit(a, BPF_ALU | BPF_ADD | BPF_K, 16);
	advance_by_a(a);
	emit(a, BPF_LD | BPF_MEM, 2);
	jump_unless(a, BPF_JEQ, ETHERTYPE_BRIDGE, inner->ethertype);
	put_ethernet(a, inner);
}

/* X is at a UDP header. */
static void put_udp(struct assembler *a, const struct layer *inner, uint8_t no_tunnel)
{
	const struct decode_options *options = &a->decoder->options;
	uint8_t vxlan = new_label(a), geneve = new_label(a);

	load(a, BPF_H, 2);
	for (int i = 0; i < options->vxlan_port_count && !is_off(options, TUNNEL_VXLAN); i++)
		jump_if(a, BPF_JEQ, options->vxlan_ports[i], vxlan);
	for (int i = 0; i < options->geneve_port_count && !is_off(options, TUNNEL_GENEVE); i++)
		jump_if(a, BPF_JEQ, options->geneve_ports[i], geneve);
	jump(a, no_tunnel);
	place(a, vxlan);
	put_vxlan(a, inner, no_tunnel);
	place(a, geneve);
	put_geneve(a, inner, no_tunnel);
}

/* Behind GRE's header, whose flags wait in M[3]: ERSPAN III, type in A's place. */
static void put_erspan3(struct assembler *a, const struct layer *inner)
{
	uint8_t plain = new_label(a);

	load(a, BPF_B, 11);
	emit(a, BPF_ST, 4);
	advance(a, 12);
	emit(a, BPF_LD | BPF_MEM, 4);
	jump_unless(a, BPF_JSET, 1, plain);
	advance(a, 8);
	place(a, plain);
	put_ethernet(a, inner);
}

/* X is at a GRE header. Four bytes, and four more for each of three flags. */
static void put_gre(struct assembler *a, const struct layer *inner, uint8_t no_tunnel)
{
	static const uint16_t flags[] = {0x8000, 0x2000, 0x1000};
	uint8_t erspan2 = new_label(a), erspan3 = new_label(a), ethernet = new_label(a);

	load(a, BPF_H, 0);
	jump_if(a, BPF_JSET, 0x4007, no_tunnel);
	emit(a, BPF_ST, 3);
	load(a, BPF_H, 2);
	emit(a, BPF_ST, 2);
	advance(a, 4);
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		uint8_t without = new_label(a);

		emit(a, BPF_LD | BPF_MEM, 3);
		jump_unless(a, BPF_JSET, flags[i], without);
		advance(a, 4);
		place(a, without);
	}
	emit(a, BPF_LD | BPF_MEM, 2);
	jump_if(a, BPF_JEQ, ETHERTYPE_BRIDGE, ethernet);
	jump_if(a, BPF_JEQ, 0x88be, erspan2);
	jump_if(a, BPF_JEQ, 0x22eb, erspan3);
	jump(a, inner->ethertype);
	place(a, erspan2);
	emit(a, BPF_LD | BPF_MEM, 3);
	jump_unless(a, BPF_JSET, 0x1000, ethernet); /* type I */
	advance(a, 8);
	place(a, ethernet);
	put_ethernet(a, inner);
	place(a, erspan3);
	put_erspan3(a, inner);
}

/* What is behind the IP header at X, whose protocol is in A; `inner` is NULL in the last layer. */
static void put_protocols(struct assembler *a, const struct layer *inner, uint8_t none)
{
	uint8_t udp = new_label(a), gre = new_label(a);

	if (!inner) {
		jump(a, none);
		return;
	}
	jump_if(a, BPF_JEQ, 4, inner->ipv4);
	jump_if(a, BPF_JEQ, 41, inner->ipv6);
	jump_if(a, BPF_JEQ, 17, udp);
	jump_if(a, BPF_JEQ, 47, gre);
	jump(a, none);
	place(a, udp);
	put_udp(a, inner, none);
	place(a, gre);
	put_gre(a, inner, none);
}

/* Errors go where the packet that they quote goes: its header is 8 bytes behind ICMP's. */
static void put_icmp(struct assembler *a, bool v6, uint8_t none)
{
	uint8_t error = new_label(a);

	load(a, BPF_B, 0);
	jump_if(a, BPF_JEQ, v6 ? 1 : 3, error);
	jump_unless(a, BPF_JEQ, v6 ? 3 : 11, none);
	place(a, error);
	advance(a, v6 ? 8 + 8 : 8 + 12);
	jump(a, v6 ? a->end6 : a->end4);
}

/* M[5] keeps where this IP header is: the answer's, if there is nothing inside. */
static void put_ip(struct assembler *a, bool v6, const struct layer *inner, uint8_t none)
{
	uint8_t icmp = new_label(a);

	emit(a, BPF_MISC | BPF_TXA, 0);
	emit(a, BPF_ST, 5);
	if (v6) {
		load(a, BPF_B, 6);
		emit(a, BPF_ST, 2);
		advance(a, 40);
	} else {
		load(a, BPF_H, 6);
		jump_if(a, BPF_JSET, IS_FRAGMENT, none);
		load(a, BPF_B, 9);
		emit(a, BPF_ST, 2);
		load(a, BPF_B, 0);
		emit(a, BPF_ALU | BPF_AND | BPF_K, 0x0f);
		emit(a, BPF_ALU | BPF_LSH | BPF_K, 2);
		advance_by_a(a);
	}
	emit(a, BPF_LD | BPF_MEM, 2);
	jump_if(a, BPF_JEQ, v6 ? 58 : 1, icmp);
	put_protocols(a, inner, none);
	place(a, icmp);
	put_icmp(a, v6, none);
}

static void put_answer(struct assembler *a, bool v6)
{
	emit(a, BPF_LDX | BPF_MEM, 5);
	advance(a, v6 ? 8 : 12);
	jump(a, v6 ? a->end6 : a->end4);
}

static void put_layer(struct assembler *a, const struct layer *layer, const struct layer *inner)
{
	put_ethertype(a, layer);
	place(a, layer->ipv4);
	put_ip(a, false, inner, layer->answer4);
	place(a, layer->ipv6);
	put_ip(a, true, inner, layer->answer6);
	place(a, layer->answer4);
	put_answer(a, false);
	place(a, layer->answer6);
	put_answer(a, true);
}

uint16_t fanout_program(const struct decoder *decoder, struct sock_filter *program)
{
	struct assembler a = {.program = program, .decoder = decoder};
	struct layer layers[TUNNELS_IP + 1];
	uint8_t incoming = new_label(&a);

	a.end4 = new_label(&a);
	a.end6 = new_label(&a);
	for (int i = 0; i <= TUNNELS_IP; i++)
		layers[i] = new_layer(&a);
	emit(&a, BPF_LDX | BPF_IMM, 0);
	emit(&a, BPF_STX, 0);
	emit(&a, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE));
	jump_unless(&a, BPF_JEQ, OUTGOING, incoming);
	advance(&a, 14);
	place(&a, incoming);
	emit(&a, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL));
	for (int i = 0; i <= TUNNELS_IP; i++)
		put_layer(&a, &layers[i], i < TUNNELS_IP ? &layers[i + 1] : NULL);
	put_end(&a, a.end4, 2);
	put_end(&a, a.end6, 8);
	resolve(&a);
	return a.length;
}

/* X is at TZSP's header: tags up to the one that ends them, of which it looks at the first few. */
static void put_tzsp(struct assembler *a, const struct layer *inner, uint8_t no_tunnel)
{
	uint8_t end = new_label(a);

	advance(a, 4);
	for (int i = 0; i <= TZSP_TAGS; i++) {
		uint8_t padding = new_label(a), next = new_label(a);

		load(a, BPF_B, 0);
		jump_if(a, BPF_JEQ, 1, end);
		if (i == TZSP_TAGS)
			break;
		jump_if(a, BPF_JEQ, 0, padding);
		load(a, BPF_B, 1);
		emit(a, BPF_ALU | BPF_ADD | BPF_K, 2);
		advance_by_a(a);
		jump(a, next);
		place(a, padding);
		advance(a, 1);
		place(a, next);
	}
	jump(a, no_tunnel);
	place(a, end);
	advance(a, 1);
	put_ethernet(a, inner);
}

static void put_tunnel(struct assembler *a, uint8_t kind, const struct layer *inner, uint8_t none)
{
	if (kind == TUNNEL_VXLAN)
		put_vxlan(a, inner, none);
	else if (kind == TUNNEL_GENEVE)
		put_geneve(a, inner, none);
	else if (kind == TUNNEL_TZSP)
		put_tzsp(a, inner, none);
	else
		put_gre(a, inner, none);
}

uint16_t fanout_receiver(const struct decoder *decoder, uint8_t kind, uint32_t workers,
			 struct sock_filter *program)
{
	struct assembler a = {.program = program, .decoder = decoder, .workers = workers};
	bool behind_udp = kind == TUNNEL_VXLAN || kind == TUNNEL_GENEVE;
	struct layer layers[TUNNELS_IP];
	uint8_t none = new_label(&a);

	a.end4 = new_label(&a);
	a.end6 = new_label(&a);
	for (int i = 0; i < TUNNELS_IP; i++)
		layers[i] = new_layer(&a);
	/* What it is given begins behind the UDP header. */
	emit(&a, BPF_LDX | BPF_IMM, behind_udp ? (uint32_t)-8 : 0);
	emit(&a, BPF_STX, 0);
	put_tunnel(&a, kind, &layers[0], none);
	for (int i = 0; i < TUNNELS_IP; i++)
		put_layer(&a, &layers[i], i + 1 < TUNNELS_IP ? &layers[i + 1] : NULL);
	place(&a, none);
	emit(&a, BPF_RET | BPF_K, 0);
	put_end(&a, a.end4, 2);
	put_end(&a, a.end6, 8);
	resolve(&a);
	return a.length;
}

bool fanout_join(int fd, uint16_t group, const struct decoder *decoder)
{
	int type = PACKET_FANOUT_CBPF | PACKET_FANOUT_FLAG_DEFRAG;
	int option = group | type << 16;
	struct sock_filter instructions[FANOUT_PROGRAM];
	struct sock_fprog program = {.filter = instructions};

	program.len = fanout_program(decoder, instructions);
	return setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &option, sizeof option) == 0 &&
	       setsockopt(fd, SOL_PACKET, PACKET_FANOUT_DATA, &program, sizeof program) == 0;
}
