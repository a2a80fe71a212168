/* SPDX-License-Identifier: MIT */
/* web/layers/guard/rate.c: edo_http_rate_layer(), edo_web_hold(). */
#include "base/opts.h"
#include "service/kind.h"
#include "web/layers/layer.h"
#include "web/request/web.h"

#include <edo/task.h>
#include <edo/web_guard.h>

#include <errno.h>
#include <stdio.h>

#define NS_OF_S 1000000000

typedef struct rate_service {
    edo_service base;
    edo_keyed_limiter *keyed;
    edo_limiter others; /* for all keys that are too long */
    edo_http_rate_key_fn *key;
    void *arg;
    char policy[64]; /* "": no fields */
} rate_service;

/* ---- Keys ------------------------------------------------------------------------------------ */

static int key_of_address(edo_web *w, edo_buf *out) {
    char bytes[EDO_ADDR_KEY_BYTES];
    edo_addr addr;
    if (edo_request_client(edo_web_request(w), &addr) < 0) return 0; // as all without an address
    edo_str key = edo_addr_key(&addr, bytes);
    return *bytes ? edo_buf_append(out, key.ptr, key.len) : 0; // all Unix sockets share one key
}

/* The decision about a request. */
typedef struct decision {
    edo_instant next; /* if refused: when the request would pass */
    uint64_t left;    /* if passed: how many more would pass now */
} decision;

static int check_key(rate_service *self, decision *d, edo_str key) {
    int err = edo_keyed_limiter_check(self->keyed, &d->next, key, 1);
    if (err == 0) d->left = *self->policy ? edo_keyed_limiter_left(self->keyed, key) : 0;
    if (err != -EDO_ETOOLONG) return err;
    err = edo_limiter_check(&self->others, &d->next, 1);
    if (err == 0) d->left = edo_limiter_left(&self->others);
    return err;
}

static int key_of_program(const rate_service *self, edo_web *w, edo_buf *key) {
    edo_no_await_begin();
    int err = self->key(self->arg, w, key);
    edo_no_await_end();
    return err;
}

/* Decides about a request. Returns 0, -EDO_ERATELIMITED, or a failure. */
static int rate_service_check(rate_service *self, edo_web *w, decision *d) {
    edo_buf key = { 0 };
    int err = self->key ? key_of_program(self, w, &key) : key_of_address(w, &key);
    if (err >= 0) err = check_key(self, d, (edo_str){ key.ptr, key.len });
    edo_buf_deinit(&key);
    return err;
}

/* ---- What is said ---------------------------------------------------------------------------- */

static int rate_head(edo_response_hook *hook, edo_response *res, edo_response_head *head) {
    const rate_service *self = (const rate_service *)(const void *)edoi_layer_hook_of(hook)->self;
    (void)head; // of two such layers the inner one sets the fields, as a refusal would be its own
    return edoi_set_absent(&res->headers, EDO_STR("ratelimit-policy"), self->policy);
}

static const edo_response_hook_ops rate_hook = { .head = rate_head };

static int rate_service_refuse(const rate_service *self, edo_web *w, edo_instant next) {
    edo_headers *h = &edo_web_response(w)->headers;
    char text[48];
    int64_t ns = edo_instant_since(next, edo_now()).ns;
    long long seconds = ns > 0 ? (ns + NS_OF_S - 1) / NS_OF_S : 1;
    (void)snprintf(text, sizeof text, "%lld", seconds);
    int err = edo_headers_set(h, EDO_HEADER_RETRY_AFTER, edo_str_of(text));
    (void)snprintf(text, sizeof text, "\"default\";r=0;t=%lld", seconds);
    if (err == 0 && *self->policy) err = edo_headers_set(h, EDO_HEADER_RATELIMIT, edo_str_of(text));
    return err < 0 ? err
                   : edoi_web_turn_away(w, -EDO_ERATELIMITED, EDO_STATUS_TOO_MANY_REQUESTS, NULL);
}

/* Sets what is left. An inner layer of this kind sets its own instead. */
static int say_left(edo_web *w, uint64_t left) {
    char text[40];
    (void)snprintf(text, sizeof text, "\"default\";r=%llu", (unsigned long long)left);
    return edo_headers_set(&edo_web_response(w)->headers, EDO_HEADER_RATELIMIT, edo_str_of(text));
}

static int rate_guard_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    rate_service *self = (void *)base;
    decision d = { .left = 0 };
    int err = *self->policy ? edoi_layer_hook_add(base, request, &rate_hook) : 0;
    if (err == 0) err = rate_service_check(self, request, &d);
    if (err == -EDO_ERATELIMITED) return rate_service_refuse(self, request, d.next);
    if (err == 0 && *self->policy) err = say_left(request, d.left);
    return err < 0 ? err : edo_service_call(base->inner, permit, request, response);
}

static void rate_deinit(edo_service *base) {
    edo_keyed_limiter_free(((rate_service *)(void *)base)->keyed);
}

static const edo_service_ops rate_ops = { .name = "edo_http_rate",
                                          .call = rate_guard_call,
                                          .deinit = rate_deinit };

/* ---- Options --------------------------------------------------------------------------------- */

static void say_policy(rate_service *self, const edo_limiter_opts *l) {
    int64_t per = l->per.ns > 0 ? l->per.ns : NS_OF_S;
    (void)snprintf(self->policy, sizeof self->policy, "\"default\";q=%llu;w=%lld",
                   (unsigned long long)l->num, (long long)((per + NS_OF_S - 1) / NS_OF_S));
}

static int rate_guard_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    edo_http_rate_opts o;
    edo_keyed_limiter *keyed;
    edo_limiter others;
    memcpy(&o, &layer->opts, sizeof o);
    if (!edoi_all_zero(o.reserved, EDO_COUNT(o.reserved)))
        return edo_fail(-EINVAL, "edo_http_rate_layer(): `reserved` must be 0");
    int err = edo_limiter_init(&others, &o.limit);
    if (err < 0) return edo_fail(err, "edo_http_rate_layer(): a bad `limit`; its `num` is needed");
    const edo_keyed_limiter_opts of_keys = { .limit = o.limit,
                                             .keys_max = o.keys_max,
                                             .forgets = true };
    err = edo_keyed_limiter_new(&keyed, &of_keys);
    if (err < 0) return edo_fail(err, "edo_http_rate_layer(): `keys_max`");
    err = edo_service_new(out, sizeof(rate_service), &rate_ops, inner);
    if (err < 0) {
        edo_keyed_limiter_free(keyed);
        return err;
    }
    rate_service *self = (void *)*out;
    self->keyed = keyed;
    self->others = others;
    self->key = o.key;
    self->arg = o.arg;
    if (!o.no_fields) say_policy(self, &o.limit);
    return 0;
}

edo_layer edo_http_rate_layer(const edo_http_rate_opts *opts) {
    return edoi_web_layer(rate_guard_wrap, opts, opts ? sizeof *opts : 0);
}

/* ---- Requests at once ------------------------------------------------------------------------ */

typedef struct hold_hook {
    edo_response_hook base;
    edo_held held;
} hold_hook;

static void hold_done(edo_response_hook *hook, edo_response *res, const edo_response_end *end) {
    const hold_hook *h = (const hold_hook *)(const void *)hook;
    (void)res, (void)end;
    h->held.fn(h->held.arg);
}

static const edo_response_hook_ops hold_ops = { .done = hold_done };

bool edo_web_hold(void *arg, void *request, void *response, edo_held held) {
    (void)arg, (void)response;
    hold_hook *h = edo_arena_alloc(edo_web_request(request)->arena, sizeof *h);
    if (!h) return false;
    *h = (hold_hook){ .base = { .ops = &hold_ops }, .held = held };
    edo_response_add_hook(edo_web_response(request), &h->base);
    return true;
}

EDOI_KIND_OF(edo_web_hold, EDOI_WEB_KIND);
