/* SPDX-License-Identifier: MIT */
/* Question: what does an item cost of k sequences that are read as one: of one that alone is busy,
 *           and of all in turn?
 * Guards: a read polls sequences that were woken and no others: one beside one other and beside 999
 *         cost the same. */
#include "cases/bench.h"

#include <edo/mpsc.h>
#include <edo/seq_merge.h>

#define FEW  2
#define MANY 1000

/* Channels, and what merges them. */
typedef struct sources {
    edo_mpsc_tx *tx[MANY];
    uint64_t k;
    bool all; /* each has an item in turn; else the last one alone */
    edo_seq *seq;
    uint64_t sent;
} sources;

static sources *sources_new(uint64_t k, bool all) {
    edo_seq *seqs[MANY];
    sources *s = bench_array(1, sizeof *s);
    s->k = k;
    s->all = all;
    for (uint64_t i = 0; i < k; i++) {
        edo_mpsc_rx *rx;
        bench_must(edo_mpsc_new(&s->tx[i], &rx, sizeof(uint64_t), EDO_MPSC_UNBOUNDED, NULL));
        seqs[i] = edo_seq_from_mpsc(rx);
    }
    s->seq = edo_seq_merge_array(seqs, k);
    return s;
}

static void sources_free(sources *s) {
    for (uint64_t i = 0; i < s->k; i++) edo_mpsc_tx_unref(s->tx[i]);
    edo_seq_free(s->seq);
    free(s);
}

/* Sends what is read before the next call. Returns how many. */
static uint64_t sources_send(sources *s) {
    const uint64_t first = s->all ? 0 : s->k - 1;
    for (uint64_t i = first; i < s->k; i++, s->sent++)
        bench_must(edo_mpsc_try_send(s->tx[i], &s->sent));
    return s->k - first;
}

EDO_ASYNC(merge_user, bench *b; uint64_t k; bool all; sources * s; uint64_t left; uint64_t value;
          edo_seq_next_future next;) {
    EDO_BEGIN;
    self->s = sources_new(self->k, self->all);
    bench_start(self->b);
    while (self->s->sent < self->b->n) {
        for (self->left = sources_send(self->s); self->left > 0; self->left--) {
            EDO_AWAIT(edo_seq_next_init(&self->next, self->s->seq, &self->value));
            bench_must(edo_result(&self->next) == 1 ? 0 : -EDO_ECLOSED);
        }
    }
    bench_stop(self->b, self->s->sent);
    EDO_CLEANUP;
    if (self->s) sources_free(self->s);
    EDO_END;
}
BENCH_STATE(merge_one_2, merge_user, .k = FEW)
BENCH_STATE(merge_one_1000, merge_user, .k = MANY)
BENCH_STATE(merge_all_2, merge_user, .k = FEW, .all = true)
BENCH_STATE(merge_all_1000, merge_user, .k = MANY, .all = true)

static int use_merge(bench *b, uint64_t k, bool all) {
    sources *s = sources_new(k, all);
    uint64_t value;
    bench_start(b);
    while (s->sent < b->n)
        for (uint64_t left = sources_send(s); left > 0; left--)
            bench_must(edo_seq_next(s->seq, &value) == 1 ? 0 : -EDO_ECLOSED);
    bench_stop(b, s->sent);
    sources_free(s);
    return 0;
}

int merge_one_2_fiber(void *arg) {
    return use_merge(arg, FEW, false);
}

int merge_one_1000_fiber(void *arg) {
    return use_merge(arg, MANY, false);
}

int merge_all_2_fiber(void *arg) {
    return use_merge(arg, FEW, true);
}

int merge_all_1000_fiber(void *arg) {
    return use_merge(arg, MANY, true);
}
