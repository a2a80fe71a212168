/* SPDX-License-Identifier: MIT */
/* runtime/watch/open.h: what is open in the process, as numbers by kind and by what made it.
 *
 * What is rarely made and tells of itself lies in one list: channels, pools, servers, clients. An
 * object adds rows to a table, where equal ones are one row with their number. Tasks and
 * descriptors are in no list: look/rows.c walks their memory.
 *
 * inv. 1: a thing is in the list from its enlist to its strike, which waits for a look at it: so a
 *         `look` never meets memory that was freed.
 * inv. 1 is not asserted: what is freed says nothing. */
#ifndef EDOI_RUNTIME_WATCH_OPEN_H
#define EDOI_RUNTIME_WATCH_OPEN_H

#include "base/assert.h"

#include <edo/base.h>

#include <sys/queue.h>

#define EDOI_OPEN_TEXT_BYTES 160u   /* of a name that is copied, with a NUL; the rest is cut off */
#define EDOI_OPEN_FILE       "file" /* the state of a descriptor that is no source */
#define EDOI_OPEN_KINDS      16u
#define EDOI_OPEN_OWN        8u /* rows that each kind has for itself */
#define EDOI_OPEN_SHARED     256u
#define EDOI_OPEN_ROWS       (EDOI_OPEN_SHARED + EDOI_OPEN_KINDS * EDOI_OPEN_OWN)
#define EDOI_OPEN_PLACES     1024u   /* of the table's index; a power of two */
#define EDOI_OPEN_AT_ONCE    100000u /* of one list of an object that a look counts */

/* Objects that are equal. */
typedef struct edoi_open_row {
    const char *kind;  /* a literal: "task" */
    const char *by;    /* a literal between it and its name: " opened by"; NULL: "" */
    const char *name;  /* stays until the process ends; NULL: `text`, or what `maker` tells */
    const char *state; /* a literal; NULL: none */
    bool is_total;     /* nothing is named that has made them: no growth is told */
    const void *maker; /* the return address of the call that made it; NULL: none */
    uint64_t n;        /* objects */
    uint64_t values;   /* of all of them: what lies in channels */
    uint64_t most;     /* values: the most of one */
    uint64_t limit;    /* that one may have; 0: none, or not known */
    uint64_t waiting;  /* tasks that wait there */
    int64_t since_ns;  /* of the one that is so for longest; 0: not known */
    uint64_t key;      /* of all texts and the maker; set by edoi_open_add() */
    char text[EDOI_OPEN_TEXT_BYTES]; /* the name, copied; "": none */
} edoi_open_row;

/* Begins all zero. No kind pushes out all rows of another. */
typedef struct edoi_open_table {
    uint32_t rows_n;
    uint32_t kinds_n;
    uint32_t shared_n; /* rows beyond those that a kind has for itself */
    struct {
        const char *kind; /* as that of a row */
        uint32_t n;       /* rows */
    } kinds[EDOI_OPEN_KINDS];
    uint64_t rest_n; /* objects for which there was no row */
    edoi_open_row rows[EDOI_OPEN_ROWS];
    uint16_t places[EDOI_OPEN_PLACES]; /* by key: the row's index + 1 */
} edoi_open_table;

/* Adds objects to the row of their equals. Takes no lock. */
EDO_API void edoi_open_add(edoi_open_table *t, const edoi_open_row *what);

/* Writes the text of a row that has no `name`. */
EDO_API void EDO_PRINTF(2, 3) edoi_open_text(edoi_open_row *row, const char *format, ...);

typedef struct edoi_open_thing edoi_open_thing;

/* Adds rows of a thing. It may take a lock of the thing, and nothing else; it calls no code of the
 * program. */
typedef void edoi_open_look_fn(edoi_open_thing *self, edoi_open_table *to);

/* In an object that is listed. All zero: it is not. */
struct edoi_open_thing {
    LIST_ENTRY(edoi_open_thing) next; /* lock: that of the list */
    edoi_open_look_fn *look;          /* const; NULL: not listed */
    const void *maker;                /* const; for `look` */
};

/* Lists an object that is complete. `maker`: the return address of the call that made it, or
 * NULL. */
EDO_API void edoi_open_enlist(edoi_open_thing *thing, edoi_open_look_fn *look, const void *maker);

/* Removes it, before its memory or what `look` reads is freed; no effect if it is not listed. */
EDO_API void edoi_open_strike(edoi_open_thing *thing);

/* Adds the rows of all that are listed. Called with the lock of registry.h held: one looks at a
 * time. */
void edoi_open_look_over(edoi_open_table *to);

#endif
