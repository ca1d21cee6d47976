/* SPDX-License-Identifier: ISC */
/*
 * See redis_script.h. The assembler reads the files, so that there is only one copy of them; paths
 * are relative to the top of the tree, where the compiler runs. The Makefile must name the files as
 * something that redis_script.o is made from: -MMD does not see them.
 *
 * Before its first line, and without a line of their own so that Redis's messages tell the lines of
 * the file, stand lists of names by how they are merged: local exposure_total = {'flows', ...}
 */
#include "sensor/redis/redis_script.h"

#include <stdint.h>

#include "sensor/event/exposure_fields.h"
#include "sensor/redis/redis_message.h"

/*
 * CHOOSE gives its text where IN_list_merge is defined below, otherwise "": as such a macro brings
 * a comma, the text becomes the second argument.
 */
#define CHOOSE(...)		 CHOOSE_SECOND(__VA_ARGS__, "", )
#define CHOOSE_SECOND(a, b, ...) b
#define WORD(list, name, merge)	 CHOOSE(IN_##list##_##merge "'" #name "',")

#define IN_NEWEST_NEWEST     0,
#define IN_EARLIEST_EARLIEST 0,
#define IN_LATEST_LATEST     0,
#define IN_HIGHEST_HIGHEST   0,
#define IN_TOTAL_TOTAL	     0,
#define IN_CHANGE_CHANGE     0,
/* What is read of the merged object before it is written. */
#define IN_MERGED_EARLIEST   0,
#define IN_MERGED_LATEST     0,
#define IN_MERGED_HIGHEST    0,
#define IN_MERGED_TOTAL	     0,
#define IN_MERGED_CHANGE     0,
#define IN_MERGED_LINK	     0,
/* What is kept of what each sensor says. */
#define IN_OWN_HIGHEST	     0,
#define IN_OWN_TOTAL	     0,

#define NEWEST(name, member, type, from, tag, merge, ...)   WORD(NEWEST, name, merge)
#define EARLIEST(name, member, type, from, tag, merge, ...) WORD(EARLIEST, name, merge)
#define LATEST(name, member, type, from, tag, merge, ...)   WORD(LATEST, name, merge)
#define HIGHEST(name, member, type, from, tag, merge, ...)  WORD(HIGHEST, name, merge)
#define TOTAL(name, member, type, from, tag, merge, ...)    WORD(TOTAL, name, merge)
#define CHANGE(name, member, type, from, tag, merge, ...)   WORD(CHANGE, name, merge)
#define MERGED(name, member, type, from, tag, merge, ...)   WORD(MERGED, name, merge)
#define OWN(name, member, type, from, tag, merge, ...)	    WORD(OWN, name, merge)
#define POLICY(name, ...)				    "'" #name "',"
#define OTHER_NEWEST(name, merge)			    WORD(NEWEST, name, merge)
#define OTHER_HIGHEST(name, merge)			    WORD(HIGHEST, name, merge)
#define OTHER_MERGED(name, merge)			    WORD(MERGED, name, merge)
#define OTHER_OWN(name, merge)				    WORD(OWN, name, merge)

/* Where in an event's index, which begins with a byte for each of the seven redis_place. */
#define LOOKED(name) "V_" #name ","
#define PLACES                                                                                     \
	"8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37," \
	"38"
_Static_assert(REDIS_PLACES == 7, "PLACES");

#define LIST(name, words) "\t.ascii \"local " #name " = {" words "} \"\n"

extern const char redis_script_start[] __attribute__((visibility("hidden")));
extern const uint32_t redis_script_length __attribute__((visibility("hidden")));

/* clang-format off */
__asm__(".pushsection .rodata\n"
	"redis_script_start:\n"
	LIST(exposure_newest, EXPOSURE_FIELDS(NEWEST) EVENT_FIELDS(OTHER_NEWEST))
	LIST(exposure_earliest, EXPOSURE_FIELDS(EARLIEST))
	LIST(exposure_latest, EXPOSURE_FIELDS(LATEST))
	LIST(exposure_highest, EXPOSURE_FIELDS(HIGHEST) EVENT_FIELDS(OTHER_HIGHEST))
	LIST(exposure_total, EXPOSURE_FIELDS(TOTAL))
	LIST(exposure_change, "'changed_disputed'," EXPOSURE_FIELDS(CHANGE))
	LIST(exposure_merged, "'state','sensors','changed_disputed','digest',"
		EXPOSURE_FIELDS(MERGED) EVENT_FIELDS(OTHER_MERGED))
	LIST(exposure_own, "'state','changed'," EXPOSURE_FIELDS(OWN) EVENT_FIELDS(OTHER_OWN))
	LIST(exposure_others, "'state','changed',"
		EXPOSURE_FIELDS(HIGHEST) EVENT_FIELDS(OTHER_HIGHEST))
	LIST(policy_texts, POLICY_FIELDS(POLICY))
	"\t.ascii \"local " REDIS_LOOKED(LOOKED) "V_end = " PLACES " \"\n"
	"	.incbin \"sensor/redis/apply.lua\"\n"
	"	.incbin \"sensor/redis/apply_time.lua\"\n"
	"	.incbin \"sensor/redis/apply_say.lua\"\n"
	"	.incbin \"sensor/redis/apply_index.lua\"\n"
	"	.incbin \"sensor/redis/apply_sensor.lua\"\n"
	"	.incbin \"sensor/redis/apply_merge.lua\"\n"
	"	.incbin \"sensor/redis/apply_event.lua\"\n"
	"redis_script_end:\n"
	"	.byte 0\n"
	"	.balign 4\n"
	"redis_script_length:\n"
	"	.long redis_script_end - redis_script_start\n"
	".popsection\n");
/* clang-format on */

const char *redis_script(size_t *length)
{
	*length = redis_script_length;
	return redis_script_start;
}
