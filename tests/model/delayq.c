/* SPDX-License-Identifier: MIT */
/* Goal: a task that waits for the earliest delay is not left asleep, and no delay is lost or given
 * out twice, whatever another thread inserts, resets or removes at the time, and when the first in
 * line gives up.
 * Method: the clock stands: far delays are never due, and delays of the past are at once. */
#include "world.h"

#include <edo/delayq.h>

#include <errno.h>

static edo_delayq q;
static edo_delayq_key key;
static int sooner, later, other;
static void *value, *second_value;

static const edo_instant at_once = { 0 };

static edo_task *spawn_next(void **to) {
    edo_delayq_due_next_future f;
    edo_task *t = edo_spawn_future(edo_delayq_due_next_init(&f, &q, to));
    MODEL_CHECK(t);
    return t;
}

static void begin(void) {
    world_begin();
    MODEL_CHECK(edo_delayq_insert(&q, &key, &later, edo_hours(1)) == 0);
}

static void end(size_t len) {
    MODEL_CHECK(edo_delayq_len(&q) == len);
    edo_delayq_deinit(&q);
    world_end();
}

static void insert_sooner(void *arg) {
    (void)arg;
    MODEL_CHECK(edo_delayq_insert_at(&q, NULL, &sooner, at_once) == 0);
}

static void reset_to_now(void *arg) {
    (void)arg;
    MODEL_CHECK(edo_delayq_reset_at(&q, key, at_once) == 0);
}

static void remove_last(void *arg) {
    (void)arg;
    void *removed = NULL;
    MODEL_CHECK(edo_delayq_remove(&q, key, &removed) == 0 && removed == &later);
}

/* A task waits, or is about to, when another thread changes the queue. */
static void change_against_wait(void (*change)(void *arg), int result, void *got, size_t len) {
    begin();
    edo_task *t = spawn_next(&value);
    edoi_model_start(change, NULL);
    MODEL_CHECK(world_join(t) == result);
    edoi_model_wait();
    MODEL_CHECK(value == got);
    end(len);
}

static void insert_against_wait(void) {
    change_against_wait(insert_sooner, 1, &sooner, 1);
}

static void reset_against_wait(void) {
    change_against_wait(reset_to_now, 1, &later, 0);
}

static void removal_against_wait(void) {
    change_against_wait(remove_last, 0, NULL, 0);
}

/* Two wait. The first is cancelled while a delay comes: one of the two has it. */
static void first_in_line_gives_up(void) {
    begin();
    edo_task *first = spawn_next(&value);
    edo_task *second = spawn_next(&second_value);
    world_drive_once();
    edoi_model_start(insert_sooner, NULL);
    edo_task_cancel(first);
    int err = world_join(first);
    if (err < 0) {
        MODEL_CHECK(err == -ECANCELED && value == NULL);
        MODEL_CHECK(world_join(second) == 1 && second_value == &sooner);
    } else {
        MODEL_CHECK(value == &sooner);
        edo_task_cancel(second);
        MODEL_CHECK(world_join(second) == -ECANCELED);
    }
    edoi_model_wait();
    end(1);
}

/* Two threads insert into a full queue at once: both ask for memory, and one gives its own back. */
static void insert_another(void *arg) {
    (void)arg;
    MODEL_CHECK(edo_delayq_insert_at(&q, NULL, &other, at_once) == 0);
}

static void two_grow_it(void) {
    edo_delayq_key first;
    edoi_model_start(insert_another, NULL);
    insert_sooner(NULL);
    edoi_model_wait();
    MODEL_CHECK(edo_delayq_len(&q) == 2);
    for (int i = 0; i < 2; i++) {
        MODEL_CHECK(edo_delayq_peek(&q, &first, NULL) == 0);
        MODEL_CHECK(edo_delayq_remove(&q, first, i ? &second_value : &value) == 0);
    }
    MODEL_CHECK(value && second_value && value != second_value);
    edo_delayq_deinit(&q);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(insert_against_wait),    MODEL(reset_against_wait), MODEL(removal_against_wait),
        MODEL(first_in_line_gives_up), MODEL(two_grow_it),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
