/* SPDX-License-Identifier: MIT */
/* Goal: accepting goes on whatever the kernel says of a connection, and no state of its queue keeps
 * other tasks from running.
 * Method: accept4() fails as often as the test wants. */
#include "inside.h"

#include <edo/net.h>
#include <edo/stats.h>

#include <errno.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FOR_GOOD (1 << 30)

static atomic_int fails_n; /* as often it fails */
static atomic_int fails_with;

int accept4(int fd, __SOCKADDR_ARG addr, socklen_t *bytes, int flags) {
    if (atomic_load(&fails_n) <= 0)
        return (int)syscall(SYS_accept4, fd, addr.__sockaddr__, bytes, flags);
    atomic_fetch_sub(&fails_n, 1);
    errno = atomic_load(&fails_with);
    return -1;
}

typedef struct queue {
    edo_listener *listener;
    edo_stream *client;
} queue;

/* A listener with a connection in its queue. */
static queue queue_of_one(void) {
    queue q;
    edo_addr at;
    EDO_TEST_OK(edo_tcp_listen(&q.listener, "127.0.0.1:0", NULL));
    EDO_TEST_OK(edo_listener_addr(q.listener, &at));
    EDO_TEST_OK(edo_tcp_connect_addr(&q.client, &at, NULL));
    return q;
}

static void queue_end(queue *q) {
    edo_close(q->client);
    edo_listener_close(q->listener);
}

static int takes_one(void *arg) {
    edo_stream *s;
    int err = edo_accept(arg, &s);
    if (err == 0) edo_close(s);
    return err;
}

static int dead_ones(void *arg) {
    (void)arg;
    queue q = queue_of_one();
    atomic_store(&fails_with, ECONNABORTED);
    atomic_store(&fails_n, FOR_GOOD);
    edo_task *t = edo_spawn(takes_one, q.listener);
    for (int i = 0; i < 10; i++) CHECK_EQ(edo_yield(), 0); // others run meanwhile
    edo_stream *s;
    CHECK_EQ(edo_try_accept(q.listener, &s), -EAGAIN);
    atomic_store(&fails_n, 3);
    CHECK_EQ(edo_task_join(t), 0);
    queue_end(&q);
    return 0;
}

static void connections_that_died_in_the_queue_let_other_tasks_run(void **state) {
    (void)state;
    assert_int_equal(inside_real(dead_ones, NULL), 0);
}

/* Of all tasks so far. A task that waits is polled once more. */
static uint64_t polls(void) {
    edo_runtime_stats now = { 0 };
    edo_runtime_get_stats(edo_runtime_current(), &now);
    return now.all.polls;
}

static int shortage(void *arg) {
    (void)arg;
    static const int codes[] = { EMFILE, ENFILE, ENOMEM, ENOBUFS };
    queue q = queue_of_one();
    edo_stream *s;
    for (size_t i = 0; i < EDO_COUNT(codes); i++) {
        atomic_store(&fails_with, codes[i]);
        atomic_store(&fails_n, 2);
        uint64_t polls_n = polls();
        CHECK_EQ(edo_accept_no_pause(q.listener, &s), -codes[i]);
        CHECK_EQ(edo_accept_no_pause(q.listener, &s), -codes[i]); // it is still in the queue
        CHECK_EQ(polls(), polls_n);                               // it has not waited
    }
    CHECK_EQ(edo_accept_no_pause(q.listener, &s), 0);
    edo_close(s);
    queue_end(&q);
    return 0;
}

static void shortage_is_told_by_option_instead_of_a_pause(void **state) {
    (void)state;
    assert_int_equal(inside_real(shortage, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_that_died_in_the_queue_let_other_tasks_run),
        cmocka_unit_test(shortage_is_told_by_option_instead_of_a_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
