/* SPDX-License-Identifier: MIT */
/* sync/channel/shared_value.h: one reference-counted value, for channels whose readers clone it
 * without a lock.
 *
 * inv. 1: a reference is taken by a holder of one, or under the lock of a channel that holds
 *         one. */
#ifndef EDOI_SYNC_CHANNEL_SHARED_VALUE_H
#define EDOI_SYNC_CHANNEL_SHARED_VALUE_H

#include "base/assert.h"
#include "base/atomic.h"
#include "sync/channel/elem.h"

typedef struct edoi_shared_value {
    edo_atomic_u32 refs; /* atomic: BX1, BX2 */
    EDOI_ALIGNED(16) unsigned char value[];
} edoi_shared_value;

/* A box with one reference and no value yet; NULL without memory. */
EDO_MUST_USE edoi_shared_value *edoi_shared_value_alloc(const edoi_elem *elem);

/* Frees a box that holds no value, or whose value was moved out. NULL is allowed. */
void edoi_shared_value_free(edoi_shared_value *box, const edoi_elem *elem);

/* Releases a reference; the last one drops the value and frees the box. NULL is allowed. */
void edoi_shared_value_unref(edoi_shared_value *box, const edoi_elem *elem);

/* Does the caller hold the last reference? Then that stays true, if the box cannot be found under a
 * lock any more. */
bool edoi_shared_value_is_sole(const edoi_shared_value *box);

EDOI_INLINE void edoi_shared_value_ref(edoi_shared_value *box) {
    uint32_t before = edoi_add_rlx_u32(&box->refs, 1); // relaxed: inv. 1
    EDO_INV("shared_value inv. 1", before > 0);
}

/* Makes a reader's own copy. */
EDOI_INLINE void edoi_shared_value_read(const edoi_shared_value *box, const edoi_elem *elem,
                                        void *to) {
    if (elem->clone) {
        elem->clone(to, box->value);
    } else {
        edoi_elem_copy(to, box->value, elem->bytes);
    }
}

#endif
