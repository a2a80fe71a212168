/* SPDX-License-Identifier: MIT */
/* client/send/fields.c: the fields of a request as it is sent: the program's, the client's, and the
 * ones that follow from the URL. */
#include "client/cookies/jar.h"
#include "client/send/send.h"
#include "http/headers/ids.h"
#include "http/headers/map.h"
#include "http/io/output.h"
#include "log/span/note.h"

#include <edo/http_fields.h>
#include <edo/scope.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HEAD_SPARE 512u // bytes of a head beside `headers`, and of the name of one more field

/* The Host that the program has chosen is none of another origin. */
static bool is_secret(const edo_header *f) {
    edo_header_id id = (edo_header_id)f->id;
    return (f->flags & EDO_HEADER_SENSITIVE) || id == EDO_HEADER_HOST ||
           id == EDO_HEADER_AUTHORIZATION || id == EDO_HEADER_COOKIE ||
           id == EDO_HEADER_PROXY_AUTHORIZATION || id == EDO_HEADER_WWW_AUTHENTICATE ||
           id == EDO_HEADER_BAGGAGE;
}

static bool is_of_body(edo_header_id id) {
    return id == EDO_HEADER_CONTENT_TYPE || id == EDO_HEADER_CONTENT_ENCODING ||
           id == EDO_HEADER_CONTENT_LANGUAGE || id == EDO_HEADER_CONTENT_LOCATION ||
           id == EDO_HEADER_TRAILER;
}

static int call_add_own(edoi_call *k) {
    const edo_headers *own = k->req->headers;
    int err = 0;
    for (size_t i = 0; own && err == 0 && i < edo_headers_count(own); i++) {
        const edo_header *f = edo_headers_at(own, i);
        if (k->drops_secrets && is_secret(f)) continue;
        if (k->drops_body && is_of_body((edo_header_id)f->id)) continue;
        err = edoi_headers_push(&k->headers, f);
    }
    return err;
}

/* Is there a field of the name of `f`? */
static bool has_same(const edo_headers *h, const edo_header *f) {
    edo_header_id id = (edo_header_id)f->id;
    if (!h) return false;
    return (id ? edo_headers_get(h, id) : edo_headers_get_named(h, f->name)).ptr;
}

static int call_add_of_client(edoi_call *k) {
    const edo_headers *usual = &k->client->headers, *own = k->req->headers;
    int err = 0;
    for (size_t i = 0; err == 0 && i < edo_headers_count(usual); i++) {
        const edo_header *f = edo_headers_at(usual, i);
        if (k->drops_secrets && is_secret(f)) continue;
        if (has_same(own, f)) continue;
        err = edoi_headers_push(&k->headers, f);
    }
    return err;
}

/* ---- What the URL says ----------------------------------------------------------------------- */

/* Appends the userinfo of the URL, without its percent sequences, as base64. */
static int call_print_basic(edoi_call *k) {
    edo_buf plain = { 0 };
    int err = edo_uri_decode(k->uri.userinfo, &plain);
    bool has_colon =
        k->uri.userinfo.len > 0 && memchr(k->uri.userinfo.ptr, ':', k->uri.userinfo.len) != NULL;
    if (err == 0 && !has_colon) err = edo_buf_append(&plain, ":", 1);
    if (err == 0) err = edo_buf_append(&k->basic, "Basic ", 6);
    if (err == 0) err = edo_base64_encode((edo_str){ plain.ptr, plain.len }, &k->basic);
    edo_buf_deinit(&plain);
    return err;
}

static int call_add_basic(edoi_call *k) {
    bool is_kept = !k->uri.userinfo.ptr && k->basic.len > 0 && !k->drops_secrets;
    if (!k->uri.userinfo.ptr && !is_kept) return 0; // kept: of the URL before a redirect
    if (edo_headers_get(&k->headers, EDO_HEADER_AUTHORIZATION).ptr) return 0;
    if (!is_kept) k->basic.len = 0;
    int err = is_kept ? 0 : call_print_basic(k);
    if (err == 0)
        err = edo_headers_set(&k->headers, EDO_HEADER_AUTHORIZATION,
                              (edo_str){ k->basic.ptr, k->basic.len });
    if (err == 0) (void)edo_headers_set_sensitive(&k->headers, EDO_STR("authorization"));
    return err;
}

/* ---- All ------------------------------------------------------------------------------------- */

/* Adds a field unless it is there. */
static int call_add_usual(edoi_call *k, edo_header_id id, edo_str value) {
    if (edo_headers_get(&k->headers, id).ptr) return 0;
    return edo_headers_append(&k->headers, id, value);
}

static bool has_field(const edo_headers *h, edo_header_id id) {
    return h && edo_headers_get(h, id).ptr;
}

bool edoi_call_decodes(const edoi_call *k) {
    if (k->client->no_decode || k->now.as_is || k->now.method == EDO_METHOD_HEAD) return false;
    return !has_field(k->req->headers, EDO_HEADER_ACCEPT_ENCODING) &&
           !has_field(k->req->headers, EDO_HEADER_RANGE) &&
           !has_field(&k->client->headers, EDO_HEADER_ACCEPT_ENCODING);
}

void edoi_client_name_codings(edo_http_client *c) {
    static const struct {
        edoi_coding coding;
        const char *name;
    } all[] = { { EDOI_CODING_GZIP, "gzip" },
                { EDOI_CODING_DEFLATE, "deflate" },
                { EDOI_CODING_BR, "br" },
                { EDOI_CODING_ZSTD, "zstd" } };
    char *to = c->codings_text;
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        if (!edoi_decoder_of(all[i].coding)) continue;
        if (to > c->codings_text) *to++ = ',';
        to = stpcpy(to, all[i].name);
    }
    c->codings = (edo_header){ .name = edo_header_name(EDO_HEADER_ACCEPT_ENCODING),
                               .value = { c->codings_text, (size_t)(to - c->codings_text) },
                               .id = EDO_HEADER_ACCEPT_ENCODING };
}

/* A range is one of the bytes as they are sent: so no coding is asked for beside it. */
static int call_add_codings(edoi_call *k) {
    const edo_header *f = &k->client->codings;
    if (k->client->no_decode || f->value.len == 0 || has_field(&k->headers, EDO_HEADER_RANGE) ||
        has_field(&k->headers, EDO_HEADER_ACCEPT_ENCODING))
        return 0;
    return edoi_headers_push(&k->headers, f);
}

/* Bytes that are left of a head of HTTP/1.1 for the line of one more field. Others limit heads of
 * HTTP/2 like those. */
static size_t call_room(const edoi_call *k) {
    size_t taken = k->now.target.len + k->uri.host.len + HEAD_SPARE, most = EDOI_HTTP_OUT_BYTES;
    const edo_header *f;
    for (size_t i = 0; (f = edo_headers_at(&k->headers, i)); i++)
        taken += f->name.len + f->value.len + sizeof ": \r\n" - 1;
    return taken < most ? most - taken : 0;
}

/* The cookies of the jar for this URL, which it judges by itself after each redirect. After all
 * other fields: a server that sets many has no request refused. */
static int call_add_cookies(edoi_call *k) {
    edo_cookie_jar *jar = k->client->jar;
    if (!jar || edo_headers_get(&k->headers, EDO_HEADER_COOKIE).ptr) return 0;
    k->cookies.len = 0;
    int err = edoi_jar_print(jar, k->url, call_room(k), &k->cookies);
    if (err < 0 || k->cookies.len == 0) return err;
    err = edo_headers_append(&k->headers, EDO_HEADER_COOKIE,
                             (edo_str){ k->cookies.ptr, k->cookies.len });
    if (err == 0) (void)edo_headers_set_sensitive(&k->headers, EDO_STR("cookie"));
    return err;
}

/* How long the response is waited for, from now on: also of an attempt after others. */
static int call_add_deadline(edoi_call *k) {
    const edo_headers *named = &k->client->deadline;
    char text[24];
    if (edo_headers_count(named) == 0) return 0;
    edo_duration left = edo_deadline_left(); // of the call's `timeout`, too
    if (left.ns < 0) return 0;
    int n = snprintf(text, sizeof text, "%" PRId64, left.ns / 1000000);
    return edo_headers_set_named(&k->headers, edo_headers_at(named, 0)->name,
                                 (edo_str){ text, (size_t)n });
}

/* What the proxy gets, which no other one sees: its login, and fields of the client's options. */
static int call_add_of_proxy(edoi_call *k, const edoi_proxy *proxy) {
    const edo_headers *more = &k->client->pool->dial.proxy_headers;
    int err = 0;
    for (size_t i = 0; proxy && err == 0 && i < edo_headers_count(more); i++)
        err = edoi_headers_push(&k->headers, edo_headers_at(more, i));
    if (err < 0 || !proxy || proxy->authorization.len == 0) return err;
    err = edo_headers_set(&k->headers, EDO_HEADER_PROXY_AUTHORIZATION, proxy->authorization);
    if (err == 0) (void)edo_headers_set_sensitive(&k->headers, EDO_STR("proxy-authorization"));
    return err;
}

/* What the client adds to a request that is its own. */
static int call_add_all(edoi_call *k) {
    int err = call_add_of_client(k);
    if (err == 0) err = call_add_codings(k);
    return err < 0 ? err : call_add_basic(k);
}

/* Adds the Referer of a redirect, if there is room for it. */
static int call_add_referer(edoi_call *k) {
    if (!k->referer.ptr || k->referer.len > call_room(k)) return 0;
    return call_add_usual(k, EDO_HEADER_REFERER, k->referer);
}

/* A field of the program without a value says that one which is added by itself is unwanted. */
static void call_drop_unwanted(edoi_call *k) {
    static const edo_header_id usual[] = { EDO_HEADER_ACCEPT, EDO_HEADER_ACCEPT_ENCODING,
                                           EDO_HEADER_CONTENT_TYPE, EDO_HEADER_USER_AGENT,
                                           EDO_HEADER_REFERER };
    for (size_t i = 0; i < EDO_COUNT(usual); i++) {
        edo_str value = edo_headers_get(&k->headers, usual[i]);
        if (value.ptr && value.len == 0) (void)edo_headers_remove(&k->headers, usual[i]);
    }
}

/* The span whose step goes along; NULL: what `headers` has, if anything. */
static const edo_span *call_step(const edoi_call *k) {
    return k->req->edoi_steps && !k->client->no_context ? edoi_span_to_note() : NULL;
}

/* Are the fields of the program sent as they are? A request that goes on as it is follows no
 * redirect, which would leave some out. */
static bool call_sends_own_alone(const edoi_call *k, const edoi_proxy *proxy) {
    return k->now.as_is && k->req->headers && !proxy && !edoi_call_upgrades(k) &&
           edo_headers_count(&k->client->deadline) == 0 && !call_step(k);
}

int edoi_call_set_fields(edoi_call *k, const edoi_proxy *proxy) {
    bool is_own = call_sends_own_alone(k, proxy);
    k->now.headers = is_own ? k->req->headers : &k->headers;
    if (is_own) return 0;
    (void)edo_headers_truncate(&k->headers, 0);
    int err = call_add_own(k);
    if (err == 0) err = edoi_ids_set_step(&k->headers, call_step(k));
    if (err == 0 && !k->now.as_is) err = call_add_all(k);
    if (err == 0) err = call_add_deadline(k);
    if (err == 0) err = call_add_of_proxy(k, proxy);
    if (err == 0) err = call_add_referer(k);
    if (err < 0 || k->now.as_is) return err;
    call_drop_unwanted(k);
    if (k->client->baggage_hosts)
        err = edoi_client_pass_baggage(k->client, &k->uri, &k->headers, call_room(k));
    return err < 0 ? err : call_add_cookies(k);
}
