/* SPDX-License-Identifier: MIT */
/* http/io/lease.c: see lease.h. */
#include "http/io/lease.h"

#include "base/assert.h"

int edoi_output_lend(edoi_http_output *o) {
    EDO_CHECK(edoi_output_check(o));
    if (o->end == 0) return 0;
    o->lease->out = o;
    edoi_store_seq_u32(&o->lease->state, EDOI_OUTPUT_LENT); // HO1: pairs with HO1; HO2: with HO2
    if (!edoi_load_seq_u32(&o->lease->waits)) return 0;     // HO2: pairs with HO2
    edoi_output_take_back(o);
    return edoi_output_flush(o);
}

void edoi_output_take_back(edoi_http_output *o) {
    edo_atomic_u32 *state = &o->lease->state;
    uint32_t seen = edoi_load_rlx_u32(state);
    while (seen != EDOI_OUTPUT_OURS) {
        if (seen == EDOI_OUTPUT_LENT &&
            edoi_cas_acq_u32(state, &seen, EDOI_OUTPUT_OURS)) // HO1: pairs with HO1
            return;
        EDOI_CPU_RELAX(); // the state machine makes one system call, which does not block
        seen = edoi_load_rlx_u32(state);
    }
}

void edoi_output_flush_lent(edoi_http_lease *lease) {
    edoi_store_seq_u32(&lease->waits, 1); // HO2: pairs with HO2
    uint32_t state = EDOI_OUTPUT_LENT;
    // HO1: pairs with HO1; HO2: with HO2
    if (!edoi_cas_seq_u32(&lease->state, &state, EDOI_OUTPUT_FLUSHING)) return;
    edo_io_wait none = { 0 };
    int ignored; // the burst sees the failure, too
    (void)edoi_output_poll_flush(lease->out, NULL, &none, &ignored);
    edoi_store_rel_u32(&lease->state, EDOI_OUTPUT_LENT); // HO1: pairs with HO1
}
