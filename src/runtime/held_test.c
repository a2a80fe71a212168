/* SPDX-License-Identifier: MIT */
/* Goal: a debug build names a wake that is delivered, or a reference that is given back, while the thread holds
 * a lock of edo's: a short lock or a mutex; and says nothing once the lock is left.
 * Method: each in a child of its own, whose standard error is read. */
#include "base/held.h"
#include "base/lock.h"
#include "runtime/task.h"

#include <edo/edo.h>

#include <string.h>

#include "last_words.h"

#ifdef EDO_DEBUG

enum lock_kind { NO_LOCK, LOCK_LEFT, SHORT_LOCK, MUTEX, LOCKS };

static edoi_lock lock;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static edo_runtime *rt;
static edo_task *task;

/* A lock that is still held when the child ends. */
static void hold(enum lock_kind kind) {
    if (kind == SHORT_LOCK || kind == LOCK_LEFT) edoi_lock_take(&lock);
    if (kind == LOCK_LEFT) edoi_lock_leave(&lock);
    if (kind == MUTEX) edoi_mutex_acquire(&mutex);
}

static int deliver(void *kind) {
    edo_waker *marked = edo_waker_noop(); // as if it were claimed
    hold(*(enum lock_kind *)kind);
    edo_waker_deliver(marked);
    return 0;
}

static int nothing(void *arg) {
    (void)arg;
    return 0;
}

/* A runtime without threads, and a task that has not run. */
static int begin(void) {
    const edo_runtime_opts one_thread = { .flavor = EDO_RUNTIME_CURRENT };
    if (edo_runtime_new(&rt, &one_thread) < 0) return 1;
    task = edo_spawn_on(rt, nothing, NULL);
    return task ? 0 : 1;
}

static int end(void) {
    edo_task_unref(task);
    edo_runtime_free(rt);
    return 0;
}

/* A reference that is not the last one, so that all that happens is the check. */
static int give_task_back(void *kind) {
    if (begin() != 0) return 1;
    (void)edo_task_ref(task);
    hold(*(enum lock_kind *)kind);
    edo_task_unref(task);
    return end();
}

static int give_runtime_back(void *kind) {
    if (begin() != 0) return 1;
    (void)edo_runtime_ref(rt);
    hold(*(enum lock_kind *)kind);
    edo_runtime_unref(rt);
    return end();
}

static void check(int (*fn)(void *kind), const char *what) {
    char said[8192];
    for (enum lock_kind kind = NO_LOCK; kind < LOCKS; kind++) {
        int status = last_words(fn, &kind, said, sizeof said);
        if (kind == SHORT_LOCK || kind == MUTEX) {
            if (!is_abort(status) || !strstr(said, what))
                fail_msg("lock %d: status %x, said: %s", kind, (unsigned)status, said);
            assert_non_null(strstr(said, " while this thread holds a lock of edo"));
        } else if (status != 0) {
            fail_msg("lock %d: status %x, said: %s", kind, (unsigned)status, said);
        }
    }
}

static void a_wake_under_a_lock_is_named(void **state) {
    (void)state;
    check(deliver, "a wake is delivered");
}

static void a_tasks_reference_given_back_under_a_lock_is_named(void **state) {
    (void)state;
    check(give_task_back, "a task's reference is given back");
}

static void a_runtimes_reference_given_back_under_a_lock_is_named(void **state) {
    (void)state;
    check(give_runtime_back, "a runtime's reference is given back");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wake_under_a_lock_is_named),
        cmocka_unit_test(a_tasks_reference_given_back_under_a_lock_is_named),
        cmocka_unit_test(a_runtimes_reference_given_back_under_a_lock_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void) {
    return 0; // nothing is counted
}

#endif
