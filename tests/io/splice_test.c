/* SPDX-License-Identifier: MIT */
/* Goal: a copy of bulk between sockets loses nothing, tells how it ended, raises no signal, and
 * leaves no descriptor.
 * Method: TCP connections of this process, with SIGPIPE at its default, which would end it. */
#include "io_support.h"

#include <signal.h>
#include <unistd.h>

#define BYTES (8u << 20)

static int connected(edo_stream **a, edo_stream **b) {
    edo_listener *l;
    edo_addr at;
    CHECK_EQ(edo_tcp_listen(&l, "127.0.0.1:0", NULL), 0);
    CHECK_EQ(edo_listener_addr(l, &at), 0);
    int err = edo_tcp_connect_addr(a, &at, NULL);
    if (err == 0) err = edo_accept(l, b);
    edo_listener_close(l);
    return err;
}

typedef struct proxy {
    edo_stream *a, *b;
    edo_copied copied;
} proxy;

static int forwards(void *arg) {
    proxy *p = arg;
    return edo_copy_both(p->a, p->b, &p->copied);
}

static char chunk[100000];

/* Sends in bulk, with pauses. */
static int sends(void *arg) {
    for (size_t left = BYTES; left > 0;) {
        size_t n = left < sizeof chunk ? left : sizeof chunk;
        int err = edo_write_all(arg, chunk, n);
        if (err < 0) return err;
        left -= n;
        if (left % 7 == 0 && (err = edo_sleep(edo_ms(1))) < 0) return err;
    }
    return edo_shutdown(arg);
}

static int reads_pattern(void *arg) {
    static char buf[65536];
    size_t at = 0;
    int n;
    while ((n = edo_read(arg, buf, sizeof buf)) > 0)
        for (int i = 0; i < n; i++, at++) CHECK_EQ(buf[i], chunk[at % sizeof chunk]);
    CHECK_EQ(at, BYTES);
    return n;
}

static int forwards_bulk(void *arg) {
    (void)arg;
    proxy p = { 0 };
    edo_stream *client, *server;
    CHECK_EQ(connected(&client, &p.a), 0);
    CHECK_EQ(connected(&server, &p.b), 0);
    edo_task *forwarder = edo_spawn(forwards, &p), *sender = edo_spawn(sends, client);
    CHECK_EQ(reads_pattern(server), 0);
    CHECK_EQ(edo_write_all(server, "bye", 3), 3);
    CHECK_EQ(edo_shutdown(server), 0);
    char bye[4];
    CHECK_EQ(edo_read_exact(client, bye, 3), 3);
    CHECK_EQ(edo_read(client, bye, 1), 0);
    CHECK_EQ(edo_task_join(sender), 0);
    CHECK_EQ(edo_task_join(forwarder), 0);
    CHECK_EQ(p.copied.to_b, BYTES);
    CHECK_EQ(p.copied.to_a, 3);
    edo_close(p.a);
    edo_close(p.b);
    edo_close(client);
    edo_close(server);
    return 0;
}

static int lowest_free_fd(void) {
    int fd = dup(0);
    assert_true(fd >= 0);
    close(fd);
    return fd;
}

static void bulk_arrives_whole_and_leaves_no_descriptor(void **state) {
    (void)state;
    fill_pattern(chunk, sizeof chunk);
    int fd = lowest_free_fd();
    CHECK_EQ(inside_each(forwards_bulk, NULL), 0);
    assert_int_equal(lowest_free_fd(), fd);
}

/* Takes a part, then breaks off in the middle of the bulk. */
static int breaks_off(void *arg) {
    const bool *by_reset = arg;
    proxy p = { 0 };
    edo_stream *client, *server;
    CHECK_EQ(connected(&client, &p.a), 0);
    CHECK_EQ(connected(&server, &p.b), 0);
    edo_task *forwarder = edo_spawn(forwards, &p), *sender = edo_spawn(sends, client);
    static char buf[1 << 20];
    CHECK_EQ(edo_read_exact(server, buf, sizeof buf), (int)sizeof buf);
    CHECK_EQ(edo_tcp_set_reset_on_close(server, *by_reset), 0);
    edo_close(server);
    int err = edo_task_join(forwarder);
    CHECK(err == -ECONNRESET || err == -EPIPE);
    CHECK(p.copied.to_b >= sizeof buf);
    edo_close(p.a);
    edo_close(p.b);
    CHECK(edo_task_join(sender) < 0);
    edo_close(client);
    return 0;
}

static void peer_that_breaks_off_ends_the_copy_without_a_signal(void **state) {
    (void)state;
    assert_true(sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL) == 0);
    int fd = lowest_free_fd();
    for (int i = 0; i < 2; i++) {
        bool by_reset = i;
        CHECK_EQ(inside_each(breaks_off, &by_reset), 0);
    }
    assert_int_equal(lowest_free_fd(), fd);
}

/* The sender resets the connection after bulk that has arrived: the copy does not take that for
 * the end. */
static int resets_input(void *arg) {
    (void)arg;
    proxy p = { 0 };
    edo_stream *client, *server;
    CHECK_EQ(connected(&client, &p.a), 0);
    CHECK_EQ(connected(&server, &p.b), 0);
    edo_task *forwarder = edo_spawn(forwards, &p);
    static char buf[1 << 20];
    CHECK_EQ(edo_write_all(client, chunk, sizeof chunk), (int)sizeof chunk);
    CHECK_EQ(edo_read_exact(server, buf, sizeof chunk), (int)sizeof chunk);
    CHECK_EQ(edo_sleep(edo_ms(5)), 0); // the copy waits for more
    CHECK_EQ(edo_tcp_set_reset_on_close(client, true), 0);
    edo_close(client);
    CHECK_EQ(edo_task_join(forwarder), -ECONNRESET);
    edo_close(p.a);
    edo_close(p.b);
    edo_close(server);
    return 0;
}

static void reset_of_the_input_is_no_end(void **state) {
    (void)state;
    CHECK_EQ(inside_each(resets_input, NULL), 0);
}

/* The reader has taken all and closes; the bulk that follows breaks off in the middle of a call. */
static int closes_after_all(void *arg) {
    (void)arg;
    proxy p = { 0 };
    edo_stream *client, *server;
    CHECK_EQ(connected(&client, &p.a), 0);
    CHECK_EQ(connected(&server, &p.b), 0);
    edo_task *forwarder = edo_spawn(forwards, &p);
    static char buf[sizeof chunk];
    CHECK_EQ(edo_write_all(client, chunk, sizeof chunk), (int)sizeof chunk);
    CHECK_EQ(edo_read_exact(server, buf, sizeof chunk), (int)sizeof chunk);
    edo_close(server);
    CHECK_EQ(edo_sleep(edo_ms(5)), 0);
    edo_task *sender = edo_spawn(sends, client);
    int err = edo_task_join(forwarder);
    CHECK(err == -ECONNRESET || err == -EPIPE);
    edo_close(p.a);
    edo_close(p.b);
    CHECK(edo_task_join(sender) < 0);
    edo_close(client);
    return 0;
}

static void reader_that_is_gone_raises_no_signal(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) CHECK_EQ(inside_each(closes_after_all, NULL), 0);
}

static int is_aborted(void *arg) {
    (void)arg;
    proxy p = { 0 };
    edo_stream *client, *server;
    CHECK_EQ(connected(&client, &p.a), 0);
    CHECK_EQ(connected(&server, &p.b), 0);
    edo_task *forwarder = edo_spawn(forwards, &p), *sender = edo_spawn(sends, client);
    static char buf[1 << 20];
    CHECK_EQ(edo_read_exact(server, buf, sizeof buf), (int)sizeof buf);
    edo_task_abort(forwarder);
    CHECK_EQ(edo_task_join(forwarder), -ECANCELED);
    edo_close(p.a);
    edo_close(p.b);
    CHECK(edo_task_join(sender) < 0);
    edo_close(client);
    edo_close(server);
    return 0;
}

static void aborted_copy_leaves_no_descriptor(void **state) {
    (void)state;
    int fd = lowest_free_fd();
    CHECK_EQ(inside_each(is_aborted, NULL), 0);
    assert_int_equal(lowest_free_fd(), fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bulk_arrives_whole_and_leaves_no_descriptor),
        cmocka_unit_test(peer_that_breaks_off_ends_the_copy_without_a_signal),
        cmocka_unit_test(reset_of_the_input_is_no_end),
        cmocka_unit_test(reader_that_is_gone_raises_no_signal),
        cmocka_unit_test(aborted_copy_leaves_no_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
