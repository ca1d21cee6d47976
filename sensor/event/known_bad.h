/* SPDX-License-Identifier: ISC */
/*
 * What is known of versions, from files of the operator's (--known-bad): which vulnerabilities a
 * product of this version has, and which of them are exploited. Three formats, told by their
 * content:
 *
 *  - the catalogue of CISA's (known_exploited_vulnerabilities.json): products without versions;
 *  - NVD's feeds of vulnerabilities in JSON, 1.1 or 2.0: CPE names with ranges of versions;
 *  - lines of our own: product,version-from,version-before,id,note
 *
 * A version is what the server says of itself: distributions repair without changing it. So this
 * marks, and decides nothing. Nothing is fetched.
 *
 * Memory: about 100 bytes a range, at most KNOWN_BAD_RANGES; what is beyond is an error. Owned by
 * the caller. Not for two threads at once: the latest answers are kept.
 */
#ifndef SENSOR_KNOWN_BAD_H
#define SENSOR_KNOWN_BAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KNOWN_BAD_RANGES 1000000
#define KNOWN_BAD_TEXT	 112
#define KNOWN_BAD_ID	 40 /* bytes of an id */

struct known_bad;

/* One range of versions of a product. Texts are copied. */
struct known_range {
	const char *vendor;  /* as in CPE; "": any */
	const char *product; /* as in CPE, or of our own */
	const char *id;
	const char *from, *to; /* "": from the first on, without end */
	bool from_excluded;    /* the range begins behind `from` */
	bool to_included;      /* and ends with `to`, not before it */
	bool exploited;	       /* of CISA's catalogue: no versions are named */
};

struct known_bad *known_bad_new(void); /* NULL: out of memory */
void known_bad_free(struct known_bad *known);
/* False: out of memory, or more than KNOWN_BAD_RANGES. */
bool known_bad_add(struct known_bad *known, const struct known_range *range);
/* Once, when all is added: only then known_bad_find() may be called. */
void known_bad_seal(struct known_bad *known);
uint32_t known_bad_count(const struct known_bad *known);

/*
 * The ids for our name of a product and what it says of its version; "" if there are none. Those
 * that are exploited come first, then the newest: "CVE-2022-0543*, CVE-2023-28425, 3 more". A star:
 * in CISA's catalogue; a question mark: no file says of which versions. Valid until the next call.
 */
const char *known_bad_find(struct known_bad *known, const char *product, const char *version);

/*
 * Reads a file and adds what is in it; says on standard error what is wrong, and where. False if
 * anything was.
 */
bool known_bad_load(struct known_bad *known, const char *path);

#endif
