/* SPDX-License-Identifier: MIT */
/* client/coalesce/coalesce.c: which requests and responses may be shared, and how.
 *
 *     this service    makes the key, and passes an http_asked on
 *     edo_coalesce    shares by that key
 *     edo_map         passes the request of the http_asked on
 *     the inner one
 */
#include <edo/http_coalesce.h>

#include "base/opts.h"
#include "client/client.h"
#include "client/send/sent.h"
#include "http/client/response.h"
#include "http/headers/map.h"
#include "service/cache/store.h"

#include <edo/http_client.h>
#include <edo/http_fields.h>
#include <edo/layers.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BODY_MAX (1u << 20)

static const char vary_default[] = "accept, accept-encoding, accept-language";

typedef struct http_coalesce {
    edo_service base;
    edo_http_coalesce_opts opts; /* complete; `flight` and `cache` are those of the inner service */
} http_coalesce;

/* A request on its way. */
typedef struct http_asked {
    const http_coalesce *self;
    edo_http_request *req;
    edo_buf key;       /* without bytes: it is its own */
    bool is_passed_on; /* to the inner service */
} http_asked;

/* ---- Requests -------------------------------------------------------------------------------- */

/* Has one of the fields a value? */
static bool fields_are_there(const edo_headers *h, const char *names) {
    edo_str rest = edo_str_of(names), name;
    while (edo_header_next(&name, &rest))
        if (edo_headers_next_named(h, NULL, name)) return true;
    return false;
}

/* Reads Cache-Control of a message, of all fields together. False: it is there and cannot be
 * read. */
static bool message_cache_control(const edo_headers *h, edo_cache_control *out) {
    edo_buf text = { 0 };
    *out = (edo_cache_control){ .no_store = false };
    int err = edo_headers_combine(h, EDO_STR("cache-control"), &text);
    bool is_read = err == -ENOENT;
    if (err == 0) is_read = edo_cache_control_parse(out, (edo_str){ text.ptr, text.len }) == 0;
    // of what it says only numbers and flags are used, so the text may go
    edo_buf_deinit(&text);
    return is_read;
}

static edo_method request_method(const edo_http_request *req) {
    bool is_get = req->method == EDO_METHOD_OTHER && req->method_name.len == 0;
    return is_get ? EDO_METHOD_GET : req->method;
}

/* Has the program marked one of its fields as a secret? */
static bool fields_are_secret(const edo_headers *h) {
    for (size_t i = 0; i < edo_headers_count(h); i++)
        if (edo_headers_at(h, i)->flags & EDO_HEADER_SENSITIVE) return true;
    return false;
}

/* Is it one of edo/web_proxy.h that may be shared? */
static bool request_is_proxied(const http_coalesce *self, const edo_http_request *req) {
    return self->opts.proxied && req->as_is && req->url.len == 0;
}

static bool request_is_own(const http_coalesce *self, const edo_http_request *req) {
    static const char own[] =
        "authorization, proxy-authorization, cookie, range, if-match, if-none-match, "
        "if-modified-since, if-unmodified-since, if-range, upgrade";
    edo_cache_control control;
    edo_method method = request_method(req);
    bool is_proxied = request_is_proxied(self, req);
    if (method != EDO_METHOD_GET && method != EDO_METHOD_HEAD) return true;
    if (req->body || req->data.len > 0) return true;
    if (!is_proxied && (req->url.len == 0 || req->informational)) return true;
    if (!is_proxied && req->as_is) return true; // what comes of it is another response
    if (!req->headers) return false;
    if (fields_are_there(req->headers, own) || fields_are_secret(req->headers)) return true;
    if (self->opts.own && fields_are_there(req->headers, self->opts.own)) return true;
    return !message_cache_control(req->headers, &control) || control.no_store || control.no_cache;
}

/* Appends the fields `vary`, each on its line: neither name nor value has a line's end. Layers with
 * other fields may share the keys. */
static int key_add_fields(edo_buf *key, const edo_headers *h, const char *vary) {
    edo_str rest = edo_str_of(vary), name;
    int err = 0;
    while (err == 0 && edo_header_next(&name, &rest)) {
        err = edo_buf_printf(key, "\n%.*s:", (int)name.len, name.ptr);
        if (err == 0 && h) err = edo_headers_combine(h, name, key);
        if (err == -ENOENT) err = edo_buf_append(key, "\t", 1); // no value: other than an empty one
    }
    return err;
}

/* A shared request has the limits of its first caller, so others do not share it. */
static int key_add_limits(edo_buf *key, const edo_http_request *req) {
    return edo_buf_printf(key, "\n%lld %lld %u", (long long)req->timeout.ns,
                          (long long)req->read_timeout.ns, (unsigned)req->attempts);
}

static int key_add_url(edo_buf *key, const edo_http_request *req) {
    edo_uri uri;
    int err = edo_uri_parse(&uri, req->url);
    if (err < 0 || uri.userinfo.ptr) return -EINVAL;
    uri.fragment = (edo_str){ NULL, 0 };
    err = edo_uri_print_public(&uri, key);
    return err < 0 ? err : key_add_limits(key, req);
}

/* Adds the target, and the scheme and host that the proxy's client has asked for: redirects and
 * links may depend on these, and Host may be the proxy's own. The limits are the routes', less what
 * has passed. */
static int key_add_target(edo_buf *key, const edo_http_request *req) {
    int err = edo_buf_append(key, req->target.ptr, req->target.len);
    if (err < 0) return err;
    return key_add_fields(key, req->headers, "x-forwarded-proto, x-forwarded-host");
}

/* Makes the key; without memory, or for an invalid URL, the request is not shared. A program may
 * set a Host that differs from the URL's, and servers do not say whether they use it. */
static void asked_make_key(http_asked *a) {
    edo_str method = edo_method_name(request_method(a->req));
    if (request_is_own(a->self, a->req)) return;
    int err = edo_buf_printf(&a->key, "%.*s ", (int)method.len, method.ptr);
    if (err == 0)
        err = request_is_proxied(a->self, a->req) ? key_add_target(&a->key, a->req)
                                                  : key_add_url(&a->key, a->req);
    if (err == 0) err = key_add_fields(&a->key, a->req->headers, "host");
    if (err == 0) err = key_add_fields(&a->key, a->req->headers, a->self->opts.vary);
    if (err < 0) edo_buf_deinit(&a->key);
}

static edo_str asked_key(void *arg, const void *request) {
    const http_asked *a = request;
    (void)arg;
    return (edo_str){ a->key.len > 0 ? a->key.ptr : NULL, a->key.len };
}

static int asked_pass_on(void *arg, void **request) {
    http_asked *a = *request;
    (void)arg;
    a->is_passed_on = true;
    *request = a->req;
    return 0;
}

/* ---- Responses ------------------------------------------------------------------------------- */

static bool status_is_shared(edo_status status) {
    static const edo_status shared[] = { 200, 203, 204, 301, 308, 404, 410 };
    for (size_t i = 0; i < EDO_COUNT(shared); i++)
        if (status == shared[i]) return true;
    return false;
}

/* Is each field that the response varies with in the key? */
static bool response_varies_by_key(const edo_http_response *res, const char *vary) {
    const edo_header *field = NULL;
    while ((field = edo_headers_next(&res->headers, field, EDO_HEADER_VARY))) {
        edo_str rest = field->value, name;
        while (edo_header_next(&name, &rest))
            if (!edo_header_has(edo_str_of(vary), name)) return false;
    }
    return true;
}

/* How old the response was when it came: another cache may have kept it. */
static int64_t response_age(const edo_http_response *res) {
    edo_str text = edo_headers_get(&res->headers, EDO_HEADER_AGE);
    int64_t age = 0;
    if (!text.ptr) return 0;
    return edo_header_number_parse(&age, text) < 0 ? INT32_MAX : age;
}

/* Is what the response says of its age enough for a cache? Part of a second counts as one: what is
 * fresh for no time is not kept for a moment either. */
static bool control_is_fresh(const edo_cache_control *c, const edo_http_response *res,
                             edo_duration ttl) {
    const edo_header_number *age = c->s_maxage.is_there ? &c->s_maxage : &c->max_age;
    if (!age->is_there) return !edo_headers_get(&res->headers, EDO_HEADER_EXPIRES).ptr;
    return age->n - response_age(res) >= ttl.ns / 1000000000 + (ttl.ns % 1000000000 > 0);
}

static bool response_is_shared(const http_asked *a, const edo_http_response *res) {
    const edo_http_coalesce_opts *o = &a->self->opts;
    edo_cache_control control;
    bool has_body = request_method(a->req) != EDO_METHOD_HEAD;
    if (!status_is_shared(res->status) || res->is_upgraded) return false;
    if (has_body && (res->length < 0 || (uint64_t)res->length > o->body_max)) return false;
    if (edo_headers_get(&res->headers, EDO_HEADER_SET_COOKIE).ptr) return false;
    if (!response_varies_by_key(res, o->vary)) return false;
    if (!message_cache_control(&res->headers, &control)) return false;
    if (control.no_store || control.no_cache || control.is_private) return false;
    return !o->cache || control_is_fresh(&control, res, o->ttl);
}

/* What is shared; counted memory. */
typedef struct http_shared {
    edo_status status;
    edo_http_version version;
    int64_t length, age_s; /* when it came, at `at` */
    edo_instant at;
    edo_headers headers, trailers;
    edo_buf body;
} http_shared;

static void http_shared_end(void *arg) {
    http_shared *s = arg;
    edo_headers_deinit(&s->headers);
    edo_headers_deinit(&s->trailers);
    edo_buf_deinit(&s->body);
}

/* The body, and what follows it. */
static int http_shared_read(http_shared *s, edo_http_response *res, size_t body_max) {
    int err = edo_http_response_collect(res, &s->body, body_max);
    return err < 0 ? err : edoi_headers_append_all(&s->trailers, edo_http_response_trailers(res));
}

static int http_shared_new(http_shared **out, edo_http_response *res, size_t body_max) {
    http_shared *s = edo_rc_new(sizeof *s, http_shared_end);
    if (!s) return -ENOMEM;
    *s = (http_shared){ .status = res->status,
                        .version = res->version,
                        .length = res->length,
                        .age_s = response_age(res),
                        .at = edo_now() };
    edo_headers_init(&s->headers);
    edo_headers_init(&s->trailers);
    int err = edoi_headers_append_all(&s->headers, &res->headers);
    if (err == 0 && res->body) err = http_shared_read(s, res, body_max);
    if (err < 0) {
        edo_rc_unref(s);
        return err;
    }
    *out = s;
    return 0;
}

static size_t headers_bytes(const edo_headers *h) {
    size_t bytes = 0;
    for (size_t i = 0; i < edo_headers_count(h); i++) {
        const edo_header *f = edo_headers_at(h, i);
        bytes += sizeof *f + f->name.len + f->value.len;
    }
    return bytes;
}

size_t edo_http_coalesce_bytes(const void *value) {
    const http_shared *s = value;
    return sizeof *s + s->body.len + headers_bytes(&s->headers) + headers_bytes(&s->trailers);
}

/* Spec: RFC 9111 section 5.1. */
static int response_set_age(edo_http_response *res, const http_shared *s) {
    char text[24];
    int64_t age_s = s->age_s + edo_instant_since(edo_now(), s->at).ns / 1000000000;
    if (age_s == 0) return 0;
    int n = snprintf(text, sizeof text, "%lld", (long long)age_s);
    return edo_headers_set(&res->headers, EDO_HEADER_AGE, (edo_str){ text, (size_t)n });
}

static int response_fill(void *arg, void *response, const void *shared) {
    const http_shared *s = shared;
    edo_http_response *res = NULL;
    (void)arg;
    int err =
        edo_http_response_make(&res, s->status, EDO_STR(""), (edo_str){ s->body.ptr, s->body.len });
    if (err == 0) err = edoi_headers_append_all(&res->headers, &s->headers);
    if (err == 0) err = response_set_age(res, s);
    if (err == 0) err = edoi_response_made_trailers(res, &s->trailers);
    if (err < 0) {
        edo_http_response_free(res);
        return err;
    }
    res->length = s->length;
    res->version = s->version;
    *(edo_http_response **)response = res;
    return 0;
}

/* Reads the body, and puts what others will get in the place of the response. */
static int response_share(void *arg, void **shared, const void *request, void *response) {
    const http_asked *a = request;
    edo_http_response **res = response, *former = *res;
    http_shared *s = NULL;
    if (!response_is_shared(a, former)) return 0;
    int err = http_shared_new(&s, former, a->self->opts.body_max);
    if (err == 0) err = response_fill(arg, response, s);
    edo_http_response_free(former);
    if (err < 0) {
        *res = NULL;
        edo_rc_unref(s);
        return err;
    }
    *shared = s;
    return 0;
}

/* ---- The layer ------------------------------------------------------------------------------- */

static int http_coalesce_call(edo_service *base, edo_permit *permit, void *request,
                              void *response) {
    edo_http_request *req = request;
    http_asked a = { .self = (const http_coalesce *)(const void *)base, .req = req };
    asked_make_key(&a);
    int result = edo_service_call(base->inner, permit, &a, response);
    edo_buf_deinit(&a.key);
    // another caller's request has failed: no byte of this one was sent
    if (result < 0 && !a.is_passed_on) edoi_sent_tell(req->edoi_told, false);
    return result;
}

/* The layers inside; takes a reference to `inner`. */
static int http_coalesce_inside(edo_service **out, edo_service *inner,
                                const edo_http_coalesce_opts *o) {
    edo_layer map = edo_map_layer(&(edo_map_opts){ .request = asked_pass_on });
    edo_layer layer = edo_coalesce_layer(&(edo_coalesce_opts){ .key = asked_key,
                                                               .share = response_share,
                                                               .fill = response_fill,
                                                               .flight = o->flight,
                                                               .cache = o->cache });
    int err = edo_layer_wrap(out, &map, edo_service_ref(inner));
    return err < 0 ? err : edo_layer_wrap(out, &layer, *out);
}

/* A cache keeps a response for its own ttl, whatever this layer's options are. */
static edo_duration http_coalesce_ttl(const edo_http_coalesce_opts *o) {
    const edo_duration kept = o->cache ? o->cache->opts.ttl : o->ttl;
    return o->ttl.ns > kept.ns ? o->ttl : kept;
}

static int http_coalesce_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = { .name = "edo_http_coalesce_layer",
                                         .call = http_coalesce_call };
    edo_http_coalesce_opts opts;
    edo_service *inside, *base;
    memcpy(&opts, &layer->opts, sizeof opts);
    if (opts.ttl.ns < 0 || !edoi_all_zero(opts.reserved, EDO_COUNT(opts.reserved))) return -EINVAL;
    opts.ttl = http_coalesce_ttl(&opts);
    if (!opts.vary) opts.vary = vary_default;
    if (opts.body_max == 0) opts.body_max = BODY_MAX;
    int err = http_coalesce_inside(&inside, inner, &opts);
    if (err < 0) return err;
    err = edo_service_new(&base, sizeof(http_coalesce), &ops, inside);
    if (err < 0) {
        edo_service_unref(inside);
        return err;
    }
    edo_service_unref(inner); // the layers inside have their own reference
    ((http_coalesce *)(void *)base)->opts = opts;
    *out = base;
    return 0;
}

edo_layer edo_http_coalesce_layer(const edo_http_coalesce_opts *opts) {
    edo_layer layer = edo_layer_make(http_coalesce_wrap, opts, opts ? sizeof *opts : 0);
    layer.kind = EDOI_CLIENT_KIND;
    return layer;
}
