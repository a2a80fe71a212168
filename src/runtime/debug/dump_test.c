/* SPDX-License-Identifier: MIT */
/* Goal: tasks stay unchanged while a dump reads them: a waiting task is pinned, and a task of the
 * dumping thread's own worker stays there, until all tasks of one batch have been read; then all
 * are unpinned before another thread is asked or anything is printed. The dump does not wait for a
 * worker that waits for the dump.
 * Method: the look and dump.c with those steps counted, in a task among waiting and queued
 * tasks. */
#include "fiber/fiber.h"
#include "future/describe.h"
#include "runtime/task/task.h"
#include "runtime/task/task_slab.h"
#include "runtime/watch/capture.h"
#include "runtime/watch/registry.h"
#include "runtime/worker/core.h"
#include "runtime/worker/pin.h"
#include "runtime/worker/worker.h"
#include "stacks/frames.h"
#include "stacks/thread_state.h"

#include "inside.h"
#include "patience.h"

#include <edo/dump.h>
#include <edo/notify.h>

#include <string.h>

static bool look_in(edoi_task_slab_look *at, edoi_task_slab_look_fn *fn, void *arg);
static void tell(edoi_text *text, const edo_future *f, int64_t now_ns);
static size_t unwind(edoi_fiber *suspended, void **pcs, size_t max);
static void let_go(edo_runtime *rt, edo_task *t);
static size_t capture(const edoi_worker *w, const edoi_seen_poll *poll, void **pcs, size_t max,
                      edoi_thread_call *call);
static void print(FILE *out, const edoi_frame *found, size_t n);

#define edoi_task_slab_look_on   look_in
#define edoi_describe            tell
#define edoi_fiber_backtrace     unwind
#define edoi_task_unpin          let_go
#define edoi_capture             capture
#define edoi_frames_print_folded print
#include "runtime/look/tasks.c"

#include "runtime/debug/dump.c"
#undef edoi_task_slab_look_on
#undef edoi_describe
#undef edoi_fiber_backtrace
#undef edoi_task_unpin
#undef edoi_capture
#undef edoi_frames_print_folded

static uint32_t held_n, let_go_n;      /* of the tasks of one batch */
static uint32_t mixed_n;               /* batches with both kinds of tasks */
static uint32_t studied_n, captured_n; /* in total */
static tasks_walk *looker;

static bool look_in(edoi_task_slab_look *at, edoi_task_slab_look_fn *fn, void *arg) {
    looker = arg;
    bool more = edoi_task_slab_look_on(at, fn, arg);
    uint32_t ours_n = 0;
    held_n = let_go_n = 0;
    for (uint32_t i = 0; i < looker->n; i++) {
        held_n += looker->sights[i].is_pinned;
        ours_n += looker->sights[i].is_here;
    }
    mixed_n += held_n > 0 && ours_n > 1;
    return more;
}

/* Called when a task is read. */
static void no_task_was_unpinned(void) {
    CHECK_EQ(let_go_n, 0);
    for (uint32_t i = 0; i < looker->n; i++)
        if (looker->sights[i].is_pinned)
            CHECK(edoi_load_rlx_u32(&looker->sights[i].task->word) & TASK_BUSY);
    studied_n++;
}

static void tell(edoi_text *text, const edo_future *f, int64_t now_ns) {
    no_task_was_unpinned();
    edoi_describe(text, f, now_ns);
}

static size_t unwind(edoi_fiber *suspended, void **pcs, size_t max) {
    no_task_was_unpinned();
    return edoi_fiber_backtrace(suspended, pcs, max);
}

static void let_go(edo_runtime *rt, edo_task *t) {
    CHECK(edoi_load_rlx_u32(&t->word) & TASK_BUSY);
    let_go_n++;
    edoi_task_unpin(rt, t);
}

static size_t capture(const edoi_worker *w, const edoi_seen_poll *poll, void **pcs, size_t max,
                      edoi_thread_call *call) {
    CHECK_EQ(let_go_n, held_n);
    captured_n++;
    return edoi_capture(w, poll, pcs, max, call);
}

static void print(FILE *out, const edoi_frame *found, size_t n) {
    CHECK_EQ(let_go_n, held_n);
    edoi_frames_print_folded(out, found, n);
}

/* ---- Tasks that wait and tasks that are queued ----------------------------------------------- */

#define EACH 20

static edo_notify over = EDO_NOTIFY_INIT;
static bool is_over;

static int wait_for_end(void *arg) {
    (void)arg;
    return edo_await(edo_notify_wait_init(&(edo_notify_wait_future){ 0 }, &over));
}

static int yield_until_end(void *arg) {
    (void)arg;
    while (!is_over)
        if (edo_yield() < 0) break;
    return 0;
}

static int wait_in_time(void *arg) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(3600));
    return edo_deadline_end(&d, wait_for_end(arg));
}

static int dump_amid_them(void *arg) {
    FILE *out = arg;
    edo_scope scope;
    edo_scope_begin(&scope, NULL);
    for (int i = 0; i < EACH; i++) {
        CHECK_EQ(edo_scope_spawn(&scope, wait_for_end, NULL), 0);
        CHECK_EQ(edo_scope_spawn(&scope, yield_until_end, NULL), 0);
    }
    CHECK_EQ(edo_scope_spawn(&scope, wait_in_time, NULL), 0);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_yield(), 0);
    edo_dump_tasks(out);
    is_over = true;
    edo_notify_all(&over);
    return edo_scope_end(&scope, 0);
}

static bool says(FILE *out, const char *what) {
    char line[1024];
    rewind(out);
    while (fgets(line, sizeof line, out))
        if (strstr(line, what)) return true;
    return false;
}

static void no_task_is_unpinned_before_all_are_studied_on(const edo_runtime_opts *kind) {
    FILE *out = tmpfile();
    assert_non_null(out);
    is_over = false;
    mixed_n = studied_n = captured_n = 0;
    assert_int_equal(inside_with(dump_amid_them, out, kind), 0);
    assert_true(says(out, ": queued at worker 0"));
    assert_true(says(out, ": waits (fiber, worker 0, waits "));
    assert_true(says(out, ", deadline in "));
    (void)fclose(out);
    assert_true(mixed_n > 0);
    assert_true(studied_n >= EACH);
}

static void no_task_is_unpinned_before_all_are_studied(void **state) {
    (void)state;
    no_task_is_unpinned_before_all_are_studied_on(&kinds[0]);
    no_task_is_unpinned_before_all_are_studied_on(&kinds[1]);
}

/* ---- Another dumping thread ------------------------------------------------------------------ */

static int dump_too(void *arg) {
    edo_dump_tasks(arg);
    return 0;
}

static bool somebody_dumps(const edo_runtime *rt) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < rt->workers_n; i++)
        n += edoi_load_rlx_u32(&rt->workers[i]->shown_thread.dumps);
    return n > 0;
}

static void dump_does_not_wait_for_a_worker_that_waits_for_it(void **state) {
    (void)state;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI,
                                    .workers = 2,
                                    .watchdog = EDO_OFF };
    edo_runtime *rt;
    FILE *out = tmpfile(), *other = tmpfile();
    assert_true(out && other);
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    int64_t patience_ns = PATIENCE_NS;
    const edoi_tasks_look how = { .patience_ns = &patience_ns, .after = dump_gather };
    dump d = { .out = out };
    edoi_registry_acquire();
    edo_task *t = edo_spawn_on(rt, dump_too, other);
    assert_non_null(t);
    WAIT_FOR(somebody_dumps(rt));
    dump_runtime(&d, rt, &how);
    edoi_registry_release();
    assert_int_equal(d.tasks_n, 1);
    assert_int_equal(patience_ns, PATIENCE_NS);
    edo_task_join_future f;
    assert_int_equal(edo_block_on(rt, edo_task_join_init(&f, t)), 0);
    assert_false(somebody_dumps(rt));
    edo_runtime_free(rt);
    (void)fclose(out);
    (void)fclose(other);
}

static void numbers_of_a_group_are_told(void **state) {
    (void)state;
    static const struct {
        uint32_t n;
        dump_range ages;
        const char *wanted;
    } rows[] = {
        { 2, { -1, -1 }, "2 x " },
        { 999, { 0, 0 }, "999 x , 0.0 s old" },
        { 1000, { 31, 400 }, "1,000 x , 3.1 to 40.0 s old" },
        { 12034, { 7, 7 }, "12,034 x , 0.7 s old" },
        { 1002003, { 0, 1 }, "1,002,003 x , 0.0 to 0.1 s old" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edoi_text told = { .n = 0 };
        tell_number(&told, rows[i].n);
        tell_range(&told, ", ", rows[i].ages, " old");
        assert_string_equal(told.at, rows[i].wanted);
    }
    dump_range r = { -1, -1 };
    static const int64_t seen[] = { 5, -1, 2, 9 };
    for (size_t i = 0; i < EDO_COUNT(seen); i++) dump_widen(&r, seen[i]);
    assert_int_equal(r.least, 2);
    assert_int_equal(r.most, 9);
}

/* More groups than the table has room for. */
static int dump_many_groups(void *arg) {
    static char names[GROUPS_MAX + 20][16];
    edo_scope scope;
    edo_scope_begin(&scope, NULL);
    for (size_t i = 0; i < EDO_COUNT(names); i++) {
        (void)snprintf(names[i], sizeof names[i], "task %zu", i);
        CHECK_EQ(
            edo_scope_spawn_with(&scope, wait_for_end, NULL, &(edo_spawn_opts){ .name = names[i] }),
            0);
    }
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_yield(), 0);
    edo_dump_tasks(arg);
    for (size_t i = 0; i < EDO_COUNT(names); i++) {
        char line[32];
        (void)snprintf(line, sizeof line, " task %zu: ", i);
        CHECK(says(arg, line));
    }
    CHECK(says(arg, "  149 tasks\n")); // the root, too
    edo_notify_all(&over);
    return edo_scope_end(&scope, 0);
}

static void a_full_table_of_groups_is_printed_and_begun_anew(void **state) {
    (void)state;
    FILE *out = tmpfile();
    assert_non_null(out);
    assert_int_equal(inside_with(dump_many_groups, out, &kinds[0]), 0);
    (void)fclose(out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_task_is_unpinned_before_all_are_studied),
        cmocka_unit_test(numbers_of_a_group_are_told),
        cmocka_unit_test(a_full_table_of_groups_is_printed_and_begun_anew),
        cmocka_unit_test(dump_does_not_wait_for_a_worker_that_waits_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
