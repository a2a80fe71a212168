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

/* The same whenever the last one was. For tests. */
void edoi_heap_look_now(void);

#endif
