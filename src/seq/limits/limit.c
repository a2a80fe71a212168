/* SPDX-License-Identifier: MIT */
/* seq/limits/limit.c: the time limit of a step of a sequence. */
#include "seq/limits/limit.h"

void edoi_seq_limit_begin(edoi_seq_limit *self) {
    if (!self->runs) self->at = edo_instant_add(edo_now(), self->length);
    self->runs = true;
}

edo_polled edoi_seq_limit_poll(edoi_seq_limit *self, edo_cx *cx, int *result) {
    edoi_seq_limit_begin(self);
    if (!self->waits) (void)edo_sleep_at_init(&self->nap, self->at);
    bool spent = cx->budget == 0;
    if (spent) cx->budget = 1; // or a source that spends it all would never be late
    self->waits = edo_poll(&self->nap.base, cx) == EDO_PENDING;
    if (spent) cx->budget = 0;
    if (self->waits) return EDO_PENDING;
    *result = edo_result(&self->nap);
    return EDO_READY;
}

void edoi_seq_limit_leave(edoi_seq_limit *self) {
    if (self->waits) edo_drop(&self->nap.base);
    self->waits = false;
}

void edoi_seq_limit_end(edoi_seq_limit *self) {
    edoi_seq_limit_leave(self);
    self->runs = false;
}
