/* SPDX-License-Identifier: MIT */
/* grpc/wire/query.c: see query.h. */
#include "grpc/wire/query.h"

#include "base/text/form.h"

#include <string.h>

/* Takes what stands before the first `end` off a text. */
static edo_str query_take(edo_str *text, char end) {
    const char *at = text->len > 0 ? (const char *)memchr(text->ptr, end, text->len) : NULL;
    const size_t n = at ? (size_t)(at - text->ptr) : text->len;
    const edo_str taken = { text->ptr, n };
    *text = (edo_str){ text->ptr + n + (at != NULL), text->len - n - (at != NULL) };
    return taken;
}

bool edoi_grpc_query_next(edo_str *query, edo_str *name, edo_str *value) {
    while (query->len > 0) {
        *value = query_take(query, '&');
        if (value->len == 0) continue;
        *name = query_take(value, '=');
        return true;
    }
    return false;
}

int edoi_grpc_query_decode(edo_buf *out, edo_str part) {
    int err = edo_buf_reserve(out, part.len);
    if (err == 0 && part.len > 0) out->len += edoi_form_decode(out->ptr + out->len, part).len;
    return err;
}
