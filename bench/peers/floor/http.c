/* SPDX-License-Identifier: MIT */
/* floor-http HOST:PORT: the cheapest program that looks like an HTTP server, as a lower bound.
 *
 * One thread, one level-triggered epoll set. It counts the empty lines of what it reads, and
 * sends one fixed response for each: no parser, no routes, no bodies. A socket that takes less
 * than it is given ends its connection. */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define RESPONSE                                                                                   \
    "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 13\r\n"         \
    "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\nHello, World!"
#define RESPONSE_BYTES (sizeof RESPONSE - 1)
#define READ_BYTES     16384
#define REQUESTS_MAX   (READ_BYTES / 4)

static char in[READ_BYTES];
static char out[REQUESTS_MAX * RESPONSE_BYTES];

static void accept_all(int set, int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
        if (fd < 0) return;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };
        if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &ev) < 0) close(fd);
    }
}

static size_t requests(size_t n) {
    size_t found = 0;
    for (const char *at = in; (at = memmem(at, (size_t)(in + n - at), "\r\n\r\n", 4)); at += 4)
        found++;
    return found;
}

static void serve(int fd) {
    ssize_t n = recv(fd, in, sizeof in, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    size_t bytes = n > 0 ? requests((size_t)n) * RESPONSE_BYTES : 0;
    if (n <= 0 || send(fd, out, bytes, MSG_NOSIGNAL) != (ssize_t)bytes) close(fd);
}

int main(int argc, char **argv) {
    int set = epoll_create1(EPOLL_CLOEXEC);
    int listener = argc == 2 ? listen_on(argv[1]) : -1;
    if (set < 0 || listener < 0) {
        fprintf(stderr, "usage: floor-http HOST:PORT\n");
        return 2;
    }
    for (size_t i = 0; i < REQUESTS_MAX; i++)
        memcpy(out + i * RESPONSE_BYTES, RESPONSE, RESPONSE_BYTES);
    struct epoll_event ev = { .events = EPOLLIN, .data.fd = listener }, events[256];
    if (epoll_ctl(set, EPOLL_CTL_ADD, listener, &ev) < 0) return 1;
    for (;;) {
        int n = epoll_wait(set, events, 256, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener) {
                accept_all(set, listener);
            } else {
                serve(events[i].data.fd);
            }
        }
    }
}
