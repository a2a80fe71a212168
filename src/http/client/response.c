/* SPDX-License-Identifier: MIT */
/* http/client/response.c: responses by themselves: made by a program, and ended. */
#include "http/client/response.h"
#include "http/headers/map.h"

#include <edo/http.h>
#include <edo/streams.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct made_response {
    edo_http_response res;
    edo_stream *stream; /* owned; NULL: not made yet */
    char *body;         /* its bytes, which it borrows */
    edo_headers trailers;
} made_response;

static const edo_headers *made_response_trailers(edo_http_response *res) {
    return &EDO_CONTAINER_OF(res, made_response, res)->trailers;
}

static void made_response_free(edo_http_response *res) {
    made_response *m = EDO_CONTAINER_OF(res, made_response, res);
    edo_ext_deinit(&res->ext);
    edo_headers_deinit(&res->headers);
    edo_headers_deinit(&m->trailers);
    if (m->stream) edo_close(m->stream);
    free(m->body);
    edo_rc_unref(m);
}

static const edoi_response_ops made_response_ops = { .trailers = made_response_trailers,
                                                     .free = made_response_free };

static int response_copy_body(made_response *m, edo_str body) {
    m->body = malloc(body.len > 0 ? body.len : 1);
    if (!m->body) return -ENOMEM;
    memcpy(m->body, body.len > 0 ? body.ptr : "", body.len);
    return edo_stream_mem(&m->stream, m->body, body.len);
}

int edo_http_response_make(edo_http_response **out, edo_status status, edo_str type, edo_str body) {
    made_response *m = edo_rc_new(sizeof *m, NULL);
    if (!m) return -ENOMEM;
    *m = (made_response){ 0 };
    m->res.status = status;
    m->res.version = EDO_HTTP_11;
    m->res.reason = edo_status_reason(status);
    m->res.length = (int64_t)body.len;
    m->res.edoi_ops = &made_response_ops;
    edo_headers_init(&m->res.headers);
    edo_headers_init(&m->trailers);
    int err = type.len > 0 ? edo_headers_set(&m->res.headers, EDO_HEADER_CONTENT_TYPE, type) : 0;
    if (err == 0) err = response_copy_body(m, body);
    if (err < 0) {
        made_response_free(&m->res);
        return err;
    }
    m->res.body = m->stream;
    *out = &m->res;
    return 0;
}

int edoi_response_made_trailers(edo_http_response *made, const edo_headers *from) {
    return edoi_headers_append_all(&EDO_CONTAINER_OF(made, made_response, res)->trailers, from);
}

const edo_headers *edo_http_response_trailers(edo_http_response *res) {
    return res->edoi_ops->trailers(res);
}

void edo_http_response_free(edo_http_response *res) {
    if (res && res->edoi_ops->free) res->edoi_ops->free(res);
}
