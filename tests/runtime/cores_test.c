/* SPDX-License-Identifier: MIT */
/* Goal: long tasks of one spawner use the other cores, also when those sleep and polls were short
 * before. Method: tasks that last until two of them have run at once, or very long. */
#include <edo/edo.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TASKS   8
#define SHORT_N 1000
#define LONG_MS 20
#define ROUNDS  5

static edo_atomic_u32 running, together;

static int64_t now_ms(void) {
    return edo_now().ns / 1000000;
}

/* Keeps its worker busy; no await. */
static int long_one(void *arg) {
    (void)arg;
    (void)__atomic_fetch_add(&running.edoi_value, 1, __ATOMIC_ACQ_REL);
    for (int64_t end_ms = now_ms() + LONG_MS; now_ms() < end_ms;)
        if (__atomic_load_n(&running.edoi_value, __ATOMIC_ACQUIRE) > 1)
            __atomic_store_n(&together.edoi_value, 1, __ATOMIC_RELEASE);
    (void)__atomic_fetch_sub(&running.edoi_value, 1, __ATOMIC_ACQ_REL);
    return 0;
}

static int short_one(void *arg) {
    (void)arg;
    return edo_yield();
}

static int spawn_all(edo_task_fn *fn, int n) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < n; i++)
        if (edo_scope_spawn(&s, fn, NULL) < 0) break;
    return edo_scope_end(&s);
}

static int short_ones_then_long_ones(void *arg) {
    (void)arg;
    for (int i = 0; i < SHORT_N / TASKS; i++) {
        int err = spawn_all(short_one, TASKS);
        if (err < 0) return err;
    }
    return spawn_all(long_one, TASKS);
}

static void long_tasks_run_beside_each_other(void **state) {
    (void)state;
    edo_runtime *rt = NULL;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = 2 };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    for (int round = 0; round < ROUNDS && !__atomic_load_n(&together.edoi_value, __ATOMIC_ACQUIRE);
         round++)
        assert_int_equal(edo_run(rt, short_ones_then_long_ones, NULL), 0);
    assert_int_equal(together.edoi_value, 1);
    edo_runtime_free(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_tasks_run_beside_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
