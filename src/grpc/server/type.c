/* SPDX-License-Identifier: MIT */
/* grpc/server/type.c: see type.h. */
#include "grpc/server/type.h"

#include <strings.h>

static bool type_takes(edo_str *text, edo_str begin) {
    if (text->len < begin.len || strncasecmp(text->ptr, begin.ptr, begin.len) != 0) return false;
    text->ptr += begin.len;
    text->len -= begin.len;
    return true;
}

static bool type_is(edo_str text, edo_str what) {
    return text.len == what.len && strncasecmp(text.ptr, what.ptr, what.len) == 0;
}

edoi_grpc_type edoi_grpc_type_of(edo_str content_type) {
    edoi_grpc_type t = { .form = EDOI_GRPC_NOT };
    size_t n = 0;
    while (n < content_type.len && content_type.ptr[n] != ';' && content_type.ptr[n] != ' ') n++;
    t.text = (edo_str){ content_type.ptr, n };
    edo_str rest = t.text;
    if (n == 0 || !type_takes(&rest, EDO_STR("application/grpc"))) return t;
    t.form = EDOI_GRPC_PLAIN;
    if (type_takes(&rest, EDO_STR("-web-text")))
        t.form = EDOI_GRPC_WEB_TEXT;
    else if (type_takes(&rest, EDO_STR("-web")))
        t.form = EDOI_GRPC_WEB;
    if (rest.len > 0 && rest.ptr[0] != '+') t.form = EDOI_GRPC_NOT;
    t.has_codec = rest.len == 0 || type_is(rest, EDO_STR("+proto"));
    if (type_is(rest, EDO_STR("+json"))) {
        t.codec = EDOI_GRPC_JSON;
        t.has_codec = true;
    }
    return t;
}
