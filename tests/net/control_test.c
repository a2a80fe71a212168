/* SPDX-License-Identifier: MIT */
/* Goal: what goes to the kernel beside the bytes of a message, descriptors and the length of a
 * segment, has no byte that nobody has written: Valgrind names those, and they are of a stack.
 * Method: this program has a sendmsg() and a sendmmsg() of its own, which look at the gaps behind
 * numbers that are no whole words. Debug builds fill such bytes with other values than 0. */
#include "net_support.h"

#include <edo/udp.h>
#include <edo/unix.h>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int looked_n, odd_n; /* messages with control data; bytes that are not 0; one thread */

static void look(const struct msghdr *msg) {
    const char *at = msg->msg_control;
    struct cmsghdr head;
    if (msg->msg_controllen == 0) return;
    memcpy(&head, at, sizeof head);
    for (size_t i = head.cmsg_len; i < msg->msg_controllen; i++) odd_n += at[i] != 0;
    looked_n++;
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags) {
    look(msg);
    return syscall(SYS_sendmsg, fd, msg, flags);
}

int sendmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags) {
    for (unsigned i = 0; i < n; i++) look(&msgs[i].msg_hdr);
    return (int)syscall(SYS_sendmmsg, fd, msgs, n, flags);
}

static int pass_one(void *arg) {
    edo_stream *a, *b;
    char byte;
    int got;
    edo_unix_fds fds = { .fds = &got, .max = 1 };
    (void)arg;
    CHECK_INT(edo_unix_pair(&a, &b), 0);
    CHECK_INT(edo_unix_send_fds(a, "x", 1, &(int){ STDERR_FILENO }, 1), 1);
    CHECK_INT(edo_unix_recv_fds(b, &byte, 1, &fds), 1);
    CHECK_INT(close(got), 0);
    edo_close(a);
    edo_close(b);
    return 0;
}

static int send_segments(void *arg) {
    edo_stream *server, *client;
    edo_addr addr;
    char out[10] = { 0 }, in[10];
    edo_packet p = { .buf = out, .n = sizeof out, .segment = 6 };
    (void)arg;
    CHECK_INT(edo_udp_bind(&server, "127.0.0.1:0", NULL), 0);
    CHECK_INT(edo_stream_local_addr(server, &addr), 0);
    CHECK_INT(edo_udp_connect_addr(&client, &addr, NULL), 0);
    CHECK_INT(edo_udp_send_many(client, &p, 1), 1);
    CHECK_INT(edo_read(server, in, sizeof in), 6);
    CHECK_INT(edo_read(server, in, sizeof in), 4);
    edo_close(client);
    edo_close(server);
    return 0;
}

static void the_kernel_gets_no_byte_that_nobody_has_written(void **state) {
    (void)state;
    in_fiber_of(&one_thread, pass_one, NULL);
    in_fiber_of(&one_thread, send_segments, NULL);
    assert_int_equal(looked_n, 2);
    assert_int_equal(odd_n, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kernel_gets_no_byte_that_nobody_has_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
