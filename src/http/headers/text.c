/* SPDX-License-Identifier: MIT */
/* http/headers/text.c: copied texts, first in the map itself, then in pieces of counted memory. A
 * text that was replaced keeps its room until the map is emptied, since maps are short-lived. Also
 * prints maps. */
#include "http/headers/map.h"

#include <edo/bytes.h>

#define PIECE_BYTES 480u

typedef struct piece {
    struct piece *next; /* the piece made before */
    size_t used, cap;
    char bytes[];
} piece;

char *edoi_texts_take(edo_headers *h, size_t n) {
    if (n <= EDO_HEADERS_TEXT - h->text_n) {
        char *room = h->text + h->text_n;
        h->text_n += (uint32_t)n;
        return room;
    }
    if (h->arena) return edo_arena_text(h->arena, n);
    piece *p = h->texts;
    if (!p || p->cap - p->used < n) {
        size_t cap = n > PIECE_BYTES ? n : PIECE_BYTES;
        p = edo_rc_new(sizeof *p + cap, NULL);
        if (!p) return NULL;
        *p = (piece){ .next = h->texts, .cap = cap };
        h->texts = p;
    }
    char *room = p->bytes + p->used;
    p->used += n;
    return room;
}

void edoi_texts_free(edo_headers *h) {
    for (piece *p = h->texts; p;) {
        piece *next = p->next;
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
