/* SPDX-License-Identifier: MIT */
/* web/router/around.c: layers that are a function of a request. */
#include "web/layers/layer.h"

#include <edo/web.h>

typedef struct around_service {
    edo_service base;
    edo_web_around_fn *fn;
} around_service;

static int route_around_call(edo_service *self, edo_permit *permit, void *request, void *response) {
    (void)response; // and the request: both are in `w`
    edo_next next = { .inner = self->inner, .permit = permit };
    return ((around_service *)(void *)self)->fn(request, &next);
}

static const edo_service_ops around_ops = { .name = "edo_web_around", .call = route_around_call };

static int route_around_wrap(edo_service **self, edo_service *inner, const edo_layer *layer) {
    int err = edo_service_new(self, sizeof(around_service), &around_ops, inner);
    if (err < 0) return err;
    memcpy(&((around_service *)(void *)*self)->fn, &layer->opts, sizeof(edo_web_around_fn *));
    return 0;
}

edo_layer edo_web_around(edo_web_around_fn *fn) {
    return edoi_web_layer(route_around_wrap, &fn, sizeof fn);
}
