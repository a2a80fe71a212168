/* SPDX-License-Identifier: MIT */
/* tests/growth/sockets.c: n futures that wait for one packet socket, or each for a Unix
 * connection. */
#include "crowd.h"

#include <edo/codec.h>
#include <edo/udp.h>
#include <edo/udp_framed.h>
#include <edo/unix.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

/* ---- Datagrams, messages and descriptors ----------------------------------------------------- */

static edo_stream *near_end, *far_end;
static char bytes[8];
static edo_packet packet = { .buf = bytes, .room = sizeof bytes, .n = 1 };
static struct iovec one_byte = { bytes, 1 };
static struct msghdr message = { .msg_iov = &one_byte, .msg_iovlen = 1 };
static int no_fd[1];
static edo_unix_fds *passed;
static edo_codec_bytes codec;
static edo_udp_framed *framed;
static edo_bytes *frames;

static void dgram_open(uint32_t n) {
    (void)n;
    GROWTH_CHECK(edo_unix_dgram_pair(&near_end, &far_end) == 0);
    passed = growth_alloc(n, sizeof *passed);
    GROWTH_CHECK(edo_try_read(near_end, bytes, sizeof bytes) == -EAGAIN);
}
static void full_dgram_open(uint32_t n) {
    dgram_open(n);
    while (edo_try_write(near_end, bytes, sizeof bytes) > 0) continue;
}
static void recv_from_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_udp_recv_from_init(f, near_end, bytes, sizeof bytes, NULL);
}
static void recv_many_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_udp_recv_many_init(f, near_end, &packet, 1);
}
static void send_to_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_udp_send_to_init(f, near_end, bytes, 1, NULL);
}
static void send_many_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_udp_send_many_init(f, near_end, &packet, 1);
}
static void sendmsg_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_sendmsg_init(f, near_end, &message, 0);
}
static void recvmsg_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_recvmsg_init(f, near_end, &message, 0);
}
static void send_fds_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_unix_send_fds_init(f, near_end, bytes, 1, no_fd, 0);
}
static void recv_fds_make(void *f, uint32_t i) {
    (void)edo_unix_recv_fds_init(f, near_end, bytes, sizeof bytes, &passed[i]);
}
static void udp_framed_open(uint32_t n) {
    frames = growth_alloc(n, sizeof *frames);
    framed = growth_alloc(n, sizeof *framed);
    edo_codec_bytes_init(&codec);
    for (uint32_t i = 0; i < n; i++)
        GROWTH_CHECK(edo_udp_framed_init(&framed[i], near_end, &codec.base) == 0);
}
static void framed_recv_open(uint32_t n) {
    dgram_open(n);
    udp_framed_open(n);
}
static void framed_send_open(uint32_t n) {
    full_dgram_open(n);
    udp_framed_open(n);
}
static void framed_recv_make(void *f, uint32_t i) {
    (void)edo_udp_framed_recv_init(f, &framed[i], &frames[i], NULL);
}
static void framed_send_make(void *f, uint32_t i) {
    frames[i] = edo_bytes_from_static(EDO_STR("x"));
    (void)edo_udp_framed_send_init(f, &framed[i], &frames[i], NULL);
}
static void framed_flush_make(void *f, uint32_t i) {
    GROWTH_CHECK(edo_bytes_chain_append(&framed[i].out, "x", 1) == 0);
    framed[i].is_unsent = true; // as after a send that was cancelled
    (void)edo_udp_framed_flush_init(f, &framed[i]);
}
static void dgram_shut(uint32_t n) {
    (void)n;
    free(passed);
    edo_close(near_end);
    edo_close(far_end);
}

static void framed_shut(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        edo_bytes_unref(&frames[i]);
        edo_udp_framed_deinit(&framed[i]);
    }
    free(framed);
    free(frames);
    dgram_shut(n);
}

static void dgram_wake(uint32_t n) {
    (void)n;
    GROWTH_CHECK(edo_write(far_end, "x", 1) == 1);
    GROWTH_CHECK(edo_sleep(edo_ms(1)) == 0);
}
static void full_dgram_wake(uint32_t n) {
    struct pollfd room = { .fd = edo_stream_fd(near_end), .events = POLLOUT };
    (void)n;
    while (poll(&room, 1, 0) == 0) (void)!edo_try_read(far_end, bytes, sizeof bytes);
    GROWTH_CHECK(edo_sleep(edo_ms(1)) == 0);
}

/* ---- Connecting ------------------------------------------------------------------------------ */

#define EARLIER 8 /* more than a full listener has room for */

static edo_listener *listener;
static edo_stream **opened, *early[EARLIER];

/* A listener without room, whose connectors nap. */
static char full_path[EDO_ADDR_TEXT_MAX];

static void full_unix_open(uint32_t n) {
    edo_addr at;
    opened = growth_alloc(n, sizeof(edo_stream *));
    GROWTH_CHECK(edo_unix_listen(&listener, "", &(edo_unix_opts){ .backlog = 1 }) == 0);
    GROWTH_CHECK(edo_listener_addr(listener, &at) == 0);
    GROWTH_CHECK(edo_addr_print(&at, full_path, sizeof full_path) > 0);
    for (uint32_t i = 0; i < EARLIER; i++) {
        edo_unix_connect_future f;
        early[i] = NULL;
        (void)edo_poll_once(edo_unix_connect_init(&f, &early[i], full_path, NULL));
        edo_drop(&f.base);
    }
}
static void unix_connect_make(void *f, uint32_t i) {
    (void)edo_unix_connect_init(f, &opened[i], full_path, NULL);
}
static void full_unix_shut(uint32_t n) {
    for (uint32_t i = 0; i < EARLIER; i++) edo_close(early[i]);
    edo_listener_unref(listener);
    free(opened);
    (void)n;
}

const growth_case growth_sockets[] = {
    { .name = "unix_connect",
      KIND(edo_unix_connect_future, full_unix_open, unix_connect_make, NULL, NULL,
           full_unix_shut) },
    { .name = "recvmsg",
      KIND(edo_recvmsg_future, dgram_open, recvmsg_make, dgram_wake, NULL, dgram_shut) },
    { .name = "sendmsg",
      KIND(edo_sendmsg_future, full_dgram_open, sendmsg_make, full_dgram_wake, NULL, dgram_shut) },
    { .name = "udp_recv_from",
      KIND(edo_udp_recv_from_future, dgram_open, recv_from_make, dgram_wake, NULL, dgram_shut) },
    { .name = "udp_framed_recv",
      KIND(edo_udp_framed_recv_future, framed_recv_open, framed_recv_make, dgram_wake, NULL,
           framed_shut) },
    { .name = "udp_framed_send",
      KIND(edo_udp_framed_send_future, framed_send_open, framed_send_make, full_dgram_wake, NULL,
           framed_shut) },
    { .name = "udp_framed_flush",
      KIND(edo_udp_framed_flush_future, framed_send_open, framed_flush_make, full_dgram_wake, NULL,
           framed_shut) },
    { .name = "udp_recv_many",
      KIND(edo_udp_recv_many_future, dgram_open, recv_many_make, dgram_wake, NULL, dgram_shut) },
    { .name = "udp_send_to",
      KIND(edo_udp_send_to_future, full_dgram_open, send_to_make, full_dgram_wake, NULL,
           dgram_shut) },
    { .name = "udp_send_many",
      KIND(edo_udp_send_many_future, full_dgram_open, send_many_make, full_dgram_wake, NULL,
           dgram_shut) },
    { .name = "unix_recv_fds",
      KIND(edo_unix_recv_fds_future, dgram_open, recv_fds_make, dgram_wake, NULL, dgram_shut) },
    { .name = "unix_send_fds",
      KIND(edo_unix_send_fds_future, full_dgram_open, send_fds_make, full_dgram_wake, NULL,
           dgram_shut) },
    { .name = NULL },
};
