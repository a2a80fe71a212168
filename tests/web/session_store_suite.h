/* SPDX-License-Identifier: MIT */
/* tests/web/session_store_suite.h: what every store of edo/session.h has to do. It runs in a task;
 * `pass` lets time go by for the store. */
#ifndef EDO_TESTS_SESSION_STORE_SUITE_H
#define EDO_TESTS_SESSION_STORE_SUITE_H

#include "inside.h"

#include <edo/session.h>

#include <errno.h>

#define SUITE_A EDO_STR("0123456789abcdef0123456789abcdef")
#define SUITE_B EDO_STR("0123456789abcdef0123456789abcdee")

typedef struct session_store_suite {
    const edo_session_store_ops *ops;
    void *store;
    void (*pass)(edo_duration time);
} session_store_suite;

/* Returns what load returned; checks data, and age and idle to a second. */
static inline int suite_load(const session_store_suite *s, edo_str id, edo_str data, int64_t age_s,
                             int64_t idle_s) {
    edo_session_record r;
    int err = s->ops->load(s->store, id, &r);
    if (err < 0) return err;
    CHECK(edo_str_equal(r.data.str, data));
    CHECK(r.age.ns >= edo_s(age_s).ns && r.age.ns <= edo_s(age_s + 1).ns);
    CHECK(r.idle.ns >= edo_s(idle_s).ns && r.idle.ns <= edo_s(idle_s + 1).ns);
    edo_bytes_unref(&r.data);
    return 0;
}

static inline int suite_save(const session_store_suite *s, edo_str id, edo_str data, int64_t age_s,
                             int64_t ttl_s, bool is_new) {
    return s->ops->save(s->store, id, data, edo_s(age_s), edo_s(ttl_s), is_new);
}

/* A session is there from its save to its end, and what it is told is what it says. */
static inline void suite_keeps(const session_store_suite *s) {
    const edo_str bytes = { "\0\xff;", 3 };
    CHECK_EQ(suite_load(s, SUITE_A, bytes, 0, 0), -ENOENT);
    CHECK_EQ(suite_save(s, SUITE_A, bytes, 0, 100, true), 0);
    CHECK_EQ(suite_load(s, SUITE_A, bytes, 0, 0), 0);
    CHECK_EQ(suite_load(s, SUITE_B, bytes, 0, 0), -ENOENT); // its id differs in one digit
    s->pass(edo_s(40));
    CHECK_EQ(suite_load(s, SUITE_A, bytes, 40, 40), 0);
    CHECK_EQ(suite_save(s, SUITE_A, EDO_STR(""), 0, 100, false), 0);
    CHECK_EQ(suite_load(s, SUITE_A, EDO_STR(""), 40, 0), 0);                  // its beginning stays
    CHECK_EQ(suite_save(s, SUITE_A, (edo_str){ NULL, 0 }, 0, 100, false), 0); // as a session has it
    CHECK_EQ(suite_load(s, SUITE_A, EDO_STR(""), 40, 0), 0);
    CHECK_EQ(s->ops->remove(s->store, SUITE_A), 0);
    CHECK_EQ(suite_load(s, SUITE_A, bytes, 0, 0), -ENOENT);
    CHECK_EQ(s->ops->remove(s->store, SUITE_A), 0);
}

/* A new one takes no place of another; an old one that has ended does not come back. */
static inline void suite_knows_new_from_old(const session_store_suite *s) {
    CHECK_EQ(suite_save(s, SUITE_A, EDO_STR("x"), 0, 100, false), -ENOENT);
    CHECK_EQ(s->ops->touch(s->store, SUITE_A, edo_s(100)), -ENOENT);
    CHECK_EQ(suite_save(s, SUITE_A, EDO_STR("x"), 7, 100, true), 0);
    CHECK_EQ(suite_save(s, SUITE_A, EDO_STR("y"), 0, 100, true), -EEXIST);
    CHECK_EQ(suite_load(s, SUITE_A, EDO_STR("x"), 7, 0), 0);
    CHECK_EQ(s->ops->remove(s->store, SUITE_A), 0);
    CHECK_EQ(suite_save(s, SUITE_A, EDO_STR("x"), 0, 100, false), -ENOENT);
    CHECK_EQ(suite_load(s, SUITE_A, EDO_STR("x"), 0, 0), -ENOENT);
}

/* A session ends with its time, which a save and a touch give anew. */
static inline void suite_ends_with_time(const session_store_suite *s) {
    CHECK_EQ(suite_save(s, SUITE_A, EDO_STR("a"), 0, 100, true), 0);
    CHECK_EQ(suite_save(s, SUITE_B, EDO_STR("b"), 0, 100, true), 0);
    s->pass(edo_s(90));
    CHECK_EQ(s->ops->touch(s->store, SUITE_A, edo_s(100)), 0);
    CHECK_EQ(suite_load(s, SUITE_A, EDO_STR("a"), 90, 0), 0);
    s->pass(edo_s(20));
    CHECK_EQ(suite_load(s, SUITE_A, EDO_STR("a"), 110, 20), 0);
    CHECK_EQ(suite_load(s, SUITE_B, EDO_STR("b"), 0, 0), -ENOENT);
    CHECK_EQ(suite_save(s, SUITE_B, EDO_STR("b"), 0, 100, false), -ENOENT);
    CHECK_EQ(s->ops->touch(s->store, SUITE_B, edo_s(100)), -ENOENT);
    CHECK_EQ(suite_save(s, SUITE_B, EDO_STR("c"), 0, 100, true), 0); // the id is free again
    CHECK_EQ(suite_load(s, SUITE_B, EDO_STR("c"), 0, 0), 0);
    s->pass(edo_s(100));
    CHECK_EQ(suite_load(s, SUITE_A, EDO_STR("a"), 0, 0), -ENOENT);
    CHECK_EQ(suite_load(s, SUITE_B, EDO_STR("c"), 0, 0), -ENOENT);
}

static inline void session_store_suite_run(const session_store_suite *s) {
    suite_keeps(s);
    suite_knows_new_from_old(s);
    suite_ends_with_time(s);
}

#endif
