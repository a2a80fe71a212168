/* SPDX-License-Identifier: MIT */
/* web/layers/guard/real_ip.c: edo_real_ip_layer(). */
#include "base/opts.h"
#include "web/layers/guard/forwarded.h"
#include "web/layers/layer.h"
#include "web/request/web.h"

#include <errno.h>

#define PROXIES_MAX 64u

typedef struct real_ip_service {
    edo_service base;
    edo_real_ip_from from;
    bool has_proto;
    size_t n;
    edo_addr_range ranges[]; /* addresses of proxies */
} real_ip_service;

static const edo_ext_tag client_tag = { .name = "edo_real_ip" };

int edo_request_client(edo_request *req, edo_addr *out) {
    const edo_addr *found = edo_ext_get(&req->ext, &client_tag);
    if (!found) return edo_request_peer(req, out);
    *out = *found;
    return 0;
}

edo_str edo_web_scheme(const edo_web *w) {
    return w->req->is_tls ? EDO_STR("https") : EDO_STR("http");
}

static int find_client(const real_ip_service *self, edo_request *req) {
    const edoi_proxies proxies = { self->ranges, self->n };
    edo_addr peer;
    if (edo_request_peer(req, &peer) < 0) return 0; // a pipe in memory has none
    if (!edoi_proxies_have(&proxies, &peer)) return 0;
    edo_addr *client = edo_arena_alloc(req->arena, sizeof *client);
    if (!client) return -ENOMEM;
    *client = peer;
    edo_str proto = { 0 };
    size_t hops = edoi_forwarded_follow(client, &req->headers, self->from, &proxies, &proto);
    if (self->has_proto && self->from != EDO_FROM_FORWARDED)
        proto = edoi_forwarded_proto(&req->headers, hops);
    if (proto.ptr) req->is_tls = edoi_equal_nocase(proto, EDO_STR("https"));
    return edo_ext_set(&req->ext, &client_tag, client);
}

static int real_ip_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    int err = find_client((const real_ip_service *)(const void *)base, edo_web_request(request));
    return err < 0 ? err : edo_service_call(base->inner, permit, request, response);
}

static const edo_service_ops real_ip_ops = { .name = "edo_real_ip", .call = real_ip_call };

static int real_ip_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    edo_real_ip_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    if (o.proxies_n == 0 || o.proxies_n > PROXIES_MAX || o.from > EDO_FROM_X_REAL_IP ||
        !edoi_all_zero(o.reserved, EDO_COUNT(o.reserved)))
        return edo_fail(-EINVAL,
                        "edo_real_ip_layer(): no `proxies` or more than %d, a bad `from` or "
                        "`reserved`",
                        PROXIES_MAX);
    edo_addr_range ranges[PROXIES_MAX];
    for (size_t i = 0; i < o.proxies_n; i++)
        if (edo_addr_range_parse(&ranges[i], o.proxies[i]) < 0)
            return edo_fail(-EINVAL,
                            "edo_real_ip_layer(): \"%s\" is no range of addresses, as "
                            "\"10.0.0.0/8\"",
                            o.proxies[i]);
    size_t bytes = o.proxies_n * sizeof *ranges;
    int err = edo_service_new(out, sizeof(real_ip_service) + bytes, &real_ip_ops, inner);
    if (err < 0) return err;
    real_ip_service *self = (void *)*out;
    self->from = o.from;
    self->has_proto = o.proto;
    self->n = o.proxies_n;
    memcpy(self->ranges, ranges, bytes);
    return 0;
}

edo_layer edo_real_ip_layer(const edo_real_ip_opts *opts) {
    return edoi_web_layer(real_ip_wrap, opts, opts ? sizeof *opts : 0);
}
