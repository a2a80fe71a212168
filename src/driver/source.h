/* SPDX-License-Identifier: MIT */
/* driver/source.h: the internals of a source, for the drivers, and the pool of sources. */
#ifndef EDOI_DRIVER_SOURCE_H
#define EDOI_DRIVER_SOURCE_H

#include "driver/driver.h"
#include "driver/source_set.h"
#include "driver/source_waiters.h"

/* One cache line together with its head: the cost of an idle connection besides its task. */
struct edoi_source {
    edoi_lock mu;            /* leaf */
    uint32_t generation;     /* lock: mu */
    edo_atomic_u32 ready[2]; /* atomic: RD1, RD2; of each direction, see source.c; set under mu */
    edoi_source_waiters waiters; /* lock: mu */
    uintptr_t home[2]; /* per direction: the driver it is registered with, 0: none; bit 0: guests
                          may wait, see source.c; lock: mu */
    uint32_t index;    /* const: position in the pool */
    union {
        int fd;        /* const while in use; -1: none yet. Written as an atomic, for looks */
        int next_free; /* lock: the pool's; negative, as a free source has no descriptor */
    };
};

_Static_assert(EDOI_SOURCE_HEAD + sizeof(struct edoi_source) == 64 || sizeof(void *) != 8,
               "64 bytes are promised");

/* ---- For drivers ----------------------------------------------------------------------------- */

/* Events of a descriptor. */
#define EDOI_EVENT_READ   1u /* there may be input */
#define EDOI_EVENT_WRITE  2u /* there may be room */
#define EDOI_EVENT_HUNG   4u /* hang-up or error: wakes both directions, for good */
#define EDOI_EVENT_URGENT 8u /* with READ: a read stops at the urgent mark even if more follows */

/* The source registered under `token`, possibly reused by now; NULL: the token is no source's.
 * Prefetches it. */
edoi_source *edoi_source_expect(uint64_t token);

/* Prefetches the last waiter of the source. */
void edoi_source_expect_waiter(const edoi_source *s);

/* Handles an event for `s`, registered under `token`; dropped if that registration's source was
 * freed. */
void edoi_source_event(edoi_source *s, uint64_t token, uint32_t what);

/* In models, where each access of an atomic is a step, plain memory. */
#ifdef EDOI_MODEL
#    define EDOI_SOURCE_LOAD(at)     (*(at))
#    define EDOI_SOURCE_STORE(at, n) ((void)(*(at) = (n)))
#else
#    define EDOI_SOURCE_LOAD(at)     EDOI_ATOMIC_LOAD(at, EDOI_RELAXED)
#    define EDOI_SOURCE_STORE(at, n) EDOI_ATOMIC_STORE(at, n, EDOI_RELAXED)
#endif

/* The descriptor of the source, for a record: that of another one if the source was freed
 * meanwhile. */
EDOI_INLINE uint64_t edoi_source_seen_fd(const edoi_source *s) {
    return (uint64_t)EDOI_SOURCE_LOAD(&s->fd);
}

/* The driver's set of sources, for source.c. */
edoi_source_set *edoi_driver_get_sources(edoi_driver *d);

/* The driver's part of edoi_source_wait(): makes the kernel report the directions `now` (bits 1u <<
 * dir) of the descriptor, 0 for none, instead of `before`. Present readiness is reported again. */
EDO_MUST_USE int edoi_driver_report(edoi_driver *d, int fd, uint64_t token, uint32_t before,
                                    uint32_t now);

/* ---- The pool -------------------------------------------------------------------------------- */

/* A source without a descriptor; NULL without memory. It is zero, or as its last user left it. */
EDO_MUST_USE edoi_source *edoi_source_pool_get(void);

void edoi_source_pool_put(edoi_source *s);

/* The source at an index; NULL if there never was one. */
edoi_source *edoi_source_pool_at(uint32_t index);

/* Notes who has opened the descriptor of a source: a text that stays; NULL: it has none. 8 bytes
 * beside the source, so that its cache line is left to what uses it. */
void edoi_source_pool_note_maker(const edoi_source *s, const char *maker);

EDOI_INLINE void edoi_source_set_fd(edoi_source *s, int fd) {
    EDOI_SOURCE_STORE(&s->fd, fd); // relaxed: others only count it
}

#endif
