/* SPDX-License-Identifier: MIT */
/* grpc/client/recv.c: the response: metadata, messages, and the fields that end it. */
#include "base/assert.h"
#include "base/error/trail.h"
#include "base/text/ascii.h"
#include "grpc/client/client.h"
#include "grpc/wire/status.h"

#include <edo/error.h>
#include <edo/scope.h>

#include <errno.h>
#include <string.h>

/* ---- The head -------------------------------------------------------------------------------- */

static bool head_is_grpc(const edo_http_response *res) {
    const edo_str begin = EDO_STR("application/grpc");
    edo_str type = edo_headers_get(&res->headers, EDO_HEADER_CONTENT_TYPE);
    if (!edoi_begins_nocase(type, begin)) return false;
    return type.len == begin.len || strchr("+; ", type.ptr[begin.len]) != NULL;
}

static bool head_has_status(const edo_headers *h) {
    return edo_headers_get_named(h, EDO_STR("grpc-status")).ptr != NULL;
}

/* A response that is none of gRPC stands for a status, too. */
static int client_end_foreign(edoi_grpc_client_call *c) {
    const edo_http_response *res = c->res;
    const edo_str type = edo_headers_get(&res->headers, EDO_HEADER_CONTENT_TYPE);
    edo_grpc_status status = edoi_grpc_status_of_http(res->status);
    if (res->status != EDO_STATUS_OK)
        return edoi_grpc_client_end(c, status, "the server has responded with the status %d",
                                    (int)res->status);
    return edoi_grpc_client_end(c, status,
                                "the server has responded with the content type \"%.*s\"",
                                type.len < 100 ? (int)type.len : 100, type.ptr ? type.ptr : "");
}

static int client_set_coding(edoi_grpc_client_call *c) {
    const edo_str name = edo_headers_get_named(c->call.received, EDO_STR("grpc-encoding"));
    int coding = edoi_grpc_coding_of(name, c->channel->way->opts.accept_codings);
    if (coding >= 0) {
        c->call.coding_in = (edoi_coding)coding;
        return 0;
    }
    return edoi_grpc_client_end(c, EDO_GRPC_INTERNAL, "the server has chosen the coding \"%.*s\"",
                                name.len < 40 ? (int)name.len : 40, name.ptr);
}

/* The fields that have the status: the trailers, or the head of a response without a body. A head
 * that did not say that it is the end may tell of an error, but not that all is well. */
static const edo_headers *client_last_fields(const edoi_grpc_client_call *c) {
    const edo_headers *head = &c->res->headers, *trailers = edo_http_response_trailers(c->res);
    const bool is_empty = edoi_load_rlx_u64(&c->call.received_n) == 0; // relaxed: this task's
    if (!is_empty || !head_has_status(head) || head_has_status(trailers)) return trailers;
    const edo_str status = edo_headers_get_named(head, EDO_STR("grpc-status"));
    const bool is_good = edo_str_equal(status, EDO_STR("0"));
    return is_good && c->res->length != 0 ? trailers : head;
}

/* Has the stream ended with the head, or just behind it? A length of 0 does not say so: trailers
 * may follow. */
static bool client_is_at_end(const edoi_grpc_client_call *c) {
    char more;
    return c->res->length == 0 && edo_try_read(c->res->body, &more, 1) == 0;
}

/* Returns 0, or the code that the call has ended with: it may be 0. */
static int client_look_at_head(edoi_grpc_client_call *c) {
    const edo_headers *h = &c->res->headers;
    c->has_head = true;
    c->call.received = h;
    if (!head_is_grpc(c->res)) return client_end_foreign(c); // its status may be of anybody
    // one that more follows is no end: the status is in the trailers
    if (head_has_status(h) && client_is_at_end(c))
        return edoi_grpc_client_end_by(c, client_last_fields(c));
    if (c->res->status != EDO_STATUS_OK) return client_end_foreign(c);
    c->call.reader.from = c->res->body;
    return client_set_coding(c);
}

/* Waits for the head of one attempt. */
static int client_await_one(edoi_grpc_client_call *c) {
    int err = c->res ? 0 : edoi_grpc_client_reopen(c);
    if (err < 0) return err;
    err = edo_http2_head(c->res);
    if (err == 0) return client_look_at_head(c);
    if (!edoi_grpc_client_may_resend(c, err)) return edoi_grpc_client_end_broken(c, err);
    err = edoi_grpc_client_resend(c);
    return err < 0 ? err : client_await_one(c); // once
}

static int client_await_head(edoi_grpc_client_call *c) {
    edo_duration pause;
    int err = edo_budget_consume();
    if (c->is_over) return c->code;
    if (c->has_head) return err;
    edoi_trail_kept kept = edoi_trail_keep(); // an attempt that is made up for has no trail
    int code = client_await_one(c);
    edoi_grpc_client_try_end(c, false);
    while (c->is_over && c->code < 0 && edoi_grpc_client_may_retry(c, &pause)) {
        code = edoi_grpc_client_retry(c, pause);
        if (code == 0) code = client_await_one(c);
        edoi_grpc_client_try_end(c, false);
    }
    if (c->has_head || c->is_over) edoi_grpc_client_commit(c);
    return edoi_trail_kept_end(kept, code);
}

int edo_grpc_recv_metadata(edo_grpc_call *call) {
    edoi_grpc_client_call *c = edoi_grpc_client_of(call);
    edo_deadline limit;
    edoi_grpc_client_limit_begin(&limit, c);
    int err = edoi_grpc_client_limit_end(&limit, c, client_await_head(c));
    EDO_CHECK(edoi_grpc_client_check(c));
    edoi_grpc_client_span_close(c, false);
    return err;
}

/* ---- Messages -------------------------------------------------------------------------------- */

/* The messages have ended with `err`. A stream that breaks is no message that is cut off. */
static int client_end_messages(edoi_grpc_client_call *c, int err) {
    char more;
    if (err == 0) return edoi_grpc_client_end_by(c, client_last_fields(c));
    if (err != c->call.failed) return edoi_grpc_client_end_broken(c, err);
    int why = edo_try_read(c->res->body, &more, 1);
    return why < 0 && why != -EAGAIN ? edoi_grpc_client_end_broken(c, why)
                                     : edoi_grpc_client_end_failed(c);
}

static int client_recv(edoi_grpc_client_call *c, const edoi_grpc_want *want) {
    if (!c->is_over && edoi_grpc_client_is_late(c)) return edoi_grpc_client_end_late(c);
    int got = client_await_head(c);
    if (got < 0 || c->is_over) return got;
    got = edoi_grpc_recv_want(&c->call, want);
    return got > 0 ? got : client_end_messages(c, got);
}

int edoi_grpc_client_recv(edo_grpc_call *call, const edoi_grpc_want *want) {
    edoi_grpc_client_call *c = edoi_grpc_client_of(call);
    edo_deadline limit;
    edoi_grpc_client_limit_begin(&limit, c);
    int got = client_recv(c, want);
    got = edoi_grpc_client_limit_end(&limit, c, got);
    EDO_CHECK(edoi_grpc_client_check(c));
    edoi_grpc_client_span_close(c, false);
    return got;
}

/* ---- The one reply --------------------------------------------------------------------------- */

/* Receives the message, into `only`, and the end. Returns 0 or a code. */
static int client_recv_only(edoi_grpc_client_call *c) {
    const edoi_grpc_want want = { .bytes = &c->only };
    int got = c->only.ptr ? 1 : client_recv(c, &want);
    if (got == 0) {
        c->is_over = false; // OK is not how it ends
        return edoi_grpc_client_end(c, EDO_GRPC_UNIMPLEMENTED, "there was no message");
    }
    if (got < 0) return got;
    got = edoi_grpc_reader_end(&c->call.reader);
    if (got > 0)
        return edoi_grpc_client_end(c, EDO_GRPC_UNIMPLEMENTED, "there was more than one message");
    return client_end_messages(c, got);
}

int edoi_grpc_client_await_only(edoi_grpc_client_call *c) {
    edo_deadline limit;
    edoi_grpc_client_limit_begin(&limit, c);
    int err = client_recv_only(c);
    err = edoi_grpc_client_limit_end(&limit, c, err);
    EDO_CHECK(edoi_grpc_client_check(c));
    return err;
}

int edoi_grpc_client_decode_only(edoi_grpc_client_call *c, void *out, const edo_desc *desc,
                                 edo_arena *arena) {
    const edoi_grpc_want want = { out, desc, arena, NULL };
    if (edoi_grpc_decode(&c->call, &want, c->only, false) >= 0) return 0;
    c->is_over = false; // OK is not how it ends
    return edoi_grpc_client_end_failed(c);
}

int edoi_grpc_client_finish(edoi_grpc_client_call *c, void *out, const edo_desc *desc,
                            edo_arena *arena) {
    int err = edoi_grpc_client_await_only(c);
    return err < 0 ? err : edoi_grpc_client_decode_only(c, out, desc, arena);
}

int edo_grpc_finish(edo_grpc_call *call, void *out, const edo_desc *desc) {
    edoi_grpc_client_call *c = edoi_grpc_client_of(call);
    int err = edo_grpc_close_send(call);
    if (err < 0) return err;
    err = edoi_grpc_client_finish(c, out, desc, call->arena);
    edoi_grpc_client_span_close(c, false);
    return err;
}
