/* SPDX-License-Identifier: MIT */
/* floor-proxy splice|copy HOST:PORT HOST:PORT: the cheapest TCP proxy that does nothing else.
 *
 * One thread, one edge-triggered epoll set. Each direction of a connection moves bytes through a
 * pipe of 256 KiB by splice(), or through a buffer of 64 KiB of its own by read and write. When
 * both have ended, or one has failed, the connection is closed. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUF_BYTES    (64u * 1024u)
#define SPLICE_BYTES (1u << 20)
#define PIPE_BYTES   (256 * 1024)

typedef struct way {
    int pipe[2];
    char *buf;
    size_t begin, held; /* of `buf`; the pipe has no begin */
    bool ended;         /* the input */
    bool shut;          /* and its end was passed on */
} way;

typedef struct conn conn;

/* What an event of a socket is about. */
typedef struct end {
    conn *conn;
    int index;
} end;

struct conn {
    int fds[2]; /* client, server */
    end ends[2];
    way ways[2];  /* from the client, from the server */
    conn *closed; /* list of those that end after this turn; itself: the last one */
};

static conn *closed;

static bool splices;
static int set;
static struct sockaddr_in there;

static bool parse_addr(char *text, struct sockaddr_in *addr) {
    char *colon = strrchr(text, ':');
    if (!colon) return false;
    *colon = '\0';
    *addr = (struct sockaddr_in){ .sin_family = AF_INET };
    addr->sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    return inet_pton(AF_INET, text, &addr->sin_addr) == 1;
}

/* Bytes; 0 at the end; negative: nothing now, with errno. */
static ssize_t take_in(way *w, int from) {
    if (splices)
        return splice(from, NULL, w->pipe[1], NULL, SPLICE_BYTES,
                      SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (w->held == BUF_BYTES) {
        errno = EAGAIN;
        return -1;
    }
    if (w->held == 0) w->begin = 0;
    if (w->begin > 0) memmove(w->buf, w->buf + w->begin, w->held);
    w->begin = 0;
    return recv(from, w->buf + w->held, BUF_BYTES - w->held, 0);
}

static ssize_t put_out(way *w, int to) {
    if (splices)
        return splice(w->pipe[0], NULL, to, NULL, w->held, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    ssize_t n = send(to, w->buf + w->begin, w->held, MSG_NOSIGNAL);
    if (n > 0) w->begin += (size_t)n;
    return n;
}

/* Moves what can be moved. False: the connection has failed. A read that returned less than there
 * was room for has emptied the socket: the next bytes are a new edge. */
static bool move(way *w, int from, int to) {
    for (bool more = true;;) {
        bool moved = false;
        size_t room = BUF_BYTES - w->held;
        ssize_t n = w->ended || !more ? -1 : take_in(w, from);
        if (n > 0) {
            moved = true;
            w->held += (size_t)n;
            more = splices || (size_t)n == room;
        } else if (n == 0) {
            w->ended = true;
        } else if (!w->ended && more && errno != EAGAIN) {
            return false;
        }
        if (w->held > 0) {
            n = put_out(w, to);
            if (n < 0 && errno != EAGAIN) return false;
            if (n > 0) {
                w->held -= (size_t)n;
                moved = true;
            }
        }
        if (!moved) break;
        if (!more && w->held == 0) break;
    }
    if (w->ended && w->held == 0 && !w->shut) {
        w->shut = true;
        (void)shutdown(to, SHUT_WR);
    }
    return true;
}

static void free_conn(conn *c) {
    for (int i = 0; i < 2; i++) {
        if (c->fds[i] >= 0) close(c->fds[i]);
        if (c->ways[i].pipe[0] > 0) close(c->ways[i].pipe[0]);
        if (c->ways[i].pipe[1] > 0) close(c->ways[i].pipe[1]);
        free(c->ways[i].buf);
    }
    free(c);
}

static bool open_ways(conn *c) {
    for (int i = 0; i < 2; i++) {
        if (splices && pipe2(c->ways[i].pipe, O_NONBLOCK | O_CLOEXEC) < 0) return false;
        if (splices) (void)fcntl(c->ways[i].pipe[0], F_SETPIPE_SZ, PIPE_BYTES);
        if (!splices && !(c->ways[i].buf = malloc(BUF_BYTES))) return false;
    }
    return true;
}

static void begin_conn(int client) {
    conn *c = calloc(1, sizeof *c);
    if (!c) exit(1);
    c->fds[0] = client;
    c->fds[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    bool good = c->fds[1] >= 0 && open_ways(c) &&
                connect(c->fds[1], (const struct sockaddr *)&there, sizeof there) == 0;
    for (int i = 0; good && i < 2; i++) {
        struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET };
        c->ends[i] = (end){ .conn = c, .index = i };
        ev.data.ptr = &c->ends[i];
        (void)fcntl(c->fds[i], F_SETFL, O_NONBLOCK);
        setsockopt(c->fds[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        good = epoll_ctl(set, EPOLL_CTL_ADD, c->fds[i], &ev) == 0;
    }
    if (!good) free_conn(c);
}

/* The sockets of one connection may both have an event in a turn, so it is freed after the turn. */
static void serve_end(const end *e, uint32_t events) {
    conn *c = e->conn;
    way *in = &c->ways[e->index], *out = &c->ways[1 - e->index];
    int fd = c->fds[e->index], other = c->fds[1 - e->index];
    if (c->closed) return;
    bool good = true;
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) good = move(in, fd, other);
    if (good && (events & EPOLLOUT) && out->held > 0) good = move(out, other, fd);
    if (good && !(in->shut && out->shut)) return;
    c->closed = closed ? closed : c;
    closed = c;
}

static void free_closed(void) {
    for (conn *c = closed, *next; c; c = next) {
        next = c->closed == c ? NULL : c->closed;
        free_conn(c);
    }
    closed = NULL;
}

static void serve(int listener) {
    struct epoll_event events[256];
    for (;;) {
        int n = epoll_wait(set, events, 256, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr) {
                serve_end(events[i].data.ptr, events[i].events);
                continue;
            }
            int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
            if (fd >= 0) begin_conn(fd);
        }
        free_closed();
    }
}

static int listen_on(const struct sockaddr_in *addr) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)addr, sizeof *addr) < 0 || listen(fd, 4096) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int main(int argc, char **argv) {
    struct sockaddr_in here;
    bool good = argc == 4 && parse_addr(argv[2], &here) && parse_addr(argv[3], &there);
    splices = good && !strcmp(argv[1], "splice");
    if (!good || (!splices && strcmp(argv[1], "copy"))) {
        fprintf(stderr, "usage: floor-proxy splice|copy HOST:PORT HOST:PORT\n");
        return 2;
    }
    (void)sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
    set = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_on(&here);
    struct epoll_event ev = { .events = EPOLLIN };
    if (set < 0 || listener < 0 || epoll_ctl(set, EPOLL_CTL_ADD, listener, &ev) < 0) {
        perror("floor-proxy");
        return 1;
    }
    serve(listener);
}
