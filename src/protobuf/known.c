/* SPDX-License-Identifier: MIT */
/* protobuf/known.c: see edo/protobuf_known.h. */
#include <edo/protobuf_known.h>

#include "protobuf/times.h"
#include "value/years.h"

#include <errno.h>

/* ---- Any ------------------------------------------------------------------------------------- */

static int any_fill(google_protobuf_any *out, const char *type, const edo_buf *bytes,
                    edo_arena *arena) {
    google_protobuf_any any = { .type_url =
                                    edo_arena_print(arena, "type.googleapis.com/%s", type) };
    any.value.str.ptr = edo_arena_copy(arena, bytes->len > 0 ? bytes->ptr : "", bytes->len);
    any.value.str.len = bytes->len;
    if (!any.type_url.ptr || !any.value.str.ptr) return -ENOMEM;
    *out = any;
    return 0;
}

int edo_protobuf_any_pack(google_protobuf_any *out, const char *type, const void *value,
                          const edo_desc *desc, edo_arena *arena) {
    edo_buf bytes = { 0 };
    int err = edo_protobuf_encode(&bytes, value, desc);
    if (err == 0) err = any_fill(out, type, &bytes, arena);
    edo_buf_deinit(&bytes);
    return err;
}

edo_str edo_protobuf_any_type(const google_protobuf_any *any) {
    const edo_str url = any->type_url;
    for (size_t i = url.len; i > 0; i--)
        if (url.ptr[i - 1] == '/') return (edo_str){ url.ptr + i, url.len - i };
    return url;
}

bool edo_protobuf_any_is(const google_protobuf_any *any, const char *type) {
    return any && edo_str_equal(edo_protobuf_any_type(any), edo_str_of(type));
}

int edo_protobuf_any_unpack(void *out, const edo_desc *desc, const google_protobuf_any *any,
                            const char *type, edo_arena *arena) {
    if (!edo_protobuf_any_is(any, type)) return -ENOENT;
    return edo_protobuf_decode(out, desc, any->value.str, arena);
}

/* ---- Times ----------------------------------------------------------------------------------- */

int edo_protobuf_timestamp_set(google_protobuf_timestamp *t, edo_wall time) {
    if (!edoi_wall_is_good(time)) return -ERANGE;
    *t = (google_protobuf_timestamp){ .seconds = time.s, .nanos = time.ns };
    return 0;
}

int edo_protobuf_timestamp_get(edo_wall *out, const google_protobuf_timestamp *t) {
    if (!t) return -ENOENT;
    const edo_wall time = { t->seconds, t->nanos };
    if (!edoi_wall_is_good(time)) return -ERANGE;
    *out = time;
    return 0;
}

void edo_protobuf_duration_set(google_protobuf_duration *t, edo_duration length) {
    const edoi_wire_time parts = edoi_wire_duration_of(length);
    *t = (google_protobuf_duration){ .seconds = parts.s, .nanos = parts.ns };
}

int edo_protobuf_duration_get(edo_duration *out, const google_protobuf_duration *t) {
    if (!t) return -ENOENT;
    const edoi_wire_time parts = { t->seconds, t->nanos };
    const bool fits = edoi_wire_duration_is_good(parts) && edoi_wire_duration_get(out, parts);
    return fits ? 0 : -ERANGE;
}
