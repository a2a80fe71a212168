/* SPDX-License-Identifier: MIT */
/* edo/base.h: the basis of all other headers: wrapped atomics, the short lock, small macros.
 *
 * Unless a function says otherwise:
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
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

/* A pointer to the struct of type `type` whose member `member` is at `ptr`. */
#define EDO_CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Atomic words. The wrapper prevents plain access; only edo touches the inside. */
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

/* A short lock: held for the few lines that link or unlink a waiter. All zero is unlocked. */
typedef struct edoi_lock {
    edo_atomic_u32 word;
} edoi_lock;

/* Static initialisers for types that contain an edo_atomic_ word, a lock or a list. */
#define EDOI_ATOMIC_INIT(value)                                                                    \
    { (value) }
#define EDOI_LOCK_INIT                                                                             \
    { EDOI_ATOMIC_INIT(0) }

/* The place of a call as "file:line", for reports. */
#define EDOI_TEXT_OF(x) #x
#define EDOI_TEXT(x)    EDOI_TEXT_OF(x)
#define EDOI_PLACE      __FILE__ ":" EDOI_TEXT(__LINE__)

/* ---- Memory ---------------------------------------------------------------------------------- */

/* An allocator of the program's own. Each function gets `arg`, may be called on several threads at
 * once, and must not call edo. Memory must be aligned for any type; NULL means out of memory. */
typedef struct edo_allocator {
    void *(*alloc)(void *arg, size_t bytes);
    void *(*calloc)(void *arg, size_t n, size_t bytes); /* NULL: alloc, then cleared by edo */
    void *(*realloc)(void *arg, void *ptr, size_t bytes);
    void (*free)(void *arg, void *ptr); /* never called with NULL */
    void *arg;
    uint64_t reserved[3]; /* must be 0 */
} edo_allocator;

/** Takes all of edo's memory from `allocator` instead of malloc(), from now until the program ends.
 *
 * Call it once, first in main(), before any other call of edo. Not taken from `allocator`: pages
 * that edo maps for the stacks and headers of tasks, and libc's own memory (threads, name
 * look-ups).
 * Owns:    copies `allocator`; shares its `arg` for the life of the program.
 * Errors:  -EBUSY   edo has asked for memory already, or an allocator was set before
 *          -EINVAL  a reserved field is not 0
 *          -EDO_EMISUSE  one of alloc, realloc and free is missing
 * Threads: any. */
EDO_MUST_USE EDO_API int edo_set_allocator(const edo_allocator *allocator);

/* ---- Counted ownership ----------------------------------------------------------------------- */

/** Returns reference-counted memory of `bytes` bytes, not cleared, with one reference. The call
 * that gives the last reference back calls `deinit` (may be NULL) for it.
 * Owns: returns new: edo_rc_unref(). Aligned for any type.   Errors: NULL without memory. */
EDO_MUST_USE EDO_API void *edo_rc_new(size_t bytes, void (*deinit)(void *self));

/** Takes one more reference to the memory that edo_rc_new() returned, and returns it.
 * Owns:    shares `self`. */
EDO_API void *edo_rc_ref(void *self);

/** Gives one reference back; the last one frees the memory. NULL is allowed.
 * Owns: takes the reference.   Waits: as `deinit` does. */
EDO_API void edo_rc_unref(void *self);

EDO_END_DECLS

#endif
