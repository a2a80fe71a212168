/* SPDX-License-Identifier: MIT */
/* Goal: a task set has one task of each key; one that comes under a key in use takes the place of
 * the other, of which nothing is told, and which is waited for all the same; a task is found,
 * cancelled and told by its key. Method: single cases on a paused clock; random sets against a
 * table of what each key has, and from several tasks at once, on every kind of runtime; each
 * allocation failing; a child of fork. */
#include <edo/task_set.h>

#include "child.h"
#include "inside.h"
#include "leaf.h"
#include "leftovers.h"
#include "runtime/task/task.h"
#include "seed.h"

#include <edo/notify.h>
#include <edo/scope.h>
#include <edo/time.h>

#include <string.h>

typedef struct job {
    int ms, result;
    int lingers_ms; /* once it is cancelled */
    bool begun, ended;
} job;

static int run_job(void *arg) {
    job *self = arg;
    self->begun = true;
    int err = self->ms > 0 ? edo_sleep(edo_ms(self->ms)) : 0;
    if (err < 0 && self->lingers_ms > 0) {
        edo_shield s;
        edo_shield_begin(&s, edo_s(1));
        CHECK_EQ(edo_sleep(edo_ms(self->lingers_ms)), 0);
        err = edo_shield_end(&s, err);
    }
    self->ended = true;
    if (err < 0) return edo_fail(err, "job of %d ms", self->ms);
    return self->result < 0 ? edo_fail(self->result, "job of %d ms", self->ms) : self->result;
}

static void spawn_keyed(edo_task_set *set, uint64_t key, job *j) {
    CHECK_EQ(edo_task_set_spawn_keyed(set, key, run_job, j), 0);
    CHECK(edo_task_set_has(set, key));
}

static void next_is(edo_task_set *set, uint64_t key, const job *j, int result) {
    edo_task_ended done = { .arg = NULL };
    CHECK_EQ(edo_task_set_join_next(set, &done), 1);
    CHECK_EQ(done.key, key);
    CHECK(done.arg == j);
    CHECK_EQ(done.result, result);
}

static void keyed_set_ends(edo_task_set *set) {
    edo_task_ended done;
    CHECK_EQ(edo_task_set_len(set), 0);
    CHECK_EQ(edo_task_set_join_next(set, &done), 0);
    CHECK(!set->keys && set->replaced_n == 0);
    edo_task_set_deinit(set);
}

/* ---- Which one ended ------------------------------------------------------------------------- */

static int tell_by_key(void *arg) {
    const edo_task_set_opts *opts = arg;
    job jobs[] = { { .ms = 30, .result = 1 }, { .ms = 10, .result = -EIO }, { .result = 3 } };
    const uint64_t keys[] = { UINT64_MAX, 0, (uint64_t)(uintptr_t)jobs };
    const int ends[] = { 2, 1, 0 }; // or in the order of spawns
    job other = { .ms = 5, .result = 9 };
    edo_task_set set;
    edo_task_set_init(&set, opts);
    for (int i = 0; i < 3; i++) spawn_keyed(&set, keys[i], &jobs[i]);
    CHECK_EQ(edo_task_set_spawn(&set, run_job, &other), 0); // 0 is a key, and not that of this one
    CHECK_EQ(edo_task_set_len(&set), 4);
    CHECK(!edo_task_set_has(&set, 1));
    for (int i = 0; i < 3; i++) {
        if (!opts && i == 1) next_is(&set, 0, &other, 9);
        int k = opts ? i : ends[i];
        CHECK(edo_task_set_has(&set, keys[k]));
        next_is(&set, keys[k], &jobs[k], jobs[k].result);
        CHECK(!edo_task_set_has(&set, keys[k]));
    }
    if (opts) next_is(&set, 0, &other, 9);
    keyed_set_ends(&set);
    return 0;
}

static void each_end_is_told_with_its_key(void **state) {
    (void)state;
    edo_task_set_opts ordered = { .ordered = true };
    assert_int_equal(inside(tell_by_key, NULL), 0);
    assert_int_equal(inside(tell_by_key, &ordered), 0);
}

/* ---- A key in use ---------------------------------------------------------------------------- */

static int replace_some(void *arg) {
    job old = { .ms = 1000 }, ended = { .result = 4 }, fresh = { .ms = 10, .result = 5 },
        fresher = { .ms = 20, .result = 6 };
    char text[80];
    edo_task_set set;
    edo_task_set_init(&set, arg);
    spawn_keyed(&set, 1, &old);
    spawn_keyed(&set, 2, &ended);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK(old.begun && ended.ended);
    int err = edo_fail(-ENOENT, "the owner's");
    spawn_keyed(&set, 1, &fresh);
    spawn_keyed(&set, 2, &fresher); // the result of the one that has ended is lost
    CHECK_EQ(edo_task_set_len(&set), 2);
    edo_instant began = edo_now();
    next_is(&set, 1, &fresh, 5);
    CHECK_EQ(ms_since(began), 10);
    CHECK(old.ended);
    next_is(&set, 2, &fresher, 6);
    CHECK(edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE) > 0);
    CHECK(strstr(text, "the owner's")); // nothing of what was cancelled
    CHECK(edo_trail_print_text(text, sizeof text, -ECANCELED, EDO_TRAIL_LINE) > 0);
    CHECK(!strstr(text, "job of"));
    keyed_set_ends(&set);
    return 0;
}

static void task_under_a_key_in_use_takes_the_place_of_the_other(void **state) {
    (void)state;
    edo_task_set_opts ordered = { .ordered = true };
    assert_int_equal(inside(replace_some, NULL), 0);
    assert_int_equal(inside(replace_some, &ordered), 0);
}

/* Nobody knows of the replaced one any more, but the set is not empty before it has ended. */
static int wait_for_replaced(void *arg) {
    job old = { .ms = 1000, .lingers_ms = 50 }, fresh = { .result = 5 };
    edo_task_set set;
    edo_task_ended done;
    (void)arg;
    edo_task_set_init(&set, NULL);
    for (int way = 0; way < 3; way++) {
        old.ended = false;
        spawn_keyed(&set, 1, &old);
        CHECK_EQ(edo_sleep(edo_ms(1)), 0);
        edo_instant began = edo_now();
        spawn_keyed(&set, 1, &fresh);
        if (way == 0) {
            next_is(&set, 1, &fresh, 5);
            CHECK_EQ(edo_task_set_try_join_next(&set, &done), -EAGAIN);
            CHECK_EQ(edo_task_set_join_next(&set, &done), 0);
        } else if (way == 1) {
            CHECK_EQ(edo_task_set_join_all(&set), 0); // its failure is nobody's
        } else {
            CHECK_EQ(edo_task_set_shutdown(&set), 0);
        }
        CHECK_EQ(ms_since(began), 50);
        CHECK(old.ended);
        keyed_set_ends(&set);
    }
    return 0;
}

static void replaced_task_is_waited_for(void **state) {
    (void)state;
    assert_int_equal(inside(wait_for_replaced, NULL), 0);
}

/* More replaced ones have ended than a poll may take. */
static int pass_over_many(void *arg) {
    enum { MANY = 3 * EDO_BUDGET };
    static job jobs[MANY];
    edo_task_set set;
    edo_task_ended done;
    (void)arg;
    edo_task_set_init(&set, NULL);
    for (int i = 0; i < MANY; i++) spawn_keyed(&set, 1, &jobs[i]);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK_EQ(edo_task_set_len(&set), 1);
    CHECK_EQ(edo_task_set_try_join_next(&set, &done), 1);
    CHECK(done.arg == &jobs[MANY - 1]);
    keyed_set_ends(&set);
    return 0;
}

static void try_passes_over_all_that_were_replaced(void **state) {
    (void)state;
    assert_int_equal(inside(pass_over_many, NULL), 0);
}

/* ---- By its key ------------------------------------------------------------------------------ */

static int cancel_one(void *arg) {
    job jobs[] = { { .ms = 1000 }, { .ms = 20, .result = 2 }, { .result = 3 } };
    edo_task_set set;
    (void)arg;
    edo_task_set_init(&set, NULL);
    for (uint64_t i = 0; i < 3; i++) spawn_keyed(&set, i, &jobs[i]);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK(!edo_task_set_cancel(&set, 3));
    CHECK(edo_task_set_cancel(&set, 0));
    CHECK(edo_task_set_cancel(&set, 0));
    CHECK(edo_task_set_cancel(&set, 2)); // it has ended, and is there
    CHECK_EQ(edo_task_set_len(&set), 3);
    next_is(&set, 2, &jobs[2], 3);
    next_is(&set, 0, &jobs[0], -ECANCELED);
    CHECK(!edo_task_set_cancel(&set, 0));
    next_is(&set, 1, &jobs[1], 2);
    keyed_set_ends(&set);
    return 0;
}

static void task_is_cancelled_by_its_key(void **state) {
    (void)state;
    assert_int_equal(inside(cancel_one, NULL), 0);
}

/* ---- Cut short, let go, ended ---------------------------------------------------------------- */

static int cut_short(void *arg) {
    job old = { .ms = 1000, .lingers_ms = 100 }, fresh = { .ms = 50, .result = 5 };
    edo_task_set set;
    edo_task_ended done;
    (void)arg;
    edo_task_set_init(&set, NULL);
    spawn_keyed(&set, 1, &old);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    spawn_keyed(&set, 1, &fresh);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(10));
    CHECK_EQ(edo_deadline_end(&d, edo_task_set_join_next(&set, &done)), -ETIMEDOUT);
    CHECK_EQ(edo_task_set_len(&set), 1);
    next_is(&set, 1, &fresh, 5);
    edo_deadline_begin(&d, edo_ms(10));
    CHECK_EQ(edo_deadline_end(&d, edo_task_set_join_next(&set, &done)), -ETIMEDOUT);
    CHECK(!old.ended);
    CHECK_EQ(edo_task_set_shutdown(&set), 0);
    CHECK(old.ended);
    keyed_set_ends(&set);
    return 0;
}

static void wait_that_is_cut_short_loses_no_task(void **state) {
    (void)state;
    assert_int_equal(inside(cut_short, NULL), 0);
}

static int let_go(void *arg) {
    static job jobs[3]; // they outlive the set
    edo_task_set set;
    for (int i = 0; i < 3; i++) jobs[i] = (job){ .ms = 10, .lingers_ms = 20 };
    edo_task_set_init(&set, NULL);
    spawn_keyed(&set, 1, &jobs[0]);
    spawn_keyed(&set, 2, &jobs[1]);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    spawn_keyed(&set, 2, &jobs[2]);
    if (arg)
        edo_task_set_deinit(&set);
    else
        edo_task_set_detach_all(&set);
    CHECK(!edo_task_set_has(&set, 1) && !edo_task_set_has(&set, 2));
    CHECK(!jobs[0].ended && !jobs[1].ended && !jobs[2].ended);
    keyed_set_ends(&set);
    CHECK_EQ(edo_sleep(edo_ms(30)), 0);
    CHECK(jobs[0].ended && jobs[1].ended && jobs[2].ended);
    return 0;
}

static void keys_go_with_the_tasks_that_are_let_go(void **state) {
    static int ends;
    (void)state;
    assert_int_equal(inside(let_go, NULL), 0);
    assert_int_equal(inside(let_go, &ends), 0);
}

/* ---- Without memory -------------------------------------------------------------------------- */

static int spawn_with_failures(void *arg) {
    job old = { .ms = 10, .result = 1 }, fresh = { .ms = 10, .result = 2 };
    edo_task_set set;
    (void)arg;
    edo_task_set_init(&set, NULL);
    spawn_keyed(&set, 7, &old);
    for (uint64_t k = 1;; k++) {
        edoi_alloc_fail_at(k);
        int err = edo_task_set_spawn_keyed(&set, 7, run_job, &fresh);
        bool fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        CHECK_EQ(err, fired ? -ENOMEM : 0);
        CHECK_EQ(edo_task_set_len(&set), 1);
        CHECK_EQ(set.replaced_n, err == 0);
        if (err == 0) break;
    }
    next_is(&set, 7, &fresh, 2);
    keyed_set_ends(&set);
    return 0;
}

static void spawn_that_fails_leaves_the_task_of_the_key(void **state) {
    (void)state;
    edo_task_set set;
    edo_task_set_init(&set, NULL);
    assert_int_equal(edo_task_set_spawn_keyed(&set, 1, run_job, NULL), -EDO_ENORUNTIME);
    assert_false(edo_task_set_has(&set, 1));
    assert_int_equal(inside_with(spawn_with_failures, NULL, &one_thread), 0);
}

/* ---- In a child of fork ---------------------------------------------------------------------- */

static int use_in_child(void *arg) {
    edo_task_set *set = arg;
    edo_task_ended done;
    uint64_t told = 0;
    EXPECT(edo_task_set_len(set) == 2, 1);
    EXPECT(!edo_task_set_has(set, 1) && !edo_task_set_cancel(set, 2), 2);
    for (int i = 0; i < 2; i++) {
        EXPECT(edo_task_set_try_join_next(set, &done) == 1 && done.result == -EDO_EFORKED, 3);
        told += done.key;
    }
    EXPECT(told == 3 && edo_task_set_len(set) == 0, 4);
    EXPECT(edo_task_set_try_join_next(set, &done) == 0, 5);
    edo_task_set_deinit(set);
    return 0;
}

static int end_in_child(void *arg) {
    edo_task_set_deinit(arg);
    return edo_task_set_len(arg) == 0 ? 0 : 1;
}

static int fork_with_keys(void *arg) {
    job old = { .ms = 1000, .lingers_ms = 5 }, jobs[] = { { .ms = 10 }, { .ms = 20 } };
    edo_task_set set;
    (void)arg;
    edo_task_set_init(&set, NULL);
    spawn_keyed(&set, 2, &old);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    for (uint64_t i = 0; i < 2; i++) spawn_keyed(&set, i + 1, &jobs[i]);
    CHECK_EQ(child_status(use_in_child, &set), 0);
    CHECK_EQ(child_status(end_in_child, &set), 0);
    CHECK(edo_task_set_has(&set, 1)); // nothing has changed here
    next_is(&set, 1, &jobs[0], 0);
    next_is(&set, 2, &jobs[1], 0);
    keyed_set_ends(&set);
    return 0;
}

static void child_of_fork_has_no_keys(void **state) {
    (void)state;
    assert_int_equal(inside(fork_with_keys, NULL), 0);
}

/* ---- Random sets ----------------------------------------------------------------------------- */

enum { KEYS = 12, STEPS = 4000 };

static uint64_t keys_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state >> 16;
}

typedef struct one {
    edo_notify go; /* the task ends */
    uint64_t key;
    bool is_wanted; /* the model: it has its key, and its result was not taken */
    bool may_end;   /* it was told to, or cancelled */
} one;

static int end_when_told(void *arg) {
    one *o = arg;
    int err = edo_notify_wait(&o->go);
    return err < 0 ? err : 7;
}

typedef struct table {
    edo_task_set set;
    one all[STEPS];
    one *of[KEYS]; /* NULL: none */
    size_t n, len;
} table;

static void table_spawn(table *t, uint64_t key) {
    one *o = &t->all[t->n++];
    *o = (one){ .go = EDO_NOTIFY_INIT, .key = key, .is_wanted = true };
    CHECK_EQ(edo_task_set_spawn_keyed(&t->set, key, end_when_told, o), 0);
    if (t->of[key])
        t->of[key]->is_wanted = false;
    else
        t->len++;
    t->of[key] = o;
}

static void table_take(table *t, bool waits) {
    edo_task_ended done;
    int rc =
        waits ? edo_task_set_join_next(&t->set, &done) : edo_task_set_try_join_next(&t->set, &done);
    if (t->len == 0 && (rc == -EAGAIN || rc == 0)) return; // of replaced ones
    if (!waits && rc == -EAGAIN) return;
    CHECK_EQ(rc, 1);
    one *o = done.arg;
    CHECK(o->is_wanted && o->may_end && o == t->of[o->key] && done.key == o->key);
    CHECK(done.result == 7 || done.result == -ECANCELED);
    o->is_wanted = false;
    t->of[o->key] = NULL;
    t->len--;
}

static void table_step(table *t, uint64_t *seed) {
    uint64_t key = keys_random(seed) % KEYS;
    one *o = t->of[key];
    switch (keys_random(seed) % 6) {
    case 0:
    case 1: table_spawn(t, key); break;
    case 2:
        CHECK_EQ(edo_task_set_cancel(&t->set, key), o != NULL);
        if (o) o->may_end = true;
        break;
    case 3:
        if (o) edo_notify_one(&o->go);
        if (o) o->may_end = true;
        break;
    case 4: table_take(t, o && o->may_end); break;
    default: CHECK_EQ(edo_yield(), 0);
    }
    CHECK_EQ(edo_task_set_has(&t->set, key), t->of[key] != NULL);
    CHECK_EQ(edo_task_set_len(&t->set), t->len);
}

static int random_table(void *arg) {
    table *t = calloc(1, sizeof *t);
    CHECK(t);
    edo_task_set_init(&t->set, NULL);
    for (int i = 0; i < STEPS; i++) table_step(t, arg);
    CHECK_EQ(edo_task_set_shutdown(&t->set), 0);
    CHECK(!t->set.keys && t->set.replaced_n == 0);
    edo_task_set_deinit(&t->set);
    free(t);
    return 0;
}

static void random_sets_are_as_a_table_says(void **state) {
    (void)state;
    uint64_t seed = test_seed(0x5e7);
    for (int i = 0; i < 4; i++) assert_int_equal(inside_each(random_table, &seed), 0);
}

/* Several tasks of the set spawn into it, cancel and ask; each end is told at most once. */
typedef struct crowd {
    edo_task_set set;
    edo_atomic_u32 begun_n, ended_n;
    uint64_t seed;
} crowd;

static int crowd_wander(void *arg) {
    crowd *c = arg;
    (void)EDOI_ATOMIC_FETCH_ADD(&c->begun_n.edoi_value, 1u, EDOI_ACQ_REL);
    int err = 0;
    for (uint64_t turns = edo_task_current_id() / 3 % 4; turns > 0 && err == 0; turns--)
        err = edo_yield();
    (void)EDOI_ATOMIC_FETCH_ADD(&c->ended_n.edoi_value, 1u, EDOI_ACQ_REL);
    return err;
}

static int crowd_disturb(void *arg) {
    crowd *c = arg;
    uint64_t seed = c->seed + edo_task_current_id() * 77;
    int err = 0;
    for (int i = 0; i < 60 && err == 0; i++) {
        uint64_t key = keys_random(&seed) % KEYS;
        if (i % 7 == 0) (void)edo_task_set_cancel(&c->set, key);
        if (i % 5 == 0) (void)edo_task_set_has(&c->set, key);
        if (edo_task_set_len(&c->set) > 4 + KEYS) return -ERANGE; // and four that disturb
        CHECK_EQ(edo_task_set_spawn_keyed(&c->set, key, crowd_wander, c), 0);
        if (i % 3 == 0) err = edo_yield();
    }
    return err;
}

static int crowded_set(void *arg) {
    crowd *c = calloc(1, sizeof *c);
    CHECK(c);
    c->seed = *(uint64_t *)arg;
    edo_task_ended done;
    edo_task_set_init(&c->set, NULL);
    for (int i = 0; i < 4; i++) CHECK_EQ(edo_task_set_spawn(&c->set, crowd_disturb, c), 0);
    int err, told = 0;
    while ((err = edo_task_set_join_next(&c->set, &done)) > 0) {
        CHECK(done.result == 0 || done.result == -ECANCELED);
        told++;
    }
    CHECK_EQ(err, 0);
    CHECK(told >= 4 && told <= 4 + 4 * 60);
    CHECK_EQ(EDOI_ATOMIC_LOAD(&c->begun_n.edoi_value, EDOI_ACQUIRE), 4 * 60);
    CHECK_EQ(EDOI_ATOMIC_LOAD(&c->ended_n.edoi_value, EDOI_ACQUIRE), 4 * 60);
    keyed_set_ends(&c->set);
    free(c);
    return 0;
}

static void tasks_of_a_set_use_its_keys_at_once(void **state) {
    (void)state;
    uint64_t seed = test_seed(0x5e7);
    for (int i = 0; i < 5; i++) assert_int_equal(inside_each(crowded_set, &seed), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_end_is_told_with_its_key),
        cmocka_unit_test(task_under_a_key_in_use_takes_the_place_of_the_other),
        cmocka_unit_test(replaced_task_is_waited_for),
        cmocka_unit_test(try_passes_over_all_that_were_replaced),
        cmocka_unit_test(task_is_cancelled_by_its_key),
        cmocka_unit_test(wait_that_is_cut_short_loses_no_task),
        cmocka_unit_test(keys_go_with_the_tasks_that_are_let_go),
        cmocka_unit_test(spawn_that_fails_leaves_the_task_of_the_key),
        cmocka_unit_test(child_of_fork_has_no_keys),
        cmocka_unit_test(random_sets_are_as_a_table_says),
        cmocka_unit_test(tasks_of_a_set_use_its_keys_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
