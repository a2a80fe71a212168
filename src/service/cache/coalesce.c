/* SPDX-License-Identifier: MIT */
/* service/cache/coalesce.c: a layer whose calls go through a flight or a cache.
 *
 * One call, which either leads or gets what another one has made:
 *
 *     leads       ready, call of the inner service, share; its response is its own
 *     shared      fill
 *     not shared  (there is nothing to share) ready and call, by itself
 */
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "service/cache/store.h"
#include "service/kind.h"
#include "service/wrap.h"

#include <errno.h>
#include <string.h>

typedef struct coalesce {
    edo_service base;
    edo_coalesce_opts opts; /* with references to its flight or its cache */
} coalesce;

/* ---- A call ---------------------------------------------------------------------------------- */

typedef struct coalesce_run {
    const coalesce *self;
    edo_permit *permit;
    void *request, *response;
    bool is_filled; /* by a call of the inner service for this one */
} coalesce_run;

static int coalesce_inner(const coalesce_run *r) {
    edo_service *inner = r->self->base.inner;
    int err = edo_service_ready(inner, r->permit);
    return err < 0 ? err : edo_service_call(inner, r->permit, r->request, r->response);
}

/* What is made of a response without `share`. */
static void *coalesce_copy(const coalesce_run *r) {
    void *copy = edo_rc_new(r->self->opts.response_bytes, NULL);
    return copy ? memcpy(copy, r->response, r->self->opts.response_bytes) : NULL;
}

/* `*shared` is NULL without memory for a copy, or if `share` refuses: then each other caller makes
 * its own call. */
static int coalesce_lead(void **shared, void *arg) {
    coalesce_run *r = arg;
    const edo_coalesce_opts *o = &r->self->opts;
    int result = coalesce_inner(r);
    if (result < 0) return result;
    int err = 0;
    if (o->share) {
        err = o->share(o->arg, shared, r->request, r->response);
    } else {
        *shared = coalesce_copy(r);
    }
    r->is_filled = err >= 0;
    return err < 0 ? err : result;
}

static int coalesce_load(void **shared, edo_str key, void *arg) {
    (void)key;
    return coalesce_lead(shared, arg);
}

static int coalesce_fill(const coalesce_run *r, const void *shared) {
    const edo_coalesce_opts *o = &r->self->opts;
    if (o->fill) return o->fill(o->arg, r->response, shared);
    memcpy(r->response, shared, o->response_bytes);
    return 0;
}

/* A longer key is none: the call is its own. */
static size_t coalesce_key_max(const edo_coalesce_opts *o) {
    return o->cache ? o->cache->opts.key_bytes_max : o->flight->opts.key_bytes_max;
}

static int coalesce_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    const coalesce *self = (const coalesce *)(const void *)base;
    const edo_coalesce_opts *o = &self->opts;
    coalesce_run r = { .self = self, .permit = permit, .request = request, .response = response };
    void *shared = NULL;
    edo_str key = o->key(o->arg, request);
    if (!key.ptr || key.len > coalesce_key_max(o)) return coalesce_inner(&r);
    int result = o->cache ? edo_cache_get_or_load(o->cache, &shared, key, coalesce_load, &r)
                          : edo_flight_run(o->flight, &shared, key, coalesce_lead, &r);
    if (result >= 0 && !r.is_filled) {
        int err = shared ? coalesce_fill(&r, shared) : coalesce_inner(&r);
        if (err < 0 || !shared) result = err;
    }
    edo_rc_unref(shared);
    return result;
}

/* ---- Making ---------------------------------------------------------------------------------- */

/* Nothing is reserved before it is known that this call leads. */
static int coalesce_ready(edo_service *base, edo_permit *permit) {
    (void)base, (void)permit;
    return 0;
}

static void coalesce_deinit(edo_service *base) {
    const edo_coalesce_opts *o = &((coalesce *)(void *)base)->opts;
    edo_flight_unref(o->flight);
    edo_cache_unref(o->cache);
}

/* A load in a task of its own would use a request after its caller has gone. */
static bool coalesce_stays_here(const edo_coalesce_opts *o) {
    if (o->flight) return !o->flight->opts.detached;
    if (!o->cache) return true;
    const edo_cache_opts *c = &o->cache->opts;
    return !c->detached && c->stale_while.ns == 0 && c->early == 0;
}

static bool coalesce_opts_are_valid(const edo_coalesce_opts *o) {
    bool copies = o->response_bytes > 0, shares = o->share && o->fill;
    return o->key && copies != shares && !o->share == !o->fill && !(o->flight && o->cache) &&
           coalesce_stays_here(o) && edoi_all_zero(o->reserved, EDO_COUNT(o->reserved));
}

static int coalesce_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = { .name = "edo_coalesce_layer",
                                         .ready = coalesce_ready,
                                         .call = coalesce_call,
                                         .deinit = coalesce_deinit };
    edo_coalesce_opts opts;
    edo_flight *own = NULL;
    edo_service *base = NULL;
    memcpy(&opts, &layer->opts, sizeof opts);
    if (!coalesce_opts_are_valid(&opts)) return -EINVAL;
    int err = opts.flight || opts.cache
                  ? 0
                  : edo_flight_new(&own, &(edo_flight_opts){ .name = "edo_coalesce_layer" });
    if (err == 0) err = edo_service_new(&base, sizeof(coalesce), &ops, inner);
    if (err < 0) {
        edo_flight_unref(own);
        return err;
    }
    if (opts.flight) (void)edo_flight_ref(opts.flight);
    if (opts.cache) (void)edo_cache_ref(opts.cache);
    if (own) opts.flight = own;
    ((coalesce *)(void *)base)->opts = opts;
    err = edoi_kind_by(base, (edoi_any_fn *)opts.share);
    if (err == 0) err = edoi_kind_by(base, (edoi_any_fn *)opts.fill);
    return edoi_wrap_end(out, base, err);
}

edo_layer edo_coalesce_layer(const edo_coalesce_opts *opts) {
    return edo_layer_make(coalesce_wrap, opts, opts ? sizeof *opts : 0);
}
