/* SPDX-License-Identifier: MIT */
/* edo/base.h: what every other header stands on: wrapped atomics, the short lock, small macros. */
#ifndef EDO_BASE_H
#define EDO_BASE_H

#include <edo/compiler.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

EDO_BEGIN_DECLS

#define EDO_VERSION_MAJOR 0
#define EDO_VERSION_MINOR 1
#define EDO_VERSION_PATCH 0

/* Number of elements of an array (not of a pointer). */
#define EDO_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The struct of type `type` whose member `member` is at `ptr`. */
#define EDO_CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Atomic words. The wrapper keeps plain access from compiling; only edo touches the inside. */
typedef struct edo_atomic_u16 {
    uint16_t edoi_value;
} edo_atomic_u16;
typedef struct edo_atomic_u32 {
    uint32_t edoi_value;
} edo_atomic_u32;
typedef struct edo_atomic_u64 {
    uint64_t edoi_value;
} edo_atomic_u64;
typedef struct edo_atomic_ptr {
    void *edoi_value;
} edo_atomic_ptr;

/* Guards the few lines that edo needs to link or unlink a waiter. All zero is unlocked. */
typedef struct edoi_lock {
    edo_atomic_u32 word;
} edoi_lock;

/* Static initialisers of what has an edo_atomic_ word, a lock or a list inside. */
#define EDOI_ATOMIC_INIT(value)                                                                    \
    { (value) }
#define EDOI_LOCK_INIT                                                                             \
    { EDOI_ATOMIC_INIT(0) }

/* ---- Counted ownership ----------------------------------------------------------------------- */

/**
 * Memory for `bytes` bytes, not cleared, that is shared by counting its owners; the caller is the
 * first. `deinit` (may be NULL) is called for it by whoever gives the last share back.
 *
 * Owns:    returns new: edo_rc_unref(). Aligned for any type.
 * Errors:  NULL without memory.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE void *edo_rc_new(size_t bytes, void (*deinit)(void *self));

/**
 * Adds an owner to what edo_rc_new() answered, and answers it.
 *
 * Owns:    shares `self`.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API void *edo_rc_ref(void *self);

/**
 * Gives one share back; the last one frees the memory. NULL is allowed.
 *
 * Owns:    takes the share.
 * Threads: any, at once.   Waits: as `deinit` does.   Since: 0.1
 */
EDO_API void edo_rc_unref(void *self);

EDO_END_DECLS

#endif
