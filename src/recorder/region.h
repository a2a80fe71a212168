/* SPDX-License-Identifier: MIT */
/* recorder/region.h: the recorder's memory: a head, sites and rings as in format.h, mapped from a
 * file or from nothing.
 *
 * The first start makes it. A later start that names a file makes all of it anew in another place,
 * and then publishes that: a thread may be in the middle of an event at any time, and ends it where
 * it has begun. So there are two places, which stay mapped until the process ends; the place not in
 * use takes the next file. The initial contents of a place are kept beside it: the threads of each
 * ring, the sites, and which of them its writer has looked up.
 *
 *     a start                               a thread that records, or reads
 *     the rings' heads, the sites, magic    ring, or head       RS4: acquire
 *     ring, of each writer    RS4: release  what is in it
 *     head                    RS4: release
 *
 * Threads: any, except where a function says otherwise. */
#ifndef EDOI_RECORDER_REGION_H
#define EDOI_RECORDER_REGION_H

#include "recorder/file.h"
#include "recorder/ring.h"

#define EDOI_RECORDER_SITES      1024u /* the first that are met; others have no text */
#define EDOI_RECORDER_RINGS_MAX  512u
#define EDOI_RECORDER_EVENTS_MAX (UINT32_C(1) << 24)
#define EDOI_RECORDER_KNOWN      64u

/* A ring and what its writer remembers. The writer's thread only, but for `is_taken`. */
typedef struct edoi_recorder_writer {
    edo_atomic_ptr ring; /* atomic: RS4; an edoi_recorder_ring */
    bool is_taken;       /* lock: region.c's, as for the next four; read where the file was cut */
    uint32_t whose;      /* what its ring says of itself, for the next place */
    uint32_t index;
    uint64_t runtime;
    char name[48];
    /* relaxed: sites that are in the table, by their address */
    edo_atomic_u64 known[EDOI_RECORDER_KNOWN];
} edoi_recorder_writer;

typedef struct edoi_recorder_place {
    edo_atomic_ptr at;       /* atomic, relaxed: NULL: not used yet */
    edoi_recorder_file file; /* that is mapped there, if one is */
} edoi_recorder_place;

typedef struct edoi_recorder_region {
    edo_atomic_ptr head; /* atomic: RS4; NULL: it is not made yet */
    uint64_t bytes;      /* const once it is made, as are the next three; of a place */
    uint64_t mask;       /* events of a ring - 1 */
    uint32_t rings_n;
    edoi_recorder_writer *writers; /* one for each ring; the first is for all that have none */
    edo_atomic_u32 sites_n;        /* atomic, relaxed: in the table */
    edoi_recorder_place places[2];
} edoi_recorder_region;

extern edoi_recorder_region edoi_recorder_region_of;

/* What is in use; NULL: nothing yet. */
EDOI_INLINE edoi_recorder_head *edoi_recorder_head_now(void) {
    return edoi_load_acq_ptr(&edoi_recorder_region_of.head); // RS4: pairs with RS4 in region.c
}

/* Fills a head, but for its magic, which makes it valid. Async-signal-safe. */
void edoi_recorder_head_fill(edoi_recorder_head *h);

/* Makes the memory, or keeps the existing one. `events_n`: events in each ring, rounded up to a
 * power of two; `rings_n`: without the ring for other threads; 0 in both: as before. `file`: the
 * file to map; NULL: the memory stays where it is. Errors: -EBUSY  it exists with other numbers;
 * -ENOMEM; as edoi_recorder_file_make(). One thread at a time, while others record. */
EDO_MUST_USE int edoi_recorder_region_make(uint32_t rings_n, uint32_t events_n, const char *file);

/* A store to `at` has raised SIGBUS. True: `at` is in the recorder's memory, whose file was
 * truncated, and empty memory without a file is there from now on. Called in a signal handler. */
bool edoi_recorder_is_lost(const void *at);

/* A ring for a worker; NULL: there is none left, or no memory. */
edoi_recorder_writer *edoi_recorder_claim(uint32_t index, uint64_t runtime, const char *name);
void edoi_recorder_release(edoi_recorder_writer *w);

/* Sees that the text at an address, which stays for as long as the process, is in the table, if
 * there is room. */
void edoi_recorder_enter(uint64_t site);

/* The text of a site in the table, which stays; NULL: it is not there. */
const char *edoi_recorder_site_text(uint64_t site);

/* As edoi_recorder_enter(). The writer's thread, which asks for the same few again and again. */
void edoi_recorder_know_slowly(edoi_recorder_writer *w, uint64_t site);

EDOI_INLINE void edoi_recorder_know(edoi_recorder_writer *w, uint64_t site) {
    if (EDOI_UNLIKELY(edoi_load_rlx_u64(&w->known[site / 8 % EDOI_RECORDER_KNOWN]) != site))
        edoi_recorder_know_slowly(w, site);
}

/* The ring `i` of `rings_n`, behind the head `h`. */
edoi_recorder_ring *edoi_recorder_ring_at(const edoi_recorder_head *h, uint32_t i);

/* The sites behind the head `h`. */
edoi_recorder_site *edoi_recorder_sites(const edoi_recorder_head *h);

/* The file of what is in use. */
const edoi_recorder_file *edoi_recorder_file_now(void);

#endif
