/* SPDX-License-Identifier: MIT */
/* sync/box.c: making and freeing counted values. */
#include "sync/box.h"

#include "base/cache.h"
#include "base/held.h"

edoi_box *edoi_box_alloc(const edoi_elem *elem) {
    edoi_box *box = edoi_cache_get(sizeof *box + elem->bytes);
    if (box) edoi_store_rlx_u32(&box->refs, 1); // relaxed: nobody else knows it yet
    return box;
}

void edoi_box_free(edoi_box *box, const edoi_elem *elem) {
    edoi_cache_put(box, sizeof *box + elem->bytes);
}

void edoi_box_unref(edoi_box *box, const edoi_elem *elem) {
    edoi_held_check("a value's reference is given back");
    // BX1: pairs with BX1 and BX2: the last one comes after everybody's reading
    if (!box || edoi_sub_acqrel_u32(&box->refs, 1) != 1) return;
    if (elem->drop) elem->drop(box->value);
    edoi_box_free(box, elem);
}

bool edoi_box_is_sole(const edoi_box *box) {
    return edoi_load_acq_u32(&box->refs) == 1; // BX2: pairs with BX1
}
