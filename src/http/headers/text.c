/* SPDX-License-Identifier: MIT */
/* http/headers/text.c: copied texts, in lent room, then in the arena of a map or in pieces of
 * counted memory. A text that was replaced keeps its room until the map is emptied, since maps are
 * short-lived. Also prints maps. */
#include "http/headers/map.h"

#include <edo/bytes.h>

#define PIECE_BYTES 480u

static edoi_headers_piece *piece_new(edo_headers *h, size_t n) {
    size_t cap = n > PIECE_BYTES ? n : PIECE_BYTES;
    edoi_headers_piece *p = edo_rc_new(sizeof *p + cap, NULL);
    if (!p) return NULL;
    *p = (edoi_headers_piece){ .next = h->texts, .at = (char *)(p + 1), .left = cap };
    h->texts = p;
    return p;
}

char *edoi_texts_take(edo_headers *h, size_t n) {
    edoi_headers_piece *p = h->texts;
    if (!p || p->left < n) {
        if (h->arena) return edo_arena_text(h->arena, n);
        p = piece_new(h, n);
        if (!p) return NULL;
    }
    char *room = p->at;
    p->at += n;
    p->left -= n;
    return room;
}

void edoi_texts_free(edo_headers *h) {
    for (edoi_headers_piece *p = h->texts; p && !p->is_lent;) {
        edoi_headers_piece *next = p->next;
        edo_rc_unref(p);
        p = next;
    }
}

static int headers_text_put(edo_buf *out, edo_str s) {
    return edo_buf_append(out, s.ptr, s.len);
}

int edo_headers_combine(const edo_headers *h, edo_str name, edo_buf *out) {
    if (edo_header_id_of(name) == EDO_HEADER_SET_COOKIE) return -EINVAL;
    size_t bytes = 0, n = 0;
    for (const edo_header *f = NULL; (f = edo_headers_next_named(h, f, name)); n++)
        bytes += f->value.len + 2;
    if (n == 0) return -ENOENT;
    int err = edo_buf_reserve(out, bytes);
    if (err < 0) return err;
    bool is_first = true;
    for (const edo_header *f = NULL; (f = edo_headers_next_named(h, f, name)); is_first = false) {
        if (!is_first) (void)headers_text_put(out, EDO_STR(", ")); // there is room
        (void)headers_text_put(out, f->value);
    }
    return 0;
}

int edo_headers_print(const edo_headers *h, edo_buf *out) {
    const edo_header *f;
    for (size_t i = 0; (f = edo_headers_at(h, i)); i++) {
        bool is_hidden = f->flags & EDO_HEADER_SENSITIVE;
        int err = headers_text_put(out, f->name);
        if (err == 0) err = headers_text_put(out, EDO_STR(": "));
        if (err == 0) err = headers_text_put(out, is_hidden ? EDO_STR("Sensitive") : f->value);
        if (err == 0) err = headers_text_put(out, EDO_STR("\n"));
        if (err < 0) return err;
    }
    return 0;
}
