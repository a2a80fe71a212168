/* SPDX-License-Identifier: MIT */
/* Goal: an ordinary day of a program with threads of its own: a runtime begins, its tasks call a
 * thread, the next runtime begins, the first ends amid the calls. No call is lost, none waits for
 * ever, each task says good-bye to a thread that is still there, and nothing is left.
 * Method: a hundred runtimes of all kinds, each of which ends when its successor has answered some
 * calls; counts of what was sent and of where it went. */
#include <edo/edo.h>

#include "inside.h"

#include <pthread.h>

enum { RUNTIMES = 100, CUSTOMERS = 4, CALLS = 8, INBOX = 2 };

/* A runtime with what is its own. */
typedef struct instance {
    edo_runtime *rt;
    edo_mpsc_tx *store; /* an edo_thread's inbox, as the next */
    edo_mpsc_tx *journal;
    edo_atomic_u32 sent, said_bye; /* by the customers */
    edo_atomic_u32 dropped;        /* unread */
    uint32_t kept, noted;          /* by the two threads */
    edo_sem answered;              /* a permit for each answer to a customer */
} instance;

typedef struct query {
    instance *in;
    uint32_t number;
    edo_oneshot_tx *reply;
} query;

static void count(edo_atomic_u32 *n) {
    (void)EDOI_ATOMIC_FETCH_ADD(&n->edoi_value, 1, EDOI_RELAXED);
}

static uint32_t counted(const edo_atomic_u32 *n) {
    return EDOI_ATOMIC_LOAD(&n->edoi_value, EDOI_ACQUIRE);
}

static void query_drop(void *elem) {
    query *q = elem;
    count(&q->in->dropped);
    edo_oneshot_tx_free(q->reply);
}

/* Returns the error; `*number` becomes the answer. Counts each query that the inbox has taken. */
static int call(instance *in, edo_mpsc_tx *thread, uint32_t *number) {
    query q = { .in = in, .number = *number };
    int err = edo_actor_call(thread, number, sizeof *number, &q, &q.reply);
    if (q.reply && thread == in->store) count(&in->sent);
    return err;
}

/* ---- The threads ----------------------------------------------------------------------------- */

/* A thread's own: nothing of it has a lock. */
typedef struct desk {
    instance *in;
    edo_mpsc_tx *tx; /* the one that the customers use: they have ended before the thread */
    edo_mpsc_rx *inbox;
    pthread_t thread;
    uint32_t n;
} desk;

static void desk_answer(desk *d, const query *q) {
    uint32_t answer = q->number + 1;
    CHECK(pthread_equal(d->thread, pthread_self()));
    d->n++;
    (void)edo_oneshot_send(q->reply, &answer); // a caller that was cancelled has gone
}

/* Until it is stopped, and then what is still in the inbox. */
static uint32_t desk_serve(void *arg) {
    desk *d = arg;
    query q;
    int err;
    d->thread = pthread_self();
    while ((err = edo_mpsc_recv(d->inbox, &q)) == 0) desk_answer(d, &q);
    CHECK_EQ(err, -ECANCELED);
    while (edo_mpsc_try_recv(d->inbox, &q) == 0) desk_answer(d, &q);
    uint32_t n = d->n;
    edo_mpsc_rx_free(d->inbox);
    edo_mpsc_tx_unref(d->tx);
    free(d);
    return n;
}

static int keep_the_store(void *arg) {
    instance *in = ((desk *)arg)->in;
    in->kept = desk_serve(arg);
    return 0;
}

static int keep_the_journal(void *arg) {
    instance *in = ((desk *)arg)->in;
    in->noted = desk_serve(arg);
    return 0;
}

/* Nobody joins it: the runtime's end does. */
static edo_mpsc_tx *hire(instance *in, edo_task_fn *fn, const char *name) {
    desk *d = calloc(1, sizeof *d);
    CHECK(d);
    d->in = in;
    CHECK_EQ(edo_mpsc_new(&d->tx, &d->inbox, sizeof(query), INBOX,
                          &(edo_mpsc_opts){ .drop = query_drop }),
             0);
    edo_mpsc_tx *tx = d->tx; // `d` is the thread's from here on
    CHECK_EQ(edo_thread_start(NULL, fn, d, &(edo_thread_opts){ .name = name }), 0);
    return tx;
}

/* ---- The tasks ------------------------------------------------------------------------------- */

static int deal(instance *in) {
    uint32_t number = 1;
    int err = call(in, in->store, &number);
    if (err == 0) err = call(in, in->journal, &number);
    if (err < 0) return err;
    CHECK_EQ(number, 3);
    edo_sem_release(&in->answered, 1);
    return 0;
}

/* Its runtime's end cuts it short in some call; the threads are there for its cleanup. */
static int customer(void *arg) {
    instance *in = arg;
    int err;
    while ((err = deal(in)) == 0) {
    }
    CHECK_EQ(err, -ECANCELED);
    EDO_SHIELD(sh, edo_s(PATIENCE_S));
    CHECK_EQ(deal(in), 0);
    count(&in->said_bye);
    return edo_shield_end(&sh, err);
}

static int open_for_business(void *arg) {
    instance *in = arg;
    in->store = hire(in, keep_the_store, "store");
    in->journal = hire(in, keep_the_journal, "journal");
    for (int i = 0; i < CUSTOMERS; i++) CHECK_EQ(edo_spawn_detached(customer, in), 0);
    return edo_sem_acquire(&in->answered, CALLS);
}

/* ---- The day --------------------------------------------------------------------------------- */

static void instance_begin(instance *in, const edo_runtime_opts *kind) {
    *in = (instance){ .answered = EDO_SEM_INIT(0) };
    assert_int_equal(edo_runtime_new(&in->rt, kind), 0);
    assert_int_equal(edo_run(in->rt, open_for_business, in), 0);
}

static void instance_end(instance *in) {
    assert_int_equal(edo_runtime_shutdown(in->rt, edo_s(PATIENCE_S)), 0);
    edo_runtime_free(in->rt);
    assert_int_equal(counted(&in->said_bye), CUSTOMERS);
    assert_int_equal(in->kept, counted(&in->sent));
    assert_int_equal(counted(&in->dropped), 0);
    assert_true(in->noted >= CALLS + CUSTOMERS && in->noted <= in->kept);
}

static void runtimes_with_threads_follow_each_other_amid_calls(void **state) {
    (void)state;
    instance two[2];
    instance_begin(&two[0], &kinds[0]);
    for (size_t i = 1; i < RUNTIMES; i++) {
        instance_begin(&two[i % 2], &kinds[i % KINDS_N]);
        instance_end(&two[(i - 1) % 2]);
    }
    instance_end(&two[(RUNTIMES - 1) % 2]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runtimes_with_threads_follow_each_other_amid_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
