/* SPDX-License-Identifier: MIT */
/* sync/keyed/keyed_mutex.c: a mutex for each key.
 *
 * A user of an entry is a task that holds its mutex or waits for it, so the mutex stays where it is
 * until the last of them has left: one that unlocks counts until it does not touch the mutex any
 * more.
 *
 * The future is that of the mutex, with a first step in which it finds its entry: those who watch
 * locks see it as they see an edo_mutex_lock_future. */
#include "base/memory/cache.h"
#include "future/describe.h"
#include "locks/holders.h"
#include "stacks/made.h"
#include "sync/keyed/keyed.h"
#include "sync/mutex.h"

#include <edo/task.h>

#include <errno.h>

/* The key follows. */
struct edo_keyed_lock {
    edoi_keyed_entry entry;
    edo_mutex mutex;
};

struct edo_keyed_mutex {
    edoi_keyed keyed;
};

int edo_keyed_mutex_new(edo_keyed_mutex **out) {
    edo_keyed_mutex *k = edoi_calloc(1, sizeof *k);
    int err = k ? edoi_keyed_init(&k->keyed, sizeof(edo_keyed_lock)) : -ENOMEM;
    if (err < 0) {
        edoi_free(k);
        return err;
    }
    *out = k;
    return 0;
}

/* Its mutex may be held, by nobody from now on. */
static void keyed_lock_end(edoi_keyed_entry *e) {
    edo_keyed_lock *l = EDO_CONTAINER_OF(e, edo_keyed_lock, entry);
    (void)EDO_MISUSE(l->mutex.waiters.first, "edo_keyed_mutex_free while a task waits for a key");
    edoi_holder_remove(&l->mutex);
}

void edo_keyed_mutex_free(edo_keyed_mutex *k) {
    if (!k) return;
    edoi_keyed_deinit(&k->keyed, keyed_lock_end);
    edoi_free(k);
}

static edo_keyed_lock *keyed_lock_of(edo_mutex *m) {
    return EDO_CONTAINER_OF(m, edo_keyed_lock, mutex);
}

static void keyed_mutex_leave(edo_keyed_mutex *k, edo_keyed_lock *l) {
    edoi_lock_acquire(&k->keyed.lock);
    edoi_keyed_leave_and_release(&k->keyed, &l->entry);
}

/* The mutex of the key, of which the caller is a user then. NULL without memory. */
static edo_keyed_lock *keyed_mutex_enter(edo_keyed_mutex *k, edo_str key) {
    edoi_keyed_entry *e = edoi_keyed_enter(&k->keyed, key);
    if (!e) return NULL;
    e->users_n++; // a new one is all zero: an unlocked mutex
    edoi_lock_release(&k->keyed.lock);
    return EDO_CONTAINER_OF(e, edo_keyed_lock, entry);
}

/* ---- The future ------------------------------------------------------------------------------ */

static edo_polled keyed_mutex_poll(edo_future *base, edo_cx *cx) {
    edo_keyed_mutex_lock_future *f = (edo_keyed_mutex_lock_future *)(void *)base;
    if (!f->lock.mutex) {
        edo_keyed_lock *l = keyed_mutex_enter(f->keyed, f->key);
        if (!l) return edo_future_finish(base, -ENOMEM);
        f->lock.mutex = &l->mutex;
    }
    if (edoi_mutex_lock_poll(base, cx) == EDO_PENDING) return EDO_PENDING;
    *f->out = keyed_lock_of(f->lock.mutex);
    return EDO_READY;
}

static void keyed_mutex_drop(edo_future *base) {
    edo_keyed_mutex_lock_future *f = (edo_keyed_mutex_lock_future *)(void *)base;
    bool is_user = !edo_future_is_over(base) && f->lock.mutex;
    edoi_mutex_lock_drop(base);
    if (is_user) keyed_mutex_leave(f->keyed, keyed_lock_of(f->lock.mutex));
}

static void keyed_mutex_describe(const edo_future *base, edo_description *to) {
    const edo_keyed_mutex_lock_future *f = (const edo_keyed_mutex_lock_future *)(const void *)base;
    if (f->lock.mutex) edoi_describe_lock(to, f->lock.mutex);
}

edo_future *edo_keyed_mutex_lock_init(edo_keyed_mutex_lock_future *f, edo_keyed_mutex *k,
                                      edo_keyed_lock **lock, edo_str key) {
    static const edo_future_ops ops = { .poll = keyed_mutex_poll,
                                        .drop = keyed_mutex_drop,
                                        .name = "edo_keyed_mutex_lock",
                                        .size = sizeof(edo_keyed_mutex_lock_future),
                                        .flags = EDOI_FUTURE_WAITS_LOCK,
                                        .describe = keyed_mutex_describe };
    f->lock.mutex = NULL;
    f->keyed = k;
    f->out = lock;
    f->key = key;
    return edo_future_init(&f->lock.base, &ops);
}

int edo_keyed_mutex_lock(edo_keyed_mutex *k, edo_keyed_lock **lock, edo_str key) {
    edo_keyed_mutex_lock_future f;
    (void)edo_keyed_mutex_lock_init(&f, k, lock, key);
    f.lock.base.own = EDOI_MUTEX_CALLER_NOTES;
    int err = edo_await(&f.lock.base);
    if (err == 0) edoi_mutex_note(&(*lock)->mutex, false, EDOI_CALLER());
    return err;
}

/* ---- Without a wait -------------------------------------------------------------------------- */

int edo_keyed_mutex_try_lock(edo_keyed_mutex *k, edo_keyed_lock **lock, edo_str key) {
    edo_keyed_lock *l = keyed_mutex_enter(k, key);
    if (!l) return -ENOMEM;
    int err = edoi_mutex_try_lock(&l->mutex);
    if (err < 0) {
        keyed_mutex_leave(k, l);
        return err;
    }
    edoi_mutex_note(&l->mutex, true, EDOI_CALLER());
    *lock = l;
    return 0;
}

void edo_keyed_mutex_unlock(edo_keyed_mutex *k, edo_keyed_lock *lock) {
    if (!lock) return;
    edo_mutex_unlock(&lock->mutex);
    keyed_mutex_leave(k, lock);
}

void edo_keyed_mutex_given(edo_keyed_mutex *k, edo_keyed_lock *lock) {
    (void)k;
    edo_mutex_given(&lock->mutex);
}

size_t edo_keyed_mutex_len(edo_keyed_mutex *k) {
    return edoi_keyed_len(&k->keyed);
}
