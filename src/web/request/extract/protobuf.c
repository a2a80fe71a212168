/* SPDX-License-Identifier: MIT */
/* web/request/extract/protobuf.c: a described struct from a body that is a protobuf message. */
#include "web/request/web.h"

#include <edo/protobuf.h>

#include <errno.h>

static int protobuf_body(edo_web *w, edo_str *out) {
    static const char *const types[] = { "application/protobuf", "application/x-protobuf",
                                         "application/vnd.google.protobuf" };
    for (size_t i = 0; i < EDO_COUNT(types); i++)
        if (edoi_web_is_of_type(w, types[i])) return edo_web_body(w, out);
    return edoi_web_refuse(w, -EINVAL, EDO_STATUS_UNSUPPORTED_MEDIA_TYPE,
                           "the content type is not application/protobuf");
}

/* The newest line of the trail says what is wrong. */
static int protobuf_refuse(edo_web *w, int err, edo_status status) {
    const edo_faults none = { .arena = w->req->arena };
    return edoi_web_refuse_fields(w, err, status, &none);
}

int edo_web_protobuf(edo_web *w, void *out, const edo_desc *desc) {
    const edo_protobuf_opts opts = { .borrows = true };
    edo_arena *arena = w->req->arena;
    edo_str body = { 0 };
    int err = edo_budget_consume();
    if (err == 0) err = protobuf_body(w, &body);
    if (err < 0) return err;
    size_t before = edoi_web_decode_begin(w, arena);
    err = edo_protobuf_decode_with(out, desc, body, arena, &opts);
    const bool is_large = err == -EMSGSIZE; // for its length
    err = edoi_web_decode_end(w, arena, before, err);
    if (is_large) return protobuf_refuse(w, err, EDO_STATUS_CONTENT_TOO_LARGE);
    if (err == -EDO_EPROTOBUF) return protobuf_refuse(w, err, EDO_STATUS_UNPROCESSABLE_CONTENT);
    if (err < 0) return err;
    err = edo_value_check(out, desc, NULL, NULL);
    return err < 0 ? protobuf_refuse(w, err, EDO_STATUS_UNPROCESSABLE_CONTENT) : 0;
}
