/* SPDX-License-Identifier: MIT */
/* polls.h: the polls in a recording, each with its begin and its end, and names for what events
 * say. */
#ifndef EDO_TRACE_POLLS_H
#define EDO_TRACE_POLLS_H

#include "recorder/read.h"

/* A stretch of a worker's time. */
typedef struct trace_poll {
    uint32_t ring;
    uint64_t task; /* 0: the worker slept */
    uint64_t site;
    int64_t begin_ns, end_ns;
    bool is_alone; /* the short polls around it are not recorded */
    bool is_open;  /* no end was recorded: it ran, or slept, when the recording ended */
    uint16_t how;  /* edoi_recorder_end */
    uint64_t what; /* a site: what the task waits for; 0: unknown */
} trace_poll;

typedef struct trace_polls {
    trace_poll *at; /* in the order of their begin, for each ring */
    size_t n;
    const trace_poll **by_task; /* the same by task, and then by their begin */
} trace_polls;

/* Errors: -ENOMEM. */
EDO_MUST_USE int trace_polls_find(trace_polls *out, const edoi_recorder_reading *r);
void trace_polls_deinit(trace_polls *p);

/* The first poll of a task that begins at `ns` or later; NULL: none does. */
const trace_poll *trace_polls_after(const trace_polls *p, uint64_t task, int64_t ns);

/* The first and the last moment of the recording, ns. */
int64_t trace_begin_ns(const edoi_recorder_reading *r);
int64_t trace_end_ns(const edoi_recorder_reading *r);

/* The text of a site, or "?". */
const char *trace_site(const edoi_recorder_reading *r, uint64_t site);

#define TRACE_RING_NAME 80u

/* "worker 0 of edo", "other threads". */
void trace_ring_name(char to[TRACE_RING_NAME], const edoi_recorder_reading *r, uint32_t ring);

/* "waits for edo_sleep", "ended", "goes on"; NULL: it is none of these. */
const char *trace_end_name(uint16_t how);

#endif
