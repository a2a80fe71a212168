/* SPDX-License-Identifier: MIT */
/* base/memory/arena.c: see edo/arena.h.
 *
 *     newest -> | before | chunk_bytes | bytes … at … end |
 *                  v
 *               | before: NULL | …                        |   the first, which a reset keeps
 *
 * inv. 1: at and end are in the newest chunk; both are NULL if there is none.
 * inv. 2: bytes is the sum of all chunks, heads included, and at most bytes_max if that is set. */
#include "base/memory/alloc.h"

#include <edo/arena.h>

#include <string.h>

#define CHUNK_BYTES  4096u
#define GROWTH_BYTES (size_t)65536 /* chunks double in size up to this */

typedef struct edoi_arena_chunk {
    struct edoi_arena_chunk *before;
    size_t bytes; /* with this head */
} edoi_arena_chunk;

#define HEAD_BYTES                                                                                 \
    ((sizeof(edoi_arena_chunk) + EDOI_ARENA_ALIGN - 1) / EDOI_ARENA_ALIGN * EDOI_ARENA_ALIGN)

static void use(edo_arena *self, edoi_arena_chunk *chunk) {
    self->newest = chunk;
    self->at = chunk ? (char *)chunk + HEAD_BYTES : NULL;
    self->end = chunk ? (char *)chunk + chunk->bytes : NULL;
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
    if (bytes > PTRDIFF_MAX - HEAD_BYTES) return NULL;
    size_t chunk_bytes = next_bytes(self, bytes);
    if (self->bytes_max &&
        (self->bytes > self->bytes_max || chunk_bytes > self->bytes_max - self->bytes)) {
        return NULL;
    }
    edoi_arena_chunk *chunk = edoi_alloc(chunk_bytes);
    if (!chunk) return NULL;
    *chunk = (edoi_arena_chunk){ .before = self->newest, .bytes = chunk_bytes };
    self->bytes += chunk_bytes;
    use(self, chunk);
    char *memory = self->at;
    self->at += bytes;
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

void edo_arena_reset(edo_arena *self) {
    edoi_arena_chunk *chunk = self->newest;
    while (chunk && chunk->before) {
        edoi_arena_chunk *before = chunk->before;
        edoi_free(chunk);
        chunk = before;
    }
    self->bytes = chunk ? chunk->bytes : 0;
    use(self, chunk);
}

void edo_arena_deinit(edo_arena *self) {
    edo_arena_reset(self);
    edoi_free(self->newest);
    self->bytes = 0;
    use(self, NULL);
}
