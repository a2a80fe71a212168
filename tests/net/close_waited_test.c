/* SPDX-License-Identifier: MIT */
/* Goal: when a close returns the socket is gone, its name is free, and the other end is told, also
 * while a task waits on it.
 * Method: a task that waits, on one thread: it has not run since when the name is taken again. */
#include "net_support.h"

#include <edo/pipe.h>
#include <edo/udp.h>
#include <edo/unix.h>

static int reads(void *arg) {
    char byte;
    return edo_read(arg, &byte, 1);
}

static int accepts(void *arg) {
    edo_stream *s;
    return edo_accept(arg, &s);
}

static int writes(void *arg) {
    static const char bulk[65536];
    return edo_write_all(arg, bulk, sizeof bulk);
}

static edo_task *waiting(edo_task_fn *fn, void *arg) {
    edo_task *task = edo_spawn(fn, arg);
    for (int i = 0; i < 3; i++) CHECK_INT(edo_yield(), 0);
    return task;
}

static void ends_closed(edo_task *task) {
    CHECK_INT(edo_task_join(task), -EDO_ECLOSED);
}

typedef int bind_fn(edo_stream **out, const char *at);
static int bind_udp(edo_stream **out, const char *at) {
    return edo_udp_bind(out, at ? at : "127.0.0.1:0", NULL);
}
static int bind_unix(edo_stream **out, const char *at) {
    return edo_unix_dgram_bind(out, at ? at : "", NULL);
}

static int rebinds(void *arg) {
    (void)arg;
    static bind_fn *const fns[] = { bind_udp, bind_unix };
    for (size_t i = 0; i < EDO_COUNT(fns); i++) {
        edo_stream *first, *second;
        edo_addr addr;
        char at[EDO_ADDR_TEXT_MAX];
        CHECK_INT(fns[i](&first, NULL), 0);
        CHECK_INT(edo_stream_local_addr(first, &addr), 0);
        CHECK(edo_addr_print(&addr, at, sizeof at) > 0);
        CHECK_INT(fns[i](&second, at), -EADDRINUSE);
        edo_task *task = waiting(reads, first);
        edo_close(first);
        CHECK_INT(fns[i](&second, at), 0);
        ends_closed(task);
        edo_close(second);
    }
    return 0;
}

static void name_of_a_datagram_socket_is_free_after_its_close(void **state) {
    (void)state;
    in_fiber_of(&one_thread, rebinds, NULL);
}

typedef int listen_fn(edo_listener **out, const char *at);
static int listen_unix(edo_listener **out, const char *at) {
    return edo_unix_listen(out, at ? at : "", NULL);
}
static int listen_seqpacket(edo_listener **out, const char *at) {
    return edo_unix_seqpacket_listen(out, at ? at : "", NULL);
}
static int listen_tcp(edo_listener **out, const char *at) {
    return edo_tcp_listen(out, at ? at : "127.0.0.1:0", NULL);
}

static int listens_again(void *arg) {
    (void)arg;
    static listen_fn *const fns[] = { listen_unix, listen_seqpacket, listen_tcp };
    for (size_t i = 0; i < 2 * EDO_COUNT(fns); i++) {
        listen_fn *fn = fns[i / 2];
        edo_listener *first, *second;
        edo_addr addr;
        char at[EDO_ADDR_TEXT_MAX];
        CHECK_INT(fn(&first, NULL), 0);
        CHECK_INT(edo_listener_addr(first, &addr), 0);
        CHECK(edo_addr_print(&addr, at, sizeof at) > 0);
        if (i % 2) CHECK(edo_listener_fd(first) >= 0); // now others may have it
        edo_task *task = waiting(accepts, first);
        edo_listener_close(first);
        CHECK_INT(fn(&second, at), 0);
        ends_closed(task);
        edo_listener_close(second);
    }
    return 0;
}

static void name_of_a_listener_is_free_after_its_close(void **state) {
    (void)state;
    in_fiber_of(&one_thread, listens_again, NULL);
}

static int tells_other_end(void *arg) {
    (void)arg;
    edo_stream *reader, *writer;
    char buf[4096];
    int n;
    CHECK_INT(edo_pipe(&reader, &writer, NULL), 0);
    while (edo_try_write(writer, buf, sizeof buf) > 0) continue;
    edo_task *task = waiting(writes, writer);
    edo_close(writer);
    while ((n = edo_try_read(reader, buf, sizeof buf)) > 0) continue;
    CHECK_INT(n, 0);
    ends_closed(task);
    edo_close(reader);
    CHECK_INT(edo_pipe(&reader, &writer, NULL), 0);
    task = waiting(reads, reader);
    edo_close(reader);
    CHECK_INT(edo_try_write(writer, buf, 1), -EPIPE);
    ends_closed(task);
    edo_close(writer);
    return 0;
}

static void other_end_of_a_pipe_is_told_by_the_close(void **state) {
    (void)state;
    in_fiber_of(&one_thread, tells_other_end, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_of_a_datagram_socket_is_free_after_its_close),
        cmocka_unit_test(name_of_a_listener_is_free_after_its_close),
        cmocka_unit_test(other_end_of_a_pipe_is_told_by_the_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
