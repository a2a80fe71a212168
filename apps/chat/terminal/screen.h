/* SPDX-License-Identifier: MIT */
/* screen.h: how the line client shows a line from the server.
 *
 * Bytes from the network never drive the terminal: what is no printable text is shown as text.
 * U+001B becomes ^[, other controls alike; the controls U+0080 to U+009F, line separators and what
 * embeds, overrides or isolates a writing direction become <U+202E>; a byte that is no UTF-8
 * becomes <FF>. Marks of direction (U+200E, U+200F, U+061C) are text: they reach no further than a
 * letter of their direction would. */
#ifndef CHAT_SCREEN_H
#define CHAT_SCREEN_H

#include "name/name.h"
#include "text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define SCREEN_NO_TIME INT64_MIN

/* Prints the line, with the time (in seconds since 1970) or room for one before it; and in colours,
 * unless `me`, the user's name, is NULL: the author's name in one of its own, the server's lines
 * dim, and the user's name reversed where another says it. */
void screen_print(FILE *out, const char *line, size_t bytes, int64_t time_s, const name *me);

/* Whether another has said the user's name in that line, as a word of a text and not of an address
 * or of code, or has written to the user alone. */
bool screen_is_for(const char *line, size_t bytes, const name *me);

#endif
