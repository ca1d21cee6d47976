/* SPDX-License-Identifier: ISC */
/* The sensor as a program of its own: what it says about captures, line by line. */
#ifndef TOOLS_LIB_SENSOR_H
#define TOOLS_LIB_SENSOR_H

typedef void sensor_line_handler(void *context, const char *line);

/*
 * Runs spanwatch with these arguments (NULL at the end; the program's name is not among them) and
 * gives each line of its standard output. It is the one beside this program, or else the PATH's.
 * Ends the program if it cannot be run, or says that it could not read its input.
 */
void sensor_run(char *const *arguments, sensor_line_handler *handler, void *context);

#endif
