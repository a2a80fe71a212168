/* SPDX-License-Identifier: MIT */
/* edo/slab.h: a pool of objects of one size, for objects that are made and freed often.
 *
 *     edo_slab *conns;
 *     if (edo_slab_new(&conns, sizeof(conn), NULL) < 0) …
 *     conn *c = edo_slab_get(conns);
 *     if (!c) …                                          // no memory
 *     edo_slab_put(conns, c);                            // on any thread
 *     edo_slab_free(conns);                              // when all are back
 *
 * An object has one owner, from get to put. A get takes the object that this thread put last, and a
 * put keeps it for the next get: no lock, no atomic read-modify-write, no allocation. A thread that
 * has too few or too many exchanges a batch with the other threads; beyond `kept_max` memory is
 * freed.
 *
 * A debug build of edo reports, with the places of get and put, and aborts when an object is put
 * twice or into another slab, when it is written to after it was put, and when a slab is freed
 * while objects are out. Under address sanitizer any use of a free object is an error, and a lost
 * object is a leak.
 *
 * The functions of the options must not await: edo remembers the thread that they began on. An
 * await in one of them is misuse, as after edo_no_await_begin().
 *
 * Unless a function says otherwise:
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_SLAB_H
#define EDO_SLAB_H

#include <edo/base.h>

#ifdef EDOI_IS_GCC
#    pragma GCC system_header
#     34 __FILE__
#endif

EDO_BEGIN_DECLS

typedef struct edo_slab edo_slab;

/* Options of edo_slab_new(); all zero is the default: objects are plain memory, not cleared. */
typedef struct edo_slab_opts {
    const char *name; /* for reports; borrowed as long as the slab lives; NULL: "unnamed" */
    bool zeroed;      /* each get returns cleared memory; not together with the functions */
    size_t kept_max;  /* free objects kept, by all threads together; 0: 1 MiB of them, at least
                         64 objects */
    /* Any may be NULL. If one is set an object keeps its bytes from put to get. */
    int (*construct)(void *arg,
                     void *object); /* once, when its memory is new; a negative code makes the
                                       get fail */
    void (*reset)(void *arg, void *object);    /* at each put, to make it ready for the next get */
    void (*destruct)(void *arg, void *object); /* before its memory is freed */
    void *arg;                                 /* of the three functions */
    uint64_t reserved[4];                      /* must be 0 */
} edo_slab_opts;

/* Numbers of a slab, see edo_slab_get_stats(). */
typedef struct edo_slab_stats {
    uint64_t in_use;     /* objects got and not yet put */
    uint64_t kept;       /* free objects kept for the next get */
    uint64_t made;       /* times that memory was allocated; constant in a steady state */
    uint64_t bytes;      /* memory of both kinds of objects, links included */
    uint64_t bytes_most; /* high-water mark of `bytes` */
} edo_slab_stats;

/** Makes a pool of objects of `bytes` bytes, aligned for any type. `opts` may be NULL.
 * Owns:    returns new: edo_slab_free(). Copies `opts`.
 * Errors:  -EINVAL  `bytes` is 0 or above 1 GiB, a reserved field is not 0, or `zeroed` is set
 *                   together with a function
 *          -ENOMEM  no memory
 * Threads: any. */
EDO_MUST_USE EDO_API int edo_slab_new(edo_slab **out, size_t bytes, const edo_slab_opts *opts);

/** Ends the pool: destructs the free objects and frees the memory. NULL is allowed.
 *
 * Every object must have been put, and no thread may use the pool any more. If objects are out a
 * debug build reports them and aborts; a release build leaves the pool and the objects as they are.
 * Owns: takes `s`.   Threads: any, after the last use by others. */
EDO_API void edo_slab_free(edo_slab *s);

/** Returns an object: the one that this thread put last, or another kept one, or a new one. A macro
 * over edo_slab_get_at(), which also takes the place of the call.
 * Owns: returns new: edo_slab_put().   Errors: NULL without memory, or when `construct` failed. */
#define edo_slab_get(s) edo_slab_get_at((s), EDOI_PLACE)
EDO_MUST_USE EDO_API void *edo_slab_get_at(edo_slab *s, const char *place);

/** Gives an object back: calls `reset`, then keeps the object or, beyond `kept_max`, destructs and
 * frees it. NULL is allowed. A macro over edo_slab_put_at(), which also takes the place of the
 * call.
 * Owns:    takes `object`, which edo_slab_get() of the same pool returned. */
#define edo_slab_put(s, object) edo_slab_put_at((s), (object), EDOI_PLACE)
EDO_API void edo_slab_put_at(edo_slab *s, void *object, const char *place);

/** Frees the memory of free objects, for use after a burst, and returns how many objects it
 * freed. Objects that other living threads keep for themselves stay: at most 64 KiB or two
 * objects each. */
EDO_API size_t edo_slab_trim(edo_slab *s);

/** Reads the pool's numbers. While other threads get and put, each number is of its own moment.
 * Owns:    fills `*out`. */
EDO_API void edo_slab_get_stats(edo_slab *s, edo_slab_stats *out);

EDO_END_DECLS

#endif
