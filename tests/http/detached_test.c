/* SPDX-License-Identifier: MIT */
/* Goal: a detached connection runs when there is something to do, and is told a time that fits.
 * Method: connections that want to run after a while, on the real clock. */
#include "http_server.h"

#include <edo/http_upgrade.h>

#define RUNS 10

typedef struct timed {
    edo_instant at; /* when it has asked to run */
    int runs_n, early_n;
    bool is_over;
} timed;

static int run(void *arg, uint32_t why, edo_instant now, edo_instant *at) {
    timed *self = arg;
    if (why & EDO_DETACHED_TIME) {
        self->runs_n++;
        self->early_n += now.ns < self->at.ns;
    }
    if (self->runs_n == RUNS) return -ECANCELED;
    *at = self->at = edo_instant_add(edo_now(), edo_us(300));
    return 0;
}

static void drop(void *arg) {
    ((timed *)arg)->is_over = true;
}

static int detaches(edo_request *req, edo_response *res, void *arg) {
    static const edo_detached_ops ops = { .run = run, .drop = drop };
    edo_stream *raw;
    edo_str rest;
    int err = edo_upgrade_raw(req, res, &raw, &rest);
    return err < 0 ? err : edo_upgrade_detach(req, &ops, arg);
}

static int runs_in_time(void *arg) {
    timed t = { .runs_n = 0 };
    served s = { .handler = detaches, .arg = &t };
    heard h = { .len = 0 };
    (void)arg;
    serve_begin(&s);
    ask(&s, &h, "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
    CHECK(has(&h, "HTTP/1.1 101 "));
    int result = serve_end(&s);
    CHECK(t.is_over);
    CHECK_EQ(t.runs_n, RUNS);
    CHECK_EQ(t.early_n, 0);
    return result;
}

static void run_of_a_time_does_not_begin_before_it(void **state) {
    (void)state;
    assert_int_equal(inside_with(runs_in_time, NULL, &kinds[0]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_of_a_time_does_not_begin_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
