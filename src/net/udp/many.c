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

#define AT_ONCE 16 /* of one system call: what the frame has room for */

/* The length of a segment as control data; the kernel reports an int and takes 16 bits. In front of
 * it the kernel puts what the program may have enabled for all sockets: time stamps of two kinds, a
 * count of drops, a mark, a priority. */
typedef struct segment_note {
    _Alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(struct timespec)) +
                                        CMSG_SPACE(3 * sizeof(struct timespec)) +
                                        4 * CMSG_SPACE(sizeof(int))];
} segment_note;

typedef struct msg_batch {
    struct mmsghdr msgs[AT_ONCE];
    struct iovec vecs[AT_ONCE];
    segment_note notes[AT_ONCE];
} msg_batch;

/* ---- Receiving ------------------------------------------------------------------------------- */

/* A Unix socket gets no room for control data: the kernel would put descriptors there. */
static void make_room(msg_batch *b, edo_packet *packets, size_t n, bool is_udp) {
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

static void take_over(msg_batch *b, edo_packet *packets, size_t n) {
    for (size_t i = 0; i < n; i++) {
        edo_packet *p = &packets[i];
        p->truncated = (b->msgs[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
        p->n = b->msgs[i].msg_len;
        p->addr.bytes = edoi_addr_bytes(b->msgs[i].msg_hdr.msg_namelen);
        p->segment = segment_of(&b->msgs[i].msg_hdr);
    }
}

static ssize_t receive(int fd, void *op) {
    const edo_udp_recv_many_future *f = op;
    size_t done = 0;
    for (;;) {
        msg_batch b;
        size_t n = f->n - done < AT_ONCE ? f->n - done : AT_ONCE;
        make_room(&b, f->packets + done, n, f->stream->ops == &edoi_udp_ops);
        int got = recvmmsg(fd, b.msgs, (unsigned)n, 0, NULL);
        if (got <= 0) return done > 0 ? (ssize_t)done : got;
        take_over(&b, f->packets + done, (size_t)got);
        done += (size_t)got;
        if ((size_t)got < n || done == f->n) return (ssize_t)done;
    }
}

static edo_polled recv_many_poll(edo_future *base, edo_cx *cx) {
    edo_udp_recv_many_future *f = (edo_udp_recv_many_future *)(void *)base;
    if (f->n == 0) return edo_future_finish(base, -EINVAL);
    return edoi_datagram_poll(base, cx, f->stream, EDOI_READ, &f->wait, receive, f);
}

static void recv_many_drop(edo_future *base) {
    edo_udp_recv_many_future *f = (edo_udp_recv_many_future *)(void *)base;
    edoi_io_drop(base, f->stream, &f->wait);
}

static const edo_future_ops recv_many_ops = { .poll = recv_many_poll,
                                              .drop = recv_many_drop,
                                              .name = "edo_udp_recv_many",
                                              .size = sizeof(edo_udp_recv_many_future) };

edo_future *edo_udp_recv_many_init(edo_udp_recv_many_future *f, edo_stream *s, edo_packet *packets,
                                   size_t n) {
    (void)edoi_handle_misused(EDOI_STREAM, s);
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
    return n == 0 ? -EINVAL : edoi_datagram_now(s, EDOI_READ, receive, &f);
}

/* ---- Sending --------------------------------------------------------------------------------- */

/* Makes the kernel cut the bytes. */
static void note_segment(struct msghdr *msg, segment_note *note, uint16_t segment) {
    msg->msg_control = note->bytes;
    msg->msg_controllen = CMSG_SPACE(sizeof segment);
    struct cmsghdr *c = CMSG_FIRSTHDR(msg);
    *c = (struct cmsghdr){ .cmsg_level = SOL_UDP,
                           .cmsg_type = UDP_SEGMENT,
                           .cmsg_len = CMSG_LEN(sizeof segment) };
    memcpy(CMSG_DATA(c), &segment, sizeof segment);
}

static void fill(msg_batch *b, const edo_packet *packets, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const edo_packet *p = &packets[i];
        struct msghdr *msg = &b->msgs[i].msg_hdr;
        b->vecs[i] = (struct iovec){ .iov_base = p->buf, .iov_len = p->n };
        *msg = (struct msghdr){ .msg_iov = &b->vecs[i], .msg_iovlen = 1 };
        if (p->addr.bytes > 0) {
            msg->msg_name = (void *)(uintptr_t)&p->addr.sock;
            msg->msg_namelen = p->addr.bytes;
        }
        if (p->segment > 0 && p->segment < p->n) note_segment(msg, &b->notes[i], p->segment);
    }
}

static ssize_t transmit(int fd, void *op) {
    const edo_udp_send_many_future *f = op;
    size_t done = 0;
    for (;;) {
        msg_batch b;
        size_t n = f->n - done < AT_ONCE ? f->n - done : AT_ONCE;
        fill(&b, f->packets + done, n);
        int put = sendmmsg(fd, b.msgs, (unsigned)n, MSG_NOSIGNAL);
        if (put <= 0) return done > 0 ? (ssize_t)done : put;
        done += (size_t)put;
        if ((size_t)put < n || done == f->n) return (ssize_t)done;
    }
}

static edo_polled send_many_poll(edo_future *base, edo_cx *cx) {
    edo_udp_send_many_future *f = (edo_udp_send_many_future *)(void *)base;
    if (f->n == 0) return edo_future_finish(base, -EINVAL);
    return edoi_datagram_poll_send(base, cx, f->stream, &f->wait, f->packets->addr.bytes > 0,
                                   transmit, f);
}

static void send_many_drop(edo_future *base) {
    edo_udp_send_many_future *f = (edo_udp_send_many_future *)(void *)base;
    edoi_io_drop(base, f->stream, &f->wait);
}

static const edo_future_ops send_many_ops = { .poll = send_many_poll,
                                              .drop = send_many_drop,
                                              .name = "edo_udp_send_many",
                                              .size = sizeof(edo_udp_send_many_future) };

edo_future *edo_udp_send_many_init(edo_udp_send_many_future *f, edo_stream *s,
                                   const edo_packet *packets, size_t n) {
    (void)edoi_handle_misused(EDOI_STREAM, s);
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
    edo_udp_send_many_future f = { .packets = packets, .n = n };
    return n == 0 ? -EINVAL : edoi_datagram_now(s, EDOI_WRITE, transmit, &f);
}
