/* SPDX-License-Identifier: MIT */
/* sync/channel/shared_value.c: makes and frees reference-counted values. */
#include "sync/channel/shared_value.h"

#include "base/held.h"
#include "base/memory/cache.h"

edoi_shared_value *edoi_shared_value_alloc(const edoi_elem *elem) {
    edoi_shared_value *box = edoi_cache_get(sizeof *box + elem->bytes);
    if (box) edoi_store_rlx_u32(&box->refs, 1); // relaxed: no other thread knows it yet
    return box;
}

void edoi_shared_value_free(edoi_shared_value *box, const edoi_elem *elem) {
    edoi_cache_put(box, sizeof *box + elem->bytes);
}

void edoi_shared_value_unref(edoi_shared_value *box, const edoi_elem *elem) {
    edoi_held_check("a value's reference is given back");
    // BX1: pairs with BX1 and BX2: the last unref comes after all reads
    if (!box || edoi_sub_acqrel_u32(&box->refs, 1) != 1) return;
    if (elem->drop) elem->drop(box->value);
    edoi_shared_value_free(box, elem);
}

bool edoi_shared_value_is_sole(const edoi_shared_value *box) {
    return edoi_load_acq_u32(&box->refs) == 1; // BX2: pairs with BX1
}
