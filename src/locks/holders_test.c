/* SPDX-License-Identifier: MIT */
/* Goal: a lock that nobody holds any more has no holder in the table, whichever of its holders of
 * one name left at once; and one that still holds it stands there by its own name. In the child of
 * a fork those that the parent's other threads hold have none.
 * Method: threads, which have one name, that hold one lock again and again, also beside a task that
 * then keeps it; then the description of a future that waits for it. */
#include "locks/holders.h"

#include "future/describe.h"
#include "locks/watched.h"

#include <edo/rwlock.h>

#include "inside.h"
#include "poll_by_hand.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define THREADS 2
#define ROUNDS  500000

static edo_rwlock lock = EDO_RWLOCK_INIT;

static void read_times(int n) {
    for (int i = 0; i < n; i++) {
        while (edo_rwlock_try_read(&lock) < 0) continue;
        edo_rwlock_unlock(&lock);
    }
}

static void *read_often(void *arg) {
    (void)arg;
    read_times(ROUNDS);
    return NULL;
}

/* In the description of a future that waits, if it has to. */
static bool is_told(const char *what) {
    edo_rwlock_write_future f;
    hand_waker w = HAND_WAKER;
    edo_cx cx = hand_cx(&w, EDO_BUDGET);
    edoi_text text = { .n = 0 };
    (void)edo_rwlock_write_init(&f, &lock);
    if (edo_poll(&f.base, &cx) == EDO_READY) {
        edo_rwlock_unlock(&lock);
        return false;
    }
    edoi_describe(&text, &f.base, -1);
    edo_drop(&f.base);
    return strstr(text.at, what) != NULL;
}

static void no_holder_is_left_behind(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_often, NULL), 0);
    for (int i = 0; i < THREADS; i++) (void)pthread_join(threads[i], NULL);
    assert_int_equal(edo_rwlock_try_write(&lock), 0);
    edoi_holder_remove(&lock); // the writer, which has the name of the readers
    assert_false(is_told("held by"));
    edoi_holder_add(&lock, NULL);
#ifdef EDO_DEBUG
    assert_true(is_told("held by a plain thread"));
#endif
    edo_rwlock_unlock(&lock);
}

#ifdef EDO_DEBUG
#    define STAYS 200

static void *read_a_little(void *arg) {
    (void)arg;
    read_times(ROUNDS / 1000);
    return NULL;
}

/* Takes the lock while threads take it and leave, and keeps it until they have ended. */
static int stay(void *arg) {
    (void)arg;
    for (int i = 0; i < STAYS; i++) {
        pthread_t threads[THREADS];
        for (int k = 0; k < THREADS; k++)
            if (pthread_create(&threads[k], NULL, read_a_little, NULL) != 0) return 1;
        while (edo_rwlock_try_read(&lock) < 0) continue;
        for (int k = 0; k < THREADS; k++) (void)pthread_join(threads[k], NULL);
        bool is_alone = is_told("held by the one") && !is_told("a plain thread");
        edo_rwlock_unlock(&lock);
        if (!is_alone || is_told("held by")) return 2;
    }
    return 0;
}

static void *unlocks(void *arg) {
    (void)arg;
    edo_rwlock_unlock(&lock);
    return NULL;
}

static int reads(void *arg) {
    (void)arg;
    return edo_rwlock_try_read(&lock);
}

/* Two read; one of them passes its hold on to a thread that holds nothing. */
static int pass_on(void *arg) {
    pthread_t thread;
    (void)arg;
    if (edo_task_join(edo_spawn_with(reads, NULL, &(edo_spawn_opts){ .name = "the other" })) != 0)
        return 1;
    if (edo_rwlock_try_read(&lock) != 0) return 2;
    edo_rwlock_given(&lock);
    if (!is_told("one to whom it was passed on")) return 3;
    if (pthread_create(&thread, NULL, unlocks, NULL) != 0) return 4;
    (void)pthread_join(thread, NULL);
    bool is_right = is_told("held by the other") && !is_told("passed on");
    edo_rwlock_unlock(&lock);
    return is_right && !is_told("held by") ? 0 : 5;
}

static void hold_that_is_passed_on_is_no_other_readers(void **state) {
    (void)state;
    assert_int_equal(inside(pass_on, NULL), 0);
}

static int spawn_one(void *arg) {
    edo_task *t = edo_spawn_with(stay, arg, &(edo_spawn_opts){ .name = "the one" });
    return edo_task_join(t);
}

static void the_one_that_stays_is_told_by_its_name(void **state) {
    (void)state;
    assert_int_equal(inside(spawn_one, NULL), 0);
}
#endif

/* ---- Memory that was given back -------------------------------------------------------------- */

#ifdef EDO_DEBUG
/* A lock that was held when its memory was given back, and another one that lies there now. */
static int takes_anew(void *arg) {
    static edo_rwlock place;
    edo_atomic_u16 earlier = EDOI_ATOMIC_INIT(0), now = EDOI_ATOMIC_INIT(0);
    edoi_locks_caller c;
    (void)arg;
    edoi_holder_note_in_order(&place, &earlier, 0, NULL);
    edoi_holder_note_in_order(&place, &now, 0, NULL);
    edoi_locks_caller_get(&c);
    CHECK(c.locks && *c.locks != EDOI_HOLDS_SOME); // all are known still
    edoi_holder_forget(&place);
    CHECK_EQ(*c.locks, EDOI_HOLDS_NOTHING);
    return 0;
}

static void lock_in_the_place_of_one_that_was_held_is_known(void **state) {
    (void)state;
    assert_int_equal(inside(takes_anew, NULL), 0);
}
#endif

/* ---- In a child ------------------------------------------------------------------------------ */

static edo_rwlock theirs, own;

static void *notes_theirs(void *arg) {
    edoi_holder_note(&theirs, NULL);
    return arg;
}

static void child_knows_its_own_locks_alone(void **state) {
    pthread_t thread;
    edoi_holder all[EDOI_HOLDERS_MAX];
    int status;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, notes_theirs, NULL), 0);
    (void)pthread_join(thread, NULL);
    edoi_holder_note(&own, NULL);
    edoi_holder_note_given(&theirs);
    assert_int_equal(edoi_holders_get(all, &theirs), 2);
    const pid_t child = fork();
    if (child == 0) _exit((int)(edoi_holders_get(all, &theirs) * 2 + edoi_holders_get(all, &own)));
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_int_equal(edoi_holders_get(all, &theirs), 2);
    edoi_holder_forget_given(&theirs);
    edoi_holder_forget(&theirs);
    edoi_holder_forget(&own);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(child_knows_its_own_locks_alone),
        cmocka_unit_test(no_holder_is_left_behind),
#ifdef EDO_DEBUG
        cmocka_unit_test(the_one_that_stays_is_told_by_its_name),
        cmocka_unit_test(hold_that_is_passed_on_is_no_other_readers),
        cmocka_unit_test(lock_in_the_place_of_one_that_was_held_is_known),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
