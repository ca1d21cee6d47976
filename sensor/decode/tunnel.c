/* SPDX-License-Identifier: ISC */
/* See tunnel.h. */
#include "sensor/decode/tunnel.h"

#include <stdlib.h>
#include <string.h>

#include "sensor/base/hash.h"

#define PATHS 1024
#define CLAIMED                                                                                    \
	256 /* of them at most for tunnels that are not believed: anybody can make those up */
#define BUCKETS 2048 /* open addressing: a power of 2, and never full */

struct tunnel_table {
	struct tunnel_path paths[PATHS]; /* number 0 is the empty one */
	uint16_t buckets[BUCKETS];
	uint32_t used;
	uint32_t claimed; /* of them those that are not believed */
	uint64_t hash_key, refusals;
};

struct tunnel_table *tunnel_table_new(uint64_t hash_key)
{
	struct tunnel_table *table = calloc(1, sizeof *table);

	if (table) {
		table->used = 1;
		table->hash_key = hash_key;
	}
	return table;
}

uint64_t tunnel_table_bytes(void)
{
	return sizeof(struct tunnel_table);
}

void tunnel_table_forget(struct tunnel_table *table)
{
	if (table->used > 1)
		memset(table->buckets, 0, sizeof table->buckets);
	table->used = 1;
	table->claimed = 0;
}

void tunnel_table_free(struct tunnel_table *table)
{
	free(table);
}

uint16_t tunnel_table_note(struct tunnel_table *table, const struct tunnel *layers, uint32_t count)
{
	struct tunnel_path path = {.count = count};
	uint16_t *bucket;
	bool claimed;

	if (count == 0)
		return 0;
	memcpy(path.layers, layers, count * sizeof *layers);
	for (uint64_t at = hash_bytes(&path, sizeof path, table->hash_key);; at++) {
		bucket = &table->buckets[at & (BUCKETS - 1)];
		if (*bucket == 0)
			break;
		if (memcmp(&table->paths[*bucket], &path, sizeof path) == 0)
			return *bucket;
	}
	claimed = tunnel_path_claimed(&path) != NULL;
	if (table->used == PATHS || (claimed && table->claimed == CLAIMED)) {
		table->refusals++;
		return 0;
	}
	table->claimed += claimed;
	*bucket = (uint16_t)table->used;
	table->paths[table->used++] = path;
	return *bucket;
}

const struct tunnel_path *tunnel_table_get(const struct tunnel_table *table, uint16_t number)
{
	return &table->paths[number];
}

uint64_t tunnel_table_refusals(const struct tunnel_table *table)
{
	return table->refusals;
}

const struct tunnel *tunnel_path_claimed(const struct tunnel_path *path)
{
	for (uint32_t i = 0; i < path->count && i < TUNNELS_MAX; i++) {
		if (path->layers[i].marks & TUNNEL_CLAIMED)
			return &path->layers[i];
	}
	return NULL;
}

const char *tunnel_name(enum tunnel_kind kind)
{
	static const char *const names[] = {
		[TUNNEL_NONE] = "",
		[TUNNEL_VXLAN] = "vxlan",
		[TUNNEL_GENEVE] = "geneve",
		[TUNNEL_ERSPAN1] = "erspan-1",
		[TUNNEL_ERSPAN2] = "erspan-2",
		[TUNNEL_ERSPAN3] = "erspan-3",
		[TUNNEL_GRE] = "gre",
		[TUNNEL_GRETAP] = "gretap",
		[TUNNEL_NVGRE] = "nvgre",
		[TUNNEL_MPLS] = "mpls",
		[TUNNEL_PPPOE] = "pppoe",
		[TUNNEL_IPIP] = "ip-in-ip",
		[TUNNEL_6IN4] = "6in4",
		[TUNNEL_TZSP] = "tzsp",
		[TUNNEL_L2TP3] = "l2tpv3",
		[TUNNEL_GTP] = "gtp-u",
		[TUNNEL_ETHERIP] = "etherip",
		[TUNNEL_VXLAN_GPE] = "vxlan-gpe",
		[TUNNEL_LISP] = "lisp",
		[TUNNEL_L2TP2] = "l2tpv2",
		[TUNNEL_CAPWAP] = "capwap",
		[TUNNEL_JMIRROR] = "jmirror",
		[TUNNEL_GUE] = "gue",
		[TUNNEL_FOU] = "fou",
		[TUNNEL_ESP] = "esp-null",
	};

	return kind < TUNNEL_KIND_COUNT ? names[kind] : "";
}

const char *tunnel_words(const struct tunnel *layer)
{
	static const char *const words[] = {
		[TUNNEL_NONE] = "",
		[TUNNEL_VXLAN] = "VXLAN ",
		[TUNNEL_GENEVE] = "GENEVE ",
		[TUNNEL_ERSPAN1] = "ERSPAN ",
		[TUNNEL_ERSPAN2] = "ERSPAN ",
		[TUNNEL_ERSPAN3] = "ERSPAN ",
		[TUNNEL_GRE] = "GRE ",
		[TUNNEL_GRETAP] = "GRE ",
		[TUNNEL_NVGRE] = "NVGRE ",
		[TUNNEL_MPLS] = "MPLS ",
		[TUNNEL_PPPOE] = "PPPoE ",
		[TUNNEL_IPIP] = "IP in IP ",
		[TUNNEL_6IN4] = "IPv6 in IPv4 ",
		[TUNNEL_TZSP] = "TZSP ",
		[TUNNEL_L2TP3] = "L2TPv3 ",
		[TUNNEL_GTP] = "GTP-U ",
		[TUNNEL_ETHERIP] = "EtherIP ",
		[TUNNEL_VXLAN_GPE] = "VXLAN-GPE ",
		[TUNNEL_LISP] = "LISP ",
		[TUNNEL_L2TP2] = "L2TP ",
		[TUNNEL_CAPWAP] = "CAPWAP ",
		[TUNNEL_JMIRROR] = "Juniper mirror's ",
		[TUNNEL_GUE] = "GUE ",
		[TUNNEL_FOU] = "FOU ",
		[TUNNEL_ESP] = "ESP ",
	};

	return layer && layer->kind < TUNNEL_KIND_COUNT ? words[layer->kind] : "";
}
