/* SPDX-License-Identifier: MIT */
/* runtime/worker/places.c: see places.h. */
#include "runtime/worker/places.h"

#include "base/membarrier.h"

void edoi_places_init(edoi_places *p, uint16_t id, bool shared) {
    bool fenced = shared && !edoi_membarrier_register();
    p->in_polls = shared ? EDOI_PLACES_OUTSIDE : id;
    edoi_store_rlx_u16(&p->inside, id);
    edoi_store_rlx_u32(&p->taken, fenced ? EDOI_PLACES_FENCED : EDOI_PLACES_FREE);
}

EDOI_COLD bool edoi_places_enter_slowly(edoi_places *p) {
    if (!(edoi_load_rlx_u32(&p->taken) & EDOI_PLACES_FENCED)) return false; // relaxed: const
    edoi_fence_seq(); // TK3: pairs with TK3 in edoi_takeover()
    // relaxed: as in edoi_places_enter()
    return edoi_load_rlx_u32(&p->taken) == (EDOI_PLACES_FREE | EDOI_PLACES_FENCED);
}
