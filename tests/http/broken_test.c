/* SPDX-License-Identifier: MIT */
/* Goal: a response that fails in its middle is no whole one for its client, on TCP, on a Unix
 * socket and in memory, however its end is marked. The one exception is known: on a Unix socket,
 * which has no reset, the end of the connection is all that marks the end of a body for HTTP/1.0.
 * What is sent of an upgrade is the last that is HTTP.
 * Method: a handler that sends a part and fails, and clients that read to the end. */
#include "tcp_server.h"

#include <edo/streams.h>
#include <edo/unix.h>

#include <unistd.h>

static int breaks_off(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    edo_stream *out;
    bool has_length = edo_str_equal(req->target, EDO_STR("/length"));
    int err = edo_response_stream(res, &out, has_length ? 9 : -1);
    if (err == 0) err = edo_write_all(out, "part", 4);
    return err < 0 ? err : -EIO;
}

typedef struct row {
    const char *name;
    const char *request;
    bool is_unix;
    bool ends_in_order; /* otherwise it is reset */
    const char *end;    /* what the client has then got last */
} row;

#define CHUNKED "GET / HTTP/1.1\r\nhost: x\r\n\r\n"
#define LENGTH  "GET /length HTTP/1.1\r\nhost: x\r\n\r\n"
#define CLOSED  "GET / HTTP/1.0\r\nhost: x\r\n\r\n"

static const row rows[] = {
    { "chunked, TCP", CHUNKED, false, false, "\r\n\r\n4\r\npart\r\n" },
    { "length, TCP", LENGTH, false, false, "\r\n\r\npart" },
    { "up to the end, TCP", CLOSED, false, false, "\r\n\r\npart" },
    { "chunked, Unix", CHUNKED, true, true, "\r\n\r\n4\r\npart\r\n" },
    { "length, Unix", LENGTH, true, true, "\r\n\r\npart" },
    { "up to the end, Unix: the exception", CLOSED, true, true, "\r\n\r\npart" },
};

static void check(const row *r, edo_stream *c) {
    heard h = { 0 };
    say(c, r->request);
    bool in_order = hear_until(c, &h, NULL);
    size_t n = strlen(r->end);
    bool is_well =
        in_order == r->ends_in_order && h.len > n && strcmp(h.text + h.len - n, r->end) == 0;
    if (strstr(r->request, "/length")) is_well = is_well && has(&h, "content-length: 9\r\n");
    if (!is_well) edo_test_fail("%s: %d %s", r->name, in_order, h.text);
    edo_close(c);
}

EDO_TEST(response_that_fails_in_its_middle_is_not_whole, .paused = false) {
    char path[64];
    (void)snprintf(path, sizeof path, "@edo-broken-%d", (int)getpid());
    served s = { .handler = breaks_off }, u = { .handler = breaks_off };
    serve_begin(&s);
    EDO_TEST_OK(edo_unix_listen(&u.listener, path, NULL));
    u.opts.listeners = &u.listener;
    u.opts.listeners_n = 1;
    u.task = edo_spawn(served_main, &u);
    CHECK(u.task != NULL);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_stream *c;
        if (rows[i].is_unix)
            EDO_TEST_OK(edo_unix_connect(&c, path, NULL));
        else
            c = client_of(&s);
        check(&rows[i], c);
    }
    CHECK_EQ(serve_end(&u), 0);
    CHECK_EQ(serve_end(&s), 0);
}

EDO_TEST(response_that_fails_in_its_middle_is_not_whole_in_memory, .paused = true) {
    static const row in_memory[] = {
        { "chunked, memory", CHUNKED, false, true, "\r\n\r\n4\r\npart\r\n" },
        { "length, memory", LENGTH, false, true, "\r\n\r\npart" },
        { "up to the end, memory", CLOSED, false, false, "\r\n\r\npart" },
    };
    served s = { .handler = breaks_off };
    serve_begin(&s);
    for (size_t i = 0; i < EDO_COUNT(in_memory); i++) check(&in_memory[i], client_of(&s));
    CHECK_EQ(serve_end(&s), 0);
}

/* ---- An upgrade whose head waits for the client ---------------------------------------------- */

#define UPGRADE "GET /up HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"

static char body[4000];

/* The head of the upgrade gathers behind a response that the client does not read. */
static int gives_up_an_upgrade(edo_request *req, edo_response *res, void *arg) {
    edo_stream *out;
    (void)arg;
    if (!edo_str_equal(req->target, EDO_STR("/up")))
        return edo_response_data(res, EDO_STATUS_OK, EDO_STR("a/b"),
                                 (edo_str){ body, sizeof body });
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(100));
    int err = edo_deadline_end(&d, edo_upgrade(req, res, &out));
    CHECK_EQ(err, -ETIMEDOUT);
    return err;
}

static int serve_it(void *arg) {
    return edo_http_serve_stream(gives_up_an_upgrade, NULL, arg, NULL);
}

EDO_TEST(no_response_follows_the_head_of_an_upgrade, .paused = true) {
    edo_stream *client, *server;
    heard h = { 0 };
    memset(body, 'x', sizeof body);
    EDO_TEST_OK(edo_duplex(&client, &server, 1024));
    edo_task *t = edo_spawn(serve_it, server);
    CHECK(t != NULL);
    say(client, CHUNKED UPGRADE);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    (void)hear_until(client, &h, NULL);
    CHECK(has(&h, "HTTP/1.1 101 "));
    CHECK_EQ(times(&h, "HTTP/1.1 "), 2);
    CHECK_EQ(strcmp(h.text + h.len - 4, "\r\n\r\n"), 0);
    edo_close(client);
    CHECK_EQ(edo_task_join(t), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(response_that_fails_in_its_middle_is_not_whole),
        cmocka_unit_test(response_that_fails_in_its_middle_is_not_whole_in_memory),
        cmocka_unit_test(no_response_follows_the_head_of_an_upgrade),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
