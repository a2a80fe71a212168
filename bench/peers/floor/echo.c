/* SPDX-License-Identifier: MIT */
/* floor-epoll HOST:PORT|unix:PATH: the cheapest echo server that does nothing else, as a lower
 * bound.
 *
 * One thread, one level-triggered epoll set, one read buffer of 16 KiB for all connections, no
 * memory per connection but the descriptor. A socket that takes less than it gave is written
 * with a blocking poll: a bound needs no fairness. SIGTERM prints how many calls it has made. */
#include "calls.h"
#include "listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static char buffer[16 * 1024];

static bool is_tcp;

static void accept_all(int set, int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        calls_n++;
        if (fd < 0) return;
        calls_n += is_tcp ? 2 : 1; // below
        int on = 1;
        if (is_tcp) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };
        if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &ev) < 0) close(fd);
    }
}

/* False when the connection is over. */
static bool write_all(int fd, const char *bytes, size_t n) {
    while (n > 0) {
        ssize_t put = send(fd, bytes, n, MSG_NOSIGNAL);
        calls_n++;
        if (put > 0) {
            bytes += put;
            n -= (size_t)put;
            continue;
        }
        if (put < 0 && errno != EAGAIN && errno != EINTR) return false;
        struct pollfd p = { .fd = fd, .events = POLLOUT };
        if (poll(&p, 1, -1) < 0 && errno != EINTR) return false;
    }
    return true;
}

static void serve(int set, int listener) {
    struct epoll_event events[256];
    for (;;) {
        int n = epoll_wait(set, events, 256, -1);
        calls_n++;
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                accept_all(set, listener);
                continue;
            }
            ssize_t got = recv(fd, buffer, sizeof buffer, 0);
            calls_n++;
            if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
            if (got > 0) echoes_n++;
            if (got > 0 && write_all(fd, buffer, (size_t)got)) continue;
            close(fd);
            calls_n++;
        }
    }
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: floor-epoll HOST:PORT|unix:PATH\n");
        return 2;
    }
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    int set = epoll_create1(EPOLL_CLOEXEC);
    is_tcp = strncmp(argv[argc - 1], "unix:", 5) != 0;
    int listener = listen_on(argv[argc - 1]);
    struct epoll_event ev = { .events = EPOLLIN, .data.fd = listener };
    if (set < 0 || listener < 0 || epoll_ctl(set, EPOLL_CTL_ADD, listener, &ev) < 0) {
        perror("floor-epoll");
        return 1;
    }
    calls_on_sigterm();
    serve(set, listener);
    return 0;
}
