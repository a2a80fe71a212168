/* SPDX-License-Identifier: MIT */
/* sim/net/bed_test.h: two hosts for a test, a millisecond apart, and the steps that tests share. */
#ifndef EDOI_SIM_NET_BED_TEST_H
#define EDOI_SIM_NET_BED_TEST_H

#include "sim/net/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define US        INT64_C(1000)
#define MS        INT64_C(1000000)
#define S         INT64_C(1000000000)
#define PORT      8000
#define A_IP      "10.0.0.1"
#define B_IP      "10.0.0.2"
#define NOBODY_IP "10.0.0.99"

/* What poll() says of a connection at rest, and what is added. */
#define CALM  ((uint32_t)(EPOLLOUT | EPOLLWRNORM))
#define INPUT ((uint32_t)(EPOLLIN | EPOLLRDNORM))
#define ENDED ((uint32_t)(INPUT | EPOLLRDHUP))
#define HUNG  ((uint32_t)(CALM | ENDED | EPOLLHUP))

typedef struct bed {
    edoi_simnet *net;
    edoi_simnode *a, *b;
    int blocked_n, pipes_n; /* calls of the hooks */
} bed;

/* Both ends of a connection, of a and of b, and the listener of b. */
typedef struct ends {
    int a, b, listener;
} ends;

static inline void bed_on_blocking(void *arg, edoi_simnode *node, int fd) {
    bed *t = (bed *)arg;
    (void)node;
    (void)fd;
    t->blocked_n++;
}

static inline void bed_on_sigpipe(void *arg, edoi_simnode *node, int fd) {
    bed *t = (bed *)arg;
    (void)node;
    (void)fd;
    t->pipes_n++;
}

static inline edoi_simnode *bed_node(edoi_simnet *net, const char *name, const char *v4,
                                     const char *v6) {
    edoi_simnode *node;
    struct in_addr ip4;
    struct in6_addr ip6;
    assert_int_equal(inet_pton(AF_INET, v4, &ip4), 1);
    assert_int_equal(inet_pton(AF_INET6, v6, &ip6), 1);
    assert_int_equal(edoi_simnode_add(net, &node, name, &ip4, &ip6), 0);
    return node;
}

static inline void bed_init(bed *t, uint64_t seed, bool shuffle) {
    edoi_simnet_opts opts = { .seed = seed,
                              .shuffle = shuffle,
                              .on_blocking = bed_on_blocking,
                              .on_sigpipe = bed_on_sigpipe,
                              .arg = t };
    const edoi_simlink_opts far_apart = { .latency_min = MS };
    *t = (bed){ .net = NULL };
    assert_int_equal(edoi_simnet_new(&t->net, &opts), 0);
    assert_int_equal(edoi_simlink_set(t->net, NULL, NULL, &far_apart), 0);
    t->a = bed_node(t->net, "a", A_IP, "fd00::1");
    t->b = bed_node(t->net, "b", B_IP, "fd00::2");
}

static inline int bed_setup(void **state) {
    bed *t = malloc(sizeof *t);
    if (!t) return -1;
    bed_init(t, 1, false);
    *state = t;
    return 0;
}

static inline int bed_teardown(void **state) {
    bed *t = *state;
    edoi_simnet_free(t->net);
    free(t);
    return 0;
}

static inline void pass(bed *t, int64_t ns) {
    edoi_simnet_advance(t->net, edoi_simnet_now(t->net) + ns);
}

static inline struct sockaddr_in at_ip(const char *ip, uint16_t port) {
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
    assert_int_equal(inet_pton(AF_INET, ip, &at.sin_addr), 1);
    return at;
}

static inline int opened(edoi_simnode *node, int type) {
    int fd = edoi_simnet_socket(node, AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(edoi_simnet_is_fd(fd));
    return fd;
}

static inline int bound(edoi_simnode *node, int fd, const char *ip, uint16_t port) {
    struct sockaddr_in at = at_ip(ip, port);
    return edoi_simnet_bind(node, fd, (struct sockaddr *)&at, sizeof at);
}

static inline int connects(edoi_simnode *node, int fd, const char *ip, uint16_t port) {
    struct sockaddr_in at = at_ip(ip, port);
    return edoi_simnet_connect(node, fd, (struct sockaddr *)&at, sizeof at);
}

static inline int listening(edoi_simnode *node, uint16_t port, int backlog) {
    int fd = opened(node, SOCK_STREAM);
    assert_int_equal(bound(node, fd, "0.0.0.0", port), 0);
    assert_int_equal(edoi_simnet_listen(node, fd, backlog), 0);
    return fd;
}

static inline int accepts(edoi_simnode *node, int listener) {
    return edoi_simnet_accept4(node, listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static inline int error_of(edoi_simnode *node, int fd) {
    int err = -1;
    socklen_t bytes = sizeof err;
    assert_int_equal(edoi_simnet_getsockopt(node, fd, SOL_SOCKET, SO_ERROR, &err, &bytes), 0);
    return err;
}

static inline void sets(edoi_simnode *node, int fd, int level, int name, int value) {
    assert_int_equal(edoi_simnet_setsockopt(node, fd, level, name, &value, sizeof value), 0);
}

static inline int gets_int(edoi_simnode *node, int fd, int level, int name) {
    int value = -1;
    socklen_t bytes = sizeof value;
    assert_int_equal(edoi_simnet_getsockopt(node, fd, level, name, &value, &bytes), 0);
    assert_int_equal(bytes, sizeof value);
    return value;
}

static inline void resets_on_close(edoi_simnode *node, int fd) {
    struct linger l = { .l_onoff = 1 };
    assert_int_equal(edoi_simnet_setsockopt(node, fd, SOL_SOCKET, SO_LINGER, &l, sizeof l), 0);
}

/* A connection from a to port PORT of b, of whose handshake nothing is under way. `window`: what b
 * sets as its SO_RCVBUF; 0: nothing. */
static inline ends joined_by(bed *t, int window) {
    ends e = { .listener = listening(t->b, PORT, 10), .a = opened(t->a, SOCK_STREAM) };
    if (window > 0) sets(t->b, e.listener, SOL_SOCKET, SO_RCVBUF, window);
    assert_int_equal(connects(t->a, e.a, B_IP, PORT), -EINPROGRESS);
    pass(t, 3 * MS);
    e.b = accepts(t->b, e.listener);
    assert_true(edoi_simnet_is_fd(e.b));
    assert_int_equal(error_of(t->a, e.a), 0);
    return e;
}

static inline ends joined(bed *t) {
    return joined_by(t, 0);
}

static inline ssize_t puts_text(edoi_simnode *node, int fd, const char *text) {
    return edoi_simnet_send(node, fd, text, strlen(text), MSG_NOSIGNAL);
}

/* Receives exactly this text. */
static inline void gets_text(edoi_simnode *node, int fd, const char *text) {
    char got[64];
    assert_true(strlen(text) < sizeof got);
    assert_int_equal(edoi_simnet_recv(node, fd, got, sizeof got, 0), strlen(text));
    assert_memory_equal(got, text, strlen(text));
}

static inline ssize_t gets_any(edoi_simnode *node, int fd) {
    char got[64];
    return edoi_simnet_recv(node, fd, got, sizeof got, 0);
}

static inline void closes(edoi_simnode *node, int fd) {
    assert_int_equal(edoi_simnet_close(node, fd), 0);
}

#endif
