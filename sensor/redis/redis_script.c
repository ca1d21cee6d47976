/* SPDX-License-Identifier: ISC */
/*
 * See redis_script.h. The assembler reads the file, so that there is only one copy of it; the path
 * is relative to the top of the tree, where the compiler runs. The Makefile must name the file as
 * something that redis_script.o is made from: -MMD does not see it.
 */
#include "sensor/redis/redis_script.h"

#include <stdint.h>

extern const char redis_script_start[] __attribute__((visibility("hidden")));
extern const uint32_t redis_script_length __attribute__((visibility("hidden")));

__asm__(".pushsection .rodata\n"
	"redis_script_start:\n"
	"	.incbin \"sensor/redis/apply.lua\"\n"
	"redis_script_end:\n"
	"	.byte 0\n"
	"	.balign 4\n"
	"redis_script_length:\n"
	"	.long redis_script_end - redis_script_start\n"
	".popsection\n");

const char *redis_script(size_t *length)
{
	*length = redis_script_length;
	return redis_script_start;
}
