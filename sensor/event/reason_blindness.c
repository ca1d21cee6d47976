/* SPDX-License-Identifier: ISC */
/* Sentences about the sensor's own sight: what is missing, how much of it, and where. */
#include <inttypes.h>

#include "sensor/event/reason_text.h"

/* What is lost, and of what. */
static const char *const words[BLIND_CAUSES][2] = {
	[BLIND_ONE_WAY] = {"conversations show only one direction", "watched"},
	[BLIND_KERNEL_DROPS] = {"packets were dropped by the kernel", "captured"},
	[BLIND_INTERFACE_DROPS] = {"packets were dropped by the interface", "received"},
	[BLIND_OWN_DROPS] = {"observations were lost", "packets"},
	[BLIND_UNSEEN_DATA] = {"bytes were acknowledged and never seen", "sent"},
	[BLIND_TUNNELS] = {"tunnelled packets could not be read", "tunnelled"},
	[BLIND_TRUNCATION] = {"packets are cut short", "captured"},
	[BLIND_MALFORMED] = {"packets are malformed", "captured"},
	[BLIND_DUPLICATES] = {"packets came twice", "packets that matter"},
	[BLIND_UNTESTED] = {"lines of the policy have not been tried by anybody", "lines"},
	[BLIND_UNPROBED] = {"closed endpoints have not been tried again by anybody", "endpoints"},
	[BLIND_UNREAD] = {"frames are of kinds that are not read", "captured"},
	[BLIND_NOT_OURS] = {"packets have no address of the policy's on either side", "read"},
	[BLIND_STORM] = {"open exposures are too many to be announced at once, and wait", "open"},
};

static const char *const again[BLIND_CAUSES] = {
	[BLIND_SILENCE] = "packets come again",
	[BLIND_ONE_WAY] = "both directions are seen again",
	[BLIND_KERNEL_DROPS] = "the kernel drops no more packets",
	[BLIND_INTERFACE_DROPS] = "the interface drops no more packets",
	[BLIND_OWN_DROPS] = "no more observations are lost",
	[BLIND_UNSEEN_DATA] = "what is acknowledged is seen again",
	[BLIND_TUNNELS] = "tunnelled packets can be read again",
	[BLIND_TRUNCATION] = "packets are whole again",
	[BLIND_MALFORMED] = "packets are well formed again",
	[BLIND_DUPLICATES] = "packets come once again",
	[BLIND_UNTESTED] = "all lines of the policy have been tried",
	[BLIND_UNPROBED] = "all closed endpoints have been tried again",
	[BLIND_UNREAD] = "frames can be read again",
	[BLIND_NOT_OURS] = "packets of the policy's addresses come",
	[BLIND_NOTHING] = "packets come",
	[BLIND_GONE] = "the interface is there again",
	[BLIND_STORM] = "all exposures are announced",
};

void reason_blindness(char *reason, const struct blindness_view *view)
{
	struct text text = text_in(reason);

	text_say(&text, "%s: ", view->interface);
	if (view->until_ns != 0) {
		text_say(&text, "%s, after ", again[view->cause]);
		text_duration(&text, view->until_ns > view->since_ns
					     ? view->until_ns - view->since_ns
					     : 0);
		return;
	}
	if (view->cause == BLIND_SILENCE) {
		text_say(&text, "no packet since ");
		text_instant(&text, view->since_ns);
		text_say(&text, ", %" PRIu64 " s ago: the mirror is dead, or unplugged",
			 view->lost);
		return;
	}
	if (view->cause == BLIND_NOTHING) {
		text_say(&text, "not one packet was there to be looked at");
		return;
	}
	if (view->cause == BLIND_GONE) {
		text_say(&text, "the interface is gone: nothing that comes by it is seen");
		return;
	}
	text_say(&text, "%" PRIu64 " of %" PRIu64 " %s (%" PRIu32 ".%" PRIu32 " %%)", view->lost,
		 view->base, words[view->cause][0], view->share_permille / 10,
		 view->share_permille % 10);
}
