/* SPDX-License-Identifier: MIT */
/* Goal: a connection that was reset is over, whatever its socket has not sent; and when a server's
 * end returns, no connection calls what is the program's any more.
 * Method: a client that resets the connection within a response, and how often the socket's queue
 * is looked at; a connection in memory whose last function takes long. */
#include "tcp_server.h"

#include <edo/blocking.h>
#include <edo/streams.h>

#include <linux/sockios.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#define HEAD "GET / HTTP/1.1\r\nhost: x\r\n\r\n"

static int looks_n, dropped;

/* Counts the looks at what a socket has not sent. */
int ioctl(int fd, unsigned long request, ...) {
    va_list args;
    va_start(args, request);
    void *arg = va_arg(args, void *);
    va_end(args);
    looks_n += request == SIOCOUTQ;
    return (int)syscall(SYS_ioctl, fd, request, arg);
}

/* ---- A socket that is gone ------------------------------------------------------------------- */

static void note_drop(void *value) {
    __atomic_store_n((int *)value, 1, __ATOMIC_RELEASE);
}

static const edo_ext_tag noted = { .name = "noted", .drop = note_drop };

static char part[65536];
static int parts_n;     /* that were written */
static bool is_writing; /* in a write, which may wait */

/* Writes until the client takes no more. */
static int streams(edo_request *req, edo_response *res, void *arg) {
    edo_stream *out = NULL;
    (void)arg;
    int err = edo_ext_set(edo_request_conn_ext(req), &noted, &dropped);
    if (err == 0) err = edo_response_stream(res, &out, INT64_MAX);
    for (; err == 0; parts_n++) {
        is_writing = true;
        err = edo_write_all(out, part, sizeof part);
        is_writing = false;
    }
    return err;
}

/* Does the handler, which has the test's thread, wait for its socket since the last look? */
static bool is_full(void) {
    static int before;
    bool is_as_before = parts_n == before;
    before = parts_n;
    return is_writing && is_as_before;
}

static int reset_within(void *arg) {
    (void)arg;
    served s = { .handler = streams, .tcp = SMALL_BUFFERS };
    heard h = { 0 };
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    EDO_TEST_OK(edo_tcp_set_reset_on_close(c, true));
    say(c, HEAD);
    CHECK(hear_until(c, &h, "\r\n\r\n"));
    WAIT_FOR(is_full()); // the queue is not empty at the reset
    edo_close(c);
    WAIT_FOR(__atomic_load_n(&dropped, __ATOMIC_ACQUIRE));
    if (looks_n > 1) edo_test_fail("a socket that is gone was looked at %d times", looks_n);
    return serve_end(&s);
}

/* One thread, and real time. */
static void reset_socket_is_not_waited_for(void **state) {
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT, .watchdog = EDO_OFF };
    (void)state;
    looks_n = dropped = 0;
    assert_int_equal(inside_with(reset_within, NULL, &opts), 0);
}

/* ---- The last function of a connection ------------------------------------------------------- */

static struct {
    int has_returned; /* edo_http_serve_stream() */
    int was_late;     /* it had, while the connection's value was dropped */
} end;

/* Waits for what must not happen, for a while. */
static int wait_in_vain(void *arg) {
    (void)arg;
    for (int i = 0; i < 100 && !__atomic_load_n(&end.has_returned, __ATOMIC_ACQUIRE); i++)
        (void)usleep(1000);
    end.was_late = __atomic_load_n(&end.has_returned, __ATOMIC_ACQUIRE);
    return 0;
}

/* The tasks that its worker has woken run elsewhere meanwhile. */
static void drop_slowly(void *value) {
    CHECK_EQ(edo_block_in_place(wait_in_vain, value), 0);
}

static const edo_ext_tag slow = { .name = "slow", .drop = drop_slowly };

static int keeps_value(edo_request *req, edo_response *res, void *arg) {
    int err = edo_ext_set(edo_request_conn_ext(req), &slow, arg);
    return err < 0 ? err : edo_response_text(res, EDO_STATUS_OK, EDO_STR("kept"));
}

static int serve_one(void *stream) {
    int err = edo_http_serve_stream(keeps_value, &end, stream, NULL);
    __atomic_store_n(&end.has_returned, 1, __ATOMIC_RELEASE);
    return err;
}

static int end_slowly(void *arg) {
    edo_stream *client, *server;
    heard h = { 0 };
    (void)arg;
    EDO_TEST_OK(edo_duplex(&client, &server, 1024));
    edo_task *t = edo_spawn_with(serve_one, server, &(edo_spawn_opts){ .migrate = true });
    CHECK(t != NULL);
    say(client, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(hear_until(client, &h, NULL));
    edo_close(client);
    CHECK_EQ(edo_task_join(t), 0);
    CHECK(has(&h, "kept"));
    CHECK(!end.was_late);
    return 0;
}

static void end_of_a_server_is_behind_the_last_function(void **state) {
    const edo_runtime_opts opts = { .workers = 2, .watchdog = EDO_OFF };
    (void)state;
    assert_int_equal(inside_with(end_slowly, NULL, &opts), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reset_socket_is_not_waited_for),
        cmocka_unit_test(end_of_a_server_is_behind_the_last_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
