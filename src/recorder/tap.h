/* SPDX-License-Identifier: MIT */
/* recorder/tap.h: reads what the rings record, while it is recorded, all rings in the order of
 * time: for a console in this process.
 *
 *     edoi_recorder_tap_turn(tap);
 *     while (edoi_recorder_tap_next(tap, &event)) …
 *
 * A tap writes nothing that other threads read, and its reader never waits. It begins at the rings'
 * present heads when it is made. Events that were overwritten before they were read are counted.
 *
 * Threads: one at a time. */
#ifndef EDOI_RECORDER_TAP_H
#define EDOI_RECORDER_TAP_H

#include "recorder/format.h"

typedef struct edoi_recorder_tap edoi_recorder_tap;

typedef struct edoi_recorder_tapped {
    int64_t ns;    /* of CLOCK_MONOTONIC */
    uint64_t task; /* its address */
    uint64_t arg;
    uint16_t small;
    uint8_t kind; /* edoi_recorder_kind */
} edoi_recorder_tapped;

/* Makes one, of a recorder that was started. `except`: the id of the runtime whose workers' events
 * are passed over. Errors: -ENODATA  the recorder was never started;  -ENOMEM */
EDO_MUST_USE EDO_API int edoi_recorder_tap_new(edoi_recorder_tap **out, uint64_t except);
EDO_API void edoi_recorder_tap_free(edoi_recorder_tap *t);

/* Lets edoi_recorder_tap_next() go on until the events of this moment; later ones have their turn
 * next time. */
EDO_API void edoi_recorder_tap_turn(edoi_recorder_tap *t);

/* Writes the next event to `*out`; false: there is none in this turn. */
EDO_MUST_USE EDO_API bool edoi_recorder_tap_next(edoi_recorder_tap *t, edoi_recorder_tapped *out);

/* Events that were overwritten before they were read, since the tap was made. */
EDO_API uint64_t edoi_recorder_tap_lost(const edoi_recorder_tap *t);

/* How many events a ring keeps. */
EDO_API uint64_t edoi_recorder_tap_room(void);

/* The text of a site that an event names, which stays; NULL: there was no room for it. With `enter`
 * it is entered before, if there is room: then the site must be a text now. */
EDO_API const char *edoi_recorder_tap_site(uint64_t site, bool enter);

#endif
