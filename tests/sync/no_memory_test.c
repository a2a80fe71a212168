/* SPDX-License-Identifier: MIT */
/* Goal: barriers, snapshots, moved deadlines, hooks of tokens, releases of keyed locks, and reads
 * of sequences that have been made ask for no memory, so they go on where there is none.
 * Method: a table of functions that prepare, use and end one of them, where an allocation during
 * the use would fail and be noticed. */
#include <edo/edo.h>

#include "fail_alloc.h"
#include "inside.h"

static void use_begin(void) {
    fail_alloc_in = 1;
}

static void use_end(const char *name) {
    bool has_asked = fail_alloc_in != 1;
    fail_alloc_in = 0;
    if (has_asked) (void)fprintf(stderr, "%s has asked for memory\n", name);
    CHECK(!has_asked);
}

/* ---- Locks and shared values ----------------------------------------------------------------- */

static int come(void *barrier) {
    int leads = edo_barrier_wait(barrier);
    return leads < 0 ? leads : 0;
}

static void barrier_use(const char *name) {
    edo_barrier b = EDO_BARRIER_INIT(2);
    edo_task *other = edo_spawn(come, &b);
    CHECK_EQ(edo_yield(), 0); // it waits there
    use_begin();
    int err = come(&b);
    use_end(name);
    CHECK_EQ(err, 0);
    CHECK_EQ(edo_task_join(other), 0);
}

static void snapshot_use(const char *name) {
    edo_snapshot s = EDO_SNAPSHOT_INIT;
    int *value = edo_rc_new(sizeof *value, NULL);
    CHECK(value);
    *value = 5;
    use_begin();
    edo_snapshot_set(&s, value);
    int *got = edo_snapshot_get(&s);
    CHECK_EQ(*got, 5);
    edo_rc_unref(got);
    edo_snapshot_set(&s, NULL);
    use_end(name);
}

static void keyed_mutex_use(const char *name) {
    edo_keyed_mutex *k;
    edo_keyed_lock *lock;
    CHECK_EQ(edo_keyed_mutex_new(&k), 0);
    CHECK_EQ(edo_keyed_mutex_lock(k, &lock, edo_str_of("key")), 0);
    use_begin();
    edo_keyed_mutex_unlock(k, lock);
    use_end(name);
    edo_keyed_mutex_free(k);
}

static void keyed_sem_use(const char *name) {
    edo_keyed_sem *k;
    edo_keyed_permit *permit;
    CHECK_EQ(edo_keyed_sem_new(&k, 2), 0);
    CHECK_EQ(edo_keyed_sem_acquire(k, &permit, edo_str_of("key")), 0);
    use_begin();
    edo_keyed_sem_release(k, permit);
    use_end(name);
    edo_keyed_sem_free(k);
}

/* ---- Blocks ---------------------------------------------------------------------------------- */

static void deadline_move_use(const char *name) {
    edo_deadline d;
    use_begin();
    edo_deadline_begin(&d, edo_s(1));
    CHECK_EQ(edo_deadline_move(&d, edo_s(3)), 0);
    CHECK_EQ(edo_sleep(edo_s(2)), 0);
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    use_end(name);
}

static void count_call(void *n) {
    ++*(int *)n;
}

static void hook_use(const char *name) {
    edo_cancel_token *t;
    edo_cancel_hook hook, back;
    int calls_n = 0;
    CHECK_EQ(edo_cancel_new(&t), 0);
    use_begin();
    edo_cancel_hook_set(&hook, t, count_call, &calls_n);
    edo_cancel_hook_set(&back, t, count_call, &calls_n);
    CHECK(edo_cancel_hook_clear(&back));
    edo_cancel(t, EDO_CANCEL_ASKED);
    CHECK(!edo_cancel_hook_clear(&hook));
    use_end(name);
    CHECK_EQ(calls_n, 1);
    edo_cancel_unref(t);
}

/* ---- Sequences ------------------------------------------------------------------------------- */

static const int numbers[] = { 1, 2, 3, 4, 5, 6 };

static edo_seq *six(void) {
    return edo_seq_array(numbers, EDO_COUNT(numbers), sizeof numbers[0]);
}

/* Reads `items_n` items of `s`, and its end, and frees it. */
static void read_all(edo_seq *s, int items_n, const char *name) {
    union {
        int number;
        edo_chunk chunk;
    } item;
    int n = 0, rc;
    CHECK(s);
    use_begin();
    while ((rc = edo_seq_next(s, &item)) == 1) n++;
    use_end(name);
    CHECK_EQ(rc, 0);
    CHECK_EQ(n, items_n);
    edo_seq_free(s);
}

static void chunks_use(const char *name) {
    read_all(edo_seq_chunks_timeout(six(), 4, edo_s(1)), 2, name);
    read_all(edo_seq_ready_chunks(six(), 2), 3, name);
}

static void merge_use(const char *name) {
    read_all(edo_seq_merge(six(), six()), 12, name);
}

static int emit_six(void *arg, edo_emitter *e) {
    int err = 0;
    (void)arg;
    for (size_t i = 0; err == 0 && i < EDO_COUNT(numbers); i++) err = edo_emit(e, &numbers[i]);
    return err;
}

static void generator_use(const char *name) {
    int first;
    edo_seq *s = edo_seq_generate(sizeof(int), emit_six, NULL);
    CHECK(s);
    CHECK_EQ(edo_seq_next(s, &first), 1); // it has its stack
    read_all(s, 5, name);
}

static void keyed_seq_use(const char *name) {
    edo_keyed_seq *set = edo_keyed_seq_new(sizeof(int));
    edo_keyed_came came;
    int item, n = 0;
    CHECK(set);
    for (uint64_t k = 1; k <= 3; k++) CHECK_EQ(edo_keyed_seq_insert(set, k, six()), 0);
    use_begin();
    edo_seq *back = edo_keyed_seq_remove(set, 2);
    while (edo_keyed_seq_item_next(set, &came, &item) > 0 && edo_keyed_seq_len(set) > 0) n++;
    use_end(name);
    CHECK(n >= 12);
    edo_seq_free(back);
    edo_keyed_seq_free(set);
}

/* ---- All ------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*use)(const char *name);
} uses[] = {
    { "a barrier", barrier_use },
    { "a snapshot", snapshot_use },
    { "the release of a keyed mutex", keyed_mutex_use },
    { "the release of a keyed semaphore", keyed_sem_use },
    { "a deadline that is moved", deadline_move_use },
    { "a hook of a token", hook_use },
    { "a read of chunks", chunks_use },
    { "a read of a merge", merge_use },
    { "an item of a generator", generator_use },
    { "a read of a keyed set", keyed_seq_use },
};

static int use_all(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(uses); i++) uses[i].use(uses[i].name);
    return 0;
}

static void what_has_been_made_asks_for_no_memory(void **state) {
    (void)state;
    assert_int_equal(inside(use_all, NULL), 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_been_made_asks_for_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
