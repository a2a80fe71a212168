/* SPDX-License-Identifier: MIT */
/* seq/chain.c: one sequence after the other. */
#include "base/memory/cache.h"
#include "seq/seq.h"

#include <errno.h>

typedef struct chained {
    edo_seq base;
    edo_seq *part[2]; /* owned */
    bool stopped[2];  /* the stop of that part is over */
} chained;

static chained *seq_chain_of(edo_seq *s) {
    return (chained *)(void *)s;
}

static edo_polled chain_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    chained *self = seq_chain_of(s);
    if (!self->part[0]->over) {
        if (edo_seq_poll_next(self->part[0], cx, item, result) == EDO_PENDING) return EDO_PENDING;
        if (*result != 0) return EDO_READY;
    }
    return edo_seq_poll_next(self->part[1], cx, item, result);
}

static void chain_leave(edo_seq *s) {
    for (int i = 0; i < 2; i++) edo_seq_leave(seq_chain_of(s)->part[i]);
}

static edo_polled chain_stop(edo_seq *s, edo_cx *cx) {
    chained *self = seq_chain_of(s);
    for (int i = 0; i < 2; i++)
        if (!self->stopped[i]) self->stopped[i] = edo_seq_poll_stop(self->part[i], cx) == EDO_READY;
    return self->stopped[0] && self->stopped[1] ? EDO_READY : EDO_PENDING;
}

static void chain_drop(edo_seq *s) {
    for (int i = 0; i < 2; i++) edo_seq_free(seq_chain_of(s)->part[i]);
    edoi_cache_put(s, sizeof(chained));
}

static edo_seq_size chain_size(const edo_seq *s) {
    const chained *self = (const chained *)(const void *)s;
    return edoi_seq_size_sum(edo_seq_size_hint(self->part[0]), edo_seq_size_hint(self->part[1]));
}

edo_seq *edo_seq_chain(edo_seq *first, edo_seq *second) {
    static const edo_seq_ops ops = { .poll_next = chain_poll,
                                     .leave = chain_leave,
                                     .drop = chain_drop,
                                     .stop = chain_stop,
                                     .name = "edo_seq_chain",
                                     .size = chain_size };
    bool fits = first && second && first->item_size == second->item_size;
    size_t bytes = first ? first->item_size : 0;
    chained *self = fits ? edoi_cache_get(sizeof *self) : NULL;
    if (!self) {
        bool refused = first && second && !fits;
        edo_seq_free(first);
        edo_seq_free(second);
        return refused ? edoi_seq_failed(-EINVAL, bytes) : NULL;
    }
    self->part[0] = first;
    self->part[1] = second;
    self->stopped[0] = self->stopped[1] = false;
    return edo_seq_init(&self->base, &ops, bytes);
}
