/* SPDX-License-Identifier: MIT */
/* sim/net/base/events.h: what happens later: a heap of (time, order).
 *
 * A pairing heap, whose links lie in the events: adding one cannot fail, and removes without a
 * search. An event that is all zero is in no heap. */
#ifndef EDOI_SIM_NET_BASE_EVENTS_H
#define EDOI_SIM_NET_BASE_EVENTS_H

#include <edo/base.h>

typedef struct edoi_simevent edoi_simevent;

/* Runs an event, which is in the heap no more; it may add it again, and others. */
typedef void edoi_simevent_fn(void *arg, edoi_simevent *e);

struct edoi_simevent {
    edoi_simevent_fn *fn;
    int64_t at;     /* nanoseconds */
    uint64_t order; /* of equal times: the lower runs first */
    edoi_simevent *child, *next;
    edoi_simevent *prev; /* the one before it among its siblings, or its parent; of the root: the
                            root; NULL: it is in no heap */
};

/* All zero but `chance` is an empty heap. */
typedef struct edoi_simevents {
    edoi_simevent *root;
    uint64_t made;   /* orders given out */
    uint64_t chance; /* state of the net's random numbers */
    bool shuffle;    /* orders are random */
} edoi_simevents;

/* A random number: splitmix64 (Steele, Lea and Flood, 2014). */
uint64_t edoi_simchance(edoi_simevents *h);

/* True with a probability of `ppm` in a million. */
bool edoi_simchance_of(edoi_simevents *h, uint32_t ppm);

/* An exponentially distributed number with this mean. */
int64_t edoi_simchance_exponential(edoi_simevents *h, int64_t mean);

/* An order for a new event. */
uint64_t edoi_simevents_order(edoi_simevents *h);

EDOI_INLINE bool edoi_simevent_is_due(const edoi_simevent *e) {
    return e->prev != NULL;
}

/* Adds an event that is in no heap. */
void edoi_simevents_add(edoi_simevents *h, edoi_simevent *e, int64_t at, uint64_t order);

/* Removes an event, if it is there. */
void edoi_simevents_remove(edoi_simevents *h, edoi_simevent *e);

/* When the earliest is due; INT64_MAX: there is none. */
EDOI_INLINE int64_t edoi_simevents_next(const edoi_simevents *h) {
    return h->root ? h->root->at : INT64_MAX;
}

/* Removes and returns the earliest; NULL: there is none. */
edoi_simevent *edoi_simevents_take(edoi_simevents *h);

#endif
