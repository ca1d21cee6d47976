/* SPDX-License-Identifier: ISC */
/*
 * Any bytes as a conversation for one dissector, chosen by the environment variable
 * FUZZ_DISSECTOR: a name of dissectors/table.c. The build hands over these names as
 * FUZZ_DISSECTORS, so that a new row of the table is fuzzed without a new file here.
 * See fuzz_dissect.h for the inputs and for what must hold.
 */
#include "tests/fuzz/fuzz_dissect.h"

#define D(name) extern const struct dissector name##_dissector;
FUZZ_DISSECTORS
#undef D

struct target {
	const char *name;
	const struct dissector *dissector;
};

#define D(name) {#name, &name##_dissector},
static const struct target targets[] = {FUZZ_DISSECTORS};
#undef D

static const struct dissector *wanted(void)
{
	const char *name = getenv("FUZZ_DISSECTOR");

	for (size_t i = 0; name && i < sizeof targets / sizeof *targets; i++)
		if (strcmp(targets[i].name, name) == 0)
			return targets[i].dissector;
	fprintf(stderr, "FUZZ_DISSECTOR must name a row of dissectors/table.c\n");
	exit(2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dissector *dissector;

	if (!dissector)
		dissector = wanted();
	fuzz_dissect(dissector, data, size);
	return 0;
}
