/* SPDX-License-Identifier: MIT */
/* polls.c: see polls.h. */
#include "polls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int64_t trace_begin_ns(const edoi_recorder_reading *r) {
    return r->rows_n > 0 ? r->rows[0].ns : 0;
}

int64_t trace_end_ns(const edoi_recorder_reading *r) {
    return r->rows_n > 0 ? r->rows[r->rows_n - 1].ns : 0;
}

const char *trace_site(const edoi_recorder_reading *r, uint64_t site) {
    const char *text = edoi_recorder_reading_site(r, site);
    return text ? text : "?";
}

void trace_ring_name(char to[TRACE_RING_NAME], const edoi_recorder_reading *r, uint32_t ring) {
    const edoi_recorder_ring_read *of = &r->rings[ring];
    if (of->whose == EDOI_RECORDER_WORKER)
        (void)snprintf(to, TRACE_RING_NAME, "worker %u of %s", (unsigned)of->index, of->name);
    else
        (void)snprintf(to, TRACE_RING_NAME, "other threads");
}

const char *trace_end_name(uint16_t how) {
    switch (how) {
    case EDOI_REC_WAITS: return "waits";
    case EDOI_REC_ENDED: return "ended";
    case EDOI_REC_AGAIN: return "goes on";
    default: return NULL;
    }
}

/* ---- Pairs of events ------------------------------------------------------------------------- */

/* The stretches that have begun and not ended, one for each ring; NULL: none. */
typedef struct open_polls {
    trace_polls *polls;
    size_t *at; /* of each ring: index + 1 in `polls` */
} open_polls;

static void trace_poll_begin(open_polls *o, const edoi_recorder_row *row, uint64_t site) {
    o->polls->at[o->polls->n++] = (trace_poll){ .ring = row->ring,
                                                .task = row->task,
                                                .site = site,
                                                .begin_ns = row->ns,
                                                .end_ns = row->ns,
                                                .is_alone = site && row->small == 1,
                                                .is_open = true };
    o->at[row->ring] = o->polls->n;
}

/* An end without its begin: that was overwritten. */
static void trace_poll_end(open_polls *o, const edoi_recorder_row *row) {
    if (o->at[row->ring] == 0) return;
    trace_poll *p = &o->polls->at[o->at[row->ring] - 1];
    o->at[row->ring] = 0;
    if (p->task != row->task) return;
    p->end_ns = row->ns > p->begin_ns ? row->ns : p->begin_ns;
    p->how = row->small;
    p->what = row->arg;
    p->is_open = false;
}

static void poll_see(open_polls *o, const edoi_recorder_row *row) {
    switch (row->kind) {
    case EDOI_REC_PARK: trace_poll_begin(o, row, 0); break;
    case EDOI_REC_POLL_BEGIN: trace_poll_begin(o, row, row->arg); break;
    case EDOI_REC_UNPARK:
    case EDOI_REC_POLL_END: trace_poll_end(o, row); break;
    default: break;
    }
}

/* What a worker was in when the recording ended; any other begin without an end had one that is
 * lost. */
static void polls_close(open_polls *o, const edoi_recorder_reading *r) {
    for (size_t i = 0; i < o->polls->n; i++) {
        trace_poll *p = &o->polls->at[i];
        bool is_last = o->at[p->ring] == i + 1;
        if (p->is_open && is_last) p->end_ns = trace_end_ns(r);
        if (!is_last) p->is_open = false;
    }
}

static int by_task(const void *a, const void *b) {
    const trace_poll *x = *(const trace_poll *const *)a, *y = *(const trace_poll *const *)b;
    if (x->task != y->task) return x->task < y->task ? -1 : 1;
    return x->begin_ns < y->begin_ns ? -1 : x->begin_ns > y->begin_ns;
}

static int polls_sort(trace_polls *p) {
    p->by_task = calloc(p->n + 1, sizeof *p->by_task);
    if (!p->by_task) return -ENOMEM;
    for (size_t i = 0; i < p->n; i++) p->by_task[i] = &p->at[i];
    qsort(p->by_task, p->n, sizeof *p->by_task, by_task);
    return 0;
}

const trace_poll *trace_polls_after(const trace_polls *p, uint64_t task, int64_t ns) {
    const trace_poll one = { .task = task, .begin_ns = ns }, *key = &one;
    size_t low = 0, high = p->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (by_task(&p->by_task[mid], &key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < p->n && p->by_task[low]->task == task ? p->by_task[low] : NULL;
}

int trace_polls_find(trace_polls *out, const edoi_recorder_reading *r) {
    trace_polls polls = { .at = calloc(r->rows_n + 1, sizeof *polls.at) };
    open_polls o = { &polls, calloc((size_t)r->rings_n + 1, sizeof *o.at) };
    if (!polls.at || !o.at) {
        free(polls.at);
        free(o.at);
        return -ENOMEM;
    }
    for (size_t i = 0; i < r->rows_n; i++) poll_see(&o, &r->rows[i]);
    polls_close(&o, r);
    free(o.at);
    int err = polls_sort(&polls);
    if (err < 0) trace_polls_deinit(&polls);
    *out = polls;
    return err;
}

void trace_polls_deinit(trace_polls *p) {
    free(p->at);
    free((void *)p->by_task);
    *p = (trace_polls){ .at = NULL };
}
