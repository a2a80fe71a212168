/* SPDX-License-Identifier: MIT */
/* base/memory/heap.h: memory that libc keeps after it was freed. glibc gives back only what lies at
 * the end of a heap, so after a peak one long-lived block may keep all of it. */
#ifndef EDOI_BASE_MEMORY_HEAP_H
#define EDOI_BASE_MEMORY_HEAP_H

#include <edo/base.h>

#define EDOI_HEAP_LOOK_S 10

/* Is it time for edoi_heap_look()? Any thread. */
bool edoi_heap_is_due(void);

/* A look, EDOI_HEAP_LOOK_S after the last one or later: gives back what was free both times, if it
 * is much. Takes up to 0.2 s for 700 MB, in which other threads may wait in malloc(). False: it is
 * too early, and nothing was done. Any thread. */
bool edoi_heap_look(void);

/* What libc has for malloc(), in bytes. */
typedef struct edoi_heap_numbers {
    size_t used; /* of what was allocated, with its heads */
    size_t free; /* kept for what will be; not all of it has pages */
} edoi_heap_numbers;

/* Returns the numbers of now, or of a moment ago: they take a walk over all free blocks, for which
 * other threads wait in malloc(), so one in a thousand parts of the time at most. False: there are
 * none, as with another libc or a sanitizer. Any thread. */
bool edoi_heap_read(edoi_heap_numbers *out);

/* As edoi_heap_look(), whenever the last one was. For tests. */
void edoi_heap_look_now(void);

#endif
