/* SPDX-License-Identifier: MIT */
/* Goal: the mutex of a key lets one in, and permits of a key are not lost, while the key is
 * forgotten and comes back; whoever gives up when, nobody touches an entry that is gone. */
#include "bell.h"

#include <edo/mutex.h>
#include <edo/sem.h>

static edo_keyed_mutex *mutexes;
static edo_keyed_sem *sems;
static int counted;
static const edo_str key = { "a", 1 };

/* ---- A mutex for each key -------------------------------------------------------------------- */

static void lock_and_count(void *arg) {
    edo_keyed_lock *lock;
    (void)arg;
    MODEL_CHECK(edo_keyed_mutex_lock(mutexes, &lock, key) == 0);
    counted++; // the checker reports a race if two are in
    edo_keyed_mutex_unlock(mutexes, lock);
}

static void lock_begin(void) {
    MODEL_CHECK(edo_keyed_mutex_new(&mutexes) == 0);
}

static void lock_end(void) {
    edoi_model_wait();
    MODEL_CHECK(edo_keyed_mutex_len(mutexes) == 0);
    edo_keyed_mutex_free(mutexes);
}

static void mutex_of_a_key_lets_one_in(void) {
    lock_begin();
    edoi_model_start(lock_and_count, NULL);
    lock_and_count(NULL);
    lock_end();
    MODEL_CHECK(counted == 2);
}

static void lock_and_give_up(void *arg) {
    edo_keyed_mutex_lock_future f;
    edo_keyed_lock *lock = NULL;
    (void)arg;
    if (!bell_poll_and_drop(edo_keyed_mutex_lock_init(&f, mutexes, &lock, key), true)) return;
    counted++;
    edo_keyed_mutex_unlock(mutexes, lock);
}

static void mutex_of_a_key_is_given_up(void) {
    lock_begin();
    edoi_model_start(lock_and_give_up, NULL);
    lock_and_count(NULL);
    lock_end();
    MODEL_CHECK(counted == 1 || counted == 2);
}

static void try_and_count(void *arg) {
    edo_keyed_lock *lock;
    (void)arg;
    if (edo_keyed_mutex_try_lock(mutexes, &lock, key) < 0) return;
    counted++;
    edo_keyed_mutex_unlock(mutexes, lock);
}

static void mutex_of_a_key_is_tried(void) {
    lock_begin();
    edoi_model_start(try_and_count, NULL);
    lock_and_count(NULL);
    lock_end();
    MODEL_CHECK(counted == 1 || counted == 2);
}

/* ---- Permits of a key ------------------------------------------------------------------------ */

static void acquire_and_count(void *arg) {
    edo_keyed_permit *permit;
    (void)arg;
    MODEL_CHECK(edo_keyed_sem_acquire(sems, &permit, key) == 0);
    counted++;
    edo_keyed_sem_release(sems, permit);
}

static void sem_begin(void) {
    MODEL_CHECK(edo_keyed_sem_new(&sems, 1) == 0);
}

static void sem_end(void) {
    edoi_model_wait();
    MODEL_CHECK(edo_keyed_sem_len(sems) == 0);
    edo_keyed_sem_free(sems);
}

static void permit_of_a_key_passes_on(void) {
    sem_begin();
    edoi_model_start(acquire_and_count, NULL);
    acquire_and_count(NULL);
    sem_end();
    MODEL_CHECK(counted == 2);
}

static void acquire_and_give_up(void *arg) {
    edo_keyed_sem_acquire_future f;
    edo_keyed_permit *permit = NULL;
    (void)arg;
    if (!bell_poll_and_drop(edo_keyed_sem_acquire_init(&f, sems, &permit, key), true)) return;
    counted++;
    edo_keyed_sem_release(sems, permit);
}

static void permit_of_a_key_is_given_up(void) {
    sem_begin();
    edoi_model_start(acquire_and_give_up, NULL);
    acquire_and_count(NULL);
    sem_end();
    MODEL_CHECK(counted == 1 || counted == 2);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(mutex_of_a_key_lets_one_in),  MODEL(mutex_of_a_key_is_given_up),
        MODEL(mutex_of_a_key_is_tried),     MODEL(permit_of_a_key_passes_on),
        MODEL(permit_of_a_key_is_given_up),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
