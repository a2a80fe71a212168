/* SPDX-License-Identifier: MIT */
/* driver/source.h: the inside of a source, for the drivers, and the pool that sources come
 * from. */
#ifndef EDOI_DRIVER_SOURCE_H
#define EDOI_DRIVER_SOURCE_H

#include "driver/driver.h"
#include "driver/source_set.h"
#include "driver/source_waiters.h"

/* With its head before it one cache line, which is what an idle connection costs beside its
 * task. */
struct edoi_source {
    edoi_lock mu;                /* leaf */
    uint32_t generation;         /* lock: mu */
    edo_atomic_u32 ready[2];     /* atomic: R1, R2; of each direction, see source.c; set under mu */
    edoi_source_waiters waiters; /* lock: mu */
    uintptr_t home[2]; /* of each direction: the driver that it is registered with, 0: none; bit 0:
                                guests may wait, see source.c; lock: mu */
    uint32_t index;    /* const: its place in the pool */
    union {
        int fd;        /* const while in use; -1: none yet */
        int next_free; /* lock: the pool's; negative, so that a free source has no descriptor */
    };
};

_Static_assert(EDOI_SOURCE_HEAD + sizeof(struct edoi_source) == 64 || sizeof(void *) != 8,
               "64 bytes are promised");

/* ---- For drivers ----------------------------------------------------------------------------- */

/* What happened to a descriptor. */
#define EDOI_EVENT_READ   1u /* there may be input */
#define EDOI_EVENT_WRITE  2u /* there may be room */
#define EDOI_EVENT_HUNG   4u /* hang-up or error: wakes both directions, for good */
#define EDOI_EVENT_URGENT 8u /* beside READ: a read ends at the urgent mark, however much follows */

/* The source that was registered under `token`, perhaps in use by somebody else by now; NULL: the
 * token is of no source. Its memory is asked for. */
edoi_source *edoi_source_expect(uint64_t token);

/* Asks for the memory of who waits for the source. */
void edoi_source_expect_waiter(const edoi_source *s);

/* An event for the source that was registered under `token`, and is `s`; dropped if that one is
 * gone. */
void edoi_source_event(edoi_source *s, uint64_t token, uint32_t what);

/* Source.c's. */
edoi_source_set *edoi_driver_get_sources(edoi_driver *d);

/* A driver's part of edoi_source_wait(): the kernel reports the directions `now` (bits 1u << dir)
 * of the descriptor, 0 for none, where it reported `before`. What is ready already is reported
 * anew. */
EDO_MUST_USE int edoi_driver_report(edoi_driver *d, int fd, uint64_t token, uint32_t before,
                                    uint32_t now);

/* ---- The pool -------------------------------------------------------------------------------- */

/* A source without a descriptor; NULL without memory. It is zero, or as its last user left it. */
EDO_MUST_USE edoi_source *edoi_source_pool_get(void);

void edoi_source_pool_put(edoi_source *s);

/* The source at an index; NULL if there never was one. */
edoi_source *edoi_source_pool_at(uint32_t index);

#endif
