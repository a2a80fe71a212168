/* SPDX-License-Identifier: MIT */
/* http2/client/check.c: walks a client's connection, and asserts that its parts fit together. Debug
 * builds do it behind each turn of the driver. A walk is bounded: of a connection with more calls
 * the newest are looked at, and no sums. What a call's opener sets up is left alone until the call
 * is submitted, since the opener does that without the lock. */
#include "base/assert.h"
#include "http2/client/client.h"

#ifdef EDO_DEBUG

#    define WALKED_MAX   64u    /* calls */
#    define WINDOW_USUAL 65535u /* bytes: of a connection that begins (RFC 9113, 6.9.2) */

/* What the calls of a connection come to. */
typedef struct client_sums {
    uint32_t walked_n, known_n, woken_n;
    size_t in_bytes, out_bytes;
} client_sums;

static void check_states(const edoi_h2_call *k) {
    const edoi_h2_call_end *e = &k->end;
    EDO_INV("client inv. 2", k->life.pins == 0);
    EDO_INV("client inv. 2", edoi_h2_call_in_session(k) || k->life.user != EDOI_H2_CALL_LEFT);
    EDO_INV("client inv. 8", e->failed <= 0 && (e->failed < 0 || !e->why));
    EDO_INV("client inv. 8", e->failed == 0 || !edoi_h2_call_is_whole(k));
    EDO_INV("client inv. 8",
            k->life.stage != EDOI_H2_CALL_OVER || e->failed < 0 || edoi_h2_call_is_whole(k));
}

static bool check_is_known(nghttp2_session *session, const edoi_h2_call *k) {
    return nghttp2_session_get_stream_user_data(session, k->life.id) == k;
}

static void check_call(const edo_http2 *c, const edoi_h2_call *k) {
    bool is_known = edoi_h2_call_in_session(k);
    bool has_output = k->out.queue.bytes > 0 || (is_known && k->out.has_ended);
    EDO_INV("client inv. 2", k->conn == c && (c->session || !is_known));
    EDO_INV("client inv. 2", !k->life.next || k->life.next->life.prev == k);
    EDO_INV("client inv. 6", !is_known || !k->out.is_deferred || !has_output);
    EDO_INV("client inv. 2", k->life.stage != EDOI_H2_CALL_SENT || check_is_known(c->session, k));
    check_states(k);
}

/* Returns whether that were all. */
static bool check_calls(const edo_http2 *c, client_sums *s) {
    const edoi_h2_call *k = c->calls;
    EDO_INV("client inv. 2", !k || !k->life.prev);
    for (; k && s->walked_n < WALKED_MAX; k = k->life.next) {
        check_call(c, k);
        s->walked_n++;
        s->known_n += edoi_h2_call_in_session(k);
        s->woken_n += edoi_h2_call_is_woken(k);
        s->in_bytes += k->in.queue.bytes;
        s->out_bytes += k->out.queue.bytes;
    }
    return !k;
}

/* Smaller windows begin with a debt of the server, which the session does not show. Nor is a
 * stream's window looked at: bytes of one frame may be beyond that, until the reset has gone. */
static void check_window(const edo_http2 *c, size_t in_bytes) {
    if (!c->session || c->opts.conn_window < WINDOW_USUAL) return;
    int32_t received = nghttp2_session_get_effective_recv_data_length(c->session);
    EDO_INV("client inv. 7", in_bytes <= (size_t)received);
}

static void check_sums(const edo_http2 *c, const client_sums *s) {
    EDO_INV("client inv. 3", c->open_n == s->known_n + c->given_n);
    EDO_INV("client inv. 4", c->held == s->out_bytes);
    check_window(c, s->in_bytes);
}

/* `most` calls may be there. */
static void check_woken(const edo_http2 *c, uint32_t most) {
    uint32_t n = 0;
    for (const edoi_h2_call *k = c->woken; k && n <= most; k = k->wakes.next, n++)
        EDO_INV("client inv. 5", k->conn == c && edoi_h2_call_is_woken(k));
    EDO_INV("client inv. 5", n == most || most == WALKED_MAX);
}

static void check_places(const edo_http2 *c) {
    const edoi_h2_place *p = TAILQ_FIRST(&c->places);
    EDO_INV("client inv. 3", c->given_n <= c->open_n);
    for (int i = 0; p && i < (int)WALKED_MAX; i++, p = TAILQ_NEXT(p, next))
        EDO_INV("client inv. 3", p->is_listed && !p->is_given);
}

static void check_conn(const edo_http2 *c) {
    EDO_INV("client inv. 9", c->is_going || (!c->is_shutting && !c->is_closed && !c->has_told));
    EDO_INV("client inv. 9", c->is_closed == (c->owners_n == 0));
    EDO_INV("client inv. 9", !c->has_said_bye || c->is_shutting);
    EDO_INV("client inv. 9", !c->has_told_settings || c->has_settings);
    EDO_INV("client inv. 9", c->failed <= 0 && (c->failed < 0 || !c->why));
    EDO_INV("client inv. 9", !c->timer.is_set || c->timer.at.ns != EDO_FOREVER_NS);
}

void edoi_h2_client_check(const edo_http2 *c) {
    client_sums s = { 0 };
    bool is_all = check_calls(c, &s);
    if (is_all) check_sums(c, &s);
    check_woken(c, is_all ? s.woken_n : WALKED_MAX);
    check_places(c);
    check_conn(c);
}

#endif
