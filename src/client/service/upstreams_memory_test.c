/* SPDX-License-Identifier: MIT */
/* Goal: without memory edo_http_upstreams_new() fails, or its requests do, and nothing is left: no
 * place is kept for a call that has ended, and the next request succeeds.
 * Method: two servers in memory; each request for memory fails in turn. */
#include <edo/http_upstreams.h>

#include "base/memory/alloc.h"
#include "inside.h"

#include <edo/streams.h>

#include <errno.h>
#include <string.h>

/* Responds to each request, whose head comes in one piece. */
static int serve(void *arg) {
    static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    edo_stream *io = arg;
    char head[2048];
    int n = 1;
    while (n > 0) {
        n = edo_read(io, head, sizeof head);
        if (n > 0 && edo_write_all(io, ok, strlen(ok)) < 0) n = 0;
    }
    edo_close(io);
    return 0;
}

static int connect_any(void *arg, edo_stream **out, const char *address) {
    edo_stream *theirs;
    (void)arg, (void)address;
    int err = edo_duplex(out, &theirs, 4096);
    if (err < 0) return err;
    err = edo_spawn_detached(serve, theirs);
    if (err < 0) {
        edo_close(theirs);
        edo_close(*out);
    }
    return err;
}

static int upstreams_make(edo_service **out, edo_http_client **client) {
    edo_endpoint at[2];
    EDO_TEST_OK(edo_endpoint_init(&at[0], "10.0.0.1:80", NULL, 1));
    EDO_TEST_OK(edo_endpoint_init(&at[1], "10.0.0.2:80", NULL, 1));
    const edo_http_client_opts opts = { .proxy = "", .connect = connect_any };
    int err = edo_http_client_new(client, &opts);
    if (err < 0) return err;
    err =
        edo_http_upstreams_new(out, edo_discover_list(at, 2),
                               &(edo_http_upstreams_opts){ .client = *client,
                                                           .check = "/healthz",
                                                           .waits = true,
                                                           .balance = { .pause_min = edo_ms(1) } });
    if (err < 0) edo_http_client_unref(*client);
    return err;
}

static int asks(edo_service *svc) {
    edo_http_request req = { .target = EDO_STR("/") };
    edo_http_response *res;
    int err = edo_service_oneshot(svc, &req, &res);
    if (err == 0)
        edo_http_response_free(res);
    else
        edo_trail_clear();
    return err;
}

static uint64_t in_flight(edo_service *svc) {
    edo_balance_endpoint all[2];
    WAIT_FOR_EQ(edo_balance_list(edo_balance_of(svc), all, 2), 2); // one is told again later
    return all[0].in_flight + all[1].in_flight;
}

/* Makes it, and asks, with the `k`-th allocation failing. Returns whether there was one. */
static bool fails_at(uint64_t k) {
    edo_service *svc = NULL;
    edo_http_client *client = NULL;
    edoi_alloc_fail_at(k);
    int err = upstreams_make(&svc, &client);
    const bool is_made = err == 0;
    if (is_made) err = asks(svc);
    const bool fired = edoi_alloc_fail_fired();
    edoi_alloc_fail_at(0);
    CHECK(err == 0 || fired);
    edo_trail_clear();
    if (!is_made) return fired;
    CHECK_EQ(asks(svc), 0);
    WAIT_FOR_EQ(in_flight(svc), 0);
    edo_service_unref(svc);
    edo_http_client_unref(client);
    (void)edo_test_settle();
    return fired;
}

static int fails_at_each(void *arg) {
    uint64_t k = 1;
    (void)arg;
    while (fails_at(k)) k++;
    CHECK(k > 40);
    return 0;
}

static void no_memory_at_any_point_leaves_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(fails_at_each, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_at_any_point_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
