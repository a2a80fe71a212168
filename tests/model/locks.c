/* SPDX-License-Identifier: MIT */
/* Goal: locks and counters. The mutex lets one holder in, hands over, and may be freed by the
 * next holder; permits are not lost; cancel tokens fire all their children once; the last owner
 * frees. */
#include "bell.h"

#include <edo/edo.h>

static int counted;
static edo_mutex *mutex;

static void lock_and_count(void *arg) {
    (void)arg;
    MODEL_CHECK(edo_mutex_lock(mutex) == 0);
    counted++;
    edo_mutex_unlock(mutex);
}

static void mutex_lets_one_in(void) {
    static edo_mutex m = EDO_MUTEX_INIT;
    mutex = &m;
    edoi_model_start(lock_and_count, NULL);
    lock_and_count(NULL);
    edoi_model_wait();
    MODEL_CHECK(counted == 2);
}

/* The second to hold it frees it. */
static void lock_count_and_free(void *arg) {
    (void)arg;
    MODEL_CHECK(edo_mutex_lock(mutex) == 0);
    bool last = ++counted == 2;
    edo_mutex_unlock(mutex);
    if (last) free(mutex);
}

static void mutex_freed_by_the_next_holder(void) {
    mutex = malloc(sizeof *mutex);
    *mutex = (edo_mutex)EDO_MUTEX_INIT;
    edoi_model_start(lock_count_and_free, NULL);
    lock_count_and_free(NULL);
    edoi_model_wait();
}

/* Waits a little and gives up, while the lock is handed over. */
static void give_up(void *arg) {
    (void)arg;
    edo_mutex_lock_future f;
    if (!bell_poll_and_drop(edo_mutex_lock_init(&f, mutex), true)) return;
    counted++;
    edo_mutex_unlock(mutex);
}

static void mutex_given_up(void) {
    static edo_mutex m = EDO_MUTEX_INIT;
    mutex = &m;
    edoi_model_start(give_up, NULL);
    MODEL_CHECK(edo_mutex_lock(mutex) == 0);
    counted++;
    edo_mutex_unlock(mutex);
    edoi_model_wait();
    MODEL_CHECK(edo_mutex_try_lock(mutex) == 0);
}

/* ---- Permits --------------------------------------------------------------------------------- */

static edo_sem sem = EDO_SEM_INIT(1);

static void acquire_and_count(void *arg) {
    (void)arg;
    MODEL_CHECK(edo_sem_acquire(&sem, 1) == 0);
    counted++;
    edo_sem_release(&sem, 1);
}

static void permit_passes_on(void) {
    edoi_model_start(acquire_and_count, NULL);
    acquire_and_count(NULL);
    edoi_model_wait();
    MODEL_CHECK(counted == 2 && edo_sem_available(&sem) == 1);
}

static void give_up_permit(void *arg) {
    edo_sem_acquire_future f;
    (void)arg;
    if (bell_poll_and_drop(edo_sem_acquire_init(&f, &sem, 1), true)) edo_sem_release(&sem, 1);
}

static void permit_given_up(void) {
    edoi_model_start(give_up_permit, NULL);
    MODEL_CHECK(edo_sem_acquire(&sem, 1) == 0);
    edo_sem_release(&sem, 1);
    edoi_model_wait();
    MODEL_CHECK(edo_sem_available(&sem) == 1);
}

/* ---- Tokens ---------------------------------------------------------------------------------- */

static edo_cancel_token *root, *child;
static int written;

static void fire(void *arg) {
    (void)arg;
    written = 1;
    edo_cancel(root, EDO_CANCEL_ASKED);
}

/* A thread that sees the token fired sees what the firing thread wrote. */
static void token_publishes_earlier_writes(void) {
    MODEL_CHECK(edo_cancel_new(&root) == 0);
    edoi_model_start(fire, NULL);
    if (edo_cancel_is_set(root)) MODEL_CHECK(written == 1);
    MODEL_CHECK(edo_cancel_wait(root) == 0);
    MODEL_CHECK(written == 1);
    edoi_model_wait();
    edo_cancel_unref(root);
}

/* A child that goes while its parent fires, and one that is made meanwhile. */
static void token_with_children(void) {
    MODEL_CHECK(edo_cancel_new(&root) == 0);
    MODEL_CHECK(edo_cancel_child(&child, root) == 0);
    edoi_model_start(fire, NULL);
    edo_cancel_unref(child);
    edo_cancel_token *late;
    MODEL_CHECK(edo_cancel_child(&late, root) == 0);
    edo_cancel_wait_future f;
    (void)bell_poll_and_drop(edo_cancel_wait_init(&f, late), true);
    edoi_model_wait();
    MODEL_CHECK(edo_cancel_is_set(late));
    edo_cancel_unref(late);
    edo_cancel_unref(root);
}

static void fire_child(void *arg) {
    (void)arg;
    edo_cancel(child, EDO_CANCEL_DEADLINE);
    edo_cancel_unref(child);
}

/* Both fire at once; the child's owner gives it back meanwhile. */
static void token_fired_twice(void) {
    MODEL_CHECK(edo_cancel_new(&root) == 0);
    MODEL_CHECK(edo_cancel_child(&child, root) == 0);
    edoi_model_start(fire_child, NULL);
    fire(NULL);
    edo_cancel_unref(root);
    edoi_model_wait();
}

/* ---- Owners ---------------------------------------------------------------------------------- */

static void deinit(void *self) {
    MODEL_CHECK(*(int *)self == 1);
}

static void unref(void *arg) {
    (void)arg;
    edo_rc_unref(arg);
}

static void last_owner_frees(void) {
    int *shared = edo_rc_new(sizeof *shared, deinit);
    *shared = 0;
    (void)edo_rc_ref(shared);
    edoi_model_start(unref, shared);
    *shared = 1;
    edo_rc_unref(shared);
    edoi_model_wait();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(mutex_lets_one_in),   MODEL(mutex_freed_by_the_next_holder),
        MODEL(mutex_given_up),      MODEL(permit_passes_on),
        MODEL(permit_given_up),     MODEL(token_publishes_earlier_writes),
        MODEL(token_with_children), MODEL(token_fired_twice),
        MODEL(last_owner_frees),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
