/* SPDX-License-Identifier: MIT */
/* web/layers/layer.h: what layers of routers share. The edo_web of a request has ended when the
 * hooks of its response are called; so a hook has the request, and the layer's service. */
#ifndef EDOI_WEB_LAYERS_LAYER_H
#define EDOI_WEB_LAYERS_LAYER_H

#include "base/text/ascii.h"

#include <edo/web.h>

#define EDOI_WEB_KIND "edo_web" // of requests of routes (edo/service.h)

/* edo_layer_make() of a layer for routers. */
EDOI_INLINE edo_layer edoi_web_layer(edo_layer_fn *wrap, const void *opts, size_t bytes) {
    edo_layer layer = edo_layer_make(wrap, opts, bytes);
    layer.kind = EDOI_WEB_KIND;
    return layer;
}

/* A hook that needs no more than this. */
typedef struct edoi_layer_hook {
    edo_response_hook base; /* first */
    edo_service *self;
    edo_request *req;
} edoi_layer_hook;

/* Adds a hook to the response of a request. Returns 0 or -ENOMEM. */
int edoi_layer_hook_add(edo_service *self, edo_web *w, const edo_response_hook_ops *ops);

EDOI_INLINE edoi_layer_hook *edoi_layer_hook_of(edo_response_hook *hook) {
    return (edoi_layer_hook *)(void *)hook;
}

#define EDOI_AUTH_BASIC  1u
#define EDOI_AUTH_BEARER 2u

/* Returns the kinds of credentials that the service takes, if it is that of an edo_auth_layer();
 * else 0. */
uint32_t edoi_auth_kinds(const edo_service *service);

/* May it be the value of a field? NULL may. */
bool edoi_is_value(const char *value);

/* Adds a name to the response's `Vary`, unless the name or "*" is there. */
int edoi_vary(edo_headers *h, edo_str name);

/* Sets a field, unless it is there, or `value` is NULL or empty. */
int edoi_set_absent(edo_headers *h, edo_str name, const char *value);

#endif
