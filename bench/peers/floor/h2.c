/* SPDX-License-Identifier: MIT */
/* floor-h2 HOST:PORT [grpc]: the cheapest server over nghttp2, as a lower bound.
 *
 * One thread, one level-triggered epoll set. Each request gets one fixed response, "/16k.bin" a GiB
 * of one piece of memory; with "grpc" that response is a message of a string of 64 bytes, and a status: no routes, no limits, no timers. What a read has brought is fed as it is,
 * and all that follows from it leaves by one send. A socket that takes less than it is given is
 * waited for. */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define GRPC_64   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LARGE     (UINT64_C(1) << 30)
#define OUT_BYTES 65536
#define VECS_MAX  60

typedef struct conn {
    nghttp2_session *session;
    int fd;
    bool waits; /* for room in the socket */
    char *rest; /* that the socket has not taken */
    size_t rest_n, rest_at;
} conn;

static bool is_grpc;
static const char *body = "Hello, World!";
static size_t body_n = 13;
static char in[16384], large[16384];
static char out[OUT_BYTES];
static struct iovec vecs[VECS_MAX + 4];
static size_t out_n, vecs_n;
static nghttp2_session_callbacks *callbacks;

static void put(const void *bytes, size_t n) {
    struct iovec *last = vecs_n > 0 ? &vecs[vecs_n - 1] : NULL;
    memcpy(out + out_n, bytes, n);
    if (last && (char *)last->iov_base + last->iov_len == out + out_n)
        last->iov_len += n;
    else
        vecs[vecs_n++] = (struct iovec){ out + out_n, n };
    out_n += n;
}

#define NV(name, value)                                                                            \
    {                                                                                              \
        (uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, sizeof name - 1,                  \
            sizeof value - 1, NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE         \
    }

static bool is_full(void) {
    return OUT_BYTES - out_n < 17000 || vecs_n >= VECS_MAX;
}

/* What is left of a body is its stream's user data. */
static ssize_t next_piece(nghttp2_session *s, int32_t id, uint8_t *buf, size_t n, uint32_t *flags,
                          nghttp2_data_source *source, void *arg) {
    uint64_t left = (uint64_t)(uintptr_t)nghttp2_session_get_stream_user_data(s, id);
    (void)buf, (void)source, (void)arg;
    if (left <= n) {
        n = (size_t)left;
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (is_grpc) {
            static const nghttp2_nv status = NV("grpc-status", "0");
            *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
            if (nghttp2_submit_trailer(s, id, &status, 1) != 0) return NGHTTP2_ERR_CALLBACK_FAILURE;
        }
    }
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    return (ssize_t)n;
}

static int on_send_data(nghttp2_session *s, nghttp2_frame *frame, const uint8_t *head, size_t n,
                        nghttp2_data_source *source, void *arg) {
    int32_t id = frame->hd.stream_id;
    uint64_t left = (uint64_t)(uintptr_t)nghttp2_session_get_stream_user_data(s, id);
    (void)source, (void)arg;
    if (is_full()) return NGHTTP2_ERR_WOULDBLOCK;
    put(head, 9);
    if (left > body_n)
        vecs[vecs_n++] = (struct iovec){ large, n };
    else
        put(body, n);
    (void)nghttp2_session_set_stream_user_data(s, id, (void *)(uintptr_t)(left - n));
    return 0;
}

static int on_header(nghttp2_session *s, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_n, const uint8_t *value, size_t value_n, uint8_t flags,
                     void *arg) {
    (void)flags, (void)arg;
    if (name_n == 5 && memcmp(name, ":path", 5) == 0) {
        uint64_t n = value_n == 8 && memcmp(value, "/16k.bin", 8) == 0 ? LARGE : body_n;
        (void)nghttp2_session_set_stream_user_data(s, frame->hd.stream_id, (void *)(uintptr_t)n);
    }
    return 0;
}

static int on_frame(nghttp2_session *s, const nghttp2_frame *frame, void *arg) {
    static const nghttp2_nv small[] = { NV(":status", "200"),
                                        NV("content-type", "text/plain; charset=utf-8"),
                                        NV("content-length", "13"),
                                        NV("date", "Sun, 06 Nov 1994 08:49:37 GMT") };
    static const nghttp2_nv grpc[] = { NV(":status", "200"),
                                       NV("content-type", "application/grpc") };
    static const nghttp2_nv much[] = { NV(":status", "200"), NV("content-length", "1073741824") };
    const nghttp2_data_provider source = { .read_callback = next_piece };
    int32_t id = frame->hd.stream_id;
    (void)arg;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) return 0;
    if (is_grpc) return nghttp2_submit_response(s, id, grpc, 2, &source);
    bool is_large = (uint64_t)(uintptr_t)nghttp2_session_get_stream_user_data(s, id) > body_n;
    return nghttp2_submit_response(s, id, is_large ? much : small, is_large ? 2 : 4, &source);
}

static void end(conn *c) {
    close(c->fd);
    nghttp2_session_del(c->session);
    free(c->rest);
    free(c);
}

/* Waits for input, and for room if bytes are left. */
static void wait_for(int set, conn *c, bool room) {
    struct epoll_event ev = { .events = room ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = c };
    if (c->waits != room) epoll_ctl(set, EPOLL_CTL_MOD, c->fd, &ev);
    c->waits = room;
}

/* Keeps what was not sent. */
static void keep(conn *c, size_t sent) {
    size_t n = 0;
    for (size_t i = 0; i < vecs_n; i++) n += vecs[i].iov_len;
    c->rest = malloc(n - sent);
    c->rest_n = c->rest_at = 0;
    if (!c->rest) abort();
    for (size_t i = 0; i < vecs_n; i++) {
        size_t skip = sent < vecs[i].iov_len ? sent : vecs[i].iov_len;
        sent -= skip;
        memcpy(c->rest + c->rest_n, (char *)vecs[i].iov_base + skip, vecs[i].iov_len - skip);
        c->rest_n += vecs[i].iov_len - skip;
    }
}

/* Returns 1 when all is sent, 0 when the socket is full, -1 at the end. */
static int send_rest(conn *c) {
    if (!c->rest) return 1;
    ssize_t n = send(c->fd, c->rest + c->rest_at, c->rest_n - c->rest_at, MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN ? 0 : -1;
    c->rest_at += (size_t)n;
    if (c->rest_at < c->rest_n) return 0;
    free(c->rest);
    c->rest = NULL;
    return 1;
}

static int send_all(conn *c) {
    const uint8_t *bytes;
    for (;;) {
        int rc = send_rest(c);
        if (rc <= 0) return rc;
        out_n = vecs_n = 0;
        ssize_t n = 0, sent;
        while (!is_full() && (n = nghttp2_session_mem_send(c->session, &bytes)) > 0)
            put(bytes, (size_t)n);
        if (n < 0) return -1;
        if (vecs_n == 0) return 1;
        sent = writev(c->fd, vecs, (int)vecs_n);
        if (sent < 0 && errno != EAGAIN) return -1;
        size_t all = 0;
        for (size_t i = 0; i < vecs_n; i++) all += vecs[i].iov_len;
        if (sent < (ssize_t)all) keep(c, sent < 0 ? 0 : (size_t)sent);
    }
}

static void serve(int set, conn *c, bool has_input) {
    ssize_t n = has_input ? recv(c->fd, in, sizeof in, 0) : -2;
    bool is_over = n == 0 || (n == -1 && errno != EAGAIN);
    if (n > 0 && nghttp2_session_mem_recv(c->session, (uint8_t *)in, (size_t)n) < 0) is_over = true;
    int rc = is_over ? -1 : send_all(c);
    if (rc < 0)
        end(c);
    else
        wait_for(set, c, rc == 0);
}

static void accept_all(int set, int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
        if (fd < 0) return;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        conn *c = calloc(1, sizeof *c);
        if (!c) abort();
        c->fd = fd;
        const nghttp2_settings_entry most = { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 200 };
        if (nghttp2_session_server_new(&c->session, callbacks, c) != 0 ||
            nghttp2_submit_settings(c->session, 0, &most, 1) != 0)
            abort();
        struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
        if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &ev) < 0) end(c);
    }
}

int main(int argc, char **argv) {
    int set = epoll_create1(EPOLL_CLOEXEC);
    int listener = argc == 2 || argc == 3 ? listen_on(argv[1]) : -1;
    if (set < 0 || listener < 0) {
        fprintf(stderr, "usage: floor-h2 HOST:PORT [grpc]\n");
        return 2;
    }
    if (argc == 3) {
        static const char message[] = "\0\0\0\0\102\012\100" GRPC_64;
        is_grpc = true;
        body = message;
        body_n = sizeof message - 1;
    }
    if (nghttp2_session_callbacks_new(&callbacks) != 0) return 1;
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, on_send_data);
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL }, events[256];
    if (epoll_ctl(set, EPOLL_CTL_ADD, listener, &ev) < 0) return 1;
    for (;;) {
        int n = epoll_wait(set, events, 256, -1);
        for (int i = 0; i < n; i++) {
            if (!events[i].data.ptr)
                accept_all(set, listener);
            else
                serve(set, events[i].data.ptr, events[i].events & ~(uint32_t)EPOLLOUT);
        }
    }
}
