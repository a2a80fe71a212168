/* SPDX-License-Identifier: MIT */
/* floor-uring [options] HOST:PORT|unix:PATH: floor-epoll on a ring, as a lower bound.
 *
 * One thread waits, handles all completions, and submits what came of them by the same call that
 * waits for the next. Connections come by one accept that goes on. Options are those of ring.h and
 *
 *     --own      a connection has a buffer of its own, and a receive for each message; else the
 *                kernel picks one of a few buffers that all share, and the receive goes on
 *     --send     writes by send(2) instead of the ring; not with --direct
 *
 * inv. 1: a connection has at most one write under way; what came meanwhile waits in its list.
 * inv. 2: a connection is closed when nothing of it is under way, so its number is not taken by
 *         another one before its last completion. */
#include "../calls.h"
#include "../listen.h"
#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/resource.h>

enum {
    ENTRIES = 4096,
    CONNS_MAX = 20000,    /* descriptors, or slots of the ring's table */
    BUFFERS = 256,        /* shared: few, as they shall stay in the CPU's cache */
    BUFFER_BYTES = 16384, /* the same with --own */
    GROUP = 0,
    NONE = -1
};

typedef enum op { OP_ACCEPT, OP_RECV, OP_SEND, OP_CLOSE } op;

typedef struct conn {
    char *own;           /* --own: its buffer, kept for the next one of that number */
    int first, last;     /* buffers that wait to be written; NONE: none */
    int starved_next;    /* in the list of those without a receive, as no buffer was free */
    bool receives;       /* a receive is under way, or will be when a buffer is free */
    bool sends, is_over; /* a write is under way; no more is received */
} conn;

static struct {
    struct io_uring ring;
    ring_opts opts;
    bool own, plain_send, is_tcp;
    int listener, starved;
    conn conns[CONNS_MAX];
    struct io_uring_buf_ring *shared; /* --own: unused, as all below */
    char bytes[BUFFERS][BUFFER_BYTES];
    unsigned filled[BUFFERS]; /* bytes in it */
    int next[BUFFERS];        /* in the list of its connection */
} server;

static uint64_t tag(op what, int index, int buffer) {
    return (uint64_t)what << 56 | (uint64_t)(unsigned)buffer << 32 | (unsigned)index;
}

static struct io_uring_sqe *on_conn(struct io_uring_sqe *sqe) {
    if (server.opts.direct) sqe->flags |= IOSQE_FIXED_FILE;
    return sqe;
}

static void start_accept(void) {
    struct io_uring_sqe *sqe = ring_next(&server.ring);
    if (server.opts.direct)
        io_uring_prep_multishot_accept_direct(sqe, server.listener, NULL, NULL, 0);
    else
        io_uring_prep_multishot_accept(sqe, server.listener, NULL, NULL, SOCK_CLOEXEC);
    io_uring_sqe_set_data64(sqe, tag(OP_ACCEPT, 0, 0));
}

static void start_recv(int index) {
    struct io_uring_sqe *sqe = ring_next(&server.ring);
    if (server.own) {
        io_uring_prep_recv(sqe, index, server.conns[index].own, BUFFER_BYTES, 0);
    } else {
        io_uring_prep_recv_multishot(sqe, index, NULL, 0, 0);
        sqe->flags |= IOSQE_BUFFER_SELECT;
        sqe->buf_group = GROUP;
    }
    io_uring_sqe_set_data64(on_conn(sqe), tag(OP_RECV, index, 0));
}

static void start_send(int index, const char *bytes, unsigned n, int buffer) {
    struct io_uring_sqe *sqe = ring_next(&server.ring);
    server.conns[index].sends = true;
    io_uring_prep_send(sqe, index, bytes, n, MSG_NOSIGNAL | MSG_WAITALL);
    io_uring_sqe_set_data64(on_conn(sqe), tag(OP_SEND, index, buffer));
}

static void close_if_done(int index) {
    const conn *c = &server.conns[index];
    if (!c->is_over || c->receives || c->sends) return;
    struct io_uring_sqe *sqe = ring_next(&server.ring);
    if (server.opts.direct)
        io_uring_prep_close_direct(sqe, (unsigned)index);
    else
        io_uring_prep_close(sqe, index);
    io_uring_sqe_set_data64(sqe, tag(OP_CLOSE, index, 0));
}

/* ---- Shared buffers -------------------------------------------------------------------------- */

static void buffer_give_back(int buffer) {
    io_uring_buf_ring_add(server.shared, server.bytes[buffer], BUFFER_BYTES, (unsigned short)buffer,
                          BUFFERS - 1, 0);
    io_uring_buf_ring_advance(server.shared, 1);
}

static void open_shared(void) {
    size_t bytes = BUFFERS * sizeof(struct io_uring_buf);
    server.shared = aligned_alloc(4096, bytes < 4096 ? 4096 : bytes);
    if (!server.shared) ring_must(-ENOMEM, "the shared buffers");
    io_uring_buf_ring_init(server.shared);
    struct io_uring_buf_reg reg = { .ring_addr = (uintptr_t)server.shared,
                                    .ring_entries = BUFFERS,
                                    .bgid = GROUP };
    ring_must(io_uring_register_buf_ring(&server.ring, &reg, 0), "the shared buffers");
    for (int i = 0; i < BUFFERS; i++) buffer_give_back(i);
}

/* Writes the oldest buffer that waits, if none is being written (inv. 1). */
static void send_next(int index) {
    conn *c = &server.conns[index];
    if (c->sends || c->first == NONE) return;
    int buffer = c->first;
    c->first = server.next[buffer];
    start_send(index, server.bytes[buffer], server.filled[buffer], buffer);
}

static void queue_buffer(int index, int buffer, unsigned n) {
    conn *c = &server.conns[index];
    server.filled[buffer] = n;
    server.next[buffer] = NONE;
    if (c->first == NONE)
        c->first = buffer;
    else
        server.next[c->last] = buffer;
    c->last = buffer;
    send_next(index);
}

/* Begins the receives again for which no buffer was free; some fail again until one is. */
static void feed_starved(void) {
    int index = server.starved;
    server.starved = NONE;
    for (int next; index != NONE; index = next) {
        next = server.conns[index].starved_next;
        start_recv(index);
    }
}

/* ---- Completions ----------------------------------------------------------------------------- */

static void accepted(int index, unsigned flags) {
    if (!(flags & IORING_CQE_F_MORE)) start_accept();
    if (index < 0) return; // it went away, or there are too many
    if (index >= CONNS_MAX) ring_must(-EMFILE, "accept");
    conn *c = &server.conns[index];
    *c = (conn){ .own = c->own, .first = NONE, .last = NONE, .receives = true };
    if (server.own && !c->own && !(c->own = malloc(BUFFER_BYTES))) ring_must(-ENOMEM, "a buffer");
    int on = 1; // a slot of the table has that of the listener
    if (server.is_tcp && !server.opts.direct) {
        setsockopt(index, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        calls_n++;
    }
    start_recv(index);
}

/* True when all was written by send(2). */
static bool sent_plainly(int index, const char *bytes, unsigned n) {
    if (!server.plain_send || server.conns[index].sends) return false;
    calls_n++;
    return send(index, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)n;
}

static void received_shared(int index, int got, unsigned flags) {
    conn *c = &server.conns[index];
    c->receives = (flags & IORING_CQE_F_MORE) != 0;
    if (got > 0) {
        int buffer = (int)(flags >> IORING_CQE_BUFFER_SHIFT);
        if (sent_plainly(index, server.bytes[buffer], (unsigned)got))
            buffer_give_back(buffer);
        else
            queue_buffer(index, buffer, (unsigned)got);
    } else if (got != -ENOBUFS) {
        c->is_over = true;
    }
    if (c->is_over || c->receives) return;
    c->receives = true;
    c->starved_next = server.starved;
    server.starved = index;
}

static void received_own(int index, int got) {
    conn *c = &server.conns[index];
    c->receives = false;
    c->is_over = got <= 0;
    if (c->is_over) return;
    if (!sent_plainly(index, c->own, (unsigned)got)) {
        start_send(index, c->own, (unsigned)got, 0);
        return;
    }
    c->receives = true;
    start_recv(index);
}

static void received(int index, int got, unsigned flags) {
    if (got > 0) echoes_n++;
    if (server.own)
        received_own(index, got);
    else
        received_shared(index, got, flags);
    close_if_done(index);
}

static void sent(int index, int buffer, int put) {
    conn *c = &server.conns[index];
    c->sends = false;
    if (server.own) {
        c->receives = put >= 0;
        c->is_over = put < 0;
        if (put >= 0) start_recv(index);
    } else {
        buffer_give_back(buffer);
        send_next(index); // after a failure, these fail, too, and the receive ends
    }
    close_if_done(index);
}

static void handle(const struct io_uring_cqe *cqe) {
    int index = (int)(cqe->user_data & UINT32_MAX);
    int buffer = (int)(cqe->user_data >> 32 & 0xffff);
    switch ((op)(cqe->user_data >> 56)) {
    case OP_ACCEPT: accepted(cqe->res, cqe->flags); break;
    case OP_RECV: received(index, cqe->res, cqe->flags); break;
    case OP_SEND: sent(index, buffer, cqe->res); break;
    case OP_CLOSE: break;
    }
}

static void serve(void) {
    start_accept();
    for (;;) {
        calls_n++;
        int err = io_uring_submit_and_wait(&server.ring, 1);
        if (err != -EINTR && err != -EAGAIN && err != -EBUSY) ring_must(err, "io_uring_enter");
        unsigned head, n = 0;
        struct io_uring_cqe *cqe;
        io_uring_for_each_cqe(&server.ring, head, cqe) {
            handle(cqe);
            n++;
        }
        io_uring_cq_advance(&server.ring, n);
        feed_starved();
    }
}

static int usage(void) {
    fprintf(stderr, "usage: floor-uring [--single] [--coop] [--defer] [--registered] [--direct] "
                    "[--own] [--send] HOST:PORT|unix:PATH\n");
    return 2;
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc - 1; i++) {
        if (!strcmp(argv[i], "--own"))
            server.own = true;
        else if (!strcmp(argv[i], "--send"))
            server.plain_send = true;
        else if (!ring_option(&server.opts, argv[i]))
            return usage();
    }
    if (argc < 2 || (server.plain_send && server.opts.direct)) return usage();
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    server.starved = NONE;
    server.is_tcp = strncmp(argv[argc - 1], "unix:", 5) != 0;
    server.listener = listen_on(argv[argc - 1]);
    // An operation of a ring fails at once where the descriptor does not block.
    if (server.listener < 0 || fcntl(server.listener, F_SETFL, 0) < 0) {
        perror("floor-uring");
        return 1;
    }
    int on = 1;
    if (server.is_tcp && server.opts.direct)
        setsockopt(server.listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ring_open(&server.ring, &server.opts, ENTRIES, CONNS_MAX);
    if (!server.own) open_shared();
    calls_on_sigterm();
    serve();
    return 0;
}
