/* SPDX-License-Identifier: MIT */
/* service/balance/maglev.c: the table of Maglev. */
#include "service/balance/maglev.h"

#include "base/siphash.h"
#include "time/random.h"

#include <stdlib.h>

uint64_t edoi_maglev_hash(edo_str text) {
    static const edoi_siphash_secret none; // keys from outside meet the limit on loads
    return edoi_siphash13(&none, text.ptr, text.len);
}

static int maglev_host_order(const void *a, const void *b) {
    const edoi_maglev_host *x = a, *y = b;
    return (x->hash > y->hash) - (x->hash < y->hash);
}

/* Its own order of all slots: from one on, by a step. */
static void maglev_host_begin(edoi_maglev_host *host) {
    uint64_t random = host->hash;
    host->next = (uint32_t)(edoi_random_step(&random) % EDOI_MAGLEV_SLOTS);
    host->step = 1 + (uint32_t)(edoi_random_step(&random) % (EDOI_MAGLEV_SLOTS - 1));
    host->credit = 0;
}

/* Takes the first slot in its order that is free; there is one. */
static void maglev_host_take(edoi_maglev_host *host, uint16_t *table) {
    while (table[host->next] != EDOI_MAGLEV_NOBODY)
        host->next = (host->next + host->step) % EDOI_MAGLEV_SLOTS;
    table[host->next] = host->place;
}

void edoi_maglev_fill(uint16_t table[EDOI_MAGLEV_SLOTS], edoi_maglev_host *hosts, size_t n) {
    uint64_t heaviest = 0;
    uint32_t free_n = EDOI_MAGLEV_SLOTS;
    for (size_t i = 0; i < EDOI_MAGLEV_SLOTS; i++) table[i] = EDOI_MAGLEV_NOBODY;
    if (n == 0) return;
    qsort(hosts, n, sizeof *hosts, maglev_host_order);
    for (size_t i = 0; i < n; i++) {
        if (hosts[i].weight > heaviest) heaviest = hosts[i].weight;
        maglev_host_begin(&hosts[i]);
    }
    // The heaviest takes a slot in each turn, one of half its weight in every other.
    while (free_n > 0) {
        for (size_t i = 0; i < n && free_n > 0; i++) {
            hosts[i].credit += hosts[i].weight;
            if (hosts[i].credit < heaviest) continue;
            hosts[i].credit -= heaviest;
            maglev_host_take(&hosts[i], table);
            free_n--;
        }
    }
}
