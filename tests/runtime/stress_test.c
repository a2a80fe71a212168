/* SPDX-License-Identifier: MIT */
/* Goal: no wake, task or message is lost and nothing is used after its end, whatever else happens
 * at the time. Method: rounds of a runtime with random workers, in which fibers that stay, fibers
 * that migrate or are spread, and state machines spawn, wake, wait, cancel, join and let go at
 * random, scopes fail and are cancelled, threads from outside do all of this, and the end comes at
 * a random moment: in half of the rounds after that of the threads from outside, in the others
 * while they go on. Every function that was spawned must have ended once, or, if a state machine
 * was cancelled, must have been dropped once. The same where allocations fail at random: what is
 * refused then has not been spawned. EDO_STRESS_S seconds (4) for the two together, EDO_STRESS_SEED
 * for the first round's seed, which is printed with each failure. */
#include <edo/async.h>
#include <edo/edo.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SLOTS   8
#define DEPTH   3
#define OUTSIDE 2

typedef struct world {
    edo_runtime *rt;
    edo_notify notify[SLOTS];
    edo_mutex mutex;
    edo_sem sem;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    uint32_t spawned_n, ran_n, ended_n; /* atomic */
    uint32_t dropped_n;                 /* atomic: of machines that did not end */
    uint32_t sent_n, received_n;        /* atomic */
    uint64_t guarded, doubled;          /* lock: mutex; always equal */
    uint32_t stop;                      /* atomic: those from outside end */
} world;

typedef struct actor {
    world *w;
    uint64_t random;
    int depth;
} actor;

static void add(uint32_t *n, uint32_t change) {
    (void)__atomic_fetch_add(n, change, __ATOMIC_RELAXED);
}

static uint32_t load(const uint32_t *n) {
    return __atomic_load_n(n, __ATOMIC_ACQUIRE);
}

static uint32_t below(uint64_t *random, uint32_t n) {
    uint64_t x = *random += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((x ^ x >> 31) % n);
}

/* ---- Allocations that fail ------------------------------------------------------------------- */

static uint32_t fails_in; /* atomic: one of so many fails; 0: none does */
static uint64_t asked_n;  /* atomic */

static bool fails(void) {
    uint32_t n = load(&fails_in);
    if (n == 0) return false;
    uint64_t random = __atomic_fetch_add(&asked_n, UINT64_C(0x9e3779b97f4a7c15), __ATOMIC_RELAXED);
    return below(&random, n) == 0;
}

static void *alloc_or_not(void *arg, size_t n) {
    (void)arg;
    return fails() ? NULL : malloc(n);
}

static void *realloc_or_not(void *arg, void *old, size_t n) {
    (void)arg;
    return fails() ? NULL : realloc(old, n);
}

static void free_it(void *arg, void *memory) {
    (void)arg;
    free(memory);
}

static const edo_allocator failing = { .alloc = alloc_or_not,
                                       .realloc = realloc_or_not,
                                       .free = free_it };

/* ---- What is done at random ------------------------------------------------------------------ */

static int act(void *arg);
static edo_task *spawn_machine(actor *child);

/* One of the kinds; those with options come from inside only. NULL: refused. */
static edo_task *spawn_any(actor *a, actor *child) {
    edo_spawn_opts opts = { 0 };
    uint32_t kind = below(&a->random, 4);
    if (kind == 0 || edo_runtime_current() != a->w->rt) return edo_spawn_on(a->w->rt, act, child);
    if (kind == 1) return spawn_machine(child);
    opts.migrate = kind == 2;
    opts.spread = kind == 3;
    return edo_spawn_with(act, child, &opts);
}

/* For a child of `a`, which frees it. */
static actor *new_actor(actor *a) {
    actor *child = malloc(sizeof *child);
    if (!child) abort();
    *child = (actor){ a->w, a->random ^ below(&a->random, UINT32_MAX), a->depth + 1 };
    add(&a->w->spawned_n, 1);
    return child;
}

/* A child of `a`; NULL: refused, nothing was spawned. */
static edo_task *spawn_child(actor *a) {
    actor *child = new_actor(a);
    edo_task *t = spawn_any(a, child);
    if (!t) {
        add(&a->w->spawned_n, (uint32_t)-1);
        free(child);
    }
    return t;
}

static int with_children(actor *a) {
    edo_task *tasks[6];
    uint32_t n = 1 + below(&a->random, 6);
    for (uint32_t i = 0; i < n; i++) tasks[i] = spawn_child(a);
    int err = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t how = below(&a->random, 5);
        if (!tasks[i]) continue;
        if (how == 0) edo_task_cancel(tasks[i]);
        if (how <= 2) {
            int result = edo_task_join(tasks[i]);
            if (result < 0 && (result != -ECANCELED || how != 0)) err = result;
        } else if (how == 3) {
            edo_task_detach(tasks[i]);
        } else {
            edo_task_join_future f;
            edo_sleep_future limit;
            (void)edo_select(edo_task_join_init(&f, tasks[i]), edo_sleep_init(&limit, edo_us(300)));
        }
    }
    return err;
}

/* A child of a scope; a third of them fail, which stops the others. */
static int act_in_scope(void *arg) {
    actor *a = arg;
    bool fails = below(&a->random, 3) == 0;
    int err = act(a);
    return fails && err >= 0 ? -EIO : err;
}

static int with_scope(actor *a) {
    edo_scope_opts opts = { .spread = below(&a->random, 2) == 0 };
    edo_scope s;
    edo_scope_begin(&s, &opts);
    for (uint32_t n = 1 + below(&a->random, 6); n > 0; n--) {
        actor *child = new_actor(a);
        if (edo_scope_spawn(&s, act_in_scope, child) == 0) continue;
        add(&a->w->spawned_n, (uint32_t)-1);
        free(child);
    }
    if (below(&a->random, 4) == 0) edo_scope_cancel(&s);
    int err = edo_scope_end(&s, 0);
    return err == -EIO ? 0 : err;
}

static int with_mutex(actor *a) {
    world *w = a->w;
    int err = edo_mutex_lock(&w->mutex);
    if (err < 0) return err;
    if (w->guarded != w->doubled) abort();
    w->guarded++;
    if (below(&a->random, 2) == 0) err = edo_yield();
    w->doubled++;
    edo_mutex_unlock(&w->mutex);
    return err;
}

static int with_sem(actor *a) {
    int err = edo_sem_acquire(&a->w->sem, 1);
    if (err < 0) return err;
    if (below(&a->random, 2) == 0) err = edo_yield();
    edo_sem_release(&a->w->sem, 1);
    return err;
}

static int with_channel(actor *a) {
    uint32_t value = below(&a->random, UINT32_MAX);
    edo_mpsc_send_future f;
    edo_sleep_future limit;
    int which =
        edo_select(edo_mpsc_send_init(&f, a->w->tx, &value), edo_sleep_init(&limit, edo_us(500)));
    if (which == 0 && edo_result(&f) == 0) add(&a->w->sent_n, 1);
    return which < 0 ? which : 0;
}

static int with_notify(actor *a) {
    edo_notify *n = &a->w->notify[below(&a->random, SLOTS)];
    switch (below(&a->random, 4)) {
    case 0: edo_notify_one(n); return 0;
    case 1: edo_notify_all(n); return 0;
    default: break;
    }
    edo_notify_wait_future f;
    edo_sleep_future limit;
    int which = edo_select(edo_notify_wait_init(&f, n),
                           edo_sleep_init(&limit, edo_us(below(&a->random, 2000))));
    return which < 0 ? which : 0;
}

static int with_cpu(actor *a) {
    volatile uint64_t x = a->random;
    for (uint32_t i = below(&a->random, 20000); i > 0; i--) x = x * 3 + 1;
    return 0;
}

static int one_step(actor *a) {
    switch (below(&a->random, 10)) {
    case 0: return a->depth < DEPTH ? with_children(a) : 0;
    case 9: return a->depth < DEPTH ? with_scope(a) : 0;
    case 1: return with_mutex(a);
    case 2: return with_sem(a);
    case 3: return with_channel(a);
    case 4: return edo_sleep(edo_us(below(&a->random, 1500)));
    case 5: return with_cpu(a);
    case 6: return edo_yield();
    default: return with_notify(a);
    }
}

static int act(void *arg) {
    actor *a = arg;
    world *w = a->w;
    add(&w->ran_n, 1);
    int err = 0;
    for (uint32_t i = below(&a->random, 12); i > 0 && err >= 0; i--) err = one_step(a);
    free(a);
    add(&w->ended_n, 1);
    return err;
}

/* The actions of a fiber, as a state machine. */
EDO_ASYNC(machine, actor *a; uint32_t left; bool over; edo_task * child; edo_yield_future yield;
          edo_sleep_future nap; edo_sem_acquire_future turn; edo_task_join_future join;) {
    EDO_BEGIN;
    add(&self->a->w->ran_n, 1);
    self->left = below(&self->a->random, 12);
    while (self->left-- > 0) {
        switch (below(&self->a->random, 6)) {
        case 0: (void)with_cpu(self->a); continue;
        case 1: edo_notify_all(&self->a->w->notify[below(&self->a->random, SLOTS)]); continue;
        default: break;
        }
        if (self->a->depth < DEPTH && below(&self->a->random, 4) == 0) {
            self->child = spawn_child(self->a);
            if (!self->child) continue;
            if (below(&self->a->random, 3) == 0) edo_task_cancel(self->child);
            EDO_AWAIT(edo_task_join_init(&self->join, self->child));
        } else if (below(&self->a->random, 2) == 0) {
            EDO_AWAIT(edo_yield_init(&self->yield));
        } else if (below(&self->a->random, 2) == 0) {
            EDO_AWAIT(edo_sleep_init(&self->nap, edo_us(below(&self->a->random, 1500))));
        } else {
            EDO_AWAIT(edo_sem_acquire_init(&self->turn, &self->a->w->sem, 1));
            if (edo_result(&self->turn) == 0) edo_sem_release(&self->a->w->sem, 1);
        }
    }
    self->over = true;
    EDO_RETURN(0);
    EDO_CLEANUP;
    add(self->over ? &self->a->w->ended_n : &self->a->w->dropped_n, 1);
    free(self->a);
    EDO_END;
}

static edo_task *spawn_machine(actor *child) {
    machine m;
    m.a = child;
    m.over = false;
    return edo_spawn_future(machine_init(&m));
}

static int receive(void *arg) {
    world *w = arg;
    uint32_t value;
    for (;;) {
        int err = edo_mpsc_recv(w->rx, &value);
        if (err < 0) return err;
        add(&w->received_n, 1);
    }
}

/* A thread, with a reference to the runtime, whose end it may outlive. */
static void *from_outside(void *arg) {
    actor *a = arg;
    bool enters = below(&a->random, 2) == 0;
    if (enters) {
        int err = edo_runtime_enter(a->w->rt);
        if (err < 0 && err != -ENOMEM) abort();
        enters = err == 0;
    }
    while (!load(&a->w->stop)) {
        edo_task *t = NULL;
        switch (below(&a->random, 4)) {
        case 0: edo_notify_all(&a->w->notify[below(&a->random, SLOTS)]); break;
        case 1: t = spawn_child(a); break;
        case 2:
            t = spawn_child(a);
            edo_task_cancel(t);
            break;
        default: (void)edo_sleep(edo_us(100)); break;
        }
        if (t && below(&a->random, 2)) {
            (void)edo_task_join(t);
        } else {
            edo_task_detach(t);
        }
    }
    if (enters) edo_runtime_leave(a->w->rt);
    edo_runtime_unref(a->w->rt);
    return NULL;
}

static int root(void *arg) {
    actor *a = arg;
    int err = 0;
    for (int i = 0; i < 40 && err == 0; i++) {
        edo_task *t = spawn_child(a);
        err = edo_yield();
        edo_task_detach(t);
    }
    return err;
}

static void join_outside(world *w, const pthread_t *threads) {
    __atomic_store_n(&w->stop, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < OUTSIDE; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/* Returns how many tasks were abandoned. With `outlived` the threads from outside go on meanwhile,
 * and one of them gives the last reference back. */
static int end_all(world *w, const pthread_t *threads, bool outlived) {
    if (!outlived) join_outside(w, threads);
    int abandoned_n = edo_runtime_shutdown(w->rt, edo_s(60));
    edo_runtime_free(w->rt);
    if (outlived) {
        (void)edo_sleep(edo_us(500)); // they meet a runtime that has ended
        join_outside(w, threads);
    }
    return abandoned_n;
}

static void one_round(uint64_t seed, bool with_failures) {
    actor a = { .random = seed };
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI,
                                    .workers = 1 + below(&a.random, 4),
                                    .no_lifo = below(&a.random, 4) == 0,
                                    .event_interval = below(&a.random, 2) ? 0 : 3 };
    assert_int_equal(edo_runtime_new(&w->rt, &opts), 0);
    w->sem = (edo_sem)EDO_SEM_INIT(3);
    assert_int_equal(edo_mpsc_new(&w->tx, &w->rx, sizeof(uint32_t), 4, NULL), 0);
    edo_task_detach(edo_spawn_on(w->rt, receive, w));
    a.w = w;
    pthread_t threads[OUTSIDE];
    actor outside[OUTSIDE];
    for (int i = 0; i < OUTSIDE; i++) {
        outside[i] = (actor){ w, a.random + (uint64_t)i + 1, 0 };
        (void)edo_runtime_ref(w->rt);
        assert_int_equal(pthread_create(&threads[i], NULL, from_outside, &outside[i]), 0);
    }
    if (with_failures) __atomic_store_n(&fails_in, 2 + below(&a.random, 30), __ATOMIC_RELAXED);
    int err = edo_run(w->rt, root, &a);
    assert_true(err == 0 || (with_failures && err == -ENOMEM));
    (void)edo_sleep(edo_us(below(&a.random, 20000)));
    int abandoned_n = end_all(w, threads, below(&a.random, 2) == 0);
    __atomic_store_n(&fails_in, 0, __ATOMIC_RELAXED);
    // A machine that was cancelled before its first poll is dropped, and has not run.
    bool whole = abandoned_n == 0 &&
                 load(&w->spawned_n) == load(&w->ended_n) + load(&w->dropped_n) &&
                 load(&w->ran_n) <= load(&w->spawned_n) && load(&w->ended_n) <= load(&w->ran_n) &&
                 load(&w->received_n) <= load(&w->sent_n);
    if (!whole) {
        print_error("seed %" PRIu64 ": %d abandoned, %u spawned, %u ran, %u ended, %u dropped\n",
                    seed, abandoned_n, load(&w->spawned_n), load(&w->ran_n), load(&w->ended_n),
                    load(&w->dropped_n));
        fail();
    }
    edo_mpsc_tx_unref(w->tx);
    edo_mpsc_rx_free(w->rx);
    free(w);
}

static uint64_t number(const char *name, uint64_t fallback) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : fallback;
}

/* Half of the program's time: there are two tests. */
static void rounds_for_a_while(bool with_failures) {
    uint64_t seed = number("EDO_STRESS_SEED", (uint64_t)edo_now().ns);
    int64_t until_ns = edo_now().ns + (int64_t)number("EDO_STRESS_S", 4) * 1000000000 / 2;
    print_message("first seed %" PRIu64 "\n", seed);
    uint64_t rounds = 0;
    while (edo_now().ns < until_ns) one_round(seed + rounds++, with_failures);
    print_message("%" PRIu64 " rounds\n", rounds);
}

static void random_rounds(void **state) {
    (void)state;
    rounds_for_a_while(false);
}

static void random_rounds_in_which_allocations_fail(void **state) {
    (void)state;
    rounds_for_a_while(true);
}

int main(void) {
    if (edo_set_allocator(&failing) < 0) abort();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_rounds),
        cmocka_unit_test(random_rounds_in_which_allocations_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
