/* SPDX-License-Identifier: ISC */
/*
 * What a packet was wrapped in when it was captured: one struct for each layer, outermost first.
 * The names (tunnel_name) are a contract: spanwatch-events(7).
 */
#ifndef SENSOR_TUNNEL_H
#define SENSOR_TUNNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/address.h"

#define TUNNELS_MAX 4 /* layers that are looked into */
#define TUNNELS_IP  2 /* of them, those over IP */

enum tunnel_kind {
	TUNNEL_NONE,
	TUNNEL_VXLAN,
	TUNNEL_GENEVE,
	TUNNEL_ERSPAN1,
	TUNNEL_ERSPAN2,
	TUNNEL_ERSPAN3,
	TUNNEL_GRE,    /* IP in it */
	TUNNEL_GRETAP, /* Ethernet in it */
	TUNNEL_NVGRE,
	TUNNEL_MPLS,
	TUNNEL_PPPOE,
	TUNNEL_IPIP, /* IPv4 or IPv6 in the same or in IPv6 */
	TUNNEL_6IN4,
	TUNNEL_TZSP,
	TUNNEL_L2TP3,
	TUNNEL_GTP,
	TUNNEL_ETHERIP,
	TUNNEL_VXLAN_GPE,
	TUNNEL_LISP,
	TUNNEL_L2TP2,
	TUNNEL_CAPWAP,
	TUNNEL_JMIRROR,
	TUNNEL_GUE,
	TUNNEL_FOU,
	TUNNEL_ESP, /* with NULL encryption */
	TUNNEL_KIND_COUNT
};

enum tunnel_mark {
	TUNNEL_OVER_UDP = 1,
	TUNNEL_LOOSE =
		4, /* the header has bits set that are reserved: no tunnel but a believed one */
	TUNNEL_CLAIMED = 2, /* not believed, and so is nothing that it holds */
};

/* Hashed as bytes: no holes. */
struct tunnel {
	uint8_t kind; /* enum tunnel_kind */
	uint8_t has_id;
	uint8_t over_ip; /* source and destination are its ends */
	uint8_t marks;	 /* enum tunnel_mark */
	uint32_t id;	 /* VNI, VSID, key, session, label or tunnel end point id */
	struct address source, destination;
};

struct tunnel_path {
	uint32_t count;
	struct tunnel layers[TUNNELS_MAX]; /* the others are zero */
};

/*
 * The paths that a worker has met, so that a flow needs only a number for its own. Bounded: when
 * it is full, new ones are counted and stay without a name.
 */
struct tunnel_table;

struct tunnel_table *tunnel_table_new(uint64_t hash_key); /* NULL: out of memory */
void tunnel_table_free(struct tunnel_table *table);	  /* NULL is allowed */
/* Everything but the count of refusals; nobody may hold a number any more. */
void tunnel_table_forget(struct tunnel_table *table);
uint64_t tunnel_table_bytes(void); /* what tunnel_table_new() takes */
/* The number of this path; 0 for none, or if there is no room. */
uint16_t tunnel_table_note(struct tunnel_table *table, const struct tunnel *layers, uint32_t count);
/* Valid as long as the table. Of number 0: an empty one. */
const struct tunnel_path *tunnel_table_get(const struct tunnel_table *table, uint16_t number);
uint64_t tunnel_table_refusals(const struct tunnel_table *table);

/* The layer that is not believed, or NULL. */
const struct tunnel *tunnel_path_claimed(const struct tunnel_path *path);

/* For sentences: "VXLAN ", with a space behind it; "" for NULL. */
const char *tunnel_words(const struct tunnel *layer);

const char *tunnel_name(enum tunnel_kind kind); /* "vxlan", … */

#endif
