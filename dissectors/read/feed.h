/* SPDX-License-Identifier: ISC */
/* What feed() is given: a piece of what one side has sent. It lives for that one call. */
#ifndef DISSECTORS_FEED_H
#define DISSECTORS_FEED_H

#include "dissectors/read/bytes.h"

enum side {
	SIDE_CLIENT,
	SIDE_SERVER,
};

struct feed {
	enum side from;
	struct bytes bytes;
};

#endif
