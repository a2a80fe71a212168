/* SPDX-License-Identifier: MIT */
/* base/memory/sized.h: memory of the thread's cache (cache.h) for libraries of others, whose free()
 * is not told a size: that lies in front of the memory. The signatures are those of malloc and its
 * like. */
#ifndef EDOI_BASE_MEMORY_SIZED_H
#define EDOI_BASE_MEMORY_SIZED_H

#include <edo/base.h>

EDO_MUST_USE EDO_API void *edoi_sized_alloc(size_t bytes);
EDO_MUST_USE EDO_API void *edoi_sized_calloc(size_t n, size_t bytes);
EDO_MUST_USE EDO_API void *edoi_sized_realloc(void *ptr, size_t bytes);
EDO_API void edoi_sized_free(void *ptr);

#endif
