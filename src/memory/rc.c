/* SPDX-License-Identifier: MIT */
/* memory/rc.c: reference-counted memory: the count precedes the object.
 *
 *     | deinit | owners | bytes | padding | the user's bytes …
 *                                         ^ what the user holds */
#include "memory/rc.h"

#include "base/assert.h"
#include "base/held.h"
#include "base/memory/alloc.h"

#include <stdalign.h>
#include <string.h>

#define FREE_BYTE 0xdb /* fills quarantined memory: no address, no small number, no text */

typedef struct head {
    void (*deinit)(void *self);
    edo_atomic_u32 owners;
    uint32_t bytes; /* const: including the head; UINT32_MAX: that many or more */
} head;

#define HEAD_BYTES                                                                                 \
    ((sizeof(head) + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t))

static head *head_of(void *self) {
    return (head *)(void *)((char *)self - HEAD_BYTES);
}

void *edoi_rc_new(size_t bytes, void (*deinit)(void *self)) {
    if (bytes > SIZE_MAX - HEAD_BYTES) return NULL;
    head *h = edoi_alloc(HEAD_BYTES + bytes);
    if (!h) return NULL;
    h->deinit = deinit;
    h->bytes = HEAD_BYTES + bytes < UINT32_MAX ? (uint32_t)(HEAD_BYTES + bytes) : UINT32_MAX;
    edoi_store_rlx_u32(&h->owners, 1); // relaxed: no other thread knows it yet
    return (char *)h + HEAD_BYTES;
}

void *edoi_rc_ref(void *self) {
    // relaxed: the caller's share keeps it alive, and the count is not used.
    uint32_t before = edoi_add_rlx_u32(&head_of(self)->owners, 1);
    EDO_ASSERT(before > 0 && before < UINT32_MAX);
    (void)before;
    return self;
}

/* So that a late reader finds no object that looks alive. */
static void rc_fill(head *h, void *self) {
#if EDOI_REMEMBERS
    if (h->bytes <= EDOI_GONE_BYTES_MAX) memset(self, FREE_BYTE, h->bytes - HEAD_BYTES);
#else
    (void)h, (void)self;
#endif
}

/* Out of line, so that an unref that is not the last saves no registers. */
static EDOI_NOINLINE void rc_end(edoi_kind kind, void *self) {
    head *h = head_of(self);
    if (h->deinit) h->deinit(self);
    rc_fill(h, self);
    edoi_handle_free(kind, self, h, h->bytes);
}

void edoi_rc_unref(edoi_kind kind, void *self) {
    edoi_held_check("a counted object's reference is given back");
    // RC1: pairs with RC1: each owner's accesses happen before the last one frees the memory. An
    // owner that finds itself alone stays alone: only an owner makes others.
    bool is_last = edoi_load_acq_u32(&head_of(self)->owners) == 1;
    if (!is_last) {
        uint32_t before = edoi_sub_acqrel_u32(&head_of(self)->owners, 1); // RC1
        EDO_ASSERT(before > 0);
        is_last = before == 1;
    }
    if (is_last) rc_end(kind, self);
}

void *edo_rc_new(size_t bytes, void (*deinit)(void *self)) {
    void *self = edoi_rc_new(bytes, deinit);
    return self ? edoi_handle_made_here(EDOI_COUNTED, self, EDOI_CALLER()) : NULL;
}

void *edo_rc_ref(void *self) {
    EDOI_ENTERS(EDOI_COUNTED, self);
    return edoi_handle_shared(EDOI_COUNTED, edoi_rc_ref(self));
}

void edo_rc_unref(void *self) {
    if (!self) return;
    edoi_handle_given_up(EDOI_COUNTED, self, EDOI_CALLER());
    edoi_rc_unref(EDOI_COUNTED, self);
}
