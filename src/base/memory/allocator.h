/* SPDX-License-Identifier: MIT */
/* base/memory/allocator.h: memory from libc, or from the allocator set by edo_set_allocator(). Used
 * only by alloc.c, where tests can make a request fail, and by code that must know the memory's
 * origin. */
#ifndef EDOI_BASE_MEMORY_ALLOCATOR_H
#define EDOI_BASE_MEMORY_ALLOCATOR_H

#include <edo/base.h>

/* As malloc(), calloc(), realloc() and free(). The first request decides between libc and the
 * program's allocator. */
EDO_MUST_USE void *edoi_allocator_alloc(size_t bytes);
EDO_MUST_USE void *edoi_allocator_calloc(size_t n, size_t bytes);
EDO_MUST_USE void *edoi_allocator_realloc(void *ptr, size_t bytes);
void edoi_allocator_free(void *ptr);

/* Is the memory the program's? Decides it, as a request does. */
bool edoi_allocator_is_own(void);

#endif
