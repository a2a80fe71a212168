/* SPDX-License-Identifier: MIT */
/* sync/box.h: one value with a count, for channels whose readers clone it without a lock.
 *
 * inv. 1: a reference is taken by who holds one, or under the lock of the channel that does. */
#ifndef EDOI_SYNC_BOX_H
#define EDOI_SYNC_BOX_H

#include "base/atomic.h"
#include "sync/elem.h"

typedef struct edoi_box {
    edo_atomic_u32 refs; /* atomic: BX1, BX2 */
    EDOI_ALIGNED(16) unsigned char value[];
} edoi_box;

/* A box with one reference and no value yet; NULL without memory. */
EDO_MUST_USE edoi_box *edoi_box_alloc(const edoi_elem *elem);

/* Frees a box whose value is not there, or was moved out. NULL is allowed. */
void edoi_box_free(edoi_box *box, const edoi_elem *elem);

/* Gives a reference back; the last one drops the value and frees. NULL is allowed. */
void edoi_box_unref(edoi_box *box, const edoi_elem *elem);

/* Whether the caller's is the last reference: then it stays so, if no lock shows the box any
 * more. */
bool edoi_box_is_sole(const edoi_box *box);

EDOI_INLINE void edoi_box_ref(edoi_box *box) {
    (void)edoi_add_rlx_u32(&box->refs, 1); // relaxed: inv. 1
}

/* A reader's own copy. */
EDOI_INLINE void edoi_box_read(const edoi_box *box, const edoi_elem *elem, void *to) {
    if (elem->clone) {
        elem->clone(to, box->value);
    } else {
        edoi_elem_copy(to, box->value, elem->bytes);
    }
}

#endif
