/* SPDX-License-Identifier: MIT */
/* seq.c: the one order of all sequentially consistent operations, S.
 *
 * C++20 asks that some order S exists in which A comes before B if A strongly happens before B, or
 * A is coherence-ordered before B: both at one word, and A is the store that B reads, an older
 * store, a load that reads an older store than B, and so on. The order of execution is one such
 * order as long as every load returns the newest store. A load may also answer an older one, and
 * stand in S where that was the newest, unless what it has heard of forbids it: so here is kept,
 * for each such operation, which others come before it in every S. A load may answer a store if
 * that makes no circle.
 *
 * "Strongly" leaves out some of happens-before: a release hands over what is before it in its
 * thread, itself only to an acquire that is sequentially consistent as it is; else hardware exists
 * that would need a fence more (P0668).
 *
 * Before there are other threads all are in the order of execution, and none is noted. */
#include "state.h"

#include <edo/base.h>

void join_set(seq_set *to, const seq_set *from) {
    for (unsigned i = 0; i < EDO_COUNT(to->bits); i++) to->bits[i] |= from->bits[i];
}

static void add(seq_set *s, unsigned n) {
    s->bits[n / 64] |= UINT64_C(1) << n % 64;
}

static bool has(const seq_set *s, unsigned n) {
    return s->bits[n / 64] >> n % 64 & 1;
}

static bool meet(const seq_set *a, const seq_set *b) {
    for (unsigned i = 0; i < EDO_COUNT(a->bits); i++)
        if (a->bits[i] & b->bits[i]) return true;
    return false;
}

/* Adds all that comes before one of the set. */
static void close_down(seq_set *s) {
    seq_set from = *s;
    for (unsigned n = 0; n < ck->seq_n; n++)
        if (has(&from, n)) join_set(s, &ck->seq_before[n]);
}

static void add_writer(seq_set *to, const store *s) {
    if (s->seq) add(to, s->seq - 1u);
}

/* What comes before a load that returns the store. */
static seq_set before_load(location *l, unsigned store_n) {
    seq_set before = me()->now.before;
    for (unsigned n = l->first; n <= store_n; n++) {
        add_writer(&before, store_of(l, n));
        if (n < store_n) join_set(&before, &store_of(l, n)->seq_readers);
    }
    const bundle *handed = store_of(l, store_n)->release;
    if (handed) join_set(&before, &handed->before_seq);
    close_down(&before);
    return before;
}

/* What comes after it. */
static seq_set after_load(location *l, unsigned store_n) {
    seq_set after = { { 0 } };
    for (unsigned n = store_n + 1; n <= newest_store(l); n++) {
        add_writer(&after, store_of(l, n));
        join_set(&after, &store_of(l, n)->seq_readers);
    }
    return after;
}

bool seq_may_read(location *l, unsigned store_n) {
    if (!ck->forked || store_n == newest_store(l)) return true;
    seq_set before = before_load(l, store_n), after = after_load(l, store_n);
    return !meet(&before, &after);
}

void seq_read(location *l, unsigned store_n) {
    if (!ck->forked) return;
    if (ck->seq_n == SEQ_MAX) fail("the model is too large: SEQ_MAX");
    seq_set before = before_load(l, store_n), after = after_load(l, store_n);
    unsigned mine = ck->seq_n++;
    ck->seq_before[mine] = before;
    add(&before, mine);
    for (unsigned n = 0; n < mine; n++)
        if (has(&after, n) || meet(&ck->seq_before[n], &after))
            join_set(&ck->seq_before[n], &before);
    store *s = store_of(l, store_n);
    add(&s->seq_readers, mine);
    if (s->release) join_set(&me()->now.before, &s->release->before_seq);
    add(&me()->now.before, mine);
}

void seq_wrote(location *l, bool read) {
    if (!ck->forked) return;
    if (!read && ck->seq_n == SEQ_MAX) fail("the model is too large: SEQ_MAX");
    unsigned mine = read ? ck->seq_n - 1 : ck->seq_n++;
    seq_set before = read ? ck->seq_before[mine] : me()->now.before;
    unsigned newest = newest_store(l);
    for (unsigned n = l->first; n < newest; n++) {
        add_writer(&before, store_of(l, n));
        join_set(&before, &store_of(l, n)->seq_readers);
    }
    before.bits[mine / 64] &= ~(UINT64_C(1) << mine % 64); // it has read one of these itself
    ck->seq_before[mine] = (seq_set){ { 0 } };
    close_down(&before);
    ck->seq_before[mine] = before;
    store_of(l, newest)->seq = (uint16_t)(mine + 1);
    add(&me()->now.before, mine);
}

void seq_release(const location *l, bundle *handed) {
    const store *s = &l->stores[l->stores_n - 1];
    if (s->seq) join_set(&handed->before_seq, &me()->now.before); // which has the store itself
}
