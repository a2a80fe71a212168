/* SPDX-License-Identifier: MIT */
/* Goal: what becomes of connections when links and hosts fail: who is told, and when.
 * Method: two hosts, a millisecond apart; the times are Linux'. */
#include "sim/net/bed_test.h"

#include <netinet/tcp.h>

static void cut_link_is_made_good_after_its_end(void **state) {
    bed *t = *state;
    ends e = joined(t);
    int64_t begin = edoi_simnet_now(t->net);
    assert_int_equal(edoi_simlink_cut(t->net, t->a, t->b), 0);
    assert_int_equal(puts_text(t->a, e.a, "one"), 3);
    assert_int_equal(puts_text(t->a, e.a, "two"), 3);
    pass(t, 5 * S);
    assert_int_equal(gets_any(t->b, e.b), -EAGAIN);
    edoi_simlink_heal(t->net, t->a, t->b);
    // sent again 202, 404, 808 ms … after the last time: the round trip of 2 ms beside 200 ms
    edoi_simnet_advance(t->net, begin + 31 * 202 * MS + MS - 1);
    assert_int_equal(gets_any(t->b, e.b), -EAGAIN);
    pass(t, 1);
    gets_text(t->b, e.b, "one");
    pass(t, 2 * MS);
    gets_text(t->b, e.b, "two");
}

/* Steps from event to event until the socket has failed; returns the error. */
static int fails_with(bed *t, edoi_simnode *node, int fd) {
    for (int i = 0; !(edoi_simnet_poll_mask(node, fd) & EPOLLERR); i++) {
        int64_t next = edoi_simnet_next(t->net);
        assert_true(next < INT64_MAX && i < 1000);
        edoi_simnet_advance(t->net, next);
    }
    return error_of(node, fd);
}

static void silence_ends_a_connection_after_some_924_s(void **state) {
    bed *t = *state;
    ends e = joined(t);
    int64_t begin = edoi_simnet_now(t->net);
    edoi_simnode_crash(t->b);
    assert_int_equal(puts_text(t->a, e.a, "x"), 1);
    assert_int_equal(fails_with(t, t->a, e.a), ETIMEDOUT);
    assert_in_range(edoi_simnet_now(t->net) - begin, 920 * S, 930 * S);
    assert_int_equal(gets_any(t->a, e.a), 0);
    assert_int_equal(puts_text(t->a, e.a, "x"), -EPIPE);
}

static void user_timeout_ends_it_sooner(void **state) {
    bed *t = *state;
    ends e = joined(t);
    int64_t begin = edoi_simnet_now(t->net);
    sets(t->a, e.a, IPPROTO_TCP, TCP_USER_TIMEOUT, 5000);
    assert_int_equal(edoi_simlink_cut(t->net, t->b, t->a), 0);
    assert_int_equal(puts_text(t->a, e.a, "x"), 1);
    assert_int_equal(fails_with(t, t->a, e.a), ETIMEDOUT);
    assert_int_equal(edoi_simnet_now(t->net) - begin, 5 * S);
    gets_text(t->b, e.b, "x"); // it was only the way back
    assert_int_equal(gets_any(t->b, e.b), -EAGAIN);
}

static void keepalive_finds_a_dead_peer(void **state) {
    bed *t = *state;
    ends e = joined(t);
    int64_t begin = edoi_simnet_now(t->net);
    sets(t->a, e.a, SOL_SOCKET, SO_KEEPALIVE, 1);
    sets(t->a, e.a, IPPROTO_TCP, TCP_KEEPIDLE, 10);
    sets(t->a, e.a, IPPROTO_TCP, TCP_KEEPINTVL, 3);
    sets(t->a, e.a, IPPROTO_TCP, TCP_KEEPCNT, 4);
    pass(t, 100 * S); // the peer answers
    assert_int_equal(edoi_simnet_poll_mask(t->a, e.a), CALM);
    edoi_simnode_crash(t->b);
    assert_int_equal(fails_with(t, t->a, e.a), ETIMEDOUT);
    int64_t silent = edoi_simnet_now(t->net) - begin - 100 * S;
    assert_in_range(silent, 12 * S, 22 * S + 10 * MS); // at most 10 s, and four times 3 s
}

static void peer_without_room_is_asked_again(void **state) {
    bed *t = *state;
    ends e = joined_by(t, 1);
    static char bulk[100000];
    assert_int_equal(edoi_simnet_send(t->a, e.a, bulk, sizeof bulk, 0), sizeof bulk);
    pass(t, 10 * MS);
    assert_int_equal(edoi_simlink_cut(t->net, t->b, t->a), 0);
    assert_int_equal(edoi_simnet_recv(t->b, e.b, bulk, 2304, 0), 2304); // its word of room is lost
    pass(t, 10 * S);
    edoi_simlink_heal(t->net, t->b, t->a);
    assert_int_equal(gets_any(t->b, e.b), -EAGAIN);
    pass(t, 20 * S);
    assert_true(gets_any(t->b, e.b) > 0);
    pass(t, 10000 * S); // a peer that says it has no room is alive
    assert_int_equal(edoi_simnet_poll_mask(t->a, e.a) & EPOLLERR, 0);
    edoi_simnode_crash(t->b);
    assert_int_equal(fails_with(t, t->a, e.a), ETIMEDOUT);
}

static void crash_tells_nobody_and_restart_resets(void **state) {
    bed *t = *state;
    ends e = joined(t);
    int waits = opened(t->b, SOCK_STREAM), l = listening(t->a, PORT, 10);
    assert_int_equal(puts_text(t->b, e.b, "under way"), 9);
    edoi_simnode_crash(t->b);
    assert_false(edoi_simnode_is_up(t->b));
    pass(t, 10 * S);
    assert_int_equal(gets_any(t->a, e.a), -EAGAIN);
    // its own program goes on, and hears of nothing
    assert_int_equal(puts_text(t->b, e.b, "x"), 1);
    assert_int_equal(gets_any(t->b, e.b), -EAGAIN);
    assert_int_equal(connects(t->b, waits, A_IP, PORT), -EINPROGRESS);
    pass(t, 10 * S);
    assert_int_equal(edoi_simnet_poll_mask(t->b, waits), 0);
    assert_int_equal(accepts(t->a, l), -EAGAIN);
    edoi_simnode_restart(t->b);
    closes(t->b, e.b);
    closes(t->b, waits);
    pass(t, S);
    assert_int_equal(gets_any(t->a, e.a), -EAGAIN);
    int fresh = listening(t->b, PORT, 10); // the former one is no obstacle
    assert_int_equal(puts_text(t->a, e.a, "x"), 1);
    pass(t, 2 * MS);
    assert_int_equal(gets_any(t->a, e.a), -ECONNRESET);
    int c = opened(t->a, SOCK_STREAM);
    assert_int_equal(connects(t->a, c, B_IP, PORT), -EINPROGRESS);
    pass(t, 3 * MS);
    assert_int_equal(accepts(t->b, e.listener), -EAGAIN);
    assert_true(accepts(t->b, fresh) > 0);
    closes(t->b, e.listener);
}

static void exit_closes_all(void **state) {
    bed *t = *state;
    ends e = joined(t);
    int other = opened(t->a, SOCK_STREAM), queued = opened(t->a, SOCK_STREAM);
    assert_int_equal(connects(t->a, other, B_IP, PORT), -EINPROGRESS);
    pass(t, 3 * MS);
    int b = accepts(t->b, e.listener);
    assert_true(b > 0);
    assert_int_equal(connects(t->a, queued, B_IP, PORT), -EINPROGRESS);
    pass(t, 3 * MS);
    assert_int_equal(puts_text(t->a, e.a, "unread"), 6);
    pass(t, 3 * MS);
    struct epoll_event ev = { .events = EPOLLIN };
    assert_int_equal(edoi_simwatch_ctl(t->b, 5, EPOLL_CTL_ADD, b, &ev), 0);
    edoi_simnode_exit(t->b);
    pass(t, 3 * MS);
    assert_int_equal(gets_any(t->a, e.a), -ECONNRESET); // it had unread input
    assert_int_equal(gets_any(t->a, other), 0);
    assert_int_equal(gets_any(t->a, queued), -ECONNRESET);
    assert_int_equal(edoi_simnet_close(t->b, b), -EBADF);
    int late = opened(t->a, SOCK_STREAM);
    assert_int_equal(connects(t->a, late, B_IP, PORT), -EINPROGRESS);
    pass(t, 3 * MS);
    assert_int_equal(error_of(t->a, late), ECONNREFUSED);
}

static void reset_of_a_link_is_told_to_both(void **state) {
    bed *t = *state;
    ends e = joined(t);
    int l = listening(t->a, PORT, 10), own = opened(t->a, SOCK_STREAM);
    assert_int_equal(connects(t->a, own, "127.0.0.1", PORT), -EINPROGRESS);
    pass(t, 0);
    assert_true(accepts(t->a, l) > 0);
    edoi_simlink_reset(t->net, t->a, t->b);
    assert_int_equal(gets_any(t->a, e.a), -ECONNRESET);
    assert_int_equal(gets_any(t->b, e.b), -ECONNRESET);
    assert_int_equal(gets_any(t->a, own), -EAGAIN);
    assert_int_equal(edoi_simnet_poll_mask(t->b, e.listener), 0);
}

static void held_segments_come_in_order(void **state) {
    bed *t = *state;
    ends e = joined(t);
    assert_int_equal(edoi_simlink_hold(t->net, t->a, t->b), 0);
    assert_int_equal(puts_text(t->a, e.a, "one"), 3);
    pass(t, MS);
    assert_int_equal(puts_text(t->a, e.a, "two"), 3);
    pass(t, 10 * S); // meanwhile both are sent again
    assert_int_equal(gets_any(t->b, e.b), -EAGAIN);
    edoi_simlink_release(t->net, t->a, t->b);
    gets_text(t->b, e.b, "onetwo");
    pass(t, S);
    assert_int_equal(gets_any(t->b, e.b), -EAGAIN);
}

static void lost_segments_come_later(void **state) {
    bed *t = *state;
    ends e = joined(t);
    edoi_simlink_opts opts = { .latency_min = MS, .segment_loss = 300000 };
    int got = 0;
    assert_int_equal(edoi_simlink_set(t->net, NULL, NULL, &opts), 0);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(puts_text(t->a, e.a, "0123456789"), 10);
        pass(t, MS);
    }
    closes(t->a, e.a);
    for (int i = 0; i < 3000; i++) {
        char room[1000];
        ssize_t n = edoi_simnet_recv(t->b, e.b, room, sizeof room, 0);
        if (n == 0) break;
        for (ssize_t k = 0; k < n; k++) assert_int_equal(room[k], '0' + (got + k) % 10);
        if (n > 0) got += (int)n;
        pass(t, S);
    }
    assert_int_equal(got, 2000);
}

static void latency_has_its_bounds_and_its_mean(void **state) {
    bed *t = *state;
    const edoi_simlink_opts opts = { .latency_min = MS,
                                     .latency_mean = 2 * MS,
                                     .latency_max = 10 * MS };
    int64_t sum = 0, least = INT64_MAX, most = 0;
    assert_int_equal(edoi_simlink_set(t->net, t->a, t->b, &opts), 0);
    int a = opened(t->a, SOCK_DGRAM), b = opened(t->b, SOCK_DGRAM);
    assert_int_equal(bound(t->b, b, "0.0.0.0", PORT), 0);
    assert_int_equal(connects(t->a, a, B_IP, PORT), 0);
    for (int i = 0; i < 2000; i++) {
        int64_t begin = edoi_simnet_now(t->net);
        assert_int_equal(puts_text(t->a, a, "x"), 1);
        edoi_simnet_advance(t->net, edoi_simnet_next(t->net));
        int64_t took = edoi_simnet_now(t->net) - begin;
        gets_text(t->b, b, "x");
        sum += took;
        if (took < least) least = took;
        if (took > most) most = took;
    }
    assert_in_range(least, MS, MS + MS / 10);
    assert_in_range(most, 9 * MS, 10 * MS);
    assert_in_range(sum / 2000, 2700 * US, 3200 * US); // the limit takes some from 3 ms
}

/* Of several events of one time the seed says which is first; bytes stay in order. */
static void shuffled_events_are_another_order_for_another_seed(void **state) {
    (void)state;
    uint32_t orders = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        bed t;
        bed_init(&t, seed, true);
        ends e = joined(&t);
        int other = opened(t.b, SOCK_DGRAM), from = opened(t.a, SOCK_DGRAM);
        struct epoll_event ev[2] = { { .events = EPOLLIN, .data.u64 = 0 },
                                     { .events = EPOLLIN, .data.u64 = 1 } };
        assert_int_equal(bound(t.b, other, "0.0.0.0", PORT), 0);
        assert_int_equal(connects(t.a, from, B_IP, PORT), 0);
        assert_int_equal(edoi_simwatch_ctl(t.b, 5, EPOLL_CTL_ADD, e.b, &ev[0]), 0);
        assert_int_equal(edoi_simwatch_ctl(t.b, 5, EPOLL_CTL_ADD, other, &ev[1]), 0);
        for (int i = 0; i < 10; i++)
            assert_int_equal(puts_text(t.a, e.a, &"0123456789"[i]), 10 - i);
        assert_int_equal(puts_text(t.a, from, "x"), 1);
        pass(&t, MS);
        assert_int_equal(edoi_simwatch_wait(t.b, 5, ev, 2), 2);
        orders |= 1u << ev[0].data.u64;
        gets_text(t.b, e.b, "0123456789123456789234567893456789456789567896789789899");
        edoi_simnet_free(t.net);
    }
    assert_int_equal(orders, 3);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(cut_link_is_made_good_after_its_end),
        TEST(silence_ends_a_connection_after_some_924_s),
        TEST(user_timeout_ends_it_sooner),
        TEST(keepalive_finds_a_dead_peer),
        TEST(peer_without_room_is_asked_again),
        TEST(crash_tells_nobody_and_restart_resets),
        TEST(exit_closes_all),
        TEST(reset_of_a_link_is_told_to_both),
        TEST(held_segments_come_in_order),
        TEST(lost_segments_come_later),
        TEST(latency_has_its_bounds_and_its_mean),
        cmocka_unit_test(shuffled_events_are_another_order_for_another_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
