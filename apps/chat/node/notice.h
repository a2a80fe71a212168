/* SPDX-License-Identifier: MIT */
/* notice.h: what programs tell each other of the people in their rooms, by Redis: a JSON text. */
#ifndef CHAT_NOTICE_H
#define CHAT_NOTICE_H

#include "name/name.h"
#include "store/token.h"
#include "text.h"

#include <edo/arena.h>

#include <stdbool.h>
#include <stdint.h>

#define NOTICE_PEOPLE 1000 /* in a roster: a page is shown no more */
#define NOTICE_ROOMS  4096 /* in a list */

typedef enum notice_kind {
    NOTICE_JOINED = 1,
    NOTICE_LEFT,
    NOTICE_RENAMED,
    NOTICE_TYPING,
    NOTICE_WHO,    /* who is in the room? or, told to all: in which rooms are people? */
    NOTICE_ROSTER, /* who is in the room at the program */
    NOTICE_BEAT,   /* the program is there */
    NOTICE_LIST,   /* likewise; in which rooms it has people */
    NOTICE_GONE,   /* the program ends */
} notice_kind;

typedef struct notice_person {
    edo_str person, nick;
    uint64_t since; /* as that of a notice */
} notice_person;

typedef struct notice_room {
    edo_str room;
    uint64_t n;      /* people of the program who are there; never 0 */
    uint64_t number; /* of the last notice there */
} notice_room;

/* Borrows its texts and lists. */
typedef struct notice {
    edo_str kind_text; /* of notice_print() and notice_read() */
    notice_kind kind;
    uint64_t by;     /* the program; never 0 */
    edo_str room;    /* without a pointer: told to all programs */
    uint64_t number; /* of who comes, goes or is renamed: it grows with each notice of a program. Of
                        a roster and a list: that of the last notice before it */
    uint64_t after;  /* the number of the notice before it in the room; 0: nobody of the program
                        was there */
    uint64_t n;      /* people of the program who are in the room now */
    edo_str person, nick; /* of one person; the nick is the new one */
    edo_str old;          /* of who is renamed: the nick before; without a pointer: not told */
    bool is_quiet;        /* of who comes or goes: terminals are not told */
    uint64_t since;       /* of who is there: when it came, in us since 1970, as a clock had it */
    const notice_person *people;
    size_t people_n;
    const notice_room *rooms;
    size_t rooms_n;
    bool is_cut; /* the list has not all */
} notice;

/* Whether the text is to be read as one: what is said in a room begins otherwise. */
bool notice_is(edo_str text);

/* Appends the text. Returns 0 or -ENOMEM. */
int notice_print(edo_buf *out, notice *what);

/* Reads one, and checks that it has what its kind needs. Returns 0; -EINVAL: it is none that this
 * program knows; -ENOMEM. Owns: `out` borrows the text and the arena. */
int notice_read(edo_str text, edo_arena *of, notice *out);

#endif
