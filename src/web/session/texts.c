/* SPDX-License-Identifier: MIT */
/* web/session/texts.c: see texts.h. */
#include "web/session/texts.h"

#include "base/assert.h"

#include <errno.h>
#include <string.h>

static size_t session_texts_bytes_of(edo_str name, edo_str value) {
    return EDOI_SESSION_TEXT_BYTES + name.len + value.len;
}

edoi_session_text *edoi_session_find(const edoi_session_texts *t, edo_str name) {
    edoi_session_text *x = t->first;
    while (x && !edo_str_equal(x->name, name)) x = x->next;
    return x;
}

static int session_texts_copy(edo_arena *arena, edo_str *s) {
    s->ptr = edo_arena_copy(arena, s->len > 0 ? s->ptr : "", s->len);
    return s->ptr ? 0 : -ENOMEM;
}

static int session_texts_append(edoi_session_texts *t, edo_arena *arena, edo_str name,
                                edo_str value) {
    edoi_session_text *x = edo_arena_alloc(arena, sizeof *x), **end = &t->first;
    if (!x) return -ENOMEM;
    while (*end) end = &(*end)->next;
    *x = (edoi_session_text){ .name = name, .value = value };
    *end = x;
    t->bytes += session_texts_bytes_of(name, value);
    return 0;
}

int edoi_session_put(edoi_session_texts *t, edo_arena *arena, edo_str name, edo_str value,
                     size_t most) {
    edoi_session_text *x = edoi_session_find(t, name);
    EDO_ASSERT(!x || t->bytes >= session_texts_bytes_of(x->name, x->value));
    size_t others = t->bytes - (x ? session_texts_bytes_of(x->name, x->value) : 0);
    if (name.len > most || value.len > most || others + session_texts_bytes_of(name, value) > most)
        return -EMSGSIZE;
    int err = session_texts_copy(arena, &value);
    if (err == 0 && !x) err = session_texts_copy(arena, &name);
    if (err < 0) return err;
    if (!x) return session_texts_append(t, arena, name, value);
    t->bytes = others + session_texts_bytes_of(name, value);
    x->value = value;
    return 0;
}

bool edoi_session_take(edoi_session_texts *t, edo_str name) {
    for (edoi_session_text **link = &t->first; *link; link = &(*link)->next) {
        if (!edo_str_equal((*link)->name, name)) continue;
        EDO_ASSERT(t->bytes >= session_texts_bytes_of((*link)->name, (*link)->value));
        t->bytes -= session_texts_bytes_of((*link)->name, (*link)->value);
        *link = (*link)->next;
        return true;
    }
    return false;
}

/* ---- As bytes -------------------------------------------------------------------------------- */

static void session_texts_put_length(unsigned char *to, size_t n) {
    for (int i = 0; i < 4; i++) to[i] = (unsigned char)(n >> 8 * i);
}

static size_t get_length(const char *from) {
    size_t n = 0;
    for (int i = 0; i < 4; i++) n |= (size_t)(unsigned char)from[i] << 8 * i;
    return n;
}

int edoi_session_print(const edoi_session_texts *t, edo_buf *out) {
    const size_t before = out->len;
    int err = edo_buf_reserve(out, t->bytes);
    for (const edoi_session_text *x = t->first; x && err == 0; x = x->next) {
        unsigned char head[EDOI_SESSION_TEXT_BYTES];
        session_texts_put_length(head, x->name.len);
        session_texts_put_length(head + 4, x->value.len);
        err = edo_buf_append(out, head, sizeof head);
        if (err == 0) err = edo_buf_append(out, x->name.ptr, x->name.len);
        if (err == 0) err = edo_buf_append(out, x->value.ptr, x->value.len);
    }
    EDO_INV("texts inv. 1", err < 0 || out->len - before == t->bytes);
    return err;
}

int edoi_session_parse(edoi_session_texts *t, edo_arena *arena, edo_str data) {
    while (data.len > 0) {
        if (data.len < EDOI_SESSION_TEXT_BYTES) return -EBADMSG;
        size_t name_n = get_length(data.ptr), value_n = get_length(data.ptr + 4);
        data = (edo_str){ data.ptr + EDOI_SESSION_TEXT_BYTES, data.len - EDOI_SESSION_TEXT_BYTES };
        if (name_n > data.len || value_n > data.len - name_n) return -EBADMSG;
        edo_str name = { data.ptr, name_n }, value = { data.ptr + name_n, value_n };
        if (edoi_session_find(t, name)) return -EBADMSG;
        int err = session_texts_append(t, arena, name, value);
        if (err < 0) return err;
        data = (edo_str){ value.ptr + value_n, data.len - name_n - value_n };
    }
    return 0;
}
