/* SPDX-License-Identifier: MIT */
/* driver/ring/held_kernel_test.h: a kernel for white-box tests of what uses a ring. It takes all at
 * once, and an operation ends when the test says so: held_end(). Its descriptor becomes readable
 * then, as that of an io_uring does. One file of a program includes it: it has the functions of
 * kernel.h. One thread enters at a time. */
#ifndef EDOI_DRIVER_RING_HELD_KERNEL_TEST_H
#define EDOI_DRIVER_RING_HELD_KERNEL_TEST_H

#include "driver/ring/kernel.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define HELD_N 16u /* entries; and twice as many ends */

/* What the test may say: */
static int held_open_fails; /* a negative code of the opening; 0: it does not fail */
static int held_refuses;    /* a negative code of each entering; 0: it is not refused */

/* What it may look at: the operations that are taken and not over, in this order. */
static struct io_uring_sqe held[2 * HELD_N];
static uint32_t held_count;
static pthread_mutex_t held_lock = PTHREAD_MUTEX_INITIALIZER; /* of both */

static inline uint32_t held_n(void) {
    (void)pthread_mutex_lock(&held_lock);
    uint32_t n = held_count;
    (void)pthread_mutex_unlock(&held_lock);
    return n;
}

static inline void held_none(void) {
    (void)pthread_mutex_lock(&held_lock);
    held_count = 0;
    (void)pthread_mutex_unlock(&held_lock);
}

static struct held_rings {
    int fd;
    edo_atomic_u32 sq_head, sq_tail, cq_head, cq_tail;
    struct io_uring_sqe sqes[HELD_N];
    uint64_t cqes[2 * HELD_N * sizeof(struct io_uring_cqe) / sizeof(uint64_t)];
} held_rings;

int edoi_uring_open(edoi_uring *self, uint32_t n) {
    (void)n;
    if (held_open_fails < 0) return held_open_fails;
    held_none();
    memset(&held_rings, 0, sizeof held_rings);
    held_rings.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (held_rings.fd < 0) return -errno;
    *self = (edoi_uring){ .fd = held_rings.fd, .sq_n = HELD_N, .cq_n = 2 * HELD_N };
    self->sq_mask = HELD_N - 1;
    self->cq_mask = 2 * HELD_N - 1;
    self->sq_head = &held_rings.sq_head;
    self->sq_tail = &held_rings.sq_tail;
    self->cq_head = &held_rings.cq_head;
    self->cq_tail = &held_rings.cq_tail;
    self->sqes = held_rings.sqes;
    self->cqes = (const struct io_uring_cqe *)(const void *)held_rings.cqes;
    self->knows = UINT64_MAX;
    return 0;
}

int edoi_uring_let_wait(const edoi_uring *self, unsigned n) {
    (void)self, (void)n;
    return 0;
}

void edoi_uring_close(edoi_uring *self) {
    (void)close(self->fd);
}

int edoi_uring_enter(const edoi_uring *self, uint32_t n) {
    uint32_t head = edoi_load_rlx_u32(self->sq_head);
    if (held_refuses < 0) return held_refuses;
    (void)pthread_mutex_lock(&held_lock);
    for (uint32_t i = 0; i < n; i++) held[held_count++] = self->sqes[(head + i) & self->sq_mask];
    (void)pthread_mutex_unlock(&held_lock);
    edoi_store_rlx_u32(self->sq_head, head + n);
    return (int)n;
}

void edoi_uring_await(const edoi_uring *self) {
    (void)self;
}

/* Ends the i-th of those that are held. */
static inline void held_end(uint32_t i, int result) {
    uint32_t tail = edoi_load_rlx_u32(&held_rings.cq_tail);
    struct io_uring_cqe *ends = (struct io_uring_cqe *)(void *)held_rings.cqes;
    (void)pthread_mutex_lock(&held_lock);
    ends[tail & (2 * HELD_N - 1)].user_data = held[i].user_data;
    ends[tail & (2 * HELD_N - 1)].res = result;
    held_count--;
    memmove(&held[i], &held[i + 1], (held_count - i) * sizeof held[0]);
    (void)pthread_mutex_unlock(&held_lock);
    edoi_store_rel_u32(&held_rings.cq_tail, tail + 1); // UR2: pairs with UR2
    (void)eventfd_write(held_rings.fd, 1);
}

#endif
