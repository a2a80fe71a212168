/* SPDX-License-Identifier: MIT */
/* service/kind.c: see kind.h. */
#include "service/kind.h"

#include "base/atomic.h"

static edo_atomic_ptr functions; /* atomic: KF1; the first of a list of const items */

void edoi_kind_add(edoi_kind_known *known) {
    known->next = edoi_load_rlx_ptr(&functions); // relaxed: libraries are loaded in turn
    // KF1: pairs with KF2: of a library that is loaded late an entry is whole when it is found
    edoi_store_rel_ptr(&functions, known);
}

int edoi_kind_by(edo_service *made, edoi_any_fn *fn) {
    const edoi_kind_known *known = edoi_load_acq_ptr(&functions); // KF2: pairs with KF1
    while (known && known->fn != fn) known = known->next;
    if (!known) return 0;
    if (!edoi_kind_fits(known->kind, made))
        return edo_fail(-EINVAL,
                        "a function of %s is for requests of the kind %s, and the service takes %s",
                        made->ops->name, known->kind, made->kind);
    made->kind = known->kind;
    return 0;
}
