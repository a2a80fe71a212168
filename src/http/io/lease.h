/* SPDX-License-Identifier: MIT */
/* http/io/lease.h: the output of a burst, lent to the state machine of its connection.
 *
 * A handler may take long. So the burst lends the output of earlier requests to the state machine,
 * which sends it when it notices that the burst waits:
 *
 *     state machine                    burst
 *     edoi_http_lease_begin
 *     spawns the burst                 edoi_output_begin
 *     yields once                      puts a response into the output
 *     edoi_output_flush_lent           edoi_output_lend, calls the next handler
 *
 * On several workers the two sides run at once, so the flush may also come before the burst has
 * begun: the burst's part changes nothing that the flush has said. tests/model/lease.c explores all
 * orders. */
#ifndef EDOI_HTTP_IO_LEASE_H
#define EDOI_HTTP_IO_LEASE_H

#include "http/io/output.h"

/* Called by the state machine before it spawns a burst: no handler of it has waited. Relaxed: the
 * spawn orders. */
EDOI_INLINE void edoi_http_lease_begin(edoi_http_lease *lease) {
    edoi_store_rlx_u32(&lease->waits, 0);
}

/* Called by a burst when it begins, with its output, which is empty and whose stall the caller
 * sets. `to` is borrowed. */
EDOI_INLINE void edoi_output_begin(edoi_http_output *o, edoi_http_lease *lease, edo_stream *to) {
    o->lease = lease;
    o->to = to;
    o->begin = o->end = 0;
    edoi_store_rlx_u32(&o->is_lost, 0); // relaxed: no other thread knows the output yet
}

/* Called by the burst before the handler may wait: lends the output, or sends it if a handler has
 * waited already. Returns 0 or a negative code. */
int edoi_output_lend(edoi_http_output *o);

/* Called by the burst: is the output not lent, and not in use by the state machine? Relaxed: only
 * the burst sets OURS, and ends it. */
EDOI_INLINE bool edoi_output_is_ours(const edoi_http_output *o) {
    return edoi_load_rlx_u32(&o->lease->state) == EDOI_OUTPUT_OURS;
}

/* Called by the burst before it uses the output again. */
void edoi_output_take_back(edoi_http_output *o);

/* Called by the state machine when it sees a handler wait: sends what is lent, without waiting. */
void edoi_output_flush_lent(edoi_http_lease *lease);

#endif
