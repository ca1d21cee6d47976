/* SPDX-License-Identifier: ISC */
/* sensor/redis/apply.lua, inside the program, behind lists of fields from exposure_fields.h. */
#ifndef SENSOR_REDIS_SCRIPT_H
#define SENSOR_REDIS_SCRIPT_H

#include <stddef.h>

const char *redis_script(size_t *length);

#endif
