/* SPDX-License-Identifier: MIT */
/* service/balance/maglev.h: a table of keys to hosts that changes little when hosts come and go:
 * Maglev (Eisenbud and others, NSDI 2016, section 3.4). The same hosts give the same table in each
 * program, in whatever order they came. Pure. */
#ifndef EDOI_SERVICE_BALANCE_MAGLEV_H
#define EDOI_SERVICE_BALANCE_MAGLEV_H

#include <edo/bytes.h>

#define EDOI_MAGLEV_SLOTS  65537u /* a prime, so each step visits all */
#define EDOI_MAGLEV_NOBODY UINT16_MAX

/* One host; the first three are the caller's. */
typedef struct edoi_maglev_host {
    uint64_t hash; /* of its name: edoi_maglev_hash() */
    uint32_t weight;
    uint16_t place; /* what the table says for it */
    uint64_t credit;
    uint32_t next, step; /* slots */
} edoi_maglev_host;

/* The hash of a name, or of a key: the same on each machine and in each version. */
uint64_t edoi_maglev_hash(edo_str text);

/* The slot of a key. */
EDOI_INLINE uint32_t edoi_maglev_slot(uint64_t hash) {
    return (uint32_t)(hash % EDOI_MAGLEV_SLOTS);
}

/* Fills a table with the places of `n` hosts, each by its share of the weights; sorts the hosts. */
void edoi_maglev_fill(uint16_t table[EDOI_MAGLEV_SLOTS], edoi_maglev_host *hosts, size_t n);

#endif
