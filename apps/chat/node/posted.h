/* SPDX-License-Identifier: MIT */
/* posted.h: what programs tell each other of what is written to one person, as Redis carries it: a
 * JSON text. */
#ifndef CHAT_POSTED_H
#define CHAT_POSTED_H

#include "message.h"
#include "store/token.h"

#include <edo/arena.h>

typedef enum posted_kind {
    POSTED_LETTER,   /* somebody writes to a person who is at the program that hears it */
    POSTED_REPLY,    /* what has become of a letter */
    POSTED_RETURNED, /* letters of a person there were not delivered after all */
    POSTED_KINDS
} posted_kind;

/* What has become of a letter. */
typedef enum posted_end {
    POSTED_TOLD,   /* it will be shown, or come back */
    POSTED_GONE,   /* the person is not there */
    POSTED_UNREAD, /* the person does not read */
    POSTED_ENDS
} posted_end;

typedef struct posted {
    posted_kind kind;
    uint64_t by;     /* the program that tells it */
    uint64_t number; /* of the letter, among those of its author's program; a reply has it, too */
    name nick, name; /* of the author; of the person, as the author has it */
    char from[PERSON_BYTES + 1], to[PERSON_BYTES + 1]; /* the author; the person */
    char address[EDO_ADDR_KEY_BYTES];                  /* that the author comes from */
    edo_str text;
    int64_t time_ms;
    posted_end end; /* of a reply */
    uint64_t n;     /* of letters that came back */
} posted;

/* Appends it. Returns 0 or -ENOMEM. */
int posted_print(edo_buf *out, const posted *what);

/* Reads it. Returns 0; -EINVAL: a program of this chat cannot have written it; -ENOMEM. Owns: it
 * borrows the text and the arena. */
int posted_read(edo_str text, edo_arena *of, posted *out);

#endif
