/* SPDX-License-Identifier: MIT */
/* Goal: a thread that is no task may await I/O: it accepts, connects, reads, writes and has
 *       deadlines.
 * Method: two such threads talk to each other, inside of a runtime and without any. */
#include "net_support.h"

#include <pthread.h>

#define TRIPS 200

typedef struct party {
    edo_runtime *rt; /* entered by both threads; NULL: none */
    place where;
} party;

static void enter(const party *p) {
    if (p->rt) CHECK_INT(edo_runtime_enter(p->rt), 0);
}

static void leave(const party *p) {
    if (p->rt) edo_runtime_leave(p->rt);
}

static void *serve(void *arg) {
    party *p = arg;
    enter(p);
    edo_stream *s = NULL;
    CHECK_INT(edo_accept(p->where.listener, &s), 0);
    char buf[64];
    int n;
    while ((n = edo_read(s, buf, sizeof buf)) > 0) CHECK_INT(edo_write_all(s, buf, (size_t)n), 0);
    CHECK_INT(n, 0);
    edo_close(s);
    edo_deadline limit;
    edo_deadline_begin(&limit, edo_ms(20)); // no client comes any more
    CHECK_INT(edo_deadline_end(&limit, edo_accept(p->where.listener, &s)), -ETIMEDOUT);
    leave(p);
    return NULL;
}

static void talk(const party *p) {
    edo_stream *s = NULL;
    CHECK_INT(edo_tcp_connect(&s, p->where.addr, NULL), 0);
    for (int i = 0; i < TRIPS; i++) {
        char buf[9];
        CHECK_INT(edo_write_all(s, "hello edo", 9), 0);
        CHECK_INT(edo_read_exact(s, buf, 9), 0);
        CHECK(memcmp(buf, "hello edo", 9) == 0);
    }
    char c;
    edo_deadline limit;
    edo_deadline_begin(&limit, edo_ms(20));
    CHECK_INT(edo_deadline_end(&limit, edo_read(s, &c, 1)), -ETIMEDOUT);
    CHECK_INT(edo_write_all(s, "x", 1), 0); // and the stream is usable as before
    CHECK_INT(edo_read_exact(s, &c, 1), 0);
    CHECK(c == 'x');
    edo_close(s);
}

/* Both ends on threads, the driver or the workers of `rt` beside them. */
static void two_threads_talk(edo_runtime *rt) {
    party p = { .rt = rt };
    enter(&p);
    p.where = open_place(NULL);
    pthread_t server;
    assert_int_equal(pthread_create(&server, NULL, serve, &p), 0);
    talk(&p);
    assert_int_equal(pthread_join(server, NULL), 0);
    edo_listener_close(p.where.listener);
    leave(&p);
}

static void threads_await_io_without_a_runtime(void **state) {
    (void)state;
    two_threads_talk(NULL);
}

static void threads_await_io_in_a_runtime_that_they_entered(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS_N; i++) {
        edo_runtime *rt = NULL;
        assert_int_equal(edo_runtime_new(&rt, &kinds[i]), 0);
        two_threads_talk(rt);
        edo_runtime_free(rt);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_await_io_without_a_runtime),
        cmocka_unit_test(threads_await_io_in_a_runtime_that_they_entered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
