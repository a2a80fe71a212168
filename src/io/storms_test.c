/* SPDX-License-Identifier: MIT */
/* Goal: every kind of stream that has a descriptor does what it promises while most system calls
 * are interrupted (EINTR), or find nothing although readiness was reported (EAGAIN).
 * Method: three of four calls fail, at random, and the test suite of streams goes on regardless.
 * After an EAGAIN of its own the test registers the descriptor anew, whereupon the kernel reports
 * the readiness that it has reported before. */
#include "net/raw_socket.h"

#include "disturbed_calls.h"
#include "inside.h"
#include "seed.h"

#include <edo/edo.h>
#include <edo/fd.h>
#include <edo/pipe.h>
#include <edo/test.h>
#include <edo/udp.h>
#include <edo/unix.h>

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>

#define FDS_MAX    256
#define EPOLLS_MAX 64

static atomic_int storm; // the code of most calls; 0: none fails
static atomic_uint calls_n, failed_n;
static uint64_t seed;

/* How each descriptor was registered last with each epoll descriptor: its two directions may be
 * with two. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    bool may_be; /* false: it is not registered */
    struct epoll_event event;
} registered[FDS_MAX][EPOLLS_MAX];

int epoll_ctl(int epoll, int what, int fd, struct epoll_event *event) {
    (void)pthread_mutex_lock(&lock);
    int rc = (int)syscall(SYS_epoll_ctl, epoll, what, fd, event), err = errno;
    if (rc == 0 && fd < FDS_MAX && epoll < EPOLLS_MAX) {
        registered[fd][epoll].may_be = what != EPOLL_CTL_DEL;
        if (event) registered[fd][epoll].event = *event;
    }
    (void)pthread_mutex_unlock(&lock);
    errno = err;
    return rc;
}

/* False: it is not registered, so nothing would report it. */
static bool report_again(int fd) {
    bool can = false;
    (void)pthread_mutex_lock(&lock);
    for (int epoll = 0; fd < FDS_MAX && epoll < EPOLLS_MAX; epoll++) {
        if (!registered[fd][epoll].may_be) continue;
        bool is =
            syscall(SYS_epoll_ctl, epoll, EPOLL_CTL_MOD, fd, &registered[fd][epoll].event) == 0;
        registered[fd][epoll].may_be = is;
        can |= is;
    }
    (void)pthread_mutex_unlock(&lock);
    return can;
}

static bool is_one_of_four(void) {
    uint64_t x = seed + atomic_fetch_add(&calls_n, 1) * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return (x >> 40) % 4 == 0;
}

static int disturb(int fd) {
    int err = atomic_load(&storm);
    if (err == 0 || is_one_of_four()) return 0;
    if (err == EAGAIN && !report_again(fd)) return 0;
    atomic_fetch_add(&failed_n, 1);
    return err;
}

/* An attempt that is interrupted goes on. */
int connect(int fd, __CONST_SOCKADDR_ARG addr, socklen_t bytes) {
    bool is_local = addr.__sockaddr__->sa_family == AF_UNIX; // made at once, or not at all
    bool is_interrupted = atomic_load(&storm) == EINTR && !is_one_of_four();
    int rc =
        is_local && is_interrupted ? -1 : (int)syscall(SYS_connect, fd, addr.__sockaddr__, bytes);
    if (is_interrupted && (is_local || errno == EINPROGRESS)) errno = EINTR;
    return rc;
}

/* ---- Streams --------------------------------------------------------------------------------- */

static int make_tcp_with(edo_stream **a, edo_stream **b, const char *local, uint32_t buffers) {
    const edo_tcp_opts opts = { .send_buffer = buffers, .recv_buffer = buffers };
    edo_listener *l;
    edo_addr at;
    int err = edo_tcp_listen(&l, local, &opts);
    if (err < 0) return err;
    err = edo_listener_addr(l, &at);
    if (err == 0) err = edo_tcp_connect_addr(a, &at, &opts);
    if (err == 0) err = edo_accept(l, b);
    edo_listener_close(l);
    return err;
}

static int make_tcp(edo_stream **a, edo_stream **b, void *arg) {
    return make_tcp_with(a, b, arg, 0);
}

/* So that writers have to wait. */
static int make_narrow_tcp(edo_stream **a, edo_stream **b, void *arg) {
    return make_tcp_with(a, b, arg, 4096);
}

static int make_unix(edo_stream **a, edo_stream **b, void *arg) {
    edo_listener *l;
    edo_addr at;
    char name[EDO_ADDR_TEXT_MAX];
    (void)arg;
    int err = edo_unix_listen(&l, "", NULL);
    if (err < 0) return err;
    err = edo_listener_addr(l, &at);
    if (err == 0) CHECK(edo_addr_print(&at, name, sizeof name) > 0);
    if (err == 0) err = edo_unix_connect(a, name, NULL);
    if (err == 0) err = edo_accept(l, b);
    edo_listener_close(l);
    return err;
}

static int make_pipe(edo_stream **a, edo_stream **b, void *arg) {
    (void)arg;
    return edo_pipe(b, a, NULL);
}

/* A pipe of packets, which wraps descriptors of the program's own. */
static int make_packet_pipe(edo_stream **a, edo_stream **b, void *arg) {
    int fds[2];
    (void)arg;
    CHECK_EQ(pipe2(fds, O_CLOEXEC | O_NONBLOCK | O_DIRECT), 0);
    int err = edo_stream_from_fd(b, fds[0]);
    return err < 0 ? err : edo_stream_from_fd(a, fds[1]);
}

typedef struct kind {
    const char *name;
    edo_test_pair_fn *make;
    void *arg;
    bool one_way;
} kind;

static char v4[] = "127.0.0.1:0", v6[] = "[::1]:0";

static const kind streams[] = {
    { "TCP", make_tcp, v4, false },
    { "TCP over IPv6", make_tcp, v6, false },
    { "Unix", make_unix, NULL, false },
    { "pipe", make_pipe, NULL, true },
};

static const kind narrow_tcp = { "TCP with small buffers", make_narrow_tcp, v4, false };

/* The rules that fill a stream by tries take EAGAIN for a full one, and do not wait for the slow
 * ways of small buffers. */
static int keeps_the_rules(void *arg) {
    const kind *k = arg;
    const edo_test_suite_opts opts = { .one_way = k->one_way,
                                       .no_peek = k->one_way,
                                       .no_back_pressure =
                                           k == &narrow_tcp || atomic_load(&storm) == EAGAIN };
    return edo_test_stream_suite(k->make, k->arg, &opts);
}

static void weather(edo_task_fn *fn, const kind *k) {
    static const int codes[] = { EINTR, EAGAIN };
    seed = test_seed(11);
    for (size_t i = 0; i < EDO_COUNT(codes); i++) {
        unsigned before = atomic_load(&failed_n);
        atomic_store(&storm, codes[i]);
        int err = inside_each(fn, (void *)(uintptr_t)k);
        atomic_store(&storm, 0);
        if (err < 0) fail_msg("%s: %s", k->name, edo_strerror(err));
        assert_true(atomic_load(&failed_n) - before > 100);
    }
}

static void every_kind_of_stream_keeps_the_rules_in_a_storm(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(streams); i++) weather(keeps_the_rules, &streams[i]);
    weather(keeps_the_rules, &narrow_tcp);
}

/* ---- Packets --------------------------------------------------------------------------------- */

#define PACKETS 60

static int make_udp(edo_stream **a, edo_stream **b, void *arg) {
    edo_addr at_a, at_b;
    int err = edo_udp_bind(a, arg, NULL);
    if (err == 0) err = edo_udp_bind(b, arg, NULL);
    if (err == 0) err = edo_stream_local_addr(*a, &at_a);
    if (err == 0) err = edo_stream_local_addr(*b, &at_b);
    if (err == 0) err = edo_udp_set_peer(*a, &at_b);
    return err < 0 ? err : edo_udp_set_peer(*b, &at_a);
}

static int make_dgrams(edo_stream **a, edo_stream **b, void *arg) {
    (void)arg;
    return edo_unix_dgram_pair(a, b);
}

static int make_seqpackets(edo_stream **a, edo_stream **b, void *arg) {
    (void)arg;
    return edo_unix_seqpacket_pair(a, b);
}

static const kind of_packets[] = {
    { "UDP", make_udp, v4, false },
    { "Unix datagrams", make_dgrams, NULL, false },
    { "Unix packets", make_seqpackets, NULL, false },
    { "packet pipe", make_packet_pipe, NULL, true },
};

/* One end, and how many of the operations below it has. */
typedef struct packets {
    edo_stream *s;
    int ways;
} packets;

static int ways_of(const kind *k) {
    if (k->make == make_packet_pipe) return 2;
    return k->make == make_seqpackets ? 3 : 6;
}

/* Each packet by another operation. */
static int send_one(const packets *p, int i) {
    char byte = (char)i;
    struct iovec vec = { &byte, 1 };
    const struct msghdr msg = { .msg_iov = &vec, .msg_iovlen = 1 };
    const edo_packet packet = { .buf = &byte, .n = 1 };
    switch (i % p->ways) {
    case 0: return edo_write(p->s, &byte, 1);
    case 1: return edo_writev(p->s, &vec, 1);
    case 2: return edo_sendmsg(p->s, &msg, 0);
    case 3: return edo_udp_send_many(p->s, &packet, 1);
    default: CHECK_EQ(edo_udp_send_to(p->s, &byte, 1, NULL), 0); return 1;
    }
}

static int receive_one(const packets *p, int i, char *byte) {
    struct iovec vec = { byte, 1 };
    struct msghdr msg = { .msg_iov = &vec, .msg_iovlen = 1 };
    edo_packet packet = { .buf = byte, .room = 1 };
    switch (i % p->ways) {
    case 0: return edo_read(p->s, byte, 1);
    case 1: return edo_readv(p->s, &vec, 1);
    case 2: return edo_recvmsg(p->s, &msg, 0);
    case 3: return edo_udp_recv_many(p->s, &packet, 1);
    case 4: return edo_udp_recv_from(p->s, byte, 1, NULL);
    default: CHECK_EQ(edo_peek(p->s, byte, 1), 1); return edo_read(p->s, byte, 1);
    }
}

static int send_all(void *arg) {
    for (int i = 0; i < PACKETS; i++) CHECK_EQ(send_one(arg, i), 1);
    return 0;
}

static int bring_each(void *arg) {
    const kind *k = arg;
    edo_stream *a, *b;
    CHECK_EQ(k->make(&a, &b, k->arg), 0);
    packets out = { a, ways_of(k) }, in = { b, ways_of(k) };
    edo_task *sender = edo_spawn(send_all, &out);
    for (int i = 0; i < PACKETS; i++) {
        char byte = 0;
        CHECK_EQ(receive_one(&in, i, &byte), 1);
        CHECK_EQ(byte, (char)i);
    }
    CHECK_EQ(edo_task_join(sender), 0);
    edo_close(a);
    edo_close(b);
    return 0;
}

static void packets_arrive_in_a_storm_whichever_operation_moves_them(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(of_packets); i++) weather(bring_each, &of_packets[i]);
}

/* ---- Descriptors that pass, copies ----------------------------------------------------------- */

static int pass_all(void *s) {
    for (int i = 0; i < PACKETS; i++) CHECK_EQ(edo_unix_send_fds(s, "x", 1, &(int){ 0 }, 1), 1);
    return 0;
}

static int pass_each(void *arg) {
    const kind *k = arg;
    edo_stream *a, *b;
    CHECK_EQ(k->make(&a, &b, k->arg), 0);
    edo_task *sender = edo_spawn(pass_all, a);
    for (int i = 0; i < PACKETS; i++) {
        int fd = -1;
        char byte;
        edo_unix_fds passed = { .fds = &fd, .max = 1 };
        CHECK_EQ(edo_unix_recv_fds(b, &byte, 1, &passed), 1);
        CHECK_EQ(passed.n, 1);
        CHECK_EQ(close(fd), 0);
    }
    CHECK_EQ(edo_task_join(sender), 0);
    edo_close(a);
    edo_close(b);
    return 0;
}

static void descriptors_pass_in_a_storm(void **state) {
    (void)state;
    weather(pass_each, &streams[2]);
    weather(pass_each, &of_packets[2]);
}

#define BULK (1u << 20)

static int send_bulk(void *s) {
    static const char zeros[BULK] = { 0 };
    CHECK_EQ(edo_write_all(s, zeros, sizeof zeros), 0);
    return edo_shutdown(s);
}

static int count_bulk(void *s) {
    static char bytes[1 << 16];
    int n, sum = 0;
    while ((n = edo_read(s, bytes, sizeof bytes)) > 0) sum += n;
    return n < 0 ? n : sum;
}

/* From one connection to another; sockets hand the bytes over by splice(). */
static int copy_bulk(void *arg) {
    const kind *k = arg;
    edo_stream *a, *b, *c, *d;
    uint64_t copied = 0;
    CHECK_EQ(k->make(&a, &b, k->arg), 0);
    CHECK_EQ(k->make(&c, &d, k->arg), 0);
    edo_task *sender = edo_spawn(send_bulk, a), *reader = edo_spawn(count_bulk, d);
    CHECK_EQ(edo_copy(c, b, &copied), 0);
    CHECK(copied == BULK);
    edo_close(c);
    CHECK_EQ(edo_task_join(sender), 0);
    CHECK_EQ(edo_task_join(reader), BULK);
    edo_close(a);
    edo_close(b);
    edo_close(d);
    return 0;
}

static void bulk_is_copied_in_a_storm(void **state) {
    (void)state;
    weather(copy_bulk, &streams[0]);
    weather(copy_bulk, &streams[2]);
}

int main(void) {
    edoi_calls_go_through_libc = true; // so that recv() and send() are those above
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_stream_keeps_the_rules_in_a_storm),
        cmocka_unit_test(packets_arrive_in_a_storm_whichever_operation_moves_them),
        cmocka_unit_test(descriptors_pass_in_a_storm),
        cmocka_unit_test(bulk_is_copied_in_a_storm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
