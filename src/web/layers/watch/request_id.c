/* SPDX-License-Identifier: MIT */
/* web/layers/watch/request_id.c: edo_request_id_layer(). */
#include "base/opts.h"
#include "base/text/hex.h"
#include "http/headers/ids.h"
#include "web/layers/layer.h"

#include <edo/random.h>
#include <edo/web_layers.h>

#include <errno.h>
#include <time.h>

#define ID_BYTES_MAX 128u
#define UUID_BYTES   36u

typedef struct request_id_service {
    edo_service base;
    edo_request_id_opts opts; /* with defaults filled in */
} request_id_service;

/* ---- An id ----------------------------------------------------------------------------------- */

/* Writes a UUID of version 4, or of version 7, which begins with the milliseconds since 1970 (RFC
 * 9562 section 5). */
static int make_uuid(char text[UUID_BYTES + 1], bool is_random) {
    unsigned char b[16];
    int err = edo_random(b, sizeof b);
    if (err < 0) return err;
    if (!is_random) {
        struct timespec now;
        (void)clock_gettime(CLOCK_REALTIME, &now); // this cannot fail
        uint64_t ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
        for (int i = 0; i < 6; i++) b[i] = (unsigned char)(ms >> (40 - 8 * i));
    }
    b[6] = (unsigned char)((b[6] & 0x0f) | (is_random ? 0x40 : 0x70));
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    edoi_uuid_print(text, b);
    return 0;
}

static bool is_good_id(edo_str id) {
    if (id.len == 0 || id.len > ID_BYTES_MAX) return false;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        bool is_alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_alnum && !memchr("-_.+/=:", c, 7)) return false;
    }
    return true;
}

/* ---- The layer ------------------------------------------------------------------------------- */

static int id_head(edo_response_hook *hook, edo_response *res, edo_response_head *head) {
    edoi_layer_hook *h = edoi_layer_hook_of(hook);
    const request_id_service *self = (const request_id_service *)(const void *)h->self;
    (void)head;
    return edo_headers_set_named(&res->headers, edo_str_of(self->opts.header),
                                 edo_request_id(h->req));
}

static const edo_response_hook_ops id_hook = { .head = id_head };

/* Makes an id by the function in the options, in the request's arena. */
static int make_own(const request_id_service *self, edo_web *w, edo_str *out) {
    edo_buf id = { 0 };
    int err = self->opts.make(self->opts.arg, w, &id);
    edo_str made = { id.ptr, id.len };
    if (err == 0 && !is_good_id(made))
        err = edo_fail(-EILSEQ, "edo_request_id_layer(): `make` has made no id");
    char *text = err == 0 ? edo_arena_copy(edo_web_request(w)->arena, made.ptr, made.len) : NULL;
    edo_buf_deinit(&id);
    if (err == 0 && !text) err = -ENOMEM;
    *out = (edo_str){ text, made.len };
    return err;
}

static int request_id_service_make_id(const request_id_service *self, edo_web *w, edo_str *out) {
    if (self->opts.make) return make_own(self, w, out);
    char *text = edo_arena_text(edo_web_request(w)->arena, UUID_BYTES + 1);
    *out = (edo_str){ text, UUID_BYTES };
    return text ? make_uuid(text, self->opts.random) : -ENOMEM;
}

static int give_id(const request_id_service *self, edo_web *w) {
    edo_request *req = edo_web_request(w);
    edo_str name = edo_str_of(self->opts.header);
    edo_str came = edo_headers_get_named(&req->headers, name);
    if (self->opts.trusted && is_good_id(came)) return edo_request_set_id(req, came);
    edo_str id;
    int err = request_id_service_make_id(self, w, &id);
    if (err == 0) err = edo_headers_set_named(&req->headers, name, id);
    return err < 0 ? err : edo_request_set_id(req, id);
}

/* For the calls that the handler makes. */
static int bind_id(edo_context_block *b, const edo_request *req) {
    const edoi_ids ids = { .request = edo_request_id(req) };
    return edoi_ids_begin(b, &ids);
}

static int id_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    const request_id_service *self = (const request_id_service *)(const void *)base;
    edo_context_block bound;
    int err = give_id(self, request);
    if (err == 0) err = edoi_layer_hook_add(base, request, &id_hook);
    if (err == 0) err = bind_id(&bound, edo_web_request(request));
    if (err < 0) return err;
    return edo_context_end(&bound, edo_service_call(base->inner, permit, request, response));
}

static const edo_service_ops id_ops = { .name = "edo_request_id", .call = id_call };

static int id_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    edo_request_id_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    if (!o.header) o.header = "x-request-id";
    if (!edo_header_name_is_valid(edo_str_of(o.header)) ||
        !edoi_all_zero(o.reserved, EDO_COUNT(o.reserved)))
        return edo_fail(-EINVAL, "edo_request_id_layer(): a bad `header` or `reserved`");
    int err = edo_service_new(out, sizeof(request_id_service), &id_ops, inner);
    if (err == 0) ((request_id_service *)(void *)*out)->opts = o;
    return err;
}

edo_layer edo_request_id_layer(const edo_request_id_opts *opts) {
    return edoi_web_layer(id_wrap, opts, opts ? sizeof *opts : 0);
}
