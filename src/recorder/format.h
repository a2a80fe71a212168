/* SPDX-License-Identifier: MIT */
/* recorder/format.h: what the flight recorder's memory looks like, which is what its files look
 * like, too.
 *
 *      0          head
 *      sites_at   sites_n sites: texts that events name by the address that they had in the process
 *      rings_at   rings_n rings, ring_bytes from one to the next:
 *                     the ring's own head, EDOI_RECORDER_RING_HEAD bytes
 *                     events_n events, a power of two; event n is at n % events_n
 *
 * Numbers have the byte order of the machine, which `order` shows. A reader believes nothing: a
 * file may be cut, or be none of these.
 *
 * A ring holds its last events_n events, those before `head`. Of a file that is mapped while the
 * process writes to it, and of one that was copied out of a process, `after` says which are whole:
 * event n is not if n + events_n <= after, where `after` is `head` read once more after the events
 * were. 0: it is `head`, as in the file of a process that was killed. */
#ifndef EDOI_RECORDER_FORMAT_H
#define EDOI_RECORDER_FORMAT_H

#include <edo/base.h>

#define EDOI_RECORDER_MAGIC     "edo-rec" /* with its end, 8 bytes */
#define EDOI_RECORDER_VERSION   1u
#define EDOI_RECORDER_ORDER     0x01020304u
#define EDOI_RECORDER_RING_HEAD 128u
#define EDOI_RECORDER_SITE_TEXT 120u

typedef struct edoi_recorder_head {
    char magic[8];
    uint32_t version;
    uint32_t order;
    uint32_t pid;
    uint32_t events_n;      /* of each ring, a power of two */
    uint32_t rings_n;       /* in this file */
    uint32_t sites_n;       /* slots for sites, a power of two; 0 in a slot: it is free */
    uint64_t ticks_per_s;   /* of the events' clock, as measured when it began: see CLOCK */
    uint64_t began_ns;      /* of CLOCK_MONOTONIC, when its ticks were 0 */
    uint64_t began_wall_ns; /* of CLOCK_REALTIME, likewise */
    uint64_t wrote_ns;      /* of CLOCK_MONOTONIC, when the file was written; 0: it is mapped */
    uint64_t sites_at;
    uint64_t rings_at;
    uint64_t ring_bytes;
    char why[64]; /* why it was written; the last reason, in one that is mapped */
    char program[64];
} edoi_recorder_head;

typedef struct edoi_recorder_site {
    edo_atomic_u64 at;                  /* atomic: RS1; its address in the process; 0: none */
    char text[EDOI_RECORDER_SITE_TEXT]; /* ends with 0, perhaps cut */
} edoi_recorder_site;

/* The threads that a ring's events come from. */
typedef enum edoi_recorder_whose {
    EDOI_RECORDER_NOBODY,
    EDOI_RECORDER_WORKER,
    EDOI_RECORDER_OTHERS /* threads that are no worker, or that found no free ring */
} edoi_recorder_whose;

typedef struct edoi_recorder_ring {
    edo_atomic_u64 head;    /* atomic: RR1, RR2; events ever written */
    edo_atomic_u64 after;   /* atomic, relaxed: see above */
    edo_atomic_u64 from;    /* atomic, relaxed: events before this one are another worker's */
    edo_atomic_u64 lost;    /* atomic, relaxed: not used yet */
    edo_atomic_u32 whose;   /* atomic, relaxed: edoi_recorder_whose */
    edo_atomic_u32 index;   /* atomic, relaxed: of the worker */
    edo_atomic_u64 runtime; /* atomic, relaxed: its runtime's id */
    char name[48];          /* of the runtime */
} edoi_recorder_ring;

/* One event: three words. A reader can tell whether they belong to the same event (ring.h). */
typedef struct edoi_recorder_event {
    edo_atomic_u64 when; /* ticks << 8 | kind */
    edo_atomic_u64 task; /* its address << 16 | a small number */
    edo_atomic_u64 arg;
} edoi_recorder_event;

_Static_assert(sizeof(edoi_recorder_event) == 24, "24 bytes are promised");
_Static_assert(sizeof(edoi_recorder_ring) <= EDOI_RECORDER_RING_HEAD, "there is room for it");
_Static_assert(sizeof(edoi_recorder_site) == 128, "a power of two");

/* What an event says. A kind is never given another meaning; a reader skips those that it does not
 * know. "site": the address of a text, one of the sites. */
typedef enum edoi_recorder_kind {
    EDOI_REC_NONE,
    EDOI_REC_CLOCK,      /* arg: CLOCK_MONOTONIC, ns; several give the true rate of the ticks */
    EDOI_REC_TURN,       /* a turn of the worker begins; arg: polls since the last one */
    EDOI_REC_PARK,       /* the worker sleeps in its driver */
    EDOI_REC_UNPARK,     /* and wakes */
    EDOI_REC_POLL_BEGIN, /* of `task`; small: 1 if only long polls are recorded; arg: its site */
    EDOI_REC_POLL_END,   /* of `task`; small: edoi_recorder_end; arg: what it waits for, a site */
    EDOI_REC_TAKEOVER,   /* of tasks behind a long poll; small: the worker; arg: how many */
    EDOI_REC_STEAL,      /* of tasks from another worker's queue; arg: how many */
    EDOI_REC_REPORT,     /* about `task`; arg: a site, what was reported */
    EDOI_REC_SPAN_BEGIN, /* in `task`; small: a number of the span; arg: its name, a site */
    EDOI_REC_SPAN_END,
    EDOI_REC_SPAWN,  /* of `task`; arg: its site */
    EDOI_REC_WAKE,   /* of `task`; small: 1 by another thread; arg: the task that wakes */
    EDOI_REC_READY,  /* of a descriptor; small: EDOI_EVENT_ of driver/source.h; arg: which */
    EDOI_REC_NOTE,   /* of the program, in `task`; arg: a site */
    EDOI_REC_NUMBER, /* the number of the note before it; arg */
} edoi_recorder_kind;

/* How a poll ended. */
typedef enum edoi_recorder_end {
    EDOI_REC_WAITS,
    EDOI_REC_ENDED, /* the task did */
    EDOI_REC_AGAIN, /* it is to run again: it yielded, or was woken meanwhile */
} edoi_recorder_end;

#endif
