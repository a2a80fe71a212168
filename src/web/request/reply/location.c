/* SPDX-License-Identifier: MIT */
/* web/request/reply/location.c: see location.h. */
#include "web/request/reply/location.h"

#include "base/text/hex.h"

#include <edo/uri.h>

#include <string.h>

/* May the byte stand in a path or query as it is? */
static bool location_has(edo_str part, size_t at) {
    char c = part.ptr[at];
    if (c == '%') return edoi_percent_byte((edo_str){ part.ptr + at, part.len - at }) >= 0;
    return c > 0x20 && c < 0x7f && !strchr("\"#<>[\\]^`{|}", c);
}

int edoi_location_append(edo_buf *out, edo_str part) {
    int err = 0;
    for (size_t i = 0; i < part.len && err == 0; i++) {
        edo_str byte = { part.ptr + i, 1 };
        err = location_has(part, i) ? edo_buf_append(out, byte.ptr, 1) : edo_uri_encode(byte, out);
    }
    return err;
}

int edoi_location_append_query(edo_buf *out, edo_str query) {
    if (query.len == 0) return 0;
    int err = edo_buf_append(out, "?", 1);
    return err < 0 ? err : edoi_location_append(out, query);
}
