/* SPDX-License-Identifier: MIT */
/* Goal: an idle connection costs less than 1 KiB, both ends and their registrations together; what
 * is closed is freed; without memory a call fails and changes nothing, and what is lost on the way
 * comes later.
 * Method: an allocator that counts, and one of whose calls fails: each one in turn. */
#include "sim/net/bed_test.h"

#include <edo/test.h>

static _Atomic int64_t held; /* bytes */
static _Atomic int fail_in;  /* the allocation that makes it 0 fails; 0: none is planned */

/* The size stands in front. */
typedef struct head {
    _Alignas(16) size_t bytes;
} head;

static bool fails_now(void) {
    return fail_in > 0 && --fail_in == 0;
}

static void *count_new(void *arg, size_t n) {
    (void)arg;
    head *h = fails_now() ? NULL : malloc(sizeof *h + n);
    if (!h) return NULL;
    h->bytes = n;
    held += (int64_t)n;
    return h + 1;
}

static void *count_resize(void *arg, void *old, size_t n) {
    if (!old) return count_new(arg, n);
    head *h = (head *)old - 1;
    size_t before = h->bytes;
    h = fails_now() ? NULL : realloc(h, sizeof *h + n);
    if (!h) return NULL;
    h->bytes = n;
    held += (int64_t)n - (int64_t)before;
    return h + 1;
}

static void count_free(void *arg, void *memory) {
    (void)arg;
    if (!memory) return;
    head *h = (head *)memory - 1;
    held -= (int64_t)h->bytes;
    free(h);
}

#define CONNS 10000

static void idle_connection_costs_less_than_1_kib(void **state) {
    (void)state;
    static int as[CONNS], bs[CONNS];
    bed t;
    int64_t before = held;
    bed_init(&t, 1, false);
    int l = listening(t.b, PORT, CONNS);
    struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET };
    int64_t empty = held;
    for (int i = 0; i < CONNS; i++) {
        as[i] = opened(t.a, SOCK_STREAM);
        assert_int_equal(connects(t.a, as[i], B_IP, PORT), -EINPROGRESS);
        pass(&t, 3 * MS);
        bs[i] = accepts(t.b, l);
        assert_int_equal(edoi_simwatch_ctl(t.a, 5, EPOLL_CTL_ADD, as[i], &ev), 0);
        assert_int_equal(edoi_simwatch_ctl(t.b, 6, EPOLL_CTL_ADD, bs[i], &ev), 0);
        assert_int_equal(puts_text(t.a, as[i], "text"), 4);
        pass(&t, 3 * MS);
        gets_text(t.b, bs[i], "text");
    }
    int64_t each = (held - empty) / CONNS;
    print_message("%d bytes each\n", (int)each);
    assert_in_range(each, 1, 1023);
    for (int i = 0; i < CONNS; i++) {
        closes(t.a, as[i]);
        closes(t.b, bs[i]);
    }
    pass(&t, 100 * S);
    assert_true(held - empty < 2048 * 1024); // tables and the descriptors' numbers stay
    edoi_simnet_free(t.net);
    assert_int_equal(held, before);
}

static void bytes_that_wait_one_by_one_cost_little(void **state) {
    (void)state;
    bed t;
    bed_init(&t, 1, false);
    ends e = joined_by(&t, 1);
    int64_t before = held;
    for (int i = 0; i < 300000; i++) assert_int_equal(puts_text(t.a, e.a, "x"), 1);
    // those that were sent at once, 2304, have a piece and a packet each
    assert_true(held - before < 2304 * 400 + 2 * 300000);
    edoi_simnet_free(t.net);
}

/* ---- Failures -------------------------------------------------------------------------------- */

/* Calls `call` until it does not fail for lack of memory, which may happen once. */
#define AGAIN(result, call)                                                                        \
    do {                                                                                           \
        (result) = (call);                                                                         \
        if ((result) == -ENOMEM) (result) = (call);                                                \
    } while (0)

/* A conversation over TCP and UDP, in which an allocation may fail. */
static void converses(void) {
    const edoi_simlink_opts far_apart = { .latency_min = MS };
    struct in_addr ip_a = at_ip(A_IP, 0).sin_addr, ip_b = at_ip(B_IP, 0).sin_addr;
    struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
    int n = 1, err, l, a, b, udp, to;
    bed t = { .net = NULL };
    AGAIN(err, edoi_simnet_new(&t.net, NULL));
    assert_int_equal(err, 0);
    AGAIN(err, edoi_simnode_add(t.net, &t.a, "a", &ip_a, NULL));
    assert_int_equal(err, 0);
    AGAIN(err, edoi_simnode_add(t.net, &t.b, "b", &ip_b, NULL));
    assert_int_equal(err, 0);
    AGAIN(err, edoi_simlink_set(t.net, t.a, t.b, &far_apart));
    assert_int_equal(err, 0);
    AGAIN(l, edoi_simnet_socket(t.b, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    AGAIN(err, edoi_simnet_setsockopt(t.b, l, IPPROTO_IP, IP_TOS, &n, sizeof n));
    AGAIN(err, bound(t.b, l, "0.0.0.0", PORT));
    assert_int_equal(err, 0);
    AGAIN(err, edoi_simnet_listen(t.b, l, 1));
    assert_int_equal(err, 0);
    AGAIN(a, edoi_simnet_socket(t.a, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    AGAIN(err, connects(t.a, a, B_IP, PORT));
    assert_int_equal(err, -EINPROGRESS);
    AGAIN(err, edoi_simwatch_ctl(t.a, 5, EPOLL_CTL_ADD, a, &ev));
    assert_int_equal(err, 0);
    pass(&t, 5 * S); // a SYN that is lost is sent again
    AGAIN(b, accepts(t.b, l));
    assert_true(edoi_simnet_is_fd(b));
    AGAIN(err, (int)puts_text(t.a, a, "hello"));
    assert_int_equal(err, 5);
    pass(&t, 5 * S);
    gets_text(t.b, b, "hello");
    AGAIN(err, (int)puts_text(t.b, b, "bye"));
    assert_int_equal(err, 3);
    closes(t.b, b);
    pass(&t, 5 * S);
    gets_text(t.a, a, "bye");
    assert_int_equal(gets_any(t.a, a), 0);
    closes(t.a, a);
    AGAIN(udp, edoi_simnet_socket(t.a, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    AGAIN(to, edoi_simnet_dup(t.a, udp));
    AGAIN(err, connects(t.a, to, "127.0.0.1", PORT));
    assert_int_equal(err, 0);
    AGAIN(err, (int)puts_text(t.a, udp, "x"));
    assert_int_equal(err, 1);
    AGAIN(err, edoi_simlink_cut(t.net, t.b, t.a));
    assert_int_equal(err, 0);
    AGAIN(err, edoi_simlink_hold(t.net, t.a, t.a));
    assert_int_equal(err, 0);
    edoi_simnet_free(t.net);
}

static void each_allocation_may_fail(void **state) {
    (void)state;
    int64_t before = held;
    int k = 0, failed = 1;
    while (failed) {
        fail_in = ++k;
        converses();
        failed = fail_in == 0;
        fail_in = 0;
        assert_int_equal(held, before);
    }
    assert_in_range(k, 30, 300);
}

int main(void) {
    static const edo_allocator counting = { .alloc = count_new,
                                            .realloc = count_resize,
                                            .free = count_free };
    EDO_TEST_OK(edo_set_allocator(&counting));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_connection_costs_less_than_1_kib),
        cmocka_unit_test(bytes_that_wait_one_by_one_cost_little),
        cmocka_unit_test(each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
