/* SPDX-License-Identifier: ISC */
/*
 * What products are called in CPE names and in CISA's list: mostly what we call them, in lower case
 * and with underscores, without the foundation that made them ("Apache Kafka" is kafka). Those that
 * are called otherwise are rows here, and only here.
 */
#ifndef SENSOR_KNOWN_PRODUCTS_H
#define SENSOR_KNOWN_PRODUCTS_H

#include <stdbool.h>
#include <stddef.h>

#define KNOWN_PRODUCT_NAME  48 /* bytes */
#define KNOWN_PRODUCT_NAMES 3  /* by which one product goes */

struct known_product {
	char vendor[KNOWN_PRODUCT_NAME]; /* "": any */
	char product[KNOWN_PRODUCT_NAME];
};

/* Lower case, an underscore for everything that is neither letter, digit, dot, plus nor hyphen. */
void known_products_fold(char to[KNOWN_PRODUCT_NAME], const char *from);
/* The names of our product; how many there are. 0: it has none. */
size_t known_products_names(const char *ours, struct known_product names[KNOWN_PRODUCT_NAMES]);

#endif
