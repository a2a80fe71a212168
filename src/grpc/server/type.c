/* SPDX-License-Identifier: MIT */
/* grpc/server/type.c: see type.h. */
#include "grpc/server/type.h"
#include "base/text/ascii.h"
#include "grpc/wire/query.h"

/* Which of gRPC's forms it is; `rest` is what stands behind "application/grpc". */
static edoi_grpc_form type_form(edo_str *rest) {
    edoi_grpc_form form = EDOI_GRPC_PLAIN;
    if (edoi_skip_nocase(rest, EDO_STR("-web-text")))
        form = EDOI_GRPC_WEB_TEXT;
    else if (edoi_skip_nocase(rest, EDO_STR("-web")))
        form = EDOI_GRPC_WEB;
    return rest->len > 0 && rest->ptr[0] != '+' ? EDOI_GRPC_NOT : form;
}

/* Connect has no more than these: all else may be a page's. */
static edoi_grpc_form type_connect_form(edo_str rest, edoi_grpc_codec *codec) {
    const bool is_stream = edoi_skip_nocase(&rest, EDO_STR("connect+"));
    *codec = edoi_equal_nocase(rest, EDO_STR("json")) ? EDOI_GRPC_JSON : EDOI_GRPC_PROTOBUF;
    if (*codec == EDOI_GRPC_PROTOBUF && !edoi_equal_nocase(rest, EDO_STR("proto")))
        return EDOI_GRPC_NOT;
    return is_stream ? EDOI_GRPC_CONNECT_STREAM : EDOI_GRPC_CONNECT;
}

edoi_grpc_type edoi_grpc_type_of(edo_str content_type) {
    edoi_grpc_type t = { .form = EDOI_GRPC_NOT };
    size_t n = 0;
    while (n < content_type.len && content_type.ptr[n] != ';' && content_type.ptr[n] != ' ') n++;
    t.text = (edo_str){ content_type.ptr, n };
    edo_str rest = t.text;
    if (n == 0 || !edoi_skip_nocase(&rest, EDO_STR("application/"))) return t;
    if (!edoi_skip_nocase(&rest, EDO_STR("grpc"))) {
        t.form = type_connect_form(rest, &t.codec);
        t.has_codec = t.form != EDOI_GRPC_NOT;
        return t;
    }
    t.form = type_form(&rest);
    t.has_codec = rest.len == 0 || edoi_equal_nocase(rest, EDO_STR("+proto"));
    if (edoi_equal_nocase(rest, EDO_STR("+json"))) {
        t.codec = EDOI_GRPC_JSON;
        t.has_codec = true;
    }
    return t;
}

edoi_grpc_type edoi_grpc_type_of_query(edo_str query) {
    edo_str name, value;
    while (edoi_grpc_query_next(&query, &name, &value)) {
        if (!edo_str_equal(name, EDO_STR("encoding"))) continue;
        const bool is_json = edo_str_equal(value, EDO_STR("json"));
        if (!is_json && !edo_str_equal(value, EDO_STR("proto"))) break;
        return (edoi_grpc_type){ .form = EDOI_GRPC_CONNECT_GET,
                                 .codec = is_json ? EDOI_GRPC_JSON : EDOI_GRPC_PROTOBUF,
                                 .has_codec = true,
                                 .text = is_json ? EDO_STR("application/json")
                                                 : EDO_STR("application/proto") };
    }
    return (edoi_grpc_type){ .form = EDOI_GRPC_NOT };
}
