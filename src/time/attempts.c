/* SPDX-License-Identifier: MIT */
/* time/attempts.c: see attempts.h. */
#include "time/attempts.h"

#include "base/assert.h"
#include "runtime/scope/ctx.h"
#include "time/coarse.h"

#include <edo/time.h>

#include <string.h>

/* ---- The series of a context ----------------------------------------------------------------- */

edoi_attempts *edoi_attempts_here(void) {
    edoi_attempts *self = edoi_ctx_here()->attempts;
    // a state machine may be polled by a thread that waits in an attempt of its own
    return EDOI_LIKELY(!self) || edoi_machine_runs_here() ? NULL : self;
}

/* ---- What was had ---------------------------------------------------------------------------- */

/* With the lock held. */
static void attempts_check(const edoi_attempts *self) {
    EDO_INV("attempts inv. 1",
            self->barred_n <= self->had_n && self->had_n <= EDOI_ATTEMPTS_HAD_MAX);
    EDO_INV("attempts inv. 2", self->before_n <= self->barred_n);
}

/* Makes room by forgetting the oldest. With the lock held. */
static void attempts_forget_one(edoi_attempts *self) {
    self->had_n--;
    self->barred_n -= self->barred_n > 0;
    self->before_n -= self->before_n > 0;
    memmove(&self->had[0], &self->had[1], self->had_n * sizeof self->had[0]);
}

/* Returns where the endpoint is; it is noted if need be. With the lock held. */
static uint32_t attempts_find(edoi_attempts *self, uint64_t endpoint) {
    for (uint32_t i = 0; i < self->had_n; i++)
        if (self->had[i] == endpoint) return i;
    if (self->had_n == EDOI_ATTEMPTS_HAD_MAX) attempts_forget_one(self);
    self->had[self->had_n] = endpoint;
    return self->had_n++;
}

void edoi_attempts_note(edoi_attempts *self, uint64_t endpoint) {
    if (!self) return;
    edoi_lock_acquire(&self->lock);
    (void)attempts_find(self, endpoint);
    EDO_CHECK(attempts_check(self));
    edoi_lock_release(&self->lock);
}

void edoi_attempts_bar(edoi_attempts *self, uint64_t endpoint) {
    if (!self) return;
    edoi_lock_acquire(&self->lock);
    const uint32_t i = attempts_find(self, endpoint);
    self->succeeded = false;
    if (i >= self->barred_n) { // inv. 1
        self->had[i] = self->had[self->barred_n];
        self->had[self->barred_n++] = endpoint;
    }
    EDO_CHECK(attempts_check(self));
    edoi_lock_release(&self->lock);
}

void edoi_attempts_note_all(edoi_attempts *self, const edoi_had *endpoints) {
    for (uint32_t i = 0; i < endpoints->n; i++) edoi_attempts_note(self, endpoints->of[i]);
}

void edoi_attempts_bar_all(edoi_attempts *self, const edoi_had *endpoints) {
    for (uint32_t i = 0; i < endpoints->n; i++) edoi_attempts_bar(self, endpoints->of[i]);
}

/* The current attempt has had nothing yet. With the lock held. */
static void attempts_forgive(edoi_attempts *self) {
    self->had_n = self->barred_n = self->before_n;
    self->succeeded = true;
}

void edoi_attempts_succeed(edoi_attempts *self, uint64_t endpoint) {
    if (!self) return;
    edoi_lock_acquire(&self->lock);
    attempts_forgive(self);
    (void)attempts_find(self, endpoint);
    EDO_CHECK(attempts_check(self));
    edoi_lock_release(&self->lock);
}

/* How much attempts before bar; 0 in an attempt that has taken long. With the lock held. */
static uint32_t attempts_barred_before(edoi_attempts *self, int64_t now_ns) {
    if (self->before_n == 0) return 0;
    if (self->since_ns == INT64_MAX) self->since_ns = now_ns;
    return now_ns - self->since_ns < edo_s(EDOI_ATTEMPTS_BAR_S).ns ? self->before_n : 0;
}

/* With the lock held. */
static void attempts_copy(const edoi_attempts *self, uint32_t from, uint32_t to, edoi_had *out) {
    out->n = to - from;
    memcpy(out->of, &self->had[from], out->n * sizeof self->had[0]);
}

void edoi_attempts_read(edoi_attempts *self, edoi_had *out) {
    int64_t lag_ns;
    out->n = 0;
    if (!self) return;
    const int64_t now_ns = edoi_now_coarse(&lag_ns); // not under a leaf lock
    edoi_lock_acquire(&self->lock);
    const uint32_t barred_n = attempts_barred_before(self, now_ns);
    attempts_copy(self, self->before_n - barred_n, self->barred_n, out);
    edoi_lock_release(&self->lock);
}

void edoi_attempts_read_had(edoi_attempts *self, edoi_had *out) {
    edoi_lock_acquire(&self->lock);
    attempts_copy(self, self->before_n, self->had_n, out);
    edoi_lock_release(&self->lock);
}

/* ---- Begin and end --------------------------------------------------------------------------- */

edoi_attempts *edoi_attempts_enter(edoi_attempts *self) {
    edoi_ctx *c = edoi_ctx_here();
    edoi_attempts *before = c->attempts;
    edoi_had barred;
    c->attempts = self;
    if (EDOI_LIKELY(!before)) return NULL;
    edoi_attempts_read(before, &barred);
    edoi_attempts_bar_all(self, &barred);
    return before;
}

/* What was had inside is had by the attempt around it; a success there is one here. */
static void attempts_tell(edoi_attempts *self, const edoi_had *had, bool succeeded) {
    edoi_lock_acquire(&self->lock);
    if (succeeded) attempts_forgive(self);
    edoi_lock_release(&self->lock);
    edoi_attempts_note_all(self, had);
}

void edoi_attempts_leave(edoi_attempts *self, edoi_attempts *before) {
    edoi_ctx *c = edoi_ctx_here();
    edoi_had had;
    EDO_ASSERT(c->attempts == self);
    c->attempts = before;
    if (EDOI_LIKELY(!before)) return;
    edoi_lock_acquire(&self->lock);
    const bool succeeded = self->succeeded;
    attempts_copy(self, 0, self->had_n, &had);
    edoi_lock_release(&self->lock);
    attempts_tell(before, &had, succeeded);
}

/* The current attempt begins; what was had so far is barred. With the lock held. */
static void attempts_begin_one(edoi_attempts *self) {
    self->before_n = self->barred_n = self->had_n;
    self->succeeded = self->has_call = false;
    self->since_ns = INT64_MAX;
}

void edoi_attempts_begin(edoi_attempts *self) {
    self->lock = (edoi_lock)EDOI_LOCK_INIT;
    self->had_n = self->barred_n = self->before_n = 0;
    self->budget = NULL;
    self->load = NULL;
    self->outer = edoi_attempts_enter(self);
    attempts_begin_one(self); // what those around it bar
}

void edoi_attempts_next(edoi_attempts *self) {
    edoi_lock_acquire(&self->lock);
    attempts_begin_one(self);
    edoi_lock_release(&self->lock);
}

/* Is this the first call of its budget in the current attempt? */
static bool attempts_take_call(edoi_attempts *self) {
    edoi_lock_acquire(&self->lock);
    const bool is_first = !self->has_call;
    self->has_call = true;
    edoi_lock_release(&self->lock);
    return is_first;
}

bool edoi_attempts_set_budget(edoi_attempts *self, const void *budget) {
    self->budget = budget;
    for (edoi_attempts *s = self->outer; s; s = s->outer)
        if (s->budget == budget) return attempts_take_call(s);
    return false;
}

void edoi_attempts_end(edoi_attempts *self) {
    edoi_attempts_leave(self, self->outer);
}
