/* SPDX-License-Identifier: MIT */
/* http2/drain.c: how a connection ends in order. See edoi_h2_drain. */
#include "http2/h2.h"

#include <string.h>

#define ROUND_TRIP edo_s(1) /* that a client may need to acknowledge a PING */
#define PING_BYTES 8

/* Those of the drain's PING: one that asks whether the client is there may be under way. */
static const uint8_t drain_ping[PING_BYTES] = "drained";

void edoi_h2_drain_begin(edoi_h2_conn *h2) {
    edoi_h2_lock(h2);
    if (h2->drain == EDOI_H2_OPEN) {
        h2->drain = EDOI_H2_NOTICED;
        h2->drain_at = edo_instant_add(edo_now(), ROUND_TRIP);
        (void)nghttp2_submit_shutdown_notice(h2->session);
        (void)nghttp2_submit_ping(h2->session, NGHTTP2_FLAG_NONE, drain_ping);
    }
    edoi_h2_unlock(h2);
}

/* Called with the lock held. */
static void drain_say_last(edoi_h2_conn *h2) {
    if (h2->drain != EDOI_H2_NOTICED) return;
    h2->drain = EDOI_H2_LAST;
    (void)nghttp2_submit_goaway(h2->session, NGHTTP2_FLAG_NONE,
                                nghttp2_session_get_last_proc_stream_id(h2->session),
                                NGHTTP2_NO_ERROR, NULL, 0);
}

void edoi_h2_drain_on_ack(edoi_h2_conn *h2, const uint8_t *bytes) {
    if (memcmp(bytes, drain_ping, PING_BYTES) == 0) drain_say_last(h2);
}

void edoi_h2_drain_on_time(edoi_h2_conn *h2) {
    edoi_h2_lock(h2);
    drain_say_last(h2);
    edoi_h2_unlock(h2);
    if (h2->heading) h2->head_at = edo_now(); // it has had its time
}

bool edoi_h2_drain_is_due(const edoi_h2_conn *h2) {
    const edoi_http_conn *c = h2->conn;
    const edo_http_server_opts *o = &c->server->opts;
    if (c->requests == 0) return false;
    if (o->no_keep_alive || c->requests >= o->requests_max) return true;
    return o->age_max.ns != EDO_FOREVER_NS && edo_instant_since(edo_now(), c->ends_at).ns >= 0;
}
