/* SPDX-License-Identifier: MIT */
/* use.c: see use.h. */
#include "page/use.h"

#include <edo/scope.h>
#include <edo/time.h>

static const edo_duration left_max =
    EDO_MS(500); /* for the router's last references, on a busy machine */

typedef struct router_use {
    edo_service base;
    edo_tracker *of; /* counts it */
} router_use;

static int use_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    return edo_service_call(base->inner, permit, request, response);
}

static void use_deinit(edo_service *base) {
    edo_tracker_done(((router_use *)(void *)base)->of);
}

static int use_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = { .name = "chat_use",
                                         .call = use_call,
                                         .deinit = use_deinit };
    int err = edo_service_new(out, sizeof(router_use), &ops, inner);
    if (err < 0) return err;
    router_use *self = (router_use *)(void *)*out;
    self->of = layer->opts.pointers[0];
    edo_tracker_add(self->of);
    return 0;
}

edo_layer use_layer(edo_tracker *of) {
    return edo_layer_make(use_wrap, &of, sizeof(void *));
}

int use_await_end(edo_tracker *of) {
    EDO_SHIELD(sh, edo_ns(-1));
    EDO_DEADLINE(d, left_max);
    edo_tracker_close(of);
    int err = edo_deadline_end(&d, edo_tracker_wait(of));
    return edo_shield_end(&sh, err);
}
