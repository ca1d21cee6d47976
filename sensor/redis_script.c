/* SPDX-License-Identifier: ISC */
/*
 * See redis_script.h. The assembler reads the file, so that there is only one copy of it; the path
 * is relative to the top of the tree, where the compiler runs. The Makefile must name the file as
 * something that redis_script.o is made from: -MMD does not see it.
 */
#include "sensor/redis_script.h"

extern const char redis_script_start[] __attribute__((visibility("hidden")));
extern const char redis_script_end[] __attribute__((visibility("hidden")));

__asm__(".pushsection .rodata\n"
	"redis_script_start:\n"
	"	.incbin \"sensor/apply.lua\"\n"
	"redis_script_end:\n"
	"	.byte 0\n"
	".popsection\n");

const char *redis_script(size_t *length)
{
	*length = (size_t)(redis_script_end - redis_script_start);
	return redis_script_start;
}
