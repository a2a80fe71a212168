/* SPDX-License-Identifier: MIT */
/* Goal: scopes, cancellation, limits, select, locks and streams keep their promises when their
 * tasks run on several workers at the same time. Method: on every kind of runtime, by the real
 * clock; no check relies on when something happens, only on what must have happened before. For the
 * sanitizers too. */
#include "inside.h"

#include <edo/edo.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define CHILDREN 12
#define ROUNDS   20

/* ---- Scopes ---------------------------------------------------------------------------------- */

typedef struct family {
    edo_sem begun;
    edo_notify never;
    edo_atomic_u32 cut_n[EDO_CANCEL_USER]; /* atomic: by cause */
} family;

#define FAMILY                                                                                     \
    { .begun = EDO_SEM_INIT(0), .never = EDO_NOTIFY_INIT }

static void add(edo_atomic_u32 *n) {
    (void)EDOI_ATOMIC_FETCH_ADD(&n->edoi_value, 1u, EDOI_RELAXED);
}

static uint32_t load(edo_atomic_u32 *n) {
    return EDOI_ATOMIC_LOAD(&n->edoi_value, EDOI_RELAXED);
}

static int wait_for_ever(void *arg) {
    family *f = arg;
    edo_sem_release(&f->begun, 1);
    int err = edo_notify_wait(&f->never);
    CHECK_EQ(err, -ECANCELED);
    add(&f->cut_n[edo_cancel_reason()]);
    return err;
}

static int fail_when_all_wait(void *arg) {
    family *f = arg;
    int err = edo_sem_acquire(&f->begun, CHILDREN);
    return err < 0 ? err : -EIO;
}

static int win_when_all_wait(void *arg) {
    int err = fail_when_all_wait(arg);
    return err == -EIO ? 17 : err;
}

static void spawn_family(edo_scope *s, family *f, edo_task_fn *last) {
    for (int i = 0; i < CHILDREN; i++) CHECK_EQ(edo_scope_spawn(s, wait_for_ever, f), 0);
    if (last) (void)edo_scope_spawn(s, last, f);
}

static int failures(void *arg) {
    (void)arg;
    for (int round = 0; round < ROUNDS; round++) {
        family f = FAMILY;
        edo_scope s;
        edo_scope_begin(&s, NULL);
        spawn_family(&s, &f, fail_when_all_wait);
        CHECK_EQ(edo_notify_wait(&f.never), -ECANCELED); // the owner too
        CHECK_EQ(edo_scope_end(&s, 0), -EIO);
        CHECK_EQ(load(&f.cut_n[EDO_CANCEL_SIBLING]), CHILDREN);
        CHECK_EQ(edo_yield(), 0);
    }
    return 0;
}

static int successes(void *arg) {
    (void)arg;
    for (int round = 0; round < ROUNDS; round++) {
        family f = FAMILY;
        edo_scope s;
        edo_scope_begin(&s, &(edo_scope_opts){ .policy = EDO_SCOPE_ANY });
        spawn_family(&s, &f, win_when_all_wait);
        CHECK_EQ(edo_scope_end(&s, 0), 17);
        CHECK_EQ(load(&f.cut_n[EDO_CANCEL_SIBLING]), CHILDREN);
    }
    return 0;
}

static void decision_of_one_child_reaches_all_others(void **state) {
    (void)state;
    assert_int_equal(inside_each(failures, NULL), 0);
    assert_int_equal(inside_each(successes, NULL), 0);
}

static int own_family(void *arg) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    spawn_family(&s, arg, NULL);
    return edo_scope_end(&s, 0);
}

static int abort_owners(void *arg) {
    (void)arg;
    for (int round = 0; round < ROUNDS; round++) {
        family f = FAMILY;
        edo_task *t = edo_spawn(own_family, &f);
        CHECK_EQ(edo_sem_acquire(&f.begun, CHILDREN), 0);
        edo_task_cancel(t);
        CHECK_EQ(edo_task_join(t), -ECANCELED);
        CHECK_EQ(load(&f.cut_n[EDO_CANCEL_ASKED]), CHILDREN);
    }
    return 0;
}

static int limit_families(void *arg) {
    (void)arg;
    for (int round = 0; round < ROUNDS; round++) {
        family f = FAMILY;
        edo_deadline d;
        edo_deadline_begin(&d, edo_us(500));
        edo_scope s;
        edo_scope_begin(&s, NULL);
        uint32_t spawned_n = 0; // the limit may be over before all are there
        while (spawned_n < CHILDREN && edo_scope_spawn(&s, wait_for_ever, &f) == 0) spawned_n++;
        CHECK_EQ(edo_deadline_end(&d, edo_scope_end(&s, 0)), -ETIMEDOUT);
        // Each has the limit itself; the first to be cut cancels the others.
        CHECK_EQ(load(&f.cut_n[EDO_CANCEL_DEADLINE]) + load(&f.cut_n[EDO_CANCEL_SIBLING]),
                 spawned_n);
    }
    return 0;
}

static void an_abort_and_a_limit_reach_children_on_other_workers(void **state) {
    (void)state;
    assert_int_equal(inside_each(abort_owners, NULL), 0);
    assert_int_equal(inside_each(limit_families, NULL), 0);
}

typedef struct crowd {
    edo_atomic_u32 alive, ran;
    uint32_t most;
} crowd;

static int live_shortly(void *arg) {
    crowd *c = arg;
    uint32_t alive = EDOI_ATOMIC_FETCH_ADD(&c->alive.edoi_value, 1u, EDOI_RELAXED) + 1;
    CHECK(alive <= c->most);
    add(&c->ran);
    int err = edo_yield();
    (void)EDOI_ATOMIC_FETCH_SUB(&c->alive.edoi_value, 1u, EDOI_RELAXED);
    return err;
}

static int some_at_once(void *arg) {
    (void)arg;
    crowd c = { .most = 7 };
    edo_scope s;
    edo_scope_begin(&s, &(edo_scope_opts){ .at_once = c.most });
    for (int i = 0; i < 500; i++) CHECK_EQ(edo_scope_spawn(&s, live_shortly, &c), 0);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    return (int)load(&c.ran);
}

static void at_once_bounds_the_children_of_all_workers_together(void **state) {
    (void)state;
    assert_int_equal(inside_each(some_at_once, NULL), 500);
}

/* ---- Select and locks ------------------------------------------------------------------------ */

#define MESSAGES 3000

static int send_numbers(void *arg) {
    edo_mpsc_tx *tx = arg;
    int err = 0;
    for (int i = 1; i <= MESSAGES && err == 0; i++) err = edo_mpsc_send(tx, &i);
    edo_mpsc_tx_unref(tx);
    return err;
}

/* The loser of each round is dropped, perhaps just when a message comes for it. */
static int select_from_two(void *arg) {
    (void)arg;
    edo_mpsc_tx *tx[2];
    edo_mpsc_rx *rx[2];
    edo_task *senders[2];
    int last[2] = { 0, 0 }, open_n = 2;
    bool open[2] = { true, true };
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(edo_mpsc_new(&tx[i], &rx[i], sizeof(int), 3, NULL), 0);
        senders[i] = edo_spawn(send_numbers, tx[i]);
    }
    while (open_n > 0) {
        edo_mpsc_recv_future f[2];
        int value[2];
        edo_future *on[2];
        for (int i = 0; i < 2; i++)
            on[i] = open[i] ? edo_mpsc_recv_init(&f[i], rx[i], &value[i]) : NULL;
        int which = edo_select_array(on, 2, 0);
        CHECK(which == 0 || which == 1);
        if (edo_result(&f[which]) == 0) {
            CHECK_EQ(value[which], ++last[which]); // none is lost, none comes twice
        } else {
            CHECK_EQ(edo_result(&f[which]), -EDO_ECLOSED);
            open[which] = false;
            open_n--;
        }
    }
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(last[i], MESSAGES);
        CHECK_EQ(edo_task_join(senders[i]), 0);
        edo_mpsc_rx_free(rx[i]);
    }
    return 0;
}

static void a_dropped_branch_loses_no_message(void **state) {
    (void)state;
    assert_int_equal(inside_each(select_from_two, NULL), 0);
}

typedef struct vault {
    edo_mutex mutex;
    uint64_t one, other; /* lock: mutex; always equal */
} vault;

/* Some stand in line only for a moment. */
static int use_vault(void *arg) {
    vault *v = arg;
    for (int i = 0; i < 300; i++) {
        edo_mutex_lock_future lock;
        int err = i % 3 == 0 ? edo_timeout(edo_mutex_lock_init(&lock, &v->mutex), edo_us(50))
                             : edo_mutex_lock(&v->mutex);
        if (err == -ETIMEDOUT) continue;
        CHECK_EQ(err, 0);
        CHECK_EQ(v->one, v->other);
        v->one++;
        if (i % 4 == 0) CHECK_EQ(edo_yield(), 0);
        v->other++;
        edo_mutex_unlock(&v->mutex);
    }
    return 0;
}

static int share_vault(void *arg) {
    (void)arg;
    vault v = { .mutex = EDO_MUTEX_INIT };
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < CHILDREN; i++) CHECK_EQ(edo_scope_spawn(&s, use_vault, &v), 0);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK_EQ(edo_mutex_try_lock(&v.mutex), 0); // no task left while it held it
    CHECK(v.one >= CHILDREN * 200 && v.one == v.other);
    return 0;
}

static void a_lock_is_held_by_one_and_never_lost(void **state) {
    (void)state;
    assert_int_equal(inside_each(share_vault, NULL), 0);
}

/* ---- The halves of a stream ------------------------------------------------------------------ */

#define BLOCK  4096
#define BLOCKS 50

typedef struct half {
    edo_stream *stream;
    edo_sem *go;
    pthread_t thread; /* where it ran, written before its end */
    unsigned char key;
} half;

static int write_half(void *arg) {
    half *self = arg;
    unsigned char block[BLOCK];
    memset(block, self->key, sizeof block);
    CHECK_EQ(edo_sem_acquire(self->go, 1), 0);
    self->thread = pthread_self();
    for (int i = 0; i < BLOCKS; i++) CHECK_EQ(edo_write_all(self->stream, block, sizeof block), 0);
    return edo_shutdown(self->stream);
}

static int read_half(void *arg) {
    half *self = arg;
    unsigned char buf[3000];
    int n, total = 0;
    CHECK_EQ(edo_sem_acquire(self->go, 1), 0);
    self->thread = pthread_self();
    while ((n = edo_read(self->stream, buf, sizeof buf)) > 0) {
        for (int i = 0; i < n; i++) CHECK_EQ(buf[i], self->key);
        total += n;
    }
    return n < 0 ? n : total;
}

static edo_task *spread(edo_task_fn *fn, half *h) {
    return edo_spawn_with(fn, h, &(edo_spawn_opts){ .spread = true });
}

/* One connection, a reader and a writer for each end. Returns how many ends had theirs on two
 * threads. */
static int one_connection(edo_listener *l, const char *addr) {
    static const edo_tcp_opts small = { .send_buffer = 8192, .recv_buffer = 8192 };
    edo_stream *ends[2];
    CHECK_EQ(edo_tcp_connect(&ends[0], addr, &small), 0);
    CHECK_EQ(edo_accept(l, &ends[1]), 0);
    edo_sem go = EDO_SEM_INIT(0);
    half w[2], r[2];
    edo_task *writers[2], *readers[2];
    for (int i = 0; i < 2; i++) {
        w[i] = (half){ .stream = ends[i], .go = &go, .key = (unsigned char)(i + 1) };
        r[i] = (half){ .stream = ends[i], .go = &go, .key = (unsigned char)(2 - i) };
        writers[i] = spread(write_half, &w[i]);
        readers[i] = spread(read_half, &r[i]);
    }
    edo_sem_release(&go, 4);
    int apart_n = 0;
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(edo_task_join(writers[i]), 0);
        CHECK_EQ(edo_task_join(readers[i]), BLOCKS * BLOCK);
        apart_n += !pthread_equal(w[i].thread, r[i].thread);
        edo_close(ends[i]);
    }
    return apart_n;
}

static int connections(void *arg) {
    uint32_t *apart_n = arg;
    edo_listener *l;
    char addr[EDO_ADDR_TEXT_MAX];
    CHECK_EQ(edo_tcp_listen(&l, "127.0.0.1:0", NULL), 0);
    (void)snprintf(addr, sizeof addr, "127.0.0.1:%u", (unsigned)edo_listener_port(l));
    for (int round = 0; round < 10; round++) *apart_n += (uint32_t)one_connection(l, addr);
    edo_listener_close(l);
    return 0;
}

static void both_halves_of_a_stream_work_on_two_workers(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS_N; i++) {
        uint32_t apart_n = 0;
        assert_int_equal(inside_with(connections, &apart_n, &kinds[i]), 0);
        bool several = kinds[i].flavor == EDO_RUNTIME_MULTI && kinds[i].workers > 1;
        assert_int_equal(apart_n > 0, several);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decision_of_one_child_reaches_all_others),
        cmocka_unit_test(an_abort_and_a_limit_reach_children_on_other_workers),
        cmocka_unit_test(at_once_bounds_the_children_of_all_workers_together),
        cmocka_unit_test(a_dropped_branch_loses_no_message),
        cmocka_unit_test(a_lock_is_held_by_one_and_never_lost),
        cmocka_unit_test(both_halves_of_a_stream_work_on_two_workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
