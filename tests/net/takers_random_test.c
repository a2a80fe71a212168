/* SPDX-License-Identifier: MIT */
/* Goal: however threads and tasks that share a listener come, give up and take over a runtime, a
 * connection reaches one that waits. Method: rounds of takers with random bounds, which do nothing
 * more when they have given up, and one that stays; one connection in each round. For the thread
 * sanitizer too. */
#include "net_support.h"

#include "seed.h"
#include "stress.h"

#include <edo/scope.h>

#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#define ROUNDS  150
#define TAKERS  4
#define SPAN_NS 1500000

typedef enum kind { ALONE, ENTERED, TASK, KINDS } kind;

typedef struct taker {
    edo_listener *listener;
    kind kind;
    edo_runtime *rt;
    edo_duration bound;
    edo_task *task;
    pthread_t thread;
    sem_t over; /* the round */
} taker;

static sem_t taken;

static int take(void *arg) {
    taker *t = arg;
    edo_stream *s = NULL;
    edo_deadline limit;
    edo_deadline_begin(&limit, t->bound);
    int err = edo_deadline_end(&limit, edo_accept(t->listener, &s));
    CHECK(err == 0 || err == -ETIMEDOUT || err == -EDO_ECLOSED);
    if (err == 0) CHECK_INT(sem_post(&taken), 0);
    edo_close(s);
    return 0;
}

static void wait_at_most(sem_t *s, time_t seconds) {
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += seconds;
    while (sem_timedwait(s, &until) < 0) CHECK_INT(errno, EINTR);
}

static void *take_on_thread(void *arg) {
    taker *t = arg;
    if (t->kind == ENTERED) CHECK_INT(edo_runtime_enter(t->rt), 0);
    (void)take(t);
    wait_at_most(&t->over, 60);
    if (t->kind == ENTERED) edo_runtime_leave(t->rt);
    return NULL;
}

static void begin(taker *t, const place *p, edo_runtime *const *rts, uint64_t *seed) {
    *t = (taker){ .listener = p->listener, .kind = (kind)(stress_random(seed) % KINDS) };
    t->rt = rts[t->kind];
    t->bound = edo_ns((int64_t)(stress_random(seed) % SPAN_NS));
    CHECK_INT(sem_init(&t->over, 0, 0), 0);
}

static void start(taker *t) {
    if (t->kind == TASK) {
        t->task = edo_spawn_on(t->rt, take, t);
        CHECK(t->task);
    } else {
        CHECK_INT(pthread_create(&t->thread, NULL, take_on_thread, t), 0);
    }
}

static void end(taker *t) {
    CHECK_INT(sem_post(&t->over), 0);
    if (t->kind == TASK) {
        CHECK_INT(edo_task_join(t->task), 0);
    } else {
        CHECK_INT(pthread_join(t->thread, NULL), 0);
    }
    (void)sem_destroy(&t->over);
}

static void one_round(edo_runtime *const *rts, uint64_t *seed) {
    taker takers[TAKERS];
    place p = open_place(NULL);
    edo_duration off = EDO_OFF;
    for (int i = 0; i < TAKERS; i++) begin(&takers[i], &p, rts, seed);
    takers[stress_random(seed) % TAKERS].bound = off;
    for (int i = 0; i < TAKERS; i++) start(&takers[i]);
    struct timespec pause = { .tv_nsec = (long)(stress_random(seed) % (2 * SPAN_NS)) };
    (void)nanosleep(&pause, NULL);
    edo_stream *s = NULL;
    CHECK_INT(edo_tcp_connect(&s, p.addr, NULL), 0);
    wait_at_most(&taken, 30); // a connection that no taker got
    edo_close(s);
    edo_listener_ref(p.listener);
    edo_listener_close(p.listener);
    for (int i = 0; i < TAKERS; i++) end(&takers[i]);
    edo_listener_unref(p.listener);
}

static void a_connection_is_taken_whichever_acceptor_gives_up(void **state) {
    (void)state;
    edo_runtime *rts[KINDS] = { NULL };
    uint64_t seed = test_seed(99);
    CHECK_INT(sem_init(&taken, 0, 0), 0);
    CHECK_INT(edo_runtime_new(&rts[ENTERED], &one_thread), 0);
    CHECK_INT(edo_runtime_new(&rts[TASK], &kinds[2]), 0);
    for (int i = 0; i < ROUNDS; i++) one_round(rts, &seed);
    edo_runtime_free(rts[ENTERED]);
    edo_runtime_free(rts[TASK]);
    (void)sem_destroy(&taken);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_is_taken_whichever_acceptor_gives_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
