/* SPDX-License-Identifier: MIT */
/* Goal: a read-write lock lets readers in together and a writer alone, loses no turn when a waiter
 * gives up or a writer downgrades, and may be freed by the next writer, also while another thread
 * still wakes readers (here it leaves the short lock after every one). */
#include "model.h"

#include <edo/edo.h>

#include <stdlib.h>

/* A waker whose delivery is a step of its own, after the lock was left. Static: it outlives all. */
typedef struct rung {
    edo_waker waker;
    int n;
} rung;

static edo_waker *rung_mark(edo_waker *w) {
    ((rung *)(void *)w)->n++;
    return w;
}

static void rung_nothing(edo_waker *w) {
    (void)w;
}

static const edo_waker_ops rung_ops = { rung_mark, rung_nothing, rung_nothing, rung_nothing };
static rung rungs[3] = { { .waker = { &rung_ops } },
                         { .waker = { &rung_ops } },
                         { .waker = { &rung_ops } } };

static bool poll(edo_future *f, int i) {
    edo_cx cx = { .waker = &rungs[i].waker, .budget = 2 };
    return edo_poll(f, &cx) == EDO_READY;
}

static edo_rwlock *rwlock;
static int written; /* lock: rwlock; the checker reports a race */

static void begin(void) {
    static edo_rwlock l = EDO_RWLOCK_INIT;
    rwlock = &l;
}

static void write_one(void *arg) {
    (void)arg;
    MODEL_CHECK(edo_rwlock_write(rwlock) == 0);
    written++;
    edo_rwlock_unlock(rwlock);
}

static void read_one(void *arg) {
    (void)arg;
    MODEL_CHECK(edo_rwlock_read(rwlock) == 0);
    MODEL_CHECK(written == 0 || written == 1);
    edo_rwlock_unlock(rwlock);
}

static void writers_are_alone(void) {
    begin();
    edoi_model_start(write_one, NULL);
    write_one(NULL);
    edoi_model_wait();
    MODEL_CHECK(written == 2 && edo_rwlock_try_write(rwlock) == 0);
}

static void readers_against_a_writer(void) {
    begin();
    edoi_model_start(read_one, NULL);
    write_one(NULL);
    edoi_model_wait();
    MODEL_CHECK(edo_rwlock_try_write(rwlock) == 0);
}

/* What the writer wrote is what it reads after the downgrade: no writer came in between. */
static void downgrade_against_a_writer(void) {
    begin();
    edoi_model_start(write_one, NULL);
    MODEL_CHECK(edo_rwlock_write(rwlock) == 0);
    int mine = ++written;
    edo_rwlock_downgrade(rwlock);
    MODEL_CHECK(written == mine);
    edo_rwlock_unlock(rwlock);
    edoi_model_wait();
    MODEL_CHECK(written == 2 && edo_rwlock_try_write(rwlock) == 0);
}

/* ---- Waiters that give up -------------------------------------------------------------------- */

static edo_rwlock_read_future reads[2];
static edo_rwlock_write_future writer;

/* The lock is held for writing; readers wait in line, with the wakers of their numbers. */
static void begin_with_line(int readers_n) {
    rwlock = malloc(sizeof *rwlock);
    *rwlock = (edo_rwlock)EDO_RWLOCK_INIT;
    MODEL_CHECK(edo_rwlock_try_write(rwlock) == 0);
    for (int i = 0; i < readers_n; i++)
        MODEL_CHECK(!poll(edo_rwlock_read_init(&reads[i], rwlock), i));
}

static void end_with_free_lock(void) {
    edoi_model_wait();
    MODEL_CHECK(edo_rwlock_try_write(rwlock) == 0);
    free(rwlock);
}

static void unlock(void *arg) {
    (void)arg;
    edo_rwlock_unlock(rwlock);
}

static void leave(int i) {
    if (poll(&reads[i].base, i)) edo_rwlock_unlock(rwlock);
    edo_drop(&reads[i].base);
}

/* Readers are admitted one by one; one looks, another gives up. */
static void readers_leave_a_walk(void) {
    begin_with_line(2);
    edoi_model_start(unlock, NULL);
    leave(0);
    edo_drop(&reads[1].base);
    end_with_free_lock();
    MODEL_CHECK(rungs[0].n <= 1 && rungs[1].n <= 1);
}

/* A reader, a writer and a reader wait. The writer gives up: then both readers hold the lock. */
static void writer_leaves_the_line(void) {
    begin_with_line(1);
    MODEL_CHECK(!poll(edo_rwlock_write_init(&writer, rwlock), 2));
    MODEL_CHECK(!poll(edo_rwlock_read_init(&reads[1], rwlock), 1));
    edoi_model_start(unlock, NULL);
    edo_drop(&writer.base);
    edoi_model_wait();
    MODEL_CHECK(rungs[0].n == 1 && rungs[1].n == 1);
    for (int i = 0; i < 2; i++) {
        MODEL_CHECK(poll(&reads[i].base, i));
        edo_rwlock_unlock(rwlock);
    }
    end_with_free_lock();
}

/* A reader gives up while a writer hands it the lock; then the lock is free. */
static void reader_gives_up(void) {
    begin_with_line(1);
    edoi_model_start(unlock, NULL);
    edo_drop(&reads[0].base);
    end_with_free_lock();
}

/* ---- Freed by the next writer ---------------------------------------------------------------- */

/* Waits for the writing future as a thread would, and frees the lock. */
static void free_as_writer(void *arg) {
    (void)arg;
    MODEL_CHECK(edo_await(&writer.base) == 0);
    free(rwlock);
}

/* The readers leave while the unlocking thread still wakes them. */
static void leave_as_readers(void *arg) {
    (void)arg;
    for (int i = 0; i < 2; i++) leave(i);
}

static void freed_by_the_next_writer(void) {
    begin_with_line(2);
    (void)edo_rwlock_write_init(&writer, rwlock);
    edoi_model_start(leave_as_readers, NULL);
    edoi_model_start(free_as_writer, NULL);
    edo_rwlock_unlock(rwlock);
    edoi_model_wait();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(writers_are_alone),          MODEL(readers_against_a_writer),
        MODEL(downgrade_against_a_writer), MODEL(readers_leave_a_walk),
        MODEL(writer_leaves_the_line),     MODEL(reader_gives_up),
        MODEL(freed_by_the_next_writer),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
