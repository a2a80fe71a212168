/* SPDX-License-Identifier: MIT */
/* Goal: an acceptor that waits for a listener is woken by a connection, whichever acceptor that
 * shares the listener goes away: a thread that awaits for itself, a task, a runtime that no thread
 * drives any more.
 * Method: takers that announce that they wait, and give up when asked; each connection has a bound
 * that is far beyond what any machine needs. */
#include "net_support.h"

#include "aborts.h"

#include <edo/notify.h>
#include <edo/scope.h>

#include <pthread.h>
#include <semaphore.h>

#define BOUND edo_s(30)

/* Accepts one connection, or gives up. */
typedef struct taker {
    edo_listener *listener;
    bool keeps; /* gives up, but stays in line and does not look */
    edo_notify give_up;
    edo_accept_future accept;
    edo_stream *stream; /* the accepted connection */
    int result;
    bool said;
    sem_t waits, ended, leave;
} taker;

static void taker_init(taker *t, edo_listener *l) {
    *t = (taker){ .listener = l, .give_up = EDO_NOTIFY_INIT };
    (void)edo_accept_init(&t->accept, l, &t->stream);
    CHECK_INT(sem_init(&t->waits, 0, 0), 0);
    CHECK_INT(sem_init(&t->ended, 0, 0), 0);
    CHECK_INT(sem_init(&t->leave, 0, 0), 0);
}

static void taker_deinit(taker *t) {
    edo_close(t->stream);
    (void)sem_destroy(&t->waits);
    (void)sem_destroy(&t->ended);
    (void)sem_destroy(&t->leave);
}

/* Two takers, at one listener. */
typedef struct duo {
    place at;
    taker first, second;
} duo;

static void duo_init(duo *d) {
    d->at = open_place(NULL);
    taker_init(&d->first, d->at.listener);
    taker_init(&d->second, d->at.listener);
}

static void duo_deinit(duo *d) {
    taker_deinit(&d->first);
    taker_deinit(&d->second);
    edo_listener_close(d->at.listener);
}

static void wait_for(sem_t *s) {
    while (sem_wait(s) < 0) CHECK_INT(errno, EINTR);
}

static edo_polled poll_accept(void *arg, edo_cx *cx, int *result) {
    taker *t = arg;
    if (edo_poll(&t->accept.base, cx) == EDO_READY) {
        *result = edo_result(&t->accept);
        return EDO_READY;
    }
    if (!t->said) (void)sem_post(&t->waits);
    t->said = true;
    return EDO_PENDING;
}

static int take(void *arg) {
    taker *t = arg;
    edo_poll_fn_future accepted;
    edo_notify_wait_future told;
    edo_future *either[] = { edo_poll_fn_init(&accepted, poll_accept, t),
                             edo_notify_wait_init(&told, &t->give_up) };
    edo_deadline limit;
    edo_deadline_begin(&limit, BOUND);
    uint32_t flags = EDO_SELECT_BIASED | (t->keeps ? EDO_SELECT_KEEP : 0);
    t->result = edo_deadline_end(&limit, edo_select_array(either, 2, flags));
    if (t->result == 0) t->result = edo_result(&t->accept);
    if (!t->keeps) edo_drop(&t->accept.base);
    (void)sem_post(&t->ended);
    return 0;
}

/* A thread that does not end, nor await, before it is asked to. */
static void *take_and_stay(void *arg) {
    taker *t = arg;
    (void)take(t);
    wait_for(&t->leave);
    if (t->keeps) edo_drop(&t->accept.base);
    return NULL;
}

/* ---- Where they live ------------------------------------------------------------------------- */

typedef enum where { THREAD, KEEPER, TASK, TASK_OF_FOUR, WHERES_N } where;

typedef struct home {
    where at;
    taker *taker;
    edo_runtime *rt;
    edo_task *task;
    pthread_t thread;
} home;

static void home_begin(home *h, where at, taker *t) {
    *h = (home){ .at = at, .taker = t };
    t->keeps = at == KEEPER;
    if (at == THREAD || at == KEEPER) {
        CHECK_INT(pthread_create(&h->thread, NULL, take_and_stay, t), 0);
    } else {
        CHECK_INT(edo_runtime_new(&h->rt, &kinds[at == TASK ? 1 : 2]), 0);
        h->task = edo_spawn_on(h->rt, take, t);
        CHECK(h->task);
    }
    wait_for(&t->waits);
}

static void home_end(home *h) {
    if (h->rt) {
        CHECK_INT(edo_task_join(h->task), 0);
        edo_runtime_free(h->rt);
    } else {
        CHECK_INT(sem_post(&h->taker->leave), 0);
        CHECK_INT(pthread_join(h->thread, NULL), 0);
    }
}

/* A client connects, and `t` gets the connection. */
static void comes_to(const place *p, taker *t) {
    edo_stream *s = NULL;
    CHECK_INT(edo_tcp_connect(&s, p->addr, NULL), 0);
    wait_for(&t->ended);
    CHECK_INT(t->result, 0);
    CHECK(t->stream);
    edo_close(s);
}

static void one_goes(where first_at, where second_at) {
    duo d;
    home first_home, second_home;
    duo_init(&d);
    home_begin(&first_home, first_at, &d.first);
    home_begin(&second_home, second_at, &d.second);
    edo_notify_one(&d.first.give_up);
    wait_for(&d.first.ended);
    CHECK(!d.first.stream);
    comes_to(&d.at, &d.second);
    home_end(&first_home);
    home_end(&second_home);
    duo_deinit(&d);
}

static void remaining_acceptor_is_woken_though_the_first_gave_up(void **state) {
    (void)state;
    for (where first = THREAD; first < WHERES_N; first++)
        for (where second = THREAD; second < WHERES_N; second++)
            if (second != KEEPER) one_goes(first, second);
}

static void later_acceptor_is_woken_though_the_first_only_stays_in_line(void **state) {
    (void)state;
    for (where second_at = THREAD; second_at < WHERES_N; second_at++) {
        if (second_at == KEEPER) continue;
        duo d;
        home first_home, second_home;
        duo_init(&d);
        home_begin(&first_home, KEEPER, &d.first);
        edo_notify_one(&d.first.give_up);
        wait_for(&d.first.ended);
        home_begin(&second_home, second_at, &d.second);
        comes_to(&d.at, &d.second);
        home_end(&first_home);
        home_end(&second_home);
        duo_deinit(&d);
    }
}

/* ---- A runtime that is driven, and then is not ----------------------------------------------- */

static void *enter_and_take(void *arg) {
    home *h = arg;
    CHECK_INT(edo_runtime_enter(h->rt), 0);
    (void)take(h->taker);
    edo_runtime_leave(h->rt);
    return NULL;
}

typedef struct pair_of_takers {
    home entered, apart;
} pair_of_takers;

/* While it runs the runtime is driven: so the thread that has entered it awaits for itself. */
static int let_both_wait(void *arg) {
    pair_of_takers *both = arg;
    CHECK_INT(pthread_create(&both->entered.thread, NULL, enter_and_take, &both->entered), 0);
    wait_for(&both->entered.taker->waits);
    home_begin(&both->apart, THREAD, both->apart.taker);
    return 0;
}

static int say_that_it_runs(void *arg) {
    (void)sem_post(arg);
    return 0;
}

/* Until another thread drives. */
static void wait_until_driven(edo_runtime *rt) {
    sem_t runs;
    CHECK_INT(sem_init(&runs, 0, 0), 0);
    edo_task *t = edo_spawn_on(rt, say_that_it_runs, &runs);
    wait_for(&runs);
    CHECK_INT(edo_task_join(t), 0);
    (void)sem_destroy(&runs);
}

static void both_threads_are_woken_when_one_takes_over_a_runtime_on(const edo_runtime_opts *kind) {
    duo d;
    duo_init(&d);
    pair_of_takers both = { .entered.taker = &d.first, .apart.taker = &d.second };
    CHECK_INT(edo_runtime_new(&both.entered.rt, kind), 0);
    CHECK_INT(edo_run(both.entered.rt, let_both_wait, &both), 0);
    wait_until_driven(both.entered.rt);
    edo_stream *s[2];
    for (int i = 0; i < 2; i++) CHECK_INT(edo_tcp_connect(&s[i], d.at.addr, NULL), 0);
    wait_for(&d.first.ended);
    wait_for(&d.second.ended);
    CHECK(d.first.result == 0 && d.first.stream);
    CHECK(d.second.result == 0 && d.second.stream);
    CHECK_INT(pthread_join(both.entered.thread, NULL), 0);
    edo_runtime_free(both.entered.rt);
    home_end(&both.apart);
    for (int i = 0; i < 2; i++) edo_close(s[i]);
    duo_deinit(&d);
}
ON_EACH_KIND(both_threads_are_woken_when_one_takes_over_a_runtime)

static int yield_twice(void *arg) {
    (void)arg;
    for (int i = 0; i < 2; i++) CHECK_INT(edo_yield(), 0);
    return 0;
}

/* As its first task: yields until the other taker waits, and then lets a thread wait too. */
static int let_a_thread_wait(void *arg) {
    home *second = arg;
    CHECK_INT(yield_twice(NULL), 0);
    home_begin(second, THREAD, second->taker);
    return 0;
}

/* The task waits first; the thread comes while its runtime is driven, or afterwards. */
static void beside_a_task(bool while_driven) {
    duo d;
    duo_init(&d);
    home thread = { .taker = &d.second };
    edo_runtime *rt;
    CHECK_INT(edo_runtime_new(&rt, &one_thread), 0);
    edo_task *task = edo_spawn_on(rt, take, &d.first);
    CHECK_INT(edo_run(rt, while_driven ? let_a_thread_wait : yield_twice, &thread), 0);
    wait_for(&d.first.waits);
    if (!while_driven) home_begin(&thread, THREAD, &d.second);
    comes_to(&d.at, &d.second);
    home_end(&thread);
    edo_notify_one(&d.first.give_up);
    CHECK_INT(edo_block_on(rt, edo_task_join_init(&(edo_task_join_future){ 0 }, task)), 0);
    CHECK(!d.first.stream);
    edo_runtime_free(rt);
    duo_deinit(&d);
}

static void thread_is_woken_beside_a_task_of_a_runtime_that_is_not_driven(void **state) {
    (void)state;
    beside_a_task(false);
    beside_a_task(true);
}

/* ---- A task that was abandoned --------------------------------------------------------------- */

static int take_whatever_is_cancelled(void *arg) {
    edo_duration off = EDO_OFF;
    edo_shield shield;
    edo_shield_begin(&shield, off);
    int err = take(arg);
    return edo_shield_end(&shield, err);
}

static edo_runtime_opts abandons; /* of the runtime in the child */

/* In a child: abandoned tasks are left mapped, which the leak checker need not report. */
static void abandon(void) {
    static duo d; // the task of the first refers to it for ever
    duo_init(&d);
    edo_runtime *rt;
    CHECK_INT(edo_runtime_new(&rt, &abandons), 0);
    edo_task_detach(edo_spawn_on(rt, take_whatever_is_cancelled, &d.first));
    CHECK_INT(edo_run(rt, yield_twice, NULL), 0);
    wait_for(&d.first.waits);
    home thread;
    home_begin(&thread, THREAD, &d.second);
    CHECK_INT(edo_runtime_shutdown(rt, edo_ms(1)), 1);
    edo_runtime_free(rt);
    comes_to(&d.at, &d.second);
    home_end(&thread);
    _exit(0);
}

static void thread_is_woken_beside_a_task_that_was_abandoned_on(const edo_runtime_opts *kind) {
    abandons = *kind;
    assert_false(aborts(abandon));
}
ON_EACH_KIND(thread_is_woken_beside_a_task_that_was_abandoned)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thread_is_woken_beside_a_task_that_was_abandoned), // forks: first
        cmocka_unit_test(remaining_acceptor_is_woken_though_the_first_gave_up),
        cmocka_unit_test(later_acceptor_is_woken_though_the_first_only_stays_in_line),
        cmocka_unit_test(both_threads_are_woken_when_one_takes_over_a_runtime),
        cmocka_unit_test(thread_is_woken_beside_a_task_of_a_runtime_that_is_not_driven),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
