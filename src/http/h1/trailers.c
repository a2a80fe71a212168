/* SPDX-License-Identifier: MIT */
/* http/h1/trailers.c: see trailers.h. A field that may not be sent is left out, as in hyper: the
 * body is complete without it. */
#include "http/h1/trailers.h"

#include "base/assert.h"
#include "http/h1/pen.h"
#include "http/headers/index.h"
#include "http/types/list.h"

#include <errno.h>

/* The fields that have to be known before the body, or that concern two neighbours only (RFC 9110
 * section 6.5.1). */
static const edo_header_id forbidden[] = {
    // framing and the connection
    EDO_HEADER_CONTENT_LENGTH, EDO_HEADER_TRANSFER_ENCODING, EDO_HEADER_TRAILER, EDO_HEADER_TE,
    EDO_HEADER_CONNECTION, EDO_HEADER_KEEP_ALIVE, EDO_HEADER_PROXY_CONNECTION, EDO_HEADER_UPGRADE,
    EDO_HEADER_EXPECT,
    // routing and control
    EDO_HEADER_HOST, EDO_HEADER_MAX_FORWARDS, EDO_HEADER_RANGE, EDO_HEADER_CACHE_CONTROL,
    EDO_HEADER_PRAGMA, EDO_HEADER_VARY, EDO_HEADER_AGE, EDO_HEADER_DATE, EDO_HEADER_EXPIRES,
    EDO_HEADER_LOCATION, EDO_HEADER_RETRY_AFTER, EDO_HEADER_IF_MATCH, EDO_HEADER_IF_NONE_MATCH,
    EDO_HEADER_IF_MODIFIED_SINCE, EDO_HEADER_IF_UNMODIFIED_SINCE, EDO_HEADER_IF_RANGE,
    // authentication
    EDO_HEADER_AUTHORIZATION, EDO_HEADER_PROXY_AUTHORIZATION, EDO_HEADER_WWW_AUTHENTICATE,
    EDO_HEADER_PROXY_AUTHENTICATE, EDO_HEADER_COOKIE, EDO_HEADER_SET_COOKIE,
    // how to read the content
    EDO_HEADER_CONTENT_ENCODING, EDO_HEADER_CONTENT_TYPE, EDO_HEADER_CONTENT_RANGE,
    EDO_HEADER_CONTENT_LOCATION, EDO_HEADER_CONTENT_LANGUAGE, EDO_HEADER_CONTENT_DISPOSITION
};

bool edoi_trailer_is_forbidden(const edo_header *f) {
    for (size_t i = 0; i < EDO_COUNT(forbidden); i++)
        if (f->id == forbidden[i]) return true;
    return false;
}

static bool trailers_is_named(const edo_header *f, const edo_headers *head) {
    if (!head) return false;
    for (const edo_header *t = NULL; (t = edo_headers_next(head, t, EDO_HEADER_TRAILER));) {
        edo_str names = t->value, name;
        while (edoi_list_next(&names, &name))
            if (edoi_header_names_equal(name, f->name)) return true;
    }
    return false;
}

bool edoi_trailers_may_have(const edo_header *f, const edo_headers *head) {
    return !edoi_trailer_is_forbidden(f) && trailers_is_named(f, head);
}

int edoi_trailers_print(char *to, size_t room, const edo_headers *trailers,
                        const edo_headers *head) {
    edoi_pen p = { to };
    EDO_ASSERT(room >= EDOI_LAST_CHUNK.len);
    size_t left = room - EDOI_LAST_CHUNK.len;
    EDOI_PEN(&p, "0\r\n");
    const edo_header *f;
    for (size_t i = 0; (f = edo_headers_at(trailers, i)); i++) {
        if (!edoi_trailers_may_have(f, head)) continue;
        size_t bytes = f->name.len + f->value.len + sizeof ": \r\n" - 1;
        if (bytes > left) return -EMSGSIZE;
        left -= bytes;
        edoi_pen_str(&p, f->name);
        EDOI_PEN(&p, ": ");
        edoi_pen_str(&p, f->value);
        EDOI_PEN(&p, "\r\n");
    }
    EDOI_PEN(&p, "\r\n");
    EDO_ASSERT((size_t)(p.at - to) <= room);
    return (int)(p.at - to);
}
