/* SPDX-License-Identifier: MIT */
/* base/memory/arena.h: arrays in arenas. */
#ifndef EDOI_BASE_MEMORY_ARENA_H
#define EDOI_BASE_MEMORY_ARENA_H

#include <edo/arena.h>

/* Memory of `bytes` bytes, which begins with the `old_bytes` at `old` (may be NULL), taken from the
 * arena before; `old` is not used any more. What was taken last grows in place, so that an array
 * which doubles does not leave all that it was in the arena. NULL: as edo_arena_alloc(). */
EDO_MUST_USE void *edoi_arena_extend(edo_arena *self, void *old, size_t old_bytes, size_t bytes);

#endif
