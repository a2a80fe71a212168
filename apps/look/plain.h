/* SPDX-License-Identifier: MIT */
/* apps/look/plain.h: text of another program for a terminal. */
#ifndef EDO_LOOK_PLAIN_H
#define EDO_LOOK_PLAIN_H

#include <stddef.h>

/* Prints a line or a part of it, without what would move the cursor: control characters but tabs,
 * of ASCII and, as UTF-8, of Unicode, are '?'. */
void look_print_plainly(const char *text, size_t n);

#endif
