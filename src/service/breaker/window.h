/* SPDX-License-Identifier: MIT */
/* service/breaker/window.h: the calls that a breaker judges by: the last n calls, or the calls of
 * the last n seconds, as a sum for each second.
 *
 * By calls:    marks    | m | m | m | m | m |     each what one call was; `at` is the next place,
 *                             ^ at                which has the oldest call once all are taken
 * By seconds:  seconds  | s | s | s | s | s |     each the sum of one second, at `second % size`;
 *                                                 `second` is the newest
 *
 * inv. 1: `sum` is the sum of all marks or seconds. */
#ifndef EDOI_SERVICE_BREAKER_WINDOW_H
#define EDOI_SERVICE_BREAKER_WINDOW_H

#include <edo/base.h>

#define EDOI_WINDOW_CALL   1u /* marks of a call; none of them: there is none */
#define EDOI_WINDOW_FAILED 2u
#define EDOI_WINDOW_SLOW   4u

typedef struct edoi_window_sum {
    uint64_t calls, failed, slow;
} edoi_window_sum;

typedef struct edoi_window {
    uint8_t *marks;           /* NULL: by seconds */
    edoi_window_sum *seconds; /* NULL: by calls */
    uint32_t size;            /* const: calls, or seconds */
    uint32_t at;
    int64_t second;
    edoi_window_sum sum;
} edoi_window;

/* Bytes of memory for a window of `size` calls or seconds. */
size_t edoi_window_bytes(uint32_t size, bool is_by_time);

/* Begins an empty window in `memory`, which is aligned for a sum, and stays the caller's. */
void edoi_window_init(edoi_window *w, void *memory, uint32_t size, bool is_by_time);

/* Empties it. */
void edoi_window_clear(edoi_window *w);

/* Forgets what is too old at `now_ns`; an earlier time than before forgets nothing. */
void edoi_window_advance(edoi_window *w, int64_t now_ns);

/* Adds a call that ended at `now_ns`. */
void edoi_window_add(edoi_window *w, int64_t now_ns, unsigned marks);

/* Inv. 1. */
void edoi_window_check(const edoi_window *w);

#endif
