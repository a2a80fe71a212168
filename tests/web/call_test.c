/* SPDX-License-Identifier: MIT */
/* Goal: a function from struct to struct is a route: its input is read and checked, its output is
 * the response, its failure a response that helps; the document of the API says the same.
 * Method: requests without a socket; one allocation after the other fails. */
#include "fail_alloc.h"
#include "web_server.h"

#include <edo/test_web.h>
#include <edo/web_call.h>

typedef struct item {
    int64_t id;
    edo_str name;
} item;
EDO_DESCRIBE(item, EDO_FIELD(item, id, .optional = true), EDO_FIELD(item, name, .max_len = 8))

typedef struct item_key {
    int64_t id;
} item_key;
EDO_DESCRIBE(item_key, EDO_FIELD(item_key, id, .min = 1))

typedef struct change {
    int64_t id;
    item item;
} change;
EDO_DESCRIBE(change, EDO_FIELD(change, id, .in = EDO_IN_PATH),
             EDO_FIELD_OF(change, item, item_desc, .in = EDO_IN_BODY))

static int add(edo_web *w, const void *in, void *out) {
    const item *from = in;
    item *to = out;
    CHECK(w && to->id == 0 && to->name.ptr == NULL);
    *to = (item){ 7, from->name };
    return 0;
}

static int get(edo_web *w, const void *in, void *out) {
    const item_key *key = in;
    *(item *)out = (item){ key->id, EDO_STR("tea") };
    if (key->id == 2) return -EDO_ENOROW;
    if (key->id == 3) return edo_web_reject(w, -EDO_ENOROW, EDO_STATUS_GONE, "it was sold");
    if (key->id == 4) return EDO_STATUS_ACCEPTED;
    return key->id == 5 ? -EIO : 0;
}

/* Two values on the heap. */
static int put(edo_web *w, const void *in, void *out) {
    const change *c = in;
    item *more = edo_arena_alloc(edo_web_request(w)->arena, sizeof *more);
    int err = more ? edo_value_copy(out, &c->item, &item_desc, NULL) : -ENOMEM;
    if (err == 0) err = edo_web_own(w, out, &item_desc);
    if (err == 0) err = edo_value_copy(more, &c->item, &item_desc, NULL);
    if (err == 0) err = edo_web_own(w, more, &item_desc);
    ((item *)out)->id = c->id;
    return err;
}

static int clear(edo_web *w, const void *in, void *out) {
    CHECK(w && !in && !out);
    return 0;
}

static int login(edo_web *w, const void *in, void *out) {
    (void)w;
    CHECK(((const item_key *)in)->id == 9 && !out);
    return 0;
}

static edo_router *router(void) {
    static const edo_route_doc adds = { .body = &item_desc, .reply = &item_desc, .status = 201 },
                               gets = { .params = &item_key_desc, .reply = &item_desc },
                               puts = { .input = &change_desc, .reply = &item_desc },
                               finds = { .query = &item_key_desc, .reply = &item_desc },
                               form = { .form = &item_key_desc }, nothing = { .form = NULL };
    edo_router *r = edo_router_new();
    edo_router_call(r, EDO_METHOD_POST, "/items", add, &adds);
    edo_router_call(r, EDO_METHOD_GET, "/items/{id}", get, &gets);
    edo_router_call(r, EDO_METHOD_PUT, "/items/{id}", put, &puts);
    edo_router_call(r, EDO_METHOD_GET, "/items", get, &finds);
    edo_router_call(r, EDO_METHOD_DELETE, "/items", clear, &nothing);
    edo_router_call(r, EDO_METHOD_POST, "/login", login, &form);
    edo_openapi_routes(r, NULL);
    return r;
}

typedef struct talk {
    edo_method method;
    const char *target, *type, *body; /* type: NULL: no body */
    edo_status status;
    const char *reply; /* in its text; NULL: it is empty */
} talk;

#define JSON "application/json"
#define FORM "application/x-www-form-urlencoded"

static const talk talks[] = {
    { EDO_METHOD_POST, "/items", JSON, "{\"name\":\"tea\"}", 201, "{\"id\":7,\"name\":\"tea\"}" },
    { EDO_METHOD_POST, "/items", JSON, "{\"name\":\"far too long\"}", 422, "\"#/name\"" },
    { EDO_METHOD_POST, "/items", FORM, "name=tea", 415, "Unsupported" },
    { EDO_METHOD_GET, "/items/1", NULL, NULL, 200, "{\"id\":1,\"name\":\"tea\"}" },
    { EDO_METHOD_GET, "/items?id=1", NULL, NULL, 200, "{\"id\":1,\"name\":\"tea\"}" },
    { EDO_METHOD_GET, "/items/0", NULL, NULL, 400, "at least 1" },
    { EDO_METHOD_GET, "/items/2", NULL, NULL, 404, "Not Found" },
    { EDO_METHOD_GET, "/items/3", NULL, NULL, 410, "it was sold" },
    { EDO_METHOD_GET, "/items/4", NULL, NULL, 202, "{\"id\":4,\"name\":\"tea\"}" },
    { EDO_METHOD_GET, "/items/5", NULL, NULL, 500, "Internal" },
    { EDO_METHOD_PUT, "/items/6", JSON, "{\"name\":\"x\"}", 200, "{\"id\":6,\"name\":\"x\"}" },
    { EDO_METHOD_DELETE, "/items", NULL, NULL, 204, NULL },
    { EDO_METHOD_POST, "/login", FORM, "id=9", 204, NULL },
    { EDO_METHOD_GET, "/openapi.json", NULL, NULL, 200, "\"204\"" },
};

static int ask_once(edo_oneshot *got, edo_router *r, const talk *t) {
    edo_headers headers;
    edo_headers_init(&headers);
    int err =
        t->type ? edo_headers_append(&headers, EDO_HEADER_CONTENT_TYPE, edo_str_of(t->type)) : 0;
    if (err == 0)
        err = edo_web_oneshot(got, r,
                              &(edo_http_request){ .method = t->method,
                                                   .target = edo_str_of(t->target),
                                                   .headers = &headers,
                                                   .data = edo_str_of(t->body ? t->body : "") },
                              NULL);
    edo_headers_deinit(&headers);
    return err;
}

static void check_talk(const edo_oneshot *got, const talk *t) {
    bool is_right =
        got->status == t->status &&
        (t->reply ? got->body.ptr && strstr(got->body.ptr, t->reply) != NULL : got->body.len == 0);
    if (!is_right) (void)fprintf(stderr, "%s: %u %s\n", t->target, got->status, got->body.ptr);
    CHECK(is_right);
}

static int talk_all(void *arg) {
    (void)arg;
    edo_router *r = router();
    for (size_t i = 0; i < EDO_COUNT(talks); i++) {
        edo_oneshot got;
        EDO_TEST_OK(ask_once(&got, r, &talks[i]));
        check_talk(&got, &talks[i]);
        edo_oneshot_deinit(&got);
    }
    edo_router_free(r);
    return 0;
}

static void struct_comes_in_and_struct_goes_out(void **state) {
    (void)state;
    assert_int_equal(inside(talk_all, NULL), 0);
}

/* What a router does not take is told when it is completed. */
static void second_input_and_no_function_are_refused(void **state) {
    (void)state;
    const edo_route_doc two = { .params = &item_key_desc, .body = &item_desc },
                        one = { .params = &item_key_desc };
    for (int i = 0; i < 2; i++) {
        edo_router *r = edo_router_new();
        edo_router_call(r, EDO_METHOD_GET, "/{id}", i == 0 ? get : NULL, i == 0 ? &two : &one);
        assert_int_equal(edo_router_build(r), -EINVAL);
        edo_router_free(r);
    }
    edo_router *r = edo_router_new();
    edo_router_call(r, EDO_METHOD_GET, "/{id}", get, &one); // `get` has nowhere to write, but it is
    edo_router_call(r, EDO_METHOD_GET, "/{id}", get, &one); // there once
    assert_int_equal(edo_router_build(r), -EDO_EROUTECONFLICT);
    edo_router_free(r);
}

static void router_without_memory_says_so(void **state) {
    int err = -ENOMEM, k = 1;
    (void)state;
    for (; err < 0; k++) {
        fail_alloc_in = k;
        edo_router *r = router();
        err = edo_router_build(r);
        bool has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        assert_int_equal(err, has_failed ? -ENOMEM : 0);
        edo_router_free(r);
    }
    assert_true(k > 5);
}

/* A request that meets the end of memory fails, or gets 500; the next one is served. */
static int ask_without_memory(void *arg) {
    const talk *t = arg;
    edo_router *r = router();
    bool has_failed = true;
    EDO_TEST_OK(edo_router_build(r));
    for (int k = 1; has_failed; k++) {
        edo_oneshot got;
        fail_alloc_in = k;
        int err = ask_once(&got, r, t);
        has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        if (err == 0 && !has_failed) check_talk(&got, t);
        if (err == 0 && has_failed) CHECK(got.status == t->status || got.status >= 400);
        if (err == 0) edo_oneshot_deinit(&got);
        edo_trail_clear();
    }
    edo_router_free(r);
    return 0;
}

static void request_without_memory_fails_alone(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(talks); i++) {
        talk t = talks[i];
        if (t.type && t.status < 300) assert_int_equal(inside(ask_without_memory, &t), 0);
    }
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(struct_comes_in_and_struct_goes_out),
        cmocka_unit_test(second_input_and_no_function_are_refused),
        cmocka_unit_test(router_without_memory_says_so),
        cmocka_unit_test(request_without_memory_fails_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
