/* SPDX-License-Identifier: MIT */
/* net/udp/many.c: receives and sends datagrams in batches: recvmmsg and sendmmsg. */
#include "io/op.h"
#include "net/udp/datagram.h"

#include <edo/task.h>
#include <edo/udp.h>

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>
#include <time.h>

/* Datagrams of one system call: as many as a frame of 2 KiB on a fiber's stack has room for. */
#define RECV_AT_ONCE 7
#define SEND_AT_ONCE 16

/* The length of a segment as control data of a receive: an int. In front of it the kernel puts what
 * the program may have enabled for all sockets: time stamps of two kinds, a count of drops, a mark,
 * a priority. */
typedef struct segment_note {
    _Alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(struct timespec)) +
                                        CMSG_SPACE(3 * sizeof(struct timespec)) +
                                        4 * CMSG_SPACE(sizeof(int))];
} segment_note;

typedef struct recv_batch {
    struct mmsghdr msgs[RECV_AT_ONCE];
    struct iovec vecs[RECV_AT_ONCE];
    segment_note notes[RECV_AT_ONCE];
} recv_batch;

/* To the kernel the length of a segment is 16 bits. */
typedef struct send_note {
    _Alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(uint16_t))];
} send_note;

typedef struct send_batch {
    struct mmsghdr msgs[SEND_AT_ONCE];
    struct iovec vecs[SEND_AT_ONCE];
    send_note notes[SEND_AT_ONCE];
} send_batch;

/* ---- Receiving ------------------------------------------------------------------------------- */

/* A Unix socket gets no room for control data: the kernel would put descriptors there. */
static void recv_batch_make_room(recv_batch *b, edo_packet *packets, size_t n, bool is_udp) {
    for (size_t i = 0; i < n; i++) {
        edo_packet *p = &packets[i];
        b->vecs[i] = (struct iovec){ .iov_base = p->buf, .iov_len = p->room };
        b->msgs[i].msg_hdr = (struct msghdr){ .msg_name = &p->addr.sock,
                                              .msg_namelen = sizeof p->addr.sock,
                                              .msg_iov = &b->vecs[i],
                                              .msg_iovlen = 1 };
        if (!is_udp) continue;
        b->msgs[i].msg_hdr.msg_control = b->notes[i].bytes;
        b->msgs[i].msg_hdr.msg_controllen = sizeof b->notes[i].bytes;
    }
}

static uint16_t segment_of(struct msghdr *msg) {
    int bytes = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO)
            memcpy(&bytes, CMSG_DATA(c), sizeof bytes);
    }
    return (uint16_t)bytes;
}

static bool joins_segments(int fd) {
    int on = 0;
    socklen_t bytes = sizeof on;
    return getsockopt(fd, SOL_UDP, UDP_GRO, &on, &bytes) == 0 && on;
}

static void recv_batch_take_over(recv_batch *b, edo_packet *packets, size_t n, int fd,
                                 bool is_udp) {
    for (size_t i = 0; i < n; i++) {
        edo_packet *p = &packets[i];
        struct msghdr *msg = &b->msgs[i].msg_hdr;
        p->truncated = (msg->msg_flags & MSG_TRUNC) != 0;
        p->n = b->msgs[i].msg_len;
        p->addr.bytes = edoi_addr_bytes(msg->msg_namelen);
        p->segment = segment_of(msg);
        if (is_udp && p->segment == 0 && msg->msg_flags & MSG_CTRUNC && joins_segments(fd))
            p->truncated = true; // the note with the length may be what was cut
    }
}

static ssize_t udp_receive(int fd, void *op) {
    const edo_udp_recv_many_future *f = op;
    bool is_udp = f->stream->ops == &edoi_udp_ops;
    size_t done = 0;
    for (;;) {
        recv_batch b;
        size_t n = f->n - done < RECV_AT_ONCE ? f->n - done : RECV_AT_ONCE;
        recv_batch_make_room(&b, f->packets + done, n, is_udp);
        int got = recvmmsg(fd, b.msgs, (unsigned)n, 0, NULL);
        if (got <= 0) return done > 0 ? (ssize_t)done : got;
        recv_batch_take_over(&b, f->packets + done, (size_t)got, fd, is_udp);
        done += (size_t)got;
        if ((size_t)got < n || done == f->n) return (ssize_t)done;
    }
}

static edo_polled udp_recv_many_poll(edo_future *base, edo_cx *cx) {
    edo_udp_recv_many_future *f = (edo_udp_recv_many_future *)(void *)base;
    if (f->n == 0) return edoi_io_end(base, f->stream, &f->wait, -EINVAL);
    return edoi_datagram_poll(base, cx, f->stream, EDOI_READ, &f->wait, udp_receive, f);
}

static void udp_recv_many_drop(edo_future *base) {
    edo_udp_recv_many_future *f = (edo_udp_recv_many_future *)(void *)base;
    edoi_io_drop(base, f->stream, &f->wait);
}

static const edo_future_ops recv_many_ops = { .poll = udp_recv_many_poll,
                                              .drop = udp_recv_many_drop,
                                              .name = "edo_udp_recv_many",
                                              .size = sizeof(edo_udp_recv_many_future),
                                              .flags = EDOI_FUTURE_OF(EDOI_STREAM),
                                              .hold = edoi_io_hold };

edo_future *edo_udp_recv_many_init(edo_udp_recv_many_future *f, edo_stream *s, edo_packet *packets,
                                   size_t n) {
    EDOI_ENTERS(EDOI_STREAM, s);
    f->stream = s;
    f->packets = packets;
    f->n = n;
    f->wait = (edo_io_wait){ 0 };
    return edo_future_init(&f->base, &recv_many_ops);
}

int edo_udp_recv_many(edo_stream *s, edo_packet *packets, size_t n) {
    edo_udp_recv_many_future f;
    return edo_await(edo_udp_recv_many_init(&f, s, packets, n));
}

int edo_udp_try_recv_many(edo_stream *s, edo_packet *packets, size_t n) {
    edo_udp_recv_many_future f = { .stream = s, .packets = packets, .n = n };
    return n == 0 ? -EINVAL : edoi_datagram_now(s, EDOI_READ, udp_receive, &f);
}

/* ---- Sending --------------------------------------------------------------------------------- */

/* Makes the kernel cut the bytes. */
static void note_segment(struct msghdr *msg, send_note *note, uint16_t segment) {
    memset(note, 0, sizeof *note); // the kernel gets the gap behind the number, too
    msg->msg_control = note->bytes;
    msg->msg_controllen = sizeof note->bytes;
    struct cmsghdr *c = CMSG_FIRSTHDR(msg);
    *c = (struct cmsghdr){ .cmsg_level = SOL_UDP,
                           .cmsg_type = UDP_SEGMENT,
                           .cmsg_len = CMSG_LEN(sizeof segment) };
    memcpy(CMSG_DATA(c), &segment, sizeof segment);
}

/* Returns the number of messages: only UDP cuts segments, so it ends where another socket would. */
static size_t send_batch_fill(send_batch *b, const edo_packet *packets, size_t n, bool is_udp) {
    for (size_t i = 0; i < n; i++) {
        const edo_packet *p = &packets[i];
        bool is_cut = p->segment > 0 && p->segment < p->n;
        if (is_cut && !is_udp) return i;
        struct msghdr *msg = &b->msgs[i].msg_hdr;
        b->vecs[i] = (struct iovec){ .iov_base = p->buf, .iov_len = p->n };
        *msg = (struct msghdr){ .msg_iov = &b->vecs[i], .msg_iovlen = 1 };
        if (p->addr.bytes > 0) {
            msg->msg_name = (void *)(uintptr_t)&p->addr.sock;
            msg->msg_namelen = p->addr.bytes;
        }
        if (is_cut) note_segment(msg, &b->notes[i], p->segment);
    }
    return n;
}

static int refuse_segments(void) {
    errno = ENOTSUP;
    return -1;
}

static ssize_t udp_transmit(int fd, void *op) {
    const edo_udp_send_many_future *f = op;
    size_t done = 0;
    for (;;) {
        send_batch b;
        size_t n = f->n - done < SEND_AT_ONCE ? f->n - done : SEND_AT_ONCE;
        n = send_batch_fill(&b, f->packets + done, n, f->stream->ops == &edoi_udp_ops);
        int put = n > 0 ? sendmmsg(fd, b.msgs, (unsigned)n, MSG_NOSIGNAL) : refuse_segments();
        if (put <= 0) return done > 0 ? (ssize_t)done : put;
        done += (size_t)put;
        if ((size_t)put < n || done == f->n) return (ssize_t)done;
    }
}

static edo_polled send_many_poll(edo_future *base, edo_cx *cx) {
    edo_udp_send_many_future *f = (edo_udp_send_many_future *)(void *)base;
    if (f->n == 0) return edoi_io_end(base, f->stream, &f->wait, -EINVAL);
    return edoi_datagram_poll_send(base, cx, f->stream, &f->wait, f->packets->addr.bytes > 0,
                                   udp_transmit, f);
}

static void send_many_drop(edo_future *base) {
    edo_udp_send_many_future *f = (edo_udp_send_many_future *)(void *)base;
    edoi_io_drop(base, f->stream, &f->wait);
}

static const edo_future_ops send_many_ops = { .poll = send_many_poll,
                                              .drop = send_many_drop,
                                              .name = "edo_udp_send_many",
                                              .size = sizeof(edo_udp_send_many_future),
                                              .flags = EDOI_FUTURE_OF(EDOI_STREAM),
                                              .hold = edoi_io_hold };

edo_future *edo_udp_send_many_init(edo_udp_send_many_future *f, edo_stream *s,
                                   const edo_packet *packets, size_t n) {
    EDOI_ENTERS(EDOI_STREAM, s);
    f->stream = s;
    f->packets = packets;
    f->n = n;
    f->wait = (edo_io_wait){ 0 };
    return edo_future_init(&f->base, &send_many_ops);
}

int edo_udp_send_many(edo_stream *s, const edo_packet *packets, size_t n) {
    edo_udp_send_many_future f;
    return edo_await(edo_udp_send_many_init(&f, s, packets, n));
}

int edo_udp_try_send_many(edo_stream *s, const edo_packet *packets, size_t n) {
    edo_udp_send_many_future f = { .stream = s, .packets = packets, .n = n };
    return n == 0 ? -EINVAL : edoi_datagram_now(s, EDOI_WRITE, udp_transmit, &f);
}
