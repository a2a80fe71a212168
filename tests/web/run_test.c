/* SPDX-License-Identifier: MIT */
/* Goal: a service with its probes begins and ends in order; what it has begun with is given back,
 * whatever fails.
 * Method: two servers on ports of their own in real time; ports that are taken, and one allocation
 * after the other that fails, before either of them serves. The order of a drain is watched in
 * examples/web/links3.sh. */
#include "../http/tcp_server.h"
#include "fail_alloc.h"
#include "web_server.h"

#include <edo/http_client.h>
#include <edo/web_run.h>

/* A port that stays free: nobody listens there, and nobody else gets it. */
typedef struct place {
    int fd;
    char address[32];
} place;

static void place_begin(place *p) {
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t bytes = sizeof in;
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_EQ(setsockopt(p->fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)), 0);
    CHECK_EQ(bind(p->fd, (struct sockaddr *)&in, bytes), 0);
    CHECK_EQ(getsockname(p->fd, (struct sockaddr *)&in, &bytes), 0);
    (void)snprintf(p->address, sizeof p->address, "127.0.0.1:%u", ntohs(in.sin_port));
}

static int says_hello(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "hello");
}

static edo_router *routes(void) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/hello", says_hello);
    return r;
}

static int is_well(void *arg) {
    return *(int *)arg; // above 0, too
}

static int run(void *opts) {
    return edo_web_run(routes(), opts);
}

/* The status of a GET; the text in `text`, if it is not NULL. Asks again while nobody listens. */
static edo_status status_of(const char *address, const char *path, edo_buf *text) {
    char url[128];
    edo_http_response *res = NULL;
    (void)snprintf(url, sizeof url, "http://%s%s", address, path);
    const edo_fetch_opts opts = { .any_status = true };
    int err = edo_fetch(&res, edo_str_of(url), &opts);
    for (int i = 0; err == -ECONNREFUSED && i < 6000; i++) {
        edo_trail_clear();
        EDO_TEST_OK(edo_sleep(edo_ms(1))); // there is no notice of it
        err = edo_fetch(&res, edo_str_of(url), &opts);
    }
    EDO_TEST_OK(err);
    edo_status status = res->status;
    if (text) EDO_TEST_OK(edo_http_response_collect(res, text, 1 << 20));
    edo_http_response_free(res);
    return status;
}

static bool has_text(const edo_buf *text, const char *what) {
    edo_str rest = edo_buf_str(text);
    (void)edo_str_cut_at(&rest, edo_str_of(what));
    return rest.ptr != NULL;
}

static int serves_both(void *arg) {
    place at, beside;
    int well = 1;
    edo_buf health = { 0 }, numbers = { 0 };
    edo_metrics *own = NULL;
    place_begin(&at);
    place_begin(&beside);
    if (arg) EDO_TEST_OK(edo_metrics_new(&own, NULL));
    const edo_web_check checks[] = {
        { .name = "disk", .fn = is_well, .arg = &well, .opts = { .optional = true } },
    };
    edo_web_run_opts opts = { .web = { .listen = at.address },
                              .probes = beside.address,
                              .version = "1.2",
                              .checks = checks,
                              .checks_n = 1,
                              .metrics = own };
    edo_task *service = edo_spawn(run, &opts);
    CHECK_EQ(status_of(at.address, "/hello", NULL), EDO_STATUS_OK);
    CHECK_EQ(status_of(at.address, "/metrics", NULL), EDO_STATUS_NOT_FOUND);
    CHECK_EQ(status_of(beside.address, "/readyz", NULL), EDO_STATUS_OK);
    CHECK_EQ(status_of(beside.address, "/healthz", &health), EDO_STATUS_OK);
    CHECK(has_text(&health, "\"version\":\"1.2\"") && has_text(&health, "\"name\":\"disk\""));
    CHECK_EQ(status_of(beside.address, "/metrics", &numbers), EDO_STATUS_OK);
    CHECK(has_text(&numbers, "http_route=\"/hello\"") && has_text(&numbers, "runtime=\"main\""));
    edo_task_cancel(service);
    CHECK_EQ(edo_task_join(service), 0);
    edo_metrics_free(own);
    edo_buf_deinit(&health);
    edo_buf_deinit(&numbers);
    CHECK_EQ(close(at.fd) | close(beside.fd), 0);
    return 0;
}

static void service_and_probes_are_served_and_end(void **state) {
    bool has_own = true;
    (void)state;
    assert_int_equal(inside_real(serves_both, NULL), 0);
    assert_int_equal(inside_real(serves_both, &has_own), 0);
}

/* Whichever of the two cannot listen, both end, and the failure says why. */
static int fails_at(void *arg) {
    const bool is_probes = arg != NULL;
    place at, taken;
    place_begin(&at);
    place_begin(&taken);
    CHECK_EQ(listen(taken.fd, 1), 0);
    edo_web_run_opts opts = { .web = { .listen = is_probes ? at.address : taken.address },
                              .probes = is_probes ? taken.address : at.address };
    CHECK_EQ(edo_web_run(routes(), &opts), -EADDRINUSE);
    opts.reserved[0] = 1;
    CHECK_EQ(edo_web_run(routes(), &opts), -EINVAL);
    CHECK_EQ(close(at.fd) | close(taken.fd), 0);
    edo_trail_clear();
    return 0;
}

static void address_in_use_ends_both(void **state) {
    bool at_probes = true;
    (void)state;
    assert_int_equal(inside_real(fails_at, NULL), 0);
    assert_int_equal(inside_real(fails_at, &at_probes), 0);
}

static int without_memory(void *arg) {
    int well = 0, err = -ENOMEM;
    const edo_web_check checks[] = { { .name = "disk", .fn = is_well, .arg = &well } };
    (void)arg;
    for (int k = 1; err == -ENOMEM; k++) {
        edo_router *r = routes();
        edo_web_run_opts opts = { .web = { .listen = "no address" },
                                  .checks = checks,
                                  .checks_n = 1 };
        fail_alloc_in = k;
        err = edo_web_run(r, &opts);
        bool has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        CHECK(has_failed || err == -EINVAL); // of the address
        if (has_failed && err != -EINVAL) CHECK_EQ(err, -ENOMEM);
        edo_trail_clear();
    }
    return 0;
}

static void service_without_memory_gives_all_back(void **state) {
    (void)state;
    assert_int_equal(inside_real(without_memory, NULL), 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(service_and_probes_are_served_and_end),
        cmocka_unit_test(address_in_use_ends_both),
        cmocka_unit_test(service_without_memory_gives_all_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
