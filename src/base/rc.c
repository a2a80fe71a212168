/* SPDX-License-Identifier: MIT */
/* base/rc.c: counted ownership: a count in front of the memory.
 *
 *     | deinit | owners | padding | the user's bytes …
 *                                 ^ what the user holds */
#include <edo/base.h>

#include "base/alloc.h"
#include "base/assert.h"

#include <stdalign.h>

typedef struct head {
    void (*deinit)(void *self);
    edo_atomic_u32 owners;
} head;

#define HEAD_BYTES                                                                                 \
    ((sizeof(head) + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t))

static head *head_of(void *self) {
    return (head *)(void *)((char *)self - HEAD_BYTES);
}

void *edo_rc_new(size_t bytes, void (*deinit)(void *self)) {
    if (bytes > SIZE_MAX - HEAD_BYTES) return NULL;
    head *h = edoi_alloc(HEAD_BYTES + bytes);
    if (!h) return NULL;
    h->deinit = deinit;
    edoi_store_rlx_u32(&h->owners, 1); // relaxed: nobody else knows it yet
    return (char *)h + HEAD_BYTES;
}

void *edo_rc_ref(void *self) {
    // relaxed: the caller's own share keeps it alive, and nothing is learnt from the count.
    uint32_t before = edoi_add_rlx_u32(&head_of(self)->owners, 1);
    EDO_ASSERT(before > 0 && before < UINT32_MAX);
    (void)before;
    return self;
}

void edo_rc_unref(void *self) {
    if (!self) return;
    head *h = head_of(self);
    // R1: pairs with R1: what each owner did with the memory happens before the last one frees it.
    uint32_t before = edoi_sub_acqrel_u32(&h->owners, 1);
    EDO_ASSERT(before > 0);
    if (before > 1) return;
    if (h->deinit) h->deinit(self);
    edoi_free(h);
}
