/* SPDX-License-Identifier: MIT */
/* otlp/numbers.h: the numbers of a registry as a request (opentelemetry/proto/metrics/v1). */
#ifndef EDOI_OTLP_NUMBERS_H
#define EDOI_OTLP_NUMBERS_H

#include <edo/bytes.h>
#include <edo/metrics.h>

/* Writes the whole body, and how many metrics it has. Values are sums since `began_ns`. Errors:
 * -ENOMEM. */
EDO_MUST_USE int edoi_otlp_numbers(edo_buf *out, edo_str resource, edo_metrics *m, int64_t began_ns,
                                   uint64_t *n);

#endif
