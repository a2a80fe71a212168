/* SPDX-License-Identifier: MIT */
/* driver/ring/batch.c: see batch.h. Heads and tails pair as in ring.c: UR1, UR2. */
#include "driver/ring/batch.h"

#include "base/assert.h"
#include "base/memory/alloc.h"
#include "driver/ring/kernel.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>

struct edoi_batch {
    edoi_uring kernel;
    uint32_t added_n; /* entries that the kernel has not taken */
    bool is_refused;
};

int edoi_batch_new(edoi_batch **out) {
    edoi_batch *self = (edoi_batch *)edoi_calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    int err = edoi_uring_open(&self->kernel, EDOI_BATCH_MAX);
    if (err == 0 && !(self->kernel.knows >> IORING_OP_SEND & 1)) {
        edoi_uring_close(&self->kernel);
        err = -ENOTSUP;
    }
    if (err < 0) {
        edoi_free(self);
        return err;
    }
    *out = self;
    return 0;
}

void edoi_batch_free(edoi_batch *self) {
    if (!self) return;
    edoi_uring_close(&self->kernel);
    edoi_free(self);
}

void edoi_batch_send(edoi_batch *self, int fd, const void *from, size_t n, int *result) {
    const edoi_uring *k = &self->kernel;
    uint32_t tail = edoi_load_rlx_u32(k->sq_tail); // relaxed: ours
    EDO_ASSERT(self->added_n < EDOI_BATCH_MAX && self->added_n < k->sq_n);
    k->sqes[tail & k->sq_mask] = (struct io_uring_sqe){ .opcode = IORING_OP_SEND,
                                                        .fd = fd,
                                                        .addr = (uint64_t)(uintptr_t)from,
                                                        .len = n < INT_MAX ? (uint32_t)n : INT_MAX,
                                                        .msg_flags = MSG_NOSIGNAL | MSG_DONTWAIT,
                                                        .user_data = (uint64_t)(uintptr_t)result };
    *result = EDOI_BATCH_REFUSES;
    edoi_store_rel_u32(k->sq_tail, tail + 1); // UR1
    self->added_n++;
}

/* The results that there are; how many. */
static uint32_t batch_reap(edoi_batch *self) {
    const edoi_uring *k = &self->kernel;
    uint32_t head = edoi_load_rlx_u32(k->cq_head); // relaxed: ours
    uint32_t tail = edoi_load_acq_u32(k->cq_tail); // UR2
    for (uint32_t i = head; i != tail; i++) {
        const struct io_uring_cqe *end = &k->cqes[i & k->cq_mask];
        *(int *)(uintptr_t)end->user_data = end->res;
    }
    edoi_store_rel_u32(k->cq_head, tail); // UR2
    return tail - head;
}

/* The kernel has `n` calls. They are over already, but for a kernel that needs a task of its own
 * for one: that is waited for, since nobody may use the memory before. */
static void batch_await(edoi_batch *self, uint32_t n) {
    uint32_t seen = batch_reap(self);
    while (seen < n) {
        edoi_uring_await(&self->kernel);
        seen += batch_reap(self);
    }
}

bool edoi_batch_is_refused(const edoi_batch *self) {
    return self->is_refused;
}

void edoi_batch_run(edoi_batch *self) {
    const edoi_uring *k = &self->kernel;
    int taken = -EINTR;
    if (self->added_n == 0) return;
    while (taken == -EINTR) taken = edoi_uring_enter(k, self->added_n);
    uint32_t taken_n = taken > 0 ? (uint32_t)taken : 0;
    self->is_refused = taken <= 0 && taken != -EAGAIN && taken != -EBUSY && taken != -ENOMEM;
    uint32_t tail = edoi_load_rlx_u32(k->sq_tail); // relaxed: ours
    tail -= self->added_n - taken_n;               // the rest is refused
    edoi_store_rel_u32(k->sq_tail, tail);          // UR1
    self->added_n = 0;
    batch_await(self, taken_n);
    EDO_INV("batch inv. 1", edoi_load_rlx_u32(k->cq_head) == edoi_load_rlx_u32(k->cq_tail));
}
