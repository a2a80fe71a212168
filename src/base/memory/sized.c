/* SPDX-License-Identifier: MIT */
/* base/memory/sized.c: see sized.h.
 *
 *     | bytes | padding | the memory …
 *                       ^ what the caller gets */
#include "base/memory/sized.h"

#include "base/memory/cache.h"

#include <stdalign.h>
#include <stddef.h>
#include <string.h>

typedef struct sized_head {
    alignas(max_align_t) size_t bytes; /* with this head */
} sized_head;

static sized_head *sized_head_of(void *ptr) {
    return (sized_head *)ptr - 1;
}

void *edoi_sized_alloc(size_t bytes) {
    if (bytes > SIZE_MAX - sizeof(sized_head)) return NULL;
    sized_head *h = edoi_cache_get(sizeof *h + bytes);
    if (!h) return NULL;
    h->bytes = sizeof *h + bytes;
    return h + 1;
}

void *edoi_sized_calloc(size_t n, size_t bytes) {
    if (bytes > 0 && n > SIZE_MAX / bytes) return NULL;
    void *ptr = edoi_sized_alloc(n * bytes);
    if (ptr) memset(ptr, 0, n * bytes);
    return ptr;
}

void *edoi_sized_realloc(void *ptr, size_t bytes) {
    void *more = edoi_sized_alloc(bytes);
    if (!more || !ptr) return more;
    size_t had = sized_head_of(ptr)->bytes - sizeof(sized_head);
    memcpy(more, ptr, had < bytes ? had : bytes);
    edoi_sized_free(ptr);
    return more;
}

void edoi_sized_free(void *ptr) {
    if (ptr) edoi_cache_put(sized_head_of(ptr), sized_head_of(ptr)->bytes);
}
