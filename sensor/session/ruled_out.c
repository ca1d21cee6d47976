/* SPDX-License-Identifier: ISC */
/* See ruled_out.h. */
#include "sensor/session/ruled_out.h"

static bool refuses(const struct dissector *dissector, const struct opening *opening)
{
	struct opening alone = *opening;

	if (!(dissector->transports & opening->transport))
		return true;
	if (dissector->recognise(&alone) != RECOGNISED_NO)
		return false;
	alone.one_sided = true;
	return dissector->recognise(&alone) == RECOGNISED_NO;
}

static void make_row(struct ruled_out_row *row, enum side side, uint8_t first, bool midstream)
{
	struct opening opening = {.transport = OVER_TCP, .midstream = midstream};

	opening.side[side] = bytes_from(&first, 1);
	for (size_t i = 0; i < dissector_count; i++)
		row->refused[i / 64] |= (uint64_t)refuses(dissectors[i], &opening) << (i % 64);
	row->made = true;
}

void ruled_out(struct ruled_out *table, const struct opening *opening, enum side first,
	       uint64_t refused[RULED_OUT_WORDS])
{
	struct ruled_out_row *row;

	if (opening->transport != OVER_TCP || opening->side[first].left == 0)
		return;
	row = &table->rows[opening->midstream][first][*opening->side[first].at];
	if (!row->made)
		make_row(row, first, *opening->side[first].at, opening->midstream);
	for (int i = 0; i < RULED_OUT_WORDS; i++)
		refused[i] |= row->refused[i];
}
