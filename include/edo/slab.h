/* SPDX-License-Identifier: MIT */
/* edo/slab.h: a pool of objects of one size, for what comes and goes often.
 *
 *     edo_slab *conns;
 *     if (edo_slab_new(&conns, sizeof(conn), NULL) < 0) …
 *     conn *c = edo_slab_get(conns);
 *     if (!c) …                                          // no memory
 *     edo_slab_put(conns, c);                            // on whatever thread
 *     edo_slab_free(conns);                              // when all are back
 *
 * An object has one owner, from get to put. Getting takes the object that this thread put last, and
 * putting keeps it for the next: no lock, no atomic read-modify-write, no allocation. A thread that
 * runs short or has too many exchanges a batch with the others; beyond `kept_max` memory goes back.
 *
 * A debug build of edo ends the program by name when an object is put twice or into a slab that it
 * is not of, when one is written to after it was put, and when a slab is freed while objects are
 * out: with the places where they were got and put. With address-sanitizer any use of a free object
 * is an error, and an object that was lost is a leak like any other.
 *
 * The functions of the options must not wait: the thread that they began on is kept in mind. */
#ifndef EDO_SLAB_H
#define EDO_SLAB_H

#include <edo/base.h>

EDO_BEGIN_DECLS

typedef struct edo_slab edo_slab;

/* Options of edo_slab_new(); all zero is the default: objects are plain memory, not cleared. */
typedef struct edo_slab_opts {
    const char *name; /* for reports; borrowed as long as the slab; NULL: "unnamed" */
    bool zeroed;      /* each get returns cleared memory; not together with the functions */
    size_t kept_max;  /* free objects that are kept, by all threads together; 0: 1 MiB of them, at
                         least 64 */
    /* Any may be NULL. With one of them an object keeps its bytes from put to get. */
    int (*construct)(void *arg,
                     void *object); /* once, when its memory is new; a negative code lets the
                                       get fail */
    void (*reset)(void *arg, void *object);    /* at each put, to make it ready for the next get */
    void (*destruct)(void *arg, void *object); /* before its memory goes back */
    void *arg;                                 /* of the three functions */
    uint64_t reserved[4];                      /* must be 0 */
} edo_slab_opts;

/* What edo_slab_get_stats() returns. */
typedef struct edo_slab_stats {
    uint64_t in_use;     /* objects got and not yet put */
    uint64_t kept;       /* free objects that wait for the next get */
    uint64_t made;       /* times that memory was asked for; stands still in a steady state */
    uint64_t bytes;      /* of memory, of both kinds of objects, links included */
    uint64_t bytes_most; /* high-water mark of `bytes` */
} edo_slab_stats;

/**
 * Makes a pool of objects of `bytes` bytes, aligned for any type. `opts` may be NULL.
 *
 * Owns:    returns new: edo_slab_free(). Copies `opts`.
 * Errors:  -EINVAL  `bytes` is 0 or above 1 GiB, a reserved field is not 0, or `zeroed` stands
 *                   together with a function
 *          -ENOMEM  no memory
 * Threads: any.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_slab_new(edo_slab **out, size_t bytes, const edo_slab_opts *opts);

/**
 * Ends the pool: the free objects are destructed, memory goes back. NULL is allowed.
 *
 * Every object must have been put, and no thread may use the pool any more. A debug build reports
 * what is still out and aborts; a release build leaves such a pool, and the objects, as they are.
 *
 * Owns:    takes `s`.
 * Threads: any, after all others are through with it.   Waits: never.   Since: 0.1
 */
EDO_API void edo_slab_free(edo_slab *s);

/**
 * An object: the one that this thread put last, or another kept one, or a new one. A macro over
 * edo_slab_get_at(), which also takes the place of the call.
 *
 * Owns:    returns new: edo_slab_put().
 * Errors:  NULL without memory, or when `construct` failed.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
#define edo_slab_get(s) edo_slab_get_at((s), EDOI_PLACE)
EDO_API EDO_MUST_USE void *edo_slab_get_at(edo_slab *s, const char *place);

/**
 * Gives an object back, on whatever thread: `reset` is called, then it is kept or, beyond
 * `kept_max`, destructed and freed. NULL is allowed. A macro over edo_slab_put_at(), which also
 * takes the place.
 *
 * Owns:    takes `object`, which edo_slab_get() of the same pool returned.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
#define edo_slab_put(s, object) edo_slab_put_at((s), (object), EDOI_PLACE)
EDO_API void edo_slab_put_at(edo_slab *s, void *object, const char *place);

/**
 * Gives the memory of free objects back, after a burst: all but what other living threads keep for
 * themselves, at most 64 KiB or two objects each. Returns how many objects were freed.
 *
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API size_t edo_slab_trim(edo_slab *s);

/**
 * Returns the pool's numbers. While other threads get and put, they are those of some moment each.
 *
 * Owns:    fills `*out`.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API void edo_slab_get_stats(edo_slab *s, edo_slab_stats *out);

EDO_END_DECLS

#endif
