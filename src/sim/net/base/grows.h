/* SPDX-License-Identifier: MIT */
/* sim/net/base/grows.h: hash tables of the net, which own their chains and get more of them. */
#ifndef EDOI_SIM_NET_BASE_GROWS_H
#define EDOI_SIM_NET_BASE_GROWS_H

#include "base/memory/alloc.h"
#include "base/siphash.h"
#include "base/table.h"

#include <errno.h>

#define EDOI_SIMTABLE_CHAINS 16u /* at first */

EDO_MUST_USE EDOI_INLINE int edoi_simtable_init(edoi_table *t) {
    edoi_table_link **chains =
        (edoi_table_link **)edoi_calloc(EDOI_SIMTABLE_CHAINS, sizeof *chains);
    if (!chains) return -ENOMEM;
    edoi_table_init(t, chains, EDOI_SIMTABLE_CHAINS);
    return 0;
}

/* Without memory the chains get longer. */
EDOI_INLINE void edoi_simtable_add(edoi_table *t, edoi_table_link *l, uint64_t hash) {
    edoi_table_add(t, l, hash);
    if (!edoi_table_is_full(t)) return;
    edoi_table_link **chains = (edoi_table_link **)edoi_calloc(2 * t->chains_n, sizeof *chains);
    if (chains) edoi_free(edoi_table_move(t, chains, 2 * t->chains_n));
}

#endif
