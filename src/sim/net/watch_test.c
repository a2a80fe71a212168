/* SPDX-License-Identifier: MIT */
/* Goal: epoll sets report what Linux' do, once for each change where they are edge-triggered; and
 * descriptors are as the kernel's.
 * Method: two hosts; each step is a call with the result that Linux has. */
#include "sim/net/bed_test.h"

#define EPFD 5

static int ctl(edoi_simnode *node, int op, int fd, uint32_t events) {
    struct epoll_event ev = { .events = events, .data.u64 = (uint64_t)fd };
    return edoi_simwatch_ctl(node, EPFD, op, fd, &ev);
}

/* The events of the only descriptor that is reported; 0: none is. */
static uint32_t told(edoi_simnode *node) {
    struct epoll_event ev[4];
    bool has_events = edoi_simnode_has_events(node);
    int n = edoi_simwatch_wait(node, EPFD, ev, 4);
    assert_in_range(n, 0, 1);
    assert_int_equal(has_events, n == 1);
    return n == 1 ? ev[0].events : 0;
}

static void edges_are_told_once(void **state) {
    bed *t = *state;
    ends e = joined(t);
    const uint32_t all = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    assert_int_equal(ctl(t->b, EPOLL_CTL_ADD, e.b, all), 0);
    assert_int_equal(told(t->b), EPOLLOUT);
    assert_int_equal(told(t->b), 0);
    assert_int_equal(puts_text(t->a, e.a, "one"), 3);
    pass(t, MS);
    assert_int_equal(told(t->b), EPOLLIN | EPOLLOUT);
    assert_int_equal(told(t->b), 0);
    assert_int_equal(puts_text(t->a, e.a, "two"), 3);
    pass(t, MS);
    assert_int_equal(told(t->b), EPOLLIN | EPOLLOUT); // a new edge, though nothing was read
    gets_text(t->b, e.b, "onetwo");
    assert_int_equal(told(t->b), 0);
    assert_int_equal(ctl(t->b, EPOLL_CTL_MOD, e.b, all), 0);
    assert_int_equal(told(t->b), EPOLLOUT); // present readiness once more
    assert_int_equal(edoi_simnet_shutdown(t->a, e.a, SHUT_WR), 0);
    pass(t, MS);
    assert_int_equal(told(t->b), EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    assert_int_equal(edoi_simnet_shutdown(t->b, e.b, SHUT_RDWR), 0);
    assert_int_equal(told(t->b), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
}

static void levels_are_told_until_they_fall(void **state) {
    bed *t = *state;
    ends e = joined(t);
    assert_int_equal(ctl(t->b, EPOLL_CTL_ADD, e.b, EPOLLIN), 0);
    assert_int_equal(told(t->b), 0);
    assert_int_equal(puts_text(t->a, e.a, "text"), 4);
    pass(t, MS);
    assert_int_equal(told(t->b), EPOLLIN);
    assert_int_equal(told(t->b), EPOLLIN);
    gets_text(t->b, e.b, "text");
    assert_int_equal(told(t->b), 0);
}

static void oneshot_is_told_once_until_it_is_set_again(void **state) {
    bed *t = *state;
    ends e = joined(t);
    assert_int_equal(ctl(t->b, EPOLL_CTL_ADD, e.b, EPOLLOUT | EPOLLONESHOT), 0);
    assert_int_equal(told(t->b), EPOLLOUT);
    assert_int_equal(puts_text(t->a, e.a, "text"), 4);
    resets_on_close(t->a, e.a);
    closes(t->a, e.a);
    pass(t, MS);
    assert_int_equal(told(t->b), 0); // not even the error
    assert_int_equal(ctl(t->b, EPOLL_CTL_MOD, e.b, EPOLLOUT | EPOLLONESHOT), 0);
    assert_int_equal(told(t->b), EPOLLOUT | EPOLLERR | EPOLLHUP);
    assert_int_equal(told(t->b), 0);
}

static void connect_and_its_failure_are_told(void **state) {
    bed *t = *state;
    int good = opened(t->a, SOCK_STREAM), bad = opened(t->a, SOCK_STREAM);
    int l = listening(t->b, PORT, 1);
    assert_int_equal(ctl(t->b, EPOLL_CTL_ADD, l, EPOLLIN | EPOLLET), 0);
    assert_int_equal(connects(t->a, good, B_IP, PORT), -EINPROGRESS);
    assert_int_equal(ctl(t->a, EPOLL_CTL_ADD, good, EPOLLOUT | EPOLLET | EPOLLRDHUP), 0);
    assert_int_equal(told(t->a), 0);
    pass(t, 2 * MS);
    assert_int_equal(told(t->a), EPOLLOUT);
    pass(t, MS);
    assert_int_equal(told(t->b), EPOLLIN);
    assert_int_equal(connects(t->a, bad, B_IP, PORT + 1), -EINPROGRESS);
    assert_int_equal(ctl(t->a, EPOLL_CTL_ADD, bad, EPOLLOUT | EPOLLET | EPOLLRDHUP), 0);
    pass(t, 2 * MS);
    assert_int_equal(told(t->a), EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDHUP);
}

static void waits_share_the_ready_fairly(void **state) {
    bed *t = *state;
    int l = listening(t->b, PORT, 10), fds[3];
    struct epoll_event ev;
    for (int i = 0; i < 3; i++) {
        fds[i] = opened(t->a, SOCK_STREAM);
        assert_int_equal(connects(t->a, fds[i], B_IP, PORT), -EINPROGRESS);
        assert_int_equal(ctl(t->a, EPOLL_CTL_ADD, fds[i], EPOLLOUT), 0);
    }
    pass(t, 3 * MS);
    assert_true(accepts(t->b, l) > 0);
    for (int i = 0; i < 9; i++) {
        assert_int_equal(edoi_simwatch_wait(t->a, EPFD, &ev, 1), 1);
        assert_int_equal(ev.data.u64, fds[i % 3]);
    }
}

static void registration_is_of_the_file_and_the_number(void **state) {
    bed *t = *state;
    ends e = joined(t);
    assert_int_equal(ctl(t->b, EPOLL_CTL_MOD, e.b, EPOLLIN), -ENOENT);
    assert_int_equal(ctl(t->b, EPOLL_CTL_DEL, e.b, 0), -ENOENT);
    assert_int_equal(ctl(t->b, EPOLL_CTL_ADD, e.b, EPOLLIN), 0);
    assert_int_equal(ctl(t->b, EPOLL_CTL_ADD, e.b, EPOLLIN), -EEXIST);
    assert_int_equal(ctl(t->a, EPOLL_CTL_ADD, e.b, EPOLLIN), -EBADF); // of another node
    int copy = edoi_simnet_fcntl(t->b, e.b, F_DUPFD_CLOEXEC, 3);
    assert_true(edoi_simnet_is_fd(copy));
    closes(t->b, e.b);
    assert_int_equal(puts_text(t->a, e.a, "text"), 4);
    pass(t, MS);
    assert_int_equal(told(t->b), EPOLLIN); // by the number that is closed
    int other = opened(t->b, SOCK_STREAM); // has the number now
    assert_int_equal(other, e.b);
    assert_int_equal(ctl(t->b, EPOLL_CTL_MOD, other, EPOLLIN), -ENOENT);
    gets_text(t->b, copy, "text");
    closes(t->b, copy);
    assert_int_equal(told(t->b), 0);
    pass(t, MS);
    assert_int_equal(gets_any(t->a, e.a), 0);
}

/* As edo's close does, which keeps the number until nobody uses it. */
static void dead_socket_takes_the_place_of_a_live_one(void **state) {
    bed *t = *state;
    ends e = joined(t);
    assert_int_equal(ctl(t->b, EPOLL_CTL_ADD, e.b, EPOLLIN | EPOLLET), 0);
    int dead = opened(t->b, SOCK_STREAM);
    assert_int_equal(edoi_simnet_dup3(t->b, dead, e.b, O_CLOEXEC), e.b);
    closes(t->b, dead);
    pass(t, MS);
    assert_int_equal(gets_any(t->a, e.a), 0);
    assert_int_equal(told(t->b), 0);
    assert_int_equal(gets_any(t->b, e.b), -ENOTCONN);
    assert_int_equal(edoi_simnet_dup3(t->a, 3, e.a, O_CLOEXEC), e.a); // 3 is one of the kernel's
    assert_int_equal(puts_text(t->a, e.a, "x"), -EPIPE);
    closes(t->a, e.a);
    closes(t->b, e.b);
    assert_int_equal(edoi_simnet_close(t->b, e.b), -EBADF);
    assert_int_equal(edoi_simnet_dup3(t->b, e.listener, e.b, 0), e.b); // a number that is free
    assert_int_equal(edoi_simnet_dup3(t->b, e.listener, e.b + 1000, 0), -EBADF);
}

static void numbers_are_given_out_again_last_first(void **state) {
    bed *t = *state;
    int fds[5];
    for (int i = 0; i < 5; i++) {
        fds[i] = opened(t->a, i % 2 ? SOCK_STREAM : SOCK_DGRAM);
        assert_int_equal(fds[i], EDOI_SIMNET_FD_MIN + i);
    }
    closes(t->a, fds[1]);
    closes(t->a, fds[3]);
    assert_int_equal(opened(t->b, SOCK_STREAM), fds[3]);
    assert_int_equal(opened(t->a, SOCK_DGRAM), fds[1]);
    assert_ptr_equal(edoi_simnet_owner(t->net, fds[3]), t->b);
    assert_null(edoi_simnet_owner(t->net, fds[4] + 1));
    assert_int_equal(edoi_simnet_close(t->a, fds[3]), -EBADF);
    assert_int_equal(edoi_simnet_poll_mask(t->a, fds[3]), POLLNVAL);
    assert_false(edoi_simnet_is_fd(3));
    assert_int_equal(edoi_simnet_socket(t->a, AF_UNIX, SOCK_STREAM, 0), -EAFNOSUPPORT);
}

static void closed_set_is_forgotten(void **state) {
    bed *t = *state;
    ends e = joined(t);
    struct epoll_event ev = { .events = EPOLLOUT };
    assert_int_equal(ctl(t->b, EPOLL_CTL_ADD, e.b, EPOLLOUT), 0);
    assert_int_equal(edoi_simwatch_ctl(t->b, EPFD + 1, EPOLL_CTL_ADD, e.b, &ev), 0);
    edoi_simwatch_close(t->b, EPFD);
    assert_true(edoi_simnode_has_events(t->b)); // by the other one
    assert_int_equal(edoi_simwatch_wait(t->b, EPFD, &ev, 1), 0);
    edoi_simwatch_close(t->b, EPFD + 1);
    assert_false(edoi_simnode_has_events(t->b));
    assert_int_equal(ctl(t->b, EPOLL_CTL_ADD, e.b, EPOLLOUT), 0);
    assert_int_equal(told(t->b), EPOLLOUT);
}

static void paused_node_has_no_events(void **state) {
    bed *t = *state;
    ends e = joined(t);
    assert_int_equal(ctl(t->b, EPOLL_CTL_ADD, e.b, EPOLLIN | EPOLLET), 0);
    edoi_simnode_pause(t->b);
    assert_true(edoi_simnode_is_paused(t->b));
    assert_int_equal(puts_text(t->a, e.a, "text"), 4);
    pass(t, MS);
    assert_false(edoi_simnode_has_events(t->b));
    edoi_simnode_resume(t->b);
    assert_int_equal(told(t->b), EPOLLIN);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(edges_are_told_once),
        TEST(levels_are_told_until_they_fall),
        TEST(oneshot_is_told_once_until_it_is_set_again),
        TEST(connect_and_its_failure_are_told),
        TEST(waits_share_the_ready_fairly),
        TEST(registration_is_of_the_file_and_the_number),
        TEST(dead_socket_takes_the_place_of_a_live_one),
        TEST(numbers_are_given_out_again_last_first),
        TEST(closed_set_is_forgotten),
        TEST(paused_node_has_no_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
