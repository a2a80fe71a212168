/* SPDX-License-Identifier: MIT */
/* seq/merge/merge.c: the items of several sequences as one, as they come (contract:
 * edo/seq_merge.h). */
#include "base/memory/cache.h"
#include "seq/merge/seq_set.h"
#include "seq/seq.h"

#include <edo/seq_merge.h>

#include <errno.h>

typedef struct merged {
    edo_seq base;
    edoi_seq_set *set; /* owned: those that have not ended */
} merged;

static edoi_seq_set *merged_set(const edo_seq *s) {
    return ((const merged *)(const void *)s)->set;
}

static edo_polled merge_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    edoi_seq_member *from;
    for (;;) {
        if (edoi_seq_set_poll(merged_set(s), cx, item, result, &from) == EDO_PENDING)
            return EDO_PENDING;
        if (*result != 0 || !from) return EDO_READY;
        edoi_seq_set_end(merged_set(s), from, cx);
    }
}

static void merge_leave(edo_seq *s) {
    edoi_seq_set_leave(merged_set(s));
}

static edo_polled merge_stop(edo_seq *s, edo_cx *cx) {
    return edoi_seq_set_poll_stop(merged_set(s), cx);
}

static void merge_drop(edo_seq *s) {
    edoi_seq_set_free(merged_set(s));
    edoi_cache_put(s, sizeof(merged));
}

static edo_seq_size merge_size(const edo_seq *s) {
    return edoi_seq_set_size(merged_set(s));
}

/* ---- Making ---------------------------------------------------------------------------------- */

static void free_all(edo_seq *const *seqs, size_t n) {
    for (size_t i = 0; i < n; i++) edo_seq_free(seqs[i]);
}

/* Makes a set of all; NULL without memory: then the caller still has them. */
static edoi_seq_set *merge_set_of(edo_seq *const *seqs, size_t n) {
    edoi_seq_set *set = edoi_seq_set_new();
    if (!set) return NULL;
    for (size_t i = 0; i < n; i++) {
        if (edoi_seq_set_add(set, seqs[i], i)) continue;
        while (set->len > 0)
            (void)edoi_seq_set_remove(set, EDO_CONTAINER_OF(set->all.next, edoi_seq_member, all));
        edoi_seq_set_free(set);
        return NULL;
    }
    return set;
}

/* Returns 0, -ENOMEM if one of them is NULL, or -EINVAL if their items are of different sizes. */
static int can_merge(edo_seq *const *seqs, size_t n) {
    int err = 0;
    for (size_t i = 0; i < n; i++) {
        if (!seqs[i]) return -ENOMEM;
        if (seqs[i]->item_size != seqs[0]->item_size) err = -EINVAL;
    }
    return err;
}

edo_seq *edo_seq_merge_array(edo_seq *const *seqs, size_t n) {
    static const edo_seq_ops ops = { .poll_next = merge_poll,
                                     .leave = merge_leave,
                                     .drop = merge_drop,
                                     .stop = merge_stop,
                                     .name = "edo_seq_merge",
                                     .size = merge_size };
    const size_t item_size = n > 0 && seqs[0] ? seqs[0]->item_size : 0;
    const int err = can_merge(seqs, n);
    merged *self = err == 0 ? edoi_cache_get(sizeof *self) : NULL;
    if (!self) goto free_seqs;
    self->set = merge_set_of(seqs, n);
    if (!self->set) goto free_self;
    return edo_seq_init(&self->base, &ops, item_size);

free_self:
    edoi_cache_put(self, sizeof *self);
free_seqs:
    free_all(seqs, n);
    return err == -EINVAL ? edoi_seq_failed(err, item_size) : NULL;
}
