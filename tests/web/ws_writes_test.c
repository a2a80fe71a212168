/* SPDX-License-Identifier: MIT */
/* Goal: replies to frames that came together leave in one system call.
 * Method: send() and sendmsg() of libc, which EDO_LIBC_CALLS lets streams use, are counted from the
 * moment on at which the frames have been sent. */
#include "ws_client.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PINGS 40

/* Before edo reads the environment. */
__attribute__((constructor(101))) static void use_libc(void) {
    (void)setenv("EDO_LIBC_CALLS", "1", 1);
}

static int calls_n;

ssize_t send(int fd, const void *from, size_t n, int flags) {
    calls_n++;
    return syscall(SYS_sendto, fd, from, n, flags, NULL, 0);
}
ssize_t sendmsg(int fd, const struct msghdr *msg, int flags) {
    calls_n++;
    return syscall(SYS_sendmsg, fd, msg, flags);
}

static int by_functions(edo_web *w) {
    static const edo_ws_handler none = { .on_message = edo_ws_send };
    return edo_ws_handle(w, &none, NULL, NULL);
}

static int by_fiber(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, NULL);
    while (err >= 0 && (err = edo_ws_recv(ws, &m)) == 0) err = edo_ws_send(ws, &m);
    return err == -EDO_ECLOSED ? 0 : err;
}

static int pings(void *arg) {
    edo_web_fn *const *fn = arg;
    web_served s = { .opts = { .state = NULL } };
    char frames[PINGS * 16];
    size_t n = 0;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/echo", *fn);
    web_begin(&s, r);
    edo_stream *c = upgraded(&s);
    for (int i = 0; i < PINGS; i++) n += print_frame(frames + n, PING, "ping", 4);
    CHECK_EQ(edo_write_all(c, frames, n), 0);
    calls_n = 0;
    for (int i = 0; i < PINGS; i++) expect(c, PONG, "ping", 4);
    CHECK_EQ(calls_n, 1);
    edo_close(c);
    return web_end(&s);
}

static void pongs_of_pings_that_came_together_leave_in_one_write(void **state) {
    static edo_web_fn *const forms[] = { by_functions, by_fiber };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(forms); i++)
        assert_int_equal(inside_real(pings, (void *)(uintptr_t)&forms[i]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pongs_of_pings_that_came_together_leave_in_one_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
