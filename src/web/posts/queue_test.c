/* SPDX-License-Identifier: MIT */
/* Goal: a queue keeps order and bounds, and gives nothing back while its lock is held.
 * Method: posts whose end looks whether the lock is free. */
#include "web/posts/queue.h"

#include <edo/bytes.h>

#include <errno.h>

#include "inside.h"

static edoi_post_queue q;
static size_t freed_n;

static void freed(void *self) {
    (void)self;
    assert_int_equal(pthread_mutex_trylock(&q.lock), 0);
    pthread_mutex_unlock(&q.lock);
    freed_n++;
}

static int try_push(edoi_post *p, const edoi_post_bounds *bounds) {
    edoi_posts_gone gone = { .n = 0 };
    pthread_mutex_lock(&q.lock);
    int err = edoi_posts_push(&q, p, bounds, &gone);
    edoi_posts_check(&q);
    pthread_mutex_unlock(&q.lock);
    edoi_posts_give_back(&gone);
    return err;
}

/* Pushes a new post of `n` bytes. */
static int push(size_t n, const edoi_post_bounds *bounds) {
    edoi_post *p = edo_rc_new(sizeof *p, freed);
    int err;
    assert_non_null(p);
    *p = (edoi_post){ .n = n };
    while ((err = try_push(p, bounds)) == -EAGAIN) continue;
    edo_rc_unref(p);
    return err;
}

/* Takes the oldest post, and returns its bytes; 0: there is none. */
static size_t take(void) {
    edoi_posts_gone gone = { .n = 0 };
    pthread_mutex_lock(&q.lock);
    edoi_post *p = edoi_posts_take(&q, &gone);
    edoi_posts_check(&q);
    pthread_mutex_unlock(&q.lock);
    size_t n = p ? p->n : 0;
    edoi_posts_give_back(&gone);
    edo_rc_unref(p);
    return n;
}

static void begin(void) {
    edoi_posts_init(&q);
    freed_n = 0;
}

static void posts_come_out_in_order_while_the_ring_grows_and_wraps_around(void **state) {
    size_t in = 0, out = 0;
    (void)state;
    begin();
    while (in < 100) {
        for (size_t end = in + 3; in < end; in++)
            assert_int_equal(push(in + 1, NULL), in == 0); // the first: a task has to be started
        assert_int_equal(take(), ++out);
    }
    while (out < in) assert_int_equal(take(), ++out);
    assert_int_equal(take(), 0);
    assert_int_equal(freed_n, in);
    assert_int_equal(push(7, NULL), 1); // whoever took has ended
    edoi_posts_deinit(&q);
    assert_int_equal(freed_n, in + 1);
}

static void large_post_takes_the_place_of_as_many_as_it_needs(void **state) {
    const edoi_post_bounds bounds = { .bytes_max = 1000, .drop_oldest = true };
    (void)state;
    begin();
    for (int i = 0; i < 100; i++) assert_int_equal(push(10, &bounds), i == 0);
    assert_int_equal(push(905, &bounds), 0);
    assert_int_equal(freed_n, 91);
    assert_int_equal(push(1001, &bounds), -ENOBUFS); // no other one is left out for it
    assert_int_equal(edoi_posts_count(&q), 10);
    for (int i = 0; i < 9; i++) assert_int_equal(take(), 10);
    assert_int_equal(take(), 905);
    edoi_posts_deinit(&q);
}

static void full_queue_refuses_a_post_and_keeps_the_others(void **state) {
    const edoi_post_bounds bounds = { .posts_max = 20 };
    (void)state;
    begin();
    for (int i = 0; i < 20; i++) assert_int_equal(push(1, &bounds), i == 0);
    assert_int_equal(push(1, &bounds), -ENOBUFS);
    assert_int_equal(freed_n, 1);
    edoi_posts_gone gone = { .n = 0 };
    pthread_mutex_lock(&q.lock);
    edoi_posts_drop(&q, &gone);
    pthread_mutex_unlock(&q.lock);
    assert_int_equal(freed_n, 1);
    edoi_posts_give_back(&gone);
    assert_int_equal(freed_n, 21);
    edoi_posts_deinit(&q);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts_come_out_in_order_while_the_ring_grows_and_wraps_around),
        cmocka_unit_test(large_post_takes_the_place_of_as_many_as_it_needs),
        cmocka_unit_test(full_queue_refuses_a_post_and_keeps_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
