/* SPDX-License-Identifier: MIT */
/* Goal: a look tells each task by where it was spawned and what it waits for, the oldest ones
 * alone, locks with who holds them and who waits, tasks that wait for each other, channels, workers
 * and stacks; its size is bounded, and what it leaves out it counts.
 * Method: tasks that wait for a notify, a lock, a channel; the look is made by a thread of the
 * pool, as the service does it. */
#include "console/own/looks.h"

#include "base/atomic.h"
#include "inside.h"

#include <edo/edo.h>
#include <edo/locks.h>

#include <pthread.h>
#include <string.h>

typedef struct looked {
    edoi_look_tasks *tasks;
    edo_arena arena;
    edoi_look_update u;
    edo_str site; /* of the single tasks; empty: any */
} looked;

static int look_job(void *arg) {
    looked *l = arg;
    return edoi_look_at_all(l->tasks, &l->u, &l->arena, l->site);
}

static void look(looked *l) {
    edo_arena_reset(&l->arena);
    CHECK_EQ(edo_blocking(look_job, l), 0);
}

static void looked_begin(looked *l, uint32_t tasks_max) {
    *l = (looked){ .tasks = edoi_look_tasks_new(tasks_max) };
    CHECK(l->tasks);
}

static void looked_end(looked *l) {
    edoi_look_tasks_free(l->tasks);
    edo_arena_deinit(&l->arena);
}

static bool is_text(edo_str s, const char *text) {
    return edo_str_equal(s, edo_str_of(text));
}

/* NULL: there is none. */
static const edoi_look_site *site_called(const looked *l, const char *name) {
    for (size_t i = 0; i < l->u.sites_n; i++)
        if (is_text(l->u.sites[i].name, name)) return &l->u.sites[i];
    return NULL;
}

/* ---- Tasks ----------------------------------------------------------------------------------- */

static edo_notify bell = EDO_NOTIFY_INIT;

/* The wait is no call at the end, which has no frame. */
static int waits_for_the_bell(void *arg) {
    (void)arg;
    volatile int err = edo_notify_wait(&bell);
    return err;
}

static void spawn_waiting(edo_scope *s, const char *name, int n) {
    for (int i = 0; i < n; i++)
        CHECK_EQ(
            edo_scope_spawn_with(s, waits_for_the_bell, NULL, &(edo_spawn_opts){ .name = name }),
            0);
}

/* Has each of `n` tasks of the name begun to wait, so that a look can tell for what? */
static bool all_wait(looked *l, const char *name, uint64_t n) {
    look(l);
    const edoi_look_site *s = site_called(l, name);
    return s && s->n == n && s->waits == n && s->awaits_n == 1 && s->awaits[0].n == n;
}

static int many_of_two_sites(void *arg) {
    (void)arg;
    edo_scope s;
    looked l;
    looked_begin(&l, 50);
    edo_scope_begin(&s, NULL);
    spawn_waiting(&s, "sheep", 300);
    spawn_waiting(&s, "goat", 3);
    WAIT_FOR(all_wait(&l, "sheep", 300) && all_wait(&l, "goat", 3));
    const edoi_look_site *sheep = site_called(&l, "sheep");
    CHECK(is_text(sheep->awaits[0].what, "edo_notify_wait"));
    CHECK(sheep->awaits[0].task != 0);
    CHECK(sheep == &l.u.sites[0]); // the largest number first
    CHECK_EQ(l.u.tasks_every, 1);
    CHECK_EQ(l.u.sites_rest, 0);
    CHECK(l.u.tasks_all >= 304);
    CHECK_EQ(l.u.tasks_n, 50);
    for (size_t i = 1; i < l.u.tasks_n; i++) // busy ones first, then the oldest
        CHECK(l.u.tasks[i - 1].age_tenths < 0 ||
              l.u.tasks[i - 1].age_tenths >= l.u.tasks[i].age_tenths);
    edo_notify_all(&bell);
    looked_end(&l);
    return edo_scope_end(&s, 0);
}

static void tasks_are_told_by_site(void **state) {
    (void)state;
    assert_int_equal(inside_each(many_of_two_sites, NULL), 0);
}

static int those_of_one_site(void *arg) {
    (void)arg;
    edo_scope s;
    looked l;
    looked_begin(&l, 50);
    l.site = EDO_STR("goat");
    edo_scope_begin(&s, NULL);
    spawn_waiting(&s, "sheep", 30);
    spawn_waiting(&s, "goat", 3);
    WAIT_FOR(all_wait(&l, "goat", 3));
    CHECK_EQ(l.u.tasks_n, 3);
    for (size_t i = 0; i < 3; i++) {
        CHECK(is_text(l.u.tasks[i].name, "goat"));
        CHECK_EQ(l.u.tasks[i].state, EDO_CONSOLE_V1_WAITS_);
        CHECK_EQ(l.u.tasks[i].worker, -1);
        CHECK(is_text(l.u.tasks[i].awaits, "edo_notify_wait"));
    }
    edo_notify_all(&bell);
    looked_end(&l);
    return edo_scope_end(&s, 0);
}

/* A shield waits on, although it was cancelled. */
static int waits_in_a_shield(void *arg) {
    edo_shield shield;
    edo_shield_begin(&shield, edo_ns(-1));
    return edo_shield_end(&shield, waits_for_the_bell(arg));
}

static const edoi_look_task *task_called(looked *l, const char *name) {
    look(l);
    for (size_t i = 0; i < l->u.tasks_n; i++)
        if (is_text(l->u.tasks[i].name, name)) return &l->u.tasks[i];
    return NULL;
}

static int one_that_is_cancelled(void *arg) {
    (void)arg;
    edo_scope s;
    looked l;
    looked_begin(&l, 50);
    edo_scope_begin(&s, NULL);
    const edo_spawn_opts opts = { .name = "mule" };
    CHECK_EQ(edo_scope_spawn_with(&s, waits_in_a_shield, NULL, &opts), 0);
    WAIT_FOR(all_wait(&l, "mule", 1));
    CHECK(!task_called(&l, "mule")->cancelled);
    CHECK_EQ(task_called(&l, "mule")->cause.len, 0);
    edo_scope_cancel(&s);
    WAIT_FOR(all_wait(&l, "mule", 1));
    CHECK(task_called(&l, "mule")->cancelled);
    CHECK(is_text(task_called(&l, "mule")->cause, "asked"));
    edo_notify_all(&bell);
    looked_end(&l);
    return edo_scope_end(&s, 0);
}

static void why_a_task_was_cancelled_is_told(void **state) {
    (void)state;
    assert_int_equal(inside_each(one_that_is_cancelled, NULL), 0);
}

static void single_tasks_may_be_of_one_site(void **state) {
    (void)state;
    assert_int_equal(inside_real(those_of_one_site, NULL), 0);
}

/* More than are pinned, and more sites than there is room for. */
static int a_crowd(void *arg) {
    static char names[EDOI_LOOK_SITES_MAX + 100][8];
    edo_scope s;
    looked l;
    (void)arg;
    looked_begin(&l, EDOI_LOOK_TASKS_USUAL);
    edo_scope_begin(&s, NULL);
    for (size_t i = 0; i < EDO_COUNT(names); i++) {
        (void)snprintf(names[i], sizeof names[i], "n%zu", i);
        spawn_waiting(&s, names[i], 1);
    }
    look(&l);
    CHECK_EQ(l.u.sites_n, EDOI_LOOK_SITES_MAX);
    CHECK(l.u.sites_rest >= 99);
    CHECK_EQ(l.u.tasks_n, EDOI_LOOK_TASKS_USUAL);
    edo_scope_cancel(&s);
    looked_end(&l);
    return edo_scope_end(&s, 0);
}

static void what_finds_no_room_is_counted(void **state) {
    (void)state;
    assert_int_equal(inside_real(a_crowd, NULL), 0);
}

/* State machines, which need no stack; they end with the runtime. */
static int a_flock(void *arg) {
    const uint64_t flock_n = EDOI_LOOK_PINS_MAX + 1000;
    edo_pending_future f;
    looked l;
    (void)arg;
    looked_begin(&l, EDOI_LOOK_TASKS_USUAL);
    for (uint64_t i = 0; i < flock_n; i++)
        CHECK_EQ(edo_spawn_future_detached_with(edo_pending_init(&f),
                                                &(edo_spawn_opts){ .name = "bird" }),
                 0);
    WAIT_FOR((look(&l), site_called(&l, "bird")->waits == flock_n));
    const edoi_look_site *birds = site_called(&l, "bird");
    CHECK_EQ(birds->n, flock_n);
    CHECK_EQ(l.u.tasks_every, 2);
    CHECK(birds->awaits_n == 1 && birds->awaits[0].n >= flock_n / 2 - 1 &&
          birds->awaits[0].n <= flock_n / 2 + 1);
    looked_end(&l);
    return 0;
}

static void of_many_tasks_some_are_looked_at(void **state) {
    (void)state;
    assert_int_equal(inside_real(a_flock, NULL), 0);
}

/* Futures that wait for nothing that comes, each of another name. */
#define KINDS 20u
static edo_future_ops wait_ops[KINDS];
static char kind_names[KINDS][16];

static edo_polled kind_poll(edo_future *f, edo_cx *cx) {
    (void)f;
    (void)edo_cx_waker(cx);
    return EDO_PENDING;
}

static void spawn_kind(uint32_t kind, uint32_t n) {
    edo_future f;
    (void)snprintf(kind_names[kind], sizeof kind_names[kind], "k%u", kind);
    wait_ops[kind] =
        (edo_future_ops){ .poll = kind_poll, .name = kind_names[kind], .size = sizeof f };
    for (uint32_t i = 0; i < n; i++)
        CHECK_EQ(edo_spawn_future_detached_with(edo_future_init(&f, &wait_ops[kind]),
                                                &(edo_spawn_opts){ .name = "waits" }),
                 0);
}

/* More than are told, those with most tasks last. */
static int many_kinds_of_waits(void *arg) {
    looked l;
    const uint64_t n = KINDS * (KINDS + 1) / 2;
    (void)arg;
    looked_begin(&l, 1);
    for (uint32_t i = 0; i < KINDS; i++) spawn_kind(i, i + 1);
    WAIT_FOR((look(&l), site_called(&l, "waits")->waits == n));
    const edoi_look_site *s = site_called(&l, "waits");
    CHECK_EQ(s->awaits_n, 6);
    uint64_t rest = n;
    for (uint32_t i = 0; i < 6; i++) {
        CHECK_EQ(s->awaits[i].n, KINDS - i);
        rest -= KINDS - i;
    }
    CHECK_EQ(s->awaits_rest, rest);
    looked_end(&l);
    return 0;
}

static void of_many_waits_the_most_frequent_are_told(void **state) {
    (void)state;
    assert_int_equal(inside_real(many_kinds_of_waits, NULL), 0);
}

/* ---- Texts ----------------------------------------------------------------------------------- */

static void texts_are_utf8_and_short(void **state) {
    (void)state;
    edo_arena arena = { 0 };
    char longest[2 * EDOI_LOOK_TEXT_MAX];
    memset(longest, 'x', sizeof longest);
    memcpy(longest + EDOI_LOOK_TEXT_MAX - 1, "\xc3\xa9", 3); // cut in the middle of a letter
    assert_int_equal(edoi_look_text(&arena, longest).len, EDOI_LOOK_TEXT_MAX - 1);
    assert_true(is_text(edoi_look_text(&arena, "a\x1b[2J\xc3\xa9"), "a?[2J\xc3\xa9"));
    assert_true(is_text(edoi_look_text(&arena, "a\xff"), "a?"));
    assert_int_equal(edoi_look_text(&arena, NULL).len, 0);
    assert_int_equal(edoi_look_tenths(-5), -1);
    assert_int_equal(edoi_look_tenths(250000000), 2);
    assert_int_equal(edoi_look_tenths(INT64_MAX), INT32_MAX);
    edo_arena_deinit(&arena);
}

/* ---- Workers and channels -------------------------------------------------------------------- */

static int workers_and_channels(void *arg) {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    looked l;
    const int value = 1;
    (void)arg;
    CHECK_EQ(edo_mpsc_new(&tx, &rx, sizeof value, 8, &(edo_mpsc_opts){ .name = "jobs" }), 0);
    for (int i = 0; i < 5; i++) CHECK_EQ(edo_mpsc_send(tx, &value), 0);
    looked_begin(&l, 10);
    look(&l);
    CHECK(l.u.runtimes_n >= 1);
    CHECK(l.u.pid > 0 && l.u.program.len > 0 && l.u.at_ms > 0);
    bool is_told = false;
    for (size_t i = 0; i < l.u.open_n; i++) {
        const edoi_look_open *o = &l.u.open[i];
        CHECK(!is_text(o->kind, "task") && !is_text(o->kind, "wait"));
        if (!is_text(o->name, "jobs")) continue;
        is_told = true;
        CHECK_EQ(o->group, EDO_CONSOLE_V1_CHANNEL_);
        CHECK_EQ(o->n, 1);
        CHECK_EQ(o->values, 5);
        CHECK_EQ(o->limit, 8);
    }
    CHECK(is_told);
    looked_end(&l);
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
    return 0;
}

static void channels_are_told_with_their_depth(void **state) {
    (void)state;
    assert_int_equal(inside_each(workers_and_channels, NULL), 0);
}

#define MORE_RUNTIMES 20u

static int beside_runtimes(void *arg) {
    looked l;
    (void)arg;
    looked_begin(&l, 10);
    look(&l);
    CHECK_EQ(l.u.runtimes_n, 16);
    CHECK_EQ(l.u.runtimes_rest, 1 + MORE_RUNTIMES - 16);
    looked_end(&l);
    return 0;
}

static void of_many_runtimes_some_are_counted_only(void **state) {
    (void)state;
    edo_runtime *more[MORE_RUNTIMES];
    for (size_t i = 0; i < EDO_COUNT(more); i++)
        assert_int_equal(edo_runtime_new(&more[i], &one_thread), 0);
    assert_int_equal(inside_real(beside_runtimes, NULL), 0);
    for (size_t i = 0; i < EDO_COUNT(more); i++) edo_runtime_free(more[i]);
}

/* NULL: no worker polls a task of that name. */
static const edoi_look_worker *worker_of(const looked *l, const char *task) {
    for (size_t i = 0; i < l->u.runtimes_n; i++)
        for (size_t j = 0; j < l->u.runtimes[i].workers_n; j++)
            if (is_text(l->u.runtimes[i].workers[j].task, task))
                return &l->u.runtimes[i].workers[j];
    return NULL;
}

static const edoi_look_worker *look_for_worker(looked *l, const char *task) {
    look(l);
    return worker_of(l, task);
}

static edo_atomic_u32 may_stop; /* atomic, relaxed */

static int spins(void *arg) {
    (void)arg;
    while (edoi_load_rlx_u32(&may_stop) == 0) continue;
    return 0;
}

static int spins_in_a_task(void *arg) {
    (void)arg;
    return edo_task_join(edo_spawn_with(spins, NULL, &(edo_spawn_opts){ .name = "spins" }));
}

/* A runtime of its own, whose only worker is kept. */
static void *spinning_main(void *arg) {
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT, .watchdog = edo_ns(-1) };
    edo_runtime *rt;
    (void)arg;
    CHECK_EQ(edo_runtime_new(&rt, &opts), 0);
    CHECK_EQ(edo_run(rt, spins_in_a_task, NULL), 0);
    edo_runtime_free(rt);
    return NULL;
}

/* Nothing but the time on the way to the look may be missing. */
static int a_worker_in_one_poll(void *arg) {
    looked l;
    (void)arg;
    looked_begin(&l, 10);
    WAIT_FOR(look_for_worker(&l, "spins"));
    const int64_t began_ns = edo_now().ns;
    look(&l);
    const edoi_look_worker *w = worker_of(&l, "spins");
    CHECK(w && w->state == EDO_CONSOLE_V1_POLLS_);
    const uint64_t busy_ns = w->busy_ns;
    const int64_t from_ns = edo_now().ns;
    CHECK_EQ(edo_sleep(edo_ms(5)), 0);
    const int64_t to_ns = edo_now().ns;
    w = look_for_worker(&l, "spins");
    CHECK(w);
    const int64_t more_ns = (int64_t)(w->busy_ns - busy_ns);
    CHECK(more_ns >= to_ns - from_ns && more_ns <= edo_now().ns - began_ns);
    edoi_store_rlx_u32(&may_stop, 1);
    looked_end(&l);
    return 0;
}

static void a_worker_that_a_poll_keeps_is_busy(void **state) {
    (void)state;
    pthread_t spinning;
    assert_int_equal(pthread_create(&spinning, NULL, spinning_main, NULL), 0);
    assert_int_equal(inside_real(a_worker_in_one_poll, NULL), 0);
    assert_int_equal(pthread_join(spinning, NULL), 0);
}

/* ---- Locks ----------------------------------------------------------------------------------- */

static edo_mutex door = EDO_MUTEX_INIT;

static int wants_the_door(void *arg) {
    (void)arg;
    int err = edo_mutex_lock(&door);
    if (err == 0) edo_mutex_unlock(&door);
    return err;
}

/* NULL: it is not told, or nobody is seen to wait there. */
static const edoi_look_lock *awaited_lock(const looked *l, const void *lock) {
    char address[32];
    (void)snprintf(address, sizeof address, "%p", lock);
    for (size_t i = 0; i < l->u.locks_n; i++)
        if (is_text(l->u.locks[i].address, address) && l->u.locks[i].waiters_all > 0)
            return &l->u.locks[i];
    return NULL;
}

static const edoi_look_lock *look_for_lock(looked *l, const void *lock) {
    look(l);
    return awaited_lock(l, lock);
}

static int a_lock_that_is_awaited(void *arg) {
    edo_scope s;
    looked l;
    (void)arg;
    CHECK_EQ(edo_locks_watch(NULL), 0);
    looked_begin(&l, 10);
    CHECK_EQ(edo_mutex_lock(&door), 0);
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_spawn_with(&s, wants_the_door, NULL, &(edo_spawn_opts){ .name = "guest" }),
             0);
    WAIT_FOR(look_for_lock(&l, &door));
    const edoi_look_lock *told = awaited_lock(&l, &door);
    CHECK(l.u.locks_watched);
    CHECK(is_text(told->what, "edo_mutex_lock"));
    CHECK_EQ(told->waiters_all, 1);
    CHECK(is_text(told->waiters[0].name, "guest"));
    CHECK(told->waiters[0].task != 0);
    CHECK_EQ(told->holders_n, 1);
    CHECK_EQ(told->holders[0].task, edo_task_current_id());
    CHECK_EQ(told->holders[0].state, EDO_CONSOLE_V1_HOLDS_);
    CHECK_EQ(l.u.cycles_n, 0);
    edo_mutex_unlock(&door);
    looked_end(&l);
    return edo_scope_end(&s, 0);
}

static void locks_are_told_with_holders_and_waiters(void **state) {
    (void)state;
    assert_int_equal(inside_real(a_lock_that_is_awaited, NULL), 0);
}

static const edoi_look_lock *look_for_waiters(looked *l, const void *lock, uint32_t n) {
    const edoi_look_lock *told = look_for_lock(l, lock);
    return told && told->waiters_all == n ? told : NULL;
}

/* More wait than are told. A wait's age is as of its worker's last turn, so that of the next in
 * line may be a tenth of a second more. */
static int a_line_at_a_lock(void *arg) {
    static const uint32_t more_n = 100;
    edo_scope s;
    looked l;
    (void)arg;
    CHECK_EQ(edo_locks_watch(NULL), 0);
    looked_begin(&l, 10);
    CHECK_EQ(edo_mutex_lock(&door), 0);
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_spawn_with(&s, wants_the_door, NULL, &(edo_spawn_opts){ .name = "first" }),
             0);
    WAIT_FOR(look_for_waiters(&l, &door, 1));
    for (uint32_t i = 0; i < more_n; i++)
        CHECK_EQ(
            edo_scope_spawn_with(&s, wants_the_door, NULL, &(edo_spawn_opts){ .name = "later" }),
            0);
    WAIT_FOR(look_for_waiters(&l, &door, 1 + more_n));
    const edoi_look_lock *told = awaited_lock(&l, &door);
    CHECK_EQ(told->waiters_n, 8);
    CHECK(is_text(told->waiters[0].name, "first"));
    for (size_t i = 1; i < 8; i++) {
        CHECK(is_text(told->waiters[i].name, "later"));
        CHECK(told->waiters[i - 1].tenths + 1 >= told->waiters[i].tenths);
    }
    edo_mutex_unlock(&door);
    looked_end(&l);
    return edo_scope_end(&s, 0);
}

static void of_a_line_the_oldest_are_told(void **state) {
    (void)state;
    assert_int_equal(inside_each(a_line_at_a_lock, NULL), 0);
}

/* ---- Tasks that wait for each other ---------------------------------------------------------- */

typedef struct crossing {
    edo_mutex *first, *second;
    edo_notify *mine, *other; /* the first lock is taken */
} crossing;

static int crosses(void *arg) {
    const crossing *c = arg;
    int err = edo_mutex_lock(c->first);
    if (err < 0) return err;
    edo_notify_one(c->mine);
    err = edo_notify_wait(c->other);
    if (err == 0) err = edo_mutex_lock(c->second);
    if (err == 0) edo_mutex_unlock(c->second);
    edo_mutex_unlock(c->first);
    return err;
}

static bool has_cycle(looked *l) {
    look(l);
    return l->u.cycles_n > 0;
}

static int a_deadlock(void *arg) {
    edo_mutex a = EDO_MUTEX_INIT, b = EDO_MUTEX_INIT;
    edo_notify x = EDO_NOTIFY_INIT, y = EDO_NOTIFY_INIT;
    crossing there = { &a, &b, &x, &y }, back = { &b, &a, &y, &x };
    edo_scope s;
    looked l;
    (void)arg;
    CHECK_EQ(edo_locks_watch(NULL), 0);
    looked_begin(&l, 10);
    edo_scope_begin(&s, NULL);
    edo_scope_spawn_with(&s, crosses, &there, &(edo_spawn_opts){ .name = "there" });
    edo_scope_spawn_with(&s, crosses, &back, &(edo_spawn_opts){ .name = "back" });
    WAIT_FOR(has_cycle(&l));
    CHECK_EQ(l.u.cycles_n, 1);
    const edoi_look_cycle *c = &l.u.cycles[0];
    CHECK_EQ(c->n, 2);
    CHECK_EQ(c->edges_n, 2);
    for (size_t i = 0; i < 2; i++) {
        const edoi_look_edge *e = &c->edges[i];
        const edo_mutex *awaited = is_text(e->name, "there") ? &b : &a;
        char address[32];
        (void)snprintf(address, sizeof address, "%p", (const void *)awaited);
        CHECK(is_text(e->object, address));
        CHECK(is_text(e->what, "edo_mutex_lock"));
        CHECK_EQ(e->kind, EDO_CONSOLE_V1_LOCK_);
        CHECK(e->task != 0);
    }
    CHECK(!edo_str_equal(c->edges[0].name, c->edges[1].name));
    CHECK(l.u.found && l.u.found->deadlocks >= 1);
    edo_scope_cancel(&s);
    looked_end(&l);
    return edo_scope_end(&s, 0);
}

static void tasks_that_wait_for_each_other_are_a_cycle(void **state) {
    (void)state;
    assert_int_equal(inside_real(a_deadlock, NULL), 0);
}

/* ---- Stacks ---------------------------------------------------------------------------------- */

typedef struct stacks {
    edo_arena arena;
    edoi_look_stacks_request in;
    edoi_look_stacks_reply out;
} stacks;

static int stacks_job(void *arg) {
    stacks *s = arg;
    s->out = (edoi_look_stacks_reply){ .rest = 0 };
    return edoi_look_at_stacks(&s->out, &s->arena, &s->in);
}

/* Are the stacks of `n` tasks one? */
static bool stacks_are_one(stacks *s, uint64_t n) {
    CHECK_EQ(edo_blocking(stacks_job, s), 0);
    return s->out.stacks_n == 1 && s->out.stacks[0].n == n &&
           s->out.stacks[0].state == EDO_CONSOLE_V1_WAITS_;
}

static bool has_function(const edoi_look_stack *s, const char *name) {
    for (size_t i = 0; i < s->frames_n; i++)
        if (is_text(s->frames[i].function, name)) return true;
    return false;
}

static int equal_stacks(void *arg) {
    edo_scope s;
    stacks st = { .in = { .site = EDO_STR("sheep") } };
    (void)arg;
    edo_scope_begin(&s, NULL);
    spawn_waiting(&s, "sheep", 20);
    spawn_waiting(&s, "goat", 1);
    WAIT_FOR(stacks_are_one(&st, 20));
    CHECK_EQ(st.out.rest, 0);
    CHECK(is_text(st.out.stacks[0].awaits, "edo_notify_wait"));
    CHECK(has_function(&st.out.stacks[0], "waits_for_the_bell"));
    st.in = (edoi_look_stacks_request){ .task = st.out.stacks[0].task };
    CHECK(stacks_are_one(&st, 1));
    st.in.task = 1;
    CHECK_EQ(edo_blocking(stacks_job, &st), 0);
    CHECK_EQ(st.out.stacks_n, 0);
    st.in = (edoi_look_stacks_request){ .max = 1 };
    CHECK_EQ(edo_blocking(stacks_job, &st), 0);
    CHECK_EQ(st.out.stacks_n, 1);
    CHECK_EQ(st.out.stacks[0].n + st.out.rest, 22); // and that of this task
    edo_notify_all(&bell);
    edo_arena_deinit(&st.arena);
    return edo_scope_end(&s, 0);
}

static int stacks_of_many(void *arg) {
    edo_scope s;
    stacks st = { .in = { .site = EDO_STR("sheep") } };
    (void)arg;
    edo_scope_begin(&s, NULL);
    spawn_waiting(&s, "sheep", 5000);
    WAIT_FOR(stacks_are_one(&st, 5000 / 3 + 1)); // each third, of 2,000 at most
    CHECK_EQ(st.out.rest, 5000 - (5000 / 3 + 1));
    edo_notify_all(&bell);
    edo_arena_deinit(&st.arena);
    return edo_scope_end(&s, 0);
}

static void of_many_stacks_some_are_unwound(void **state) {
    (void)state;
    assert_int_equal(inside_real(stacks_of_many, NULL), 0);
}

static void equal_stacks_are_one(void **state) {
    (void)state;
    assert_int_equal(inside_real(equal_stacks, NULL), 0);
}

/* ---- Names that are cut ---------------------------------------------------------------------- */

/* Equal texts at two addresses; their last bytes, and a control character, are not told. */
static char twins[2][EDOI_LOOK_TEXT_MAX + 8];

static bool stacks_are_of(stacks *s, uint64_t n) {
    uint64_t all_n = 0;
    CHECK_EQ(edo_blocking(stacks_job, s), 0);
    for (size_t i = 0; i < s->out.stacks_n; i++) all_n += s->out.stacks[i].n;
    return all_n == n;
}

static int two_of_one_text(void *arg) {
    edo_scope s;
    looked l;
    stacks st = { .in = { .max = 2 } };
    char told[EDOI_LOOK_TEXT_MAX + 1];
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(twins); i++) {
        memset(twins[i], 'n', sizeof twins[i] - 1);
        twins[i][0] = '\n';
        twins[i][sizeof twins[i] - 2] = (char)('0' + i);
    }
    memset(told, 'n', EDOI_LOOK_TEXT_MAX);
    told[0] = '?';
    told[EDOI_LOOK_TEXT_MAX] = '\0';
    looked_begin(&l, 50);
    l.site = st.in.site = edo_str_of(told);
    edo_scope_begin(&s, NULL);
    spawn_waiting(&s, twins[0], 2);
    spawn_waiting(&s, twins[1], 3);
    spawn_waiting(&s, "goat", 1);
    WAIT_FOR(all_wait(&l, told, 5));
    CHECK_EQ(l.u.tasks_n, 5);
    size_t rows_n = 0;
    for (size_t i = 0; i < l.u.sites_n; i++) rows_n += is_text(l.u.sites[i].name, told);
    CHECK_EQ(rows_n, 1);
    WAIT_FOR(stacks_are_of(&st, 5));
    edo_arena_deinit(&st.arena);
    edo_notify_all(&bell);
    looked_end(&l);
    return edo_scope_end(&s, 0);
}

static void sites_are_told_apart_by_what_is_told(void **state) {
    (void)state;
    assert_int_equal(inside_real(two_of_one_text, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_are_told_by_site),
        cmocka_unit_test(single_tasks_may_be_of_one_site),
        cmocka_unit_test(why_a_task_was_cancelled_is_told),
        cmocka_unit_test(what_finds_no_room_is_counted),
        cmocka_unit_test(of_many_tasks_some_are_looked_at),
        cmocka_unit_test(of_many_waits_the_most_frequent_are_told),
        cmocka_unit_test(texts_are_utf8_and_short),
        cmocka_unit_test(channels_are_told_with_their_depth),
        cmocka_unit_test(of_many_runtimes_some_are_counted_only),
        cmocka_unit_test(a_worker_that_a_poll_keeps_is_busy),
        cmocka_unit_test(locks_are_told_with_holders_and_waiters),
        cmocka_unit_test(of_a_line_the_oldest_are_told),
        cmocka_unit_test(tasks_that_wait_for_each_other_are_a_cycle),
        cmocka_unit_test(equal_stacks_are_one),
        cmocka_unit_test(of_many_stacks_some_are_unwound),
        cmocka_unit_test(sites_are_told_apart_by_what_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
