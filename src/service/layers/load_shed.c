/* SPDX-License-Identifier: MIT */
/* service/layers/load_shed.c: refuses instead of waiting. Its permit is held in any case; its word
 * says whether the inner service is too. */
#include <edo/layers.h>

#include <errno.h>

#define READY      0u
#define OVERLOADED 1u

static int load_shed_ready(edo_service *self, edo_permit *permit) {
    int err = edo_service_try_ready(self->inner, permit);
    *edo_permit_word(permit, self) = err == -EAGAIN ? OVERLOADED : READY;
    return err == -EAGAIN ? 0 : err;
}

static int load_shed_call(edo_service *self, edo_permit *permit, void *request, void *response) {
    if (*edo_permit_word(permit, self) == OVERLOADED) return -EDO_EOVERLOADED;
    return edo_service_call(self->inner, permit, request, response);
}

static int load_shed_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = { .name = "edo_load_shed_layer",
                                         .ready = load_shed_ready,
                                         .call = load_shed_call };
    (void)layer;
    return edo_service_new(out, sizeof(edo_service), &ops, inner);
}

edo_layer edo_load_shed_layer(void) {
    return edo_layer_make(load_shed_wrap, NULL, 0);
}
