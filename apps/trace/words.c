/* SPDX-License-Identifier: MIT */
/* words.c: see words.h. */
#include "words.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 20u /* names of tasks */

/* ---- Sums ------------------------------------------------------------------------------------ */

static int64_t poll_ns(const trace_poll *p) {
    return p->end_ns - p->begin_ns;
}

static int by_site(const void *a, const void *b) {
    const trace_poll *x = a, *y = b;
    if (x->site != y->site) return x->site < y->site ? -1 : 1;
    return x->ring < y->ring ? -1 : x->ring > y->ring;
}

/* What polls of one name took. */
typedef struct site_sum {
    uint64_t site;
    uint64_t polls_n;
    int64_t sum_ns, most_ns;
} site_sum;

static int by_sum(const void *a, const void *b) {
    const site_sum *x = a, *y = b;
    return x->sum_ns > y->sum_ns ? -1 : x->sum_ns < y->sum_ns;
}

/* Sums the polls, which are by site, of tasks; returns how many sites there are. */
static size_t sums_make(site_sum *sums, const trace_poll *sorted, size_t n) {
    size_t sums_n = 0;
    for (size_t i = 0; i < n; i++) {
        const trace_poll *p = &sorted[i];
        if (p->task == 0) continue;
        if (sums_n == 0 || sums[sums_n - 1].site != p->site)
            sums[sums_n++] = (site_sum){ .site = p->site };
        site_sum *s = &sums[sums_n - 1];
        s->polls_n++;
        s->sum_ns += poll_ns(p);
        if (poll_ns(p) > s->most_ns) s->most_ns = poll_ns(p);
    }
    return sums_n;
}

/* ---- What it is ------------------------------------------------------------------------------ */

static void about_rings(FILE *out, const edoi_recorder_reading *r) {
    for (uint32_t i = 0; i < r->rings_n; i++) {
        char name[TRACE_RING_NAME];
        if (r->rings[i].rows_n == 0) continue;
        trace_ring_name(name, r, i);
        (void)fprintf(out, "%s: %" PRIu64 " events, %" PRIu64 " before them are overwritten\n",
                      name, r->rings[i].rows_n, r->rings[i].gone_n);
    }
}

int trace_about(FILE *out, const edoi_recorder_reading *r, const trace_polls *polls) {
    trace_poll *sorted = calloc(polls->n + 1, sizeof *sorted);
    site_sum *sums = calloc(polls->n + 1, sizeof *sums);
    if (!sorted || !sums) {
        free(sorted);
        free(sums);
        return -ENOMEM;
    }
    for (size_t i = 0; i < polls->n; i++) sorted[i] = polls->at[i];
    qsort(sorted, polls->n, sizeof *sorted, by_site);
    size_t n = sums_make(sums, sorted, polls->n);
    qsort(sums, n, sizeof *sums, by_sum);
    (void)fprintf(out, "%s, process %u%s%s%s\n", r->head.program, (unsigned)r->head.pid,
                  r->head.why[0] ? ", written because of: " : "", r->head.why,
                  r->is_cut ? "; the file is cut" : "");
    (void)fprintf(out, "%zu events of %" PRId64 " ms\n", r->rows_n,
                  (trace_end_ns(r) - trace_begin_ns(r)) / 1000000);
    about_rings(out, r);
    if (n > 0) (void)fprintf(out, "\n%12s %10s %12s  task\n", "ran, us", "polls", "longest, us");
    for (size_t i = 0; i < n && i < SHOWN; i++)
        (void)fprintf(out, "%12" PRId64 " %10" PRIu64 " %12" PRId64 "  %s\n", sums[i].sum_ns / 1000,
                      sums[i].polls_n, sums[i].most_ns / 1000, trace_site(r, sums[i].site));
    free(sorted);
    free(sums);
    return 0;
}

/* ---- Folded stacks --------------------------------------------------------------------------- */

/* A name as a part of a folded stack, which ";" and " N" end. */
static void part_print(FILE *out, const char *text) {
    for (; *text; text++) (void)fputc(*text == ';' || *text == '\n' ? ',' : *text, out);
}

static void waits_print(FILE *out, const edoi_recorder_reading *r, const trace_polls *polls) {
    size_t alone_n = 0;
    for (size_t i = 0; i < polls->n; i++) {
        const trace_poll *p = &polls->at[i];
        if (p->is_alone) alone_n++;
        if (p->task == 0 || p->is_open || p->is_alone || p->how != EDOI_REC_WAITS) continue;
        const trace_poll *next = trace_polls_after(polls, p->task, p->end_ns);
        int64_t end_ns = next ? next->begin_ns : trace_end_ns(r);
        if (end_ns <= p->end_ns || (next && next->is_alone)) continue;
        part_print(out, trace_site(r, p->site));
        (void)fputc(';', out);
        part_print(out, trace_site(r, p->what));
        (void)fprintf(out, " %" PRId64 "\n", (end_ns - p->end_ns + 999) / 1000);
    }
    if (alone_n == 0) return;
    (void)fprintf(stderr,
                  "edo trace: %zu polls were recorded at the depth turns, which has no short ones: "
                  "what came between is not known, and no wait\n",
                  alone_n);
}

void trace_folded(FILE *out, const edoi_recorder_reading *r, const trace_polls *polls, bool waits) {
    if (waits) {
        waits_print(out, r, polls);
        return;
    }
    for (size_t i = 0; i < polls->n; i++) {
        const trace_poll *p = &polls->at[i];
        char name[TRACE_RING_NAME];
        if (poll_ns(p) <= 0) continue;
        trace_ring_name(name, r, p->ring);
        part_print(out, name);
        (void)fputc(';', out);
        part_print(out, p->task ? trace_site(r, p->site) : "(sleeps)");
        (void)fprintf(out, " %" PRId64 "\n", (poll_ns(p) + 999) / 1000);
    }
}

/* ---- One task -------------------------------------------------------------------------------- */

/* Which task is meant. */
typedef struct wanted {
    uint64_t task;    /* 0: by name */
    const char *name; /* how it begins */
    size_t name_n;
} wanted;

static wanted wanted_of(const char *text) {
    wanted w = { .name = text, .name_n = strlen(text) };
    char *end;
    uint64_t number = strtoull(text, &end, 0);
    if (strncmp(text, "0x", 2) == 0 && !*end) w.task = number;
    return w;
}

static bool is_named(const edoi_recorder_reading *r, const wanted *w, uint64_t site) {
    return strncmp(trace_site(r, site), w->name, w->name_n) == 0;
}

/* The tasks of a name, by their addresses: those that were named so at any time. Few, mostly. */
typedef struct task_list {
    uint64_t *at;
    size_t n;
} task_list;

static bool list_has(const task_list *l, uint64_t task) {
    for (size_t i = 0; i < l->n; i++)
        if (l->at[i] == task) return true;
    return false;
}

static task_list list_make(const edoi_recorder_reading *r, const wanted *w) {
    task_list l = { calloc(r->rows_n + 1, sizeof *l.at), 0 };
    for (size_t i = 0; i < r->rows_n && l.at; i++) {
        const edoi_recorder_row *row = &r->rows[i];
        bool names = row->kind == EDOI_REC_SPAWN || row->kind == EDOI_REC_POLL_BEGIN;
        bool is_it = w->task ? row->task == w->task : names && is_named(r, w, row->arg);
        if (is_it && !list_has(&l, row->task)) l.at[l.n++] = row->task;
    }
    return l;
}

static void tell_what(FILE *out, const edoi_recorder_reading *r, const edoi_recorder_row *row) {
    const char *site = trace_site(r, row->arg), *how = trace_end_name(row->small);
    switch (row->kind) {
    case EDOI_REC_SPAWN: (void)fprintf(out, "is spawned: %s", site); break;
    case EDOI_REC_POLL_BEGIN: (void)fprintf(out, "runs: %s", site); break;
    case EDOI_REC_POLL_END:
        (void)fprintf(out, "%s%s%s", how ? how : "stops", row->arg ? " for " : "",
                      row->arg ? site : "");
        break;
    case EDOI_REC_WAKE:
        (void)fprintf(out, "is woken%s", row->small ? " from elsewhere" : "");
        if (row->arg) (void)fprintf(out, " by 0x%" PRIx64, row->arg);
        break;
    case EDOI_REC_SPAN_BEGIN: (void)fprintf(out, "begins the span %s", site); break;
    case EDOI_REC_SPAN_END: (void)fprintf(out, "ends the span %s", site); break;
    case EDOI_REC_REPORT: (void)fprintf(out, "is reported: %s", site); break;
    case EDOI_REC_NOTE: (void)fprintf(out, "notes: %s", site); break;
    case EDOI_REC_NUMBER: (void)fprintf(out, "notes: %" PRIu64, row->arg); break;
    default: (void)fprintf(out, "event of kind %u", (unsigned)row->kind); break;
    }
}

bool trace_task(FILE *out, const edoi_recorder_reading *r, const char *task, int64_t last_ns) {
    const wanted w = wanted_of(task);
    task_list l = list_make(r, &w);
    int64_t end_ns = 0;
    bool has_any = false;
    for (size_t i = 0; i < r->rows_n; i++)
        if (list_has(&l, r->rows[i].task)) end_ns = r->rows[i].ns;
    for (size_t i = 0; i < r->rows_n; i++) {
        const edoi_recorder_row *row = &r->rows[i];
        if (!list_has(&l, row->task) || row->ns < end_ns - last_ns) continue;
        char name[TRACE_RING_NAME];
        trace_ring_name(name, r, row->ring);
        int64_t before_us = (trace_end_ns(r) - row->ns) / 1000;
        (void)fprintf(out, "-%" PRId64 ".%06" PRId64 " s  0x%" PRIx64 "  %s: ", before_us / 1000000,
                      before_us % 1000000, row->task, name);
        tell_what(out, r, row);
        (void)fputc('\n', out);
        has_any = true;
    }
    free(l.at);
    return has_any;
}
