/* SPDX-License-Identifier: MIT */
/* Goal: what does not fit together in a connection is named.
 * Method: a connection without its tasks, broken by hand. */
#include "redis/link/link.h"

#include "broken.h"

typedef struct breaker {
    const char *name;
    void (*fn)(edo_redis *r);
} breaker;

static edo_stream some_stream;

static void keep_a_shared_one(edo_redis *r) {
    edo_redis shared = { .is_own = false };
    (void)edoi_redis_link_keep(r, &shared);
}

static void keep_itself(edo_redis *r) {
    edo_redis own = { .is_own = true };
    (void)r;
    (void)edoi_redis_link_keep(&own, &own);
}

static void break_written(edo_redis *r) {
    r->queue.taken_bytes = 1;
    edoi_redis_link_check_written(r);
}

static void break_stream(edo_redis *r) {
    r->wire.stream = &some_stream;
    edoi_redis_link_check_between(r);
}

static void break_taken(edo_redis *r) {
    r->queue.tail = r->queue.taken_at = 1;
    edoi_redis_link_check_between(r);
}

static int break_and_walk(void *arg) {
    const breaker *b = arg;
    edo_redis r = { .is_own = false };
    assert_int_equal(edoi_redis_queue_init(&r.queue, 4, false), 0);
    edoi_redis_link_check_written(&r);
    edoi_redis_link_check_between(&r);
    b->fn(&r);
    return 0;
}

static void a_walk_names_what_is_broken(void **state) {
    (void)state;
    static breaker rows[] = {
        { "link inv. 1: ", keep_a_shared_one }, { "link inv. 1: ", keep_itself },
        { "link inv. 2: ", break_written },     { "link inv. 3: ", break_stream },
        { "link inv. 3: ", break_taken },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_broken(rows[i].name, break_and_walk, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walk_names_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
