/* SPDX-License-Identifier: MIT */
/* http/headers/map.h: what parsers do with a map. */
#ifndef EDOI_HTTP_HEADERS_MAP_H
#define EDOI_HTTP_HEADERS_MAP_H

#include <edo/headers.h>

EDOI_INLINE edo_header *edoi_headers_fields(edo_headers *h) {
    return h->more ? h->more : h->placed;
}

/* edo_headers_deinit() before edo_headers_init(): most maps have no memory of their own. */
EDOI_INLINE void edoi_headers_drop(edo_headers *h) {
    if (EDOI_UNLIKELY(h->more || h->texts)) edo_headers_deinit(h);
}

EDOI_INLINE bool edoi_headers_has(const edo_headers *h, edo_header_id id) {
    return h->has[id / 64] >> (id % 64) & 1;
}

/* Appends a field that is known to be valid, without a copy. Returns -ENOSPC or -ENOMEM. */
int edoi_headers_push(edo_headers *h, const edo_header *field);

/* The bytes at `from` have moved to `to`: names and values that were there follow. */
void edoi_headers_rebase(edo_headers *h, const char *from, size_t n, const char *to);

#endif
