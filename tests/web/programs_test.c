/* SPDX-License-Identifier: MIT */
/* Goal: a service, a middleware, a body that streams both ways and a WebSocket can be written as
 * plainly as they are here: no result is looked at that a program may go on without, no options
 * stand where a number is enough.
 * Method: the functions as a newcomer writes them; requests without a socket. The WebSocket is
 * built only: tests/web/ws_test.c runs one. */
#include "web_server.h"

#include <edo/layers.h>
#include <edo/test_web.h>
#include <edo/uuid.h>
#include <edo/web_log.h>
#include <edo/ws.h>

#include <ctype.h>

typedef struct {
    int64_t id;
    edo_str name, email;
} user;
EDO_DESCRIBE(user, EDO_FIELD(user, id, .doc = "given by the server"),
             EDO_FIELD(user, name, .min_len = 1, .max_len = 64),
             EDO_FIELD(user, email, .optional = true))

static int users_add(void *users, user *u) {
    u->id = ++*(int64_t *)users;
    return 0;
}

static int create_user(edo_web *w) {
    user u = { 0 };
    int err = edo_web_json(w, &u, &user_desc);
    if (err < 0) return err;
    err = users_add(edo_web_state(w), &u);
    return err < 0 ? err : edo_web_reply_json(w, 201, &u, &user_desc);
}

static int with_request_id(edo_web *w, edo_next *next) {
    char id[37];
    edo_web_set_header(w, "x-request-id", edo_uuid(id));
    return edo_next_call(next, w);
}

static int shout(edo_web *w) {
    edo_stream *in = edo_web_body_stream(w), *out;
    char buf[4096];
    int n = edo_web_reply_stream(w, &out, 200, "text/plain");
    while (n >= 0 && (n = edo_read(in, buf, sizeof buf)) > 0) {
        for (int i = 0; i < n; i++) buf[i] = (char)toupper((unsigned char)buf[i]);
        n = edo_write_all(out, buf, (size_t)n);
    }
    return n;
}

static int echo(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, NULL);
    while (err >= 0 && (err = edo_ws_recv(ws, &m)) == 0) err = edo_ws_send(ws, &m);
    return err == -EDO_ECLOSED ? 0 : err;
}

static edo_router *routes(void) {
    edo_router *r = edo_router_new();
    edo_router_post(r, "/users", create_user);
    edo_router_post(r, "/shout", shout);
    edo_router_get(r, "/echo", echo);
    edo_router_wrap(r, edo_trace_layer(), edo_timeout_layer(edo_s(5)), edo_concurrency_layer(1000));
    edo_router_wrap(r, edo_web_around(with_request_id));
    return r;
}

static const char *asked(edo_oneshot *got, edo_router *r, const char *target, const char *body) {
    static int64_t users = 6;
    edo_headers fields;
    edo_headers_init(&fields);
    EDO_TEST_OK(edo_headers_append(&fields, EDO_HEADER_CONTENT_TYPE, EDO_STR("application/json")));
    const edo_http_request req = { .method = EDO_METHOD_POST,
                                   .target = edo_str_of(target),
                                   .headers = &fields,
                                   .data = edo_str_of(body) };
    EDO_TEST_OK(edo_web_oneshot(got, r, &req, &(edo_web_opts){ .state = &users }));
    edo_headers_deinit(&fields);
    return got->body.ptr;
}

static int services_body(void *arg) {
    (void)arg;
    edo_router *r = routes();
    edo_oneshot got;
    CHECK(strstr(asked(&got, r, "/users", "{\"id\":0,\"name\":\"Ann\"}"), "\"id\":7"));
    CHECK_EQ(got.status, 201);
    CHECK_EQ(edo_headers_get_named(&got.headers, EDO_STR("x-request-id")).len, 36);
    edo_oneshot_deinit(&got);
    CHECK(strstr(asked(&got, r, "/users", "{\"id\":0,\"name\":\"\"}"), "#/name"));
    CHECK_EQ(got.status, 422);
    edo_oneshot_deinit(&got);
    CHECK_EQ(strcmp(asked(&got, r, "/shout", "in capitals"), "IN CAPITALS"), 0);
    edo_oneshot_deinit(&got);
    edo_router_free(r);
    return 0;
}

static void programs_of_a_newcomer_run(void **state) {
    (void)state;
    assert_int_equal(inside(services_body, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(programs_of_a_newcomer_run) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
