/* SPDX-License-Identifier: MIT */
/* metrics/exemplar.h: one recent value of a series, or of each bucket, with the trace that it is
 * of.
 *
 * A slot has a short lock that nothing waits for: a thread that finds it taken leaves its exemplar
 * out, and a reader the one that is being written. So recording waits for nothing, and a slot that
 * a fork has left locked in a child stays empty there, no more. */
#ifndef EDOI_METRICS_EXEMPLAR_H
#define EDOI_METRICS_EXEMPLAR_H

#include "base/lock.h"

#include <edo/metrics.h>

/* What a slot holds; `trace_bytes` is 0 while it is empty. */
typedef struct edoi_exemplar_kept {
    double value;
    int64_t at_ms; /* since 1970 */
    uint8_t trace_bytes, span_bytes;
    char trace_id[EDO_EXEMPLAR_ID_BYTES_MAX], span_id[EDO_EXEMPLAR_ID_BYTES_MAX];
} edoi_exemplar_kept;

typedef struct edoi_exemplar_slot {
    edoi_lock lock; /* a leaf */
    edoi_exemplar_kept kept;
} edoi_exemplar_slot;

/* Keeps this one, unless its ids are no ids or the slot is in use. */
void edoi_exemplar_keep(edoi_exemplar_slot *slot, double value, const edo_exemplar *of);

/* Copies what the slot has; false: nothing, or it is in use. */
EDO_MUST_USE EDO_API bool edoi_exemplar_read(edoi_exemplar_slot *slot, edoi_exemplar_kept *out);

#endif
