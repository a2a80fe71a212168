/* SPDX-License-Identifier: MIT */
/* Goal: that a packet has found no way, which the kernel tells of a connection that goes on, is not
 * what a read at its orderly end returns.
 * Method: this program has a getsockopt() of its own, which tells it. */
#include "net_support.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool tells_soft_error;

int getsockopt(int fd, int level, int name, void *value, socklen_t *bytes) {
    int result = (int)syscall(SYS_getsockopt, fd, level, name, value, bytes);
    if (tells_soft_error && level == SOL_SOCKET && name == SO_ERROR)
        memcpy(value, &(int){ EHOSTUNREACH }, sizeof(int));
    return result;
}

static int end_in_order(void *arg) {
    edo_listener *l;
    edo_stream *a, *b;
    edo_addr addr;
    char byte;
    (void)arg;
    CHECK_INT(edo_tcp_listen(&l, "127.0.0.1:0", NULL), 0);
    CHECK_INT(edo_listener_addr(l, &addr), 0);
    CHECK_INT(edo_tcp_connect_addr(&a, &addr, NULL), 0);
    CHECK_INT(edo_accept(l, &b), 0);
    tells_soft_error = true;
    CHECK_INT(edo_stream_take_error(a), -EHOSTUNREACH);
    tells_soft_error = false;
    CHECK_INT(edo_write(b, "x", 1), 1);
    CHECK_INT(edo_read(a, &byte, 1), 1);
    CHECK_INT(edo_shutdown(b), 0);
    CHECK_INT(edo_read(a, &byte, 1), 0);
    edo_close(a);
    edo_close(b);
    edo_listener_close(l);
    return 0;
}

static void an_error_that_passes_is_not_that_of_the_end(void **state) {
    (void)state;
    in_fiber_of(&one_thread, end_in_order, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_that_passes_is_not_that_of_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
