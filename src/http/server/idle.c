/* SPDX-License-Identifier: MIT */
/* http/server/idle.c: how a server closes idle connections: all of them in a drain, and one for
 * another that comes. A close wakes the state machine, so it is done without `lock`. */
#include "http/server/server.h"

#include "base/assert.h"

#include "net/tcp/taken.h"

#include <string.h>

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
 *     bytes left, no mark          mark
 *     bytes left, some were taken  mark anew
 *     bytes left, too few taken    stalled, once the mark is stalled_after() old
 *     none left, a mark            no mark, idle from now on
 *     none left, no mark           idle since its response ended
 *
 * A look moves the time of the mark only, so it is known since when the response has ended. A mark
 * that is older than that is none.
 *
 * Those that are idle go first, then those whose clients take nothing. The last are those whose
 * clients take some, but still have not taken all when `write_timeout` has passed since the
 * response ended: else some clients that read as slowly as they may would keep all others out. */

/* In which order connections make way. */
typedef enum idle_rank { RANK_IDLE, RANK_STALLED, RANK_SLOW, RANKS } idle_rank;

/* Which connections may be closed for another one. */
typedef struct idle_kind {
    idle_rank rank;
    bool detached;   /* also those that have left HTTP */
    int64_t most_ns; /* those that have been idle since then, or longer */
    int64_t now_ns;
    const edo_http_server_opts *opts;
} idle_kind;

#define LOOKS_MAX 8 /* connections that are looked at, each with system calls, with `lock` held */

/* A connection that may be closed. */
typedef struct candidate {
    edoi_http_conn *conn;
    int64_t idle_ns; /* when it became idle */
    uint16_t phase;  /* its phase when it was found */
} candidate;

/* Returns when the last response of a connection of the list, whose phase was `phase`, ended, or
 * others have written to it. Called with `lock` held, so the connection stays. */
static int64_t conn_ended_ns(edoi_http_conn *c, uint16_t phase) {
    int64_t ns = (int64_t)edoi_load_rlx_u64(&c->idle_ns);
    if (phase != EDOI_HTTP_DETACHED || !edoi_http_conn_is_detached(c) || !c->detached.ops->wrote_at)
        return ns;
    int64_t wrote_ns = c->detached.ops->wrote_at(c->detached.arg).ns;
    return wrote_ns > ns ? wrote_ns : ns;
}

/* Returns for how long a client may take less than `rate_min`: as long as within a response. */
static int64_t stalled_after_ns(const edo_http_server_opts *o) {
    return o->rate_grace.ns < o->write_timeout.ns ? o->rate_grace.ns : o->write_timeout.ns;
}

/* A connection has room for few bits of both. A client that has taken less than a piece has taken
 * nothing; the marks come round after 4 MB and after 35 minutes, which moves a look. */
#define MARK_PIECE   64u /* bytes */
#define MARK_TICK_NS (32 * INT64_C(1000000))

static uint16_t mark_of(uint64_t n) {
    uint16_t mark = (uint16_t)n;
    return mark > 0 ? mark : 1; // 0: none
}

static uint16_t mark_time(int64_t ns) {
    return mark_of((uint64_t)(ns / MARK_TICK_NS));
}

static int64_t mark_age_ns(const edoi_http_conn *c, int64_t now_ns) {
    return MARK_TICK_NS * (uint16_t)(mark_time(now_ns) - c->marked_at);
}

static void set_mark(edoi_http_conn *c, uint16_t mark, int64_t now_ns) {
    c->untaken_mark = mark;
    c->marked_at = mark_time(now_ns);
}

/* Returns since when a connection is idle whose last response ended at `ended_ns`: it may have been
 * marked since. Forgets a mark of a response before. */
static int64_t conn_idle_since_ns(edoi_http_conn *c, int64_t ended_ns, int64_t now_ns) {
    int64_t marked_ns = c->marked_at == 0 ? 0 : now_ns - mark_age_ns(c, now_ns);
    if (marked_ns < ended_ns - MARK_TICK_NS) c->untaken_mark = 0;
    return marked_ns > ended_ns ? marked_ns : ended_ns;
}

/* May a connection of the list make way in this rank? If so, tells since when it is idle. One that
 * was marked long ago may be idle by now. */
static bool server_may_close(edoi_http_conn *c, const idle_kind *w, candidate *out) {
    uint16_t phase = edoi_load_acq_u16(&c->phase); // HS7: pairs with HS6
    bool is_kind = phase == EDOI_HTTP_DETACHED ? w->detached || edoi_http_conn_is_http2(c)
                                               : phase == EDOI_HTTP_IDLE;
    if (!is_kind) return false;
    int64_t ended_ns = conn_ended_ns(c, phase);
    int64_t idle_ns = conn_idle_since_ns(c, ended_ns, w->now_ns);
    *out = (candidate){ c, w->rank == RANK_SLOW ? ended_ns : idle_ns, phase };
    if (w->rank == RANK_IDLE)
        return c->untaken_mark == 0 || w->now_ns - idle_ns >= stalled_after_ns(w->opts);
    if (w->rank == RANK_SLOW && w->now_ns - ended_ns < w->opts->write_timeout.ns) return false;
    return c->untaken_mark != 0;
}

/* Enters a candidate in the order of their times; those of one clock tick stand in the order of the
 * list from its end, so the one made first comes first. Returns how many there are then. */
static int enter_candidate(candidate *all, int n, candidate one) {
    int at = n;
    while (at > 0 && one.idle_ns <= all[at - 1].idle_ns) at--;
    if (at == LOOKS_MAX) return n;
    if (n < LOOKS_MAX) n++;
    memmove(all + at + 1, all + at, (size_t)(n - 1 - at) * sizeof *all);
    all[at] = one;
    return n;
}

/* Finds those that have been idle for longest, in one walk: it is made again and again while a
 * server is full. Called with `lock` held. */
static int find_candidates(edoi_http_server *s, const idle_kind *w, candidate *all) {
    int n = 0;
    candidate one;
    for (edoi_http_conn *c = s->first; c; c = c->next)
        if (server_may_close(c, w, &one) && one.idle_ns <= w->most_ns)
            n = enter_candidate(all, n, one);
    return n;
}

/* Is `bytes`, at least one, what a client has to take in `ns`? */
static bool is_pace(const edo_http_server_opts *o, uint32_t bytes, int64_t ns) {
    double seconds = (double)ns / 1e9;
    return bytes > 0 && bytes >= o->rate_min * seconds;
}

/* Looks at what the client of an idle connection has not taken; see above. Returns whether the
 * connection may make way. Called with `lock` held. */
static bool client_leaves_it(edoi_http_conn *c, const idle_kind *w) {
    edo_tcp_taken taken = { .left = 0 };
    uint16_t before = c->untaken_mark;
    bool is_awaited =
        edo_tcp_get_taken(edoi_http_socket(c), &taken) == 0 && edoi_tcp_is_awaited(&taken);
    uint16_t mark = is_awaited ? mark_of(taken.bytes / MARK_PIECE) : 0;
    if (before == 0 && mark == 0) return true;
    if (mark != 0 && w->rank == RANK_SLOW) return true;
    int64_t age_ns = mark_age_ns(c, w->now_ns);
    if (before != 0 && mark != 0 &&
        !is_pace(w->opts, MARK_PIECE * (uint16_t)(mark - before), age_ns))
        return w->rank == RANK_STALLED && age_ns >= stalled_after_ns(w->opts);
    set_mark(c, mark, w->now_ns);
    return mark == 0 && w->now_ns <= w->most_ns;
}

/* Takes the connection that has been idle longest of those that are wanted, if none of its requests
 * has arrived. Called with `lock` held. */
static edoi_http_conn *server_take_oldest_of(edoi_http_server *s, const idle_kind *w) {
    candidate all[LOOKS_MAX];
    int n = find_candidates(s, w, all);
    for (int i = 0; i < n; i++)
        if (!edoi_http_has_input(all[i].conn) && client_leaves_it(all[i].conn, w) &&
            take_idle(s, all[i].conn, all[i].phase))
            return all[i].conn;
    return NULL;
}

/* The same, of the first rank that has one. */
static edoi_http_conn *server_take_oldest(edoi_http_server *s, bool detached, int64_t most_ns) {
    idle_kind w = {
        .detached = detached, .most_ns = most_ns, .now_ns = edo_now().ns, .opts = &s->opts
    };
    edoi_http_conn *taken = NULL;
    for (; !taken && w.rank < RANKS; w.rank++) taken = server_take_oldest_of(s, &w);
    return taken;
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
    bool is_old = conn_ended_ns(c, phase) <= since_last_call_ns();
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

bool edoi_http_server_has_newcomers(edoi_http_server *s) {
    pthread_mutex_lock(&s->lock);
    bool has = s->newcomers > 0;
    pthread_mutex_unlock(&s->lock);
    return has;
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
