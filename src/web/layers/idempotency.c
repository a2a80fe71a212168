/* SPDX-License-Identifier: MIT */
/* web/layers/idempotency.c: edo_idempotency_layer(). once.h says what is kept, and for how long. */
#include "base/opts.h"
#include "web/layers/layer.h"
#include "web/layers/once.h"
#include "web/layers/relay.h"
#include "web/request/web.h"

#include <edo/http_sfv.h>
#include <edo/random.h>
#include <edo/web_guard.h>

#include <errno.h>

#define KEYS_MAX      10000u
#define KEYS_MAX_MOST (1u << 24)
#define BYTES_MAX     ((size_t)64 << 20)
#define RESPONSE_MAX  65536u
#define TTL_S         86400
#define KEY_MAX       255u
#define METHODS       (EDO_METHOD_BIT(EDO_METHOD_POST) | EDO_METHOD_BIT(EDO_METHOD_PATCH))

typedef struct idempotency_service {
    edo_service base;
    edo_idempotency_opts opts; /* with defaults filled in */
    char secret[16];           /* so that clients cannot choose keys that share a chain */
    edoi_once *once;
} idempotency_service;

/* The response to the first request. */
typedef struct first_response {
    edo_response_hook hook; /* first */
    idempotency_service *self;
    edoi_once_entry *entry;
    edoi_once_response *outer; /* the fields that layers outside had set before */
    edoi_once_response *kept;  /* its body may be incomplete; NULL: none is kept, or there is no
                                  memory */
    bool has_run;     /* the handler has done what the request asked for, as far as can be known */
    bool has_failed;  /* it has returned a code: then the head that follows is not the handler's */
    bool is_whole;    /* `kept` has its body */
    edoi_relay relay; /* over a streamed body */
    edo_buf body;     /* the bytes of that body */
    int64_t length;   /* how many there are to be; -1: it was not said */
} first_response;

static const edo_str key_name = { "idempotency-key", 15 };
static const edo_str replayed_name = { "idempotent-replayed", 19 };

/* ---- Keeping --------------------------------------------------------------------------------- */

/* Does the field belong to the message, and not to its content? */
static bool is_of_message(const edo_header *f) {
    static const edo_header_id ids[] = {
        EDO_HEADER_CONNECTION, EDO_HEADER_CONTENT_LENGTH,    EDO_HEADER_DATE,
        EDO_HEADER_TRAILER,    EDO_HEADER_TRANSFER_ENCODING, EDO_HEADER_UPGRADE,
    };
    for (size_t i = 0; i < EDO_COUNT(ids); i++)
        if (f->id == ids[i]) return true;
    return false;
}

static edo_str copy_to(char **at, edo_str s) {
    edo_str copy = { *at, s.len };
    if (s.len > 0) memcpy(*at, s.ptr, s.len);
    *at += s.len;
    return copy;
}

static void response_deinit(void *self) {
    char *body;
    memcpy(&body, &((edoi_once_response *)self)->body.ptr, sizeof body); // sheds const: it is ours
    edo_rc_unref(body);
}

static bool is_field(const edoi_once_field *a, const edo_header *b) {
    return edo_str_equal(a->name, b->name) && edo_str_equal(a->value, b->value);
}

/* Is field `i` one that was there before? Each of those is found once. The content type belongs to
 * the body, and so to the response. */
static bool is_outer(const edoi_once_response *outer, const edo_headers *h, size_t i) {
    const edo_header *f = edo_headers_at(h, i), *other;
    size_t n = 0;
    if (f->id == EDO_HEADER_CONTENT_TYPE) return false;
    for (uint32_t k = 0; k < outer->fields_n; k++) n += is_field(&outer->fields[k], f);
    for (size_t k = 0; k < i && n > 0; k++) {
        other = edo_headers_at(h, k);
        n -= edo_str_equal(other->name, f->name) && edo_str_equal(other->value, f->value);
    }
    return n > 0;
}

/* Does field `i`, which is new, stand beside those of layers outside? Cookies always do. */
static bool stands_beside(const edoi_once_response *outer, const edo_headers *h, size_t i) {
    const edo_header *f = edo_headers_at(h, i);
    bool is_beside = f->id == EDO_HEADER_SET_COOKIE;
    for (size_t k = 0; k < i && !is_beside; k++)
        is_beside = edo_str_equal(edo_headers_at(h, k)->name, f->name) && is_outer(outer, h, k);
    return is_beside;
}

/* Returns a new response without a body, and without the fields of `outer`, which may be NULL. NULL
 * without memory. */
static edoi_once_response *keep_head(const edo_response *res, const edoi_once_response *outer) {
    const edo_headers *h = &res->headers;
    size_t n = edo_headers_count(h), bytes = sizeof(edoi_once_response);
    for (size_t i = 0; i < n; i++)
        bytes += sizeof(edoi_once_field) + edo_headers_at(h, i)->name.len +
                 edo_headers_at(h, i)->value.len;
    edoi_once_response *r = edo_rc_new(bytes, response_deinit);
    if (!r) return NULL;
    char *at = (char *)(r->fields + n);
    *r = (edoi_once_response){ .bytes = bytes, .status = res->status };
    for (size_t i = 0; i < n; i++) {
        const edo_header *f = edo_headers_at(h, i);
        if (is_of_message(f) || (outer && is_outer(outer, h, i))) continue;
        edoi_once_field *to = &r->fields[r->fields_n++];
        to->name = copy_to(&at, f->name);
        to->value = copy_to(&at, f->value);
        to->is_beside = outer && stands_beside(outer, h, i);
    }
    return r;
}

/* Copies the body. Returns false without memory. */
static bool once_response_keep_body(edoi_once_response *r, edo_str body) {
    char *copy = edo_rc_new(body.len + 1, NULL);
    if (!copy) return false;
    if (body.len > 0) memcpy(copy, body.ptr, body.len);
    r->body = (edo_str){ copy, body.len };
    r->bytes += body.len;
    return true;
}

/* Does the status say that the request may be sent again? */
static bool asks_again(edo_status status) {
    return status == EDO_STATUS_REQUEST_TIMEOUT || status == EDO_STATUS_TOO_EARLY ||
           status == EDO_STATUS_TOO_MANY_REQUESTS || status >= 500 || status < 200;
}

static void first_response_forget(first_response *f) {
    edo_rc_unref(f->kept);
    f->kept = NULL;
    f->is_whole = false;
    edo_buf_deinit(&f->body);
}

static int first_head(edo_response_hook *hook, edo_response *res, edo_response_head *head) {
    first_response *f = (first_response *)(void *)hook;
    size_t most = f->self->opts.response_max;
    first_response_forget(f); // from a head that could not be sent
    if (f->has_failed || asks_again(res->status)) return 0;
    f->has_run = true;
    if (head->is_raw) return 0;         // what follows is not seen: a second request cannot have it
    f->kept = keep_head(res, f->outer); // hooks of layers outside come later
    if (head->is_bodiless || head->whole) {
        edo_str body = head->is_bodiless ? EDO_STR("") : *head->whole;
        f->is_whole = f->kept && body.len <= most && once_response_keep_body(f->kept, body);
        return 0;
    }
    f->length = head->length;
    edoi_relay_init(&f->relay, &hook->below);
    f->relay.copy = &f->body;
    f->relay.copy_max = most;
    hook->over = &f->relay.stream;
    return 0;
}

/* Called when the handler has written all of a streamed body. One that is shorter than its head
 * says is broken off behind this. */
static int first_finish(edo_response_hook *hook, edo_response *res) {
    first_response *f = (first_response *)(void *)hook;
    (void)res;
    if (f->is_whole || !f->kept || f->relay.is_cut) return 0;
    if (f->length >= 0 && (uint64_t)f->length != f->body.len) return 0;
    f->is_whole = once_response_keep_body(f->kept, (edo_str){ f->body.ptr, f->body.len });
    return 0;
}

static void first_done(edo_response_hook *hook, edo_response *res, const edo_response_end *end) {
    first_response *f = (first_response *)(void *)hook;
    (void)res, (void)end; // also after the client has left: it will ask again
    edoi_once_response *kept = f->is_whole ? f->kept : NULL;
    if (kept) f->kept = NULL; // it was taken
    edoi_once_end(f->self->once, f->entry, kept, f->has_run);
    first_response_forget(f);
    edo_rc_unref(f->outer);
}

static const edo_response_hook_ops first_hook = { .head = first_head,
                                                  .finish = first_finish,
                                                  .done = first_done };

/* ---- Sending it again ------------------------------------------------------------------------ */

/* Sets a field, unless a layer outside has set it for this request: those are the first `own`
 * fields. `Vary` gets both. */
static int set_field(edo_headers *h, size_t own, const edoi_once_field *f) {
    edo_header_id id = edo_header_id_of(f->name);
    if (id == EDO_HEADER_VARY) return edoi_vary(h, f->value);
    if (id == EDO_HEADER_CONTENT_TYPE) return edo_headers_set(h, id, f->value);
    for (size_t i = 0; i < own && !f->is_beside; i++)
        if (edo_str_equal(edo_headers_at(h, i)->name, f->name)) return 0;
    return edo_headers_append_named(h, f->name, f->value);
}

static int idempotency_set_fields(edo_headers *h, const edoi_once_response *r) {
    size_t own = edo_headers_count(h);
    int err = 0;
    for (uint32_t i = 0; i < r->fields_n && err == 0; i++) err = set_field(h, own, &r->fields[i]);
    return err < 0 ? err : edo_headers_set_named(h, replayed_name, EDO_STR("true"));
}

/* Sends the kept response. Takes the share of `r`, which lives as long as the request. */
static int replay(edo_web *w, edoi_once_response *r) {
    static const edo_ext_tag tag = { .name = "edo_idempotency", .drop = edo_rc_unref };
    edo_response *res = edo_web_response(w);
    int err = edo_ext_set(&edo_web_request(w)->ext, &tag, r);
    if (err < 0) {
        edo_rc_unref(r);
        return err;
    }
    err = idempotency_set_fields(&res->headers, r);
    if (err < 0) return err;
    edo_str type = edo_headers_get(&res->headers, EDO_HEADER_CONTENT_TYPE);
    if (r->body.len == 0 && !type.ptr) return edo_web_reply_status(w, r->status);
    return edo_response_data(res, r->status, type.ptr ? type : EDO_STR("application/octet-stream"),
                             r->body);
}

/* ---- Keys ------------------------------------------------------------------------------------ */

/* Sets `*out` to the text of the key; it is empty without one. Returns 0, or -EINVAL if the key is
 * malformed. */
static int read_key(const edo_headers *h, edo_str *out) {
    const edo_header *f = edo_headers_next_named(h, NULL, key_name);
    edo_sfv_item item;
    *out = EDO_STR("");
    if (!f) return 0;
    if (edo_headers_next_named(h, f, key_name)) return -EINVAL;
    *out = f->value;
    if (out->len > 0 && out->ptr[0] == '"') {
        if (edo_sfv_item_parse(&item, *out) < 0) return -EINVAL;
        *out = item.text;
    }
    for (size_t i = 0; i < out->len; i++)
        if (out->ptr[i] <= ' ' || out->ptr[i] >= 0x7f) return -EINVAL;
    return out->len > 0 && out->len <= KEY_MAX ? 0 : -EINVAL;
}

/* Appends the owner of the key. */
static int append_owner(const idempotency_service *self, edo_web *w, edo_buf *out) {
    char bytes[EDO_ADDR_KEY_BYTES];
    edo_addr addr;
    if (self->opts.owner) return self->opts.owner(self->opts.arg, w, out);
    edo_str user = edo_request_user(edo_web_request(w));
    if (user.len > 0) return edo_buf_printf(out, "user %.*s", (int)user.len, user.ptr);
    if (edo_request_client(edo_web_request(w), &addr) < 0) return 0; // all without one are one
    edo_str key = edo_addr_key(&addr, bytes);
    int err = edo_buf_append(out, "from ", 5);
    return err < 0 ? err : edo_buf_append(out, key.ptr, key.len);
}

/* Appends the credentials of the client, since people may share an address: without them one could
 * get the response to another. No value has a line end. */
static int append_credentials(const idempotency_service *self, edo_web *w, edo_buf *out) {
    static const edo_header_id ids[] = { EDO_HEADER_AUTHORIZATION, EDO_HEADER_COOKIE };
    const edo_request *req = edo_web_request(w);
    int err = 0;
    if (self->opts.owner || edo_request_user(req).len > 0) return 0; // the user's name is enough
    for (size_t i = 0; i < EDO_COUNT(ids); i++)
        for (const edo_header *f = NULL;
             err == 0 && (f = edo_headers_next(&req->headers, f, ids[i]));)
            err = edo_buf_printf(out, "\n%zu %.*s", i, (int)f->value.len, f->value.ptr);
    return err;
}

/* Makes the digest of the buffer, and empties it. */
static void digest(unsigned char out[EDOI_SHA1_BYTES], edo_buf *b) {
    edoi_sha1(out, (edo_str){ b->ptr, b->len });
    b->len = 0;
}

/* Makes the id. The owner has its length in front, so that no end of it can be the beginning of a
 * key. Credentials do not choose the list, since a client can make them up. */
static int idempotency_service_make_id(const idempotency_service *self, edo_web *w, edo_str key,
                                       edo_buf *b, edoi_once_key *out) {
    uint64_t owner_n = 0;
    const size_t before = sizeof self->secret + sizeof owner_n;
    int err = edo_buf_append(b, self->secret, sizeof self->secret);
    if (err == 0) err = edo_buf_append(b, &owner_n, sizeof owner_n);
    if (err == 0) err = append_owner(self, w, b);
    if (err < 0) return err;
    edoi_sha1(out->id, (edo_str){ b->ptr, b->len });
    out->list = out->id[0] % EDOI_ONCE_LISTS;
    err = append_credentials(self, w, b);
    if (err < 0) return err;
    owner_n = b->len - before;
    memcpy(b->ptr + sizeof self->secret, &owner_n, sizeof owner_n);
    err = edo_buf_append(b, key.ptr, key.len);
    if (err == 0) digest(out->id, b);
    return err;
}

static int make_print(edo_web *w, edo_str body, edo_buf *b, edoi_once_key *out) {
    const edo_request *req = edo_web_request(w);
    edo_str type = edo_headers_get(&req->headers, EDO_HEADER_CONTENT_TYPE);
    edo_str host = edo_headers_get(&req->headers, EDO_HEADER_HOST);
    edoi_sha1(out->print, body);
    int err = edo_buf_append(b, out->print, sizeof out->print);
    if (err == 0)
        err = edo_buf_printf(b, "%.*s\n%.*s\n%.*s\n", (int)req->method_name.len,
                             req->method_name.ptr, (int)req->target.len, req->target.ptr,
                             (int)host.len, host.ptr ? host.ptr : "");
    if (err == 0 && type.len > 0) err = edo_buf_append(b, type.ptr, type.len);
    if (err == 0) digest(out->print, b);
    return err;
}

static int idempotency_make_key(const idempotency_service *self, edo_web *w, edo_str key,
                                edo_str body, edoi_once_key *out) {
    edo_buf b = { 0 };
    int err = idempotency_service_make_id(self, w, key, &b, out);
    if (err == 0) err = make_print(w, body, &b, out);
    edo_buf_deinit(&b);
    return err;
}

/* ---- The layer ------------------------------------------------------------------------------- */

/* Refuses a request whose key is in use. */
static int idempotency_refuse(edo_web *w, int what) {
    edo_headers *h = &edo_web_response(w)->headers;
    if (what == EDOI_ONCE_OTHER)
        return edoi_web_turn_away(w, -EEXIST, EDO_STATUS_UNPROCESSABLE_CONTENT,
                                  "the Idempotency-Key was used for another request");
    if (what == EDOI_ONCE_LOST)
        return edoi_web_turn_away(w, -EALREADY, EDO_STATUS_CONFLICT,
                                  "the request was handled, and its response was not kept");
    int err = edo_headers_set(h, EDO_HEADER_RETRY_AFTER, EDO_STR("1"));
    return err < 0 ? err
                   : edoi_web_turn_away(w, -EBUSY, EDO_STATUS_CONFLICT,
                                        "a request with this Idempotency-Key is being handled");
}

static int handle_first(idempotency_service *self, edo_permit *permit, edo_web *w,
                        first_response *f) {
    edo_response *res = edo_web_response(w);
    f->outer = keep_head(res, NULL);
    if (!f->outer) {
        edoi_once_end(self->once, f->entry, NULL, false);
        return -ENOMEM;
    }
    f->hook.ops = &first_hook;
    edo_response_add_hook(res, &f->hook);
    int err = edo_service_call(self->base.inner, permit, w, w);
    f->has_failed = err < 0;
    f->has_run = f->has_run || (err == 0 && !asks_again(res->status));
    return err;
}

static int handle_with_key(idempotency_service *self, edo_permit *permit, edo_web *w, edo_str key) {
    edo_str body;
    edoi_once_key id;
    edoi_once_response *kept = NULL;
    int what = edo_web_body(w, &body);
    if (what < 0) return what;
    first_response *f = edo_arena_alloc(edo_web_request(w)->arena, sizeof *f);
    what = f ? idempotency_make_key(self, w, key, body, &id) : -ENOMEM;
    if (what < 0) return what;
    *f = (first_response){ .self = self };
    what = edoi_once_begin(self->once, &id, &f->entry, &kept);
    if (what < 0) return what;
    if (what == EDOI_ONCE_FIRST) return handle_first(self, permit, w, f);
    return what == EDOI_ONCE_KEPT ? replay(w, kept) : idempotency_refuse(w, what);
}

static int idempotency_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    idempotency_service *self = (void *)base;
    edo_web *w = request;
    const edo_request *req = edo_web_request(w);
    edo_str key;
    bool is_meant = req->method < 32 && (self->opts.methods & EDO_METHOD_BIT(req->method));
    if (!is_meant) return edo_service_call(base->inner, permit, request, response);
    if (read_key(&req->headers, &key) < 0)
        return edoi_web_turn_away(w, -EINVAL, EDO_STATUS_BAD_REQUEST,
                                  "the Idempotency-Key is none");
    if (key.len > 0) return handle_with_key(self, permit, w, key);
    if (self->opts.required)
        return edoi_web_turn_away(w, -EINVAL, EDO_STATUS_BAD_REQUEST,
                                  "the Idempotency-Key is missing");
    return edo_service_call(base->inner, permit, request, response);
}

static void idempotency_deinit(edo_service *base) {
    edoi_once_free(((idempotency_service *)(void *)base)->once);
}

static const edo_service_ops idempotency_ops = { .name = "edo_idempotency",
                                                 .call = idempotency_call,
                                                 .deinit = idempotency_deinit };

static int idempotency_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    edo_idempotency_opts o;
    char secret[sizeof((idempotency_service *)NULL)->secret];
    memcpy(&o, &layer->opts, sizeof o);
    if (o.keys_max > KEYS_MAX_MOST || o.ttl.ns < 0 ||
        !edoi_all_zero(o.reserved, EDO_COUNT(o.reserved)))
        return edo_fail(-EINVAL, "edo_idempotency_layer(): a bad `keys_max`, `ttl` or `reserved`");
    int err = edo_random(secret, sizeof secret);
    if (err < 0) return err;
    if (o.methods == 0) o.methods = METHODS;
    if (o.keys_max == 0) o.keys_max = KEYS_MAX;
    if (o.bytes_max == 0) o.bytes_max = BYTES_MAX;
    if (o.response_max == 0) o.response_max = RESPONSE_MAX;
    if (o.ttl.ns == 0) o.ttl = edo_s(TTL_S);
    edoi_once *once = edoi_once_new(o.keys_max, o.bytes_max, o.ttl);
    if (!once) return -ENOMEM;
    err = edo_service_new(out, sizeof(idempotency_service), &idempotency_ops, inner);
    if (err < 0) {
        edoi_once_free(once);
        return err;
    }
    idempotency_service *self = (void *)*out;
    self->opts = o;
    memcpy(self->secret, secret, sizeof secret);
    self->once = once;
    return 0;
}

edo_layer edo_idempotency_layer(const edo_idempotency_opts *opts) {
    return edoi_web_layer(idempotency_wrap, opts, opts ? sizeof *opts : 0);
}
