/* SPDX-License-Identifier: MIT */
/* sync/keyed/keyed_sem.c: how many permits of each key are in use, and who waits for one.
 *
 * A user of an entry is a permit in use. A permit that is given back goes to the waiter that waits
 * longest, and stays in use.
 *
 * inv. 1: tasks wait for permits of a key only while all of them are in use; so a key with waiters
 *         is in the table.
 *
 * Everything happens under the lock of the table. */
#include "base/assert.h"
#include "base/memory/cache.h"
#include "future/describe.h"
#include "future/fate.h"
#include "sync/keyed/keyed.h"

#include <edo/sem.h>
#include <edo/task.h>

#include <errno.h>

/* Steps of the future. */
#define FRESH   0u
#define WAITING 1u

/* Each permit of a key is a pointer to this, which the key follows. */
struct edo_keyed_permit {
    edoi_keyed_entry entry;
    edo_wait_list waiters; /* lock: that of the table */
};

struct edo_keyed_sem {
    edoi_keyed keyed;
    uint32_t most; /* const */
};

int edo_keyed_sem_new(edo_keyed_sem **out, uint32_t most) {
    if (most == 0) return -EINVAL;
    edo_keyed_sem *k = edoi_calloc(1, sizeof *k);
    int err = k ? edoi_keyed_init(&k->keyed, sizeof(edo_keyed_permit)) : -ENOMEM;
    if (err < 0) {
        edoi_free(k);
        return err;
    }
    k->most = most;
    *out = k;
    return 0;
}

static edo_keyed_permit *permit_of(edoi_keyed_entry *e) {
    return EDO_CONTAINER_OF(e, edo_keyed_permit, entry);
}

static void permit_end(edoi_keyed_entry *e) {
    const edo_keyed_permit *p = permit_of(e);
    (void)EDO_MISUSE(p->waiters.first, "edo_keyed_sem_free while a task waits for a key");
}

void edo_keyed_sem_free(edo_keyed_sem *k) {
    if (!k) return;
    edoi_keyed_deinit(&k->keyed, permit_end);
    edoi_free(k);
}

/* Called with the lock held. */
static bool permit_is_free(const edo_keyed_sem *k, const edo_keyed_permit *p) {
    EDO_INV("keyed_sem inv. 1", !p->waiters.first || p->entry.users_n == k->most);
    return p->entry.users_n < k->most;
}

int edo_keyed_sem_try_acquire(edo_keyed_sem *k, edo_keyed_permit **out, edo_str key) {
    edoi_keyed_entry *e = edoi_keyed_enter(&k->keyed, key);
    if (!e) return -ENOMEM;
    bool is_free = permit_is_free(k, permit_of(e));
    if (is_free) e->users_n++;
    edoi_lock_release(&k->keyed.lock);
    if (!is_free) return -EAGAIN;
    *out = permit_of(e);
    return 0;
}

void edo_keyed_sem_release(edo_keyed_sem *k, edo_keyed_permit *permit) {
    if (!permit) return;
    edoi_lock_acquire(&k->keyed.lock);
    edo_wait_node *node = edoi_wait_pop(&permit->waiters);
    if (!node) {
        edoi_keyed_leave_and_release(&k->keyed, &permit->entry);
        return;
    }
    edoi_granted_set(node);
    edo_waker *marked = edo_waker_mark(node->waker);
    edoi_lock_release(&k->keyed.lock);
    edo_waker_deliver(marked);
}

size_t edo_keyed_sem_len(edo_keyed_sem *k) {
    return edoi_keyed_len(&k->keyed);
}

/* ---- Waiting --------------------------------------------------------------------------------- */

/* The first look. Returns 0 with a permit, -EAGAIN: `f` waits; -ENOMEM. */
static int keyed_sem_join(edo_keyed_sem_acquire_future *f, edo_waker *waker) {
    edo_keyed_sem *k = f->sem;
    edoi_keyed_entry *e = edoi_keyed_enter(&k->keyed, f->key);
    if (!e) return -ENOMEM;
    f->at = permit_of(e);
    bool is_free = permit_is_free(k, f->at);
    if (is_free) {
        e->users_n++;
    } else {
        edoi_wait_push(&f->at->waiters, &f->node, waker);
    }
    edoi_lock_release(&k->keyed.lock);
    return is_free ? 0 : -EAGAIN;
}

static int keyed_sem_look(edo_keyed_sem_acquire_future *f, edo_waker *waker) {
    edoi_lock_acquire(&f->sem->keyed.lock);
    bool has_permit = edoi_granted(&f->node);
    if (!has_permit) edoi_wait_renew(&f->node, waker);
    edoi_lock_release(&f->sem->keyed.lock);
    return has_permit ? 0 : -EAGAIN;
}

/* The first poll looks also without budget, since the key is borrowed until then. The node keeps a
 * permit that it gets for the next one. */
static edo_polled keyed_sem_acquire_poll(edo_future *base, edo_cx *cx) {
    edo_keyed_sem_acquire_future *f = (edo_keyed_sem_acquire_future *)(void *)base;
    bool is_first = edo_future_step(base) == FRESH, has_budget = edo_budget_take(cx);
    if (!has_budget && !is_first) return EDO_PENDING;
    int err = is_first ? keyed_sem_join(f, edo_cx_waker(cx)) : keyed_sem_look(f, edo_cx_waker(cx));
    if (err == 0 && !has_budget) {
        edoi_granted_set(&f->node); // without the lock: the node was in no list
        err = -EAGAIN;
    }
    if (err == -EAGAIN) {
        edo_future_next_step(base, WAITING);
        if (has_budget) edo_budget_refund(cx);
        return EDO_PENDING;
    }
    if (err == 0) *f->permit = f->at;
    return edo_future_finish(base, err);
}

static void keyed_sem_acquire_drop(edo_future *base) {
    edo_keyed_sem_acquire_future *f = (edo_keyed_sem_acquire_future *)(void *)base;
    if (!edo_future_is_over(base) && edo_future_step(base) == WAITING) {
        edoi_lock_acquire(&f->sem->keyed.lock);
        bool has_permit = edoi_granted(&f->node);
        if (!has_permit) edoi_wait_remove(&f->at->waiters, &f->node);
        edoi_lock_release(&f->sem->keyed.lock);
        if (has_permit) edo_keyed_sem_release(f->sem, f->at);
    }
    edo_future_retire(base);
}

static void keyed_sem_acquire_describe(const edo_future *base, edo_description *to) {
    const edo_keyed_sem_acquire_future *f =
        (const edo_keyed_sem_acquire_future *)(const void *)base;
    edo_describe_text(to, " of a key of %p", (const void *)f->sem);
}

edo_future *edo_keyed_sem_acquire_init(edo_keyed_sem_acquire_future *f, edo_keyed_sem *k,
                                       edo_keyed_permit **permit, edo_str key) {
    static const edo_future_ops ops = { .poll = keyed_sem_acquire_poll,
                                        .drop = keyed_sem_acquire_drop,
                                        .name = "edo_keyed_sem_acquire",
                                        .size = sizeof(edo_keyed_sem_acquire_future),
                                        .describe = keyed_sem_acquire_describe };
    f->sem = k;
    f->permit = permit;
    f->key = key;
    f->at = NULL;
    return edo_future_init(&f->base, &ops);
}

int edo_keyed_sem_acquire(edo_keyed_sem *k, edo_keyed_permit **permit, edo_str key) {
    edo_keyed_sem_acquire_future f;
    return edo_await(edo_keyed_sem_acquire_init(&f, k, permit, key));
}
