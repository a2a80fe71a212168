/* SPDX-License-Identifier: MIT */
/* base/memory/arena.c: see edo/arena.h.
 *
 *     newest -> | before | chunk_bytes | bytes … at … end |
 *                  v
 *               | before: NULL | …                        |   the first, which a reset keeps
 *
 * Chunks come from the thread's cache (cache.h), which has small ones at hand.
 *
 * inv. 1: at and end are in the newest chunk; both are NULL if there is none.
 * inv. 2: bytes is the sum of all chunks, heads included, and at most bytes_max if that is set. */
#include "base/memory/arena.h"
#include "base/assert.h"

#include "base/memory/cache.h"

#include <edo/arena.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CHUNK_BYTES  4096u
#define GROWTH_BYTES (size_t)65536 /* chunks double in size up to this */

typedef struct edoi_arena_chunk {
    struct edoi_arena_chunk *before;
    size_t bytes; /* with this head */
} edoi_arena_chunk;

#define HEAD_BYTES                                                                                 \
    ((sizeof(edoi_arena_chunk) + EDOI_ARENA_ALIGN - 1) / EDOI_ARENA_ALIGN * EDOI_ARENA_ALIGN)

static void arena_use(edo_arena *self, edoi_arena_chunk *chunk) {
    self->newest = chunk;
    self->at = chunk ? (char *)chunk + HEAD_BYTES : NULL;
    self->end = chunk ? (char *)chunk + chunk->bytes : NULL;
}

/* At constant cost. */
static void arena_check(const edo_arena *self) {
    const char *newest = (const char *)self->newest;
    EDO_INV("arena inv. 1", newest || (!self->at && !self->end));
    EDO_INV("arena inv. 1", !newest || (self->at >= newest + HEAD_BYTES && self->at <= self->end));
    EDO_INV("arena inv. 1", !newest || self->end == newest + self->newest->bytes);
    EDO_INV("arena inv. 2", !newest || self->bytes >= self->newest->bytes);
}

/* Returns the size of the chunk after the newest one; it has room for `bytes`. */
static size_t next_bytes(const edo_arena *self, size_t bytes) {
    size_t usual = self->chunk_bytes ? self->chunk_bytes : CHUNK_BYTES;
    if (self->newest && self->newest->bytes < GROWTH_BYTES) {
        size_t twice = 2 * self->newest->bytes;
        usual = usual > twice ? usual : twice;
    }
    size_t least = bytes + HEAD_BYTES;
    if (self->bytes_max && self->bytes_max > self->bytes && usual > self->bytes_max - self->bytes) {
        usual = self->bytes_max - self->bytes;
    }
    return usual > least ? usual : least;
}

void *edoi_arena_grow(edo_arena *self, size_t bytes) {
    arena_check(self);
    if (bytes > PTRDIFF_MAX - HEAD_BYTES) return NULL;
    size_t chunk_bytes = next_bytes(self, bytes);
    if (self->bytes_max &&
        (self->bytes > self->bytes_max || chunk_bytes > self->bytes_max - self->bytes)) {
        self->is_full = true;
        return NULL;
    }
    EDO_INV("arena inv. 2", !self->bytes_max || self->bytes + chunk_bytes <= self->bytes_max);
    edoi_arena_chunk *chunk = edoi_cache_get(chunk_bytes);
    if (!chunk) return NULL;
    *chunk = (edoi_arena_chunk){ .before = self->newest, .bytes = chunk_bytes };
    self->bytes += chunk_bytes;
    arena_use(self, chunk);
    char *memory = self->at;
    self->at += bytes;
    return memory;
}

/* The newest chunk, which is not of the cache, holds one thing only: makes it larger, which moves
 * pages and copies nothing if it is large. */
static void *extend_chunk(edo_arena *self, size_t bytes) {
    edoi_arena_chunk *chunk = self->newest;
    size_t more = bytes + HEAD_BYTES - chunk->bytes;
    if (self->bytes_max &&
        (self->bytes > self->bytes_max || more > self->bytes_max - self->bytes)) {
        self->is_full = true;
        return NULL;
    }
    chunk = edoi_realloc(chunk, bytes + HEAD_BYTES);
    if (!chunk) return NULL;
    chunk->bytes += more;
    self->bytes += more;
    arena_use(self, chunk);
    void *memory = self->at;
    self->at += bytes;
    return memory;
}

void *edoi_arena_extend(edo_arena *self, void *old, size_t old_bytes, size_t bytes) {
    char *last = old;
    if (old && self->at == last + old_bytes && bytes <= PTRDIFF_MAX - HEAD_BYTES) {
        if ((size_t)(self->end - last) >= bytes) {
            self->at = last + bytes;
            return old;
        }
        // the first chunk stays as it is: a reset keeps it
        bool is_alone = self->newest->before && last == (char *)self->newest + HEAD_BYTES;
        if (is_alone && self->newest->bytes > EDOI_CACHE_BYTES_MAX)
            return extend_chunk(self, bytes);
    }
    void *memory = edo_arena_alloc(self, bytes);
    if (memory && old) memcpy(memory, old, old_bytes);
    return memory;
}

char *edo_arena_copy(edo_arena *self, const void *ptr, size_t n) {
    if (n >= PTRDIFF_MAX) return NULL;
    char *copy = edo_arena_text(self, n + 1);
    if (!copy) return NULL;
    if (n) memcpy(copy, ptr, n);
    copy[n] = 0;
    return copy;
}

edo_str edo_arena_print(edo_arena *self, const char *format, ...) {
    edo_str text = { NULL, 0 };
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *memory = n < 0 ? NULL : edo_arena_text(self, (size_t)n + 1);
    if (!memory) return text;
    va_start(args, format);
    (void)vsnprintf(memory, (size_t)n + 1, format, args);
    va_end(args);
    text = (edo_str){ memory, (size_t)n };
    return text;
}

void edo_arena_reset(edo_arena *self) {
    edoi_arena_chunk *chunk = self->newest;
    while (chunk && chunk->before) {
        edoi_arena_chunk *before = chunk->before;
        edoi_cache_put(chunk, chunk->bytes);
        chunk = before;
    }
    self->bytes = chunk ? chunk->bytes : 0;
    self->is_full = false;
    arena_use(self, chunk);
}

void edo_arena_deinit(edo_arena *self) {
    edo_arena_reset(self);
    if (self->newest) edoi_cache_put(self->newest, self->newest->bytes);
    self->bytes = 0;
    arena_use(self, NULL);
}
