/* SPDX-License-Identifier: MIT */
/* metrics/cells.c: blocks of cells. They are freed only all together. */
#include "metrics/cells.h"

#include "base/memory/alloc.h"

#include <errno.h>

#define LINE_BYTES  64u
#define LINE_CELLS  ((uint32_t)(LINE_BYTES / sizeof(edo_atomic_u64)))
#define ROW_CELLS   128u            /* of a block of small series: 1 KiB for each shard */
#define LARGE_CELLS (ROW_CELLS / 4) /* a series of more has a block of its own */

static edoi_cell_block *cells_block_new(uint32_t row_n, uint32_t shards_n) {
    edoi_cell_block *b = edoi_calloc(1, sizeof *b);
    if (!b) return NULL;
    b->memory = edoi_calloc((size_t)row_n * shards_n + LINE_CELLS, sizeof *b->cells);
    if (!b->memory) {
        edoi_free(b);
        return NULL;
    }
    uintptr_t at = ((uintptr_t)b->memory + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
    b->cells = (edo_atomic_u64 *)at;
    b->row_n = row_n;
    return b;
}

int edoi_cells_take(edoi_cells *self, edoi_cell_place *place, uint32_t n) {
    bool is_large = n > LARGE_CELLS;
    edoi_cell_block *b = is_large ? NULL : self->open;
    if (!b || b->row_n - b->used_n < n) {
        uint32_t row_n = (n + LINE_CELLS - 1) / LINE_CELLS * LINE_CELLS;
        b = cells_block_new(is_large ? row_n : ROW_CELLS, self->shards_n);
        if (!b) return -ENOMEM;
        b->next = self->blocks;
        self->blocks = b;
        if (!is_large) self->open = b;
    }
    *place = (edoi_cell_place){ b->cells + b->used_n, b->row_n, self->shards_n };
    b->used_n += n;
    return 0;
}

void edoi_cells_deinit(edoi_cells *self) {
    while (self->blocks) {
        edoi_cell_block *b = self->blocks;
        self->blocks = b->next;
        edoi_free(b->memory);
        edoi_free(b);
    }
}
