/* SPDX-License-Identifier: MIT */
/* Goal: a layer under a client is told of each piece of a body that the program has read, and once
 * of the end, however it ends; the reader gets the bytes that it would get without.
 * Method: a server in memory whose responses are the test's; functions count, or the log does. */
#include "fail_alloc.h"
#include "memory_site.h"
#include "span_ends.h"

#include <edo/layers.h>

static const char *response;

static int respond(memory_site *s, edo_stream *io) {
    (void)s;
    return site_say(io, response);
}

/* Responds, and ends the connection. */
static int respond_and_go(memory_site *s, edo_stream *io) {
    (void)s;
    int err = site_say(io, response);
    return err < 0 ? err : -EPIPE;
}

typedef struct told {
    int chunks_n, ends_n, err;
    uint64_t chunk_bytes, bytes;
    char url[64];
} told;

static void hear_chunk(void *arg, const edo_http_response *res, size_t bytes) {
    told *t = arg;
    CHECK(res->status == 200 && bytes > 0 && t->ends_n == 0);
    t->chunks_n++;
    t->chunk_bytes += bytes;
}

static void hear_end(void *arg, const edo_http_response *res, const edo_http_body_end *end) {
    told *t = arg;
    const edo_str url = edo_http_response_url(res);
    CHECK(end->took.ns >= 0);
    t->ends_n++;
    t->err = end->err;
    t->bytes = end->bytes;
    (void)snprintf(t->url, sizeof t->url, "%.*s", (int)url.len, url.ptr);
}

static edo_http_client *watched_client(memory_site *s, told *outer, told *inner) {
    edo_stack layers;
    edo_stack_init(&layers);
    if (outer)
        edo_stack_push(&layers, edo_http_body_layer(&(edo_http_body_opts){
                                    .on_chunk = hear_chunk, .on_end = hear_end, .arg = outer }));
    if (inner)
        edo_stack_push(&layers, edo_http_body_layer(&(edo_http_body_opts){
                                    .on_chunk = hear_chunk, .on_end = hear_end, .arg = inner }));
    if (!outer && !inner) edo_stack_push(&layers, edo_http_body_layer(NULL));
    edo_http_client *c = site_client(s, &(edo_http_client_opts){ .layers = &layers });
    edo_stack_deinit(&layers);
    return c;
}

static edo_http_response *ask(edo_http_client *c) {
    edo_http_response *res;
    EDO_TEST_OK(
        edo_fetch(&res, EDO_STR("http://site/a?token=b"), &(edo_fetch_opts){ .client = c }));
    return res;
}

static void check_told(const told *t, uint64_t bytes, int err) {
    CHECK_EQ(t->ends_n, 1);
    CHECK_EQ(t->err, err);
    CHECK_EQ(t->bytes, bytes);
    CHECK_EQ(t->chunk_bytes, bytes);
    CHECK(strcmp(t->url, "http://site/a?token=b") == 0);
}

/* Two layers, of which each is told; a peek, which bodies refuse, is no reading and no failure. */
static int reads_all(void *arg) {
    memory_site s = { .respond = respond };
    told outer = { 0 }, inner = { 0 };
    edo_buf body = { 0 };
    char peeked[2];
    (void)arg;
    edo_http_client *c = watched_client(&s, &outer, &inner);
    response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
               "4\r\nwiki\r\n5\r\npedia\r\n0\r\n\r\n";
    edo_http_response *res = ask(c);
    CHECK_EQ(edo_peek(res->body, peeked, sizeof peeked), -ENOTSUP);
    CHECK_EQ(outer.chunks_n + outer.ends_n, 0);
    EDO_TEST_OK(edo_http_response_collect(res, &body, 100));
    CHECK(edo_str_equal((edo_str){ body.ptr, body.len }, EDO_STR("wikipedia")));
    CHECK(outer.chunks_n >= 1 && outer.chunks_n == inner.chunks_n);
    check_told(&outer, 9, 0);
    check_told(&inner, 9, 0);
    edo_http_response_free(res);
    CHECK_EQ(outer.ends_n + inner.ends_n, 2); // not told once more
    edo_buf_deinit(&body);
    edo_http_response_free(ask(c));
    CHECK_EQ(s.conns_n, 1); // the connection was kept
    site_end(&s, c);
    return 0;
}

/* Who knows the length does not read behind it; and of a response without a body nothing is. */
static int reads_no_end(void *arg) {
    static const char *const all[] = { "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwiki",
                                       "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        memory_site s = { .respond = respond };
        told outer = { 0 }, inner = { 0 };
        char bytes[4];
        edo_http_client *c = watched_client(&s, &outer, &inner);
        response = all[i];
        edo_http_response *res = ask(c);
        if (res->length > 0) EDO_TEST_OK(edo_read_exact(res->body, bytes, sizeof bytes));
        CHECK_EQ(outer.ends_n, 0);
        const uint64_t length = (uint64_t)res->length;
        edo_http_response_free(res);
        check_told(&outer, length, 0);
        check_told(&inner, length, 0);
        site_end(&s, c);
    }
    return 0;
}

/* A part is read, and the response is freed: nobody is told of the bytes that nobody has read. */
static int reads_a_part(void *arg) {
    memory_site s = { .respond = respond };
    told outer = { 0 }, inner = { 0 };
    char bytes[3];
    (void)arg;
    edo_http_client *c = watched_client(&s, &outer, &inner);
    response = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nwikipedia";
    edo_http_response *res = ask(c);
    EDO_TEST_OK(edo_read_exact(res->body, bytes, sizeof bytes));
    edo_http_response_free(res);
    check_told(&outer, 3, -ECANCELED);
    check_told(&inner, 3, -ECANCELED);
    site_end(&s, c);
    return 0;
}

static int breaks_off(void *arg) {
    memory_site s = { .respond = respond_and_go };
    told t = { 0 };
    edo_buf body = { 0 };
    (void)arg;
    edo_http_client *c = watched_client(&s, &t, NULL);
    response = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nwiki";
    edo_http_response *res = ask(c);
    int err = edo_http_response_collect(res, &body, 100);
    CHECK(err < 0);
    edo_http_response_free(res);
    check_told(&t, 4, err);
    edo_buf_deinit(&body);
    site_end(&s, c);
    return 0;
}

/* The body is all that there is: an upgrade is the connection itself. */
static int upgrades(void *arg) {
    memory_site s = { .respond = respond_and_go };
    told t = { 0 };
    edo_headers asked;
    edo_http_response *res;
    char bytes[5];
    (void)arg;
    edo_http_client *c = watched_client(&s, &t, NULL);
    response = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhello";
    edo_headers_init(&asked);
    EDO_TEST_OK(edo_headers_append(&asked, EDO_HEADER_CONNECTION, EDO_STR("upgrade")));
    EDO_TEST_OK(edo_headers_append(&asked, EDO_HEADER_UPGRADE, EDO_STR("x")));
    EDO_TEST_OK(edo_http_client_send(
        c, &res, &(edo_http_request){ .url = EDO_STR("http://site/"), .headers = &asked }));
    CHECK(res->is_upgraded);
    EDO_TEST_OK(edo_read_exact(res->body, bytes, sizeof bytes));
    edo_http_response_free(res);
    CHECK_EQ(t.chunks_n + t.ends_n, 0);
    edo_headers_deinit(&asked);
    site_end(&s, c);
    return 0;
}

static int logs(void *arg) {
    memory_site s = { .respond = respond }, broken = { .respond = respond_and_go };
    edo_buf body = { 0 };
    char byte;
    (void)arg;
    edo_receiver *r = span_ends_begin("http.body=debug");
    edo_http_client *c = watched_client(&s, NULL, NULL);
    edo_http_client *other = watched_client(&broken, NULL, NULL);
    response = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwiki";
    edo_http_response *res = ask(c);
    EDO_TEST_OK(edo_http_response_collect(res, &body, 100));
    edo_http_response_free(res);
    CHECK(span_ended("body in none: server.address=site url.path=/a http.response.status_code=200 "
                     "bytes=4 took_ms="));
    res = ask(c);
    EDO_TEST_OK(edo_read_exact(res->body, &byte, 1));
    edo_http_response_free(res);
    CHECK(span_ended("body left in none: server.address=site url.path=/a "
                     "http.response.status_code=200 bytes=1 took_ms="));
    response = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nwiki";
    res = ask(other);
    CHECK(edo_http_response_collect(res, &body, 100) < 0);
    edo_http_response_free(res);
    CHECK(span_ended("body failed in none: server.address=site url.path=/a "
                     "http.response.status_code=200 bytes=4 error="));
    CHECK(!strstr(span_ends, "token"));
    edo_log_remove(r);
    edo_buf_deinit(&body);
    site_end(&s, c);
    site_end(&broken, other);
    return 0;
}

static int make(void *arg, void *request, void *res) {
    (void)arg, (void)request;
    return edo_http_response_make(res, EDO_STATUS_OK, EDO_STR("text/plain"), EDO_STR("wiki"));
}

static edo_service *watched_service(told *outer, told *inner) {
    edo_service *svc;
    edo_stack stack;
    EDO_TEST_OK(edo_service_from_fn(&svc, make, NULL, NULL));
    edo_stack_init(&stack);
    told *const all[] = { outer, inner };
    for (size_t i = 0; i < EDO_COUNT(all); i++)
        edo_stack_push(&stack, edo_http_body_layer(&(edo_http_body_opts){
                                   .on_chunk = hear_chunk, .on_end = hear_end, .arg = all[i] }));
    EDO_TEST_OK(edo_stack_build(&svc, &stack, svc));
    edo_stack_deinit(&stack);
    return svc;
}

/* Also of a response that a layer has made. A failed allocation is that of the call; if it is that
 * of the outer layer, the inner one is told that nobody has read the body. */
static int without_memory(void *arg) {
    told outer = { 0 }, inner = { 0 };
    edo_http_response *res = NULL;
    edo_http_request req = { 0 };
    edo_buf body = { 0 };
    int err = -ENOMEM, failed_n = 0;
    (void)arg;
    edo_service *svc = watched_service(&outer, &inner);
    for (int k = 1; err < 0; k++) {
        outer = inner = (told){ 0 };
        res = NULL;
        fail_alloc_in = k;
        err = edo_service_oneshot(svc, &req, &res);
        fail_alloc_in = 0;
        if (err == 0) continue;
        CHECK(err == -ENOMEM && !res && outer.ends_n == 0);
        CHECK(inner.ends_n == 0 || (inner.ends_n == 1 && inner.err == -ECANCELED));
        failed_n += inner.ends_n;
    }
    CHECK(failed_n > 0);
    EDO_TEST_OK(edo_http_response_collect(res, &body, 100));
    CHECK(outer.ends_n == 1 && outer.bytes == 4 && inner.ends_n == 1 && inner.bytes == 4);
    edo_http_response_free(res);
    edo_buf_deinit(&body);
    edo_service_unref(svc);
    return 0;
}

static int refused(void *arg) {
    edo_service *svc;
    edo_stack stack;
    (void)arg;
    EDO_TEST_OK(edo_service_from_fn(&svc, make, NULL, NULL));
    edo_stack_init(&stack);
    edo_stack_push(&stack, edo_http_body_layer(&(edo_http_body_opts){ .reserved = { 1 } }));
    CHECK_EQ(edo_stack_build(&svc, &stack, svc), -EINVAL);
    edo_stack_deinit(&stack);
    return 0;
}

static void pieces_and_the_end_are_told_once(void **state) {
    (void)state;
    assert_int_equal(inside(reads_all, NULL), 0);
}

static void end_is_told_though_nobody_reads_it(void **state) {
    (void)state;
    assert_int_equal(inside(reads_no_end, NULL), 0);
}

static void rest_that_nobody_reads_is_told_as_that(void **state) {
    (void)state;
    assert_int_equal(inside(reads_a_part, NULL), 0);
}

static void failure_of_a_body_is_told(void **state) {
    (void)state;
    assert_int_equal(inside(breaks_off, NULL), 0);
}

static void upgrade_is_left_alone(void **state) {
    (void)state;
    assert_int_equal(inside(upgrades, NULL), 0);
}

static void log_has_the_ends(void **state) {
    (void)state;
    assert_int_equal(inside(logs, NULL), 0);
}

static void failed_allocation_is_that_of_the_call(void **state) {
    (void)state;
    assert_int_equal(inside(without_memory, NULL), 0);
}

static void reserved_must_be_zero(void **state) {
    (void)state;
    assert_int_equal(inside(refused, NULL), 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_and_the_end_are_told_once),
        cmocka_unit_test(end_is_told_though_nobody_reads_it),
        cmocka_unit_test(rest_that_nobody_reads_is_told_as_that),
        cmocka_unit_test(failure_of_a_body_is_told),
        cmocka_unit_test(upgrade_is_left_alone),
        cmocka_unit_test(log_has_the_ends),
        cmocka_unit_test(failed_allocation_is_that_of_the_call),
        cmocka_unit_test(reserved_must_be_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
