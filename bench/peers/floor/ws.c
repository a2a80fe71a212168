/* SPDX-License-Identifier: MIT */
/* floor-ws HOST:PORT: the cheapest echo of WebSocket messages that does nothing else, as a lower
 * bound: floor-epoll with the handshake, and with messages in one frame each.
 *
 * One thread, one level-triggered epoll set, one buffer for all connections. All messages of one
 * read leave with one write; at /fan they go to all that have come there. It looks at nothing that
 * a well-behaved client could do wrong, and of a message that has not come whole it waits for the
 * rest. */
#include "listen.h"

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
#include <unistd.h>

#define BYTES (128 * 1024)

#define FDS 65536

static char in[BYTES], out[BYTES];
static int room[FDS]; /* the first `room_n` */
static size_t room_n;
static bool is_in_room[FDS];

static void accept_all(int set, int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
        if (fd < 0) return;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };
        if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &ev) < 0) close(fd);
    }
}

static bool wait_for(int fd, short what) {
    struct pollfd p = { .fd = fd, .events = what };
    return poll(&p, 1, -1) > 0 || errno == EINTR;
}

static bool write_all(int fd, const char *bytes, size_t n) {
    while (n > 0) {
        ssize_t put = send(fd, bytes, n, MSG_NOSIGNAL);
        if (put < 0 && errno != EAGAIN && errno != EINTR) return false;
        if (put < 0 && !wait_for(fd, POLLOUT)) return false;
        if (put > 0) bytes += put, n -= (size_t)put;
    }
    return true;
}

static void enter(int fd) {
    if (fd >= FDS) return;
    is_in_room[fd] = true;
    room[room_n++] = fd;
}

static void leave(int fd) {
    if (fd >= FDS || !is_in_room[fd]) return;
    is_in_room[fd] = false;
    for (size_t i = 0; i < room_n; i++)
        if (room[i] == fd) room[i--] = room[--room_n];
}

static bool write_to_all(int fd, const char *bytes, size_t n) {
    if (fd >= FDS || !is_in_room[fd]) return write_all(fd, bytes, n);
    for (size_t i = 0; i < room_n; i++) write_all(room[i], bytes, n);
    return true;
}

/* The key of the load is always the same, so its accept is. */
static bool shake_hands(int fd) {
    static const char text[] =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    if (memcmp(in, "GET /fan ", 9) == 0) enter(fd);
    return write_all(fd, text, sizeof text - 1);
}

/* Bytes of the head of a client's frame, and of its payload. */
static size_t head_of(const unsigned char *at, size_t *n) {
    *n = at[1] & 0x7f;
    if (*n < 126) return 6;
    size_t more = *n == 126 ? 2 : 8;
    *n = 0;
    for (size_t i = 0; i < more; i++) *n = *n << 8 | at[2 + i];
    return 6 + more;
}

static size_t print_head(char *to, size_t n) {
    to[0] = (char)0x82;
    to[1] = (char)(n < 126 ? n : 126);
    if (n < 126) return 2;
    to[2] = (char)(n >> 8);
    to[3] = (char)n;
    return 4;
}

static void unmask(char *to, const char *from, size_t n, const char *mask) {
    uint32_t four;
    memcpy(&four, mask, 4);
    uint64_t eight = (uint64_t)four << 32 | four;
    size_t i = 0;
    for (; n - i >= 8; i += 8) {
        uint64_t word;
        memcpy(&word, from + i, 8);
        word ^= eight;
        memcpy(to + i, &word, 8);
    }
    for (; i < n; i++) to[i] = (char)(from[i] ^ mask[i % 4]);
}

static bool echo(int fd, size_t got) {
    size_t at = 0, put = 0;
    while (at < got) {
        size_t n, head = head_of((const unsigned char *)in + at, &n);
        while (got - at < head + n) {
            ssize_t more = recv(fd, in + got, sizeof in - got, 0);
            if (more == 0 || (more < 0 && errno != EAGAIN && errno != EINTR)) return false;
            if (more < 0 && !wait_for(fd, POLLIN)) return false;
            if (more > 0) got += (size_t)more;
        }
        put += print_head(out + put, n);
        unmask(out + put, in + at + head, n, in + at + head - 4);
        put += n;
        at += head + n;
    }
    return write_to_all(fd, out, put);
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
            ssize_t got = recv(fd, in, sizeof in / 2, 0);
            if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
            bool alive = got > 0 && (in[0] == 'G' ? shake_hands(fd) : echo(fd, (size_t)got));
            if (alive) continue;
            leave(fd);
            close(fd);
        }
    }
}

int main(int argc, char **argv) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    int set = epoll_create1(EPOLL_CLOEXEC), listener = argc > 1 ? listen_on(argv[argc - 1]) : -1;
    struct epoll_event ev = { .events = EPOLLIN, .data.fd = listener };
    if (set < 0 || listener < 0 || epoll_ctl(set, EPOLL_CTL_ADD, listener, &ev) < 0) {
        fprintf(stderr, "usage: floor-ws HOST:PORT\n");
        return 2;
    }
    serve(set, listener);
}
