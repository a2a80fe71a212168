/* SPDX-License-Identifier: MIT */
/* base/error/beside.c: see beside.h. */
#include "base/error/beside.h"

#include "base/assert.h"
#include "base/error/trail.h"

/* Takes what is beside `trail` away. */
static edoi_trail *beside_take(edoi_trail *trail, uint32_t *n, uint32_t *left_out) {
    edoi_trail *newest = trail->beside;
    *n = trail->beside_n;
    *left_out = trail->beside_left_out;
    trail->beside = NULL;
    trail->beside_n = trail->beside_left_out = 0;
    return newest;
}

/* Puts `n` failures, newest first, before those of `first`; returns those without a place. */
static edoi_trail *beside_push(edoi_trail *first, edoi_trail *newest, uint32_t n) {
    edoi_trail **link = &newest;
    while (*link) link = &(*link)->earlier;
    *link = first->beside;
    first->beside = newest;
    first->beside_n += n;
    if (first->beside_n <= EDO_TRAIL_FAILURES_MAX) return NULL;
    first->beside_left_out += first->beside_n - EDO_TRAIL_FAILURES_MAX;
    first->beside_n = EDO_TRAIL_FAILURES_MAX;
    link = &first->beside;
    for (uint32_t i = 0; i < first->beside_n; i++) link = &(*link)->earlier;
    edoi_trail *oldest = *link;
    *link = NULL;
    return oldest;
}

edoi_trail *edoi_beside_add(edoi_trail *first, edoi_trail *other) {
    uint32_t n, left_out;
    edoi_trail *theirs = beside_take(other, &n, &left_out);
    first->beside_left_out += left_out;
    other->earlier = theirs;
    edoi_trail *oldest = beside_push(first, other, n + 1);
    EDO_INV("chain inv. 3", !first->beside->beside && first->beside_n <= EDO_TRAIL_FAILURES_MAX);
    return oldest;
}

edoi_trail *edoi_beside_take_bare(edoi_trail *first, int code) {
    edoi_trail *t = first->beside;
    while (t && !(t->code == code && t->lines_n == 0)) t = t->earlier;
    if (!t) return NULL;
    edoi_chain_unlink(&first->beside, t);
    first->beside_n--;
    return t;
}

void edoi_beside_give(edoi_trail *trail) {
    edoi_trail *own =
        trail && trail->lines_n == 0 ? edoi_chain_open(*edoi_trail_slot(), trail->code) : NULL;
    if (!own) {
        edoi_trail_give(trail);
        return;
    }
    uint32_t n, left_out;
    edoi_trail *theirs = beside_take(trail, &n, &left_out);
    own->beside_left_out += left_out;
    edoi_trail_free(beside_push(own, theirs, n));
    if (!own->child) own->child = trail->child;
    edoi_trail_free(trail);
}

/* ---- Told to the program --------------------------------------------------------------------- */

size_t edo_trail_failures_n(int err) {
    if (err >= 0) return 0;
    const edoi_trail *first = edoi_trail_look(err);
    return first ? (size_t)1 + first->beside_n + first->beside_left_out : 1;
}

/* Calls `fn` with nothing but the lines of `t` (NULL: none) as the caller's trail. Until then the
 * caller's own ones are kept here. */
static int tell_alone(edoi_trail *t, int code, edo_trail_failure_fn *fn, void *arg) {
    edoi_trail **slot = edoi_trail_slot();
    edoi_trail *own = *slot;
    edoi_trail was = t ? *t : (edoi_trail){ .code = code };
    if (t) {
        t->kept_n++; // chain inv. 1: `fn` neither changes nor frees it
        t->earlier = t->beside = NULL;
        t->beside_n = t->beside_left_out = 0;
    }
    *slot = t;
    int rc = fn(arg, &(edo_trail_failure){ .code = code, .task = was.child });
    slot = edoi_trail_slot(); // `fn` may have awaited
    edoi_chain_cut(slot, t);
    if (t) *t = was;
    *slot = own;
    return rc;
}

int edo_trail_each_failure(int err, edo_trail_failure_fn *fn, void *arg) {
    if (err >= 0) return 0;
    edoi_trail *first = edoi_chain_find(*edoi_trail_slot(), err);
    edoi_trail *others[EDO_TRAIL_FAILURES_MAX];
    uint32_t n = 0;
    for (edoi_trail *t = first ? first->beside : NULL; t; t = t->earlier) others[n++] = t;
    int rc = tell_alone(first, err, fn, arg);
    while (n > 0 && rc == 0) {
        edoi_trail *t = others[--n];
        rc = tell_alone(t, t->code, fn, arg);
    }
    return rc;
}
