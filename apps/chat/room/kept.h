/* SPDX-License-Identifier: MIT */
/* kept.h: names that are kept for people who have gone: a person with a session comes back to the
 * name that it has spoken under, for a day. Nobody else gets it meanwhile.
 *
 * Names and people are namings, as of known.h. There are KEPT_MAX of them at most, and
 * KEPT_OF_ADDRESS of one address: of more than that the oldest are free.
 *
 * Threads: callers hold one lock, the directory's. */
#ifndef CHAT_KEPT_H
#define CHAT_KEPT_H

#include "room/known.h"

#include <edo/net.h>

#define KEPT_MAX        8192
#define KEPT_OF_ADDRESS 64

typedef struct kept_name {
    uint64_t naming;
    int64_t until_ns;
    char address[EDO_ADDR_KEY_BYTES];
} kept_name;

/* All zero: none. */
typedef struct kept_names {
    kept_name *all; /* the one that is kept longest already is the first */
    uint32_t n, places;
} kept_names;

void kept_deinit(kept_names *self);

/* The owner of that naming, who came from that address, has gone. Without memory the name is
 * free. */
void kept_put(kept_names *self, uint64_t naming, const char address[EDO_ADDR_KEY_BYTES]);

/* The person of the naming has the name again. */
void kept_drop(kept_names *self, uint64_t naming);

/* Whether the name is kept for another person than that of the naming. */
bool kept_is_anothers(const kept_names *self, uint64_t naming);

#endif
