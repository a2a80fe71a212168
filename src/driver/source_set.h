/* SPDX-License-Identifier: MIT */
/* driver/source_set.h: which sources a driver may have to be asked about when it goes.
 *
 *      set ──> branch ──> leaf, 2,048 sources: a bit each for "registered here" and for "has guests
 *      here"
 *
 * So the end of a driver, and of its thread's wait, costs in proportion to what is registered
 * there, however many sources there are elsewhere. A tree of bits, since a source has no place for
 * links: 64 bytes is what an idle connection costs.
 *
 * inv. 1: the bit of a registered source is there from before the first system call that makes it
 *         known to the driver until after the last that takes it back: whoever clears it is done
 *         with the driver.
 * inv. 2: a source with guests has both bits; there are none once the driver is left. */
#ifndef EDOI_DRIVER_SOURCE_SET_H
#define EDOI_DRIVER_SOURCE_SET_H

#include "base/lock.h"

#define EDOI_SOURCE_NONE UINT32_MAX

#define EDOI_SET_BRANCHES 64u

/* All zero is empty, and not left. */
typedef struct edoi_source_set {
    edoi_lock mu;      /* under the source's */
    bool is_left;      /* nobody turns the driver: no guest may come; lock: mu */
    uint32_t guests_n; /* sources with guests; lock: mu */
    struct edoi_set_branch *branches[EDOI_SET_BRANCHES]; /* grown by the driver's thread alone */
} edoi_source_set;

/* The driver's thread, with no lock: makes a place for the source at `index`. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_source_set_reserve(edoi_source_set *set, uint32_t index);

/* The source is locked, and its place was made: it is registered, again perhaps; it is no more. */
void edoi_source_set_add(edoi_source_set *set, uint32_t index);
void edoi_source_set_remove(edoi_source_set *set, uint32_t index);

/* The source is locked and registered: guests may wait for it here, which is refused (false) once
 * the driver is left; and none do any more, if any did. */
EDO_MUST_USE bool edoi_source_set_let_in(edoi_source_set *set, uint32_t index);
void edoi_source_set_let_out(edoi_source_set *set, uint32_t index);

/* Somebody turns the driver again. */
void edoi_source_set_enter(edoi_source_set *set);

/* Nobody does. Returns whether any source has guests: then they are found below. */
EDO_MUST_USE bool edoi_source_set_leave(edoi_source_set *set);

/* The first source from `index` on that is registered, or that has guests; EDOI_SOURCE_NONE: there
 * is none. */
uint32_t edoi_source_set_next(edoi_source_set *set, uint32_t index);
uint32_t edoi_source_set_next_guest(edoi_source_set *set, uint32_t index);

/* Frees all memory. Nothing is registered. */
void edoi_source_set_deinit(edoi_source_set *set);

#endif
