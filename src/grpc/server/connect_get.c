/* SPDX-License-Identifier: MIT */
/* grpc/server/connect_get.c: calls of Connect by GET, whose message is in the query: of methods
 * that have no side effects, so that caches can keep replies.
 *
 *     GET /hello.v1.Greeter/Greet?connect=v1&encoding=json&message=%7B%22name%22%3A%22Ann%22%7D */
#include "grpc/server/server.h"
#include "grpc/wire/query.h"
#include "grpc/wire/timeout.h"

/* The value of a parameter, still encoded; NULL as its pointer: there is none. */
static edo_str get_parameter(edo_web *w, edo_str wanted) {
    edo_str query = edo_web_query_text(w), name, value;
    while (edoi_grpc_query_next(&query, &name, &value))
        if (edo_str_equal(name, wanted)) return value;
    return (edo_str){ NULL, 0 };
}

edo_str edoi_grpc_connect_get_coding(edo_web *w) {
    return get_parameter(w, EDO_STR("compression"));
}

edo_str edoi_grpc_connect_get_version(edo_web *w) {
    return get_parameter(w, EDO_STR("connect"));
}

/* Decodes base64 in the alphabet for URLs, in place. */
static int get_decode_base64(edo_buf *b) {
    edo_buf out = { 0 };
    for (size_t i = 0; i < b->len; i++) {
        if (b->ptr[i] == '-') b->ptr[i] = '+';
        if (b->ptr[i] == '_') b->ptr[i] = '/';
    }
    int err =
        edo_base64_decode((edo_str){ b->len > 0 ? b->ptr : "", b->len }, EDO_BASE64_LAX, &out);
    edo_buf_deinit(b);
    *b = out;
    return err;
}

/* Puts the message into the arena. Returns 0, -EINVAL or -ENOMEM. */
static int get_message(edoi_grpc_server_call *c, edo_str *out) {
    const bool is_base64 = edo_str_equal(get_parameter(c->web, EDO_STR("base64")), EDO_STR("1"));
    const edo_str text = get_parameter(c->web, EDO_STR("message"));
    edo_buf b = { 0 };
    if (!text.ptr) return -EINVAL;
    int err = edoi_grpc_query_decode(&b, text);
    if (err == 0 && is_base64) err = get_decode_base64(&b);
    const char *copy = err == 0 ? edo_arena_copy(c->call.arena, b.ptr ? b.ptr : "", b.len) : NULL;
    *out = (edo_str){ copy, b.len };
    if (err == 0 && !copy) err = -ENOMEM;
    edo_buf_deinit(&b);
    return err;
}

static int get_recv(edo_grpc_call *call, const edoi_grpc_want *want) {
    edoi_grpc_server_call *c = edoi_grpc_server_of(call);
    edo_str message;
    if (c->has_read) return 0;
    int err = get_message(c, &message);
    if (err == -EINVAL)
        return edo_grpc_fail(call, EDO_GRPC_INVALID_ARGUMENT, "the query has no valid message");
    if (err == 0 && message.len > call->reader.message_max)
        return edo_grpc_fail(call, EDO_GRPC_RESOURCE_EXHAUSTED, "the message is longer than %zu",
                             call->reader.message_max);
    return err < 0 ? err : edoi_grpc_plain_take(call, want, message);
}

const edoi_grpc_dialect edoi_grpc_connect_get_dialect = {
    .side = { .open = edoi_grpc_plain_open,
              .write = edoi_grpc_plain_write,
              .recv = get_recv,
              .invalid = EDO_GRPC_INVALID_ARGUMENT },
    .timeout = "connect-timeout-ms",
    .timeout_parse = edoi_grpc_timeout_ms_parse,
    .encoding = "content-encoding",
    .accept_encoding = "accept-encoding",
    .end = edoi_grpc_connect_end_plain,
};
