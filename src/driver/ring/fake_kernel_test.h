/* SPDX-License-Identifier: MIT */
/* driver/ring/fake_kernel_test.h: the kernel's part of a ring for the white-box test of ring.c: it
 * takes, refuses and ends what the test says, or at random, from several threads. One file includes
 * it, behind ring.c, whose poll() is fake_poll(). */
#ifndef EDOI_DRIVER_RING_FAKE_KERNEL_TEST_H
#define EDOI_DRIVER_RING_FAKE_KERNEL_TEST_H

#include "driver/ring/kernel.h"

#include "stress.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SQ_MAX  32u
#define CQ_MAX  (2 * SQ_MAX)
#define OPS_MAX (CQ_MAX - CQ_MAX / 8) /* the rest is for cancellations */
#define BEGIN   (UINT32_MAX - 5)      /* of all counts */

typedef struct fake_kernel {
    int open_fails;  /* a negative code; 0: it does not */
    int let_fails;   /* likewise, of the setting */
    uint32_t sq_n;   /* and twice as many ends */
    uint32_t most;   /* entries that one call takes; 0: any */
    int refuses;     /* what a call returns instead; 0 and `is_idle`: that */
    bool is_idle;    /* takes nothing */
    uint32_t in;     /* calls before that begins */
    uint32_t times;  /* calls that are refused; 0: all */
    uint64_t seed;   /* not 0: takes, refuses and ends at random */
    bool may_end_it; /* and refuses for good, in the end */
    uint32_t calls, polls, closed;
    pthread_mutex_t mutex; /* guards the rest */
    edo_atomic_u32 inside; /* calls that are in the kernel now */
    edo_atomic_u32 sq_head, sq_tail, cq_head, cq_tail;
    struct io_uring_sqe sqes[SQ_MAX];
    struct io_uring_cqe *cqes;        /* which cannot be an array: they may be longer */
    struct io_uring_sqe held[CQ_MAX]; /* taken, and not over */
    uint32_t held_n;
} fake_kernel;

static fake_kernel fake;
static uint64_t cqe_memory[CQ_MAX * sizeof(struct io_uring_cqe) / sizeof(uint64_t)];

int edoi_uring_open(edoi_uring *self, uint32_t n) {
    assert_int_equal(n, 256);
    if (fake.open_fails < 0) return fake.open_fails;
    *self = (edoi_uring){ .fd = -7, .sq_n = fake.sq_n, .cq_n = 2 * fake.sq_n };
    self->sq_mask = self->sq_n - 1;
    self->cq_mask = self->cq_n - 1;
    self->sq_head = &fake.sq_head;
    self->sq_tail = &fake.sq_tail;
    self->cq_head = &fake.cq_head;
    self->cq_tail = &fake.cq_tail;
    self->sqes = fake.sqes;
    self->cqes = fake.cqes;
    self->knows = UINT64_C(1) << IORING_OP_READ | UINT64_C(1) << 63;
    edo_atomic_u32 *const counts[] = { &fake.sq_head, &fake.sq_tail, &fake.cq_head, &fake.cq_tail };
    for (size_t i = 0; i < EDO_COUNT(counts); i++) edoi_store_rlx_u32(counts[i], BEGIN);
    return 0;
}

int edoi_uring_let_wait(const edoi_uring *self, unsigned n) {
    assert_int_equal(self->fd, -7);
    assert_int_equal(n, 512);
    return fake.let_fails;
}

void edoi_uring_close(edoi_uring *self) {
    assert_int_equal(self->fd, -7);
    assert_int_equal(fake.held_n, 0);
    fake.closed++;
}

/* Mutex held. Ends the i-th of those that are held. */
static void fake_end_at(uint32_t i, int result) {
    uint32_t tail = edoi_load_rlx_u32(&fake.cq_tail);
    uint32_t unseen = tail - edoi_load_acq_u32(&fake.cq_head); // UR2: pairs with UR2
    assert_true(i < fake.held_n && unseen < 2 * fake.sq_n);
    struct io_uring_cqe *end = &fake.cqes[tail & (2 * fake.sq_n - 1)];
    end->user_data = fake.held[i].user_data;
    end->res = result;
    memmove(&fake.held[i], &fake.held[i + 1], (fake.held_n - i - 1) * sizeof fake.held[0]);
    fake.held_n--;
    edoi_store_rel_u32(&fake.cq_tail, tail + 1); // UR2: pairs with UR2
}

/* Mutex held. Ends one at random, with the low half of its address. */
static void fake_end_any(void) {
    if (fake.held_n == 0) return;
    uint32_t i = (uint32_t)(stress_random(&fake.seed) % fake.held_n);
    fake_end_at(i, (int)(fake.held[i].addr & INT_MAX));
}

/* Mutex held. */
static int fake_take(uint32_t n) {
    uint32_t head = edoi_load_rlx_u32(&fake.sq_head);
    uint32_t tail = edoi_load_acq_u32(&fake.sq_tail); // UR1: pairs with UR1
    assert_true(n > 0 && n <= tail - head);
    if (fake.most > 0 && n > fake.most) n = fake.most;
    for (uint32_t i = 0; i < n; i++) {
        assert_true(fake.held_n < 2 * fake.sq_n);
        fake.held[fake.held_n++] = fake.sqes[(head + i) & (fake.sq_n - 1)];
    }
    edoi_store_rel_u32(&fake.sq_head, head + n); // UR1: pairs with UR1
    return (int)n;
}

/* Mutex held. What comes in the place of some calls' taking; 1: nothing does. */
static int fake_refusal(void) {
    static const int passing[] = { -EAGAIN, -EBUSY, -ENOMEM, -EINTR };
    if (fake.seed) {
        fake.most = (uint32_t)(stress_random(&fake.seed) % 4);
        uint64_t kind = stress_random(&fake.seed) % 64;
        if (kind == 0 && fake.may_end_it && fake.calls > 50) fake.refuses = -EPERM;
        if (fake.refuses) return fake.refuses;
        return kind % 4 == 1 ? passing[kind / 4 % EDO_COUNT(passing)] : 1;
    }
    bool is_hit = fake.calls > fake.in && (!fake.times || fake.calls <= fake.in + fake.times);
    return is_hit && (fake.refuses || fake.is_idle) ? fake.refuses : 1;
}

int edoi_uring_enter(const edoi_uring *self, uint32_t n) {
    assert_int_equal(self->fd, -7);
    assert_int_equal(edoi_add_rlx_u32(&fake.inside, 1), 0); // one at a time
    pthread_mutex_lock(&fake.mutex);
    fake.calls++;
    int result = fake_refusal();
    if (result == 1) result = fake_take(n);
    if (fake.seed && stress_random(&fake.seed) % 2) fake_end_any();
    pthread_mutex_unlock(&fake.mutex);
    (void)edoi_sub_rlx_u32(&fake.inside, 1);
    return result;
}

void edoi_uring_await(const edoi_uring *self) {
    (void)self;
    fail_msg("a ring waits by its descriptor");
}

/* Something always ends while the ring waits for it. */
static int fake_poll(void) {
    assert_true(fake.held_n > 0);
    fake.polls++;
    fake_end_at(0, fake.held[0].user_data ? -ECANCELED : 0);
    return 1;
}

static void fake_begin(uint32_t sq_n) {
    fake = (fake_kernel){ .sq_n = sq_n };
    fake.cqes = (struct io_uring_cqe *)(void *)cqe_memory;
    pthread_mutex_init(&fake.mutex, NULL);
}

#endif
