/* SPDX-License-Identifier: MIT */
/* text.h: what a line or a name may consist of. */
#ifndef CHAT_TEXT_H
#define CHAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define NAME_BYTES_MAX 24 /* of a nickname or a room, without the room's # */

/* A nickname or the name of a room, and the end of the string. */
typedef struct name {
    char text[NAME_BYTES_MAX + 1];
} name;

/* Reads a name out of `text`: 1 to 24 ASCII letters, digits, '_' or '-'. Returns whether it is
 * one. */
bool name_parse(name *out, const char *text, size_t bytes);

/* Returns NULL if the line may be shown to others, else what is wrong with it: it must be UTF-8
 * without what moves a terminal or ends a line: the control characters (U+0000 to U+001F but for
 * TAB, U+007F to U+009F) and the separators U+2028 and U+2029. Marks of writing direction pass:
 * they are part of ordinary text in some scripts, and a terminal ends their effect with the
 * line. */
const char *text_fault(const char *text, size_t bytes);

/* The length of a line without a CR at its end: half a line end, from a client that ended before
 * the other half, or one too many. */
size_t text_bytes(const char *line, size_t bytes);

#endif
