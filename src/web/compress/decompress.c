/* SPDX-License-Identifier: MIT */
/* web/compress/decompress.c: edo_decompress_layer(): chooses the requests that are decoded.
 * expand.h has the stream. */
#include "base/opts.h"
#include "coding/expand.h"
#include "web/layers/layer.h"
#include "web/request/web.h"

#include <edo/http_fields.h>
#include <edo/web_compress.h>
#include <edo/web_guard.h>

#include <errno.h>

#define SHARES 4u /* clients that may take all places together, by default */

typedef struct decompress_service {
    edo_service base;
    edo_decompress_opts opts; /* with defaults filled in */
    edoi_coders coders;
    edo_keyed_sem *clients; /* counts the bodies of each */
} decompress_service;

/* What one request needs; dropped with its extensions. */
typedef struct decoding {
    edoi_expand_all all;
    edoi_share share;
} decoding;

static void decoding_drop(void *value) {
    decoding *d = value;
    edoi_expand_all_deinit(&d->all);
}

static const edo_ext_tag decoding_tag = { .name = "edo_decompress", .drop = decoding_drop };

/* ---- What a request has ---------------------------------------------------------------------- */

static int refuse_coding(const decompress_service *self, edo_web *w) {
    char text[64];
    size_t len = 0;
    for (int i = 0; i < EDOI_CODINGS_N; i++) {
        if (!(self->opts.codings & UINT32_C(1) << i)) continue;
        edo_str name = edoi_coding_name((edoi_coding)i);
        if (len > 0) text[len++] = ',';
        memcpy(text + len, name.ptr, name.len);
        len += name.len;
    }
    int err = edo_headers_set(&edo_web_response(w)->headers, EDO_HEADER_ACCEPT_ENCODING,
                              (edo_str){ text, len });
    if (err < 0) return err;
    return edoi_web_turn_away(w, -EINVAL, EDO_STATUS_UNSUPPORTED_MEDIA_TYPE,
                              "the body has a coding that is not known here");
}

/* ---- The streams ----------------------------------------------------------------------------- */

/* Returns the client's share. All clients of Unix sockets have one key, and so no share. */
static edoi_share share_of(const decompress_service *self, edo_request *req) {
    edoi_share share = { .of = NULL };
    edo_addr addr;
    if (edo_request_client(req, &addr) < 0) return share;
    (void)edo_addr_key(&addr, share.key);
    share.of = share.key[0] ? self->clients : NULL;
    return share;
}

/* Puts streams over the body. Returns 0 or -ENOMEM. */
static int decompress_service_decode(decompress_service *self, edo_request *req,
                                     const edoi_coding *codings, int n) {
    const edoi_expand_limits limits = { self->opts.bytes_max, self->opts.ratio_max };
    decoding *d = edo_arena_alloc(req->arena, sizeof *d);
    if (!d) return -ENOMEM;
    d->all.n = 0;
    d->share = share_of(self, req);
    int err = edo_ext_set(&req->ext, &decoding_tag, d);
    if (err < 0) return err;
    edo_stream *body = edoi_expand_all_init(&d->all, edo_request_body(req), &self->coders, codings,
                                            (uint32_t)n, &limits, &d->share);
    edo_request_set_body(req, body, -1);
    return 0;
}

static int decompress_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    decompress_service *self = (decompress_service *)(void *)base;
    edo_request *req = edo_web_request(request);
    edoi_coding codings[EDOI_CODINGS_MAX];
    int n = edoi_codings_of_body(codings, &req->headers, self->opts.codings);
    if (n < 0 && !self->opts.passes_unknown) return refuse_coding(self, request);
    if (n >= 0) {
        int err = n > 0 && req->length != 0 ? decompress_service_decode(self, req, codings, n) : 0;
        if (err < 0) return err;
        (void)edo_headers_remove(&req->headers, EDO_HEADER_CONTENT_ENCODING);
        if (n > 0) (void)edo_headers_remove(&req->headers, EDO_HEADER_CONTENT_LENGTH);
    }
    return edo_service_call(base->inner, permit, request, response);
}

/* ---- The layer ------------------------------------------------------------------------------- */

static void decompress_deinit(edo_service *base) {
    decompress_service *self = (decompress_service *)(void *)base;
    edoi_coders_deinit(&self->coders);
    edo_keyed_sem_free(self->clients);
}

static const edo_service_ops decompress_ops = { .name = "edo_decompress",
                                                .call = decompress_call,
                                                .deinit = decompress_deinit };

static int decompress_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    edo_decompress_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    if (o.codings == 0) o.codings = edo_web_codings();
    bool is_bad = o.codings >> EDOI_CODINGS_N != 0 || o.reserved0 != 0;
    is_bad = is_bad || !edoi_all_zero(o.reserved, EDO_COUNT(o.reserved));
    if (is_bad) return edo_fail(-EINVAL, "edo_decompress_layer(): a bad `codings` or `reserved`");
    o.codings &= edo_web_codings();
    if (o.bytes_max == 0) o.bytes_max = EDO_DECOMPRESS_BYTES_MAX;
    if (o.ratio_max == 0) o.ratio_max = EDO_DECOMPRESS_RATIO_MAX;
    if (o.at_once == 0) o.at_once = EDO_COMPRESS_AT_ONCE;
    if (o.client_max == 0) o.client_max = o.at_once < SHARES ? 1 : o.at_once / SHARES;
    edo_keyed_sem *clients;
    int err = edo_keyed_sem_new(&clients, o.client_max);
    if (err < 0) return err;
    err = edo_service_new(out, sizeof(decompress_service), &decompress_ops, inner);
    if (err < 0) {
        edo_keyed_sem_free(clients);
        return err;
    }
    decompress_service *self = (decompress_service *)(void *)*out;
    self->opts = o;
    self->clients = clients;
    edoi_coders_init(&self->coders, true, 0, o.at_once);
    return 0;
}

edo_layer edo_decompress_layer(const edo_decompress_opts *opts) {
    return edoi_web_layer(decompress_wrap, opts, opts ? sizeof *opts : 0);
}
