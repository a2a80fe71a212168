/* SPDX-License-Identifier: MIT */
/* Goal: the short lock; and wait lists: a waker is marked under the lock, while its future is
 * dropped and its task ends; a notification is taken by one, and never lost. */
#include "world.h"

#include "base/lock.h"
#include "runtime/task/task.h"
#include "runtime/thread/drive.h"
#include "runtime/worker/core.h"

static edoi_lock lock;
static int counted;

static void count(void *arg) {
    (void)arg;
    edoi_lock_acquire(&lock);
    counted++;
    edoi_lock_release(&lock);
}

static void lock_orders(void) {
    edoi_model_start(count, NULL);
    edoi_model_start(count, NULL);
    edoi_model_wait();
    MODEL_CHECK(counted == 2);
}

static void try_to_count(void *arg) {
    (void)arg;
    if (!edoi_lock_try(&lock)) return;
    counted++;
    edoi_lock_release(&lock);
}

static void lock_tried(void) {
    edoi_model_start(count, NULL);
    edoi_model_start(try_to_count, NULL);
    edoi_model_wait();
    MODEL_CHECK(counted >= 1);
}

/* The lock is offered to the other thread, which may have said that it waits, and taken again. */
static void count_twice(void *arg) {
    edoi_lock_offers offers = { 0 };
    (void)arg;
    edoi_lock_acquire(&lock);
    counted++;
    edoi_lock_offer(&lock);
    edoi_lock_retake(&lock, &offers);
    counted++;
    edoi_lock_release(&lock);
}

static void lock_offered(void) {
    edoi_model_start(count_twice, NULL);
    edoi_model_start(count, NULL);
    edoi_model_wait();
    MODEL_CHECK(counted == 3);
}

/* As one that waits has said so, which takes more looks than a model has. */
static void say_and_count(void *arg) {
    (void)edoi_or_rlx_u32(&lock.word, EDOI_LOCK_AWAITED);
    count(arg);
}

static void lock_given_way(void) {
    edoi_model_start(count_twice, NULL);
    edoi_model_start(say_and_count, NULL);
    edoi_model_wait();
    MODEL_CHECK(counted == 3);
}

/* ---- A future that waits for a notification, or until its gate is open ----------------------- */

static edo_notify notify = EDO_NOTIFY_INIT;
static edo_atomic_u32 go;
static edo_task *task;

typedef struct either {
    edo_future base;
    edo_notify_wait_future wait;
    bool waits;
} either;

static edo_polled either_poll(edo_future *f, edo_cx *cx) {
    either *self = (either *)(void *)f;
    if (!self->waits) (void)edo_notify_wait_init(&self->wait, &notify);
    self->waits = true;
    if (edo_poll(&self->wait.base, cx) == EDO_READY) return edo_future_finish(f, 1);
    if (edoi_load_rlx_u32(&go) == 0) return EDO_PENDING;
    edo_drop(&self->wait.base);
    return edo_future_finish(f, 2);
}

static void either_drop(edo_future *f) {
    either *self = (either *)(void *)f;
    if (!edo_future_is_over(f) && self->waits) edo_drop(&self->wait.base);
    edo_future_retire(f);
}

static const edo_future_ops either_ops = {
    .poll = either_poll, .drop = either_drop, .name = "either", .size = sizeof(either)
};

static edo_task *spawn_either(void) {
    either f = { .waits = false };
    edo_task *t = edo_spawn_future(edo_future_init(&f.base, &either_ops));
    MODEL_CHECK(t);
    return t;
}

static void notify_one(void *arg) {
    (void)arg;
    edo_notify_one(&notify);
}

static void open_gate(void *arg) {
    (void)arg;
    edoi_store_rlx_u32(&go, 1);
    edo_waker_wake(&task->waker);
}

static bool is_permit_left(void) {
    return edoi_load_rlx_u32(&notify.state) & 1;
}

/* The notification against the drop of the future, and the end of its task, whose memory goes. */
static void mark_against_drop(void) {
    world_begin();
    task = spawn_either();
    world_drive();
    world_run();
    edoi_model_start(notify_one, NULL);
    edoi_store_rlx_u32(&go, 1);
    edo_waker_wake(&task->waker);
    edo_task_detach(task);
    world_run();
    edoi_model_wait();
    world_run();
    MODEL_CHECK(edoi_runtime_tasks_alive(rt) == 0);
    edoi_drive_end(rt);
    world_end();
}

/* The one notification is not lost: it was taken, or is stored. */
static void notified_once(void) {
    world_begin();
    task = spawn_either();
    (void)edo_task_ref(task);
    world_drive();
    edoi_model_start(notify_one, NULL);
    edoi_model_start(open_gate, NULL);
    world_run();
    edoi_model_wait();
    world_run();
    MODEL_CHECK(edo_task_is_finished(task));
    MODEL_CHECK((edoi_task_future(task)->result == 1) == !is_permit_left());
    edoi_drive_end(rt);
    edo_task_detach(task);
    edo_task_detach(task);
    world_end();
}

/* A thread that makes a future, then looks at a condition, then waits, misses no change of the
 * condition. */
static void change(void *arg) {
    (void)arg;
    edoi_store_rlx_u32(&go, 1);
    edo_notify_all(&notify);
}

static void condition_then_wait(void) {
    edoi_model_start(change, NULL);
    edo_notify_wait_future f;
    (void)edo_notify_wait_init(&f, &notify);
    if (edoi_load_rlx_u32(&go) == 0) MODEL_CHECK(edo_await(&f.base) == 0);
    edo_drop(&f.base);
    edoi_model_wait();
}

/* Two wait, all are notified by one while another notification goes to the first. */
static void notify_all(void *arg) {
    (void)arg;
    edo_notify_all(&notify);
}

static void all_are_notified(void) {
    world_begin();
    edo_task *first = spawn_either(), *second = spawn_either();
    world_drive();
    edoi_model_start(notify_all, NULL);
    world_run();
    edo_notify_one(&notify); // waiters that came after the call are woken by these
    edo_notify_one(&notify);
    edoi_model_wait();
    world_run();
    MODEL_CHECK(edo_task_is_finished(first) && edo_task_is_finished(second));
    edoi_drive_end(rt);
    edo_task_detach(first);
    edo_task_detach(second);
    world_end();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        { .name = "lock_orders", .fn = lock_orders, .real_locks = true },
        { .name = "lock_tried", .fn = lock_tried, .real_locks = true },
        { .name = "lock_offered", .fn = lock_offered, .real_locks = true },
        { .name = "lock_given_way", .fn = lock_given_way, .real_locks = true },
        MODEL(mark_against_drop),
        MODEL(notified_once),
        MODEL(condition_then_wait),
        MODEL(all_are_notified),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
