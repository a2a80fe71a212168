/* SPDX-License-Identifier: MIT */
/* Goal: sockets between virtual machines listen, connect and carry bytes as other streams do.
 * Method: a listener for any machine; connections over the loopback, where this kernel has one
 * (vsock_loopback); system calls that fail in turn. */
#include "failing_calls.h"

#include <edo/fd.h>
#include <edo/test.h>
#include <edo/udp.h>
#include <edo/unix.h>
#include <edo/vsock.h>

#include <stdio.h>

static edo_addr parsed(const char *text) {
    edo_addr addr;
    CHECK_INT(edo_addr_parse(&addr, text), 0);
    return addr;
}

/* Where there is no such thing, says so. */
static bool kernel_has(const char *where) {
    edo_listener *l = NULL;
    edo_addr addr = parsed(where);
    int err = edo_vsock_listen(&l, &addr);
    if (err < 0) print_message("skipped: no listener at %s: %s\n", where, edo_strerror(err));
    edo_listener_close(l);
    return err == 0;
}

static int listens_body(void *arg) {
    (void)arg;
    edo_listener *l, *again;
    edo_listener_stats stats;
    edo_stream *s;
    edo_addr addr = parsed("vsock:any:any"), at;
    CHECK_INT(edo_vsock_listen(&l, &addr), 0);
    CHECK_INT(edo_listener_addr(l, &at), 0);
    CHECK_INT(at.sock.any.sa_family, AF_VSOCK);
    CHECK(at.sock.vm.svm_port != VMADDR_PORT_ANY);
    CHECK_INT(edo_listener_port(l), 0); // it has 32 bits
    CHECK_INT(edo_vsock_listen(&again, &at), -EADDRINUSE);
    CHECK_INT(edo_try_accept(l, &s), -EAGAIN);
    CHECK_INT(edo_listener_get_stats(l, &stats), -ENOTSUP);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    CHECK_INT(edo_deadline_end(&d, edo_accept(l, &s)), -ETIMEDOUT);
    edo_listener_close(l);
    return 0;
}

static void listener_takes_a_free_port(void **state) {
    (void)state;
    if (!kernel_has("vsock:any:any")) skip();
    in_fiber(listens_body, NULL);
}

static int refusals_body(void *arg) {
    (void)arg;
    edo_listener *l;
    edo_stream *s;
    static const char *const others[] = { "127.0.0.1:0", "[::1]:0", "unix:" };
    edo_addr none = { 0 }, vm = parsed("vsock:1:7000");
    for (size_t i = 0; i < EDO_COUNT(others); i++) {
        edo_addr addr = parsed(others[i]);
        CHECK_INT(edo_vsock_listen(&l, &addr), -EAFNOSUPPORT);
        CHECK_INT(edo_vsock_connect(&s, &addr), -EAFNOSUPPORT);
    }
    CHECK_INT(edo_vsock_listen(&l, &none), -EAFNOSUPPORT);
    CHECK_INT(edo_vsock_connect(&s, &none), -EAFNOSUPPORT);
    CHECK_INT(edo_tcp_listen_addr(&l, &vm, NULL), -EAFNOSUPPORT);
    CHECK_INT(edo_tcp_listen(&l, "vsock:1:7000", NULL), -EAFNOSUPPORT);
    CHECK_INT(edo_tcp_connect_addr(&s, &vm, NULL), -EAFNOSUPPORT);
    CHECK_INT(edo_tcp_connect(&s, "vsock:1:7000", NULL), -EAFNOSUPPORT);
    CHECK_INT(edo_udp_bind(&s, "vsock:1:7000", NULL), -EAFNOSUPPORT);
    return 0;
}

static void other_addresses_are_refused(void **state) {
    (void)state;
    in_fiber(refusals_body, NULL);
}

/* The socket is made and given to a stream, and never connected. */
static int from_fd_body(void *arg) {
    (void)arg;
    edo_stream *s;
    edo_addr at;
    edo_cred cred;
    int fd = socket(AF_VSOCK, SOCK_STREAM, 0);
    CHECK(fd >= 0);
    CHECK_INT(edo_stream_from_fd(&s, fd), 0);
    CHECK_INT(strcmp(s->ops->name, "vsock"), 0);
    CHECK_INT(edo_stream_local_addr(s, &at), 0);
    CHECK_INT(at.sock.any.sa_family, AF_VSOCK);
    CHECK_INT(edo_stream_peer_cred(s, &cred), -ENOTSUP);
    CHECK_INT(edo_tcp_set_delay(s, true), -ENOTSUP);
    CHECK_INT(edo_write(s, "x", 1), -ENOTCONN);
    edo_close(s);
    return 0;
}

static void descriptor_becomes_a_stream(void **state) {
    (void)state;
    if (!kernel_has("vsock:any:any")) skip();
    in_fiber(from_fd_body, NULL);
}

static int listen_once(void) {
    edo_listener *l = NULL;
    edo_addr addr = parsed("vsock:any:any"), at;
    int err = edo_vsock_listen(&l, &addr);
    if (err == 0) err = edo_listener_addr(l, &at);
    edo_listener_close(l);
    return err;
}

/* Its calls fail before anything goes to another machine. */
static int failing_body(void *arg) {
    (void)arg;
    edo_addr vm = parsed("vsock:1:7000");
    int before = lowest_free_fd();
    CHECK(fail_each_call(listen_once) >= 4);
    for (int call = 1; call <= 2; call++) { // socket, connect
        edo_stream *s;
        fail_with = ENOMEM;
        fail_in = call;
        CHECK_INT(edo_vsock_connect(&s, &vm), -ENOMEM);
        CHECK_INT(fail_in, 0);
        CHECK_INT(lowest_free_fd(), before);
    }
    return 0;
}

static void a_call_that_fails_leaves_nothing_open(void **state) {
    (void)state;
    if (!kernel_has("vsock:any:any")) skip();
    in_fiber_of(&one_thread, failing_body, NULL);
}

static int make_vsock(edo_stream **a, edo_stream **b, void *arg) {
    (void)arg;
    edo_listener *l;
    edo_addr at = parsed("vsock:1:any");
    int err = edo_vsock_listen(&l, &at);
    if (err < 0) return err;
    err = edo_listener_addr(l, &at);
    if (err == 0) err = edo_vsock_connect(a, &at);
    if (err == 0) err = edo_accept(l, b);
    edo_listener_close(l);
    return err;
}

static int loopback_body(void *arg) {
    (void)arg;
    edo_stream *a, *b;
    edo_addr at;
    CHECK_INT(edo_test_stream_suite(make_vsock, NULL, NULL), 0);
    CHECK_INT(make_vsock(&a, &b, NULL), 0);
    CHECK_INT(edo_stream_peer_addr(b, &at), 0);
    CHECK_INT(at.sock.vm.svm_cid, VMADDR_CID_LOCAL);
    edo_close(a);
    edo_close(b);
    at = parsed("vsock:1:7123");
    CHECK_INT(edo_vsock_connect(&a, &at), -ECONNRESET);
    return 0;
}

static void loopback_keeps_the_rules_of_streams(void **state) {
    (void)state;
    if (!kernel_has("vsock:1:any")) skip();
    in_fiber(loopback_body, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listener_takes_a_free_port),
        cmocka_unit_test(other_addresses_are_refused),
        cmocka_unit_test(descriptor_becomes_a_stream),
        cmocka_unit_test(a_call_that_fails_leaves_nothing_open),
        cmocka_unit_test(loopback_keeps_the_rules_of_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
