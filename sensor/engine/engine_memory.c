/* SPDX-License-Identifier: ISC */
/* What the engine's tables take: the rows of memory.h, beside engine_new(). */
#include "sensor/engine/engine_state.h"
#include "sensor/engine/engine_store_state.h"

/* What the journal has of each record, so that only what changed is written. */
static uint64_t store_bytes(const struct engine_options *options)
{
	const struct engine_store *store = NULL;

	return sizeof *store + options->max_exposures * (uint64_t)sizeof *store->exposures +
	       options->max_incidents * (uint64_t)sizeof *store->incidents +
	       options->max_walls * (uint64_t)sizeof *store->walls +
	       POLICY_NONE *
		       (sizeof *store->rules + sizeof *store->groups + sizeof *store->exceptions);
}

void engine_memory(const struct engine_options *options, bool store, memory_row *row, void *context)
{
	const struct engine *engine = NULL;

	row(context, "exposures", "max-exposures", options->max_exposures,
	    exposures_bytes(options->max_exposures) +
		    options->max_exposures * (uint64_t)sizeof *engine->order);
	row(context, "walls", "max-walls", options->max_walls, wall_bytes(options->max_walls));
	row(context, "incidents", "max-incidents", options->max_incidents,
	    incidents_bytes(options->max_incidents));
	row(context, "coverage of the policy's lines", NULL, 0,
	    coverage_bytes() + POLICY_NONE * (sizeof *engine->exceptions_told +
					      sizeof *engine->exceptions_next));
	row(context, "kinds of exposures without a group", NULL, 0,
	    INCIDENT_KEYS * (uint64_t)sizeof *engine->budgets);
	row(context, "the engine itself", NULL, 0, sizeof *engine);
	if (store)
		row(context, "what the journal knows already", NULL, 0, store_bytes(options));
}
