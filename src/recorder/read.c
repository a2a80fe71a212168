/* SPDX-License-Identifier: MIT */
/* recorder/read.c: see read.h. Nothing is believed: each number is compared with the length of the
 * file before it is used, so that no sum of two overflows. */
#include "recorder/read.h"

#include "base/memory/alloc.h"
#include "recorder/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RINGS_MOST  4096u
#define EVENTS_MOST (UINT32_C(1) << 28)
#define SITES_MOST  65536u

/* ---- What the head says ---------------------------------------------------------------------- */

static void end_text(char *text, size_t bytes) {
    text[bytes - 1] = '\0';
}

static bool is_power_of_two(uint64_t n) {
    return n > 0 && (n & (n - 1)) == 0;
}

/* Is a part of `bytes` at `at` in a file of `n`? */
static bool lies_inside(uint64_t at, uint64_t bytes, size_t n) {
    return at <= n && bytes <= n - at;
}

static const char *head_fault(const edoi_recorder_head *h, size_t n) {
    if (memcmp(h->magic, EDOI_RECORDER_MAGIC, sizeof h->magic) != 0)
        return "it is no file of the recorder";
    if (h->order != EDOI_RECORDER_ORDER) return "it is of a machine with another byte order";
    if (h->version != EDOI_RECORDER_VERSION) return "it is of another version of edo";
    bool has_rings = is_power_of_two(h->events_n) && h->events_n <= EVENTS_MOST &&
                     h->events_n > 1 && h->rings_n <= RINGS_MOST && h->rings_at % 8 == 0 &&
                     h->ring_bytes % 8 == 0;
    uint64_t least = EDOI_RECORDER_RING_HEAD + (uint64_t)h->events_n * sizeof(edoi_recorder_event);
    if (!has_rings || h->ring_bytes < least || h->ring_bytes > 2 * least + 65536)
        return "its head is damaged: the rings";
    uint64_t sites_bytes = (uint64_t)h->sites_n * sizeof(edoi_recorder_site);
    if (h->sites_n > SITES_MOST || !lies_inside(h->sites_at, sites_bytes, n))
        return "its head is damaged: the names";
    if (h->ticks_per_s == 0 || h->rings_at > n) return "its head is damaged";
    return NULL;
}

/* How many whole rings there are. */
static uint32_t whole_rings(const edoi_recorder_head *h, size_t n) {
    uint64_t there = (n - h->rings_at) / h->ring_bytes;
    return there < h->rings_n ? (uint32_t)there : h->rings_n;
}

/* ---- Rings ----------------------------------------------------------------------------------- */

/* The numbers of the events that are whole: [first, end). */
typedef struct span_of {
    uint64_t first, end;
} span_of;

static span_of whole_events(const edoi_recorder_ring *r, uint64_t events_n) {
    uint64_t end = edoi_load_rlx_u64(&r->head), after = edoi_load_rlx_u64(&r->after);
    if (after < end) after = end;
    uint64_t first = after >= events_n ? after - events_n + 1 : 0;
    if (edoi_load_rlx_u64(&r->from) > first) first = edoi_load_rlx_u64(&r->from);
    if (first > end || end - first > events_n) first = end; // no writer did that
    return (span_of){ first, end };
}

static void ring_read(edoi_recorder_ring *to, const char *at) {
    memcpy(to, at, sizeof *to);
    end_text(to->name, sizeof to->name);
}

static void row_read(edoi_recorder_row *row, const char *at) {
    uint64_t words[3];
    memcpy(words, at, sizeof words);
    row->ns = (int64_t)(words[0] >> 8); // ticks, until times_set()
    row->kind = (uint8_t)(words[0] & 0xff);
    row->task = words[1] >> 16;
    row->small = (uint16_t)(words[1] & 0xffff);
    row->arg = words[2];
}

static void rows_read(edoi_recorder_reading *r, const char *bytes) {
    uint64_t events_n = r->head.events_n;
    for (uint32_t i = 0; i < r->rings_n; i++) {
        const char *at = bytes + r->head.rings_at + i * r->head.ring_bytes;
        edoi_recorder_ring ring;
        ring_read(&ring, at);
        span_of whole = whole_events(&ring, events_n);
        edoi_recorder_ring_read *to = &r->rings[i];
        *to = (edoi_recorder_ring_read){ .whose = edoi_load_rlx_u32(&ring.whose),
                                         .index = edoi_load_rlx_u32(&ring.index),
                                         .runtime = edoi_load_rlx_u64(&ring.runtime),
                                         .gone_n = whole.first };
        memcpy(to->name, ring.name, sizeof to->name);
        for (uint64_t n = whole.first; n < whole.end; n++) {
            edoi_recorder_row *row = &r->rows[r->rows_n];
            row_read(row,
                     at + EDOI_RECORDER_RING_HEAD + n % events_n * sizeof(edoi_recorder_event));
            row->ring = i;
            row->n = (uint32_t)n;
            if (row->kind == EDOI_REC_NONE) continue; // the file was begun meanwhile
            r->rows_n++;
            to->rows_n++;
        }
    }
}

static uint64_t count_rows(const edoi_recorder_reading *r, const char *bytes) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < r->rings_n; i++) {
        edoi_recorder_ring ring;
        ring_read(&ring, bytes + r->head.rings_at + i * r->head.ring_bytes);
        span_of whole = whole_events(&ring, r->head.events_n);
        n += whole.end - whole.first;
    }
    return n;
}

/* ---- Times ----------------------------------------------------------------------------------- */

/* From ticks, which are 56 bits, to ns. */
typedef struct scale {
    uint64_t ticks;
    double ns;
    double ns_per_tick;
} scale;

static double ticks_apart(uint64_t ticks, uint64_t from) {
    return (double)edoi_recorder_ticks_apart(ticks, from);
}

/* The events of the clock say what the rate is, if they are far enough ticks_apart. */
static scale scale_of(const edoi_recorder_reading *r) {
    const edoi_recorder_row *first = NULL, *last = NULL;
    scale s = { .ns = (double)r->head.began_ns, .ns_per_tick = 1e9 / (double)r->head.ticks_per_s };
    for (size_t i = 0; i < r->rows_n; i++) {
        const edoi_recorder_row *row = &r->rows[i];
        if (row->kind != EDOI_REC_CLOCK) continue;
        if (!first || ticks_apart((uint64_t)row->ns, (uint64_t)first->ns) < 0) first = row;
        if (!last || ticks_apart((uint64_t)row->ns, (uint64_t)last->ns) > 0) last = row;
    }
    if (!last) return s;
    double ticks = ticks_apart((uint64_t)last->ns, (uint64_t)first->ns);
    double ns = (double)last->arg - (double)first->arg;
    double measured = ticks > 0 ? ns / ticks : 0;
    bool is_sane = measured > s.ns_per_tick * 0.9 && measured < s.ns_per_tick * 1.1;
    s.ticks = (uint64_t)last->ns;
    s.ns = (double)last->arg;
    if (ns > 1e8 && is_sane) s.ns_per_tick = measured;
    return s;
}

static int64_t to_ns(const scale *s, uint64_t ticks) {
    double ns = s->ns + ticks_apart(ticks, s->ticks) * s->ns_per_tick;
    if (!(ns > -9e18)) return INT64_MIN; // NaN too: the file made it up
    return ns < 9e18 ? (int64_t)ns : INT64_MAX;
}

/* By time; of one ring as they were written. */
static int row_order(const void *a, const void *b) {
    const edoi_recorder_row *x = a, *y = b;
    if (x->ns != y->ns) return x->ns < y->ns ? -1 : 1;
    if (x->ring != y->ring) return x->ring < y->ring ? -1 : 1;
    return x->n == y->n ? 0 : (int32_t)(x->n - y->n) < 0 ? -1 : 1;
}

static void times_set(edoi_recorder_reading *r) {
    scale s = scale_of(r);
    for (size_t i = 0; i < r->rows_n; i++) r->rows[i].ns = to_ns(&s, (uint64_t)r->rows[i].ns);
    if (r->rows_n > 0) qsort(r->rows, r->rows_n, sizeof *r->rows, row_order);
}

/* ---- Sites ----------------------------------------------------------------------------------- */

static int site_order(const void *a, const void *b) {
    const edoi_recorder_site_read *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

static void sites_read(edoi_recorder_reading *r, const char *bytes) {
    for (uint32_t i = 0; i < r->head.sites_n; i++) {
        edoi_recorder_site site;
        memcpy(&site, bytes + r->head.sites_at + i * sizeof site, sizeof site);
        uint64_t at = edoi_load_rlx_u64(&site.at);
        if (at == 0) continue;
        edoi_recorder_site_read *to = &r->sites[r->sites_n++];
        to->at = at;
        memcpy(to->text, site.text, sizeof to->text);
        end_text(to->text, sizeof to->text);
    }
    if (r->sites_n > 0) qsort(r->sites, r->sites_n, sizeof *r->sites, site_order);
}

const char *edoi_recorder_reading_site(const edoi_recorder_reading *r, uint64_t at) {
    const edoi_recorder_site_read key = { .at = at };
    if (r->sites_n == 0 || at == 0) return NULL;
    const edoi_recorder_site_read *found =
        bsearch(&key, r->sites, r->sites_n, sizeof key, site_order);
    return found ? found->text : NULL;
}

/* ---- A file that is in use ------------------------------------------------------------------- */

void edoi_recorder_read_after(void *bytes, size_t n, int fd) {
    edoi_recorder_head h;
    if (n < sizeof h) return;
    memcpy(&h, bytes, sizeof h);
    if (head_fault(&h, n) || h.wrote_ns != 0) return;
    for (uint32_t i = 0; i < whole_rings(&h, n); i++) {
        uint64_t at = h.rings_at + i * h.ring_bytes, head;
        // `head` is what a ring begins with
        if (pread(fd, &head, sizeof head, (off_t)at) != (ssize_t)sizeof head) return;
        memcpy((char *)bytes + at + offsetof(edoi_recorder_ring, after), &head, sizeof head);
    }
}

/* ---- All of it ------------------------------------------------------------------------------- */

int edoi_recorder_read(edoi_recorder_reading *out, const void *bytes, size_t n, const char **why) {
    edoi_recorder_reading r = { .rows = NULL };
    *why = "it is too short";
    if (n < sizeof r.head) return -EINVAL;
    memcpy(&r.head, bytes, sizeof r.head);
    end_text(r.head.why, sizeof r.head.why);
    end_text(r.head.program, sizeof r.head.program);
    *why = head_fault(&r.head, n);
    if (*why) return -EINVAL;
    r.rings_n = whole_rings(&r.head, n);
    r.is_cut = r.rings_n < r.head.rings_n;
    r.rings = edoi_calloc(r.rings_n + 1, sizeof *r.rings);
    r.sites = edoi_calloc(r.head.sites_n + 1, sizeof *r.sites);
    r.rows = edoi_calloc((size_t)count_rows(&r, bytes) + 1, sizeof *r.rows);
    if (!r.rings || !r.sites || !r.rows) {
        *why = "there is no memory for it";
        edoi_recorder_reading_deinit(&r);
        return -ENOMEM;
    }
    rows_read(&r, bytes);
    times_set(&r);
    sites_read(&r, bytes);
    *out = r;
    return 0;
}

void edoi_recorder_reading_deinit(edoi_recorder_reading *r) {
    edoi_free(r->rings);
    edoi_free(r->sites);
    edoi_free(r->rows);
    *r = (edoi_recorder_reading){ .rows = NULL };
}
