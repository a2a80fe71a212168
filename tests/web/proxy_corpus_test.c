/* SPDX-License-Identifier: MIT */
/* Goal: what reaches the server behind a proxy is what the proxy has read, request by request:
 * never two of one, nor one with another's body.
 * Method: each vector of tests/http/vectors/http1.tsv is sent twice: to a server that notes its
 * requests, and to one that is a proxy, behind which a parser of the test's own notes what comes.
 * The second notes are a part of the first, in order. */
#include "http1_file.h"
#include "memory_site.h"
#include "web_server.h"

#include <edo/web_proxy.h>

/* "METHOD target body\n" for each request that was whole. */
typedef struct notes {
    char text[32768];
    size_t n;
} notes;

static void note(notes *to, edo_str method, edo_str target, edo_str body) {
    int n = snprintf(to->text + to->n, sizeof to->text - to->n, "%.*s %.*s %.*s\n", (int)method.len,
                     method.ptr, (int)target.len, target.ptr, (int)body.len, body.ptr);
    CHECK(n > 0 && to->n + (size_t)n < sizeof to->text);
    to->n += (size_t)n;
}

static notes direct, behind;

/* The path with its query, as the proxy sends it on. */
static edo_str target_of(edo_web *w) {
    edo_str path = edo_web_path(w), query = edo_web_query_text(w);
    bool has_query = query.ptr && query.ptr == path.ptr + path.len + 1;
    return (edo_str){ path.ptr, path.len + (has_query ? 1 + query.len : 0) };
}

/* What follows an extended CONNECT is no body. */
static bool is_tunnel(edo_web *w) {
    const edo_request *req = edo_web_request(w);
    return req->version == EDO_HTTP_2 && edo_headers_get(&req->headers, EDO_HEADER_UPGRADE).ptr;
}

static int note_direct(edo_web *w) {
    edo_str body = EDO_STR("");
    int err = is_tunnel(w) ? 0 : edo_web_body(w, &body);
    if (err < 0) return err;
    note(&direct, edo_web_request(w)->method_name, target_of(w), body);
    return edo_web_reply_text(w, EDO_STATUS_OK, "ok");
}

static int note_behind(memory_site *s, edo_stream *io) {
    const char *end = strchr(s->head, ' '), *last = end ? strchr(end + 1, ' ') : NULL;
    CHECK(last != NULL);
    note(&behind, (edo_str){ s->head, (size_t)(end - s->head) },
         (edo_str){ end + 1, (size_t)(last - end - 1) }, (edo_str){ s->body, s->body_n });
    CHECK(strcasestr(s->head, "\r\nvia: ") != NULL); // it is a request that the proxy has written
    return site_say(io, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
}

/* Sends the bytes and the end of the input, and waits until the server has ended the connection. A
 * client of HTTP/2 that ends its input takes its requests back, so there it waits for the server's
 * patience. */
static void send_all(edo_router *r, const vector *v) {
    web_served s = { 0 };
    heard h = { 0 };
    web_begin(&s, r);
    edo_stream *c = client_of(&s.http);
    (void)edo_write_all(c, v->bytes, v->n); // it may be refused before its end
    if (!edo_test_over) (void)edo_shutdown(c);
    while (edo_read(c, h.text, sizeof h.text) > 0) {
    }
    edo_close(c);
    CHECK_EQ(web_end(&s), 0);
}

/* Do the lines of `part` stand in `whole`, in order? */
static bool is_part(const char *part, const char *whole) {
    while (*part) {
        size_t n = strcspn(part, "\n") + 1, m = strcspn(whole, "\n") + 1;
        if (!*whole) return false;
        bool is_same = n == m && memcmp(part, whole, n) == 0;
        whole += m;
        if (is_same) part += n;
    }
    return true;
}

static memory_site site;
static edo_service *service;
static int passed_n;

static void check_vector(const vector *v) {
    if (v->side[2] != 'q') return; // a response
    edo_router *r = edo_router_new();
    direct.n = behind.n = 0;
    direct.text[0] = behind.text[0] = 0;
    edo_router_any(r, "/{*rest}", note_direct);
    edo_router_any(r, "/", note_direct);
    send_all(r, v);
    r = edo_router_new();
    edo_proxy_routes(r, "/", service, NULL);
    send_all(r, v);
    if (!is_part(behind.text, direct.text))
        print_error("%s:\n%s---- is no part of\n%s", v->id, behind.text, direct.text);
    CHECK(is_part(behind.text, direct.text));
    for (const char *at = behind.text; (at = strchr(at, '\n')); at++) passed_n++;
}

static int whole_corpus(void *arg) {
    (void)arg;
    site = (memory_site){ .respond = note_behind };
    edo_http_client *c = site_client(&site, NULL);
    EDO_TEST_OK(edo_http_client_service(&service, c, "http://behind.test"));
    each_vector(check_vector);
    edo_service_unref(service);
    site_end(&site, c);
    return passed_n;
}

static void no_request_becomes_two(void **state) {
    (void)state;
    int n = inside(whole_corpus, NULL);
    print_message("%d requests have gone through\n", n);
    assert_true(n >= 50);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_request_becomes_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
