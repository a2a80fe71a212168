/* SPDX-License-Identifier: MIT */
/* provider.h: the events of lttng.c, as LTTng-UST wants them: it includes this file several times.
 * An event has what one of edo's has: a kind, by its name; a task; a small number; an argument. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER edo_bench
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "provider.h"

#if !defined(EDO_BENCH_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#    define EDO_BENCH_PROVIDER_H

#    include <lttng/tracepoint.h>
#    include <stdint.h>

LTTNG_UST_TRACEPOINT_EVENT(edo_bench, wake,
                           LTTNG_UST_TP_ARGS(const void *, task, uint16_t, small, uint64_t, by),
                           LTTNG_UST_TP_FIELDS(lttng_ust_field_integer_hex(uint64_t, task,
                                                                           (uintptr_t)task)
                                                   lttng_ust_field_integer(uint16_t, small, small)
                                                       lttng_ust_field_integer(uint64_t, by, by)))

#endif

#include <lttng/tracepoint-event.h>
