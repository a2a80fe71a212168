/* SPDX-License-Identifier: MIT */
/* Goal: a program may fork at any time. In the child every call on the parent's runtimes, streams
 * and tasks returns -EDO_EFORKED at once and touches nothing of the parent's; calls that give
 * something back work; and a runtime made there works.
 * Method: forks of plain threads, of tasks and beside threads that wake, spawn and allocate; each
 * child reports by its exit status, and a child that hangs is killed and counts as failed.
 * EDO_FORKS is how many are made at any time, beside threads that do much (20, or 100 with
 * EDO_MANY_ROUNDS); scripts/soak makes thousands. */
#include <edo/compute.h>
#include <edo/dir.h>
#include <edo/dump.h>
#include <edo/edo.h>
#include <edo/stats.h>

#include "child.h"
#include "inside.h"
#include "leftovers.h"
#include "rounds.h"
#include "silent.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

static int nothing(void *arg) {
    (void)arg;
    return 5;
}

/* ---- What the parent has --------------------------------------------------------------------- */

typedef struct inherited {
    edo_runtime *rt;
    edo_task *task; /* waits */
    edo_stream *stream;
    edo_listener *listener;
    edo_notify *notify; /* for which `task` waits */
    int peer;           /* the other end of `stream` */
} inherited;

static int wait_for(void *arg) {
    return edo_notify_wait(arg);
}

/* In a child of a plain thread. */
static int use_what_is_the_parents(void *arg) {
    const inherited *p = arg;
    edo_sleep_future nap;
    char byte;
    EXPECT(edo_spawn_on(p->rt, nothing, NULL) == NULL, 1);
    EXPECT(edo_task_join(NULL) == -EDO_EFORKED, 2);
    EXPECT(edo_block_on(p->rt, edo_sleep_init(&nap, edo_ms(1))) == -EDO_EFORKED, 3);
    EXPECT(edo_run(p->rt, nothing, NULL) == -EDO_EFORKED, 4);
    EXPECT(edo_runtime_enter(p->rt) == -EDO_EFORKED, 5);
    EXPECT(edo_runtime_shutdown(p->rt, edo_s(1)) == -EDO_EFORKED, 6);
    EXPECT(edo_read(p->stream, &byte, 1) == -EDO_EFORKED, 7);
    EXPECT(edo_write(p->stream, "x", 1) == -EDO_EFORKED, 8);
    edo_stream *fresh;
    EXPECT(edo_accept(p->listener, &fresh) == -EDO_EFORKED, 9);
    EXPECT(edo_try_accept(p->listener, &fresh) == -EDO_EFORKED, 10);
    edo_notify_one(p->notify); // of the parent's task: it is not woken
    edo_task_cancel(p->task);
    EXPECT(!edo_task_is_finished(p->task), 11);
    edo_task_detach(p->task);
    edo_close(p->stream);
    edo_listener_close(p->listener);
    (void)edo_runtime_ref(p->rt);
    edo_runtime_unref(p->rt);
    edo_runtime_free(p->rt);
    EXPECT(edo_sleep(edo_ms(1)) == 0, 12); // a plain thread
    return make_a_runtime(NULL);
}

static int join_the_parents(void *arg) {
    return edo_task_join(arg);
}

/* In a child: a task of its own meets one of the parent's. */
static int join_in_a_new_runtime(void *arg) {
    const inherited *p = arg;
    edo_runtime *rt;
    EXPECT(edo_runtime_new(&rt, NULL) == 0, 1);
    EXPECT(edo_run(rt, join_the_parents, p->task) == -EDO_EFORKED, 2);
    edo_runtime_free(rt);
    return 0;
}

static void connect_to(inherited *p) {
    char text[EDO_ADDR_TEXT_MAX];
    edo_addr addr;
    assert_int_equal(edo_tcp_listen(&p->listener, "127.0.0.1:0", NULL), 0);
    assert_int_equal(edo_listener_addr(p->listener, &addr), 0);
    (void)edo_addr_print(&addr, text, sizeof text);
    assert_int_equal(edo_tcp_connect(&p->stream, text, NULL), 0);
    edo_stream *peer;
    assert_int_equal(edo_accept(p->listener, &peer), 0);
    p->peer = dup(edo_stream_fd(peer));
    edo_close(peer);
}

static void the_child_uses_nothing_of_the_parents_on(const edo_runtime_opts *kind) {
    edo_notify notify = EDO_NOTIFY_INIT;
    inherited p = { .notify = &notify };
    assert_int_equal(edo_runtime_new(&p.rt, kind), 0);
    assert_int_equal(edo_runtime_enter(p.rt), 0);
    connect_to(&p);
    p.task = edo_spawn(wait_for, &notify);
    assert_int_equal(edo_sleep(edo_ms(1)), 0); // it waits
    edo_runtime_leave(p.rt);
    assert_int_equal(child_status(use_what_is_the_parents, &p), 0);
    assert_int_equal(child_status(join_in_a_new_runtime, &p), 0);
    // The parent's are as they were: its connection was not shut down, its task not woken.
    assert_int_equal(edo_runtime_enter(p.rt), 0);
    char byte = 0;
    assert_int_equal(send(p.peer, "y", 1, 0), 1);
    assert_int_equal(edo_read(p.stream, &byte, 1), 1);
    assert_int_equal(byte, 'y');
    assert_false(edo_task_is_finished(p.task));
    edo_notify_one(&notify);
    assert_int_equal(edo_task_join(p.task), 0);
    edo_close(p.stream);
    edo_listener_close(p.listener);
    (void)close(p.peer);
    edo_runtime_leave(p.rt);
    edo_runtime_free(p.rt);
}
ON_EACH_KIND(the_child_uses_nothing_of_the_parents)

/* ---- In a task ------------------------------------------------------------------------------- */

/* In a child of a task. */
static int call_all(void *arg) {
    (void)arg;
    EXPECT(edo_sleep(edo_ms(1)) == -EDO_EFORKED, 1);
    EXPECT(edo_yield() == -EDO_EFORKED, 2);
    EXPECT(edo_spawn(nothing, NULL) == NULL, 3);
    EXPECT(edo_task_join(NULL) == -EDO_EFORKED, 4);
    EXPECT(edo_spawn_detached(nothing, NULL) == -EDO_EFORKED, 5);
    EXPECT(edo_blocking(nothing, NULL) == -EDO_EFORKED, 6);
    EXPECT(edo_blocking_start(nothing, NULL) == -EDO_EFORKED, 7);
    EXPECT(edo_compute(nothing, NULL) == -EDO_EFORKED, 8);
    EXPECT(edo_time_pause() == -EDO_EFORKED, 9);
    EXPECT(edo_time_advance(edo_s(1)) == -EDO_EFORKED, 10);
    static edo_runtime_stats stats; // returns at once, whichever thread held a mutex of the pool
    edo_runtime_get_stats(edo_runtime_current(), &stats);
    return make_a_runtime(NULL);
}

static int nap(void *arg) {
    int err = edo_sleep(edo_ms(1));
    return err < 0 ? err : nothing(arg);
}

static int send_three(void *arg) {
    int value = 3;
    return edo_oneshot_send(arg, &value);
}

static int fork_in_task(void *arg) {
    (void)arg;
    for (int i = 0; i < 3; i++) {
        int status = child_status(call_all, NULL);
        if (status != 0) return status;
    }
    return edo_sleep(edo_ms(1)); // the parent goes on
}

static int end_brackets(void *arg) {
    edo_scope *s = arg;
    EXPECT(edo_scope_spawn(s, nothing, NULL) == -EDO_EFORKED, 1);
    EXPECT(edo_scope_end(s, 0) == -EDO_EFORKED, 2);
    return make_a_runtime(NULL);
}

/* The child may end brackets that the parent began around the fork. */
static int fork_in_brackets(void *arg) {
    edo_scope s;
    (void)arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(60));
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(60));
    edo_scope_begin(&s, NULL);
    edo_scope_spawn(&s, nothing, NULL);
    int status;
    if (child_fork(&status) == 0) {
        status = end_brackets(&s);
        (void)edo_shield_end(&sh, 0);
        if (edo_deadline_end(&d, 0) != 0) status = 50;
        _exit(status);
    }
    int err = edo_scope_end(&s, 0);
    (void)edo_shield_end(&sh, 0);
    err = edo_deadline_end(&d, err);
    return err < 0 ? err : status;
}

static void a_child_may_end_the_brackets_it_is_in_on(const edo_runtime_opts *kind) {
    assert_int_equal(inside_with(fork_in_brackets, NULL, kind), 0);
}
ON_EACH_KIND(a_child_may_end_the_brackets_it_is_in)

/* Forks within guards, whose blocks are then left; true: this is the child. */
static bool fork_in_guards(int *status) {
    EDO_DEADLINE(d, edo_s(60));
    EDO_SHIELD(sh, edo_s(60));
    EDO_SCOPE(s, NULL);
    edo_scope_spawn(&s, nap, NULL);
    return child_fork(status) == 0;
}

static int leave_guards(void *arg) {
    int status;
    if (fork_in_guards(&status)) _exit(make_a_runtime(arg));
    return status;
}

static void a_child_may_leave_the_guards_it_is_in_on(const edo_runtime_opts *kind) {
    assert_int_equal(inside_with(leave_guards, NULL, kind), 0);
}
ON_EACH_KIND(a_child_may_leave_the_guards_it_is_in)

static void a_task_may_fork_on(const edo_runtime_opts *kind) {
    assert_int_equal(inside_with(fork_in_task, NULL, kind), 0);
}
ON_EACH_KIND(a_task_may_fork)

static int return_in_child(void *arg) {
    (void)arg;
    int status;
    if (child_fork(&status) == 0) {
        (void)close(STDERR_FILENO);
        return 0;
    }
    return status;
}

static void a_task_that_returns_in_the_child_ends_it_on(const edo_runtime_opts *kind) {
    assert_int_equal(inside_with(return_in_child, NULL, kind), 1);
}
ON_EACH_KIND(a_task_that_returns_in_the_child_ends_it)

/* A job's thread does not go on with the parent's jobs. */
static int return_in_child_of_a_job(void *arg) {
    int status = edo_blocking(return_in_child, arg);
    return status != 1 ? status : edo_compute(return_in_child, arg);
}

static void a_job_that_returns_in_the_child_ends_it_on(const edo_runtime_opts *kind) {
    assert_int_equal(inside_with(return_in_child_of_a_job, NULL, kind), 1);
}
ON_EACH_KIND(a_job_that_returns_in_the_child_ends_it)

/* ---- In the middle of something -------------------------------------------------------------- */

static int fork_and_make(void *arg) {
    return child_status(make_a_runtime, arg);
}

static edo_polled poll_and_fork(void *arg, edo_cx *cx, int *result) {
    (void)cx;
    *result = fork_and_make(arg);
    return EDO_READY;
}

/* Forks in its first poll, which the fiber makes, and in the second, which the fiber's runner
 * makes. */
static edo_polled poll_twice_and_fork(void *arg, edo_cx *cx, int *result) {
    int *polls_n = arg;
    *result = fork_and_make(NULL);
    if (*result != 0 || ++*polls_n == 2) return EDO_READY;
    edo_cx_wake(cx);
    return EDO_PENDING;
}

static int end_no_await(void *arg) {
    EXPECT(make_a_runtime(arg) == 0, 1);
    edo_no_await_end();
    return make_a_runtime(arg);
}

static edo_polled poll_in_no_await(void *arg, edo_cx *cx, int *result) {
    (void)cx;
    edo_no_await_begin();
    *result = child_status(end_no_await, arg);
    edo_no_await_end();
    return EDO_READY;
}

static int fork_in_polls(void *arg) {
    edo_poll_fn_future f, machine;
    int polls_n = 0;
    EXPECT(edo_await(edo_poll_fn_init(&f, poll_twice_and_fork, &polls_n)) == 0, 1);
    EXPECT(edo_await(edo_poll_fn_init(&f, poll_in_no_await, arg)) == 0, 2);
    edo_task *t = edo_spawn_future(edo_poll_fn_init(&machine, poll_and_fork, arg));
    EXPECT(edo_task_join(t) == 0, 3);
    t = edo_spawn_future(edo_poll_fn_init(&machine, poll_in_no_await, arg));
    EXPECT(edo_task_join(t) == 0, 4);
    edo_no_await_begin();
    int status = fork_and_make(arg);
    if (status == 0) status = child_status(end_no_await, arg);
    edo_no_await_end();
    EXPECT(edo_blocking(fork_and_make, arg) == 0, 5);
    EXPECT(edo_compute(fork_and_make, arg) == 0, 6);
    return status;
}

static edo_polled poll_and_return_in_child(void *arg, edo_cx *cx, int *result) {
    (void)cx;
    *result = return_in_child(arg);
    return EDO_READY;
}

static edo_polled poll_in_place(void *arg, edo_cx *cx, int *result) {
    (void)cx;
    *result = edo_block_in_place(arg ? return_in_child : fork_and_make, NULL);
    return EDO_READY;
}

static void a_child_made_in_a_poll_may_await_on(const edo_runtime_opts *kind) {
    edo_poll_fn_future f;
    edo_runtime *rt;
    int yes = 1;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_run(rt, fork_in_polls, NULL), 0);
    assert_int_equal(edo_block_on(rt, edo_poll_fn_init(&f, poll_and_fork, NULL)), 0);
    assert_int_equal(edo_await(edo_poll_fn_init(&f, poll_and_fork, NULL)), 0);
    assert_int_equal(edo_block_on(rt, edo_poll_fn_init(&f, poll_in_place, NULL)), 0);
    // Nor does the poll, or a call that it makes in place, return.
    assert_int_equal(edo_block_on(rt, edo_poll_fn_init(&f, poll_and_return_in_child, NULL)), 1);
    assert_int_equal(edo_await(edo_poll_fn_init(&f, poll_and_return_in_child, NULL)), 1);
    assert_int_equal(edo_block_on(rt, edo_poll_fn_init(&f, poll_in_place, &yes)), 1);
    edo_runtime_free(rt);
}
ON_EACH_KIND(a_child_made_in_a_poll_may_await)

/* ---- A runtime of the child's, from outside -------------------------------------------------- */

/* Reads an entry of a directory. Returns 0 or a code. */
static int reads_root(void) {
    edo_dir *dir;
    edo_dir_entry entry;
    int err = edo_dir_open(&dir, "/");
    if (err < 0) return err;
    err = edo_dir_next(dir, &entry);
    edo_dir_close(dir);
    return err < 0 ? err : 0;
}

static int use_it_from_outside(void *arg) {
    edo_runtime *rt;
    edo_task *t;
    edo_oneshot_tx *tx;
    edo_oneshot_rx *rx;
    int value = 3;
    (void)arg;
    EXPECT(edo_sleep(edo_ms(1)) == -EDO_EFORKED, 1);
    EXPECT(edo_runtime_new(&rt, &(edo_runtime_opts){ .workers = 1 }) == 0, 2);
    t = edo_spawn_on(rt, nap, NULL);
    EXPECT(edo_task_join(t) == 5, 3);
    EXPECT(edo_sleep(edo_ms(1)) == 0, 4);
    EXPECT(edo_yield() == 0, 5);
    EXPECT(edo_oneshot_new(&tx, &rx, sizeof value, NULL) == 0, 6);
    t = edo_spawn_on(rt, send_three, tx);
    EXPECT(edo_oneshot_recv(rx, &value) == 0 && value == 3, 7);
    EXPECT(edo_task_join(t) == 0, 8);
    // The one that it was in is still the parent's.
    EXPECT(edo_spawn(nothing, NULL) == NULL, 9);
    EXPECT(edo_task_join(NULL) == -EDO_EFORKED, 10);
    EXPECT(edo_blocking_start(nothing, NULL) == -EDO_EFORKED, 11);
    // Calls that block run here, as on any thread outside a runtime.
    EXPECT(edo_blocking(nothing, NULL) == 5, 12);
    EXPECT(edo_blocking_with(nothing, NULL, &(edo_blocking_opts){ .abandon = true }) == 5, 13);
    EXPECT(edo_compute(nothing, NULL) == 5, 14);
    EXPECT(reads_root() == 0, 15);
    edo_runtime_free(rt);
    EXPECT(edo_sleep(edo_ms(1)) == -EDO_EFORKED, 16);
    EXPECT(edo_blocking(nothing, NULL) == -EDO_EFORKED, 17);
    return 0;
}

static int fork_and_use_from_outside(void *arg) {
    return child_status(use_it_from_outside, arg);
}

static void a_child_of_a_task_joins_tasks_of_its_own_on(const edo_runtime_opts *kind) {
    assert_int_equal(inside_with(fork_and_use_from_outside, NULL, kind), 0);
}
ON_EACH_KIND(a_child_of_a_task_joins_tasks_of_its_own)

/* ---- Sources that rest ----------------------------------------------------------------------- */

#define PAIRS 20
#define MORE  2000 /* handles than rest at once */

/* Connects, and closes all. */
static int connect_pairs(void *arg) {
    edo_addr addr;
    edo_listener *l;
    (void)arg;
    int err = edo_tcp_listen(&l, "127.0.0.1:0", NULL);
    if (err == 0) err = edo_listener_addr(l, &addr);
    for (int i = 0; err == 0 && i < PAIRS; i++) {
        edo_stream *near_end = NULL, *far_end = NULL;
        err = edo_tcp_connect_addr(&near_end, &addr, NULL);
        if (err == 0) err = edo_accept(l, &far_end);
        if (near_end) edo_close(near_end);
        if (far_end) edo_close(far_end);
    }
    edo_listener_close(l);
    return err;
}

/* The entries that debug builds keep of the parent's streams leave quarantine here. */
static int give_up_and_connect(void *arg) {
    for (int i = 0; i < MORE; i++) (void)edo_task_join(edo_spawn(nothing, NULL));
    return connect_pairs(arg);
}

static int run_give_up_and_connect(void *arg) {
    edo_runtime *rt;
    EXPECT(edo_runtime_new(&rt, &(edo_runtime_opts){ .workers = 1 }) == 0, 1);
    EXPECT(edo_run(rt, give_up_and_connect, arg) == 0, 2);
    edo_runtime_free(rt);
    return 0;
}

static void a_child_gets_no_stream_that_was_the_parents(void **state) {
    (void)state;
    assert_int_equal(inside_with(connect_pairs, NULL, &one_thread), 0);
    assert_int_equal(child_status(run_give_up_and_connect, NULL), 0);
}

/* ---- At any time ----------------------------------------------------------------------------- */

/* EDO_FORKS, or as many as there is time for. */
static uint64_t forks_n(void) {
    const char *text = getenv("EDO_FORKS");
    if (text) return strtoull(text, NULL, 10);
#ifdef EDOI_ASAN
    return 20; // many have to be made anew
#else
    return test_rounds(20, 100); // beside a load on all cores each takes half a second
#endif
}

static edo_atomic_u32 over;

static bool is_over(void) {
    return EDOI_ATOMIC_LOAD(&over.edoi_value, EDOI_RELAXED) != 0;
}

static int send_and_receive(void *arg) {
    (void)arg;
    while (!is_over()) {
        edo_mpsc_tx *tx;
        edo_mpsc_rx *rx;
        int value = 1;
        if (edo_mpsc_new(&tx, &rx, sizeof value, 4, NULL) != 0) return -1;
        edo_task *t = edo_spawn(nothing, NULL);
        (void)edo_mpsc_send(tx, &value);
        (void)edo_mpsc_recv(rx, &value);
        edo_mpsc_tx_unref(tx);
        edo_mpsc_rx_free(rx);
        (void)edo_task_join(t);
        (void)edo_blocking(nothing, NULL);
        (void)edo_sleep(edo_us(100));
    }
    return 0;
}

static void *sleep_often(void *arg) {
    (void)arg;
    while (!is_over())
        (void)edo_sleep(edo_us(50)); // makes and ends no driver: it is the thread's own
    return NULL;
}

static void *make_runtimes(void *arg) {
    (void)arg;
    while (!is_over()) {
        edo_runtime *rt;
        CHECK_EQ(edo_runtime_new(&rt, &(edo_runtime_opts){ .workers = 1 }), 0);
        CHECK_EQ(edo_run(rt, nothing, NULL), 5);
        edo_runtime_free(rt);
    }
    return NULL;
}

static void children_never_hang(void **state) {
    (void)state;
    edo_runtime *rt;
    pthread_t threads[2];
    edo_task *busy[4];
    assert_int_equal(edo_runtime_new(&rt, NULL), 0);
    for (size_t i = 0; i < EDO_COUNT(busy); i++) busy[i] = edo_spawn_on(rt, send_and_receive, NULL);
    assert_int_equal(pthread_create(&threads[0], NULL, sleep_often, NULL), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, make_runtimes, NULL), 0);
    for (uint64_t n = forks_n(); n > 0; n--)
        assert_int_equal(child_status(make_a_runtime, NULL), 0);
    EDOI_ATOMIC_STORE(&over.edoi_value, 1u, EDOI_RELAXED);
    for (size_t i = 0; i < EDO_COUNT(busy); i++) assert_int_equal(edo_task_join(busy[i]), 0);
    for (size_t i = 0; i < EDO_COUNT(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    edo_runtime_free(rt);
}

/* ---- Tokens ---------------------------------------------------------------------------------- */

typedef struct two_tokens {
    edo_cancel_token *fired, *quiet;
} two_tokens;

static int nap_in_block(edo_cancel_token *t) {
    edo_cancel_block b;
    edo_cancel_begin(&b, t);
    edo_cancel(t, EDO_CANCEL_USER);
    return edo_cancel_end(&b, edo_sleep(edo_ms(1)));
}

static int nap_under_token(edo_cancel_token *t) {
    edo_spawn_opts opts = { .cancel = t };
    return edo_task_join(edo_spawn_with(nap, NULL, &opts));
}

static int nap_under_tokens(void *arg) {
    const two_tokens *p = arg;
    EXPECT(nap_under_token(p->fired) == 5, 1);
    EXPECT(nap_in_block(p->fired) == 0, 2);
    EXPECT(nap_in_block(p->quiet) == 0, 3);
    EXPECT(nap_under_token(p->quiet) == 5, 4);
    return 0;
}

static int run_under_tokens(void *arg) {
    edo_runtime *rt;
    EXPECT(edo_runtime_new(&rt, NULL) == 0, 11);
    int status = edo_run(rt, nap_under_tokens, arg);
    edo_runtime_free(rt);
    return status;
}

static void tokens_of_the_parents_cut_nothing_that_a_child_begins(void **state) {
    (void)state;
    two_tokens p;
    assert_int_equal(edo_cancel_new(&p.fired), 0);
    assert_int_equal(edo_cancel_new(&p.quiet), 0);
    edo_cancel(p.fired, EDO_CANCEL_USER);
    assert_int_equal(child_status(run_under_tokens, &p), 0);
    edo_cancel_unref(p.fired);
    edo_cancel_unref(p.quiet);
}

/* ---- Signals --------------------------------------------------------------------------------- */

/* The signal comes at once: the child may not have returned from fork() yet. */
static int end_children(void *arg) {
    (void)arg;
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        if (child == 0) {
            (void)alarm(CHILD_S);
            for (;;) (void)pause();
        }
        (void)kill(child, SIGTERM);
        int status = 0;
        if (waitpid(child, &status, 0) != child) return 1;
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGTERM) return 2;
    }
    return 0;
}

static int raise_and_receive(void *arg) {
    edo_signal *s;
    (void)arg;
    int err = edo_signal_listen(&s, SIGUSR1);
    if (err < 0) return err;
    (void)raise(SIGUSR1);
    int got = edo_signal_recv(s);
    edo_signal_close(s);
    return got;
}

static int listen_in_child(void *arg) {
    edo_runtime *rt;
    EXPECT(edo_runtime_new(&rt, NULL) == 0, 1);
    EXPECT(edo_run(rt, raise_and_receive, arg) == 0, 2);
    edo_runtime_free(rt);
    return 0;
}

static void a_child_listens_to_signals_that_its_parent_listened_to(void **state) {
    (void)state;
    may_leave(LEFT_DESCRIPTORS, 1, HUB_STAYS);
    assert_int_equal(inside_with(raise_and_receive, NULL, &one_thread), 0);
    assert_int_equal(child_status(listen_in_child, NULL), 0);
}

static size_t descriptors_n(void) {
    DIR *all = opendir("/proc/self/fd");
    size_t n = 0;
    while (all && readdir(all)) n++;
    if (all) (void)closedir(all);
    return n;
}

static int listen_once(void *arg) {
    edo_signal *s;
    (void)arg;
    if (edo_signal_listen(&s, SIGUSR1) < 0) return -1;
    edo_signal_close(s);
    return 0;
}

/* `arg` is how many the parent had. */
static int count_in_child(void *arg) {
    if (listen_once(NULL) != 0) return 1;
    return descriptors_n() == *(const size_t *)arg ? 0 : 2;
}

static void no_descriptor_of_signals_is_handed_down(void **state) {
    (void)state;
    assert_int_equal(listen_once(NULL), 0);
    size_t n = descriptors_n();
    assert_int_equal(child_status(count_in_child, &n), 0);
}

static int raise_it(void *arg) {
    (void)raise(*(const int *)arg);
    return 0;
}

/* The signal that ends a child which raises `signo`; 0: none. */
static int end_of_child(int signo) {
    pid_t child = fork();
    if (child == 0) {
        (void)alarm(CHILD_S);
        _exit(raise_it(&signo));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void in_a_child_signals_act_as_before_the_parent_listened(void **state) {
    (void)state;
    may_leave(LEFT_THREADS, 2, "the threads that write dumps and find their names stay");
    edo_signal *s, *ignored;
    struct sigaction ignore = { .sa_handler = SIG_IGN }, usual = { .sa_handler = SIG_DFL };
    assert_int_equal(sigaction(SIGTTIN, &ignore, NULL), 0);
    assert_int_equal(sigaction(SIGHUP, &usual, NULL), 0); // which nohup ignores
    assert_int_equal(edo_signal_listen(&s, SIGUSR2), 0);
    assert_int_equal(edo_signal_listen(&ignored, SIGTTIN), 0);
    assert_int_equal(edo_dump_on_signal(SIGHUP), 0);
    assert_int_equal(end_of_child(SIGUSR2), SIGUSR2);
    assert_int_equal(end_of_child(SIGHUP), SIGHUP);
    assert_int_equal(end_of_child(SIGTTIN), 0);
    (void)raise(SIGUSR2); // the parent listens still
    assert_int_equal(edo_signal_recv(s), 0);
    edo_signal_close(s);
    edo_signal_close(ignored);
}

static void ignore_it(int signo) {
    (void)signo;
}

/* Each of edo's handlers over each other, in all orders, and one of the program's over them. */
static void in_a_child_no_handler_of_edos_stands_over_another(void **state) {
    (void)state;
    edo_signal *s[3];
    assert_int_equal(edo_signal_listen(&s[0], SIGVTALRM), 0);
    assert_int_equal(edo_dump_on_signal(SIGVTALRM), 0);
    assert_int_equal(end_of_child(SIGVTALRM), SIGVTALRM);
    assert_int_equal(edo_dump_on_signal(SIGPROF), 0);
    assert_int_equal(edo_signal_listen(&s[1], SIGPROF), 0);
    assert_int_equal(end_of_child(SIGPROF), SIGPROF);
    assert_int_equal(edo_stacks_by_signal(SIGXCPU), 0);
    assert_int_equal(end_of_child(SIGXCPU), SIGXCPU);
    assert_int_equal(edo_signal_listen(&s[2], SIGXCPU), 0);
    assert_int_equal(end_of_child(SIGXCPU), SIGXCPU);

    const struct sigaction own = { .sa_handler = ignore_it };
    assert_int_equal(sigaction(SIGPROF, &own, NULL), 0);
    assert_int_equal(edo_dump_on_signal(SIGPROF), 0);
    assert_int_equal(end_of_child(SIGPROF), 0);
    for (size_t i = 0; i < EDO_COUNT(s); i++) edo_signal_close(s[i]);
}

static int listen_to(void *signal) {
    return edo_signal_listen(signal, SIGTERM);
}

static void a_child_keeps_no_handler_of_an_ended_edo_main(void **state) {
    (void)state;
    edo_signal *s;
    assert_int_equal(edo_main(listen_to, &s), 0);
    assert_int_equal(end_of_child(SIGTERM), SIGTERM);
    edo_signal_close(s);
}

static void a_signal_ends_a_child_of_edo_main(void **state) {
    (void)state;
    assert_int_equal(edo_main(end_children, NULL), 0);
}

/* ---- Descriptors that others keep ------------------------------------------------------------ */

static int close_what_a_child_keeps(void *arg) {
    edo_stream *near_end = NULL, *far_end = NULL;
    (void)arg;
    CHECK_EQ(connect_and_wait(&near_end, &far_end), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)alarm(CHILD_S);
        for (;;) (void)pause();
    }
    int err = close_and_send(near_end, far_end);
    (void)kill(child, SIGKILL);
    CHECK_EQ(waitpid(child, NULL, 0), child);
    return err;
}

static void sockets_kept_by_a_child_make_no_event_in_the_parent(void **state) {
    (void)state;
    assert_int_equal(inside_with(close_what_a_child_keeps, NULL, &one_thread), 0);
}

int main(void) {
#ifdef EDOI_TSAN
    (void)printf("skipped: thread-sanitizer ends a child that makes threads\n");
    return 77;
#endif
    const struct CMUnitTest tests[] = {
        // first: once the program has asked for a descriptor every close deregisters
        cmocka_unit_test(sockets_kept_by_a_child_make_no_event_in_the_parent),
        cmocka_unit_test(the_child_uses_nothing_of_the_parents),
        cmocka_unit_test(a_task_may_fork),
        cmocka_unit_test(a_child_may_end_the_brackets_it_is_in),
        cmocka_unit_test(a_child_may_leave_the_guards_it_is_in),
        cmocka_unit_test(a_task_that_returns_in_the_child_ends_it),
        cmocka_unit_test(a_job_that_returns_in_the_child_ends_it),
        cmocka_unit_test(a_child_made_in_a_poll_may_await),
        cmocka_unit_test(a_child_of_a_task_joins_tasks_of_its_own),
        cmocka_unit_test(a_child_gets_no_stream_that_was_the_parents),
        cmocka_unit_test(children_never_hang),
        cmocka_unit_test(tokens_of_the_parents_cut_nothing_that_a_child_begins),
        cmocka_unit_test(a_child_listens_to_signals_that_its_parent_listened_to),
        cmocka_unit_test(no_descriptor_of_signals_is_handed_down),
        cmocka_unit_test(in_a_child_signals_act_as_before_the_parent_listened),
        cmocka_unit_test(in_a_child_no_handler_of_edos_stands_over_another),
        cmocka_unit_test(a_signal_ends_a_child_of_edo_main),
        cmocka_unit_test(a_child_keeps_no_handler_of_an_ended_edo_main),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
