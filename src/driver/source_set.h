/* SPDX-License-Identifier: MIT */
/* driver/source_set.h: the sources that a driver must handle when it is freed or its thread leaves.
 *
 *      set ──> branch ──> leaf, 2,048 sources: a bit each for "registered here" and for "has guests
 *      here"
 *
 * So freeing or leaving a driver takes time in proportion to the sources registered there, not to
 * all sources. It is a tree of bits, since a source of 64 bytes, the cost of an idle connection,
 * has no room for links.
 *
 * inv. 1: the bit of a registered source is set before the first system call that registers it with
 *         the driver, and cleared after the last: the thread that clears it does not touch the
 *         driver any more.
 * inv. 2: a source with guests has both bits set; a driver that was left has no guests. */
#ifndef EDOI_DRIVER_SOURCE_SET_H
#define EDOI_DRIVER_SOURCE_SET_H

#include "base/lock.h"

#define EDOI_SOURCE_NONE UINT32_MAX

#define EDOI_SET_BRANCHES 64u

/* All zero is an empty set, not left. */
typedef struct edoi_source_set {
    edoi_lock mu;      /* below the source's lock */
    bool is_left;      /* no thread turns the driver, so no guest may come; lock: mu */
    uint32_t guests_n; /* sources with guests; lock: mu */
    struct edoi_set_branch *branches[EDOI_SET_BRANCHES]; /* grown only by the driver's thread */
} edoi_source_set;

/* The driver's thread, with no lock held: makes room for the source at `index`. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_source_set_reserve(edoi_source_set *set, uint32_t index);

/* Records that a source is registered (perhaps again), or no more. Called with the source locked
 * and room reserved. */
void edoi_source_set_add(edoi_source_set *set, uint32_t index);
void edoi_source_set_remove(edoi_source_set *set, uint32_t index);

/* let_in: guests may now wait here for the source; refused (false) once the driver was left.
 * let_out: no guests wait any more. Called with the source locked and registered. */
EDO_MUST_USE bool edoi_source_set_let_in(edoi_source_set *set, uint32_t index);
void edoi_source_set_let_out(edoi_source_set *set, uint32_t index);

/* A thread turns the driver again. */
void edoi_source_set_enter(edoi_source_set *set);

/* No thread turns the driver any more. True: some source has guests, found by the function
 * below. */
EDO_MUST_USE bool edoi_source_set_leave(edoi_source_set *set);

/* The first source from `index` on that is registered, or that has guests; EDOI_SOURCE_NONE: there
 * is none. */
uint32_t edoi_source_set_next(edoi_source_set *set, uint32_t index);
uint32_t edoi_source_set_next_guest(edoi_source_set *set, uint32_t index);

/* Frees all memory. No source is registered. */
void edoi_source_set_deinit(edoi_source_set *set);

#endif
