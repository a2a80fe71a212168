/* SPDX-License-Identifier: MIT */
/* http/server/idle.c: how a server closes idle connections: all of them in a drain, and one for
 * another that comes. A close wakes the state machine, so it is done without `lock`. */
#include "http/server/server.h"

#include "base/assert.h"

#include "net/tcp/taken.h"

/* Takes the connection from the list, with a reference, if it is idle in the way that `phase` says.
 * Called with `lock` held. */
static bool take_idle(edoi_http_server *s, edoi_http_conn *c, uint16_t phase) {
    // HS2: pairs with HS1 and HS6
    if (!edoi_cas_seq_u16(&c->phase, &phase, EDOI_HTTP_DRAINED)) return false;
    edoi_http_server_unlink(s, c);
    s->leaving++;
    uint32_t refs = edoi_add_rlx_u32(&c->refs, 1);
    EDO_INV("conn inv. 3", refs > 0); // relaxed: its state machine has one
    return true;
}

static void close_taken(edoi_http_conn *c) {
    edo_close(edo_stream_ref(c->stream));
    edoi_http_conn_unref(c);
}

#define PIECE_MAX 64 /* connections that are looked at, each with a system call, in one hold */

/* Takes the idle connections of the next piece of the list. One whose request has arrived is not
 * idle, though its state machine may not know that yet. Called with `lock` held. */
static edoi_http_conn *server_take_piece(edoi_http_server *s) {
    edoi_http_conn *taken = NULL;
    for (int i = 0; i < PIECE_MAX && s->cursor; i++) {
        edoi_http_conn *c = s->cursor;
        s->cursor = c->next;
        // HS4: pairs with HS3
        if (edoi_load_seq_u16(&c->phase) != EDOI_HTTP_IDLE) continue;
        if (edoi_http_has_input(c) || !take_idle(s, c, EDOI_HTTP_IDLE)) continue;
        c->next = taken;
        taken = c;
    }
    return taken;
}

/* Closes all idle connections. Nothing is accepted any more, so no connection is added to the part
 * of the list that was walked. */
static void close_idle(edoi_http_server *s) {
    bool is_done = false;
    for (bool is_first = true; !is_done; is_first = false) {
        pthread_mutex_lock(&s->lock);
        if (is_first) s->cursor = s->first;
        edoi_http_conn *next, *taken = server_take_piece(s);
        is_done = !s->cursor;
        if (is_done) EDO_CHECK(edoi_http_server_check(s));
        pthread_mutex_unlock(&s->lock);
        for (edoi_http_conn *c = taken; c; c = next) {
            next = c->next;
            close_taken(c);
        }
    }
}

void edoi_http_server_drain(edoi_http_server *s) {
    edoi_store_rlx_u32(&s->drains, EDOI_HTTP_DRAIN_BEGUN);
    edo_cancel(s->hurry, 0);
}

void edoi_http_server_end_idle(edoi_http_server *s) {
    edoi_store_seq_u32(&s->drains, EDOI_HTTP_DRAIN_IDLE_ENDS); // HS4: pairs with HS3
    close_idle(s);
}

bool edoi_http_server_is_busy(edoi_http_server *s) {
    bool is_busy = false;
    pthread_mutex_lock(&s->lock);
    for (edoi_http_conn *c = s->first; c && !is_busy; c = c->next)
        is_busy = edoi_load_rlx_u16(&c->phase) != EDOI_HTTP_LINGERS; // relaxed: a look
    pthread_mutex_unlock(&s->lock);
    return is_busy;
}

/* ---- Making way for another one --------------------------------------------------------------
 *
 * To its handler a response is over once the kernel has it. To its client it is not before it has
 * taken the last byte: so a connection whose client still takes some is not idle, and one whose
 * client takes nothing has its way of giving up. What a client takes is seen by two looks:
 *
 *     bytes left, no mark          mark, idle from now on
 *     bytes left, some were taken  mark anew, idle from now on
 *     bytes left, too few taken    idle since the mark; makes way when that is stalled_after() ago
 *     none left, a mark            no mark, idle from now on
 *     none left, no mark           idle since `idle_ns`
 *
 * Connections without a mark are looked at first. So those that are idle go first, then those whose
 * clients take nothing; the others stay. */

/* An idle connection that was looked at. */
typedef struct looked {
    edoi_http_conn *conn; /* NULL: none so far */
    int64_t idle_ns;      /* when it became idle */
    uint16_t phase;       /* its phase at the look */
} looked;

/* Which connections may be closed for another one. */
typedef struct idle_kind {
    bool detached;   /* also those that have left HTTP */
    bool has_mark;   /* those with an `untaken_mark`; else those without */
    int64_t most_ns; /* those that have been idle since then, or longer */
} idle_kind;

/* Returns since when a connection of the list is idle, whose phase was `phase`. Called with `lock`
 * held, so the connection stays. */
static int64_t conn_idle_since_ns(edoi_http_conn *c, uint16_t phase) {
    int64_t ns = (int64_t)edoi_load_rlx_u64(&c->idle_ns);
    if (phase != EDOI_HTTP_DETACHED || !edoi_http_conn_is_detached(c) || !c->detached.ops->wrote_at)
        return ns;
    int64_t wrote_ns = c->detached.ops->wrote_at(c->detached.arg).ns;
    return wrote_ns > ns ? wrote_ns : ns;
}

/* May a connection of the list, whose phase was `phase`, be closed for another one? */
static bool server_may_close(const edoi_http_conn *c, uint16_t phase, const idle_kind *w) {
    if (w->has_mark != (c->untaken_mark != 0)) return false;
    if (phase != EDOI_HTTP_DETACHED) return phase == EDOI_HTTP_IDLE;
    return w->detached || edoi_http_conn_is_http2(c);
}

/* Moves `*at` on to the next connection that is wanted, in the order of the time since when they
 * are idle; connections of one clock tick follow in the order of the list from its end, so the one
 * made first comes first. Returns false if there is none. `lock` is held from call to call. */
static bool next_oldest(edoi_http_server *s, const idle_kind *w, looked *at) {
    looked next = { .idle_ns = w->most_ns };
    bool is_passed = !at->conn; // of its tick, from there on all were looked at
    for (edoi_http_conn *c = s->first; c; c = c->next) {
        is_passed |= c == at->conn;
        uint16_t phase = edoi_load_acq_u16(&c->phase); // HS7: pairs with HS6
        if (!server_may_close(c, phase, w)) continue;
        int64_t idle_ns = conn_idle_since_ns(c, phase);
        if (idle_ns < at->idle_ns || (idle_ns == at->idle_ns && is_passed)) continue;
        if (idle_ns <= next.idle_ns) next = (looked){ c, idle_ns, phase };
    }
    if (next.conn) *at = next;
    return next.conn != NULL;
}

/* Returns for how long a client may take less than `rate_min`: as long as within a response. */
static int64_t stalled_after_ns(const edo_http_server_opts *o) {
    return o->rate_grace.ns < o->write_timeout.ns ? o->rate_grace.ns : o->write_timeout.ns;
}

/* Is `bytes`, at least one, what a client has to take in `ns`? */
static bool is_pace(const edo_http_server_opts *o, uint32_t bytes, int64_t ns) {
    double seconds = (double)ns / 1e9;
    return bytes > 0 && bytes >= o->rate_min * seconds;
}

/* Looks at what the client of an idle connection has not taken; see above. Returns whether the
 * connection may make way. Called with `lock` held. The time and the mark are of this idle phase,
 * or, which does no harm, of the one before: then the client has taken what came between. */
static bool client_leaves_it(edoi_http_conn *c, const idle_kind *w) {
    const edo_http_server_opts *o = &c->server->opts;
    edo_tcp_taken taken = { .left = 0 };
    int64_t now_ns = edo_now().ns, idle_ns = (int64_t)edoi_load_rlx_u64(&c->idle_ns);
    uint32_t before = c->untaken_mark;
    bool is_awaited =
        edo_tcp_get_taken(edoi_http_socket(c), &taken) == 0 && edoi_tcp_is_awaited(&taken);
    uint32_t mark = is_awaited ? (uint32_t)taken.bytes | 1 : 0;
    if (before == 0 && mark == 0) return true;
    if (before != 0 && mark != 0 && !is_pace(o, mark - before, now_ns - idle_ns))
        return now_ns - idle_ns >= stalled_after_ns(o);
    c->untaken_mark = mark;
    edoi_store_rlx_u64(&c->idle_ns, (uint64_t)now_ns); // relaxed: `lock` orders the looks
    return mark == 0 && now_ns <= w->most_ns;
}

#define LOOKS_MAX 8 /* connections that are looked at, each with system calls, with `lock` held */

/* Takes the connection that has been idle longest of those that are wanted, if none of its requests
 * has arrived. Called with `lock` held. */
static edoi_http_conn *server_take_oldest_of(edoi_http_server *s, const idle_kind *w) {
    looked at = { .idle_ns = -1 };
    for (int i = 0; i < LOOKS_MAX && next_oldest(s, w, &at); i++)
        if (!edoi_http_has_input(at.conn) && client_leaves_it(at.conn, w) &&
            take_idle(s, at.conn, at.phase))
            return at.conn;
    return NULL;
}

/* The same, whether they have a mark or not. */
static edoi_http_conn *server_take_oldest(edoi_http_server *s, bool detached, int64_t most_ns) {
    idle_kind w = { .detached = detached, .most_ns = most_ns };
    edoi_http_conn *taken = server_take_oldest_of(s, &w);
    w.has_mark = true;
    return taken ? taken : server_take_oldest_of(s, &w);
}

/* Returns the latest time since which a connection may be closed as idle: the client of one that
 * became idle later may be about to send its next request. */
static int64_t since_last_call_ns(void) {
    return edo_now().ns - INT64_C(1000000) * EDOI_HTTP_LAST_CALL_MS;
}

/* Closes a connection for a newcomer. What its client has not taken, and does not take, is
 * discarded: else newcomers that do not read would leave more and more to the kernel. A response
 * that has been written since the look is still on its way. */
static void make_way(edoi_http_conn *c) {
    uint16_t phase =
        edoi_http_conn_is_detached(c) ? EDOI_HTTP_DETACHED : EDOI_HTTP_IDLE; // before it was taken
    bool is_old = conn_idle_since_ns(c, phase) <= since_last_call_ns();
    if (is_old && edoi_http_is_untaken(c)) edoi_tcp_discard(c->stream);
    close_taken(c);
}

bool edoi_http_server_close_oldest(edoi_http_server *s) {
    pthread_mutex_lock(&s->lock);
    edoi_http_conn *taken = server_take_oldest(s, true, INT64_MAX);
    pthread_mutex_unlock(&s->lock);
    if (taken) make_way(taken);
    return taken != NULL;
}

void edoi_http_server_count_newcomer(edoi_http_server *s, int n) {
    pthread_mutex_lock(&s->lock);
    EDO_ASSERT(n > 0 || s->newcomers > 0);
    s->newcomers += (uint32_t)n;
    pthread_mutex_unlock(&s->lock);
}

void edoi_http_server_make_places(edoi_http_server *s) {
    edoi_http_conn *taken;
    int64_t most_ns = since_last_call_ns();
    do {
        pthread_mutex_lock(&s->lock);
        taken = s->leaving < s->newcomers ? server_take_oldest(s, false, most_ns) : NULL;
        pthread_mutex_unlock(&s->lock);
        if (taken) make_way(taken);
    } while (taken);
}
