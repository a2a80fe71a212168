/* SPDX-License-Identifier: MIT */
/* base/allocator.h: memory from libc, or from what edo_set_allocator() named. For alloc.c alone,
 * where tests can make a request fail, and for what must know whose the memory is. */
#ifndef EDOI_BASE_ALLOCATOR_H
#define EDOI_BASE_ALLOCATOR_H

#include <edo/base.h>

/* As malloc(), calloc(), realloc() and free(). The first request settles whose memory it is. */
EDO_MUST_USE void *edoi_allocator_alloc(size_t bytes);
EDO_MUST_USE void *edoi_allocator_calloc(size_t n, size_t bytes);
EDO_MUST_USE void *edoi_allocator_realloc(void *ptr, size_t bytes);
void edoi_allocator_free(void *ptr);

/* Whether the memory is the program's; settles it as a request does. */
bool edoi_allocator_is_own(void);

#endif
