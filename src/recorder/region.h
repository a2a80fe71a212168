/* SPDX-License-Identifier: MIT */
/* recorder/region.h: the recorder's memory: a head, sites and rings as in format.h, mapped from a
 * file or from nothing.
 *
 * It is made once, by the first start, and stays for the process: a thread may be in the middle of
 * an event at any time. A later start maps a file over it, at the same address. What belongs to it
 * and is of no use in a file is beside it: whose a ring is, and which sites its writer has looked
 * up.
 *
 * Threads: all below may be called by any, but for what says otherwise. */
#ifndef EDOI_RECORDER_REGION_H
#define EDOI_RECORDER_REGION_H

#include "recorder/ring.h"

#define EDOI_RECORDER_SITES      1024u /* the first that are met; others have no text */
#define EDOI_RECORDER_RINGS_MAX  512u
#define EDOI_RECORDER_EVENTS_MAX (UINT32_C(1) << 24)
#define EDOI_RECORDER_KNOWN      64u

/* A ring and what its writer remembers. The writer's thread only, but for `is_taken`. */
typedef struct edoi_recorder_writer {
    edoi_recorder_ring *ring;            /* const */
    bool is_taken;                       /* lock: region.c's */
    uint64_t known[EDOI_RECORDER_KNOWN]; /* sites that are in the table, by their address */
} edoi_recorder_writer;

typedef struct edoi_recorder_region {
    edoi_recorder_head *head; /* const once it is made; NULL: not yet */
    uint64_t bytes;           /* const, likewise, as are the next four */
    uint64_t mask;            /* events of a ring - 1 */
    uint32_t rings_n;
    edo_atomic_u64 device, inode;  /* atomic, relaxed: of the file that is mapped; 0: none is */
    edoi_recorder_writer *writers; /* one for each ring; the first is for all that have none */
    edoi_recorder_site *sites;
} edoi_recorder_region;

extern edoi_recorder_region edoi_recorder_region_of;

/* Makes the memory, or takes what is there. `events_n`: of each ring, is rounded up to a power of
 * two; `rings_n` without the one for others; 0 in both: as many as before. `file`: where it is
 * mapped from; NULL: it stays where it is. Errors: -EBUSY  it has other numbers; -EINVAL, -ENOMEM,
 * -ENOSPC, those of open(). One thread at a time. */
EDO_MUST_USE int edoi_recorder_region_make(uint32_t rings_n, uint32_t events_n, const char *file);

/* A store to `at` has failed for want of the page (SIGBUS). Is that the memory of the recorder,
 * whose file somebody has cut? Then empty memory of no file is there from now on. In a signal's
 * handler. */
bool edoi_recorder_is_lost(const void *at);

/* A ring for a worker; NULL: there is none left, or no memory. */
edoi_recorder_writer *edoi_recorder_claim(uint32_t index, uint64_t runtime, const char *name);
void edoi_recorder_release(edoi_recorder_writer *w);

/* Sees that the text at an address, which stays for as long as the process, is in the table, if
 * there is room. */
void edoi_recorder_enter(uint64_t site);

/* The text of a site in the table; NULL: it is not there. */
const char *edoi_recorder_site_text(uint64_t site);

/* As edoi_recorder_enter(). The writer's thread, which asks for the same few again and again. */
void edoi_recorder_know_slowly(edoi_recorder_writer *w, uint64_t site);

EDOI_INLINE void edoi_recorder_know(edoi_recorder_writer *w, uint64_t site) {
    if (EDOI_UNLIKELY(w->known[site / 8 % EDOI_RECORDER_KNOWN] != site))
        edoi_recorder_know_slowly(w, site);
}

/* The ring `i` of `rings_n`. */
edoi_recorder_ring *edoi_recorder_ring_at(uint32_t i);

#endif
