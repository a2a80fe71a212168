/* SPDX-License-Identifier: MIT */
/* edo/once.h: values that are made or set once.
 *
 * An edo_once is made by the first task that asks for it; tasks that ask meanwhile wait:
 *
 *     static edo_once config = EDO_ONCE_INIT;
 *
 *     static int load_config(void **value, void *path);   // may await
 *
 *     void *value;
 *     int err = edo_once_get_or_load(&config, &value, load_config, path);
 *
 * If the load fails, or its task is cancelled, that task gets the failure, and the task that waits
 * longest runs its own load.
 *
 * An edo_setonce is set by one task, and awaited by any number of others:
 *
 *     static edo_setonce address = EDO_SETONCE_INIT;
 *
 *     err = edo_setonce_set(&address, &bound);            // once
 *     err = edo_setonce_wait(&address, &value);           // in other tasks
 *
 * A value is a pointer that is not NULL. Whatever it points to is the program's: edo never frees
 * it, and all tasks share it. A task that gets the pointer sees what was written before the pointer
 * was set. A value never changes while others use it: for one that does, use an edo_watch.
 *
 * Unless a function says otherwise:
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_ONCE_H
#define EDO_ONCE_H

#include <edo/future.h>

EDO_BEGIN_DECLS

/* ---- Made by the first that asks ------------------------------------------------------------- */

/* A value that is made once. You place it; it needs no cleanup, and must not move or end while
 * anything waits for it or loads it. Fields are edo's. */
typedef struct edo_once {
    edo_atomic_ptr value;  /* atomic; written under lock */
    edoi_lock lock;        /* a leaf */
    uint32_t loading;      /* lock: lock; a load has begun, or may begin */
    edo_wait_list waiters; /* lock: lock */
} edo_once;

/* Without a value; zeroed memory is so too. */
#define EDO_ONCE_INIT                                                                              \
    { EDOI_ATOMIC_INIT(0), EDOI_LOCK_INIT, 0, EDOI_WAIT_LIST_INIT }

/* Makes the value: stores it in `*value` and returns 0 or more, or returns a negative code. It may
 * await. */
typedef int edo_once_load_fn(void **value, void *arg);

/* Future behind edo_once_get_or_load(). */
typedef struct edo_once_get_or_load_future {
    edo_future base;
    edo_once *once;     /* borrowed */
    edo_wait_node node; /* on once->waiters while it waits; lock: once->lock */
    edo_future *load;   /* until it has ended */
    void **value;
} edo_once_get_or_load_future;

/** Returns the value, or NULL if there is none yet.
 * Owns:    the value is the program's. */
EDO_API void *edo_once_get(const edo_once *once);

/** Stores the value in `*value`, which `load(value, arg)` makes if there is none: on the calling
 * task, for one task at a time. Returns 0 or a negative code.
 *
 * A `load` that asks for the value it is to make waits for itself. One that returns 0 or more
 * without a value is misuse: debug builds report it; release builds return -EDO_EMISUSE and let the
 * next task load.
 * Owns:    borrows `once`, `value` and `arg` until return; `*value` is written on success only. The
 *          value is the program's, for as long as `once` is used.
 * Errors:  -ECANCELED  this task was cancelled or a deadline around it passed while it waited
 *          -EDEADLK    nobody could end the wait; only after edo_locks_watch() with `fails`
 *          any code that `load` returned
 * Cancel:  safe for the others: if this task is cancelled while it loads, the next await of `load`
 *          returns -ECANCELED; if `load` then fails, the task that waits longest runs its own load.
 *          The place in line is lost.
 * Waits:   for a load of another task, and what `load` awaits. */
EDO_MUST_USE EDO_API int edo_once_get_or_load(edo_once *once, void **value, edo_once_load_fn *load,
                                              void *arg);

/** A future that is ready (0) when the value is in `*value`. If there is none when its turn comes
 * it polls `load` to its end; once `load` is ready with 0 or more it must have stored the value in
 * `*value`, which is NULL before, and stays so if the load fails.
 * Owns:    borrows `once` and `value` until ready or dropped; takes `load`, which is dropped, if
 *          this future is or another task has made the value.
 * Errors:  any code that `load` ended with; -ENOMEM  `load` is NULL: it could not be made
 * Cancel:  safe for the others: if it is dropped the future that waits longest polls its own load.
 *          The progress of `load`, and the place in line, are lost.
 * Threads: one at a time for the future; any for `once`.
 * Waits:   for a load of another task, and for `load`. */
EDO_MUST_USE EDO_API edo_future *edo_once_get_or_load_init(edo_once_get_or_load_future *f,
                                                           edo_once *once, void **value,
                                                           edo_future *load);

/** Sets the value, unless there is one.
 * Owns:    borrows `once`; `value`, which is not NULL, stays the program's.
 * Errors:  -EALREADY     there is a value
 *          -EBUSY        a task is about to make it
 *          -EDO_EMISUSE  `value` is NULL; debug builds report it */
EDO_MUST_USE EDO_API int edo_once_set(edo_once *once, void *value);

/** Takes the value out, so that it can be freed or made anew, and returns it; NULL if there is
 * none.
 * Owns:    returns the program's value. No task may go on using it.
 * Threads: one, while no other thread uses `once`. */
EDO_API void *edo_once_take(edo_once *once);

/* ---- Set once, awaited ----------------------------------------------------------------------- */

/* A value that is set once. You place it; it needs no cleanup, and must not move or end while
 * anything waits for it. Fields are edo's. */
typedef struct edo_setonce {
    edo_atomic_ptr value;  /* atomic; written under lock */
    edoi_lock lock;        /* a leaf */
    edo_wait_list waiters; /* lock: lock */
} edo_setonce;

/* Without a value; zeroed memory is so too. */
#define EDO_SETONCE_INIT                                                                           \
    { EDOI_ATOMIC_INIT(0), EDOI_LOCK_INIT, EDOI_WAIT_LIST_INIT }

/* Future behind edo_setonce_wait(). */
typedef struct edo_setonce_wait_future {
    edo_future base;
    edo_setonce *setonce; /* borrowed */
    edo_wait_node node;   /* on setonce->waiters while pending; lock: setonce->lock */
    void **value;         /* may be NULL */
} edo_setonce_wait_future;

/** Sets the value and wakes all waiters.
 *
 * The call does not touch the setonce after that: its memory may be gone as soon as all that waited
 * have returned from edo_setonce_wait(). edo_setonce_get() does not promise that.
 * Owns:    borrows `setonce`; `value`, which is not NULL, stays the program's.
 * Errors:  -EALREADY     it is set; the value stays as it was
 *          -EDO_EMISUSE  `value` is NULL; debug builds report it */
EDO_MUST_USE EDO_API int edo_setonce_set(edo_setonce *setonce, void *value);

/** Waits until the value is set, and stores it in `*value`; `value` may be NULL.
 * Owns:    borrows `setonce`; the value is the program's.
 * Errors: -ECANCELED  this task was cancelled or a deadline around it passed   Cancel: safe.
 * Waits:   until the value is set. */
EDO_MUST_USE EDO_API int edo_setonce_wait(edo_setonce *setonce, void **value);
EDO_MUST_USE EDO_API edo_future *edo_setonce_wait_init(edo_setonce_wait_future *f,
                                                       edo_setonce *setonce, void **value);

/** Returns the value, or NULL if it is not set yet.
 * Owns:    the value is the program's. */
EDO_API void *edo_setonce_get(const edo_setonce *setonce);

EDO_END_DECLS

#endif
