/* SPDX-License-Identifier: MIT */
/* http2/check.c: walks a connection and its streams, and asserts that they fit together (h2.h).
 * Debug builds do it when a turn is over, and when the connection is freed. */
#include "base/assert.h"
#include "http2/h2.h"

#define WALKED_MAX 64u /* streams that are walked in each turn */

/* What the streams come to. */
typedef struct h2_sums {
    uint32_t streams_n, in_session_n, woken_n, fresh_n, forsaken_n, heading_n;
    size_t held, heads;
    int64_t come; /* bytes that came and were not read */
} h2_sums;

/* ---- A stream -------------------------------------------------------------------------------- */

static void h2_check_queue(const edoi_h2_queue *q) {
    const edoi_h2_chunk *last = NULL;
    size_t bytes = 0;
    for (const edoi_h2_chunk *c = q->first; c; c = c->next) {
        EDO_INV("h2 inv. 4", c->begin < c->end && c->end <= c->cap);
        bytes += c->end - c->begin;
        last = c;
    }
    EDO_INV("h2 inv. 4", last == q->last);
    EDO_INV("h2 inv. 4", bytes == q->bytes);
}

static void h2_check_fiber(const edoi_h2_stream *s) {
    const edoi_h2_fiber *f = &s->fiber;
    bool is_started = edoi_h2_fiber_has_begun(f) || f->phase == EDOI_H2_WITHOUT;
    EDO_INV("fiber inv. 1", (f->task != NULL) == (f->phase == EDOI_H2_RUNS));
    EDO_INV("h2 inv. 6", s->in_session || is_started);
    EDO_INV("h2 inv. 6", f->phase <= EDOI_H2_WITHOUT && f->phase != EDOI_H2_STARTS);
    EDO_INV("h2 inv. 4", !f->is_forsaken || (f->phase == EDOI_H2_RUNS && !s->in_session));
}

/* Without memory for a fiber the stream is WITHOUT one, and has what had come by then. */
static void h2_check_bodies(const edoi_h2_stream *s) {
    size_t most = s->h2->shared->opts.send_buf + EDOI_H2_CHUNK_MAX + edoi_h2_rest_max(s);
    h2_check_queue(&s->in.queue);
    h2_check_queue(&s->out.queue);
    EDO_INV("h2 inv. 8", s->out.queue.bytes <= most);
    EDO_INV("h2 inv. 8", s->out.queue.bytes == 0 || s->out.whole.len == 0);
    EDO_INV("h2 inv. 8",
            s->in.queue.bytes == 0 || s->fiber.phase != EDOI_H2_OVER || s->tunnel.is_there);
}

static void h2_check_session(const edoi_h2_stream *s) {
    nghttp2_session *session = s->h2->session;
    EDO_INV("h2 inv. 6",
            session != NULL && nghttp2_session_get_stream_user_data(session, s->id) == s);
}

/* A waiter may have gone though its wake is due. */
static bool h2_has_due(const edoi_h2_stream_wakes *w) {
    return w->reader_is_due || w->writer_is_due || w->watcher_is_due || w->cancel_is_due;
}

static void h2_check_stream(const edoi_h2_stream *s) {
    EDO_INV("h2 inv. 2", s->pins == 0);
    EDO_INV("h2 inv. 2", s->in_session || edoi_h2_has_user(s));
    EDO_INV("h2 inv. 5", s->wakes.is_listed == h2_has_due(&s->wakes));
    if (s->in_session) h2_check_session(s);
    h2_check_fiber(s);
    h2_check_bodies(s);
}

static void h2_add(h2_sums *sums, const edoi_h2_stream *s) {
    sums->streams_n++;
    sums->in_session_n += s->in_session;
    sums->woken_n += s->wakes.is_listed;
    sums->fresh_n += edoi_h2_fiber_is_fresh(&s->fiber);
    sums->forsaken_n += s->fiber.is_forsaken;
    sums->heading_n += s->in_session && s == s->h2->heading;
    sums->held += s->out.queue.bytes;
    sums->heads += s->in.counted;
    sums->come += (int64_t)s->in.queue.bytes;
}

/* ---- The lists ------------------------------------------------------------------------------- */

static void h2_check_streams(const edoi_h2_conn *h2, h2_sums *sums) {
    const edoi_h2_stream *prev = NULL;
    for (const edoi_h2_stream *s = h2->streams; s; s = s->next) {
        EDO_INV("h2 inv. 5", s->h2 == h2 && s->prev == prev);
        h2_check_stream(s);
        h2_add(sums, s);
        prev = s;
    }
}

/* Each list has the streams that say so: as many, and no other. */
static void h2_check_lists(const edoi_h2_conn *h2, const h2_sums *sums) {
    edoi_h2_stream *const *end = &h2->fresh;
    uint32_t woken_n = 0, fresh_n = 0;
    for (const edoi_h2_stream *s = h2->woken; s; s = s->wakes.next) {
        EDO_INV("h2 inv. 5", woken_n < sums->woken_n); // no circle
        EDO_INV("h2 inv. 5", s->h2 == h2 && s->wakes.is_listed);
        woken_n++;
    }
    for (; *end; end = &(*end)->fiber.next_fresh) {
        EDO_INV("h2 inv. 5", fresh_n < sums->fresh_n);
        EDO_INV("h2 inv. 5", (*end)->h2 == h2 && edoi_h2_fiber_is_fresh(&(*end)->fiber));
        fresh_n++;
    }
    EDO_INV("h2 inv. 5", woken_n == sums->woken_n);
    EDO_INV("h2 inv. 5", fresh_n == sums->fresh_n);
    EDO_INV("h2 inv. 5", h2->fresh_end == end);
    EDO_INV("h2 inv. 5", h2->ended == NULL);
}

/* ---- The connection -------------------------------------------------------------------------- */

static void h2_check_sums(const edoi_h2_conn *h2, const h2_sums *sums) {
    EDO_INV("h2 inv. 4", sums->streams_n == h2->streams_n);
    EDO_INV("h2 inv. 4", sums->held == h2->held);
    EDO_INV("h2 inv. 4", sums->heads == h2->guard.heads);
    EDO_INV("h2 inv. 4", sums->forsaken_n == h2->guard.forsaken_n);
    EDO_INV("h2 inv. 6", sums->heading_n == (h2->heading ? 1 : 0));
}

static void h2_check_limits(const edoi_h2_conn *h2, const h2_sums *sums) {
    uint64_t most = h2->shared->opts.streams_max;
    EDO_INV("h2 inv. 8", sums->in_session_n <= most);
    EDO_INV("h2 inv. 8", sums->forsaken_n <= 2 * most);
}

/* A client may spend the first window, which is RFC 9113's, though that of the options is smaller.
 * Of a stream's window this would not be right: nghttp2 resets a stream whose client goes beyond
 * it, and hands out what came. */
static void h2_check_credit(const edoi_h2_conn *h2, const h2_sums *sums) {
    int64_t most = h2->shared->opts.conn_window;
    if (!h2->session) return;
    if (most < NGHTTP2_INITIAL_CONNECTION_WINDOW_SIZE)
        most = NGHTTP2_INITIAL_CONNECTION_WINDOW_SIZE;
    EDO_INV("h2 inv. 7", sums->come + nghttp2_session_get_local_window_size(h2->session) <= most);
}

void edoi_h2_check(const edoi_h2_conn *h2) {
    h2_sums sums = { 0 };
    h2_check_streams(h2, &sums);
    h2_check_sums(h2, &sums);
    h2_check_lists(h2, &sums);
    h2_check_limits(h2, &sums);
    h2_check_credit(h2, &sums);
}

void edoi_h2_check_turn(const edoi_h2_conn *h2) {
    static _Thread_local uint32_t turns; // of all connections that the thread polls
    if (turns++ % (h2->streams_n / WALKED_MAX + 1) == 0) edoi_h2_check(h2);
}
