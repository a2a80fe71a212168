/* SPDX-License-Identifier: MIT */
/* Goal: what layers and handlers hang on messages and connections is found by its tag, and dropped
 * once, with what it hangs on.
 * Method: each value writes its letter when it is dropped. */
#include "http_server.h"

#include <edo/http1.h>
#include <edo/service.h>

/* ---- Values that tell of their end ----------------------------------------------------------- */

static char dropped[64]; /* letters, in order; of tests with one thread */

static void tells(void *value) {
    size_t n = strlen(dropped);
    CHECK(n + 1 < sizeof dropped);
    dropped[n] = *(const char *)value;
    dropped[n + 1] = 0;
}

static const edo_ext_tag first_tag = { .name = "first", .drop = tells };
static const edo_ext_tag second_tag = { .name = "second", .drop = tells };
static const edo_ext_tag plain_tag = { .name = NULL };

/* The letter as a value: they are not written to. */
static void *letter(const char *text) {
    return (void *)(uintptr_t)text;
}

static bool dropped_so_far(const char *letters) {
    bool is_so = strcmp(dropped, letters) == 0;
    dropped[0] = 0;
    return is_so;
}

/* ---- Alone ----------------------------------------------------------------------------------- */

static void all_of_them(edo_ext *ext) {
    assert_null(edo_ext_get(ext, &first_tag));
    assert_null(edo_ext_take(ext, &first_tag));
    EDO_TEST_OK(edo_ext_set(ext, &first_tag, letter("a")));
    EDO_TEST_OK(edo_ext_set(ext, &plain_tag, letter("p")));
    EDO_TEST_OK(edo_ext_set(ext, &second_tag, letter("b")));
    assert_string_equal(edo_ext_get(ext, &first_tag), "a");
    assert_string_equal(edo_ext_get(ext, &plain_tag), "p");
    assert_string_equal(edo_ext_get(ext, &second_tag), "b");
    assert_true(dropped_so_far(""));
    EDO_TEST_OK(edo_ext_set(ext, &first_tag, letter("c")));
    assert_true(dropped_so_far("a"));
    assert_string_equal(edo_ext_get(ext, &first_tag), "c");
    assert_string_equal(edo_ext_take(ext, &second_tag), "b");
    assert_null(edo_ext_get(ext, &second_tag));
    EDO_TEST_OK(edo_ext_set(ext, &second_tag, letter("d")));
    assert_true(dropped_so_far(""));
    edo_ext_deinit(ext);
    assert_true(dropped_so_far("dc"));
    assert_null(edo_ext_get(ext, &plain_tag));
    edo_ext_deinit(ext);
    assert_true(dropped_so_far(""));
}

static void value_is_found_by_its_tag_and_dropped_last_first(void **state) {
    (void)state;
    edo_ext ext = { 0 };
    all_of_them(&ext);
    edo_arena arena = { 0 };
    ext.arena = &arena;
    all_of_them(&ext);
    edo_arena_deinit(&arena);
}

static void value_without_memory_stays_the_callers(void **state) {
    (void)state;
    edo_arena tiny = { .bytes_max = 1 };
    edo_ext ext = { .arena = &tiny };
    assert_int_equal(edo_ext_set(&ext, &first_tag, letter("a")), -ENOMEM);
    assert_null(edo_ext_get(&ext, &first_tag));
    edo_ext_deinit(&ext);
    assert_true(dropped_so_far(""));
    edo_arena_deinit(&tiny);
}

/* ---- With the messages of a server ----------------------------------------------------------- */

/* Layers and the service within them see request and response as the handler does. */
static int names_the_user(void *arg, edo_next *next, void *request, void *response) {
    (void)arg;
    edo_request *req = request;
    EDO_TEST_OK(edo_ext_set(&req->ext, &first_tag, letter("q")));
    int err = edo_layer_next(next, request, response);
    edo_response *res = response;
    CHECK(strcmp(edo_ext_get(&res->ext, &second_tag), "r") == 0); // from further inside
    return err;
}

static int says_who(void *arg, void *request, void *response) {
    (void)arg;
    edo_request *req = request;
    edo_response *res = response;
    EDO_TEST_OK(edo_ext_set(&res->ext, &second_tag, letter("r")));
    const char *user = edo_ext_get(&req->ext, &first_tag);
    return edo_response_text(res, EDO_STATUS_OK, edo_str_of(user));
}

static int through_layers(edo_request *req, edo_response *res, void *arg) {
    CHECK(dropped[0] == 0); // of the last request all is gone
    CHECK(!edo_ext_get(&req->ext, &first_tag) && !edo_ext_get(&res->ext, &second_tag));
    edo_ext *conn = edo_request_conn_ext(req);
    if (!edo_ext_get(conn, &first_tag)) EDO_TEST_OK(edo_ext_set(conn, &first_tag, letter("C")));
    return edo_service_oneshot(arg, req, res);
}

static int served_through_layers(void *arg) {
    (void)arg;
    edo_service *service;
    EDO_TEST_OK(edo_service_from_fn(&service, says_who, NULL, NULL));
    edo_stack stack;
    edo_stack_init(&stack);
    edo_stack_push(&stack, edo_layer_from_fn(names_the_user, NULL));
    EDO_TEST_OK(edo_stack_build(&service, &stack, service));
    edo_stack_deinit(&stack);
    served s = { .handler = through_layers, .arg = service };
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    for (int i = 0; i < 2; i++) {
        heard h = { 0 };
        say(c, "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
        CHECK(hear_until(c, &h, "\r\n\r\nq"));
        CHECK_EQ(edo_sleep(edo_ms(1)), 0);
        CHECK(dropped_so_far("rq"));
    }
    edo_close(c);
    CHECK_EQ(serve_end(&s), 0);
    CHECK(dropped_so_far("C"));
    edo_service_unref(service);
    return 0;
}

static void values_go_with_messages_through_layers_and_end_with_them(void **state) {
    (void)state;
    assert_int_equal(inside(served_through_layers, NULL), 0);
}

/* ---- With those of a client ------------------------------------------------------------------ */

static int sent(void *arg) {
    (void)arg;
    edo_test_script *peer;
    edo_stream *stream;
    edo_http1 *c;
    edo_http_response *res;
    EDO_TEST_OK(edo_test_script_new(&peer, &stream, "server"));
    EDO_TEST_OK(edo_http1_over(&c, stream, &(edo_http1_opts){ .host = "x" }));
    EDO_TEST_OK(edo_ext_set(edo_http1_ext(c), &first_tag, letter("c")));
    edo_http_request req = { 0 };
    EDO_TEST_OK(edo_ext_set(&req.ext, &first_tag, letter("q")));
    for (int i = 0; i < 2; i++) {
        edo_test_script_write(peer, EDO_TEST_TEXT("GET / HTTP/1.1\r\nhost: x\r\n\r\n"));
        edo_test_script_read(peer, EDO_TEST_TEXT("HTTP/1.1 204 None\r\n\r\n"));
        EDO_TEST_OK(edo_http1_send(c, &res, &req));
        CHECK(dropped_so_far(i == 0 ? "" : "r")); // that of the response before
        CHECK(!edo_ext_get(&res->ext, &second_tag));
        EDO_TEST_OK(edo_ext_set(&res->ext, &second_tag, letter("r")));
    }
    edo_http1_close(c);
    edo_test_script_close(peer);
    CHECK(dropped_so_far("rc"));
    edo_ext_deinit(&req.ext);
    CHECK(dropped_so_far("q"));
    return 0;
}

static void values_of_a_client_end_with_response_and_connection(void **state) {
    (void)state;
    assert_int_equal(inside(sent, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(value_is_found_by_its_tag_and_dropped_last_first),
        cmocka_unit_test(value_without_memory_stays_the_callers),
        cmocka_unit_test(values_go_with_messages_through_layers_and_end_with_them),
        cmocka_unit_test(values_of_a_client_end_with_response_and_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
