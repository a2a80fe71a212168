/* SPDX-License-Identifier: MIT */
/* service/breaker/breaker_layer.c: calls of a service through a breaker. The word of a permit says
 * whether the inner service was made ready: it is not while the breaker refuses, whose caller must
 * not wait. */
#include "service/breaker/breaker.h"
#include "service/wrap.h"

#define READY   0u
#define REFUSED 1u

typedef struct breaker_service {
    edo_service base;
    edo_breaker *breaker; /* owned */
} breaker_service;

static int breaker_ready(edo_service *base, edo_permit *permit) {
    edo_breaker *b = ((breaker_service *)(void *)base)->breaker;
    bool is_shut = edoi_breaker_is_shut(b);
    *edo_permit_word(permit, base) = is_shut ? REFUSED : READY;
    return is_shut ? 0 : edo_service_ready(base->inner, permit);
}

static int breaker_layer_call(edo_service *base, edo_permit *permit, void *request,
                              void *response) {
    edo_breaker *b = ((breaker_service *)(void *)base)->breaker;
    edo_breaker_call call;
    if (*edo_permit_word(permit, base) == REFUSED) return edoi_breaker_refuse(b);
    if (edo_breaker_begin(b, &call) < 0) return edoi_breaker_tell(b, call.left);
    int result = edo_service_call(base->inner, permit, request, response);
    edo_breaker_end(b, &call, edoi_breaker_judge(b, request, response, result));
    return result;
}

static void breaker_layer_deinit(edo_service *base) {
    edo_breaker_unref(((breaker_service *)(void *)base)->breaker);
}

static int breaker_layer_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = { .name = "edo_breaker_layer",
                                         .ready = breaker_ready,
                                         .call = breaker_layer_call,
                                         .deinit = breaker_layer_deinit };
    edo_service *base;
    int err = edo_service_new(&base, sizeof(breaker_service), &ops, inner);
    if (err < 0) return err;
    edo_breaker *b = edo_breaker_ref(layer->opts.pointers[0]);
    ((breaker_service *)(void *)base)->breaker = b;
    return edoi_wrap_end(out, base, edoi_breaker_take_kind(b, base));
}

edo_layer edo_breaker_layer(edo_breaker *b) {
    return edo_layer_make(breaker_layer_wrap, &b, sizeof b);
}
