/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/gen.c: see gen.h. */
#include "gen.h"

#include <stdarg.h>
#include <stdio.h>

void *gen_fails(gen *g, int err) {
    if (g->err == 0) g->err = err;
    return NULL;
}

void *gen_alloc(gen *g, size_t bytes) {
    void *memory = edo_arena_alloc(g->arena, bytes);
    if (!memory) return gen_fails(g, -ENOMEM);
    return memset(memory, 0, bytes);
}

void *gen_room(gen *g, void *all, size_t n, size_t *room, size_t element_bytes) {
    if (n < *room) return all;
    size_t more = *room ? 2 * *room : 64;
    void *larger = gen_alloc(g, more * element_bytes);
    if (!larger) return NULL;
    if (n > 0) memcpy(larger, all, n * element_bytes);
    *room = more;
    return larger;
}

edo_str gen_text(gen *g, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = (char *)gen_alloc(g, (size_t)(n < 0 ? 0 : n) + 1);
    if (n < 0 || !text) return gen_fails(g, -ENOMEM), EDO_STR("");
    va_start(args, format);
    (void)vsnprintf(text, (size_t)n + 1, format, args);
    va_end(args);
    return (edo_str){ text, (size_t)n };
}

void gen_put(gen *g, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    int err = n < 0 ? -EINVAL : edo_buf_reserve(&g->out, (size_t)n + 1);
    if (err < 0 || g->err < 0) {
        (void)gen_fails(g, err);
        return;
    }
    va_start(args, format);
    (void)vsnprintf(g->out.ptr + g->out.len, (size_t)n + 1, format, args);
    va_end(args);
    g->out.len += (size_t)n;
}

bool gen_is_asked_for(const gen *g, edo_str file) {
    for (size_t i = 0; i < g->request->file_to_generate_n; i++)
        if (edo_str_equal(g->request->file_to_generate[i], file)) return true;
    return false;
}
