/* SPDX-License-Identifier: MIT */
/* tests/growth/told.c: n tasks that a token cancels, by an option of their spawn or in a block;
 * that a monitor counts; that race; and that several workers run. */
#include "growth.h"

#include <edo/dump.h>
#include <edo/task_monitor.h>

#include <errno.h>
#include <stdlib.h>

static edo_notify notify = EDO_NOTIFY_INIT;

typedef struct tasks {
    uint32_t n;
    edo_task **all;
} tasks;

static edo_task *spawn_machine(const edo_spawn_opts *opts) {
    edo_notify_wait_future f;
    edo_task *t = edo_spawn_future_with(edo_notify_wait_init(&f, &notify), opts);
    GROWTH_CHECK(t);
    return t;
}

static void join_all(tasks *t, int result) {
    for (uint32_t i = 0; i < t->n; i++) GROWTH_CHECK(edo_task_join(t->all[i]) == result);
}

static void cancel_all(tasks *t) {
    for (uint32_t i = 0; i < t->n; i++) edo_task_cancel(t->all[growth_at(AT_RANDOM, i, t->n)]);
    join_all(t, -ECANCELED);
}

/* Runs `body` with n tasks' places, in a runtime made with `opts`. */
static void run(edo_task_fn *body, uint32_t n, const edo_runtime_opts *opts) {
    tasks t = { .n = n, .all = growth_alloc(n, sizeof(edo_task *)) };
    growth_inside_with(body, &t, opts);
    free(t.all);
}

static const edo_runtime_opts one_thread = { .flavor = EDO_RUNTIME_CURRENT, .start_paused = true };

/* ---- Tokens ---------------------------------------------------------------------------------- */

static void spawn_with_token(tasks *t, edo_cancel_token *token) {
    const edo_spawn_opts opts = { .cancel = token };
    for (uint32_t i = 0; i < t->n; i++) t->all[i] = spawn_machine(&opts);
    growth_settle(t->n);
}

static int token_body(void *arg) {
    tasks *t = arg;
    edo_cancel_token *token;
    GROWTH_CHECK(edo_cancel_new(&token) == 0);
    growth_begin();
    spawn_with_token(t, token);
    edo_notify_all(&notify);
    join_all(t, 0);
    growth_end("ended");
    growth_begin();
    spawn_with_token(t, token);
    cancel_all(t);
    growth_end("cancelled");
    growth_begin();
    spawn_with_token(t, token);
    edo_cancel(token, 0);
    join_all(t, -ECANCELED);
    growth_end("cancelled");
    edo_cancel_unref(token);
    return 0;
}

static void spawn_cancel(const void *arg, uint32_t n) {
    (void)arg;
    run(token_body, n, &one_thread);
}

static int wait_in_block(void *arg) {
    edo_cancel_block b;
    edo_cancel_begin(&b, arg);
    return edo_cancel_end(&b, edo_notify_wait(&notify));
}

static void spawn_blocks(tasks *t, edo_cancel_token *token) {
    for (uint32_t i = 0; i < t->n; i++) {
        t->all[i] = edo_spawn(wait_in_block, token);
        GROWTH_CHECK(t->all[i]);
    }
    growth_settle(t->n);
}

static int block_body(void *arg) {
    tasks *t = arg;
    edo_cancel_token *token;
    GROWTH_CHECK(edo_cancel_new(&token) == 0);
    growth_begin();
    spawn_blocks(t, token);
    cancel_all(t);
    growth_end("cancelled");
    growth_begin();
    spawn_blocks(t, token);
    edo_cancel(token, 0);
    join_all(t, -ECANCELED);
    growth_end("cancelled");
    edo_cancel_unref(token);
    return 0;
}

static void cancel_blocks(const void *arg, uint32_t n) {
    (void)arg;
    run(block_body, n, &one_thread);
}

static int nested_body(void *arg) {
    uint32_t n = ((tasks *)arg)->n;
    edo_cancel_block *all = growth_alloc(n, sizeof *all);
    edo_cancel_token *token;
    GROWTH_CHECK(edo_cancel_new(&token) == 0);
    growth_begin();
    for (uint32_t i = 0; i < n; i++) edo_cancel_begin(&all[i], token);
    edo_cancel(token, 0);
    GROWTH_CHECK(edo_sleep(edo_ms(1)) == -ECANCELED);
    for (uint32_t i = n; i-- > 0;) GROWTH_CHECK(edo_cancel_end(&all[i], 0) == 0);
    growth_end("nested");
    edo_cancel_unref(token);
    free(all);
    return 0;
}

static void nested_blocks(const void *arg, uint32_t n) {
    (void)arg;
    run(nested_body, n, &one_thread);
}

/* ---- Monitors -------------------------------------------------------------------------------- */

static int monitored_body(void *arg) {
    tasks *t = arg;
    edo_task_monitor *m;
    GROWTH_CHECK(edo_task_monitor_new(&m, NULL) == 0);
    const edo_spawn_opts opts = { .monitor = m };
    growth_begin();
    for (uint32_t i = 0; i < t->n; i++) t->all[i] = spawn_machine(&opts);
    growth_settle(t->n);
    edo_notify_all(&notify);
    join_all(t, 0);
    growth_end("ended");
    growth_begin();
    for (uint32_t i = 0; i < t->n; i++) t->all[i] = spawn_machine(&opts);
    growth_settle(t->n);
    cancel_all(t);
    growth_end("cancelled");
    edo_task_monitor_unref(m);
    return 0;
}

static void monitored(const void *arg, uint32_t n) {
    (void)arg;
    edo_runtime_opts opts = one_thread;
    opts.task_monitors = true;
    run(monitored_body, n, &opts);
}

/* ---- A race ---------------------------------------------------------------------------------- */

static int lose(void *arg) {
    (void)arg;
    return edo_notify_wait(&notify);
}

static int win(void *arg) {
    (void)arg;
    for (int i = 0; i < 3; i++) (void)edo_yield(); // the others wait by then
    return 7;
}

static int race_body(void *arg) {
    uint32_t n = ((tasks *)arg)->n;
    edo_race_entry *all = growth_alloc(n, sizeof *all);
    for (uint32_t i = 0; i < n; i++) all[i].fn = i == n / 2 ? win : lose;
    int result = 0;
    growth_begin();
    GROWTH_CHECK(edo_race(&result, all, n) == (int)(n / 2) && result == 7);
    growth_end("won");
    free(all);
    return 0;
}

static void race(const void *arg, uint32_t n) {
    (void)arg;
    run(race_body, n, &one_thread);
}

/* ---- Several workers ------------------------------------------------------------------------- */

/* All wait for the token, or find that it has fired. */
static edo_cancel_token *spawn_on(edo_runtime *rt, tasks *t) {
    edo_cancel_token *token;
    GROWTH_CHECK(edo_cancel_new(&token) == 0);
    for (uint32_t i = 0; i < t->n; i++) {
        edo_cancel_wait_future f;
        (void)edo_cancel_wait_init(&f, token);
        t->all[i] = edo_spawn_future_on(rt, &f.base);
        GROWTH_CHECK(t->all[i]);
    }
    return token;
}

static void end_and_cancel(edo_runtime *rt, tasks *t, const char *ended, const char *cancelled) {
    growth_begin();
    edo_cancel_token *token = spawn_on(rt, t);
    edo_cancel(token, 0);
    join_all(t, 0);
    edo_cancel_unref(token);
    growth_end(ended);
    growth_begin();
    token = spawn_on(rt, t);
    cancel_all(t);
    edo_cancel_unref(token);
    growth_end(cancelled);
}

static int workers_body(void *arg) {
    end_and_cancel(edo_runtime_current(), arg, "ended", "cancelled");
    return 0;
}

static void workers(const void *arg, uint32_t n) {
    (void)arg;
    edo_runtime *rt;
    tasks t = { .n = n, .all = growth_alloc(n, sizeof(edo_task *)) };
    GROWTH_CHECK(edo_runtime_new(
                     &rt, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_MULTI, .workers = 2 }) == 0);
    GROWTH_CHECK(edo_run(rt, workers_body, &t) == 0);
    end_and_cancel(rt, &t, "ended, from outside", "cancelled, from outside");
    FILE *out = fopen("/dev/null", "w");
    GROWTH_CHECK(out);
    edo_cancel_token *token = spawn_on(rt, &t);
    growth_begin();
    edo_dump_tasks(out);
    growth_end("dumped");
    (void)fclose(out);
    growth_begin();
    edo_runtime_free(rt);
    join_all(&t, -ECANCELED);
    growth_end("shut down");
    edo_cancel_unref(token);
    free(t.all);
}

const growth_case growth_told[] = {
    { .name = "spawn_cancel", .run = spawn_cancel },
    { .name = "cancel_blocks", .run = cancel_blocks },
    { .name = "nested_blocks", .run = nested_blocks },
    { .name = "monitored", .run = monitored },
    { .name = "race", .run = race },
    { .name = "workers", .run = workers, .varies = true },
    { .name = NULL },
};
