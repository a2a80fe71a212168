/* SPDX-License-Identifier: MIT */
/* h2_around.h: what the streams of HTTP/2 call, and what has no part in how they end. */
#ifndef EDOI_MODEL_H2_AROUND_H
#define EDOI_MODEL_H2_AROUND_H

#include "http/server/exchange/hooks.h"
#include "http2/h2.h"

#include <edo/net.h>

#include <errno.h>

void edoi_http_exchange_end(edoi_http_exchange *x, int code) {
    (void)x, (void)code;
}

int edoi_response_hooks_raw(edoi_http_exchange *x) {
    (void)x;
    return 0;
}

bool edoi_http_has_no_body(const edoi_http_exchange *x) {
    (void)x;
    return false;
}

void edoi_h2_queue_deinit(edoi_h2_queue *q) {
    (void)q;
}

void edoi_h2_refuse(edoi_h2_stream *s) {
    (void)s;
}

void edoi_h2_start_detached(edoi_h2_stream *s) {
    (void)s;
}

void edoi_http_count_http2_ended(edoi_http_server *s, const char *reason) {
    (void)s, (void)reason;
}

void edo_headers_init(edo_headers *h) {
    (void)h;
}

void edo_headers_deinit(edo_headers *h) {
    (void)h;
}

void edoi_stall_begin(edoi_stall *s, edo_duration limit, uint32_t rate_min, edo_duration grace) {
    (void)s, (void)limit, (void)rate_min, (void)grace;
}

edo_duration edoi_stall_left(edoi_stall *s) {
    (void)s;
    return (edo_duration){ EDO_FOREVER_NS };
}

void edoi_stall_spend(edoi_stall *s, edo_duration time) {
    (void)s, (void)time;
}

bool edoi_stall_is_over(edoi_stall *s, edo_cx *cx) {
    (void)s, (void)cx;
    return false;
}

void edoi_h2_head_deinit(edoi_h2_head *h) {
    (void)h;
}

void edoi_h2_guard_begin(edoi_h2_conn *h2) {
    (void)h2;
}

void edoi_h2_calm(edoi_h2_conn *h2, const char *reason) {
    (void)h2, (void)reason;
}

bool edoi_h2_guard_drops_reset(edoi_h2_conn *h2, edo_str frame) {
    (void)h2, (void)frame;
    return false;
}

/* What comes is no frames here, but all of a script. */
edo_str edoi_h2_scan_next(edoi_h2_scan *s, edo_str *in, bool *is_reset) {
    edo_str all = *in;
    (void)s;
    *in = (edo_str){ all.ptr + all.len, 0 };
    *is_reset = false;
    return all;
}

bool edoi_h2_guard_is_clogged(const edoi_h2_conn *h2) {
    (void)h2;
    return false;
}

void edoi_h2_guard_buy(edoi_h2_conn *h2, uint32_t n) {
    (void)h2, (void)n;
}

int edoi_h2_server_begin(edoi_http_server *s) {
    (void)s;
    return 0;
}

void edoi_h2_server_end(edoi_http_server *s) {
    (void)s;
}

int edo_tcp_get_taken(edo_stream *s, edo_tcp_taken *out) {
    (void)s, (void)out;
    return -ENOTSUP;
}

bool edoi_http_is_untaken(const edoi_http_conn *c) {
    (void)c;
    return false;
}

void edoi_h2_end_heading(edoi_h2_conn *h2) {
    (void)h2;
}

#endif
