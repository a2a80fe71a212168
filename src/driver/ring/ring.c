/* SPDX-License-Identifier: MIT */
/* driver/ring/ring.c: see ring.h.
 *
 * The kernel reads the entries up to the tail that it is shown, and we the ends up to its tail:
 * UR1: a release of our tail pairs with its acquire, and its release of the head with ours.
 * UR2: likewise for ends, whose head is ours.
 *
 * inv. 3: the `put_n` entries before the tail are those that the kernel has not taken. One thread
 *         at a time shows it some of them: else one that is refused could not tell whose they
 *         are. */
#include "driver/ring/ring.h"

#include "base/lock.h"
#include "base/memory/alloc.h"
#include "driver/ring/kernel.h"

#include <errno.h>
#include <poll.h>

#define RING_ENTRIES 256u
#define RING_WAKES   16u /* after one look at the ends */
#define RING_WAITING 512u

struct edoi_kring {
    edoi_uring kernel;     /* const, but for what the kernel writes */
    edoi_lock lock;        /* guards the rest */
    uint32_t put_n;        /* entries that the kernel has not taken */
    uint32_t out_n;        /* operations that are not over; cancellations, too */
    bool is_entering;      /* a thread is in the kernel with entries, and comes back for more */
    int refusal;           /* a negative code; 0: the kernel takes operations */
    edoi_kring_op *to_end; /* operations that are to be cancelled, and not over */
};

int edoi_kring_new(edoi_kring **out) {
    edoi_kring *self = (edoi_kring *)edoi_calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    int err = edoi_uring_open(&self->kernel, RING_ENTRIES);
    if (err == 0) {
        err = edoi_uring_let_wait(&self->kernel, RING_WAITING);
        if (err < 0) edoi_uring_close(&self->kernel);
    }
    if (err < 0) {
        edoi_free(self);
        return err;
    }
    *out = self;
    return 0;
}

int edoi_kring_fd(const edoi_kring *self) {
    return self->kernel.fd;
}

bool edoi_kring_knows(const edoi_kring *self, uint8_t code) {
    return code < 64 && self->kernel.knows >> code & 1;
}

/* ---- Putting --------------------------------------------------------------------------------- */

/* Lock held. The next entry, all zero, if fewer than `most` are out; NULL: no room. */
static struct io_uring_sqe *ring_entry(edoi_kring *self, uint32_t most) {
    const edoi_uring *k = &self->kernel;
    uint32_t tail = edoi_load_rlx_u32(k->sq_tail); // relaxed: ours
    uint32_t head = edoi_load_acq_u32(k->sq_head); // UR1
    if (self->refusal < 0 || tail - head == k->sq_n || self->out_n >= most) return NULL;
    struct io_uring_sqe *e = &k->sqes[tail & k->sq_mask];
    *e = (struct io_uring_sqe){ 0 };
    return e;
}

/* Lock held. The entry is filled. */
static void ring_show(edoi_kring *self) {
    const edoi_uring *k = &self->kernel;
    edoi_store_rel_u32(k->sq_tail, edoi_load_rlx_u32(k->sq_tail) + 1); // UR1
    self->put_n++;
    self->out_n++;
    EDO_INV("ring inv. 2", self->out_n <= k->cq_n);
}

bool edoi_kring_put(edoi_kring *self, edoi_kring_op *op, edo_waker *waker) {
    op->waker = waker;
    op->is_over = op->is_to_end = op->is_asked = false;
    edoi_lock_acquire(&self->lock);
    uint32_t most = self->kernel.cq_n - self->kernel.cq_n / 8; // inv. 2
    struct io_uring_sqe *e = ring_entry(self, most);
    if (e) {
        e->opcode = op->code;
        e->flags = op->may_wait ? IOSQE_ASYNC : 0;
        e->fd = op->fd;
        e->off = op->place;
        e->addr = op->at;
        e->len = op->n;
        e->open_flags = op->flags; // one place has the flags of all
        e->user_data = (uint64_t)(uintptr_t)op;
        ring_show(self);
    }
    edoi_lock_release(&self->lock);
    return e != NULL;
}

int edoi_kring_refusal(edoi_kring *self) {
    edoi_lock_acquire(&self->lock);
    int refusal = self->refusal;
    edoi_lock_release(&self->lock);
    return refusal;
}

/* ---- Cancelling ------------------------------------------------------------------------------ */

/* Lock held. The end of the entry has no operation: user_data is 0. False: no room. */
static bool ring_ask_to_end(edoi_kring *self, edoi_kring_op *op) {
    struct io_uring_sqe *e = ring_entry(self, self->kernel.cq_n);
    if (!e) return false;
    e->opcode = IORING_OP_ASYNC_CANCEL;
    e->addr = (uint64_t)(uintptr_t)op;
    ring_show(self);
    op->is_asked = true;
    return true;
}

/* Lock held. Those that there is room for. */
static void ring_ask_all(edoi_kring *self) {
    edoi_kring_op *op = self->to_end;
    while (op && (op->is_asked || ring_ask_to_end(self, op))) op = op->to_end;
}

/* Lock held. The kernel has not taken some of what asks. */
static void ring_ask_anew(edoi_kring *self) {
    for (edoi_kring_op *op = self->to_end; op; op = op->to_end) op->is_asked = false;
}

/* Lock held. It is over. */
static void ring_need_not_end(edoi_kring *self, edoi_kring_op *op) {
    edoi_kring_op **at = &self->to_end;
    while (*at != op) at = &(*at)->to_end;
    *at = op->to_end;
    op->is_to_end = false;
}

void edoi_kring_cancel(edoi_kring *self, edoi_kring_op *op) {
    edoi_lock_acquire(&self->lock);
    if (!op->is_over && !op->is_to_end) {
        op->is_to_end = true;
        op->to_end = self->to_end;
        self->to_end = op;
        ring_ask_all(self);
    }
    edoi_lock_release(&self->lock);
}

bool edoi_kring_look(edoi_kring *self, edoi_kring_op *op, edo_waker *waker) {
    edoi_lock_acquire(&self->lock);
    bool is_over = op->is_over;
    if (!is_over) op->waker = waker;
    edoi_lock_release(&self->lock);
    return is_over;
}

/* ---- Ends ------------------------------------------------------------------------------------ */

/* Lock held. Returns the waker to be delivered, or NULL. `op` may be gone once the lock is free. */
static edo_waker *ring_end(edoi_kring *self, edoi_kring_op *op, int result) {
    EDO_INV("ring inv. 1", self->out_n > 0);
    self->out_n--;
    if (!op) return NULL;
    if (op->is_to_end) ring_need_not_end(self, op);
    op->result = result;
    op->is_over = true;
    edo_waker *marked = op->waker ? edo_waker_mark(op->waker) : NULL;
    op->waker = NULL;
    return marked;
}

/* Lock held. Ends some operations; how many. */
static int take_ends(edoi_kring *self, edo_waker **wakes, uint32_t *wakes_n) {
    const edoi_uring *k = &self->kernel;
    uint32_t head = edoi_load_rlx_u32(k->cq_head); // relaxed: ours
    uint32_t tail = edoi_load_acq_u32(k->cq_tail); // UR2
    uint32_t n = tail - head;
    int ops_n = 0;
    if (n > RING_WAKES) n = RING_WAKES;
    for (uint32_t i = 0; i < n; i++) {
        const struct io_uring_cqe *end = &k->cqes[(head + i) & k->cq_mask];
        ops_n += end->user_data != 0;
        edo_waker *w = ring_end(self, (edoi_kring_op *)(uintptr_t)end->user_data, end->res);
        if (w) wakes[(*wakes_n)++] = w;
    }
    edoi_store_rel_u32(k->cq_head, head + n); // UR2
    return ops_n;
}

int edoi_kring_reap(edoi_kring *self) {
    const edoi_uring *k = &self->kernel;
    bool has_to_end = false;
    int all = 0;
    // relaxed: a hint: what comes later makes the descriptor readable
    while (edoi_load_rlx_u32(k->cq_head) != edoi_load_rlx_u32(k->cq_tail)) {
        edo_waker *wakes[RING_WAKES];
        uint32_t wakes_n = 0;
        edoi_lock_acquire(&self->lock);
        all += take_ends(self, wakes, &wakes_n);
        has_to_end = self->to_end != NULL;
        edoi_lock_release(&self->lock);
        for (uint32_t i = 0; i < wakes_n; i++) edo_waker_deliver(wakes[i]);
    }
    // Their driver may sleep next, and there may be room now.
    return has_to_end ? all + edoi_kring_flush(self) : all;
}

/* ---- To the kernel --------------------------------------------------------------------------- */

/* Lock held. The kernel will not take the last entries: some of them are over; how many. */
static uint32_t take_back(edoi_kring *self, edo_waker **wakes, uint32_t *wakes_n) {
    const edoi_uring *k = &self->kernel;
    uint32_t n = self->put_n < RING_WAKES ? self->put_n : RING_WAKES;
    uint32_t tail = edoi_load_rlx_u32(k->sq_tail); // relaxed: ours
    for (uint32_t i = 1; i <= n; i++) {
        const struct io_uring_sqe *e = &k->sqes[(tail - i) & k->sq_mask];
        if (e->user_data == 0) ring_ask_anew(self);
        edo_waker *w = ring_end(self, (edoi_kring_op *)(uintptr_t)e->user_data, EDOI_KRING_REFUSES);
        if (w) wakes[(*wakes_n)++] = w;
    }
    edoi_store_rel_u32(k->sq_tail, tail - n); // UR1
    self->put_n -= n;
    return n;
}

/* Of the thread that enters. `refusal` 0: for the moment. Returns how many are over. */
static int take_all_back(edoi_kring *self, int refusal) {
    bool has_more = true;
    int all = 0;
    while (has_more) {
        edo_waker *wakes[RING_WAKES];
        uint32_t wakes_n = 0;
        edoi_lock_acquire(&self->lock);
        if (refusal < 0) self->refusal = refusal;
        all += (int)take_back(self, wakes, &wakes_n);
        has_more = self->put_n > 0;
        if (!has_more) self->is_entering = false;
        edoi_lock_release(&self->lock);
        for (uint32_t i = 0; i < wakes_n; i++) edo_waker_deliver(wakes[i]);
    }
    return all;
}

/* How many entries this thread is to enter with; 0: none, or another thread does. */
static uint32_t begin_to_enter(edoi_kring *self) {
    edoi_lock_acquire(&self->lock);
    ring_ask_all(self);
    uint32_t n = self->is_entering ? 0 : self->put_n;
    if (n > 0) self->is_entering = true;
    edoi_lock_release(&self->lock);
    return n;
}

/* The kernel has taken so many. Returns how many were put meanwhile, or are left. */
static uint32_t note_taken(edoi_kring *self, uint32_t n) {
    edoi_lock_acquire(&self->lock);
    EDO_INV("ring inv. 3", n <= self->put_n);
    self->put_n -= n;
    ring_ask_all(self);
    uint32_t left_n = self->put_n;
    if (left_n == 0) self->is_entering = false;
    edoi_lock_release(&self->lock);
    return left_n;
}

int edoi_kring_flush(edoi_kring *self) {
    uint32_t n = begin_to_enter(self);
    while (n > 0) {
        int taken = edoi_uring_enter(&self->kernel, n);
        if (taken == -EINTR) continue;
        if (taken <= 0) {
            bool may_pass = taken == -EAGAIN || taken == -EBUSY || taken == -ENOMEM;
            return take_all_back(self, may_pass ? 0 : taken < 0 ? taken : -EIO);
        }
        n = note_taken(self, (uint32_t)taken);
    }
    return 0;
}

/* ---- The end --------------------------------------------------------------------------------- */

static void cancel_all(edoi_kring *self) {
    edoi_lock_acquire(&self->lock);
    struct io_uring_sqe *e = self->out_n > 0 ? ring_entry(self, self->kernel.cq_n) : NULL;
    if (e) {
        e->opcode = IORING_OP_ASYNC_CANCEL;
        e->cancel_flags = IORING_ASYNC_CANCEL_ANY;
        ring_show(self);
    }
    edoi_lock_release(&self->lock);
    (void)edoi_kring_flush(self);
}

bool edoi_kring_is_busy(edoi_kring *self) {
    (void)edoi_kring_reap(self);
    return self->out_n > self->put_n;
}

void edoi_kring_free(edoi_kring *self) {
    if (!self) return;
    (void)edoi_kring_flush(self); // makes room for the cancellation
    cancel_all(self);
    while (self->out_n > 0) { // no other thread uses it
        struct pollfd ends = { .fd = self->kernel.fd, .events = POLLIN };
        (void)poll(&ends, 1, -1);
        (void)edoi_kring_reap(self);
    }
    edoi_uring_close(&self->kernel);
    edoi_free(self);
}
