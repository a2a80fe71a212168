/* SPDX-License-Identifier: MIT */
/* grpc/channel/health.c: see health.h. */
#include "grpc/channel/health.h"
#include "grpc/made/grpc/health/v1/health.edo.h"
#include "grpc/wire/status.h"

#include <edo/error.h>

#define STATE_MAX 4096u /* bytes of a message that has one number */

/* ---- The request ----------------------------------------------------------------------------- */

static int watch_add_fields(edo_headers *h, const edoi_grpc_way *way) {
    int err = edo_headers_append(h, EDO_HEADER_TE, EDO_STR("trailers"));
    if (err == 0) err = edo_headers_append(h, EDO_HEADER_CONTENT_TYPE, EDO_STR("application/grpc"));
    return err < 0 ? err : edo_headers_append(h, EDO_HEADER_USER_AGENT, way->user_agent);
}

static int watch_print(edo_buf *out, edo_str service) {
    const grpc_health_v1_health_check_request in = { .service = service };
    int err = edo_buf_append(out, "\0\0\0\0", EDOI_GRPC_HEAD_BYTES);
    if (err == 0) err = edo_protobuf_encode(out, &in, &grpc_health_v1_health_check_request_desc);
    if (err == 0) edoi_grpc_head_print(out->ptr, 0, out->len - EDOI_GRPC_HEAD_BYTES);
    return err;
}

static int watch_open(edoi_grpc_watch *self, edo_http2 *conn, const edoi_grpc_way *way) {
    edo_headers h;
    edo_buf frame = { 0 };
    edo_headers_init(&h);
    int err = watch_add_fields(&h, way);
    if (err == 0) err = watch_print(&frame, way->config.health);
    if (err == 0) {
        const edo_http_request req = { .method = EDO_METHOD_POST,
                                       .target = EDO_STR("/grpc.health.v1.Health/Watch"),
                                       .headers = &h,
                                       .data = { frame.ptr, frame.len },
                                       .length = (int64_t)frame.len };
        err = edo_http2_open(conn, &self->res, &req);
    }
    edo_buf_deinit(&frame);
    edo_headers_deinit(&h);
    return err;
}

/* ---- The response ---------------------------------------------------------------------------- */

void edoi_grpc_watch_end(edoi_grpc_watch *self) {
    edo_http_response_free(self->res);
    edoi_grpc_reader_deinit(&self->in);
    *self = (edoi_grpc_watch){ .res = NULL };
}

/* The watch has ended, with the status in `fields`, or that of HTTP. Returns -ENOTSUP or
 * -EAGAIN. */
static int watch_ended(edoi_grpc_watch *self, const edo_headers *fields) {
    const edo_str text = edo_headers_get_named(fields, EDO_STR("grpc-status"));
    const edo_grpc_status status =
        text.ptr ? edoi_grpc_status_parse(text) : edoi_grpc_status_of_http(self->res->status);
    edoi_grpc_watch_end(self);
    return status == EDO_GRPC_UNIMPLEMENTED
               ? -ENOTSUP
               : edo_fail(-EAGAIN, "the server has ended the watch of its health: %s",
                          edo_grpc_status_name(status));
}

/* Begins the watch. Returns 0 or a code. */
static int watch_ask(edoi_grpc_watch *self, edo_http2 *conn, const edoi_grpc_way *way) {
    int err = watch_open(self, conn, way);
    if (err == 0) err = edo_http2_head(self->res);
    if (err < 0) return err;
    const edo_headers *h = &self->res->headers;
    if (self->res->status != EDO_STATUS_OK || edo_headers_get_named(h, EDO_STR("grpc-status")).ptr)
        return watch_ended(self, h);
    self->in = (edoi_grpc_reader){ .from = self->res->body, .message_max = STATE_MAX };
    return 0;
}

/* What a message says: 0, or -EAGAIN. */
static int watch_read(edo_str message, uint8_t flags) {
    grpc_health_v1_health_check_response out;
    edo_arena arena = { 0 };
    int err = flags != 0 ? -EDO_EPROTOBUF
                         : edo_protobuf_decode(&out, &grpc_health_v1_health_check_response_desc,
                                               message, &arena);
    edo_arena_deinit(&arena);
    if (err < 0) return edo_fail(-EAGAIN, "the server says of its health what is no message");
    return out.status == GRPC_HEALTH_V1_HEALTH_CHECK_RESPONSE_SERVING
               ? 0
               : edo_fail(-EAGAIN, "the server says that it is not serving");
}

int edoi_grpc_watch_next(edoi_grpc_watch *self, edo_http2 *conn, const edoi_grpc_way *way) {
    edo_str message = { 0 };
    uint8_t flags = 0;
    int got = self->in.from ? 0 : watch_ask(self, conn, way);
    if (got == 0) got = edoi_grpc_reader_next(&self->in, &message, &flags);
    if (got > 0) return watch_read(message, flags);
    if (got == 0) return watch_ended(self, edo_http_response_trailers(self->res));
    if (got == -EAGAIN || got == -ENOTSUP) return got;
    edoi_grpc_watch_end(self);
    return got == -ECANCELED || got == -ENOMEM
               ? got
               : edo_fail(-EAGAIN, "the watch of the server's health has failed");
}
