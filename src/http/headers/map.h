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

#define EDOI_HEADERS_LENT      8  /* fields */
#define EDOI_HEADERS_LENT_TEXT 64 /* bytes of copied names and values */

/* Room for copied texts. */
typedef struct edoi_headers_piece {
    struct edoi_headers_piece *next; /* the piece made before */
    char *at;
    size_t left;
    bool is_lent; /* else it is counted memory */
} edoi_headers_piece;

/* What a map may be lent, so that a usual message needs no memory for its fields. */
typedef struct edoi_headers_room {
    edo_header fields[EDOI_HEADERS_LENT];
    edoi_headers_piece piece;
    char text[EDOI_HEADERS_LENT_TEXT];
} edoi_headers_room;

/* Lends room to a map that was just made, until its next `init` or `deinit`. */
EDOI_INLINE void edoi_headers_lend(edo_headers *h, edoi_headers_room *room) {
    h->fields = room->fields;
    h->cap = EDOI_HEADERS_LENT;
    room->piece = (edoi_headers_piece){ NULL, room->text, sizeof room->text, true };
    h->texts = &room->piece;
}

/* Frees the memory of a map that edo_headers_init() is about to set anew; most maps have none of
 * their own. */
EDOI_INLINE void edoi_headers_drop(edo_headers *h) {
    bool has_texts = h->texts && !h->texts->is_lent;
    if (EDOI_UNLIKELY(h->is_own || h->index || has_texts)) edo_headers_deinit(h);
}

EDOI_INLINE bool edoi_headers_has(const edo_headers *h, edo_header_id id) {
    return h->has[id / 64] >> (id % 64) & 1;
}

/* Walks the map, whose names are still there, and asserts its invariants. No other thread may use
 * it meanwhile. */
void edoi_headers_check(const edo_headers *h);

/* Moves the fields to `room`, which has place for `n` and is the caller's. Returns 0, -ENOSPC
 * (beyond EDO_HEADERS_MAX), or -ENOMEM (for an index). */
EDO_API int edoi_headers_move(edo_headers *h, edo_header *room, uint32_t n);

/* Appends a field that is known to be valid, without a copy. Returns -ENOSPC or -ENOMEM. */
EDO_API int edoi_headers_push(edo_headers *h, const edo_header *field);

/* Sets a standard field, the only one of its name, to `n` bytes at `*value`, with place for a NUL:
 * the caller fills in what is a valid value. Returns -ENOSPC or -ENOMEM. */
EDO_MUST_USE EDO_API int edoi_headers_set_room(edo_headers *h, edo_header_id id, char **value,
                                               size_t n);

/* Appends copies of all fields of `from` (NULL: none). Returns as edo_headers_append_named(). */
EDO_MUST_USE EDO_API int edoi_headers_append_all(edo_headers *to, const edo_headers *from);

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
