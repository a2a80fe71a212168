/* SPDX-License-Identifier: MIT */
/* time/attempts.c: see attempts.h. */
#include "time/attempts.h"

#include "base/assert.h"
#include "runtime/scope/ctx.h"

#include <string.h>

/* ---- The series of a context ----------------------------------------------------------------- */

edoi_attempts *edoi_attempts_here(void) {
    edoi_attempts *self = edoi_ctx_here()->attempts;
    // a state machine may be polled by a thread that waits in an attempt of its own
    return EDOI_LIKELY(!self) || edoi_machine_runs_here() ? NULL : self;
}

/* ---- What was had ---------------------------------------------------------------------------- */

/* Where the endpoint is; `had_n`: nowhere, and noted now if there is room. With the lock held. */
static uint32_t attempts_find(edoi_attempts *self, uint64_t endpoint) {
    uint32_t i = 0;
    while (i < self->had_n && self->had[i] != endpoint) i++;
    if (i == self->had_n && i < EDOI_ATTEMPTS_HAD_MAX) self->had[self->had_n++] = endpoint;
    return i;
}

void edoi_attempts_note(edoi_attempts *self, uint64_t endpoint) {
    if (!self) return;
    edoi_lock_acquire(&self->lock);
    (void)attempts_find(self, endpoint);
    edoi_lock_release(&self->lock);
}

void edoi_attempts_bar(edoi_attempts *self, uint64_t endpoint) {
    if (!self) return;
    edoi_lock_acquire(&self->lock);
    const uint32_t i = attempts_find(self, endpoint);
    if (i >= self->barred_n && i < self->had_n) { // inv. 1
        self->had[i] = self->had[self->barred_n];
        self->had[self->barred_n++] = endpoint;
    }
    EDO_INV("attempts inv. 1", self->barred_n <= self->had_n);
    edoi_lock_release(&self->lock);
}

void edoi_attempts_forgive(edoi_attempts *self) {
    if (!self) return;
    edoi_lock_acquire(&self->lock);
    EDO_INV("attempts inv. 2", self->before_n <= self->barred_n);
    self->barred_n = self->before_n;
    edoi_lock_release(&self->lock);
}

void edoi_attempts_read(edoi_attempts *self, edoi_barred *out) {
    out->n = 0;
    if (!self) return;
    edoi_lock_acquire(&self->lock);
    out->n = self->barred_n;
    memcpy(out->of, self->had, out->n * sizeof self->had[0]);
    edoi_lock_release(&self->lock);
}

/* ---- Begin and end --------------------------------------------------------------------------- */

edoi_attempts *edoi_attempts_enter(edoi_attempts *self) {
    edoi_ctx *c = edoi_ctx_here();
    edoi_attempts *before = c->attempts;
    edoi_barred barred;
    c->attempts = self;
    if (EDOI_LIKELY(!before)) return NULL;
    edoi_attempts_read(before, &barred);
    for (uint32_t i = 0; i < barred.n; i++) edoi_attempts_bar(self, barred.of[i]);
    return before;
}

void edoi_attempts_leave(edoi_attempts *self, edoi_attempts *before) {
    edoi_ctx *c = edoi_ctx_here();
    EDO_ASSERT(c->attempts == self);
    c->attempts = before;
    if (EDOI_LIKELY(!before)) return;
    edoi_lock_acquire(&self->lock);
    const edoi_attempts had = *self;
    edoi_lock_release(&self->lock);
    for (uint32_t i = 0; i < had.had_n; i++) edoi_attempts_note(before, had.had[i]);
}

void edoi_attempts_begin(edoi_attempts *self) {
    self->lock = (edoi_lock)EDOI_LOCK_INIT;
    self->had_n = self->barred_n = self->before_n = 0;
    self->outer = edoi_attempts_enter(self);
    self->before_n = self->barred_n; // by those around it
}

void edoi_attempts_next(edoi_attempts *self) {
    edoi_lock_acquire(&self->lock);
    self->before_n = self->barred_n = self->had_n;
    edoi_lock_release(&self->lock);
}

void edoi_attempts_end(edoi_attempts *self) {
    edoi_attempts_leave(self, self->outer);
}
