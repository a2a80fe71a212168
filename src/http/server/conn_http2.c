/* SPDX-License-Identifier: MIT */
/* http/server/conn_http2.c: a connection of HTTP/2 as its server sees it. See http2.h. */
#include "http/server/http2.h"

#include "http/server/count.h"

void edoi_http2_begin(edoi_http_conn *c, edo_str bytes) {
    c->closing = edoi_http2_server.begin(c, bytes) < 0;
    // HS8: pairs with HS8 in server_look: `http2` is there, or NULL
    EDOI_ATOMIC_STORE(&c->version, (uint8_t)EDOI_HTTP_CONN_2, EDOI_RELEASE);
}

void edoi_http_conn_ref(edoi_http_conn *c) {
    edoi_add_rlx_u32(&c->refs, 1); // relaxed: the caller has one
}

bool edoi_http_conn_begin_busy(edoi_http_conn *c) {
    uint16_t phase = EDOI_HTTP_DETACHED;
    if (!edoi_cas_seq_u16(&c->phase, &phase, EDOI_HTTP_BUSY)) // HS1: pairs with HS2
        return phase == EDOI_HTTP_BUSY;
    edoi_http_count_conn(c, EDOI_HTTP_COUNTED_ACTIVE);
    return true;
}

bool edoi_http_conn_begin_leave(edoi_http_conn *c) {
    uint16_t phase = EDOI_HTTP_DETACHED;
    if (edoi_cas_seq_u16(&c->phase, &phase, EDOI_HTTP_LINGERS)) return true; // HS1: pairs with HS2
    if (phase == EDOI_HTTP_BUSY)
        edoi_store_rlx_u16(&c->phase, EDOI_HTTP_LINGERS); // relaxed: a drain only counts it
    return phase == EDOI_HTTP_BUSY;
}

void edoi_http_conn_begin_idle(edoi_http_conn *c) {
    edoi_store_rlx_u64(&c->idle_ns, (uint64_t)edo_now().ns);
    edoi_store_rel_u16(&c->phase, EDOI_HTTP_DETACHED); // HS6: pairs with HS2 and HS7
    edoi_http_count_conn(c, EDOI_HTTP_COUNTED_IDLE);
}
