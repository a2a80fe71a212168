/* SPDX-License-Identifier: MIT */
/* io/copy/pump.h: one direction of a copy: a buffer between a stream's input and another's output.
 *
 * inv. 1: begin <= end <= bytes; while the pump holds no bytes and waits it has no buffer. Only
 *         when its own buffer is empty may the reader that it reads from hold bytes.
 * inv. 2: it has a pipe while it splices (splice.h), and no buffer then. */
#ifndef EDOI_IO_COPY_PUMP_H
#define EDOI_IO_COPY_PUMP_H

#include <edo/copy.h>

/* How far a pump has come. */
typedef enum edoi_pump_stage {
    EDOI_PUMP_COPIES,
    EDOI_PUMP_SPLICES, /* splice.h: the kernel moves the bytes */
    EDOI_PUMP_EMPTIES, /* the input has ended: writes the rest, and flushes */
    EDOI_PUMP_SHUTS,   /* shuts `to` down, where that is wanted */
    EDOI_PUMP_DONE,
} edoi_pump_stage;

/* Takes an operation from the budget; false: it is spent, and the task was woken. */
EDOI_INLINE bool edoi_pump_take(edoi_pump *p, edo_cx *cx) {
    bool taken = edo_budget_take(cx);
    p->spent = !taken;
    return taken;
}

/* Where the bytes come from that the pump does not hold: below a reader, which then holds none. */
edo_stream *edoi_pump_source(const edoi_pump *p);

/* Where they go: below a reader, through which writes go as they are. */
edo_stream *edoi_pump_sink(const edoi_pump *p);

/* Bytes that were read, but not written. */
uint32_t edoi_pump_unwritten(const edoi_pump *p);

void edoi_pump_init(edoi_pump *p, edo_stream *to, edo_stream *from);

/* Moves what can be moved. Pending; or ready with 0 in `*result` at the end of the input, when all
 * is written, and `to` is shut down if `shuts`; or ready with a failure. */
edo_polled edoi_pump_poll(edoi_pump *p, edo_cx *cx, bool shuts, int *result);

/* The pump holds its streams from now on: called once it was polled. */
void edoi_pump_hold(edoi_pump *p);

/* Frees its buffer. `is_held`: also unlinks its waits and gives back what edoi_pump_hold() took;
 * otherwise it was never polled, and its streams may be gone. */
void edoi_pump_deinit(edoi_pump *p, bool is_held);

#endif
