/* SPDX-License-Identifier: MIT */
/* recorder/read.h: what a file of the recorder says, all of it checked: a file may come from
 * anywhere. For edo trace and for tests. */
#ifndef EDOI_RECORDER_READ_H
#define EDOI_RECORDER_READ_H

#include "recorder/format.h"

#include <stddef.h>

/* An event. */
typedef struct edoi_recorder_row {
    int64_t ns; /* CLOCK_MONOTONIC of the machine that recorded */
    uint64_t task;
    uint64_t arg;
    uint32_t ring; /* of `rings` */
    uint32_t n;    /* which of that ring, the last 32 bits */
    uint16_t small;
    uint8_t kind; /* edoi_recorder_kind, or one that is not known here */
} edoi_recorder_row;

/* A ring, all of whose text ends. */
typedef struct edoi_recorder_ring_read {
    uint32_t whose; /* edoi_recorder_whose, or any other number */
    uint32_t index;
    uint64_t runtime;
    uint64_t rows_n;
    uint64_t gone_n; /* events that were overwritten */
    char name[48];
} edoi_recorder_ring_read;

typedef struct edoi_recorder_site_read {
    uint64_t at;
    char text[EDOI_RECORDER_SITE_TEXT];
} edoi_recorder_site_read;

typedef struct edoi_recorder_reading {
    edoi_recorder_head head; /* its texts end */
    bool is_cut;             /* the file ends before its last ring does */
    edoi_recorder_row *rows; /* in the order of their time */
    size_t rows_n;
    edoi_recorder_ring_read *rings;
    uint32_t rings_n;
    edoi_recorder_site_read *sites; /* in the order of their addresses */
    uint32_t sites_n;
} edoi_recorder_reading;

/* Where `bytes` are of a file that a process writes to: looks once more how far each of its rings
 * is, so that what was overwritten while it was copied is not read. Before edoi_recorder_read(). */
void edoi_recorder_read_after(void *bytes, size_t n, int fd);

/* Reads a file that is in memory. On failure `*why` says in words what is wrong with it. Errors:
 * -EINVAL, -ENOMEM. */
EDO_MUST_USE int edoi_recorder_read(edoi_recorder_reading *out, const void *bytes, size_t n,
                                    const char **why);
void edoi_recorder_reading_deinit(edoi_recorder_reading *r);

/* The text of a site; NULL: it is not in the file. */
const char *edoi_recorder_reading_site(const edoi_recorder_reading *r, uint64_t at);

#endif
