/* SPDX-License-Identifier: MIT */
/* seen.h: the names of people and rooms that the line client was told, and what TAB makes of the
 * begin of one. Only computes. */
#ifndef CHAT_SEEN_H
#define CHAT_SEEN_H

#include "name/name.h"
#include "text.h"

#define SEEN_MAX 256 /* of each kind: those that were told last */

/* All zero: none. */
typedef struct seen_names {
    name *all; /* SEEN_MAX places, NULL: not yet; the one that was told last is the last */
    size_t n;
} seen_names;

typedef struct seen_lists {
    seen_names people, rooms;
} seen_lists;

/* Learns from a line of the server who and which rooms there are, and who has gone. Without memory
 * it learns nothing. */
void seen_learn(seen_lists *self, const char *line, size_t bytes);

/* What TAB makes of a line. */
typedef struct completion {
    size_t names_n;                   /* that begin so; 0: nothing is to be done */
    size_t word_bytes;                /* before the cursor, in whose place `text` comes */
    char text[sizeof(name_word) + 3]; /* all that these names have in common, or one of them */
    char names[256];                  /* these, but for some of many; if the line stays as it is */
} completion;

/* Of a line up to the cursor: of its last word, if that begins a name, of a room behind "#" or
 * "/join ". `me`: a name that nobody wants to complete. */
completion seen_complete(const seen_lists *self, edo_str before, const name *me);

void seen_deinit(seen_lists *self);

#endif
