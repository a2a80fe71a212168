/* SPDX-License-Identifier: MIT */
/* service/layers/timeout.c: a deadline around the inner call. It fails awaits only, so a response
 * that is there wins; and the caller's context has it, so that everything below inherits it. */
#include <edo/layers.h>

#include "driver/clock.h"
#include "runtime/scope/deadline.h"
#include "time/coarse.h"

#include <edo/scope.h>

typedef struct timeout {
    edo_service base;
    edo_duration limit;
} timeout;

/* Most of a limit's price is the clock, so a long limit is begun by the coarse one: it may last
 * longer by the lag of that clock, and is not shorter. */
EDOI_INLINE void begin(edo_deadline *d, edo_duration limit) {
    if (limit.ns < EDOI_COARSE_WORTH_NS) {
        edo_deadline_begin(d, limit);
        return;
    }
    int64_t lag_ns, now_ns = edoi_now_coarse(&lag_ns);
    int64_t latest_ns = edoi_time_after(now_ns, lag_ns);
    edoi_deadline_begin_at(d, edoi_time_after(latest_ns, limit.ns), limit.ns);
}

static int timeout_layer_call(edo_service *base, edo_permit *permit, void *request,
                              void *response) {
    edo_deadline d;
    begin(&d, ((timeout *)(void *)base)->limit);
    int result = edo_service_call(base->inner, permit, request, response);
    return edo_deadline_end(&d, result);
}

static int timeout_layer_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = { .name = "edo_timeout_layer", .call = timeout_layer_call };
    edo_service *base;
    int err = edo_service_new(&base, sizeof(timeout), &ops, inner);
    if (err < 0) return err;
    ((timeout *)(void *)base)->limit.ns = (int64_t)layer->opts.words[0];
    *out = base;
    return 0;
}

edo_layer edo_timeout_layer(edo_duration d) {
    return edo_layer_make(timeout_layer_wrap, &d, sizeof d);
}
