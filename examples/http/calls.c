/* SPDX-License-Identifier: MIT */
/* calls.c: a program that calls another service: JSON both ways, a form, a file, attempts, cookies,
 * a layer, and URLs that a stranger has chosen. The other service is in this program, too. */
#include <edo/cookie_jar.h>
#include <edo/edo.h>
#include <edo/http_client.h>
#include <edo/http_fields.h>
#include <edo/layers.h>
#include <edo/str.h>
#include <edo/web.h>
#include <edo/web_compress.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct offer {
    edo_str item;
    int64_t cents;
} offer;
EDO_DESCRIBE(offer, EDO_FIELD(offer, item), EDO_FIELD(offer, cents))

/* ---- The other service ----------------------------------------------------------------------- */

static int give_offer(edo_web *w) {
    const offer o = { .item = EDO_STR("pen"), .cents = 120 };
    return edo_web_reply_json(w, 200, &o, &offer_desc);
}

static int take_json(edo_web *w) {
    offer o = { 0 };
    int err = edo_web_json(w, &o, &offer_desc);
    if (err < 0) return err;
    o.cents *= 2;
    return edo_web_reply_json(w, 201, &o, &offer_desc);
}

static int take_form(edo_web *w) {
    offer o = { 0 };
    int err = edo_web_form(w, &o, &offer_desc);
    return err < 0 ? err : edo_web_reply_json(w, 200, &o, &offer_desc);
}

static int count_lines(edo_web *w) {
    char text[32];
    edo_str body;
    int n = 0, err = edo_web_body(w, &body); // decoded by a layer
    if (err < 0) return err;
    while (body.len > 0) n += edo_str_cut(&body, '\n').len > 0;
    (void)snprintf(text, sizeof text, "%d lines", n);
    return edo_web_reply_text(w, 200, text);
}

static int be_busy_once(edo_web *w) {
    static bool was_busy;
    if (was_busy) return edo_web_reply_text(w, 200, "at last");
    was_busy = true;
    return edo_web_reply_text(w, 503, "busy");
}

static int greet_again(edo_web *w) {
    edo_str cookie = edo_headers_get(&edo_web_request(w)->headers, EDO_HEADER_COOKIE);
    int err = edo_web_set_header(w, "Set-Cookie", "seen=1; Path=/");
    return err < 0 ? err : edo_web_reply_text(w, 200, cookie.len > 0 ? "again" : "welcome");
}

static int serve(void *arg) {
    edo_listener *l = arg;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/offer", give_offer);
    edo_router_post(r, "/double", take_json);
    edo_router_post(r, "/form", take_form);
    edo_router_post(r, "/lines", count_lines);
    edo_router_wrap_all(r, edo_decompress_layer(NULL));
    edo_router_get(r, "/busy", be_busy_once);
    edo_router_get(r, "/greet", greet_again);
    const edo_http_server_opts http = { .listeners = &l, .listeners_n = 1 };
    return edo_web_serve(r, &(edo_web_opts){ .http = &http });
}

/* ---- Calls ----------------------------------------------------------------------------------- */

typedef struct shop {
    char base[64]; /* "http://127.0.0.1:port" */
    char url[128]; /* of the next call */
} shop;

static edo_str at(shop *s, const char *path) {
    int n = snprintf(s->url, sizeof s->url, "%s%s", s->base, path);
    return (edo_str){ s->url, (size_t)n };
}

static int call_simple(shop *s) {
    edo_bytes page;
    int err = edo_fetch_bytes(&page, at(s, "/offer"), NULL);
    if (err < 0) return err;
    printf("%.*s\n", (int)page.str.len, page.str.ptr);
    edo_bytes_unref(&page);
    return 0;
}

static int call_json(shop *s) {
    offer o = { 0 };
    int err = edo_fetch_json(&o, &offer_desc, at(s, "/offer"), NULL);
    if (err < 0) return err;
    printf("%.*s: %" PRId64 "\n", (int)o.item.len, o.item.ptr, o.cents);
    edo_value_deinit(&o, &offer_desc);
    return 0;
}

static int call_post(shop *s) {
    const offer mine = { .item = EDO_STR("ink"), .cents = 450 };
    offer got = { 0 };
    int err = edo_fetch_json(&got, &offer_desc, at(s, "/double"),
                             &(edo_fetch_opts){ .json = &mine, .json_desc = &offer_desc });
    if (err < 0) return err;
    printf("doubled: %" PRId64 "\n", got.cents);
    edo_value_deinit(&got, &offer_desc);
    err = edo_fetch_json(&got, &offer_desc, at(s, "/form"),
                         &(edo_fetch_opts){ .form = &mine, .form_desc = &offer_desc });
    if (err < 0) return err;
    printf("by a form: %.*s\n", (int)got.item.len, got.item.ptr);
    edo_value_deinit(&got, &offer_desc);
    return 0;
}

/* The server is known to decode: a client cannot ask before it sends. */
static int call_compressed(shop *s) {
    edo_buf log = { 0 };
    edo_bytes page;
    int err = 0;
    for (int i = 0; i < 1000 && err == 0; i++)
        err = edo_buf_printf(&log, "line %d of a long day\n", i);
    edo_fetch_opts opts = { .data = edo_buf_str(&log), .coding = EDO_STR("gzip") };
    if (err == 0) err = edo_fetch_bytes(&page, at(s, "/lines"), &opts);
    edo_buf_deinit(&log);
    if (err < 0) return err;
    printf("%.*s\n", (int)page.str.len, page.str.ptr);
    edo_bytes_unref(&page);
    return 0;
}

static void show_progress(void *arg, uint64_t bytes, int64_t total) {
    (void)arg;
    printf("%" PRIu64 " of %" PRId64 " bytes\n", bytes, total); // -1: not known
}

static int call_file(shop *s) {
    char path[] = "/tmp/edo-calls-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0) return -errno;
    int err = edo_fetch_file(path, at(s, "/offer"), &(edo_fetch_opts){ .progress = show_progress });
    (void)close(fd);
    (void)unlink(path);
    return err;
}

static int call_again(shop *s) {
    edo_bytes page;
    const edo_fetch_opts patient = { .attempts = 3, .timeout = edo_s(60) };
    int err = edo_fetch_bytes(&page, at(s, "/busy"), &patient);
    if (err < 0) return err;
    printf("%.*s\n", (int)page.str.len, page.str.ptr);
    edo_bytes_unref(&page);
    return 0;
}

/* A status of 400 or more is a failure, unless the caller wants to see it. */
static int call_missing(shop *s) {
    edo_http_response *res;
    int err = edo_fetch(&res, at(s, "/nothing"), NULL);
    if (err != -EDO_ESTATUS) return err < 0 ? err : -EPROTO;
    edo_trail_clear();
    err = edo_fetch(&res, at(s, "/nothing"), &(edo_fetch_opts){ .any_status = true });
    if (err < 0) return err;
    printf("status %u\n", (unsigned)res->status);
    edo_http_response_free(res);
    return 0;
}

static int print_page(edo_http_client *c, edo_str url) {
    edo_bytes page;
    int err = edo_fetch_bytes(&page, url, &(edo_fetch_opts){ .client = c });
    if (err < 0) return err;
    printf("%.*s\n", (int)page.str.len, page.str.ptr);
    edo_bytes_unref(&page);
    return 0;
}

static int call_with_cookies(shop *s) {
    edo_cookie_jar *jar;
    edo_http_client *c;
    int err = edo_cookie_jar_new(&jar, NULL);
    if (err < 0) return err;
    err = edo_http_client_new(&c, &(edo_http_client_opts){ .jar = jar });
    edo_cookie_jar_unref(jar); // the client shares it
    if (err < 0) return err;
    err = print_page(c, at(s, "/greet"));
    if (err == 0) err = print_page(c, at(s, "/greet"));
    edo_http_client_unref(c);
    return err;
}

/* A URL that a stranger has chosen leads to no machine of this network, this one included. */
static int call_for_a_stranger(shop *s) {
    edo_http_client *c;
    const edo_http_client_opts careful = {
        .allow = edo_http_allow_public, // asked for each address, at redirects, too
        .proxy = "",                    // a proxy would connect where it likes
        .redirects_max = 3,
        .timeout = edo_s(10),
    };
    int err = edo_http_client_new(&c, &careful);
    if (err < 0) return err;
    err = print_page(c, at(s, "/offer"));
    edo_http_client_unref(c);
    if (err != -EACCES) return err < 0 ? err : -EPROTO;
    edo_trail_clear();
    printf("not allowed\n");
    return 0;
}

static int count_calls(void *arg, edo_next *next, void *request, void *response) {
    const edo_http_request *req = request; // and *response is an edo_http_response *
    int err = edo_layer_next(next, request, response);
    ++*(int *)arg;
    return edo_fail(err, "a call to a URL of %zu bytes", req->url.len);
}

static int call_through_layers(shop *s) {
    edo_http_client *c;
    edo_stack around;
    int calls_n = 0;
    edo_stack_init(&around);
    edo_stack_push(&around, edo_layer_from_fn(count_calls, &calls_n));
    edo_stack_push(&around, edo_concurrency_layer(20));
    int err = edo_http_client_new(&c, &(edo_http_client_opts){ .layers = &around });
    edo_stack_deinit(&around);
    if (err < 0) return err;
    err = print_page(c, at(s, "/offer"));
    edo_http_client_unref(c);
    printf("%d call\n", calls_n);
    return err;
}

static int call_all(shop *s) {
    static int (*const calls[])(shop *) = {
        call_simple, call_json,    call_post,         call_compressed,     call_file,
        call_again,  call_missing, call_with_cookies, call_for_a_stranger, call_through_layers,
    };
    int err = 0;
    for (size_t i = 0; i < EDO_COUNT(calls) && err == 0; i++) err = calls[i](s);
    return err;
}

static int root(void *arg) {
    edo_listener *l;
    shop s;
    (void)arg;
    int err = edo_tcp_listen(&l, "127.0.0.1:0", NULL);
    if (err < 0) return err;
    (void)snprintf(s.base, sizeof s.base, "http://127.0.0.1:%u", (unsigned)edo_listener_port(l));
    EDO_SCOPE(serving, NULL);
    edo_scope_spawn(&serving, serve, l);
    err = call_all(&s);
    edo_scope_cancel(&serving);
    err = edo_scope_end(&serving, err);
    edo_listener_close(l);
    return err;
}

int main(void) {
    return edo_main(root, NULL);
}
