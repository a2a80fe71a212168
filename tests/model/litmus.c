/* SPDX-License-Identifier: MIT */
/* Goal: the checker is right. Each small test has the exact set of outcomes that C11 allows (as
 * C++20 mends it), no more and no less, with a weak and a strong form; and each kind of error is
 * found.
 *
 * An outcome is what the threads have read, written as a binary number: r1 is the highest bit. */
#include "model.h"

#include <edo/compiler.h>

#include <pthread.h>
#include <stdlib.h>

#define RLX    EDOI_MODEL_RLX
#define ACQ    EDOI_MODEL_ACQ
#define REL    EDOI_MODEL_REL
#define ACQREL EDOI_MODEL_ACQREL
#define SEQ    EDOI_MODEL_SEQ

#define LOAD(at, order)          ((unsigned)edoi_model_load(&(at), 4, order, __FILE__, __LINE__))
#define STORE(at, v, order)      edoi_model_store(&(at), 4, v, order, __FILE__, __LINE__)
#define ADD(at, v, order)        edoi_model_rmw(&(at), 4, EDOI_MODEL_ADD, v, order, __FILE__, __LINE__)
#define FENCE(order)             edoi_model_fence(order, __FILE__, __LINE__)
#define BARRIER()                edoi_model_barrier(__FILE__, __LINE__)
#define SPIN()                   edoi_model_yield(__FILE__, __LINE__)
#define CAS(at, want, v, ok, no) edoi_model_cas(&(at), 4, want, v, ok, no, __FILE__, __LINE__)

#define THREAD(name) static void name(EDOI_UNUSED void *arg)

/* All zero at the beginning of each run. */
static uint32_t x, y, z;
static unsigned r1, r2, r3, r4;
static int plain;
static int *shared;

/* Orders of a test: of its stores and of its loads. */
typedef struct orders {
    int store, load;
} orders;

static orders rlx = { RLX, RLX }, relacq = { REL, ACQ }, rel_only = { REL, RLX },
              acq_only = { RLX, ACQ }, seq = { SEQ, SEQ }, seq_loads = { RLX, SEQ };

static const orders *o_of(const void *arg) {
    return arg;
}

static unsigned bits(unsigned n) {
    unsigned r[] = { r1, r2, r3, r4 }, number = 0;
    for (unsigned i = 0; i < n; i++) number = number * 2 + r[i];
    return number;
}

static void two(edoi_model_thread_fn *a, edoi_model_thread_fn *b, orders *o) {
    edoi_model_start(a, o);
    edoi_model_start(b, o);
    edoi_model_wait();
}

/* ---- Store buffering: may both look past each other? ----------------------------------------- */

THREAD(sb_left) {
    STORE(x, 1, o_of(arg)->store);
    r1 = LOAD(y, o_of(arg)->load);
}
THREAD(sb_right) {
    STORE(y, 1, o_of(arg)->store);
    r2 = LOAD(x, o_of(arg)->load);
}
static void sb(orders *o) {
    two(sb_left, sb_right, o);
    edoi_model_outcome(bits(2));
}
static void sb_rlx(void) {
    sb(&rlx);
}
static void sb_relacq(void) {
    sb(&relacq);
}
static void sb_seq(void) {
    sb(&seq);
}
static void sb_seq_loads(void) {
    sb(&seq_loads);
}

THREAD(sb_fence_left) {
    STORE(x, 1, RLX);
    FENCE(o_of(arg)->store);
    r1 = LOAD(y, RLX);
}
THREAD(sb_fence_right) {
    STORE(y, 1, RLX);
    FENCE(SEQ);
    r2 = LOAD(x, RLX);
}
static void sb_fences(void) {
    two(sb_fence_left, sb_fence_right, &seq);
    edoi_model_outcome(bits(2));
}
static void sb_weak_fence(void) {
    static orders acqrel = { ACQREL, RLX };
    two(sb_fence_left, sb_fence_right, &acqrel);
    edoi_model_outcome(bits(2));
}
/* A barrier in all threads on one side, nothing on the other; and on neither. */
THREAD(sb_barrier_right) {
    STORE(y, 1, RLX);
    BARRIER();
    r2 = LOAD(x, RLX);
}
static void sb_barrier(void) {
    two(sb_left, sb_barrier_right, &rlx);
    edoi_model_outcome(bits(2));
}
/* A thread that does not see what came before the barrier does not see what comes after it. */
THREAD(load_y_then_x) {
    r1 = LOAD(y, RLX);
    r2 = LOAD(x, RLX);
}
THREAD(store_x_barrier_store_y) {
    STORE(x, 1, RLX);
    BARRIER();
    STORE(y, 1, RLX);
}
static void mp_barrier(void) {
    two(store_x_barrier_store_y, load_y_then_x, &rlx);
    edoi_model_outcome(bits(2));
}
/* It orders, but what one thread did does not happen before what another does after it. */
THREAD(write_plain) {
    plain = 1;
    STORE(x, 1, RLX);
}
static void barrier_for_plain(void) {
    edoi_model_start(write_plain, NULL);
    BARRIER();
    if (LOAD(x, RLX)) plain = 2;
    edoi_model_wait();
}

/* A fence on one side, sequentially consistent accesses on the other; and where the load is
 * weaker. */
static void sb_fence_and_seq(void) {
    two(sb_left, sb_fence_right, &seq);
    edoi_model_outcome(bits(2));
}
static void sb_fence_and_seq_store(void) {
    static orders o = { SEQ, ACQ };
    two(sb_left, sb_fence_right, &o);
    edoi_model_outcome(bits(2));
}

/* With read-modify-writes, as the scheduler's sleep against injection. */
THREAD(sb_rmw_left) {
    (void)ADD(x, 1, o_of(arg)->store);
    r1 = LOAD(y, o_of(arg)->load);
}
THREAD(sb_rmw_right) {
    (void)ADD(y, 1, o_of(arg)->store);
    r2 = LOAD(x, o_of(arg)->load);
}
static void sb_rmw_seq(void) {
    two(sb_rmw_left, sb_rmw_right, &seq);
    edoi_model_outcome(bits(2));
}
static void sb_rmw_acqrel(void) {
    static orders o = { ACQREL, ACQ };
    two(sb_rmw_left, sb_rmw_right, &o);
    edoi_model_outcome(bits(2));
}

/* ---- Message passing: is what was written before seen behind the flag? ----------------------- */

THREAD(mp_left) {
    STORE(x, 1, RLX);
    STORE(y, 1, o_of(arg)->store);
}
THREAD(mp_right) {
    r1 = LOAD(y, o_of(arg)->load);
    r2 = LOAD(x, RLX);
}
static void mp(orders *o) {
    two(mp_left, mp_right, o);
    edoi_model_outcome(bits(2));
}
static void mp_rlx(void) {
    mp(&rlx);
}
static void mp_relacq(void) {
    mp(&relacq);
}
static void mp_rel_only(void) {
    mp(&rel_only);
}
static void mp_acq_only(void) {
    mp(&acq_only);
}
THREAD(mp_fence_left) {
    STORE(x, 1, RLX);
    FENCE(o_of(arg)->store);
    STORE(y, 1, RLX);
}
THREAD(mp_fence_right) {
    r1 = LOAD(y, RLX);
    FENCE(o_of(arg)->load);
    r2 = LOAD(x, RLX);
}
static void mp_fences(void) {
    two(mp_fence_left, mp_fence_right, &relacq);
    edoi_model_outcome(bits(2));
}
static void mp_wrong_fences(void) {
    static orders o = { ACQ, REL };
    two(mp_fence_left, mp_fence_right, &o);
    edoi_model_outcome(bits(2));
}

/* ---- Load buffering: both only where a model asks for loads that answer later stores --------- */

THREAD(lb_left) {
    r1 = LOAD(y, o_of(arg)->load);
    STORE(x, 1, o_of(arg)->store);
}
THREAD(lb_right) {
    r2 = LOAD(x, o_of(arg)->load);
    STORE(y, 1, o_of(arg)->store);
}
static void lb_rlx(void) {
    two(lb_left, lb_right, &rlx);
    edoi_model_outcome(bits(2));
}
static void lb_rel_only(void) {
    two(lb_left, lb_right, &rel_only);
    edoi_model_outcome(bits(2));
}
static void lb_relacq(void) {
    two(lb_left, lb_right, &relacq);
    edoi_model_outcome(bits(2));
}

/* Nothing comes out of thin air. */
THREAD(lb_if_left) {
    r1 = LOAD(x, RLX);
    if (r1) STORE(y, 1, RLX);
}
THREAD(lb_if_right) {
    r2 = LOAD(y, RLX);
    if (r2) STORE(x, 1, RLX);
}
static void lb_if(void) {
    two(lb_if_left, lb_if_right, NULL);
    edoi_model_outcome(bits(2));
}

/* A thread does not read what it writes afterwards, but may read another thread's store that is put
 * between. */
THREAD(read_then_write) {
    r1 = LOAD(x, RLX);
    STORE(x, 1, RLX);
}
THREAD(write_between) {
    STORE(x, 2, RLX);
}
static void read_write(void) {
    two(read_then_write, write_between, NULL);
    edoi_model_outcome(r1);
}

/* Found only by a guess, and only once it has come true. */
THREAD(lb_fails_left) {
    r1 = LOAD(y, RLX);
    STORE(x, 1, RLX);
    MODEL_CHECK(r1 != 1);
}
THREAD(lb_fails_right) {
    r2 = LOAD(x, RLX);
    STORE(y, r2 ? 1 : 2, RLX);
}
static void lb_fails(void) {
    two(lb_fails_left, lb_fails_right, NULL);
}

/* ---- Independent reads of independent writes: do two readers agree on the order? ------------- */

THREAD(iriw_x) {
    STORE(x, 1, o_of(arg)->store);
}
THREAD(iriw_y) {
    STORE(y, 1, o_of(arg)->store);
}
THREAD(iriw_xy) {
    r1 = LOAD(x, o_of(arg)->load);
    r2 = LOAD(y, o_of(arg)->load);
}
static void iriw(orders *o) {
    edoi_model_start(iriw_x, o);
    edoi_model_start(iriw_y, o);
    edoi_model_start(iriw_xy, o);
    r3 = LOAD(y, o->load);
    r4 = LOAD(x, o->load);
    edoi_model_wait();
    edoi_model_outcome(bits(4));
}
static void iriw_rlx(void) {
    iriw(&rlx);
}
static void iriw_relacq(void) {
    iriw(&relacq);
}
static void iriw_seq(void) {
    iriw(&seq);
}
static void iriw_seq_loads(void) {
    iriw(&seq_loads);
}
THREAD(iriw_fence_xy) {
    r1 = LOAD(x, RLX);
    FENCE(SEQ);
    r2 = LOAD(y, RLX);
}
static void iriw_fences(void) {
    edoi_model_start(iriw_x, &rlx);
    edoi_model_start(iriw_y, &rlx);
    edoi_model_start(iriw_fence_xy, NULL);
    r3 = LOAD(y, RLX);
    FENCE(SEQ);
    r4 = LOAD(x, RLX);
    edoi_model_wait();
    edoi_model_outcome(bits(4));
}

/* ---- Sequentially consistent, but of what order between threads? ----------------------------- */

/* Only a relaxed word tells the reader that x was stored: its load of x may come before that
 * word's. */
THREAD(passed_left) {
    STORE(x, 1, SEQ);
    STORE(y, 1, o_of(arg)->store);
}
THREAD(passed_right) {
    r1 = LOAD(y, o_of(arg)->load);
    r2 = LOAD(x, SEQ);
}
static void passed(orders *o) {
    two(passed_left, passed_right, o);
    edoi_model_outcome(bits(2));
}
static void passed_rlx(void) {
    passed(&rlx);
}
static void passed_relacq(void) {
    passed(&relacq);
}
static void passed_seq(void) {
    passed(&seq);
}

/* Store buffering with a step between: the two threads know of each other by way of two words. */
THREAD(chain_left) {
    STORE(x, 1, SEQ);
    r1 = LOAD(y, SEQ);
}
THREAD(chain_middle) {
    STORE(y, 1, SEQ);
    STORE(z, 1, o_of(arg)->store);
}
THREAD(chain_right) {
    r2 = LOAD(z, o_of(arg)->load);
    r3 = LOAD(x, SEQ);
}
static void chain(orders *o) {
    edoi_model_start(chain_left, o);
    edoi_model_start(chain_middle, o);
    edoi_model_start(chain_right, o);
    edoi_model_wait();
    edoi_model_outcome(bits(3));
}
static void chain_rlx(void) {
    chain(&rlx);
}
static void chain_relacq(void) {
    chain(&relacq);
}

/* P0668's Z6.U: the release store itself, read by an acquire that is not sequentially consistent on
 * both sides, binds S to nothing; r1 = 1, r2 = 3 (of y), r3 = 0 is allowed. */
THREAD(z6_left) {
    STORE(x, 1, SEQ);
    STORE(y, 1, o_of(arg)->store);
}
THREAD(z6_middle) {
    r1 = (unsigned)ADD(y, 1, SEQ);
    r2 = LOAD(y, RLX);
}
THREAD(z6_right) {
    STORE(y, 3, SEQ);
    r3 = LOAD(x, SEQ);
}
static void z6(orders *o) {
    edoi_model_start(z6_left, o);
    edoi_model_start(z6_middle, o);
    edoi_model_start(z6_right, o);
    edoi_model_wait();
    edoi_model_outcome(r1 == 1 && r2 == 3 && r3 == 0);
}
static void z6_rel(void) {
    z6(&relacq);
}
static void z6_seq(void) {
    z6(&seq);
}

/* ---- Coherence ------------------------------------------------------------------------------- */

THREAD(read_twice) {
    r1 = LOAD(x, RLX);
    r2 = LOAD(x, RLX);
}
static void read_read(void) {
    two(iriw_x, read_twice, &rlx);
    edoi_model_outcome(bits(2));
}
THREAD(write_two) {
    STORE(x, 2, RLX);
}
static void write_read(void) {
    edoi_model_start(write_two, NULL);
    STORE(x, 1, RLX);
    r1 = LOAD(x, RLX);
    edoi_model_wait();
    edoi_model_outcome(r1);
}
/* What was read before a release is not older behind the acquire, though it was read relaxed. */
THREAD(pass_on) {
    r1 = LOAD(x, o_of(arg)->load);
    STORE(y, 1, REL);
}
static void read_read_across(void) {
    edoi_model_start(iriw_x, &rlx);
    edoi_model_start(pass_on, &rlx);
    r2 = LOAD(y, ACQ);
    r3 = LOAD(x, RLX);
    edoi_model_wait();
    edoi_model_outcome(bits(3));
}
/* Cause and effect through a third thread: needs its acquire. */
THREAD(cause) {
    STORE(z, 1, RLX);
    STORE(x, 1, REL);
}
static void causality(orders *o) {
    edoi_model_start(cause, NULL);
    edoi_model_start(pass_on, o);
    r2 = LOAD(y, ACQ);
    r3 = LOAD(z, RLX);
    edoi_model_wait();
    edoi_model_outcome(bits(3));
}
static void causality_acq(void) {
    causality(&acq_only);
}
static void causality_rlx(void) {
    causality(&rlx);
}
/* The order of two stores to each of two words. The weak outcome (both first) is not explored. */
THREAD(w22_left) {
    STORE(x, 1, RLX);
    STORE(y, 2, RLX);
}
THREAD(w22_right) {
    STORE(y, 1, RLX);
    STORE(x, 2, RLX);
}
static void write_write(void) {
    two(w22_left, w22_right, &rlx);
    edoi_model_outcome((LOAD(x, RLX) - 1) * 2 + LOAD(y, RLX) - 1);
}

/* ---- Release sequences and read-modify-writes ------------------------------------------------ */

THREAD(head) {
    STORE(z, 1, RLX);
    STORE(x, 1, REL);
}
THREAD(add_one) {
    (void)ADD(x, 1, RLX);
}
THREAD(store_behind) {
    if (LOAD(x, RLX) == 1) STORE(x, 2, RLX);
}
static void sequence(edoi_model_thread_fn *second) {
    edoi_model_start(head, NULL);
    edoi_model_start(second, NULL);
    r1 = LOAD(x, ACQ);
    r2 = LOAD(z, RLX);
    edoi_model_wait();
    edoi_model_outcome(r1 * 2 + r2);
}
static void sequence_rmw(void) {
    sequence(add_one);
}
static void sequence_store(void) {
    sequence(store_behind);
}
static void adds_are_not_lost(void) {
    two(add_one, add_one, NULL);
    MODEL_CHECK(LOAD(x, RLX) == 2);
}
THREAD(win) {
    uint64_t want = 0;
    unsigned *won = arg;
    *won = CAS(x, &want, 1, RLX, RLX);
}
static void one_cas_wins(void) {
    edoi_model_start(win, &r1);
    edoi_model_start(win, &r2);
    edoi_model_wait();
    edoi_model_outcome(bits(2));
}
/* The order of a compare-and-exchange that fails; it may return an old value. */
static void cas_fails(int no) {
    uint64_t want = 7;
    edoi_model_start(head, NULL);
    MODEL_CHECK(!CAS(x, &want, 8, ACQREL, no));
    r1 = (unsigned)want;
    r2 = LOAD(z, RLX);
    edoi_model_wait();
    edoi_model_outcome(bits(2));
}
static void cas_fails_acq(void) {
    cas_fails(ACQ);
}
static void cas_fails_rlx(void) {
    cas_fails(RLX);
}

/* ---- Each kind of error is found ------------------------------------------------------------- */

THREAD(publish) {
    plain = 1;
    STORE(y, 1, o_of(arg)->store);
}
THREAD(consume) {
    if (LOAD(y, o_of(arg)->load)) r1 = (unsigned)plain;
}
static void data_relacq(void) {
    two(publish, consume, &relacq);
    edoi_model_outcome(r1);
}
static void data_rel_only(void) {
    two(publish, consume, &rel_only);
}
static void data_acq_only(void) {
    two(publish, consume, &acq_only);
}
THREAD(use) {
    *(int *)arg = 1;
}
static void used_after_free(void) {
    shared = malloc(sizeof *shared);
    edoi_model_start(use, shared);
    free(shared);
    edoi_model_wait();
}

THREAD(lock_once) {
    (void)pthread_mutex_lock(arg);
    (void)pthread_mutex_unlock(arg);
}
/* The mutex's own memory: the other thread touches nothing else. */
static void locked_after_free(void) {
    struct box {
        pthread_mutex_t mutex;
    } *box = malloc(sizeof *box);
    (void)pthread_mutex_init(&box->mutex, NULL);
    edoi_model_start(lock_once, &box->mutex);
    free(box);
    edoi_model_wait();
}

static pthread_mutex_t mutexes[2];
THREAD(lock_both) {
    unsigned first = *(unsigned *)arg;
    (void)pthread_mutex_lock(&mutexes[first]);
    (void)pthread_mutex_lock(&mutexes[!first]);
    plain++;
    (void)pthread_mutex_unlock(&mutexes[!first]);
    (void)pthread_mutex_unlock(&mutexes[first]);
}
static void locks_in_order(void) {
    edoi_model_start(lock_both, &r1);
    edoi_model_start(lock_both, &r2);
    edoi_model_wait();
    MODEL_CHECK(plain == 2);
}
static void locks_crossed(void) {
    r2 = 1;
    locks_in_order();
}
static void *add_plainly(void *arg) {
    plain += *(int *)arg;
    return NULL;
}
/* Threads that the code under test makes by itself: the join orders. */
static void threads_made_and_joined(void) {
    static int one = 1, two = 2;
    pthread_t thread;
    for (int i = 0; i < 2; i++) {
        MODEL_CHECK(pthread_create(&thread, NULL, add_plainly, i == 0 ? &one : &two) == 0);
        MODEL_CHECK(pthread_join(thread, NULL) == 0);
    }
    MODEL_CHECK(plain == 3);
}
static void threads_not_joined(void) {
    static int one = 1;
    pthread_t thread;
    MODEL_CHECK(pthread_create(&thread, NULL, add_plainly, &one) == 0);
    plain++;
    edoi_model_wait();
}
THREAD(spin_until_set) {
    while (LOAD(y, o_of(arg)->load) == 0) SPIN();
    r1 = (unsigned)plain;
}
static void spin_ends(void) {
    two(publish, spin_until_set, &relacq);
    edoi_model_outcome(r1);
}
static void spin_for_ever(void) {
    edoi_model_start(spin_until_set, &relacq);
    edoi_model_wait();
}

/* Waits for a condition that is never signalled. */
THREAD(sleep_for_good) {
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
    r1 = LOAD(x, RLX);
    (void)pthread_mutex_lock(&mutex);
    (void)pthread_cond_wait(&never, &mutex);
}
static void left_asleep(void) {
    edoi_model_start(sleep_for_good, NULL);
    STORE(x, 1, RLX);
    edoi_model_wait_asleep();
    edoi_model_outcome(r1);
}
static void not_left_asleep(void) {
    edoi_model_start(sleep_for_good, NULL);
    edoi_model_wait();
}

/* Round and round, without a promise to wait: ends, since a store is seen in the end. */
THREAD(round_until_set) {
    while (LOAD(x, RLX) == 0) MODEL_AROUND();
}
static void around_ends(void) {
    edoi_model_start(round_until_set, NULL);
    STORE(x, 1, RLX);
    edoi_model_wait();
}
static void around_for_ever(void) {
    edoi_model_start(round_until_set, NULL);
    edoi_model_wait();
}
THREAD(set_y) {
    STORE(y, 1, SEQ);
}
/* A model in which no two threads race is a mistake of its author. */
static void threads_meet_nowhere(void) {
    edoi_model_start(set_y, NULL);
    STORE(x, 1, SEQ);
    edoi_model_wait();
}
static void check_fails(void) {
    two(sb_left, sb_right, &rlx);
    MODEL_CHECK(r1 || r2);
}

/* Each run writes elsewhere, to pages that no run before has written, and to those. */
#define PAGES     64
#define PAGE_INTS 1024

static uint32_t pages[PAGES * PAGE_INTS];

THREAD(writes_a_page) {
    pages[MODEL_CHOOSE(PAGES) * PAGE_INTS] = 1;
}

static void statics_begin_anew(void) {
    for (unsigned i = 0; i < PAGES; i++) MODEL_CHECK(pages[i * PAGE_INTS] == 0);
    pages[0] = 1;
    edoi_model_start(writes_a_page, NULL);
    edoi_model_wait();
}

static const edoi_model models[] = {
    { .name = "store_buffering_rlx", .fn = sb_rlx, .outcomes = 0xf },
    { .name = "store_buffering_relacq", .fn = sb_relacq, .outcomes = 0xf },
    { .name = "store_buffering_seq_loads", .fn = sb_seq_loads, .outcomes = 0xf },
    { .name = "store_buffering_seq", .fn = sb_seq, .outcomes = 0xe },
    { .name = "store_buffering_fences", .fn = sb_fences, .outcomes = 0xe },
    { .name = "store_buffering_weak_fence", .fn = sb_weak_fence, .outcomes = 0xf },
    { .name = "store_buffering_fence_and_seq", .fn = sb_fence_and_seq, .outcomes = 0xe },
    { .name = "store_buffering_fence_and_seq_store",
      .fn = sb_fence_and_seq_store,
      .outcomes = 0xf },
    { .name = "store_buffering_barrier", .fn = sb_barrier, .outcomes = 0xe },
    { .name = "message_passing_barrier", .fn = mp_barrier, .outcomes = 0xb },
    { .name = "data_barrier", .fn = barrier_for_plain, .fails = "race: plain" },
    { .name = "store_buffering_rmw_seq", .fn = sb_rmw_seq, .outcomes = 0xe },
    { .name = "store_buffering_rmw_acqrel", .fn = sb_rmw_acqrel, .outcomes = 0xf },
    { .name = "message_passing_rlx", .fn = mp_rlx, .outcomes = 0xf },
    { .name = "message_passing_relacq", .fn = mp_relacq, .outcomes = 0xb },
    { .name = "message_passing_rel_only", .fn = mp_rel_only, .outcomes = 0xf },
    { .name = "message_passing_acq_only", .fn = mp_acq_only, .outcomes = 0xf },
    { .name = "message_passing_fences", .fn = mp_fences, .outcomes = 0xb },
    { .name = "message_passing_wrong_fences", .fn = mp_wrong_fences, .outcomes = 0xf },
    { .name = "load_buffering_rlx", .fn = lb_rlx, .outcomes = 0x7 },
    { .name = "load_buffering_relacq", .fn = lb_relacq, .outcomes = 0x7 },
    { .name = "later_loads_rlx", .fn = lb_rlx, .outcomes = 0xf, .later_loads = true },
    { .name = "later_loads_rel_only", .fn = lb_rel_only, .outcomes = 0xf, .later_loads = true },
    { .name = "later_loads_relacq", .fn = lb_relacq, .outcomes = 0x7, .later_loads = true },
    { .name = "later_loads_if",
      .fn = lb_if,
      .outcomes = 0x1,
      .later_loads = true,
      .one_way = true },
    { .name = "later_loads_same_word", .fn = read_write, .outcomes = 0x5, .later_loads = true },
    { .name = "later_loads_fail", .fn = lb_fails, .fails = "r1 != 1", .later_loads = true },
    { .name = "iriw_rlx", .fn = iriw_rlx, .outcomes = 0xffff },
    { .name = "iriw_relacq", .fn = iriw_relacq, .outcomes = 0xffff },
    { .name = "iriw_seq", .fn = iriw_seq, .outcomes = 0xfbff },
    { .name = "iriw_seq_loads", .fn = iriw_seq_loads, .outcomes = 0xfbff },
    { .name = "iriw_fences", .fn = iriw_fences, .outcomes = 0xfbff },
    { .name = "seq_passed_rlx", .fn = passed_rlx, .outcomes = 0xf },
    { .name = "seq_passed_relacq", .fn = passed_relacq, .outcomes = 0xb },
    { .name = "seq_passed_seq", .fn = passed_seq, .outcomes = 0xb },
    { .name = "seq_chain_rlx", .fn = chain_rlx, .outcomes = 0xff },
    { .name = "seq_chain_relacq", .fn = chain_relacq, .outcomes = 0xfb },
    { .name = "seq_z6_rel", .fn = z6_rel, .outcomes = 0x3 },
    { .name = "seq_z6_seq", .fn = z6_seq, .outcomes = 0x1 },
    { .name = "coherence_read_read", .fn = read_read, .outcomes = 0xb },
    { .name = "coherence_write_read", .fn = write_read, .outcomes = 0x6 },
    { .name = "coherence_read_read_across", .fn = read_read_across, .outcomes = 0xbf },
    { .name = "coherence_write_write", .fn = write_write, .outcomes = 0xe },
    { .name = "causality_acq", .fn = causality_acq, .outcomes = 0xbf },
    { .name = "causality_rlx", .fn = causality_rlx, .outcomes = 0xff },
    { .name = "release_sequence_rmw", .fn = sequence_rmw, .outcomes = 0x2f },
    { .name = "release_sequence_store", .fn = sequence_store, .outcomes = 0x3b },
    MODEL(adds_are_not_lost),
    { .name = "one_cas_wins", .fn = one_cas_wins, .outcomes = 0x6 },
    { .name = "cas_fails_acq", .fn = cas_fails_acq, .outcomes = 0xb },
    { .name = "cas_fails_rlx", .fn = cas_fails_rlx, .outcomes = 0xf },
    { .name = "data_relacq", .fn = data_relacq, .outcomes = 0x3 },
    { .name = "data_rel_only", .fn = data_rel_only, .fails = "race: plain read" },
    { .name = "data_acq_only", .fn = data_acq_only, .fails = "race: plain read" },
    { .name = "used_after_free", .fn = used_after_free, .fails = "use after free" },
    { .name = "locked_after_free", .fn = locked_after_free, .fails = "use after free" },
    MODEL(locks_in_order),
    { .name = "locks_crossed", .fn = locks_crossed, .fails = "nobody can go on" },
    { .name = "threads_made_and_joined", .fn = threads_made_and_joined, .one_way = true },
    { .name = "threads_not_joined", .fn = threads_not_joined, .fails = "race: plain" },
    { .name = "spin_ends", .fn = spin_ends, .outcomes = 0x2 },
    { .name = "spin_for_ever", .fn = spin_for_ever, .fails = "nobody can go on" },
    { .name = "left_asleep", .fn = left_asleep, .outcomes = 0x3 },
    { .name = "not_left_asleep", .fn = not_left_asleep, .fails = "nobody can go on" },
    MODEL(around_ends),
    { .name = "around_for_ever", .fn = around_for_ever, .fails = "nobody can go on" },
    { .name = "one_turn", .fn = iriw_rlx, .outcomes = 0xb151, .turns_max = 1 },
    { .name = "threads_meet_nowhere", .fn = threads_meet_nowhere, .fails = "meet nowhere" },
    MODEL(statics_begin_anew),
    { .name = "check_fails", .fn = check_fails, .fails = "r1 || r2" },
};

int main(int argc, char **argv) {
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
