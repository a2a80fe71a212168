/* SPDX-License-Identifier: MIT */
/* Goal: a dump names every task with the future it waits for and the functions on its stack,
 * whichever thread asks, and changes nothing. Method: tasks that wait for known things, dumped into
 * memory. */
#include <edo/async.h>
#include <edo/dump.h>
#include <edo/edo.h>

#include "inside.h"
#include "patience.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

/* ---- Support --------------------------------------------------------------------------------- */

static char text[256 * 1024];

/* Of a file without a buffer, as standard error: each call brings whole lines, never parts. */
static ssize_t take_lines(void *cookie, const char *lines, size_t n) {
    size_t *text_n = cookie;
    CHECK(*text_n + n < sizeof text);
    memcpy(text + *text_n, lines, n);
    *text_n += n;
    text[*text_n] = '\0';
    CHECK(n > 0 && lines[n - 1] == '\n');
    return (ssize_t)n;
}

static const char *dump(void) {
    size_t text_n = 0;
    FILE *out = fopencookie(&text_n, "w", (cookie_io_functions_t){ .write = take_lines });
    CHECK(out);
    CHECK_EQ(setvbuf(out, NULL, _IONBF, 0), 0);
    edo_dump_tasks(out);
    CHECK_EQ(fclose(out), 0);
    return text;
}

static void want(const char *part) {
    if (strstr(text, part)) return;
    (void)fprintf(stderr, "'%s' is missing in:\n%s", part, text);
    abort();
}

static uint32_t load(edo_atomic_u32 *a) {
    return EDOI_ATOMIC_LOAD(&a->edoi_value, EDOI_ACQUIRE);
}

static void store(edo_atomic_u32 *a, uint32_t n) {
    EDOI_ATOMIC_STORE(&a->edoi_value, n, EDOI_RELEASE);
}

/* ---- What is told ---------------------------------------------------------------------------- */

EDOI_OPAQUE static int inner_function(edo_notify *bell) {
    int err = edo_notify_wait(bell);
    EDOI_COMPILER_BARRIER();
    return err;
}

EDOI_OPAQUE static int outer_function(edo_notify *bell) {
    int err = inner_function(bell);
    EDOI_COMPILER_BARRIER();
    return err;
}

static int nested(void *arg) {
    return outer_function(arg);
}

static int sleeps(void *arg) {
    (void)arg;
    return edo_sleep(edo_s(600));
}

EDO_ASYNC(machine, edo_sleep_future nap;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_sleep_init(&self->nap, edo_s(500)));
    EDO_CLEANUP;
    EDO_END;
}

typedef struct by_hand {
    edo_future base;
    edo_sleep_future nap;
} by_hand;

static edo_polled by_hand_poll(edo_future *f, edo_cx *cx) {
    by_hand *self = (by_hand *)(void *)f;
    if (edo_poll(&self->nap.base, cx) == EDO_PENDING) return EDO_PENDING;
    return edo_future_finish(f, 0);
}

static void by_hand_drop(edo_future *f) {
    edo_drop(&((by_hand *)(void *)f)->nap.base);
    edo_future_retire(f);
}

static void by_hand_describe(const edo_future *f, edo_description *to) {
    edo_describe_text(to, " with its own words and ");
    edo_describe_future(to, &((const by_hand *)(const void *)f)->nap.base);
}

static edo_future *by_hand_init(by_hand *self) {
    static const edo_future_ops ops = { .poll = by_hand_poll,
                                        .drop = by_hand_drop,
                                        .name = "by_hand",
                                        .size = sizeof(by_hand),
                                        .describe = by_hand_describe };
    (void)edo_sleep_init(&self->nap, edo_s(200));
    return edo_future_init(&self->base, &ops);
}

static int selects(void *arg) {
    edo_sleep_future nap;
    edo_notify_wait_future wait;
    return edo_select(edo_sleep_init(&nap, edo_s(400)), edo_notify_wait_init(&wait, arg));
}

static int awaits_a_set(void *arg) {
    edo_notify_wait_future wait[2];
    edo_future_set set = EDO_FUTURE_SET_INIT;
    edo_future *done;
    for (int i = 0; i < 2; i++)
        CHECK_EQ(edo_future_set_push(&set, edo_notify_wait_init(&wait[i], arg)), 0);
    for (int i = 0; i < 2; i++) CHECK_EQ(edo_future_set_done_next(&set, &done), 1);
    return edo_future_set_done_next(&set, &done);
}

static int joins(void *arg) {
    return edo_task_join(arg);
}

static int nothing(void *arg) {
    (void)arg;
    return 0;
}

/* The tasks that wait during a dump. */
static struct {
    edo_notify bell;
    edo_task *nested, *sleeps, *machine, *boxed, *by_hand, *selects, *set, *joins, *over;
} all;

static bool says(const char *part) {
    return strstr(text, part) != NULL;
}

/* What is said of them once all of them have begun to wait. */
static const char *const waits[] = {
    "nested at ",
    " s for edo_notify_wait",
    " s for edo_sleep, due in 5",
    "(state machine machine at line ",
    ": edo_sleep, due in 4",
    "(state machine edo_boxed of machine at line ",
    "(state machine by_hand with its own words and edo_sleep, due in 1",
    " s for edo_select of edo_sleep, due in 3",
    ", edo_notify_wait",
    " s for edo_future_set_done_next of 2",
    " s for edo_task_join of sleeps at ",
    "done, not joined",
};

static bool all_wait(void) {
    (void)dump();
    for (size_t i = 0; i < EDO_COUNT(waits); i++)
        if (!says(waits[i])) return false;
    return true;
}

static void check_all(void) {
    for (size_t i = 0; i < EDO_COUNT(waits); i++) want(waits[i]);
    if (!says("      #0 ")) return; // a portable fiber shows no stack
    want(" inner_function+0x");
    want(" outer_function+0x");
}

static void spawn_all(void) {
    machine m;
    CHECK((all.nested = edo_spawn(nested, &all.bell)) != NULL);
    CHECK((all.sleeps = edo_spawn(sleeps, NULL)) != NULL);
    CHECK((all.machine = edo_spawn_future(machine_init(&m))) != NULL);
    machine n;
    by_hand own;
    edo_cancel_token *token;
    CHECK_EQ(edo_cancel_new(&token), 0);
    all.by_hand = edo_spawn_future_with(by_hand_init(&own), &(edo_spawn_opts){ .cancel = token });
    CHECK(all.by_hand);
    edo_cancel_unref(token);
    CHECK((all.boxed = edo_spawn_future(edo_boxed_new(machine_init(&n)))) != NULL);
    CHECK((all.selects = edo_spawn(selects, &all.bell)) != NULL);
    CHECK((all.set = edo_spawn(awaits_a_set, &all.bell)) != NULL);
    CHECK((all.joins = edo_spawn(joins, edo_task_ref(all.sleeps))) != NULL);
    CHECK((all.over = edo_spawn(nothing, NULL)) != NULL);
    const int64_t since_s = patience_now_s();
    while (!all_wait() && !patience_is_over(since_s)) let_run(); // check_all() says what is missing
}

static void end_all(void) {
    edo_notify_all(&all.bell);
    CHECK_EQ(edo_task_join(all.nested), 0);
    CHECK_EQ(edo_task_join(all.selects), 1);
    CHECK_EQ(edo_task_join(all.set), 0);
    edo_task_cancel(all.sleeps);
    edo_task_cancel(all.machine);
    edo_task_cancel(all.by_hand);
    CHECK_EQ(edo_task_join(all.by_hand), -ECANCELED);
    edo_task_cancel(all.boxed);
    CHECK_EQ(edo_task_join(all.boxed), -ECANCELED);
    CHECK_EQ(edo_task_join(all.joins), -ECANCELED);
    edo_task_unref(all.sleeps);
    CHECK_EQ(edo_task_join(all.machine), -ECANCELED);
    CHECK_EQ(edo_task_join(all.over), 0);
}

static const edo_runtime_opts current = { .flavor = EDO_RUNTIME_CURRENT, .watchdog = EDO_OFF };
static const edo_runtime_opts multi = { .flavor = EDO_RUNTIME_MULTI,
                                        .workers = 2,
                                        .watchdog = EDO_OFF };

/* ---- Who asks -------------------------------------------------------------------------------- */

static int asks_itself(void *arg) {
    (void)arg;
    spawn_all();
    edo_task *fresh = edo_spawn(nothing, NULL);
    (void)dump();
    check_all();
    want(", and dumps");
    end_all();
    return edo_task_join(fresh);
}

static void a_task_dumps_its_own_runtime(void **state) {
    (void)state;
    assert_int_equal(inside_with(asks_itself, NULL, &current), 0);
    want("(fiber that has not begun)");
    assert_int_equal(inside_with(asks_itself, NULL, &multi), 0);
}

/* Fresh fibers wait in a long poll, whose dumps take longer than it takes a sibling to help. */
static int dumps_while_a_sibling_helps(void *arg) {
    edo_task *fresh[48];
    (void)arg;
    for (int round = 0; round < 10; round++) {
        edo_instant start = edo_now();
        for (size_t i = 0; i < EDO_COUNT(fresh); i++) fresh[i] = edo_spawn(nothing, NULL);
        while (edo_now().ns - start.ns < 10 * 1000000) (void)dump();
        for (size_t i = 0; i < EDO_COUNT(fresh); i++) CHECK_EQ(edo_task_join(fresh[i]), 0);
    }
    return 0;
}

static void tasks_that_a_sibling_takes_are_not_studied(void **state) {
    (void)state;
    assert_int_equal(inside_with(dumps_while_a_sibling_helps, NULL, &multi), 0);
}

static edo_atomic_u32 asked;

static void *ask_from_a_thread(void *arg) {
    (void)arg;
    (void)dump();
    store(&asked, 1);
    return NULL;
}

static int is_asked_by_a_thread(void *arg) {
    pthread_t thread;
    (void)arg;
    spawn_all();
    store(&asked, 0);
    CHECK_EQ(pthread_create(&thread, NULL, ask_from_a_thread, NULL), 0);
    WAIT_FOR(load(&asked)); // it may find us at it
    CHECK_EQ(pthread_join(thread, NULL), 0);
    check_all();
    end_all();
    return 0;
}

static void another_thread_dumps_while_workers_run(void **state) {
    (void)state;
    assert_int_equal(inside_with(is_asked_by_a_thread, NULL, &current), 0);
    assert_int_equal(inside_with(is_asked_by_a_thread, NULL, &multi), 0);
}

static int begin(void *arg) {
    (void)arg;
    spawn_all();
    return 0;
}

static int end(void *arg) {
    (void)arg;
    end_all();
    return 0;
}

static void a_runtime_that_no_thread_drives_is_dumped(void **state) {
    (void)state;
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &current), 0);
    assert_int_equal(edo_run(rt, begin, NULL), 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, ask_from_a_thread, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    check_all();
    want("driven by nobody");
    assert_int_equal(edo_run(rt, end, NULL), 0);
    edo_runtime_free(rt);
}

static double now_s(void) {
    struct timespec ts;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* What the dump says of the task of that name. */
static double age_of(const char *name) {
    const char *line = strstr(dump(), name);
    const char *words = line ? strstr(line, " s old") : NULL;
    assert_non_null(words);
    while (words > line && words[-1] != ' ') words--;
    return strtod(words, NULL);
}

static int waits_for(void *notify) {
    return edo_notify_wait(notify);
}

static int lets_run(void *arg) {
    (void)arg;
    for (int i = 0; i < 8; i++) CHECK_EQ(edo_yield(), 0);
    return 0;
}

static void a_task_of_another_thread_has_its_age(void **state) {
    (void)state;
    edo_notify go = EDO_NOTIFY_INIT;
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &current), 0);
    const double before_s = now_s();
    edo_task *t = edo_spawn_on(rt, waits_for, &go);
    assert_non_null(t);
    assert_int_equal(edo_run(rt, lets_run, NULL), 0);
    const double age_s = age_of("waits_for at ");
    assert_true(age_s >= 0 && age_s <= now_s() - before_s + 0.2); // both instants are rounded
    edo_notify_one(&go);
    assert_int_equal(edo_run(rt, lets_run, NULL), 0);
    assert_int_equal(edo_task_join(t), 0);
    edo_runtime_free(rt);
}

/* ---- Nothing changes ------------------------------------------------------------------------- */

#define PAIRS  4
#define ROUNDS 3000

typedef struct pair {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
} pair;

static int send_all(void *arg) {
    edo_mpsc_tx *tx = arg;
    for (int i = 1; i <= ROUNDS; i++) {
        CHECK_EQ(edo_mpsc_send(tx, &i), 0);
        if (i % 100 == 0) CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    }
    edo_mpsc_tx_unref(tx);
    return 0;
}

static int receive_all(void *arg) {
    edo_mpsc_rx *rx = arg;
    int sum = 0, value, err;
    while ((err = edo_mpsc_recv(rx, &value)) == 0) sum += value;
    CHECK_EQ(err, -EDO_ECLOSED);
    edo_mpsc_rx_free(rx);
    return sum;
}

static void *dump_until_told(void *arg) {
    edo_atomic_u32 *stop = arg;
    int dumps_n = 0;
    while (!load(stop) || dumps_n == 0) {
        CHECK(strstr(dump(), "edo: what is open:")); // the runtime may have ended, or not begun
        dumps_n++;
    }
    return NULL;
}

/* A set that grows on one worker while its owner waits, and is described, on another. */
typedef struct shared_set {
    edo_future_set set;
    edo_notify bell; /* rings when nothing more is pushed */
} shared_set;

static int push_all(void *arg) {
    shared_set *s = arg;
    edo_ready_future f;
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_EQ(edo_future_set_push(&s->set, edo_boxed_new(edo_ready_init(&f, 1))), 0);
        CHECK_EQ(edo_yield(), 0);
    }
    edo_notify_one(&s->bell);
    return 0;
}

static int take_all(void *arg) {
    shared_set *s = arg;
    edo_notify_wait_future end;
    edo_future *done;
    int n = 0;
    CHECK_EQ(edo_future_set_push(&s->set, edo_notify_wait_init(&end, &s->bell)), 0);
    edo_task *pushes = edo_spawn_with(push_all, s, &(edo_spawn_opts){ .spread = true });
    CHECK(pushes);
    for (; edo_future_set_done_next(&s->set, &done) > 0; n++)
        if (done != &end.base) edo_drop(done);
    CHECK_EQ(edo_task_join(pushes), 0);
    return n;
}

static int talk(void *arg) {
    edo_task *senders[PAIRS], *receivers[PAIRS];
    shared_set shared = { EDO_FUTURE_SET_INIT, EDO_NOTIFY_INIT };
    (void)arg;
    edo_task *takes = edo_spawn_with(take_all, &shared, &(edo_spawn_opts){ .spread = true });
    CHECK(takes);
    for (int i = 0; i < PAIRS; i++) {
        edo_mpsc_tx *tx;
        edo_mpsc_rx *rx;
        CHECK_EQ(edo_mpsc_new(&tx, &rx, sizeof(int), 2, NULL), 0);
        CHECK((receivers[i] = edo_spawn(receive_all, rx)) != NULL);
        CHECK((senders[i] = edo_spawn(send_all, tx)) != NULL);
    }
    for (int i = 0; i < PAIRS; i++) {
        CHECK_EQ(edo_task_join(senders[i]), 0);
        CHECK_EQ(edo_task_join(receivers[i]), ROUNDS * (ROUNDS + 1) / 2);
    }
    CHECK_EQ(edo_task_join(takes), ROUNDS + 1);
    edo_future_set_deinit(&shared.set);
    return 0;
}

static void no_wake_is_lost_under_dumps(void **state) {
    (void)state;
    const edo_runtime_opts *const both[] = { &current, &multi };
    for (int i = 0; i < 2; i++) {
        edo_atomic_u32 stop = { 0 };
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, dump_until_told, &stop), 0);
        assert_int_equal(inside_with(talk, NULL, both[i]), 0);
        store(&stop, 1);
        assert_int_equal(pthread_join(thread, NULL), 0);
    }
}

/* ---- Stuck ----------------------------------------------------------------------------------- */

static edo_atomic_u32 spins, spin_end;

EDOI_OPAQUE static int spin(void *arg) {
    (void)arg;
    store(&spins, 1);
    while (!load(&spin_end)) EDOI_CPU_RELAX();
    return 0;
}

static void a_stuck_worker_hinders_no_dump(void **state) {
    (void)state;
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &multi), 0);
    edo_task *t = edo_spawn_on(rt, spin, NULL);
    assert_non_null(t);
    WAIT_FOR(load(&spins));
    assert_int_equal(edo_stacks_by_signal(SIGUSR2), 0);
    (void)dump();
    store(&spin_end, 1);
    want("spin at ");
    want("runs on worker ");
    if (says("      #0 ")) want(" spin+0x"); // thread-sanitizer keeps the signal for later
    edo_task_join_future f;
    assert_int_equal(edo_block_on(rt, edo_task_join_init(&f, t)), 0);
    edo_runtime_free(rt);
}

/* ---- Locks ----------------------------------------------------------------------------------- */

static edo_mutex mutex = EDO_MUTEX_INIT;
static edo_rwlock rwlock = EDO_RWLOCK_INIT;
static edo_sem sem = EDO_SEM_INIT(1);

static int holds_locks(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&mutex), 0);
    CHECK_EQ(edo_rwlock_read(&rwlock), 0);
    int err = edo_sleep(edo_s(600));
    edo_rwlock_unlock(&rwlock);
    edo_mutex_unlock(&mutex);
    return err;
}

static int waits_for_mutex(void *arg) {
    int err = edo_mutex_lock(&mutex);
    CHECK(!arg);
    if (err == 0) edo_mutex_unlock(&mutex);
    return err;
}

static int waits_for_rwlock(void *arg) {
    int err = edo_rwlock_write(&rwlock);
    CHECK(!arg);
    if (err == 0) edo_rwlock_unlock(&rwlock);
    return err;
}

static int waits_for_sem(void *arg) {
    CHECK(!arg);
    return edo_sem_acquire(&sem, 2);
}

static int locks_and_unlocks(void *arg) {
    int err = edo_mutex_lock(arg);
    if (err == 0) edo_mutex_unlock(arg);
    return err;
}

static void want_of(const char *call, const void *lock, const char *holder) {
    char line[200];
    (void)snprintf(line, sizeof line, "%s of %p%s%s", call, lock, holder ? ", held by " : "",
                   holder ? holder : "");
    want(line);
}

static int dump_locks(void *arg) {
    const char *holder = NULL;
#ifdef EDO_DEBUG
    holder = "holds_locks at ";
#endif
    edo_task *holds = edo_spawn(holds_locks, arg);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    edo_task_fn *const fns[] = { waits_for_mutex, waits_for_rwlock, waits_for_sem };
    edo_task *tasks[EDO_COUNT(fns)];
    for (size_t i = 0; i < EDO_COUNT(fns); i++) tasks[i] = edo_spawn(fns[i], arg);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    (void)dump();
    want_of("edo_mutex_lock", &mutex, holder);
    want_of("edo_rwlock_write", &rwlock, holder);
    want("edo_sem_acquire of 2 at ");
    edo_task_cancel(holds);
    CHECK_EQ(edo_task_join(holds), -ECANCELED);
    CHECK_EQ(edo_task_join(tasks[0]), 0);
    CHECK_EQ(edo_task_join(tasks[1]), 0);
    edo_task_cancel(tasks[2]);
    CHECK_EQ(edo_task_join(tasks[2]), -ECANCELED);
    CHECK_EQ(edo_mutex_try_lock(&mutex), 0); // a holder that has left is not named
    tasks[0] = edo_spawn(waits_for_mutex, arg);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    (void)dump();
    want_of("edo_mutex_lock", &mutex, holder ? "fn at " : NULL);
    edo_mutex_unlock(&mutex);
    return edo_task_join(tasks[0]);
}

static void a_wait_for_a_lock_names_the_lock_and_its_holders(void **state) {
    (void)state;
    const edo_runtime_opts paused = { .start_paused = true };
    assert_int_equal(inside_with(dump_locks, NULL, &paused), 0);
}

/* ---- Equal tasks ----------------------------------------------------------------------------- */

#define CROWD 1200

static uint32_t count(const char *part) {
    uint32_t n = 0;
    for (const char *at = text; (at = strstr(at, part)); at++) n++;
    return n;
}

static bool crowd_waits(void) {
    (void)dump();
    return count(" queued ") == 0 && says("  1202 tasks\n");
}

static int dump_crowd(void *arg) {
    static edo_task *tasks[CROWD + 1];
    edo_notify bell = EDO_NOTIFY_INIT;
    (void)arg;
    for (size_t i = 0; i < CROWD; i++) CHECK((tasks[i] = edo_spawn(nested, &bell)) != NULL);
    CHECK((tasks[CROWD] = edo_spawn_with(nested, &bell, &(edo_spawn_opts){ .name = "the odd" })));
    const int64_t since_s = patience_now_s();
    while (!crowd_waits() && !patience_is_over(since_s)) let_run();
    want("  1,200 x nested at ");
    want(": waits (fiber, waits for edo_notify_wait), ");
    want(", as 0x");
    want(" the odd: waits (fiber, worker 0, waits ");
    want("  1202 tasks\n");
    CHECK_EQ(count(" nested at "), 1);
    CHECK(count(" inner_function+0x") <= 2); // a stack for each of both
    edo_notify_all(&bell);
    for (size_t i = 0; i <= CROWD; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    return 0;
}

/* Their number is no reason to leave a lock out: each waits for that of another. */
static int dump_circle(void *arg) {
    edo_mutex locks[3] = { EDO_MUTEX_INIT, EDO_MUTEX_INIT, EDO_MUTEX_INIT };
    edo_task *tasks[3];
    for (size_t i = 0; i < 3; i++) CHECK_EQ(edo_mutex_try_lock(&locks[i]), 0);
    for (size_t i = 0; i < 3; i++) CHECK((tasks[i] = edo_spawn(locks_and_unlocks, &locks[i])));
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    (void)dump();
    for (size_t i = 0; i < 3; i++) want_of("edo_mutex_lock", &locks[i], arg);
    for (size_t i = 0; i < 3; i++) edo_mutex_unlock(&locks[i]);
    for (size_t i = 0; i < 3; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    return 0;
}

static void equal_tasks_are_shown_once_with_their_number(void **state) {
    (void)state;
    const edo_runtime_opts paused = { .start_paused = true };
    assert_int_equal(inside_with(dump_crowd, NULL, &paused), 0);
    assert_null(strstr(text, " s old")); // a paused clock is not read by those who look
    assert_int_equal(inside_with(dump_crowd, NULL, &current), 0);
    want(" s old, as 0x");
    assert_int_equal(inside_with(dump_circle, NULL, &paused), 0);
}

static int wait_alone(void *arg) {
    edo_task *t = edo_spawn(nested, arg);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    (void)dump();
    edo_notify_all(arg);
    return edo_task_join(t);
}

/* The frames of edo on top are the function that was called; those below are a number. */
static void frames_of_edo_are_folded(void **state) {
    (void)state;
    edo_notify bell = EDO_NOTIFY_INIT;
    const edo_runtime_opts paused = { .start_paused = true };
    assert_int_equal(inside_with(wait_alone, &bell, &paused), 0);
    const char *stack = strstr(text, " nested at ");
    assert_non_null(stack);
    const char *called = strstr(stack, " edo_notify_wait+0x");
    if (!called) { // a portable fiber shows no stack, and without libdw there are no names
        print_message("skipped: no names of functions are found here\n");
        skip();
    }
    const char *first = strstr(stack, "      #");
    assert_true(first < called && !memchr(first, '\n', (size_t)(called - first)));
    assert_non_null(strstr(called, " inner_function+0x"));
    assert_non_null(strstr(called, " of edo\n"));
    assert_null(strstr(text, "edoi_fiber_switch"));
}

/* ---- To a file that takes nothing ------------------------------------------------------------ */

#define IN_VAIN 100

static ssize_t refuse(void *cookie, const char *lines, size_t n) {
    (void)lines, (void)n;
    ++*(size_t *)cookie;
    return 0;
}

/* Tasks with names of their own, which are not shown as one. */
static int dump_in_vain(void *arg) {
    static char names[IN_VAIN][16];
    edo_task *waiting[IN_VAIN];
    size_t calls_n = 0;
    (void)arg;
    for (size_t i = 0; i < IN_VAIN; i++) {
        (void)snprintf(names[i], sizeof names[i], "in vain %zu", i);
        waiting[i] = edo_spawn_with(sleeps, NULL, &(edo_spawn_opts){ .name = names[i] });
    }
    FILE *out = fopencookie(&calls_n, "w", (cookie_io_functions_t){ .write = refuse });
    CHECK(out);
    CHECK_EQ(setvbuf(out, NULL, _IONBF, 0), 0);
    edo_dump_tasks(out);
    CHECK(ferror(out));
    (void)fclose(out);
    for (size_t i = 0; i < IN_VAIN; i++) {
        edo_task_cancel(waiting[i]);
        CHECK_EQ(edo_task_join(waiting[i]), -ECANCELED);
    }
    CHECK(calls_n > 0 && calls_n < 4);
    return 0;
}

static void a_dump_ends_where_nobody_takes_it(void **state) {
    (void)state;
    assert_int_equal(inside_with(dump_in_vain, NULL, &current), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dump_ends_where_nobody_takes_it),
        cmocka_unit_test(equal_tasks_are_shown_once_with_their_number),
        cmocka_unit_test(frames_of_edo_are_folded),
        cmocka_unit_test(a_task_dumps_its_own_runtime),
        cmocka_unit_test(tasks_that_a_sibling_takes_are_not_studied),
        cmocka_unit_test(another_thread_dumps_while_workers_run),
        cmocka_unit_test(a_runtime_that_no_thread_drives_is_dumped),
        cmocka_unit_test(a_task_of_another_thread_has_its_age),
        cmocka_unit_test(a_wait_for_a_lock_names_the_lock_and_its_holders),
        cmocka_unit_test(no_wake_is_lost_under_dumps),
        cmocka_unit_test(a_stuck_worker_hinders_no_dump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
