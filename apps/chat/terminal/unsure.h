/* SPDX-License-Identifier: MIT */
/* unsure.h: lines that were written to a connection, and of which the server has not told yet that
 * they came. So those that a lost connection has taken with it can be told.
 *
 * The server tells of lines in their order: a number for what the user said in a room, "* sent to"
 * for a private message, "* error" for what it refused. A line with a reference, as of
 * line_ref_bytes(), comes with that. */
#ifndef CHAT_UNSURE_H
#define CHAT_UNSURE_H

#include "name/name.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>

#define UNSURE_LINES 64 /* of one connection: of more the oldest are not kept */

/* All zero: none. */
typedef struct unsure {
    char **lines; /* the oldest first; without their ends */
    size_t n, room;
    size_t older_n; /* that are not kept any more */
} unsure;

/* Adds a line that was written, if the server tells whether it came: it is one of UNSURE_LINES.
 * Returns whether it does. Owns: takes it if so. */
bool unsure_add(unsure *self, char *line);

/* Whether the line, perhaps with its end, is a text for the room. */
bool unsure_is_text(const char *line);

/* Adds a line without its end, however many there are: one that is to be sent is kept. Without
 * memory it is not. Owns: takes it. */
void unsure_put(unsure *self, char *line);

/* Takes the oldest out, which did not come, for free(); NULL: there is none. */
char *unsure_take(unsure *self);

/* The oldest without a reference came; the one with that reference. */
void unsure_came_as(unsure *self, const char *ref);
void unsure_came(unsure *self);

/* The server shows what was said in a room: forgets the line with which `who` has said it. */
void unsure_was_said(unsure *self, const name *who, edo_str shown);

/* Adds all of `from`, which has none then. */
void unsure_move(unsure *self, unsure *from);

/* Moves those with references to the end of `to`. */
void unsure_split(unsure *self, unsure *to);

/* Takes the references off. */
void unsure_forget_refs(unsure *self);

void unsure_clear(unsure *self);

#endif
