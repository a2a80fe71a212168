/* SPDX-License-Identifier: MIT */
/* floor-epoll HOST:PORT|unix:PATH: the cheapest echo server that does nothing else, as a lower
 * bound.
 *
 * One thread, one level-triggered epoll set, one read buffer of 16 KiB for all connections, no
 * memory per connection but the descriptor. A socket that takes less than it gave is written
 * with a blocking poll: a bound needs no fairness. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char buffer[16 * 1024];

union address {
    struct sockaddr base;
    struct sockaddr_in in;
    struct sockaddr_un un;
};

static bool is_tcp;

static bool parse_addr(char *text, union address *addr) {
    char *colon = strrchr(text, ':');
    if (!colon) return false;
    *colon++ = '\0';
    memset(addr, 0, sizeof *addr);
    if (!strcmp(text, "unix")) {
        addr->un.sun_family = AF_UNIX;
        strncpy(addr->un.sun_path, colon, sizeof addr->un.sun_path - 1);
        return true;
    }
    addr->in.sin_family = AF_INET;
    addr->in.sin_port = htons((uint16_t)strtoul(colon, NULL, 10));
    return inet_pton(AF_INET, text, &addr->in.sin_addr) == 1;
}

static int listen_on(const union address *addr) {
    int fd = socket(addr->base.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    if (fd < 0) return -1;
    is_tcp = addr->base.sa_family == AF_INET;
    if (is_tcp) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    socklen_t len = is_tcp ? sizeof addr->in : sizeof addr->un;
    if (bind(fd, &addr->base, len) < 0 || listen(fd, 4096) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void accept_all(int set, int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
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
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                accept_all(set, listener);
                continue;
            }
            ssize_t got = recv(fd, buffer, sizeof buffer, 0);
            if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
            if (got <= 0 || !write_all(fd, buffer, (size_t)got)) close(fd);
        }
    }
}

int main(int argc, char **argv) {
    union address addr;
    if (argc < 2 || !parse_addr(argv[argc - 1], &addr)) {
        fprintf(stderr, "usage: floor-epoll HOST:PORT|unix:PATH\n");
        return 2;
    }
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    int set = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_on(&addr);
    struct epoll_event ev = { .events = EPOLLIN, .data.fd = listener };
    if (set < 0 || listener < 0 || epoll_ctl(set, EPOLL_CTL_ADD, listener, &ev) < 0) {
        perror("floor-epoll");
        return 1;
    }
    serve(set, listener);
    return 0;
}
