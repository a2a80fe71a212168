/* SPDX-License-Identifier: MIT */
/* service/wrap.h: the end of a layer's `wrap` (edo/service.h). */
#ifndef EDOI_SERVICE_WRAP_H
#define EDOI_SERVICE_WRAP_H

#include <edo/service.h>
#include <edo/span.h>

/* Calls `inner` in the span `s`, which it takes; NULL: in none. */
EDOI_INLINE int edoi_call_in(edo_span *s, edo_service *inner, edo_permit *permit, void *request,
                             void *response) {
    if (EDOI_LIKELY(!s)) return edo_service_call(inner, permit, request, response);
    edo_span_block span;
    edo_span_begin(&span, s);
    return edo_span_end(&span, edo_service_call(inner, permit, request, response));
}

/* Returns `err`. The service that was made is `*out`, or, if it could not be completed, freed: the
 * one inside stays the caller's. */
EDOI_INLINE int edoi_wrap_end(edo_service **out, edo_service *made, int err) {
    if (err < 0) {
        made->inner = NULL;
        edo_service_unref(made);
    } else {
        *out = made;
    }
    return err;
}

#endif
