/* SPDX-License-Identifier: MIT */
/* tests/growth/tasks.c: n tasks: state machines, small and of more than 1 KiB, and fibers, that
 * end, are cancelled, dumped, left to the end of their runtime; scopes of n children;
 * sets of n tasks; n callers of a rate limit. */
#include "growth.h"

#include <edo/dump.h>
#include <edo/layers.h>
#include <edo/service.h>

#include <errno.h>
#include <stdlib.h>

/* ---- State machines -------------------------------------------------------------------------- */

static edo_notify notify;

typedef struct large {
    edo_future base;
    edo_notify_wait_future wait;
    char rest[2000];
} large;

static edo_polled large_poll(edo_future *f, edo_cx *cx) {
    large *self = (large *)(void *)f;
    if (edo_poll(&self->wait.base, cx) == EDO_PENDING) return EDO_PENDING;
    return edo_future_finish(f, 0);
}

static void large_drop(edo_future *f) {
    if (edo_future_is_over(f)) return;
    edo_drop(&((large *)(void *)f)->wait.base);
    edo_future_retire(f);
}

static const edo_future_ops large_ops = {
    .poll = large_poll, .drop = large_drop, .name = "large", .size = sizeof(large)
};

typedef edo_task *spawn_fn(void);

static edo_task *spawn_small(void) {
    edo_notify_wait_future f;
    edo_task *t = edo_spawn_future(edo_notify_wait_init(&f, &notify));
    GROWTH_CHECK(t);
    return t;
}

static edo_task *spawn_large(void) {
    static large f;
    (void)edo_future_init(&f.base, &large_ops);
    (void)edo_notify_wait_init(&f.wait, &notify);
    edo_task *t = edo_spawn_future(&f.base);
    GROWTH_CHECK(t);
    return t;
}

static int wait_once(void *arg) {
    (void)arg;
    return edo_notify_wait(&notify);
}

static edo_task *spawn_fiber(void) {
    edo_task *t = edo_spawn(wait_once, NULL);
    GROWTH_CHECK(t);
    return t;
}

/* ---- What is done with n of them ------------------------------------------------------------- */

typedef struct tasks {
    spawn_fn *spawn;
    uint32_t n;
    edo_task **all;
} tasks;

static void spawn_all(tasks *t) {
    for (uint32_t i = 0; i < t->n; i++) t->all[i] = t->spawn();
    growth_settle(t->n);
}

static void join_all(tasks *t, int result) {
    for (uint32_t i = 0; i < t->n; i++) GROWTH_CHECK(edo_task_join(t->all[i]) == result);
}

static void end_all(tasks *t) {
    growth_begin();
    spawn_all(t);
    edo_notify_all(&notify);
    join_all(t, 0);
    growth_end("ended");
}

static void cancel_all(tasks *t, growth_order order) {
    growth_begin();
    spawn_all(t);
    for (uint32_t i = 0; i < t->n; i++) edo_task_cancel(t->all[growth_at(order, i, t->n)]);
    join_all(t, -ECANCELED);
    growth_end(growth_order_names[order]);
}

/* The memory of those that have ended goes back in this order. */
static void let_go_all(tasks *t, growth_order order) {
    growth_begin();
    spawn_all(t);
    edo_notify_all(&notify);
    growth_settle(t->n);
    for (uint32_t i = 0; i < t->n; i++) edo_task_unref(t->all[growth_at(order, i, t->n)]);
    growth_end(order == REVERSED ? "let go, reversed" : "let go at random");
}

static void dump_all(tasks *t) {
    FILE *out = fopen("/dev/null", "w");
    GROWTH_CHECK(out);
    spawn_all(t);
    growth_begin();
    edo_dump_tasks(out);
    growth_end("dumped");
    (void)fclose(out);
    edo_notify_all(&notify);
    join_all(t, 0);
}

static int tasks_body(void *arg) {
    tasks *t = arg;
    t->all = growth_alloc(t->n, sizeof(edo_task *));
    end_all(t);
    for (growth_order order = IN_ORDER; order < ORDERS; order++) cancel_all(t, order);
    let_go_all(t, REVERSED);
    let_go_all(t, AT_RANDOM);
    free(t->all);
    return 0;
}

static int dump_body(void *arg) {
    tasks *t = arg;
    t->all = growth_alloc(t->n, sizeof(edo_task *));
    dump_all(t);
    free(t->all);
    return 0;
}

/* For more tasks than tasks_body() has time for. */
static int more_body(void *arg) {
    tasks *t = arg;
    t->all = growth_alloc(t->n, sizeof(edo_task *));
    end_all(t);
    cancel_all(t, AT_RANDOM);
    free(t->all);
    return 0;
}

/* Those who end it go back while others of them are still referred to. */
static int leave_body(void *arg) {
    tasks *t = arg;
    for (uint32_t i = 0; i < t->n; i++) edo_task_detach(t->spawn());
    growth_settle(t->n);
    return 0;
}

static int keep_body(void *arg) {
    tasks *t = arg;
    t->all = growth_alloc(t->n, sizeof(edo_task *));
    spawn_all(t);
    return 0;
}

typedef spawn_fn *spawner;

static void run_tasks(const void *arg, uint32_t n) {
    tasks t = { .spawn = *(const spawner *)arg, .n = n };
    notify = (edo_notify)EDO_NOTIFY_INIT;
    growth_inside(tasks_body, &t);
}

static void run_more(const void *arg, uint32_t n) {
    tasks t = { .spawn = *(const spawner *)arg, .n = n };
    notify = (edo_notify)EDO_NOTIFY_INIT;
    growth_inside(more_body, &t);
}

static void run_dump(const void *arg, uint32_t n) {
    tasks t = { .spawn = *(const spawner *)arg, .n = n };
    notify = (edo_notify)EDO_NOTIFY_INIT;
    growth_inside(dump_body, &t);
}

/* Shutdown cancels them all; then handles that outlived their runtime are given back. */
static void run_shutdown(const void *arg, uint32_t n) {
    tasks t = { .spawn = *(const spawner *)arg, .n = n };
    notify = (edo_notify)EDO_NOTIFY_INIT;
    growth_begin();
    growth_inside(leave_body, &t);
    growth_end("shut down");
    growth_begin();
    growth_inside(keep_body, &t);
    for (uint32_t i = 0; i < n; i++) edo_task_unref(t.all[growth_at(AT_RANDOM, i, n)]);
    growth_end("handles outlive it");
    free(t.all);
}

/* ---- Scopes ---------------------------------------------------------------------------------- */

typedef enum scope_end { BY_ITSELF, CANCELLED, FAILED } scope_end;

static int fail_at_once(void *arg) {
    (void)arg;
    return -EIO;
}

static void run_scope(uint32_t n, scope_end how, const char *part) {
    edo_scope s;
    growth_begin();
    edo_scope_begin(&s, NULL);
    for (uint32_t i = 0; i < n; i++) (void)edo_scope_spawn(&s, wait_once, NULL);
    growth_settle(n);
    if (how == BY_ITSELF) edo_notify_all(&notify);
    if (how == CANCELLED) edo_scope_cancel(&s);
    if (how == FAILED) (void)edo_scope_spawn(&s, fail_at_once, NULL);
    int result = edo_scope_end(&s, 0);
    GROWTH_CHECK(how == FAILED ? result == -EIO : how == CANCELLED || result == 0);
    growth_end(part);
}

static int scope_body(void *arg) {
    uint32_t n = *(uint32_t *)arg;
    run_scope(n, BY_ITSELF, "ended");
    run_scope(n, CANCELLED, "cancelled");
    run_scope(n, FAILED, "failed");
    return 0;
}

static void run_scopes(const void *arg, uint32_t n) {
    (void)arg;
    notify = (edo_notify)EDO_NOTIFY_INIT;
    growth_inside(scope_body, &n);
}

static int yield_once(void *arg) {
    (void)arg;
    return edo_yield();
}

static int at_once_body(void *arg) {
    uint32_t n = *(uint32_t *)arg;
    edo_scope s;
    growth_begin();
    edo_scope_begin(&s, &(edo_scope_opts){ .at_once = 16 });
    for (uint32_t i = 0; i < n; i++) (void)edo_scope_spawn(&s, yield_once, NULL);
    GROWTH_CHECK(edo_scope_end(&s, 0) == 0);
    growth_end("all");
    return 0;
}

static void run_at_once(const void *arg, uint32_t n) {
    (void)arg;
    growth_inside(at_once_body, &n);
}

/* ---- Sets ------------------------------------------------------------------------------------ */

static void run_set(edo_task_set *set, uint32_t n, bool cancels, const char *part) {
    edo_task_set_join_next_future next;
    edo_task_ended done;
    uint32_t taken = 0;
    growth_begin();
    for (uint32_t i = 0; i < n; i++) GROWTH_CHECK(edo_task_set_spawn(set, wait_once, NULL) == 0);
    growth_settle(n);
    GROWTH_CHECK(edo_poll_once(edo_task_set_join_next_init(&next, set, &done)) == EDO_PENDING);
    edo_drop(&next.base);
    if (cancels) {
        edo_task_set_cancel_all(set);
    } else {
        edo_notify_all(&notify);
    }
    while (edo_task_set_join_next(set, &done) > 0) taken++;
    GROWTH_CHECK(taken == n);
    growth_end(part);
}

static int set_body(void *arg) {
    uint32_t n = *(uint32_t *)arg;
    for (int ordered = 0; ordered < 2; ordered++) {
        edo_task_set set;
        edo_task_set_init(&set, &(edo_task_set_opts){ .ordered = ordered });
        run_set(&set, n, false, ordered ? "ended, in order" : "ended");
        run_set(&set, n, true, ordered ? "cancelled, in order" : "cancelled");
        edo_task_set_deinit(&set);
    }
    return 0;
}

static void run_sets(const void *arg, uint32_t n) {
    (void)arg;
    notify = (edo_notify)EDO_NOTIFY_INIT;
    growth_inside(set_body, &n);
}

/* ---- Callers of a service -------------------------------------------------------------------- */

#define WINDOW 8000 /* calls */

static edo_service *window;

static int nothing(void *arg, void *request, void *response) {
    (void)arg, (void)request, (void)response;
    return 0;
}

static int calls_window(void *arg) {
    (void)arg;
    return edo_service_oneshot(window, NULL, NULL);
}

/* n callers wait for a fixed window that is full; then all pass, or all give up. */
static void wait_for_window(uint32_t n, bool gives_up) {
    edo_task **callers = growth_alloc(n, sizeof(edo_task *));
    edo_permit first = EDO_PERMIT_INIT;
    const edo_rate_opts opts = { .limit = { .num = WINDOW, .per = edo_s(1) },
                                 .fixed_window = true };
    const edo_layer layer = edo_rate_layer(&opts);
    GROWTH_CHECK(edo_service_from_fn(&window, nothing, NULL, NULL) == 0);
    GROWTH_CHECK(edo_layer_wrap(&window, &layer, window) == 0);
    for (uint32_t i = 0; i < WINDOW; i++) {
        GROWTH_CHECK(edo_service_ready(window, &first) == 0);
        GROWTH_CHECK(edo_service_call(window, &first, NULL, NULL) == 0);
    }
    growth_begin();
    for (uint32_t i = 0; i < n; i++) GROWTH_CHECK((callers[i] = edo_spawn(calls_window, NULL)));
    growth_settle(n);
    for (uint32_t i = 0; gives_up && i < n; i++)
        edo_task_cancel(callers[growth_at(AT_RANDOM, i, n)]);
    for (uint32_t i = 0; i < n; i++)
        GROWTH_CHECK(edo_task_join(callers[i]) == (gives_up ? -ECANCELED : 0));
    growth_end(gives_up ? "given up" : "passed");
    edo_service_unref(window);
    free(callers);
}

static int window_body(void *arg) {
    wait_for_window(*(uint32_t *)arg, false);
    wait_for_window(*(uint32_t *)arg, true);
    return 0;
}

static void run_window(const void *arg, uint32_t n) {
    (void)arg;
    growth_inside(window_body, &n);
}

static spawner small = spawn_small, big = spawn_large, fiber = spawn_fiber;

const growth_case growth_tasks[] = {
    { .name = "machines", .run = run_tasks, .arg = &small, .many = true },
    { .name = "large_machines", .run = run_tasks, .arg = &big },
    { .name = "more_large_machines", .run = run_more, .arg = &big },
    { .name = "fibers", .run = run_tasks, .arg = &fiber },
    { .name = "dump_machines", .run = run_dump, .arg = &small },
    { .name = "dump_large_machines", .run = run_dump, .arg = &big, .many = true },
    { .name = "dump_fibers", .run = run_dump, .arg = &fiber },
    { .name = "shutdown_machines", .run = run_shutdown, .arg = &small },
    { .name = "shutdown_large_machines", .run = run_shutdown, .arg = &big },
    { .name = "shutdown_fibers", .run = run_shutdown, .arg = &fiber },
    { .name = "scope", .run = run_scopes },
    { .name = "scope_at_once", .run = run_at_once },
    { .name = "task_set", .run = run_sets },
    { .name = "rate_window", .run = run_window, .n_max = WINDOW },
    { .name = NULL },
};
