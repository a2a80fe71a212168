/* SPDX-License-Identifier: MIT */
/* http2/both/memory.c: see memory.h. */
#include "http2/both/memory.h"
#include "base/memory/sized.h"

static void *memory_alloc(size_t bytes, void *arg) {
    (void)arg;
    return edoi_sized_alloc(bytes);
}

static void memory_free(void *ptr, void *arg) {
    (void)arg;
    edoi_sized_free(ptr);
}

static void *memory_calloc(size_t n, size_t bytes, void *arg) {
    (void)arg;
    return edoi_sized_calloc(n, bytes);
}

static void *memory_realloc(void *ptr, size_t bytes, void *arg) {
    (void)arg;
    return edoi_sized_realloc(ptr, bytes);
}

nghttp2_mem *edoi_h2_memory(void) {
    static nghttp2_mem of_edo = { .malloc = memory_alloc,
                                  .free = memory_free,
                                  .calloc = memory_calloc,
                                  .realloc = memory_realloc };
    return &of_edo;
}
