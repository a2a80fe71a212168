/* SPDX-License-Identifier: MIT */
/* Goal: what is put into a ring ends once, and who waits is woken after that and sees what has come
 * of it, whoever enters the kernel, harvests, cancels or is refused meanwhile; then nobody touches
 * the operation any more. A harvest sees a ring that is being made whole, or not at all.
 * Method: the real ring on the real driver; and a kernel here, which takes what it is shown when a
 * thread enters, and ends it there, or in a thread of its own. Its queues are short, so that they
 * go round. */
#include "model.h"

#include "driver/driver.h"
#include "driver/ring/kernel.h"
#include "driver/ring/ring.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>

#define ASKED_N 1u /* places of the queues */
#define ENDS_N  2u
#define OPS     3u
#define DONE    7 /* a result */

/* ---- The kernel ------------------------------------------------------------------------------ */

static struct {
    pthread_mutex_t mu; // guards the rest, but what is shared
    pthread_cond_t has_some;
    edo_atomic_u32 sq_head, sq_tail, cq_head, cq_tail; // shared: this and the next two
    struct io_uring_sqe sqes[ASKED_N];
    struct io_uring_cqe *cqes;
    uint64_t waits[OPS]; // what it has taken and not ended: names of entries
    unsigned waits_n;
    int fd;
    bool ends_at_once; // const
    int refuses;       // const: a negative code; 0: it does not
    bool is_short;     // it refuses once, for the moment
} kernel = { .mu = PTHREAD_MUTEX_INITIALIZER, .has_some = PTHREAD_COND_INITIALIZER };

int __wrap_edoi_uring_open(edoi_uring *self, uint32_t n);
int __wrap_edoi_uring_let_wait(const edoi_uring *self, unsigned n);
void __wrap_edoi_uring_close(edoi_uring *self);
int __wrap_edoi_uring_enter(const edoi_uring *self, uint32_t n);

int __wrap_edoi_uring_open(edoi_uring *self, uint32_t n) {
    (void)n;
    kernel.cqes = malloc(ENDS_N * sizeof *kernel.cqes);
    *self = (edoi_uring){ .fd = kernel.fd = edoi_model_ring(),
                          .sq_n = ASKED_N,
                          .cq_n = ENDS_N,
                          .sq_mask = ASKED_N - 1,
                          .cq_mask = ENDS_N - 1,
                          .sq_head = &kernel.sq_head,
                          .sq_tail = &kernel.sq_tail,
                          .cq_head = &kernel.cq_head,
                          .cq_tail = &kernel.cq_tail,
                          .sqes = kernel.sqes,
                          .cqes = kernel.cqes,
                          .knows = UINT64_MAX };
    return 0;
}

int __wrap_edoi_uring_let_wait(const edoi_uring *self, unsigned n) {
    (void)self, (void)n;
    return 0;
}

void __wrap_edoi_uring_close(edoi_uring *self) {
    (void)self;
    free(kernel.cqes);
}

/* Mutex held. */
static void end(uint64_t name, int result) {
    uint32_t tail = edoi_load_rlx_u32(&kernel.cq_tail); // relaxed: ours
    uint32_t head = edoi_load_acq_u32(&kernel.cq_head); // UR2
    MODEL_CHECK(tail - head < ENDS_N);                  // ring inv. 2
    kernel.cqes[tail % ENDS_N] = (struct io_uring_cqe){ .user_data = name, .res = result };
    edoi_store_rel_u32(&kernel.cq_tail, tail + 1); // UR2
    edoi_model_socket_ready(kernel.fd, EPOLLIN);
}

/* Mutex held. */
static void cancel(uint64_t name) {
    for (unsigned i = 0; i < kernel.waits_n; i++) {
        if (kernel.waits[i] != name) continue;
        kernel.waits[i] = kernel.waits[--kernel.waits_n];
        end(name, -ECANCELED);
        return;
    }
}

/* Mutex held. */
static void take(const struct io_uring_sqe *e) {
    if (e->opcode == IORING_OP_ASYNC_CANCEL) {
        cancel(e->addr);
        end(e->user_data, 0);
    } else if (kernel.ends_at_once) {
        end(e->user_data, DONE);
    } else {
        kernel.waits[kernel.waits_n++] = e->user_data;
        (void)pthread_cond_signal(&kernel.has_some);
    }
}

int __wrap_edoi_uring_enter(const edoi_uring *self, uint32_t n) {
    uint32_t taken = 0;
    (void)self;
    if (kernel.refuses < 0) return kernel.refuses;
    (void)pthread_mutex_lock(&kernel.mu);
    if (kernel.is_short) {
        kernel.is_short = false;
        (void)pthread_mutex_unlock(&kernel.mu);
        return -EAGAIN;
    }
    uint32_t head = edoi_load_rlx_u32(&kernel.sq_head); // relaxed: ours
    uint32_t tail = edoi_load_acq_u32(&kernel.sq_tail); // UR1
    for (; taken < n && head + taken != tail; taken++) take(&kernel.sqes[(head + taken) % ASKED_N]);
    edoi_store_rel_u32(&kernel.sq_head, head + taken); // UR1
    (void)pthread_mutex_unlock(&kernel.mu);
    return (int)taken;
}

/* The kernel's thread: ends `*arg` operations, in the order in which they were taken. */
static void end_some(void *arg) {
    for (unsigned n = *(const unsigned *)arg; n > 0; n--) {
        (void)pthread_mutex_lock(&kernel.mu);
        while (kernel.waits_n == 0) (void)pthread_cond_wait(&kernel.has_some, &kernel.mu);
        uint64_t name = kernel.waits[0];
        for (unsigned i = 1; i < kernel.waits_n; i++) kernel.waits[i - 1] = kernel.waits[i];
        kernel.waits_n--;
        end(name, DONE);
        (void)pthread_mutex_unlock(&kernel.mu);
    }
}

/* ---- Who waits ------------------------------------------------------------------------------- */

typedef struct asked {
    edo_waker waker;
    edoi_kring_op op;
    edo_atomic_u32 rung_n;
} asked;

static edoi_driver *driver;
static edoi_kring *ring;
static asked ops[OPS];

static edo_waker *mark(edo_waker *waker) {
    return waker;
}

/* The driver's thread may sleep. */
static void ring_it(edo_waker *waker) {
    (void)edoi_add_rlx_u32(&((asked *)(void *)waker)->rung_n, 1);
    edoi_driver_kick(driver);
}

static void nothing(edo_waker *waker) {
    (void)waker;
}

static const edo_waker_ops waker_ops = { mark, ring_it, nothing, nothing };

static void make_driver(void) {
    MODEL_CHECK(edoi_driver_new(&driver, 1) == 0);
    for (unsigned i = 0; i < OPS; i++)
        ops[i] = (asked){ .waker.ops = &waker_ops, .op.code = IORING_OP_FSYNC };
}

static void make_ring(void) {
    MODEL_CHECK(edoi_driver_ring(driver, &ring) == 0);
}

static void put(asked *a) {
    MODEL_CHECK(edoi_kring_put(ring, &a->op, &a->waker));
}

static bool is_rung(asked *a) {
    return edoi_load_rlx_u32(&a->rung_n) > 0;
}

/* Rung once, when it was over; its memory is the waiter's again. */
static void check_over(asked *a, int result) {
    MODEL_CHECK(edoi_kring_look(ring, &a->op, NULL));
    MODEL_CHECK(a->op.result == result);
    MODEL_CHECK(edoi_load_rlx_u32(&a->rung_n) == 1);
    edoi_model_retire(&a->op, sizeof a->op);
}

static void turn_until_over(asked *a, int result) {
    while (!is_rung(a)) (void)edoi_driver_turn(driver, -1);
    check_over(a, result);
}

static void finish(void) {
    edoi_model_wait();
    (void)edoi_kring_flush(ring);
    MODEL_CHECK(!edoi_kring_is_busy(ring)); // cancellations are over, too
    edoi_driver_free(driver);
}

static void harvest(void *arg) {
    (void)arg;
    (void)edoi_driver_harvest(driver);
}

/* ---- Models ---------------------------------------------------------------------------------- */

static unsigned one = 1, three = 3;

static void end_against_turn(void) {
    make_driver();
    make_ring();
    put(&ops[0]);
    edoi_model_start(end_some, &one);
    turn_until_over(&ops[0], DONE);
    finish();
}

static void end_against_harvest(void) {
    make_driver();
    make_ring();
    put(&ops[0]);
    edoi_model_start(end_some, &one);
    edoi_model_start(harvest, NULL);
    turn_until_over(&ops[0], DONE);
    finish();
}

/* More than one round of the queues. */
static void three_one_after_the_other(void) {
    make_driver();
    make_ring();
    edoi_model_start(end_some, &three);
    for (unsigned i = 0; i < OPS; i++) {
        put(&ops[i]);
        turn_until_over(&ops[i], DONE);
    }
    finish();
}

static void ring_made_against_harvest(void) {
    kernel.ends_at_once = true;
    make_driver();
    edoi_model_start(harvest, NULL);
    make_ring();
    put(&ops[0]);
    turn_until_over(&ops[0], DONE);
    finish();
}

static void put_too(void *arg) {
    asked *a = arg;
    while (!edoi_kring_put(ring, &a->op, &a->waker)) MODEL_AROUND(); // the other one's is there
    (void)edoi_kring_flush(ring);
}

/* The second goes where the first was, which another thread has just had the kernel take. */
static void two_that_put(void) {
    kernel.ends_at_once = true;
    make_driver();
    make_ring();
    put(&ops[0]);
    edoi_model_start(put_too, &ops[1]);
    turn_until_over(&ops[0], DONE);
    turn_until_over(&ops[1], DONE);
    finish();
}

static void cancel_too(void *arg) {
    asked *a = arg;
    edoi_kring_cancel(ring, &a->op);
    edoi_driver_begin_ops(driver);
}

/* It ends by that alone, wherever it is then. */
static void cancel_against_turn(void) {
    make_driver();
    make_ring();
    put(&ops[0]);
    edoi_model_start(cancel_too, &ops[0]);
    turn_until_over(&ops[0], -ECANCELED);
    finish();
}

/* Then the driver's thread asks again, though it may sleep. */
static void cancel_that_is_refused(void) {
    make_driver();
    make_ring();
    put(&ops[0]);
    (void)edoi_kring_flush(ring);
    kernel.is_short = true;
    edoi_model_start(cancel_too, &ops[0]);
    turn_until_over(&ops[0], -ECANCELED);
    finish();
}

/* The thread that waits cancels; once it is woken, nobody else uses the operation. */
static void cancel_then_look(void *arg) {
    asked *a = arg;
    cancel_too(a);
    while (!is_rung(a)) MODEL_AROUND();
    check_over(a, DONE);
}

static void cancel_against_end(void) {
    kernel.ends_at_once = true;
    make_driver();
    make_ring();
    put(&ops[0]);
    edoi_model_start(cancel_then_look, &ops[0]);
    while (!is_rung(&ops[0])) (void)edoi_driver_turn(driver, -1);
    finish();
}

static void refusal_against_put(void) {
    kernel.refuses = -EPERM;
    make_driver();
    make_ring();
    put(&ops[0]);
    edoi_model_start(harvest, NULL);
    turn_until_over(&ops[0], EDOI_KRING_REFUSES);
    edoi_model_wait();
    MODEL_CHECK(edoi_kring_refusal(ring) == -EPERM);
    MODEL_CHECK(!edoi_kring_put(ring, &ops[1].op, &ops[1].waker));
    finish();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(end_against_turn),
        MODEL(end_against_harvest),
        MODEL(three_one_after_the_other),
        MODEL(ring_made_against_harvest),
        MODEL(two_that_put),
        MODEL(cancel_against_turn),
        MODEL(cancel_that_is_refused),
        MODEL(cancel_against_end),
        MODEL(refusal_against_put),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
