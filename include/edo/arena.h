/* SPDX-License-Identifier: MIT */
/* edo/arena.h: memory for many small things that end together, as those of one request.
 *
 *     edo_arena arena = { 0 };
 *     char *name = edo_arena_copy(&arena, text.ptr, text.len);   // NULL: no memory
 *     …
 *     edo_arena_reset(&arena);                                   // all of it is gone; use it again
 *     …
 *     edo_arena_deinit(&arena);
 *
 * Unless a function says otherwise:
 * Threads: one at a time.   Waits: never.   Since: 0.1 */
#ifndef EDO_ARENA_H
#define EDO_ARENA_H

#include <edo/bytes.h>

EDO_BEGIN_DECLS

/* You place it, in zeroed memory; set the first two fields, or leave them 0, before its first use.
 * The other fields are edo's. */
typedef struct edo_arena {
    size_t chunk_bytes; /* memory is asked for by this many bytes at least; 0: 4 KiB */
    size_t bytes_max;   /* of memory asked for since the last reset; 0: no limit */
    char *at, *end;     /* what is free in the newest chunk */
    struct edoi_arena_chunk *newest;
    size_t bytes; /* in all chunks */
    bool is_full; /* `bytes_max` has refused memory since the last reset */
} edo_arena;

#define EDOI_ARENA_ALIGN 16u

/* Behind the inline functions: takes `bytes` from a new chunk. Not to be called. */
EDO_API void *edoi_arena_grow(edo_arena *self, size_t bytes);

/** Returns `bytes` bytes, not cleared, aligned for any type. 0 bytes are allowed.
 * Owns:    the arena's, until its reset or its end.
 * Errors:  NULL without memory, or if the arena has reached `bytes_max`. */
EDOI_INLINE void *edo_arena_alloc(edo_arena *self, size_t bytes) {
    size_t past = (size_t)((uintptr_t)self->at % EDOI_ARENA_ALIGN);
    size_t pad = past ? EDOI_ARENA_ALIGN - past : 0;
    size_t left = (size_t)(self->end - self->at);
    if (EDOI_UNLIKELY(!self->at || left < pad || left - pad < bytes)) {
        return edoi_arena_grow(self, bytes);
    }
    char *memory = self->at + pad;
    self->at = memory + bytes;
    return memory;
}

/** As edo_arena_alloc(), without alignment: for text.
 * Owns: the arena's, until its reset or its end.   Errors: as edo_arena_alloc(). */
EDOI_INLINE char *edo_arena_text(edo_arena *self, size_t bytes) {
    if (EDOI_UNLIKELY(!self->at || (size_t)(self->end - self->at) < bytes)) {
        return (char *)edoi_arena_grow(self, bytes);
    }
    char *memory = self->at;
    self->at = memory + bytes;
    return memory;
}

/** Returns a copy of `n` bytes at `ptr`, with a NUL behind them.
 * Owns: the arena's, until its reset or its end.   Errors: as edo_arena_alloc(). */
EDO_API char *edo_arena_copy(edo_arena *self, const void *ptr, size_t n);

/** Returns a text, as printf() forms it, with a NUL behind it.
 * Owns:    the arena's, until its reset or its end.
 * Errors:  NULL as the pointer without memory, or if vsnprintf() fails; the length is then 0 */
EDO_API edo_str edo_arena_print(edo_arena *self, const char *format, ...) EDO_PRINTF(2, 3);

/** Ends everything that was taken from the arena. It keeps its first chunk, so that an arena whose
 * content fits there asks for memory once in its life. */
EDO_API void edo_arena_reset(edo_arena *self);

/** As edo_arena_reset(), and gives all memory back. The arena may be used again. */
EDO_API void edo_arena_deinit(edo_arena *self);

EDO_END_DECLS

#endif
