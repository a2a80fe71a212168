/* SPDX-License-Identifier: MIT */
/* runtime/watch/named.h: channels that have a name, for those who watch a program: metrics and
 * dumps. One without a name is never here. */
#ifndef EDOI_RUNTIME_WATCH_NAMED_H
#define EDOI_RUNTIME_WATCH_NAMED_H

#include <edo/base.h>

#define EDOI_NAMED_BYTES 64u /* of a name, with a NUL */

/* What a channel with a name tells. */
typedef struct edoi_named {
    const char *name;
    const char *kind;               /* a literal: "mpsc" */
    void *channel;                  /* by which it is removed */
    size_t limit;                   /* values; SIZE_MAX: none */
    size_t (*depth)(void *channel); /* values that are there; takes the channel's lock */
} edoi_named;

/* Adds a channel, which is complete. Copies `what`. Errors: -EINVAL  the name has no bytes, 64 or
 * more, or is no UTF-8;  -ENOMEM */
EDO_MUST_USE int edoi_named_add(const edoi_named *what);

/* Removes a channel that was added, before what its `depth` reads is freed. */
void edoi_named_remove(const void *channel);

/* The channels of one name. */
typedef struct edoi_named_row {
    char name[EDOI_NAMED_BYTES];
    const char *kind;      /* of the newest of them */
    size_t n;              /* channels */
    size_t bounded_n;      /* of those that have a limit */
    uint64_t depth, limit; /* the sums of all; the limit of those that have one */
} edoi_named_row;

/* Fills in a row for each name, the newest first, and returns how many there are. The last one of
 * `most` rows is that of "other" names if there are more. */
size_t edoi_named_read(edoi_named_row *rows, size_t most);

#endif
