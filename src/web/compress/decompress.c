/* SPDX-License-Identifier: MIT */
/* web/compress/decompress.c: edo_decompress_layer(): which requests are decoded. The stream:
 * expand.h. */
#include "web/compress/expand.h"
#include "web/request/web.h"

#include <edo/http_headers.h>
#include <edo/web_compress.h>

#include <errno.h>

#define CODINGS_MAX 3u /* of one body */

typedef struct decompress_service {
    edo_service base;
    edo_decompress_opts opts; /* with defaults filled in */
    edoi_coders coders;
} decompress_service;

/* Of one request, dropped with its extensions. */
typedef struct decoding {
    uint32_t n;
    edoi_expand stages[CODINGS_MAX]; /* the first one reads what the client sends */
} decoding;

static void decoding_drop(void *value) {
    decoding *d = value;
    for (uint32_t i = 0; i < d->n; i++) edoi_expand_deinit(&d->stages[i]);
}

static const edo_ext_tag decoding_tag = { .name = "edo_decompress", .drop = decoding_drop };

/* ---- What a request has ---------------------------------------------------------------------- */

/* Reads the codings in the order in which they were applied. Returns their number, or -ENOTSUP. */
static int codings_of(const decompress_service *self, const edo_headers *h,
                      edoi_coding codings[CODINGS_MAX]) {
    int n = 0;
    const edo_header *f = NULL;
    while ((f = edo_headers_next(h, f, EDO_HEADER_CONTENT_ENCODING))) {
        edo_str rest = f->value, name;
        while (edo_header_next(&name, &rest)) {
            int coding = edoi_coding_of(name);
            if (coding == EDOI_CODING_NONE) continue;
            if (coding < 0 || !(self->opts.codings & UINT32_C(1) << coding)) return -ENOTSUP;
            if (n == (int)CODINGS_MAX) return -ENOTSUP;
            codings[n++] = (edoi_coding)coding;
        }
    }
    return n;
}

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

static int refuse_for_now(edo_web *w) {
    int err = edo_headers_set(&edo_web_response(w)->headers, EDO_HEADER_RETRY_AFTER, EDO_STR("1"));
    return err < 0 ? err
                   : edoi_web_turn_away(w, -EDO_EOVERLOADED, EDO_STATUS_SERVICE_UNAVAILABLE, NULL);
}

/* ---- The streams ----------------------------------------------------------------------------- */

/* Puts a stream over the body for each coding, the last one first. Returns 0, -EDO_EOVERLOADED, or
 * -ENOMEM. */
static int decode(decompress_service *self, edo_request *req, const edoi_coding *codings, int n) {
    const edoi_expand_limits limits = { self->opts.bytes_max, self->opts.ratio_max };
    decoding *d = edo_arena_alloc(req->arena, sizeof *d);
    if (!d) return -ENOMEM;
    d->n = 0;
    int err = edo_ext_set(&req->ext, &decoding_tag, d);
    edo_stream *from = edo_request_body(req);
    while (err == 0 && n-- > 0) {
        edoi_expand *e = &d->stages[d->n];
        edoi_coder *coder;
        err = edoi_coders_get(&self->coders, &coder, codings[n]);
        if (err < 0) return err; // those that were taken are dropped with the request
        edoi_expand_init(e, from, &self->coders, coder, &limits,
                         d->n > 0 ? &d->stages[0].used : NULL);
        from = &e->stream;
        d->n++;
    }
    if (err < 0) return err;
    edo_request_set_body(req, from, -1);
    return 0;
}

static int decompress_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    decompress_service *self = (decompress_service *)(void *)base;
    edo_request *req = edo_web_request(request);
    edoi_coding codings[CODINGS_MAX];
    int n = codings_of(self, &req->headers, codings);
    if (n < 0 && !self->opts.passes_unknown) return refuse_coding(self, request);
    if (n >= 0) {
        int err = n > 0 && req->length != 0 ? decode(self, req, codings, n) : 0;
        if (err == -EDO_EOVERLOADED) return refuse_for_now(request);
        if (err < 0) return err;
        (void)edo_headers_remove(&req->headers, EDO_HEADER_CONTENT_ENCODING);
        if (n > 0) (void)edo_headers_remove(&req->headers, EDO_HEADER_CONTENT_LENGTH);
    }
    return edo_service_call(base->inner, permit, request, response);
}

/* ---- The layer ------------------------------------------------------------------------------- */

static void decompress_deinit(edo_service *base) {
    edoi_coders_deinit(&((decompress_service *)(void *)base)->coders);
}

static const edo_service_ops decompress_ops = { .name = "edo_decompress",
                                                .call = decompress_call,
                                                .deinit = decompress_deinit };

static int decompress_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    edo_decompress_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    if (o.codings == 0) o.codings = edo_web_codings();
    bool is_bad = o.codings >> EDOI_CODINGS_N != 0;
    for (size_t i = 0; i < EDO_COUNT(o.reserved); i++) is_bad = is_bad || o.reserved[i] != 0;
    if (is_bad) return edo_fail(-EINVAL, "edo_decompress_layer(): a bad `codings` or `reserved`");
    o.codings &= edo_web_codings();
    if (o.bytes_max == 0) o.bytes_max = EDO_DECOMPRESS_BYTES_MAX;
    if (o.ratio_max == 0) o.ratio_max = EDO_DECOMPRESS_RATIO_MAX;
    if (o.at_once == 0) o.at_once = EDO_COMPRESS_AT_ONCE;
    int err = edo_service_new(out, sizeof(decompress_service), &decompress_ops, inner);
    if (err < 0) return err;
    decompress_service *self = (decompress_service *)(void *)*out;
    self->opts = o;
    edoi_coders_init(&self->coders, true, 0, o.at_once);
    return 0;
}

edo_layer edo_decompress_layer(const edo_decompress_opts *opts) {
    return edo_layer_make(decompress_wrap, opts, opts ? sizeof *opts : 0);
}
