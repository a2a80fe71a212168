/* SPDX-License-Identifier: MIT */
/* http/headers/map.h: what parsers do with a map of fields. */
#ifndef EDOI_HTTP_HEADERS_MAP_H
#define EDOI_HTTP_HEADERS_MAP_H

#include <edo/arena.h>
#include <edo/headers.h>

/* As edo_headers_init(), of a map that grows in an arena, which is reset behind its end. */
EDOI_INLINE void edoi_headers_init_in(edo_headers *h, edo_arena *arena) {
    edo_headers_init(h);
    h->arena = arena;
}

EDOI_INLINE edo_header *edoi_headers_fields(edo_headers *h) {
    return h->more ? h->more : h->placed;
}

/* Frees the memory of a map that edo_headers_init() is about to set anew; most maps have none. */
EDOI_INLINE void edoi_headers_drop(edo_headers *h) {
    if (EDOI_UNLIKELY(h->more || h->texts)) edo_headers_deinit(h);
}

EDOI_INLINE bool edoi_headers_has(const edo_headers *h, edo_header_id id) {
    return h->has[id / 64] >> (id % 64) & 1;
}

/* Walks the map, whose names are still there, and asserts its invariants. No other thread may use
 * it meanwhile. */
void edoi_headers_check(const edo_headers *h);

/* Appends a field that is known to be valid, without a copy. Returns -ENOSPC or -ENOMEM. */
EDO_API int edoi_headers_push(edo_headers *h, const edo_header *field);

/* Moves the names and values at `from` to `to`, where their bytes are now. */
void edoi_headers_rebase(edo_headers *h, const char *from, size_t n, const char *to);

/* The name of each edo_header_id, in lower case. */
extern const edo_str edoi_header_names[EDO_HEADERS_END];

/* As edo_header_id_of(), for a `name` that is known to be a token. */
edo_header_id edoi_header_id_of_token(edo_str name);

/* Returns room for `n` bytes that lives as long as the map's content; NULL without memory. */
char *edoi_texts_take(edo_headers *h, size_t n);

/* Frees all texts. */
void edoi_texts_free(edo_headers *h);

#endif
