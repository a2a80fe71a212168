/* SPDX-License-Identifier: MIT */
/* Goal: with EDO_LIBC_CALLS=1 a preloaded tool sees what a stream receives and sends.
 * Method: this program has a recv() and a send() of its own, as such a tool has, that count. */
#include "net_support.h"

#include <stdlib.h>
#include <unistd.h>

#define TRIPS 5

static int received, sent; /* calls; the program has one thread */

ssize_t recv(int fd, void *buf, size_t n, int flags) {
    received++;
    return recvfrom(fd, buf, n, flags, NULL, NULL);
}

ssize_t send(int fd, const void *buf, size_t n, int flags) {
    sent++;
    return sendto(fd, buf, n, flags, NULL, 0);
}

static int serve(void *arg) {
    edo_stream *s = NULL;
    CHECK_INT(edo_accept(arg, &s), 0);
    char c;
    while (edo_read(s, &c, 1) == 1) CHECK_INT(edo_write_all(s, &c, 1), 0);
    edo_close(s);
    return 0;
}

static int talk(void *arg) {
    (void)arg;
    place where = open_place(NULL);
    edo_task *server = edo_spawn(serve, where.listener);
    edo_stream *s = NULL;
    CHECK_INT(edo_tcp_connect(&s, where.addr, NULL), 0);
    for (int i = 0; i < TRIPS; i++) {
        char c;
        CHECK_INT(edo_write_all(s, "x", 1), 0);
        CHECK_INT(edo_read_exact(s, &c, 1), 0);
    }
    edo_close(s);
    CHECK_INT(edo_task_join(server), 0);
    edo_listener_close(where.listener);
    return 0;
}

/* Both ends, each way; reads that found nothing count, too. */
static int check_calls(void) {
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
    CHECK_INT(edo_main_with(talk, NULL, &opts), 0);
    CHECK_INT(sent, 2 * TRIPS);
    CHECK(received >= 2 * TRIPS);
    return 0;
}

/* The variable is read when the program starts. */
int main(int argc, char **argv) {
    if (argc > 1) return check_calls();
    CHECK_INT(setenv("EDO_LIBC_CALLS", "1", 1), 0);
    (void)execl("/proc/self/exe", argv[0], "child", (char *)NULL);
    print_error("cannot run %s again\n", argv[0]);
    return 1;
}
