/* SPDX-License-Identifier: MIT */
/* chrome.c: see chrome.h. Times are microseconds since the first event, with three decimals; a row
 * is a thread of the process that recorded. */
#include "chrome.h"

#include <inttypes.h>

/* What is written, and what is needed for it. */
typedef struct chrome {
    FILE *out;
    const edoi_recorder_reading *r;
    int64_t from_ns;
    uint64_t arrows_n;
    bool has_some; /* an event was written: the next one begins with a comma */
} chrome;

static void chrome_text(FILE *out, const char *text) {
    (void)fputc('"', out);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            (void)fprintf(out, "\\%c", c);
        else if (c < 0x20 || c >= 0x7f) // names in C: each byte of others by itself
            (void)fprintf(out, "\\u%04x", c);
        else
            (void)fputc(c, out);
    }
    (void)fputc('"', out);
}

static void chrome_time(const chrome *c, const char *name, int64_t ns) {
    uint64_t apart = (uint64_t)ns;
    (void)fprintf(c->out, ",\"%s\":%" PRIu64 ".%03u", name, apart / 1000, (unsigned)(apart % 1000));
}

/* {"name":NAME,"cat":…,"ph":…,"pid":…,"tid":…,"ts":… */
static void event_begin(chrome *c, const char *name, const char *kind, char phase, uint32_t ring,
                        int64_t ns) {
    (void)fprintf(c->out, "%s\n{\"name\":", c->has_some ? "," : "");
    c->has_some = true;
    chrome_text(c->out, name);
    (void)fprintf(c->out, ",\"cat\":\"%s\",\"ph\":\"%c\",\"pid\":%u,\"tid\":%u", kind, phase,
                  (unsigned)c->r->head.pid, (unsigned)ring + 1);
    chrome_time(c, "ts", ns > c->from_ns ? ns - c->from_ns : 0);
}

static void meta_print(chrome *c, const char *what, uint32_t ring, const char *name) {
    event_begin(c, what, "meta", 'M', ring, 0);
    (void)fputs(",\"args\":{\"name\":", c->out);
    chrome_text(c->out, name);
    (void)fputs("}}", c->out);
}

/* ---- Stretches ------------------------------------------------------------------------------- */

static void poll_print(chrome *c, const trace_poll *p) {
    const char *name = p->task ? trace_site(c->r, p->site) : "sleeps",
               *how = trace_end_name(p->how);
    event_begin(c, name, p->task ? "poll" : "sleep", 'X', p->ring, p->begin_ns);
    chrome_time(c, "dur", p->end_ns - p->begin_ns);
    if (p->task) {
        (void)fprintf(c->out, ",\"args\":{\"task\":\"0x%" PRIx64 "\",\"end\":", p->task);
        chrome_text(c->out, p->is_open ? "runs" : how ? how : "?");
        if (!p->is_open && p->what) {
            (void)fputs(",\"for\":", c->out);
            chrome_text(c->out, trace_site(c->r, p->what));
        }
        (void)fputc('}', c->out);
    }
    (void)fputc('}', c->out);
}

/* ---- Arrows ---------------------------------------------------------------------------------- */

/* From a wake to the poll that it led to. */
static void arrow_print(chrome *c, const edoi_recorder_row *wake, const trace_poll *poll) {
    uint64_t id = ++c->arrows_n;
    event_begin(c, "wake", "wake", 's', wake->ring, wake->ns);
    (void)fprintf(c->out, ",\"id\":%" PRIu64 "}", id);
    event_begin(c, "wake", "wake", 'f', poll->ring, poll->begin_ns);
    (void)fprintf(c->out, ",\"bp\":\"e\",\"id\":%" PRIu64 "}", id);
}

static void arrows_print(chrome *c, const trace_polls *polls) {
    for (size_t i = 0; i < c->r->rows_n; i++) {
        const edoi_recorder_row *row = &c->r->rows[i];
        if (row->kind != EDOI_REC_WAKE) continue;
        const trace_poll *poll = trace_polls_after(polls, row->task, row->ns);
        if (poll) arrow_print(c, row, poll);
    }
}

/* ---- Moments --------------------------------------------------------------------------------- */

static void moment_print(chrome *c, const edoi_recorder_row *row, const char *name,
                         const char *kind) {
    event_begin(c, name, kind, 'i', row->ring, row->ns);
    (void)fprintf(c->out, ",\"s\":\"t\",\"args\":{\"task\":\"0x%" PRIx64 "\",\"n\":%" PRIu64 "}}",
                  row->task, row->arg);
}

/* Spans follow their task from worker to worker. */
static void span_print(chrome *c, const edoi_recorder_row *row) {
    event_begin(c, trace_site(c->r, row->arg), "span", row->kind == EDOI_REC_SPAN_BEGIN ? 'b' : 'e',
                row->ring, row->ns);
    (void)fprintf(c->out, ",\"id\":\"0x%x\",\"args\":{\"task\":\"0x%" PRIx64 "\"}}",
                  (unsigned)row->small, row->task);
}

/* A note, with the number that follows it in its ring. */
static void note_print(chrome *c, size_t at) {
    const edoi_recorder_row *row = &c->r->rows[at];
    edoi_recorder_row numbered = *row;
    numbered.arg = 0;
    for (size_t i = at + 1; i < c->r->rows_n && i < at + 64; i++) {
        const edoi_recorder_row *next = &c->r->rows[i];
        if (next->ring != row->ring || next->n != row->n + 1) continue;
        if (next->kind == EDOI_REC_NUMBER) numbered.arg = next->arg;
        break;
    }
    moment_print(c, &numbered, trace_site(c->r, row->arg), "note");
}

static void row_print(chrome *c, size_t at) {
    const edoi_recorder_row *row = &c->r->rows[at];
    switch (row->kind) {
    case EDOI_REC_SPAN_BEGIN:
    case EDOI_REC_SPAN_END: span_print(c, row); break;
    case EDOI_REC_NOTE: note_print(c, at); break;
    case EDOI_REC_REPORT: moment_print(c, row, trace_site(c->r, row->arg), "report"); break;
    case EDOI_REC_SPAWN: moment_print(c, row, "spawn", "spawn"); break;
    case EDOI_REC_READY: moment_print(c, row, "ready", "io"); break;
    case EDOI_REC_TAKEOVER: moment_print(c, row, "takeover", "scheduler"); break;
    case EDOI_REC_STEAL: moment_print(c, row, "steal", "scheduler"); break;
    default: break;
    }
}

void trace_chrome(FILE *out, const edoi_recorder_reading *r, const trace_polls *polls) {
    chrome c = { .out = out, .r = r, .from_ns = trace_begin_ns(r) };
    (void)fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", out);
    meta_print(&c, "process_name", 0, r->head.program);
    for (uint32_t i = 0; i < r->rings_n; i++) {
        char name[TRACE_RING_NAME];
        trace_ring_name(name, r, i);
        if (r->rings[i].rows_n > 0) meta_print(&c, "thread_name", i, name);
    }
    for (size_t i = 0; i < polls->n; i++) poll_print(&c, &polls->at[i]);
    arrows_print(&c, polls);
    for (size_t i = 0; i < r->rows_n; i++) row_print(&c, i);
    (void)fputs("\n]}\n", out);
}
