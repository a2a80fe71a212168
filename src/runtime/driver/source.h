/* SPDX-License-Identifier: MIT */
/* runtime/driver/source.h: the inside of a source, for the drivers. */
#ifndef EDOI_RUNTIME_SOURCE_H
#define EDOI_RUNTIME_SOURCE_H

#include "runtime/driver/driver.h"

/* One direction of a source. */
typedef struct edoi_side {
    edo_atomic_u32 ready;  /* atomic: R1, R2; READY, HUNG and a tick; set under the lock: mu */
    edo_wait_list waiters; /* lock: mu */
    edoi_driver *home;     /* where it is registered; NULL: nowhere; lock: mu */
} edoi_side;

struct edoi_source {
    edoi_lock mu;          /* leaf */
    edoi_lock registering; /* above mu: held over the system call that registers */
    edoi_side side[2];
    edo_atomic_u32 closed; /* atomic: R3, R4; 0 or 1 */
    uint32_t generation;   /* lock: mu */
    uint32_t index;        /* const: its place in the pool */
    uint32_t next_free;    /* lock: the pool's */
    int fd;                /* const while in use */
};

/* What happened to a descriptor. */
#define EDOI_EVENT_READ   1u /* there may be input */
#define EDOI_EVENT_WRITE  2u /* there may be room */
#define EDOI_EVENT_HUNG   4u /* hang-up or error: wakes both directions, for good */
#define EDOI_EVENT_URGENT 8u /* beside READ: a read ends at the urgent mark, however much follows */

/* An event for the source that was registered under `token`; dropped if that one is gone. */
void edoi_source_event(uint64_t token, uint32_t what);

/* Takes back all that is registered with `d`, and wakes who waits for it. */
void edoi_source_forget_driver(edoi_driver *d);

/* A driver's part of edoi_source_wait(): the kernel reports the directions `now` (bits 1u << dir) of the
 * descriptor, 0 for none, where it reported `before`. What is ready already is reported anew. */
EDO_MUST_USE int edoi_driver_report(edoi_driver *d, int fd, uint64_t token, uint32_t before,
                                    uint32_t now);

#endif
