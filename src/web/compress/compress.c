/* SPDX-License-Identifier: MIT */
/* web/compress/compress.c: edo_compress_layer(): chooses the responses that are compressed, and
 * changes their heads. squeeze.h has the stream. */
#include "base/opts.h"
#include "base/text/ascii.h"
#include "web/compress/squeeze.h"
#include "web/layers/layer.h"
#include "web/request/web.h"

#include <edo/http_fields.h>
#include <edo/task.h>
#include <edo/web_compress.h>

#include <errno.h>

#define WHOLE_MAX (1u << 20) /* of a body that is compressed before its head is sent */

typedef struct compress_service {
    edo_service base;
    edo_compress_opts opts; /* with defaults filled in */
    edoi_coders coders;
} compress_service;

/* What one response needs. */
typedef struct compressed {
    edoi_squeeze squeeze; /* first */
    compress_service *service;
    const edo_request *req;
    edo_buf whole; /* a body that was compressed before its head */
    edo_str body;  /* its memory */
} compressed;

/* ---- Which ----------------------------------------------------------------------------------- */

static bool compress_begins(edo_str s, const char *with) {
    return edoi_begins_nocase(s, edo_str_of(with));
}

/* Is a body of this type compressed already, or read while it comes? */
static bool is_of_no_use(edo_str type) {
    static const char *const types[] = { "image/",
                                         "audio/",
                                         "video/",
                                         "font/woff",
                                         "text/event-stream",
                                         "application/grpc",
                                         "application/zip",
                                         "application/gzip",
                                         "application/zstd",
                                         "application/x-7z-compressed",
                                         "application/x-bzip2",
                                         "application/x-xz" };
    if (compress_begins(type, "image/svg+xml")) return false;
    for (size_t i = 0; i < EDO_COUNT(types); i++)
        if (compress_begins(type, types[i])) return true;
    return false;
}

static bool is_of_status(edo_status status) {
    int class = edo_status_class(status);
    if (status == EDO_STATUS_NO_CONTENT || status == EDO_STATUS_RESET_CONTENT ||
        status == EDO_STATUS_PARTIAL_CONTENT)
        return false;
    return class == EDO_STATUS_CLASS_SUCCESS || class == EDO_STATUS_CLASS_CLIENT_ERROR ||
           class == EDO_STATUS_CLASS_SERVER_ERROR;
}

static bool must_not_change(const edo_headers *h) {
    if (edo_headers_get(h, EDO_HEADER_CONTENT_ENCODING).ptr) return true;
    if (edo_headers_get(h, EDO_HEADER_CONTENT_RANGE).ptr) return true;
    const edo_header *f = NULL;
    while ((f = edo_headers_next(h, f, EDO_HEADER_CACHE_CONTROL)))
        if (edo_header_has(f->value, EDO_STR("no-transform"))) return true;
    return false;
}

static bool may_compress(const edo_compress_opts *o, const edo_request *req,
                         const edo_response *res, const edo_response_head *head) {
    if (!is_of_status(res->status) || must_not_change(&res->headers)) return false;
    bool is_short = head->length >= 0 && head->length < (int64_t)o->bytes_min;
    bool is_usual =
        !is_short && !is_of_no_use(edo_headers_get(&res->headers, EDO_HEADER_CONTENT_TYPE));
    if (!o->when) return is_usual;
    edo_no_await_begin();
    bool is_wanted = o->when(o->arg, req, res, head->length, is_usual);
    edo_no_await_end();
    return is_wanted;
}

/* ---- The head -------------------------------------------------------------------------------- */

/* Is the tag named as a strong one, and not as a weak one, too? */
static bool is_named_strong(const edo_headers *asked, edo_str tag) {
    bool is_strong = false, is_weak = false;
    edo_etag own, named;
    const edo_header *f = NULL;
    if (edo_etag_parse(&own, tag) < 0) return false;
    while ((f = edo_headers_next(asked, f, EDO_HEADER_IF_NONE_MATCH))) {
        edo_str rest = f->value, element;
        while (edo_header_next(&element, &rest)) {
            bool is_it = edo_etag_parse(&named, element) == 0 && edo_etag_equal_weak(&named, &own);
            is_strong |= is_it && !named.is_weak;
            is_weak |= is_it && named.is_weak;
        }
    }
    return is_strong && !is_weak;
}

static int weaken_etag(edo_headers *h) {
    edo_str tag = edo_headers_get(h, EDO_HEADER_ETAG);
    char text[256];
    if (!tag.ptr || compress_begins(tag, "W/")) return 0;
    if (tag.len + 2 > sizeof text) { // it is not the tag of the body that is sent
        (void)edo_headers_remove(h, EDO_HEADER_ETAG);
        return 0;
    }
    text[0] = 'W';
    text[1] = '/';
    memcpy(text + 2, tag.ptr, tag.len);
    return edo_headers_set(h, EDO_HEADER_ETAG, (edo_str){ text, tag.len + 2 });
}

/* Removes the digests, which are of the bytes as they are sent, with the coding (RFC 9530 sections
 * 2 and 3). */
static void remove_digests(edo_headers *h) {
    static const edo_str names[] = {
        { "content-digest", 14 }, { "repr-digest", 11 }, { "digest", 6 }, { "content-md5", 11 }
    };
    for (size_t i = 0; i < EDO_COUNT(names); i++) (void)edo_headers_remove_named(h, names[i]);
}

static int say_compressed(edo_headers *h, edoi_coding coding) {
    int err = edo_headers_set(h, EDO_HEADER_CONTENT_ENCODING, edoi_coding_name(coding));
    if (err == 0) err = weaken_etag(h);
    (void)edo_headers_remove(h, EDO_HEADER_ACCEPT_RANGES);
    (void)edo_headers_remove(h, EDO_HEADER_CONTENT_LENGTH);
    remove_digests(h);
    return err;
}

static void put_coder(compressed *c) {
    if (!c->squeeze.coder) return;
    edoi_coders_put(&c->service->coders, c->squeeze.coder);
    edoi_coders_leave(&c->service->coders);
    c->squeeze.coder = NULL;
}

static void compressed_give_back(compressed *c) {
    put_coder(c);
    edo_buf_deinit(&c->whole);
}

/* Compresses a whole body. Returns 1, 0 if it does not become shorter, or a negative code. */
static int compress_whole(compressed *c, edo_response_head *head) {
    int err = edoi_squeeze_whole(&c->squeeze, *head->whole, &c->whole);
    if (err == 0) {
        put_coder(c);
        c->body = (edo_str){ c->whole.ptr, c->whole.len };
        head->whole = &c->body;
        head->length = (int64_t)c->body.len;
        return 1;
    }
    compressed_give_back(c);
    return err == -ECANCELED ? err : 0; // without memory it is sent uncompressed
}

/* Compresses the body. Returns as compress_whole(). */
static int compress_body(compressed *c, edo_response_head *head, edoi_coding coding) {
    edoi_coders *coders = &c->service->coders;
    if (!edoi_coders_enter(coders)) return 0;
    if (edoi_coders_get(coders, &c->squeeze.coder, coding) < 0) {
        edoi_coders_leave(coders);
        return 0;
    }
    if (head->whole && head->whole->len <= WHOLE_MAX) return compress_whole(c, head);
    bool each_flushed = head->length < 0 && !c->service->opts.gathers;
    edoi_squeeze_begin(&c->squeeze, head->length, each_flushed);
    c->squeeze.hook.over = &c->squeeze.stream;
    head->length = -1;
    return 1;
}

/* Sets the tag of a 304, which is that of the 200 that the client has, or no cache would keep that
 * (RFC 9111 section 4.3.4): the weak tag if the 200 was compressed, as the request shows. */
static int say_unchanged(const compressed *c, edo_headers *h) {
    bool was_plain = is_named_strong(&c->req->headers, edo_headers_get(h, EDO_HEADER_ETAG));
    return was_plain ? 0 : weaken_etag(h);
}

/* Is the response a part of a body that may be compressed as a whole? It then varies as that does
 * (RFC 9110 section 15.3.7). */
static bool compress_is_part(const edo_response *res) {
    const edo_headers *h = &res->headers;
    return res->status == EDO_STATUS_PARTIAL_CONTENT &&
           !edo_headers_get(h, EDO_HEADER_CONTENT_ENCODING).ptr &&
           !is_of_no_use(edo_headers_get(h, EDO_HEADER_CONTENT_TYPE));
}

static compressed *compressed_of(edo_response_hook *hook) {
    return (compressed *)(void *)EDO_CONTAINER_OF(hook, edoi_squeeze, hook);
}

static int compress_head(edo_response_hook *hook, edo_response *res, edo_response_head *head) {
    compressed *c = compressed_of(hook);
    compressed_give_back(c);    // its head was not sent
    if (head->is_raw) return 0; // what follows is not compressed, whatever `when` says
    bool is_unchanged = res->status == EDO_STATUS_NOT_MODIFIED;
    bool is_plain = !is_unchanged && !may_compress(&c->service->opts, c->req, res, head);
    if (is_plain && !compress_is_part(res)) return 0;
    int err = edoi_vary(&res->headers, EDO_STR("accept-encoding"));
    if (err < 0 || is_plain) return err;
    edoi_coding coding = edoi_coding_choose(&c->req->headers, c->service->opts.codings).best;
    if (coding == EDOI_CODING_NONE) return 0;
    if (is_unchanged) return say_unchanged(c, &res->headers);
    if (head->is_bodiless) {
        head->length = -1;
    } else if ((err = compress_body(c, head, coding)) <= 0) {
        return err;
    }
    return say_compressed(&res->headers, coding);
}

static int compress_finish(edo_response_hook *hook, edo_response *res) {
    (void)res;
    compressed *c = compressed_of(hook);
    return c->squeeze.coder ? edoi_squeeze_finish(&c->squeeze) : 0;
}

static void compress_done(edo_response_hook *hook, edo_response *res, const edo_response_end *end) {
    (void)res, (void)end;
    compressed_give_back(compressed_of(hook));
}

static const edo_response_hook_ops compress_hook = { .head = compress_head,
                                                     .finish = compress_finish,
                                                     .done = compress_done };

/* ---- The layer ------------------------------------------------------------------------------- */

/* Refuses a client. A cache must not keep this for others. */
static int compress_refuse(edo_web *w) {
    int err = edoi_vary(&edo_web_response(w)->headers, EDO_STR("accept-encoding"));
    return err < 0 ? err : edoi_web_turn_away(w, -ENOTSUP, EDO_STATUS_NOT_ACCEPTABLE, NULL);
}

static int compress_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    compress_service *self = (compress_service *)(void *)base;
    edo_request *req = edo_web_request(request);
    if (edoi_coding_choose(&req->headers, self->opts.codings).is_refused)
        return compress_refuse(request);
    compressed *c = edo_arena_alloc(req->arena, sizeof *c);
    if (!c) return -ENOMEM;
    *c = (compressed){ .squeeze = { .hook = { .ops = &compress_hook } },
                       .service = self,
                       .req = req };
    edo_response_add_hook(edo_web_response(request), &c->squeeze.hook);
    return edo_service_call(base->inner, permit, request, response);
}

static void compress_deinit(edo_service *base) {
    edoi_coders_deinit(&((compress_service *)(void *)base)->coders);
}

static const edo_service_ops compress_ops = { .name = "edo_compress",
                                              .call = compress_call,
                                              .deinit = compress_deinit };

uint32_t edo_web_codings(void) {
    uint32_t codings = 0;
    for (int i = 0; i < EDOI_CODINGS_N; i++)
        if (edoi_encoder_of((edoi_coding)i)) codings |= UINT32_C(1) << i;
    return codings;
}

static int compress_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    edo_compress_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    if (o.codings == 0) o.codings = edo_web_codings();
    bool is_bad = o.level < 0 || o.level > 9 || o.codings >> EDOI_CODINGS_N;
    is_bad = is_bad || !edoi_all_zero(o.reserved, EDO_COUNT(o.reserved));
    if (is_bad)
        return edo_fail(-EINVAL, "edo_compress_layer(): a bad `level`, `codings` or `reserved`");
    o.codings &= edo_web_codings();
    if (o.codings == 0) { // the build has no coding
        *out = inner;
        return 0;
    }
    if (o.bytes_min == 0) o.bytes_min = EDO_COMPRESS_BYTES_MIN;
    if (o.at_once == 0) o.at_once = EDO_COMPRESS_AT_ONCE;
    int err = edo_service_new(out, sizeof(compress_service), &compress_ops, inner);
    if (err < 0) return err;
    compress_service *self = (compress_service *)(void *)*out;
    self->opts = o;
    edoi_coders_init(&self->coders, false, o.level, o.at_once);
    return 0;
}

edo_layer edo_compress_layer(const edo_compress_opts *opts) {
    return edoi_web_layer(compress_wrap, opts, opts ? sizeof *opts : 0);
}
