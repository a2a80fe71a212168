/* SPDX-License-Identifier: MIT */
/* service/layers/map.c: layers that change or refuse requests, and change results. */
#include <edo/layers.h>

#include "base/opts.h"

#include <errno.h>
#include <string.h>

/* ---- Map ------------------------------------------------------------------------------------- */

typedef struct map {
    edo_service base;
    edo_map_opts opts;
} map;

static int service_map_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    const edo_map_opts *o = &((map *)(void *)base)->opts;
    void *passed = request;
    int result = o->request ? o->request(o->arg, &passed) : 0;
    if (result >= 0) result = edo_service_call(base->inner, permit, passed, response);
    if (result >= 0) return o->response ? o->response(o->arg, request, response, result) : result;
    return o->error ? o->error(o->arg, request, response, result) : result;
}

static int service_map_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops same = { .name = "edo_map_layer", .call = service_map_call };
    static const edo_service_ops other = { .name = "edo_map_layer",
                                           .call = service_map_call,
                                           .kind = "" }; // its function may make other requests
    edo_map_opts opts;
    memcpy(&opts, &layer->opts, sizeof opts);
    if (!edoi_all_zero(opts.reserved, EDO_COUNT(opts.reserved))) return -EINVAL;
    edo_service *base;
    int err = edo_service_new(&base, sizeof(map), opts.request ? &other : &same, inner);
    if (err < 0) return err;
    ((map *)(void *)base)->opts = opts;
    *out = base;
    return 0;
}

edo_layer edo_map_layer(const edo_map_opts *opts) {
    return edo_layer_make(service_map_wrap, opts, sizeof *opts);
}

/* ---- Filter ---------------------------------------------------------------------------------- */

typedef struct filter_opts {
    edo_filter_fn *fn;
    void *arg;
} filter_opts;

typedef struct filter {
    edo_service base;
    filter_opts opts;
} filter;

static int filter_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    const filter_opts *o = &((filter *)(void *)base)->opts;
    int err = o->fn(o->arg, request);
    return err < 0 ? err : edo_service_call(base->inner, permit, request, response);
}

static int filter_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = { .name = "edo_filter_layer", .call = filter_call };
    edo_service *base;
    int err = edo_service_new(&base, sizeof(filter), &ops, inner);
    if (err < 0) return err;
    memcpy(&((filter *)(void *)base)->opts, &layer->opts, sizeof(filter_opts));
    *out = base;
    return 0;
}

edo_layer edo_filter_layer(edo_filter_fn *fn, void *arg) {
    filter_opts opts = { fn, arg };
    return edo_layer_make(filter_wrap, &opts, sizeof opts);
}
