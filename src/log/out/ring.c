/* SPDX-License-Identifier: MIT */
/* log/out/ring.c: see ring.h. */
#include "log/out/ring.h"

#include "base/assert.h"

#include <string.h>

/* A mark: 0, or a line, its level and its length, or how many cells up to the end of the ring stay
 * empty, because the next line did not fit there. */
#define MARK_LINE  0x80000000u
#define MARK_SKIP  0x40000000u
#define MARK_LEVEL 16 /* the level's place */
#define MARK_N     0xffffu

#define LINE_CELLS_LEAST 2u /* few lines are shorter */

size_t edoi_log_ring_bytes(uint32_t cells_n) {
    return (size_t)cells_n * (EDOI_LOG_CELL + sizeof(edo_atomic_u32));
}

void edoi_log_ring_init(edoi_log_ring *ring, void *memory, uint32_t cells_n) {
    EDO_ASSERT((cells_n & (cells_n - 1)) == 0);
    *ring = (edoi_log_ring){ .bytes = memory, .cells_n = cells_n };
    ring->marks = (edo_atomic_u32 *)(void *)(ring->bytes + (size_t)cells_n * EDOI_LOG_CELL);
}

static uint32_t line_cells(size_t bytes) {
    return (uint32_t)((bytes + EDOI_LOG_CELL - 1) / EDOI_LOG_CELL);
}

static uint32_t ring_index(const edoi_log_ring *ring, uint64_t at) {
    return (uint32_t)(at & (ring->cells_n - 1));
}

/* How many cells a line leaves free: an error may take the last, what is said for its detail only
 * the first half. */
static uint32_t spare_cells(const edoi_log_ring *ring, edo_level level) {
    static const uint8_t shift[] = {
        [EDO_LEVEL_OFF] = 31, [EDO_LEVEL_ERROR] = 31, [EDO_LEVEL_WARN] = 3,
        [EDO_LEVEL_INFO] = 2, [EDO_LEVEL_DEBUG] = 1,  [EDO_LEVEL_TRACE] = 1
    };
    return ring->cells_n >> shift[level];
}

/* Cells before the end of the ring that a line of `n` cells at `at` has to leave empty. */
static uint32_t cells_skipped(const edoi_log_ring *ring, uint64_t at, uint32_t n) {
    uint32_t left = ring->cells_n - ring_index(ring, at);
    return n > left ? left : 0;
}

/* Takes `n` cells in a row, and in `*skipped` those before them; false: there is no room. */
static bool log_ring_take_cells(edoi_log_ring *ring, uint32_t n, uint32_t most, uint64_t *at,
                                uint32_t *skipped) {
    uint64_t head;
    do {
        // LR1: pairs with LR1 in ring_free: the marks of these cells are 0. The tail is read before
        //     the head, so it is never beyond it.
        uint64_t tail = edoi_load_acq_u64(&ring->tail);
        head = edoi_load_rlx_u64(&ring->head); // relaxed: the exchange below checks it
        *skipped = cells_skipped(ring, head, n);
        if (head + *skipped + n - tail > most) return false;
        // LR3: pairs with LR3 in ring_rests
    } while (!edoi_cas_seq_u64(&ring->head, &head, head + *skipped + n));
    *at = head;
    return true;
}

bool edoi_log_ring_add(edoi_log_ring *ring, edo_str line, edo_level level) {
    uint64_t at;
    uint32_t skipped;
    uint32_t most = ring->cells_n - spare_cells(ring, level);
    EDO_ASSERT(line.len > 0 && line.len <= EDOI_LOG_QUEUED_MAX);
    if (!log_ring_take_cells(ring, line_cells(line.len), most, &at, &skipped)) return false;
    // LR2: pairs with LR2 in ring_next, as does the other
    if (skipped > 0) edoi_store_rel_u32(&ring->marks[ring_index(ring, at)], MARK_SKIP | skipped);
    uint32_t first = ring_index(ring, at + skipped);
    memcpy(ring->bytes + (size_t)first * EDOI_LOG_CELL, line.ptr, line.len);
    uint32_t mark = MARK_LINE | (uint32_t)level << MARK_LEVEL | (uint32_t)line.len;
    edoi_store_rel_u32(&ring->marks[first], mark); // LR2
    return true;
}

bool edoi_log_ring_has_room(const edoi_log_ring *ring, edo_level level) {
    // relaxed: a hint; the tail first, so it is never beyond the head
    uint64_t tail = edoi_load_rlx_u64(&ring->tail), head = edoi_load_rlx_u64(&ring->head);
    return head + LINE_CELLS_LEAST <= tail + ring->cells_n - spare_cells(ring, level);
}

bool edoi_log_ring_wakes(edoi_log_ring *ring, bool is_urgent) {
    uint32_t rest = edoi_load_seq_u32(&ring->rest); // LR3: pairs with LR3 in ring_rests
    if (rest == EDOI_LOG_WRITES || (rest == EDOI_LOG_NAPS && !is_urgent)) return false;
    return edoi_cas_seq_u32(&ring->rest, &rest, EDOI_LOG_WRITES); // LR3
}

bool edoi_log_ring_is_filling(const edoi_log_ring *ring) {
    // relaxed: a hint
    uint64_t tail = edoi_load_rlx_u64(&ring->tail), head = edoi_load_rlx_u64(&ring->head);
    return head > tail + ring->cells_n / 4;
}

/* ---- The thread that takes ------------------------------------------------------------------- */

/* LR2: what the mark at `at` says; 0: nothing yet. */
static uint32_t mark_at(const edoi_log_ring *ring, uint64_t at) {
    return edoi_load_acq_u32(&ring->marks[ring_index(ring, at)]);
}

static uint32_t mark_cells(uint32_t mark) {
    return mark & MARK_SKIP ? mark & MARK_N : line_cells(mark & MARK_N);
}

bool edoi_log_ring_next(const edoi_log_ring *ring, uint64_t *at, edoi_log_queued *line) {
    uint64_t now = *at;
    // only the thread that takes writes the tail: a whole lap further is the tail again
    if (now - edoi_load_rlx_u64(&ring->tail) >= ring->cells_n) return false;
    uint32_t mark = mark_at(ring, now);
    if (mark & MARK_SKIP) {
        now += mark_cells(mark);
        if (now - edoi_load_rlx_u64(&ring->tail) >= ring->cells_n) return false;
        mark = mark_at(ring, now);
    }
    if (!(mark & MARK_LINE)) return false;
    line->text.ptr = ring->bytes + (size_t)ring_index(ring, now) * EDOI_LOG_CELL;
    line->text.len = mark & MARK_N;
    line->level = (edo_level)((mark & ~MARK_LINE) >> MARK_LEVEL);
    *at = now + mark_cells(mark);
    return true;
}

void edoi_log_ring_free(edoi_log_ring *ring, uint64_t at) {
    uint64_t tail = edoi_load_rlx_u64(&ring->tail); // relaxed: this thread writes it
    EDO_INV("ring inv. 1", at - tail <= ring->cells_n);
    while (tail < at) {
        edo_atomic_u32 *mark = &ring->marks[ring_index(ring, tail)];
        tail += mark_cells(edoi_load_rlx_u32(mark)); // relaxed: read before by this thread
        edoi_store_rlx_u32(mark, 0);                 // relaxed: LR1 orders it
    }
    EDO_INV("ring inv. 2", tail == at);  // the marks led there
    edoi_store_rel_u64(&ring->tail, at); // LR1: pairs with LR1 in log_ring_take_cells
}

bool edoi_log_ring_rests(edoi_log_ring *ring, edoi_log_rest how) {
    uint32_t was = (uint32_t)how;
    // LR3: pairs with LR3 in log_ring_take_cells and ring_wakes: of "rest, then head" here and
    //     "head, then rest" there at least one sees the other, inv. 3
    edoi_store_seq_u32(&ring->rest, (uint32_t)how);
    bool is_empty = edoi_load_seq_u64(&ring->head) == edoi_load_rlx_u64(&ring->tail);
    if (how == EDOI_LOG_NAPS || is_empty) return true;
    return !edoi_cas_seq_u32(&ring->rest, &was, EDOI_LOG_WRITES); // taken back, or it is woken
}

bool edoi_log_ring_rises(edoi_log_ring *ring, edoi_log_rest how) {
    uint32_t was = (uint32_t)how;
    return edoi_cas_seq_u32(&ring->rest, &was, EDOI_LOG_WRITES); // LR3: one of the two changes it
}
