/* SPDX-License-Identifier: MIT */
/* Goal: a delay queue keeps its delays in order, its keys exact, and its waiter armed for the
 *       earliest, through every insert, reset, removal and failed allocation.
 * Method: the generic leaf tests, with a delay that passes, an earlier insert, and an empty queue;
 * long random runs compared with an array kept by the test. */
#include "driver/wheel.h"
#include "runtime/thread/by_hand_test.h"
#include "time/delayq.h"

#include <edo/edo.h>

#include "broken.h"
#include "leaf.h"

/* ---- Leaves ---------------------------------------------------------------------------------- */

static int sooner, later;

typedef struct env {
    edo_runtime *rt;
    edo_delayq q;
    edo_delayq_key key;
    edo_delayq_due_next_future f;
    void *value;
    size_t len; /* at the end: nothing was lost */
} env;

/* The runtime of the current case: polls get its worker. */
static edo_runtime *current;

static edo_polled poll_inside(edo_future *f, edo_cx *cx) {
    cx->worker = edoi_by_hand_worker(current);
    return edo_poll(f, cx);
}

static edo_runtime *runtime_of(void *arg) {
    return ((env *)arg)->rt;
}

static edo_instant after_ms(const env *e, int64_t ms) {
    edo_instant at = { edoi_by_hand_now_ns(e->rt) + ms * EDOI_WHEEL_TICK_NS };
    return at;
}

static int make(void *arg, edo_future **f, int64_t ms, size_t len) {
    env *e = arg;
    int err = edo_runtime_new(&e->rt, &(edo_runtime_opts){ .start_paused = true });
    if (err < 0) return err;
    current = e->rt;
    e->len = len;
    err = edo_delayq_insert_at(&e->q, &e->key, &later, after_ms(e, ms));
    if (err < 0) {
        edo_runtime_free(e->rt);
        return err;
    }
    *f = edo_delayq_due_next_init(&e->f, &e->q, &e->value);
    return 0;
}

static int make_near(void *arg, edo_future **f) {
    return make(arg, f, 10, 1);
}

static int make_far(void *arg, edo_future **f) {
    return make(arg, f, 100000, 2);
}

static int make_emptied(void *arg, edo_future **f) {
    return make(arg, f, 10, 0);
}

static void advance(void *arg) {
    edoi_by_hand_advance(((env *)arg)->rt, 20);
}

static void insert_sooner(void *arg) {
    env *e = arg;
    assert_int_equal(edo_delayq_insert_at(&e->q, NULL, &sooner, after_ms(e, 0)), 0);
}

static void reset_to_now(void *arg) {
    env *e = arg;
    assert_int_equal(edo_delayq_insert_at(&e->q, NULL, &sooner, after_ms(e, 200000)), 0);
    assert_int_equal(edo_delayq_reset_at(&e->q, e->key, after_ms(e, 0)), 0);
}

static void remove_last(void *arg) {
    env *e = arg;
    assert_int_equal(edo_delayq_remove(&e->q, e->key, &e->value), 0);
    assert_ptr_equal(e->value, &later);
}

/* The future gave out a value. */
static void put_back(void *arg) {
    env *e = arg;
    assert_true(e->value == &sooner || e->value == &later);
    assert_int_equal(edo_delayq_insert_at(&e->q, NULL, e->value, after_ms(e, 0)), 0);
}

static void nothing_is_lost(void *arg) {
    env *e = arg;
    assert_int_equal(edo_delayq_len(&e->q), e->len);
    assert_null(e->q.waiters.first);
    edoi_wheel_check(edoi_by_hand_wheel(e->rt));
    assert_int_equal(edoi_wheel_armed_n(edoi_by_hand_wheel(e->rt)), 0);
}

static void cleanup(void *arg) {
    env *e = arg;
    edo_delayq_deinit(&e->q);
    edo_runtime_free(e->rt);
}

static void next_is_a_good_leaf(void **state) {
    (void)state;
    const leaf leaves[] = {
        { .name = "edo_delayq_due_next",
          .make = make_near,
          .poke = advance,
          .undo = put_back,
          .result = 1 },
        { .name = "sooner",
          .make = make_far,
          .poke = insert_sooner,
          .undo = put_back,
          .result = 1 },
        { .name = "reset", .make = make_far, .poke = reset_to_now, .undo = put_back, .result = 1 },
        { .name = "emptied", .make = make_emptied, .poke = remove_last },
    };
    for (size_t i = 0; i < EDO_COUNT(leaves); i++) {
        leaf l = leaves[i];
        l.env_bytes = sizeof(env);
        l.poll = poll_inside;
        l.runtime = runtime_of;
        l.intact = nothing_is_lost;
        l.cleanup = cleanup;
        leaf_run(&l);
    }
}

/* A waiter that sees, when it is marked and when it is woken, whether the key was there. */
typedef struct key_watch {
    edo_waker base; /* first */
    const edo_delayq_key *key;
    int marked_n, late_n;
} key_watch;

static edo_waker *key_watch_mark(edo_waker *w) {
    key_watch *self = (key_watch *)(void *)w;
    self->marked_n++;
    self->late_n += self->key->seq == 0;
    return NULL;
}

static void key_watch_nothing(edo_waker *w) {
    (void)w;
}

static void key_is_stored_before_a_waiter_is_woken(void **state) {
    (void)state;
    static const edo_waker_ops ops = { key_watch_mark, key_watch_nothing, key_watch_nothing,
                                       key_watch_nothing };
    env e = { 0 };
    edo_delayq_key key = { 0, 0 };
    key_watch w = { .base.ops = &ops, .key = &key };
    edo_cx cx = { .waker = &w.base, .budget = EDO_BUDGET };
    edo_future *f = NULL;
    assert_int_equal(make_far(&e, &f), 0);
    assert_int_equal(poll_inside(f, &cx), EDO_PENDING);
    assert_int_equal(edo_delayq_insert_at(&e.q, &key, &key, after_ms(&e, 0)), 0);
    assert_int_equal(w.marked_n, 1);
    assert_int_equal(w.late_n, 0);
    assert_int_equal(poll_inside(f, &cx), EDO_READY);
    assert_ptr_equal(e.value, &key);
    cleanup(&e);
}

static void next_needs_a_runtime_and_leaves_no_timer_without_one(void **state) {
    (void)state;
    env e = { 0 };
    edo_future *f = NULL;
    edo_cx inside = { .waker = edo_waker_noop(), .budget = EDO_BUDGET }, nowhere = inside;
    assert_int_equal(make_near(&e, &f), 0);
    assert_int_equal(poll_inside(f, &inside), EDO_PENDING);
    assert_int_equal(edo_poll(f, &nowhere), EDO_READY);
    assert_int_equal(f->result, -EDO_ENORUNTIME);
    nothing_is_lost(&e);
    cleanup(&e);
}

/* A waiter behind the first takes its place, whichever way the first leaves. */
static void second_in_line_becomes_the_first(void **state) {
    (void)state;
    enum { TAKES, IS_DROPPED, LOSES_ITS_RUNTIME, WAYS };
    for (int way = 0; way < WAYS; way++) {
        env e = { 0 };
        hand_waker w1 = HAND_WAKER, w2 = HAND_WAKER;
        edo_delayq_due_next_future second;
        void *value = NULL;
        edo_future *f = NULL, *g = edo_delayq_due_next_init(&second, &e.q, &value);
        edo_cx c1 = hand_cx(&w1, EDO_BUDGET), c2 = hand_cx(&w2, EDO_BUDGET), nowhere = c1;
        assert_int_equal(make_near(&e, &f), 0);
        assert_int_equal(edo_delayq_insert_at(&e.q, NULL, &sooner, after_ms(&e, 15)), 0);
        assert_int_equal(poll_inside(f, &c1), EDO_PENDING);
        assert_int_equal(poll_inside(g, &c2), EDO_PENDING);
        assert_int_equal(edoi_wheel_armed_n(edoi_by_hand_wheel(e.rt)), 1); // of the first
        if (way == TAKES) {
            advance(&e);
            assert_int_equal(hand_woken(&w2), 0);
            assert_int_equal(poll_inside(f, &c1), EDO_READY);
            assert_ptr_equal(e.value, &later);
        } else if (way == IS_DROPPED) {
            edo_drop(f);
        } else {
            assert_int_equal(edo_poll(f, &nowhere), EDO_READY);
        }
        assert_int_equal(hand_woken(&w2), 1);
        if (way != TAKES) {
            assert_int_equal(poll_inside(g, &c2), EDO_PENDING);
            assert_int_equal(edoi_wheel_armed_n(edoi_by_hand_wheel(e.rt)), 1);
            advance(&e);
            assert_int_equal(hand_woken(&w2), 2);
        }
        assert_int_equal(poll_inside(g, &c2), EDO_READY);
        assert_ptr_equal(value, way == TAKES ? &sooner : &later);
        e.len = way == TAKES ? 0 : 1;
        nothing_is_lost(&e);
        cleanup(&e);
    }
}

/* ---- Against a reference --------------------------------------------------------------------- */

#define MOST  200
#define SPAN  50 /* instants: many are equal */
#define STEPS 100000

/* A delay as the test knows it; `value` points to it. */
typedef struct known {
    edo_delayq_key key;
    int64_t at;
    uint64_t seq; /* 0: not in the queue */
} known;

typedef struct model {
    edo_delayq q;
    known all[MOST];
    uint64_t seq, random;
    size_t len;
} model;

static uint32_t below(model *m, uint32_t n) {
    m->random ^= m->random << 13;
    m->random ^= m->random >> 7;
    m->random ^= m->random << 17;
    return (uint32_t)(m->random >> 32) % n;
}

static known *earliest(model *m) {
    known *first = NULL;
    for (size_t i = 0; i < MOST; i++) {
        known *k = &m->all[i];
        if (k->seq == 0) continue;
        if (!first || k->at < first->at || (k->at == first->at && k->seq < first->seq)) first = k;
    }
    return first;
}

static void model_gone(model *m, known *k) {
    k->seq = 0;
    m->len--;
    assert_int_equal(edo_delayq_reset_at(&m->q, k->key, (edo_instant){ 0 }), -ENOENT);
    assert_int_equal(edo_delayq_remove(&m->q, k->key, NULL), -ENOENT);
}

static void model_step(model *m) {
    known *k = &m->all[below(m, MOST)];
    int64_t at = below(m, SPAN);
    if (k->seq == 0) {
        assert_int_equal(edo_delayq_insert_at(&m->q, &k->key, k, (edo_instant){ at }), 0);
        k->at = at;
        k->seq = ++m->seq;
        m->len++;
        return;
    }
    void *value = NULL;
    if (below(m, 20) == 0) edo_delayq_shrink(&m->q);
    assert_int_equal(edo_delayq_deadline(&m->q, k->key, &(edo_instant){ 0 }), 0);
    switch (below(m, 3)) {
    case 0:
        assert_int_equal(edo_delayq_remove(&m->q, k->key, &value), 0);
        assert_ptr_equal(value, k);
        model_gone(m, k);
        break;
    case 1:
        assert_int_equal(edo_delayq_reset_at(&m->q, k->key, (edo_instant){ at }), 0);
        k->at = at;
        break;
    default:
        k = earliest(m);
        edo_delayq_key key;
        assert_int_equal(edo_delayq_peek(&m->q, &key, NULL), 0);
        assert_int_equal(edo_delayq_remove(&m->q, key, &value), 0);
        assert_ptr_equal(value, k);
        model_gone(m, k);
        break;
    }
}

static void random_runs_keep_order_and_keys(void **state) {
    (void)state;
    static model m;
    m.random = 88172645463325252u;
    edo_delayq_key none = { 0, 0 };
    assert_int_equal(edo_delayq_remove(&m.q, none, NULL), -ENOENT);
    for (int i = 0; i < STEPS; i++) {
        model_step(&m);
        known *first = earliest(&m);
        edo_instant at = { -1 };
        int err = edo_delayq_peek(&m.q, NULL, &at);
        assert_int_equal(err, first ? 0 : -EDO_ENOBRANCH);
        assert_int_equal(at.ns, first ? first->at : -1);
        assert_int_equal(edo_delayq_len(&m.q), m.len);
    }
    assert_int_equal(edo_delayq_remove(&m.q, none, NULL), -ENOENT);
    edo_delayq_deinit(&m.q);
    assert_int_equal(edo_delayq_len(&m.q), 0);
}

#define MANY 1000

/* Also keys of slots in the middle stay valid, and what is free is used again. */
static void shrink_keeps_keys_and_frees_the_rest(void **state) {
    (void)state;
    static edo_delayq_key keys[MANY];
    edo_delayq q;
    edo_delayq_init(&q);
    assert_int_equal(edo_delayq_reserve(&q, MANY), 0);
    uint32_t cap = q.cap;
    assert_true(cap >= MANY);
    for (int64_t i = 0; i < MANY; i++)
        assert_int_equal(edo_delayq_insert_at(&q, &keys[i], &later, (edo_instant){ i }), 0);
    assert_int_equal(q.cap, cap);
    for (int64_t i = 0; i < MANY; i++)
        if (i % 10 != 0 || i >= 100) assert_int_equal(edo_delayq_remove(&q, keys[i], NULL), 0);
    edoi_alloc_fail_at(1);
    edo_delayq_shrink(&q);
    edoi_alloc_fail_at(0);
    assert_int_equal(q.cap, cap); // no memory
    edo_delayq_shrink(&q);
    assert_int_equal(q.cap, 91);
    edo_instant at = { -1 };
    for (int64_t i = 0; i < 100; i += 10) {
        assert_int_equal(edo_delayq_deadline(&q, keys[i], &at), 0);
        assert_int_equal(at.ns, i);
    }
    assert_int_equal(edo_delayq_deadline(&q, keys[1], &at), -ENOENT);
    for (int64_t i = 10; i < 91; i++)
        assert_int_equal(edo_delayq_insert_at(&q, NULL, &sooner, (edo_instant){ -i }), 0);
    assert_int_equal(q.cap, 91); // each free slot was used
    for (int64_t i = 0; i < 100; i += 10) assert_int_equal(edo_delayq_remove(&q, keys[i], NULL), 0);
    assert_int_equal(edo_delayq_len(&q), 81);
    edo_delayq_clear(&q);
    assert_int_equal(edo_delayq_len(&q), 0);
    edo_delayq_shrink(&q);
    assert_int_equal(q.cap, 0);
    assert_null(q.heap);
    assert_int_equal(edo_delayq_insert_at(&q, &keys[0], &later, (edo_instant){ 1 }), 0);
    assert_int_equal(edo_delayq_deadline(&q, keys[0], &at), 0);
    edo_delayq_deinit(&q);
    assert_int_equal(edo_delayq_reserve(&q, (size_t)1 << 40), -ENOMEM);
    assert_int_equal(q.cap, 0);
    edo_delayq_deinit(&q);
}

static void clear_ends_every_wait(void **state) {
    (void)state;
    edo_runtime *rt;
    edo_delayq q;
    edo_delayq_key key;
    edo_delayq_due_next_future first, second;
    hand_waker w = HAND_WAKER;
    edo_delayq_init(&q);
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .start_paused = true }), 0);
    edo_cx cx = { .waker = &w.base, .worker = edoi_by_hand_worker(rt), .budget = 100 };
    assert_int_equal(edo_delayq_insert_at(&q, &key, &later, (edo_instant){ INT64_MAX }), 0);
    assert_int_equal(edo_poll(edo_delayq_due_next_init(&first, &q, NULL), &cx), EDO_PENDING);
    assert_int_equal(edo_poll(edo_delayq_due_next_init(&second, &q, NULL), &cx), EDO_PENDING);
    edo_delayq_clear(&q);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(edo_poll(&first.base, &cx), EDO_READY);
    assert_int_equal(edo_result(&first), 0);
    assert_int_equal(edo_poll(&second.base, &cx), EDO_READY);
    assert_int_equal(edo_result(&second), 0);
    assert_int_equal(edo_delayq_remove(&q, key, NULL), -ENOENT);
    edo_delayq_deinit(&q);
    edo_runtime_free(rt);
}

static void keys_are_void_after_the_end(void **state) {
    (void)state;
    edo_delayq q;
    edo_delayq_key old, new;
    edo_delayq_init(&q);
    assert_int_equal(edo_delayq_insert_at(&q, &old, &later, (edo_instant){ 1 }), 0);
    edo_delayq_deinit(&q);
    assert_int_equal(edo_delayq_insert_at(&q, &new, &sooner, (edo_instant){ 1 }), 0);
    assert_int_equal(edo_delayq_reset_at(&q, old, (edo_instant){ 2 }), -ENOENT);
    assert_int_equal(edo_delayq_remove(&q, old, NULL), -ENOENT);
    assert_int_equal(edo_delayq_remove(&q, new, NULL), 0);
    edo_delayq_deinit(&q);
}

static void failed_allocation_leaves_the_queue_as_it_was(void **state) {
    (void)state;
    edo_delayq q;
    edo_delayq_key key = { 0, 0 };
    edo_delayq_init(&q);
    int failed_n = 0;
    for (int64_t i = 0; i < 100; i++) {
        edoi_alloc_fail_at(1);
        int err = edo_delayq_insert_at(&q, &key, &later, (edo_instant){ 100 - i });
        bool fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_int_equal(err, fired ? -ENOMEM : 0);
        assert_int_equal(edo_delayq_len(&q), fired ? i : i + 1);
        if (fired) {
            failed_n++;
            err = edo_delayq_insert_at(&q, &key, &later, (edo_instant){ 100 - i });
        }
        assert_int_equal(err, 0);
    }
    assert_int_equal(failed_n, 5); // at 0, 8, 16, 32, 64
    for (int64_t i = 1; i <= 100; i++) {
        edo_instant at;
        assert_int_equal(edo_delayq_peek(&q, &key, &at), 0);
        assert_int_equal(at.ns, i);
        assert_int_equal(edo_delayq_remove(&q, key, NULL), 0);
    }
    edo_delayq_deinit(&q);
}

typedef struct harm {
    const char *name;
    void (*fn)(edo_delayq *q);
} harm;

static int walk_after(void *arg) {
    const harm *h = arg;
    edo_delayq q;
    edo_delayq_init(&q);
    for (int i = 0; i < 9; i++) {
        edo_instant at = { 1000 - i };
        assert_int_equal(edo_delayq_insert_at(&q, NULL, &q, at), 0);
    }
    edoi_delayq_check(&q);
    h->fn(&q);
    edoi_delayq_check(&q);
    return 0;
}

static void delay_the_first(edo_delayq *q) {
    q->heap[0].at_ns = 2000;
}

static void swap_two(edo_delayq *q) {
    uint32_t place = q->places[7];
    q->places[7] = q->places[8];
    q->places[8] = place;
}

static void lose_a_slot(edo_delayq *q) {
    q->slots_n++;
}

static void lose_the_first(edo_delayq *q) {
    uint32_t *places = q->places, last = 0;
    for (uint32_t slot = 0; slot < q->slots_n; slot++)
        if (places[slot] == q->len - 1) last = slot;
    q->len--; // its slot is neither free nor in the heap
    places[last] = 0;
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    harm rows[] = {
        { "delayq inv. 1: ", delay_the_first },
        { "delayq inv. 2: ", swap_two },
        { "delayq inv. 2: ", lose_a_slot },
        { "delayq inv. 2: ", lose_the_first },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) assert_broken(rows[i].name, walk_after, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
        cmocka_unit_test(next_is_a_good_leaf),
        cmocka_unit_test(key_is_stored_before_a_waiter_is_woken),
        cmocka_unit_test(next_needs_a_runtime_and_leaves_no_timer_without_one),
        cmocka_unit_test(second_in_line_becomes_the_first),
        cmocka_unit_test(random_runs_keep_order_and_keys),
        cmocka_unit_test(shrink_keeps_keys_and_frees_the_rest),
        cmocka_unit_test(clear_ends_every_wait),
        cmocka_unit_test(keys_are_void_after_the_end),
        cmocka_unit_test(failed_allocation_leaves_the_queue_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
