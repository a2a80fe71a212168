/* SPDX-License-Identifier: MIT */
/* test/history/solve.c: the search for an order: depth first, over begins and ends in the order of
 * time. An operation can be next if no other has ended before it began that has no place yet. What
 * was placed, with the value that is there, is remembered, since all that can follow is the
 * same. */
#include "base/memory/alloc.h"
#include "base/siphash.h"
#include "test/history/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SEEN_BYTES_MAX (UINT64_C(1) << 30)

/* A begin or an end, in a list of those that are left, by time. */
typedef struct moment {
    struct moment *next, *prev;
    struct moment *end; /* of a begin: its end, NULL if it has none; of an end: NULL */
    size_t op;
    uint64_t at;
    bool is_end;
} moment;

/* An operation that was placed, and the value that was there before. */
typedef struct placing {
    moment *begin;
    uint32_t before;
} placing;

typedef struct solver {
    const edoi_history_op *const *ops;
    size_t n, words_n; /* of a set of operations */
    moment *moments, head;
    size_t ends_left_n;
    placing *placed;
    size_t placed_n;
    uint64_t *now; /* which are placed, and behind that the value that is there */

    uint64_t *seen;  /* sets like `now`, one behind the other */
    uint32_t *slots; /* a hash table: numbers of sets, from 1 on */
    size_t seen_n, seen_room, slots_n;
} solver;

/* ---- States that were seen ------------------------------------------------------------------- */

static size_t state_words(const solver *self) {
    return self->words_n + 1;
}

/* The slot of a state, which is there or free. */
static uint32_t *solver_slot(const solver *self, const uint64_t *state) {
    static const edoi_siphash_secret fixed = { 0, 0 };
    size_t bytes = state_words(self) * sizeof *state;
    size_t at = (size_t)edoi_siphash13(&fixed, state, bytes) & (self->slots_n - 1);
    for (; self->slots[at] > 0; at = (at + 1) & (self->slots_n - 1))
        if (memcmp(self->seen + (self->slots[at] - 1) * state_words(self), state, bytes) == 0)
            break;
    return &self->slots[at];
}

static int grow_slots(solver *self) {
    size_t n = self->slots_n > 0 ? 2 * self->slots_n : 1024;
    uint32_t *slots = edoi_calloc(n, sizeof *slots);
    if (!slots) return -ENOMEM;
    edoi_free(self->slots);
    self->slots = slots;
    self->slots_n = n;
    for (size_t i = 0; i < self->seen_n; i++)
        *solver_slot(self, self->seen + i * state_words(self)) = (uint32_t)i + 1;
    return 0;
}

static int grow_seen(solver *self) {
    size_t room = self->seen_room > 0 ? 2 * self->seen_room : 512;
    uint64_t *seen = edoi_realloc(self->seen, room * state_words(self) * sizeof *seen);
    if (!seen) return -ENOMEM;
    self->seen = seen;
    self->seen_room = room;
    return 0;
}

/* Returns 1 if the state `now` is new, and remembers it; 0 if it was seen. */
static int solver_remember(solver *self) {
    int err = 0;
    uint64_t bytes = (self->seen_n + 1) * state_words(self) * sizeof *self->seen;
    if (bytes > SEEN_BYTES_MAX || self->seen_n == UINT32_MAX) return -E2BIG;
    if (self->seen_n == self->seen_room) err = grow_seen(self);
    if (err == 0 && 2 * self->seen_n >= self->slots_n) err = grow_slots(self);
    if (err < 0) return err;
    uint32_t *slot = solver_slot(self, self->now);
    if (*slot > 0) return 0;
    memcpy(self->seen + self->seen_n * state_words(self), self->now,
           state_words(self) * sizeof *self->now);
    *slot = (uint32_t)++self->seen_n;
    return 1;
}

/* ---- The list of moments --------------------------------------------------------------------- */

static void moment_take_out(const moment *m) {
    m->prev->next = m->next;
    if (m->next) m->next->prev = m->prev;
}

static void moment_put_back(moment *m) {
    m->prev->next = m;
    if (m->next) m->next->prev = m;
}

static int moments_compare(const void *a, const void *b) {
    const moment *one = a, *other = b;
    return one->at < other->at ? -1 : 1;
}

/* Was the value read, or expected by a swap? */
static bool value_is_seen(const solver *self, uint32_t value) {
    for (size_t i = 0; i < self->n; i++) {
        const edoi_history_op *op = self->ops[i];
        bool is_read = op->kind == EDOI_HISTORY_READ && op->end == EDOI_HISTORY_DONE;
        if (is_read && op->value == value) return true;
        if (op->kind == EDOI_HISTORY_SWAP && op->expected == value) return true;
    }
    return false;
}

static bool has_refused_swap(const solver *self) {
    for (size_t i = 0; i < self->n; i++) {
        const edoi_history_op *op = self->ops[i];
        if (op->kind == EDOI_HISTORY_SWAP && op->end == EDOI_HISTORY_REFUSED) return true;
    }
    return false;
}

/* What nobody knows the end of may not have happened, and has not where nobody has seen its value:
 * each of them that is looked at doubles the search. A refused swap sees what is not as expected,
 * so any value. */
static bool op_says_nothing(const solver *self, const edoi_history_op *op, bool is_any_seen) {
    bool is_read = op->kind == EDOI_HISTORY_READ, is_swap = op->kind == EDOI_HISTORY_SWAP;
    if (op->end == EDOI_HISTORY_REFUSED) return !is_swap;
    if (op->end == EDOI_HISTORY_DONE) return false;
    return is_read || (!is_any_seen && !value_is_seen(self, op->value));
}

/* Sorts begins and ends by time, and links them. */
static int moments_make(solver *self) {
    size_t moments_n = 0;
    self->moments = edoi_calloc(2 * self->n + 1, sizeof *self->moments);
    if (!self->moments) return -ENOMEM;
    bool is_any_seen = has_refused_swap(self);
    for (size_t i = 0; i < self->n; i++) {
        const edoi_history_op *op = self->ops[i];
        if (op_says_nothing(self, op, is_any_seen)) continue;
        self->moments[moments_n++] = (moment){ .op = i, .at = op->began };
        if (op->end == EDOI_HISTORY_UNKNOWN) continue;
        self->moments[moments_n++] = (moment){ .op = i, .at = op->ended, .is_end = true };
        self->ends_left_n++;
    }
    qsort(self->moments, moments_n, sizeof *self->moments, moments_compare);
    moment **begins = edoi_calloc(self->n + 1, sizeof(moment *));
    if (!begins) return -ENOMEM;
    moment *last = &self->head;
    for (size_t i = 0; i < moments_n; i++) {
        moment *m = &self->moments[i];
        m->prev = last;
        last->next = m;
        last = m;
        if (m->is_end)
            begins[m->op]->end = m;
        else
            begins[m->op] = m;
    }
    edoi_free(begins);
    return 0;
}

/* ---- Steps ----------------------------------------------------------------------------------- */

/* Can the operation be next where that value is? Then `*value` is what is there behind it. */
static bool op_fits(const edoi_history_op *op, uint32_t *value) {
    bool is_as_expected = *value == op->expected;
    if (op->kind == EDOI_HISTORY_READ) return op->value == *value;
    if (op->kind == EDOI_HISTORY_SWAP) {
        if (op->end == EDOI_HISTORY_REFUSED) return !is_as_expected;
        if (!is_as_expected) return false; // of one that nobody knows: then it has not happened
    }
    *value = op->value;
    return true;
}

static void mark(solver *self, size_t op, uint32_t value) {
    self->now[op / 64] ^= UINT64_C(1) << op % 64;
    self->now[self->words_n] = value;
}

/* Places the operation if it can be next, and nothing like that was tried. Returns 1, or 0. */
static int solver_place(solver *self, moment *begin) {
    const edoi_history_op *op = self->ops[begin->op];
    uint32_t before = (uint32_t)self->now[self->words_n], value = before;
    if (!op_fits(op, &value)) return 0;
    mark(self, begin->op, value);
    int is_new = solver_remember(self);
    if (is_new <= 0) {
        mark(self, begin->op, before);
        return is_new;
    }
    self->placed[self->placed_n++] = (placing){ begin, before };
    moment_take_out(begin);
    if (begin->end) moment_take_out(begin->end);
    if (begin->end) self->ends_left_n--;
    return 1;
}

/* Takes the last one back, and returns its begin. */
static moment *solver_take_back(solver *self) {
    placing *last = &self->placed[--self->placed_n];
    moment *begin = last->begin;
    mark(self, begin->op, last->before);
    if (begin->end) moment_put_back(begin->end);
    if (begin->end) self->ends_left_n++;
    moment_put_back(begin);
    return begin;
}

/* An end is met whose operation has no place. */
static void note_misfit(const solver *self, size_t op, edoi_history_misfit *out) {
    if (self->placed_n < out->placed_n) return;
    *out = (edoi_history_misfit){ op, (uint32_t)self->now[self->words_n], self->placed_n };
}

static int solver_run(solver *self, edoi_history_misfit *out) {
    moment *at = self->head.next;
    while (self->ends_left_n > 0) {
        if (!at->is_end) {
            int is_placed = solver_place(self, at);
            if (is_placed < 0) return is_placed;
            at = is_placed > 0 ? self->head.next : at->next;
            continue;
        }
        note_misfit(self, at->op, out);
        if (self->placed_n == 0) return -EPROTO;
        at = solver_take_back(self)->next;
    }
    return 0;
}

int edoi_history_solve(const edoi_history_op *const *ops, size_t n, edoi_history_misfit *out) {
    solver self = { .ops = ops, .n = n, .words_n = (n + 63) / 64 };
    *out = (edoi_history_misfit){ 0 };
    self.placed = edoi_calloc(n + 1, sizeof *self.placed);
    self.now = edoi_calloc(self.words_n + 1, sizeof *self.now);
    int err = self.placed && self.now ? moments_make(&self) : -ENOMEM;
    if (err == 0) err = solver_run(&self, out);
    edoi_free(self.placed);
    edoi_free(self.now);
    edoi_free(self.moments);
    edoi_free(self.seen);
    edoi_free(self.slots);
    return err;
}
