/* SPDX-License-Identifier: ISC */
/*
 * Which of two versions is the newer one, as most products count: numbers between dots, letters
 * behind them ("1.0.2k", "9.2p1"), and before the release its alphas, betas and candidates
 * ("7.0-rc1", "5.4.0-SNAPSHOT"). What packagers append does not count: "15.20 (Debian
 * 15.20-0+deb12u1)" and "8.0.36-0ubuntu0.22.04.1" are 15.20 and 8.0.36.
 */
#ifndef SENSOR_KNOWN_VERSION_H
#define SENSOR_KNOWN_VERSION_H

/* Below, equal to or above zero: `a` is older than, as old as, or newer than `b`. */
int known_version_compare(const char *a, const char *b);

#endif
