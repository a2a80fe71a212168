/* SPDX-License-Identifier: MIT */
/* records/slab_mark.h: a slab's data about each object: the link of free objects and, in debug
 * builds, the object's slab, whether it is out, and where it was got and put.
 *
 *     block -> | link | debug: the rest of the mark | object …
 *                                                   ^ what the user holds
 *
 * In a plain release build a slab without `construct` has no head: the link lies in the free
 * object. Otherwise the free object keeps its bytes, so that it stays constructed, or late writes
 * are detected, or it is poisoned for the address-sanitizer.
 *
 * inv. 1: a block is out exactly between edoi_slab_mark_out() and edoi_slab_mark_back().
 * inv. 2: the list of all blocks is hidden from leak checkers: it must not keep a lost object
 *         alive. */
#ifndef EDOI_RECORDS_SLAB_MARK_H
#define EDOI_RECORDS_SLAB_MARK_H

#include "base/atomic.h"
#include "base/memory/batch.h"

#ifdef EDOI_ASAN
#    include <sanitizer/asan_interface.h>
#endif

/* Rounded up, so that data of any type may follow. */
#define EDOI_SLAB_ROUND(bytes)                                                                     \
    (((bytes) + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t))

/* Common data of a slab's marks; part of the slab. */
typedef struct edoi_slab_marks {
    const char *name;  /* const */
    size_t bytes;      /* const: of an object */
    size_t head_bytes; /* const: before an object */
    bool plain;        /* const: a free object may be overwritten, and is not constructed */
#ifdef EDO_DEBUG
    uintptr_t first; /* lock: the slab's: the newest block, hidden */
#endif
} edoi_slab_marks;

EDOI_INLINE void *edoi_slab_object(const edoi_slab_marks *m, edoi_block *block) {
    return (char *)block + m->head_bytes;
}

EDOI_INLINE edoi_block *edoi_slab_block(const edoi_slab_marks *m, void *object) {
    return (edoi_block *)(void *)((char *)object - m->head_bytes);
}

EDOI_INLINE void edoi_slab_poison(const edoi_slab_marks *m, edoi_block *block) {
#ifdef EDOI_ASAN
    // A constructed object may own memory, and the leak checker does not read poisoned bytes.
    if (m->plain) ASAN_POISON_MEMORY_REGION(edoi_slab_object(m, block), m->bytes);
#else
    (void)m;
    (void)block;
#endif
}

EDOI_INLINE void edoi_slab_unpoison(const edoi_slab_marks *m, edoi_block *block) {
#ifdef EDOI_ASAN
    ASAN_UNPOISON_MEMORY_REGION(edoi_slab_object(m, block), m->bytes);
#else
    (void)m;
    (void)block;
#endif
}

#ifdef EDO_DEBUG

/* The head of a block. */
typedef struct edoi_slab_mark {
    edoi_block link; /* first: a block is its mark */
    const edoi_slab_marks *of;
    edo_atomic_u32 is_out;
    uint64_t sum;                /* of the object's bytes while it is free */
    const char *got_at, *put_at; /* callers that got and put the block */
    uintptr_t next, previous;    /* lock: the slab's: all blocks, hidden */
} edoi_slab_mark;

/* Bytes before the objects of a slab with these marks. */
EDOI_INLINE size_t edoi_slab_head_bytes(bool plain) {
    (void)plain;
    return EDOI_SLAB_ROUND(sizeof(edoi_slab_mark));
}

/* Fills new memory that is to be constructed: bytes that `construct` leaves alone belong to the
 * sum, too, which a checker of memory would find made of what nobody has written. */
void edoi_slab_mark_fill(const edoi_slab_marks *m, edoi_block *block);

/* Links a new block, which is free. lock: the slab's */
void edoi_slab_mark_link(edoi_slab_marks *m, edoi_block *block);

/* Unlinks a block that is returned to the allocator. lock: the slab's */
void edoi_slab_mark_unlink(edoi_slab_marks *m, edoi_block *block);

/* From free to out: aborts if the object was written to meanwhile. */
void edoi_slab_mark_out(const edoi_slab_marks *m, edoi_block *block, const char *place);

/* From out to back, before `reset`: false, or an abort, if the object is not out, or of another
 * slab. */
bool edoi_slab_mark_back(const edoi_slab_marks *m, edoi_block *block, const char *place);

/* After `reset`: from now on the object must not be written to. */
void edoi_slab_mark_seal(const edoi_slab_marks *m, edoi_block *block);

/* The object is used again, to be destructed. */
void edoi_slab_mark_unseal(const edoi_slab_marks *m, edoi_block *block);

/* Prints the places of some blocks that are out. */
void edoi_slab_mark_report(const edoi_slab_marks *m);

#else

EDOI_INLINE size_t edoi_slab_head_bytes(bool plain) {
#    ifdef EDOI_ASAN
    plain = false; // the link must not be in poisoned memory
#    endif
    return plain ? 0 : EDOI_SLAB_ROUND(sizeof(edoi_block));
}

EDOI_INLINE void edoi_slab_mark_fill(const edoi_slab_marks *m, edoi_block *block) {
    (void)m;
    (void)block;
}

EDOI_INLINE void edoi_slab_mark_link(edoi_slab_marks *m, edoi_block *block) {
    (void)m;
    (void)block;
}

EDOI_INLINE void edoi_slab_mark_unlink(edoi_slab_marks *m, edoi_block *block) {
    (void)m;
    (void)block;
}

EDOI_INLINE void edoi_slab_mark_out(const edoi_slab_marks *m, edoi_block *block,
                                    const char *place) {
    (void)place;
    edoi_slab_unpoison(m, block);
}

EDOI_INLINE bool edoi_slab_mark_back(const edoi_slab_marks *m, edoi_block *block,
                                     const char *place) {
    (void)m;
    (void)block;
    (void)place;
    return true;
}

EDOI_INLINE void edoi_slab_mark_seal(const edoi_slab_marks *m, edoi_block *block) {
    edoi_slab_poison(m, block);
}

EDOI_INLINE void edoi_slab_mark_unseal(const edoi_slab_marks *m, edoi_block *block) {
    edoi_slab_unpoison(m, block);
}

EDOI_INLINE void edoi_slab_mark_report(const edoi_slab_marks *m) {
    (void)m;
}

#endif

#endif
