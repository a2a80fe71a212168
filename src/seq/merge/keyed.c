/* SPDX-License-Identifier: MIT */
/* seq/merge/keyed.c: a set of sequences that changes, each with a key (contract:
 * edo/seq_merge.h).
 *
 * inv. 1: `by_key` has the member of each sequence in `set` that has not ended, and no other. */
#include "base/assert.h"
#include "base/memory/cache.h"
#include "future/budget.h"
#include "seq/merge/seq_set.h"
#include "seq/seq.h"

#include <edo/map.h>
#include <edo/seq_merge.h>
#include <edo/task.h>

#include <errno.h>

struct edo_keyed_seq {
    size_t item_size;  /* const */
    edoi_seq_set *set; /* owned */
    edo_map by_key;    /* of pointers to members */
};

static edoi_seq_member *keyed_find(const edo_keyed_seq *set, uint64_t key) {
    return edo_map_get_ptr_by_number(&set->by_key, key);
}

static void keyed_forget(edo_keyed_seq *set, const edoi_seq_member *m) {
    (void)edo_map_remove_by_number(&set->by_key, m->key, NULL);
}

edo_keyed_seq *edo_keyed_seq_new(size_t item_size) {
    edo_keyed_seq *set = edoi_cache_get(sizeof *set);
    if (!set) return NULL;
    *set =
        (edo_keyed_seq){ .item_size = item_size,
                         .set = edoi_seq_set_new(),
                         .by_key = { .value_size = sizeof(edoi_seq_member *), .by_number = true } };
    if (set->set) return set;
    edoi_cache_put(set, sizeof *set);
    return NULL;
}

void edo_keyed_seq_free(edo_keyed_seq *set) {
    if (!set) return;
    edo_map_deinit(&set->by_key);
    edoi_seq_set_free(set->set);
    edoi_cache_put(set, sizeof *set);
}

/* Returns 0 with the sequence taken. */
static int keyed_add(edo_keyed_seq *set, uint64_t key, edo_seq *s) {
    if (!set || !s) return -ENOMEM;
    if (s->item_size != set->item_size) return -EINVAL;
    if (keyed_find(set, key)) return -EEXIST;
    int err = edo_map_reserve(&set->by_key, set->by_key.len + 1);
    if (err < 0) return err;
    edoi_seq_member *m = edoi_seq_set_add(set->set, s, key);
    if (!m) return -ENOMEM;
    int added = edo_map_put_by_number(&set->by_key, key, &m);
    EDO_INV("keyed inv. 1", added == 1 && set->by_key.len == edoi_seq_set_len(set->set));
    return 0;
}

int edo_keyed_seq_insert(edo_keyed_seq *set, uint64_t key, edo_seq *s) {
    int err = keyed_add(set, key, s);
    if (err < 0) edo_seq_free(s);
    return err;
}

edo_seq *edo_keyed_seq_remove(edo_keyed_seq *set, uint64_t key) {
    edoi_seq_member *m = set ? keyed_find(set, key) : NULL;
    if (!m) return NULL;
    keyed_forget(set, m);
    edo_seq *s = edoi_seq_set_remove(set->set, m);
    EDO_INV("keyed inv. 1", set->by_key.len == edoi_seq_set_len(set->set));
    if (edoi_seq_set_len(set->set) == 0) edoi_seq_set_tell(set->set);
    return s;
}

size_t edo_keyed_seq_len(const edo_keyed_seq *set) {
    return set ? edoi_seq_set_len(set->set) : 0;
}

/* ---- The next item --------------------------------------------------------------------------- */

/* Polls for one item. Ready with `*came`, where what has ended has left the set, and `*rc` 1; or
 * with `*rc` 0: the set is empty. */
static edo_polled keyed_poll_one(edo_keyed_seq *set, edo_cx *cx, void *item, edo_keyed_came *came,
                                 int *rc) {
    edoi_seq_member *from;
    int result;
    if (edoi_seq_set_poll(set->set, cx, item, &result, &from) == EDO_PENDING) return EDO_PENDING;
    *rc = from != NULL;
    if (!from) return EDO_READY;
    *came = (edo_keyed_came){ .key = from->key, .result = result };
    if (result != 0) return EDO_READY;
    keyed_forget(set, from);
    edoi_seq_set_end(set->set, from, cx);
    return EDO_READY;
}

static edo_polled keyed_next_poll(edo_future *base, edo_cx *cx) {
    edo_keyed_seq_item_next_future *f = (edo_keyed_seq_item_next_future *)(void *)base;
    if (edoi_budget_is_spent(cx)) return edoi_budget_wait(cx);
    uint32_t budget = cx->budget;
    int rc = -ENOMEM;
    if (f->set && keyed_poll_one(f->set, cx, f->items, f->came, &rc) == EDO_PENDING)
        return EDO_PENDING;
    if (cx->budget == budget) edoi_budget_debit(cx);
    return edo_future_finish(base, rc);
}

/* Fills the places while there are items. Returns how many are filled; 0: the set is empty if
 * `*is_empty`, else it has the waker of `cx`. */
static size_t keyed_fill(edo_keyed_seq_item_next_future *f, edo_cx *cx, bool *is_empty) {
    size_t n = 0;
    unsigned char *item = f->items;
    int rc = 1;
    while (n < f->n && !edoi_budget_is_spent(cx)) {
        if (keyed_poll_one(f->set, cx, item, &f->came[n], &rc) == EDO_PENDING || rc == 0) break;
        item += f->set->item_size;
        if (f->came[n++].result < 0) break; // the task's trail is of this failure
    }
    *is_empty = rc == 0;
    return n;
}

static edo_polled keyed_next_many_poll(edo_future *base, edo_cx *cx) {
    edo_keyed_seq_item_next_future *f = (edo_keyed_seq_item_next_future *)(void *)base;
    if (edoi_budget_is_spent(cx)) return edoi_budget_wait(cx);
    uint32_t budget = cx->budget;
    bool is_empty = false;
    size_t n = f->set ? keyed_fill(f, cx, &is_empty) : 0;
    if (n == 0 && f->set && !is_empty && f->n > 0) return EDO_PENDING;
    if (n > 0) edoi_seq_set_leave(f->set->set); // the look behind the last one may have left it
    if (cx->budget == budget) edoi_budget_debit(cx);
    return edo_future_finish(base, f->set ? (int)n : -ENOMEM);
}

static void keyed_next_drop(edo_future *base) {
    edo_keyed_seq_item_next_future *f = (edo_keyed_seq_item_next_future *)(void *)base;
    if (edo_future_is_over(base)) return; // the set may be gone
    if (f->set) edoi_seq_set_leave(f->set->set);
    edo_future_retire(base);
}

edo_future *edo_keyed_seq_item_next_init(edo_keyed_seq_item_next_future *f, edo_keyed_seq *set,
                                         edo_keyed_came *came, void *item) {
    static const edo_future_ops ops = { .poll = keyed_next_poll,
                                        .drop = keyed_next_drop,
                                        .name = "edo_keyed_seq_item_next",
                                        .size = sizeof(edo_keyed_seq_item_next_future) };
    f->set = set;
    f->came = came;
    f->items = item;
    return edo_future_init(&f->base, &ops);
}

edo_future *edo_keyed_seq_items_next_init(edo_keyed_seq_item_next_future *f, edo_keyed_seq *set,
                                          edo_keyed_came *came, void *items, size_t n) {
    static const edo_future_ops ops = { .poll = keyed_next_many_poll,
                                        .drop = keyed_next_drop,
                                        .name = "edo_keyed_seq_items_next",
                                        .size = sizeof(edo_keyed_seq_item_next_future) };
    f->set = set;
    f->came = came;
    f->items = items;
    f->n = n;
    return edo_future_init(&f->base, &ops);
}

/* ---- The end --------------------------------------------------------------------------------- */

static edo_polled keyed_shutdown_poll(edo_future *base, edo_cx *cx) {
    edo_keyed_seq *set = ((edo_keyed_seq_shutdown_future *)(void *)base)->set;
    if (edoi_budget_is_spent(cx)) return edoi_budget_wait(cx);
    if (set) {
        edo_map_deinit(&set->by_key);
        if (edoi_seq_set_poll_stop(set->set, cx) == EDO_PENDING) return EDO_PENDING;
    }
    if (!edoi_budget_is_spent(cx)) edoi_budget_debit(cx);
    edo_keyed_seq_free(set);
    return edo_future_finish(base, 0);
}

static void keyed_shutdown_drop(edo_future *base) {
    edo_keyed_seq *set = ((edo_keyed_seq_shutdown_future *)(void *)base)->set;
    if (edo_future_is_over(base)) return;
    if (set) edoi_seq_set_leave(set->set);
    edo_keyed_seq_free(set);
    edo_future_retire(base);
}

edo_future *edo_keyed_seq_shutdown_init(edo_keyed_seq_shutdown_future *f, edo_keyed_seq *set) {
    static const edo_future_ops ops = { .poll = keyed_shutdown_poll,
                                        .drop = keyed_shutdown_drop,
                                        .name = "edo_keyed_seq_shutdown",
                                        .size = sizeof(edo_keyed_seq_shutdown_future) };
    f->set = set;
    return edo_future_init(&f->base, &ops);
}

int edo_keyed_seq_shutdown(edo_keyed_seq *set) {
    edo_keyed_seq_shutdown_future f;
    return edo_await(edo_keyed_seq_shutdown_init(&f, set));
}

/* ---- Awaits ---------------------------------------------------------------------------------- */

int edo_keyed_seq_item_next(edo_keyed_seq *set, edo_keyed_came *came, void *item) {
    edo_keyed_seq_item_next_future f;
    return edo_await(edo_keyed_seq_item_next_init(&f, set, came, item));
}

int edo_keyed_seq_items_next(edo_keyed_seq *set, edo_keyed_came *came, void *items, size_t n) {
    edo_keyed_seq_item_next_future f;
    return edo_await(edo_keyed_seq_items_next_init(&f, set, came, items, n));
}
