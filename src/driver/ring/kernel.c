/* SPDX-License-Identifier: MIT */
/* driver/ring/kernel.c: see kernel.h. No library is between: two calls are all there is. */
#include "driver/ring/kernel.h"

#include "base/memory/alloc.h"

#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PROBED 64u /* operations; as many as `knows` has bits */

static int uring_register(int fd, unsigned what, void *arg, unsigned n) {
    return syscall(SYS_io_uring_register, fd, what, arg, n) < 0 ? -errno : 0;
}

/* Which operations there are. */
static int uring_probe(edoi_uring *self) {
    struct io_uring_probe *p =
        (struct io_uring_probe *)edoi_calloc(1, sizeof *p + PROBED * sizeof p->ops[0]);
    if (!p) return -ENOMEM;
    int err = uring_register(self->fd, IORING_REGISTER_PROBE, p, PROBED);
    for (unsigned i = 0; err == 0 && i < p->ops_len && i < PROBED; i++) {
        if (p->ops[i].flags & IO_URING_OP_SUPPORTED) self->knows |= UINT64_C(1) << p->ops[i].op;
    }
    edoi_free(p);
    return err;
}

/* `*out` stays NULL on failure. */
static int uring_map(void **out, int fd, size_t n, uint64_t what) {
    void *at = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, (off_t)what);
    if (at == MAP_FAILED) return -errno;
    // The child of a fork would share the places with us.
    int err = madvise(at, n, MADV_DONTFORK) < 0 ? -errno : 0;
    if (err < 0) {
        (void)munmap(at, n);
    } else {
        *out = at;
    }
    return err;
}

static void uring_unmap(edoi_uring *self) {
    if (self->rings) (void)munmap(self->rings, self->rings_n);
    if (self->sqes) (void)munmap(self->sqes, self->sqes_n);
}

/* Finds the heads and tails. Each entry that is asked has its own place, for ever. */
static int uring_map_all(edoi_uring *self, const struct io_uring_params *p) {
    size_t sq_end = p->sq_off.array + p->sq_entries * sizeof(uint32_t);
    size_t cq_end = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
    self->rings_n = sq_end > cq_end ? sq_end : cq_end;
    self->sqes_n = p->sq_entries * sizeof(struct io_uring_sqe);
    void *sqes = NULL;
    int err = uring_map(&self->rings, self->fd, self->rings_n, IORING_OFF_SQ_RING);
    if (err == 0) err = uring_map(&sqes, self->fd, self->sqes_n, IORING_OFF_SQES);
    self->sqes = (struct io_uring_sqe *)sqes;
    if (err < 0) return err;
    char *at = (char *)self->rings;
    self->sq_n = p->sq_entries;
    self->cq_n = p->cq_entries;
    self->sq_mask = *(uint32_t *)(void *)(at + p->sq_off.ring_mask);
    self->cq_mask = *(uint32_t *)(void *)(at + p->cq_off.ring_mask);
    self->sq_head = (edo_atomic_u32 *)(void *)(at + p->sq_off.head);
    self->sq_tail = (edo_atomic_u32 *)(void *)(at + p->sq_off.tail);
    self->cq_head = (edo_atomic_u32 *)(void *)(at + p->cq_off.head);
    self->cq_tail = (edo_atomic_u32 *)(void *)(at + p->cq_off.tail);
    self->cqes = (const struct io_uring_cqe *)(void *)(at + p->cq_off.cqes);
    uint32_t *places = (uint32_t *)(void *)(at + p->sq_off.array);
    for (uint32_t i = 0; i < p->sq_entries; i++) places[i] = i;
    return 0;
}

int edoi_uring_open(edoi_uring *self, uint32_t n) {
    // COOP_TASKRUN: an end waits for the next entry of the thread that submitted, or its next tick,
    // and does not interrupt it.
    struct io_uring_params p = { .flags = IORING_SETUP_CLAMP | IORING_SETUP_SUBMIT_ALL |
                                          IORING_SETUP_COOP_TASKRUN };
    *self = (edoi_uring){ .fd = (int)syscall(SYS_io_uring_setup, n, &p) };
    if (self->fd < 0) return errno == EINVAL ? -ENOTSUP : -errno;
    const uint32_t needed = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP;
    int err = (p.features & needed) == needed ? 0 : -ENOTSUP;
    if (err == 0) err = uring_map_all(self, &p);
    if (err == 0) err = uring_probe(self);
    if (err < 0) edoi_uring_close(self);
    return err == -EINVAL ? -ENOTSUP : err;
}

int edoi_uring_let_wait(const edoi_uring *self, unsigned n) {
    unsigned most[2] = { n, 0 }; // of files; of the rest as it is
    int err = uring_register(self->fd, IORING_REGISTER_IOWQ_MAX_WORKERS, most, 2);
    return err == -EINVAL ? -ENOTSUP : err;
}

void edoi_uring_close(edoi_uring *self) {
    uring_unmap(self);
    (void)close(self->fd);
}

int edoi_uring_enter(const edoi_uring *self, uint32_t n) {
    int taken = (int)syscall(SYS_io_uring_enter, self->fd, n, 0, 0, NULL, 0);
    return taken < 0 ? -errno : taken;
}

void edoi_uring_await(const edoi_uring *self) {
    struct pollfd ends = { .fd = self->fd, .events = POLLIN }; // may work where entering is refused
    (void)poll(&ends, 1, -1);
}
