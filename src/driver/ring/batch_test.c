/* SPDX-License-Identifier: MIT */
/* Goal: each send of a batch has its own result when the run returns, whatever the kernel takes,
 * refuses, or ends late; what it did not take is said to be refused, and is not its any more.
 * Method: the kernel is a fake one with counts that wrap soon, which does what the test says. */
#include "driver/ring/batch.h"
#include "driver/ring/kernel.h"

#include "rounds.h"
#include "seed.h"
#include "stress.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#define ENTRIES 64u
#define BEGIN   (UINT32_MAX - 5) /* of all counts */

/* The kernel. The result of the send of descriptor `fd` is `fd` * 10. */
static struct {
    int open_fails;   /* a negative code; 0: it does not */
    bool has_no_send; /* the operation is not known */
    int refuses;      /* what the next `refusals_n` calls return */
    unsigned refusals_n;
    uint32_t most;   /* entries that one call takes; 0: all */
    uint32_t late_n; /* of those that were taken, so many end only while they are awaited */
    unsigned awaits_n, signals_n; /* waits, and how many of them a signal ends without an end */
    unsigned closed;
    edo_atomic_u32 sq_head, sq_tail, cq_head, cq_tail;
    struct io_uring_sqe sqes[ENTRIES], taken[ENTRIES];
    uint64_t cqes[2 * ENTRIES * sizeof(struct io_uring_cqe) / sizeof(uint64_t)];
    uint32_t taken_n;
} fake;

int edoi_uring_open(edoi_uring *self, uint32_t n) {
    assert_int_equal(n, ENTRIES);
    if (fake.open_fails < 0) return fake.open_fails;
    edo_atomic_u32 *counts[] = { &fake.sq_head, &fake.sq_tail, &fake.cq_head, &fake.cq_tail };
    for (size_t i = 0; i < 4; i++) edoi_store_rlx_u32(counts[i], BEGIN);
    *self = (edoi_uring){ .fd = -7, .sq_n = ENTRIES, .cq_n = 2 * ENTRIES };
    self->sq_mask = ENTRIES - 1;
    self->cq_mask = 2 * ENTRIES - 1;
    self->sq_head = &fake.sq_head;
    self->sq_tail = &fake.sq_tail;
    self->cq_head = &fake.cq_head;
    self->cq_tail = &fake.cq_tail;
    self->sqes = fake.sqes;
    self->cqes = (const struct io_uring_cqe *)(const void *)fake.cqes;
    self->knows = fake.has_no_send ? 0 : UINT64_C(1) << IORING_OP_SEND;
    return 0;
}

int edoi_uring_let_wait(const edoi_uring *self, unsigned n) {
    (void)self, (void)n;
    fail_msg("nothing of a batch waits");
    return 0;
}

void edoi_uring_close(edoi_uring *self) {
    assert_int_equal(self->fd, -7);
    fake.closed++;
}

/* Ends the first ones of those that were taken. */
static void fake_end(uint32_t n) {
    struct io_uring_cqe *ends = (struct io_uring_cqe *)(void *)fake.cqes;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t tail = edoi_load_rlx_u32(&fake.cq_tail);
        ends[tail & (2 * ENTRIES - 1)].user_data = fake.taken[i].user_data;
        ends[tail & (2 * ENTRIES - 1)].res = fake.taken[i].fd * 10;
        edoi_store_rlx_u32(&fake.cq_tail, tail + 1);
    }
    fake.taken_n -= n;
    memmove(fake.taken, fake.taken + n, fake.taken_n * sizeof fake.taken[0]);
}

int edoi_uring_enter(const edoi_uring *self, uint32_t n) {
    uint32_t head = edoi_load_rlx_u32(self->sq_head);
    assert_int_equal(edoi_load_rlx_u32(self->sq_tail) - head, n); // all that were added
    if (fake.refusals_n > 0) {
        fake.refusals_n--;
        return fake.refuses;
    }
    if (fake.most > 0 && n > fake.most) n = fake.most;
    for (uint32_t i = 0; i < n; i++) {
        fake.taken[fake.taken_n] = self->sqes[(head + i) & self->sq_mask];
        const struct io_uring_sqe *e = &fake.taken[fake.taken_n++];
        assert_int_equal(e->opcode, IORING_OP_SEND);
        assert_int_equal(e->msg_flags, MSG_NOSIGNAL | MSG_DONTWAIT);
        assert_int_equal(e->len, (uint32_t)e->fd);
    }
    edoi_store_rlx_u32(self->sq_head, head + n);
    fake_end(fake.taken_n > fake.late_n ? fake.taken_n - fake.late_n : 0);
    return (int)n;
}

void edoi_uring_await(const edoi_uring *self) {
    assert_int_equal(self->fd, -7);
    assert_true(fake.taken_n > 0);
    fake.awaits_n++;
    if (fake.signals_n > 0) {
        fake.signals_n--;
        return;
    }
    fake_end(1);
}

static edoi_batch *batch;

static int set_up_batch(void **state) {
    (void)state;
    memset(&fake, 0, sizeof fake);
    return edoi_batch_new(&batch);
}

static int tear_down_batch(void **state) {
    (void)state;
    edoi_batch_free(batch);
    assert_int_equal(fake.closed, 1);
    return 0;
}

#define WITH_BATCH(test) cmocka_unit_test_setup_teardown(test, set_up_batch, tear_down_batch)

/* Sends of `n` descriptors from `first` on; the first `taken_n` of them are made. */
static void run_sends(int first, int n, int taken_n) {
    static const char bytes[1000];
    int results[ENTRIES];
    for (int i = 0; i < n; i++) {
        int fd = first + i;
        edoi_batch_send(batch, fd, bytes, (size_t)fd, &results[i]);
    }
    edoi_batch_run(batch);
    for (int i = 0; i < n; i++)
        assert_int_equal(results[i], i < taken_n ? (first + i) * 10 : EDOI_BATCH_REFUSES);
    assert_int_equal(fake.taken_n, 0); // nothing is under way
}

static void each_send_has_its_result(void **state) {
    (void)state;
    for (int n = 0; n <= (int)ENTRIES; n += 8) run_sends(3, n, n);
    assert_int_equal(fake.awaits_n, 0);
}

static void what_is_not_taken_is_refused_and_taken_back(void **state) {
    (void)state;
    fake.most = 5;
    run_sends(3, 12, 5);
    fake.most = 0;
    run_sends(20, 12, 12); // none of the first ones is among them
}

static void refusal_is_of_all(void **state) {
    static const int codes[] = { -EPERM, -ENOSYS, -EAGAIN, -ENOMEM, -EBUSY, 0 };
    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        bool may_pass = codes[i] == -EAGAIN || codes[i] == -ENOMEM || codes[i] == -EBUSY;
        fake.refuses = codes[i];
        fake.refusals_n = 1;
        run_sends(3, 7, 0);
        assert_int_equal(edoi_batch_is_refused(batch), !may_pass);
        run_sends(30, 7, 7);
        assert_false(edoi_batch_is_refused(batch));
    }
}

static void signal_before_anything_was_taken_is_not_noticed(void **state) {
    (void)state;
    fake.refuses = -EINTR;
    fake.refusals_n = 3;
    run_sends(3, 7, 7);
}

static void send_that_ends_late_is_awaited(void **state) {
    (void)state;
    fake.late_n = 4;
    fake.signals_n = 2;
    run_sends(3, 20, 20);
    assert_int_equal(fake.awaits_n, 6);
}

static void any_of_it_in_any_order(void **state) {
    (void)state;
    uint64_t seed = test_seed(7);
    for (uint32_t i = test_rounds(2000, 100000); i > 0; i--) {
        int n = (int)(stress_random(&seed) % (ENTRIES + 1));
        fake.most = (uint32_t)(stress_random(&seed) % 20);
        fake.late_n = (uint32_t)(stress_random(&seed) % 4);
        fake.signals_n = stress_random(&seed) % 2;
        fake.refuses = stress_random(&seed) % 2 ? -EINTR : -EBUSY;
        fake.refusals_n = stress_random(&seed) % 4 == 0;
        int taken_n = fake.most > 0 && n > (int)fake.most ? (int)fake.most : n;
        if (n > 0 && fake.refusals_n > 0 && fake.refuses != -EINTR) taken_n = 0;
        run_sends(1 + (int)(stress_random(&seed) % 900), n, taken_n);
    }
}

static void kernel_that_has_no_send_has_no_batch(void **state) {
    edoi_batch *none;
    (void)state;
    memset(&fake, 0, sizeof fake);
    fake.has_no_send = true;
    assert_int_equal(edoi_batch_new(&none), -ENOTSUP);
    assert_int_equal(fake.closed, 1);
    fake.open_fails = -EPERM;
    assert_int_equal(edoi_batch_new(&none), -EPERM);
    assert_int_equal(fake.closed, 1);
    edoi_batch_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_BATCH(each_send_has_its_result),
        WITH_BATCH(what_is_not_taken_is_refused_and_taken_back),
        WITH_BATCH(refusal_is_of_all),
        WITH_BATCH(signal_before_anything_was_taken_is_not_noticed),
        WITH_BATCH(send_that_ends_late_is_awaited),
        WITH_BATCH(any_of_it_in_any_order),
        cmocka_unit_test(kernel_that_has_no_send_has_no_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
