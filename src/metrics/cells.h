/* SPDX-License-Identifier: MIT */
/* metrics/cells.h: the memory in which series are counted.
 *
 *            series a  b  c …
 *     row 0  [ 8 bytes each ]   threads that are no workers, together
 *     row 1  [              ]   the worker with id 1
 *     row 2  [              ]   …
 *
 * A block has a row for each shard; the series of a block lie side by side in each row. So a row
 * has one writer, rows share no cache line, and a series costs 8 bytes for each shard. Small series
 * share a block until one does not fit any more; a large one has a block of its own size.
 *
 * inv. 1: a cell in a row above 0 is written by one thread at a time, the one that holds the worker
 *         of that id. The id goes to another worker only after the former one has ended, under the
 *         lock of the ids, so the next writer goes on from the last value.
 * inv. 2: a cell is never reset, so a sum over all rows of a counter never goes backwards.
 * inv. 1 and 2 are not asserted: a cell has neither its writer nor its past. */
#ifndef EDOI_METRICS_CELLS_H
#define EDOI_METRICS_CELLS_H

#include "base/atomic.h"

typedef struct edoi_cell_block {
    struct edoi_cell_block *next;
    void *memory;          /* `cells` is aligned in it */
    edo_atomic_u64 *cells; /* row after row */
    uint32_t row_n;        /* cells of a row */
    uint32_t used_n;       /* of each row */
} edoi_cell_block;

/* All blocks of a registry. lock: edoi_metrics_mutex. */
typedef struct edoi_cells {
    edoi_cell_block *blocks;
    edoi_cell_block *open; /* that small series go to; NULL: none yet */
    uint32_t shards_n;     /* const; at least 1 */
} edoi_cells;

/* Where the cells of one series are: const. */
typedef struct edoi_cell_place {
    edo_atomic_u64 *first; /* in row 0 */
    uint32_t row_n;        /* from row to row */
    uint32_t shards_n;
} edoi_cell_place;

/* Gives a series `n` cells in each row, all 0. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_cells_take(edoi_cells *self, edoi_cell_place *place, uint32_t n);

void edoi_cells_deinit(edoi_cells *self);

EDOI_INLINE edo_atomic_u64 *edoi_cell(const edoi_cell_place *place, uint32_t shard, uint32_t i) {
    return place->first + (size_t)shard * place->row_n + i;
}

#endif
