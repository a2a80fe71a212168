/* SPDX-License-Identifier: MIT */
/* Goal: a look from another thread tells each task once, what it waits for and where; it pins one
 * of so many if it is told to; it finds one task by its id, and the workers with what they run.
 * Method: tasks of one name that wait for a notify, looked at by a thread of the pool. */
#include "runtime/look/tasks.h"

#include "inside.h"
#include "runtime/look/workers.h"

#include <edo/edo.h>

#include <string.h>

#define SHEEP 12u
#ifdef EDO_FIBER_PORTABLE // there the stack of a waiting fiber cannot be read
#    define STACKS 0u
#else
#    define STACKS SHEEP
#endif

typedef struct counted {
    edoi_tasks_look how;
    uint32_t sheep_n, waits_n, pinned_n, stacks_n, told_n, runs_n;
    uint64_t id;
    uint64_t workers_n; /* that poll or are in place */
} counted;

static edo_notify bell = EDO_NOTIFY_INIT;

static int sleeps(void *arg) {
    (void)arg;
    return edo_notify_wait(&bell);
}

static void count(void *arg, const edoi_task_sight *s) {
    counted *c = arg;
    void *pcs[16];
    bool is_exact;
    edoi_text what = { .n = 0 };
    if (s->state == EDOI_TASK_RUNS) c->runs_n++;
    if (!s->site || strcmp(s->site, "sheep") != 0) return;
    c->sheep_n++;
    c->id = s->id;
    if (s->state == EDOI_TASK_WAITS) c->waits_n++;
    if (!s->is_pinned) return;
    c->pinned_n++;
    if (edoi_task_sight_stack(s, pcs, EDO_COUNT(pcs), &is_exact) > 0 && !is_exact) c->stacks_n++;
    edoi_task_sight_tell(s, &what);
    if (s->awaits && strncmp(what.at, s->awaits, strlen(s->awaits)) == 0 && s->age_ns >= 0)
        c->told_n++;
}

static bool is_named(const void *name, const char *site) {
    return site && strcmp(site, name) == 0;
}

static int look_at(void *arg) {
    counted *c = arg;
    c->sheep_n = c->waits_n = c->pinned_n = c->stacks_n = c->told_n = c->runs_n = 0;
    edoi_tasks_look_over(&c->how, count, c);
    return 0;
}

/* Do all wait, so that they can be pinned? */
static bool all_wait(counted *c) {
    CHECK_EQ(edo_blocking(look_at, c), 0);
    return c->waits_n == c->sheep_n;
}

static int tasks_that_wait(void *arg) {
    counted c = { .how = { .every = 0 } };
    edo_scope s;
    (void)arg;
    edo_scope_begin(&s, NULL);
    for (uint32_t i = 0; i < SHEEP; i++)
        edo_scope_spawn_with(&s, sleeps, NULL, &(edo_spawn_opts){ .name = "sheep" });
    WAIT_FOR(all_wait(&c) && c.pinned_n == SHEEP && c.stacks_n == STACKS);
    CHECK_EQ(c.sheep_n, SHEEP);
    CHECK_EQ(c.told_n, SHEEP);
    c.how = (edoi_tasks_look){ .every = 4, .is_site = is_named, .site_arg = "sheep" };
    CHECK(all_wait(&c));
    CHECK_EQ(c.sheep_n, SHEEP);
    CHECK_EQ(c.pinned_n, SHEEP / 4);
    c.how = (edoi_tasks_look){ .only = c.id };
    CHECK(all_wait(&c));
    CHECK_EQ(c.sheep_n, 1);
    edo_scope_cancel(&s);
    return edo_scope_end(&s, 0);
}

static void each_task_is_told_once(void **state) {
    (void)state;
    assert_int_equal(inside_each(tasks_that_wait, NULL), 0);
}

/* ---- Workers --------------------------------------------------------------------------------- */

static void count_workers(void *arg, const edoi_runtime_sight *s) {
    counted *c = arg;
    CHECK(s->workers_n == s->stats->workers);
    for (uint32_t i = 0; i < s->workers_n; i++)
        if (s->workers[i].task && strcmp(s->workers[i].task, "looker") == 0) c->workers_n++;
}

/* The look is made by the task that runs. */
static int looks(void *arg) {
    edoi_runtimes_look_over(count_workers, arg);
    return look_at(arg);
}

static int a_task_that_runs(void *arg) {
    counted c = { .how = { .every = 0 } };
    (void)arg;
    edo_task *t = edo_spawn_with(looks, &c, &(edo_spawn_opts){ .name = "looker" });
    CHECK(t);
    CHECK_EQ(edo_task_join(t), 0);
    CHECK_EQ(c.workers_n, 1);
    CHECK_EQ(c.runs_n, 1);
    return 0;
}

static void what_runs_is_told_with_its_worker(void **state) {
    (void)state;
    assert_int_equal(inside_real(a_task_that_runs, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_task_is_told_once),
        cmocka_unit_test(what_runs_is_told_with_its_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
