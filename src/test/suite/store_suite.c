/* SPDX-License-Identifier: MIT */
/* test/suite/store_suite.c: the rules of a store of sessions. */
#include <edo/test_store.h>

#include "base/opts.h"
#include "test/value.h"

#include <edo/task.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define ID_A   EDO_STR("0123456789abcdef0123456789abcdef")
#define ID_B   EDO_STR("0123456789abcdef0123456789abcdee")
#define TASKS  8
#define LARGE  4096 /* bytes of a session, as the layer allows by default */
#define SECOND INT64_C(1000000000)

typedef struct store_suite {
    const edo_session_store_ops *ops;
    void *store;
    const edo_test_store_opts *opts;
    const char *rule;
} store_suite;

#define STORE_EQ(s, is, want) store_eq((s), (int64_t)(is), (int64_t)(want), #is, __LINE__)

static void store_eq(const store_suite *s, int64_t is, int64_t want, const char *what, int line) {
    edoi_test_text is_text, want_text;
    if (is == want) return;
    edo_test_fail_at("edo_test_store_suite", 0, "%s: %s is %s, not %s (rule at line %d)", s->rule,
                     what, edoi_test_value(&is_text, is), edoi_test_value(&want_text, want), line);
}

static void store_pass(const store_suite *s, int64_t seconds) {
    if (s->opts->pass) s->opts->pass(s->store, edo_s(seconds));
    if (!s->opts->pass) STORE_EQ(s, edo_sleep(edo_s(seconds)), 0);
}

/* ---- Calls ----------------------------------------------------------------------------------- */

static int store_save(const store_suite *s, edo_str id, edo_str data, bool is_new) {
    return s->ops->save(s->store, id, data, edo_s(0), edo_s(100), is_new);
}

static int store_touch(const store_suite *s, edo_str id) {
    return s->ops->touch(s->store, id, edo_s(100));
}

static bool store_is_about(edo_duration is, int64_t seconds) {
    return is.ns >= seconds * SECOND && is.ns <= (seconds + 1) * SECOND;
}

static void store_has_by(const store_suite *s, edo_str id, edo_str data, int64_t age_s,
                         int64_t idle_s, bool for_client) {
    edo_session_record r = { .age = edo_s(0) };
    int err = for_client ? s->ops->load_for(s->store, id, EDO_STR("client"), &r)
                         : s->ops->load(s->store, id, &r);
    STORE_EQ(s, err, 0);
    bool are_equal = edo_str_equal(r.data.str, data), age_is_right = store_is_about(r.age, age_s);
    bool idle_is_right = store_is_about(r.idle, idle_s);
    edo_bytes_unref(&r.data);
    STORE_EQ(s, are_equal, true);
    STORE_EQ(s, age_is_right, true);
    STORE_EQ(s, idle_is_right, true);
}

/* A load gives this session. */
static void store_has(const store_suite *s, edo_str id, edo_str data, int64_t age_s,
                      int64_t idle_s) {
    store_has_by(s, id, data, age_s, idle_s, false);
    if (s->ops->load_for) store_has_by(s, id, data, age_s, idle_s, true);
}

static void store_has_none(const store_suite *s, edo_str id) {
    edo_session_record r;
    STORE_EQ(s, s->ops->load(s->store, id, &r), -ENOENT);
    if (s->ops->load_for)
        STORE_EQ(s, s->ops->load_for(s->store, id, EDO_STR("client"), &r), -ENOENT);
}

static void store_remove(const store_suite *s, edo_str id) {
    STORE_EQ(s, s->ops->remove(s->store, id), 0);
    store_has_none(s, id);
}

/* ---- The rules ------------------------------------------------------------------------------- */

static void store_keeps(const store_suite *s) {
    const edo_str bytes = { "\0\xff;", 3 };
    store_has_none(s, ID_A);
    STORE_EQ(s, store_save(s, ID_A, bytes, true), 0);
    store_has(s, ID_A, bytes, 0, 0);
    store_has_none(s, ID_B); // its id differs in one digit
    store_pass(s, 40);
    store_has(s, ID_A, bytes, 40, 40);
    edo_session_record before = { .age = edo_s(0) };
    STORE_EQ(s, s->ops->load(s->store, ID_A, &before), 0);
    STORE_EQ(s, store_save(s, ID_A, EDO_STR("x"), false), 0);
    store_has(s, ID_A, EDO_STR("x"), 40, 0); // its beginning stays
    bool is_loaders = edo_str_equal(before.data.str, bytes);
    edo_bytes_unref(&before.data);
    STORE_EQ(s, is_loaders, true); // what was loaded is not the store's to change
    store_remove(s, ID_A);
    STORE_EQ(s, s->ops->remove(s->store, ID_A), 0); // there need not be one
}

static void store_keeps_any_size(const store_suite *s) {
    static const char large[LARGE] = { 'a', 0, '\'', [LARGE - 2] = '\n', [LARGE - 1] = 'z' };
    STORE_EQ(s, store_save(s, ID_A, (edo_str){ large, sizeof large }, true), 0);
    store_has(s, ID_A, (edo_str){ large, sizeof large }, 0, 0);
    STORE_EQ(s, store_save(s, ID_A, EDO_STR(""), false), 0);
    store_has(s, ID_A, EDO_STR(""), 0, 0);
    STORE_EQ(s, store_save(s, ID_A, (edo_str){ NULL, 0 }, false), 0); // as a session has it
    store_has(s, ID_A, EDO_STR(""), 0, 0);
    store_remove(s, ID_A);
}

static void store_knows_new_from_old(const store_suite *s) {
    STORE_EQ(s, store_save(s, ID_A, EDO_STR("x"), false), -ENOENT);
    STORE_EQ(s, store_touch(s, ID_A), -ENOENT);
    STORE_EQ(s, s->ops->save(s->store, ID_A, EDO_STR("x"), edo_s(7), edo_s(100), true), 0);
    STORE_EQ(s, store_save(s, ID_A, EDO_STR("y"), true), -EEXIST);
    store_has(s, ID_A, EDO_STR("x"), 7, 0);
    store_remove(s, ID_A);
    STORE_EQ(s, store_save(s, ID_A, EDO_STR("x"), false), -ENOENT);
    store_has_none(s, ID_A);
}

static void store_ends_with_time(const store_suite *s) {
    STORE_EQ(s, store_save(s, ID_A, EDO_STR("a"), true), 0);
    STORE_EQ(s, store_save(s, ID_B, EDO_STR("b"), true), 0);
    store_pass(s, 90);
    STORE_EQ(s, store_touch(s, ID_A), 0);
    store_has(s, ID_A, EDO_STR("a"), 90, 0);
    store_pass(s, 20);
    store_has(s, ID_A, EDO_STR("a"), 110, 20);
    store_has_none(s, ID_B);
    STORE_EQ(s, store_save(s, ID_B, EDO_STR("b"), false), -ENOENT);
    STORE_EQ(s, store_touch(s, ID_B), -ENOENT);
    STORE_EQ(s, store_save(s, ID_B, EDO_STR("c"), true), 0); // the id is free again
    store_has(s, ID_B, EDO_STR("c"), 0, 0);
    store_pass(s, 100);
    store_has_none(s, ID_A);
    store_has_none(s, ID_B);
}

static int begins_session(void *arg) {
    return store_save(arg, ID_A, EDO_STR("new"), true);
}

static void store_begins_once(const store_suite *s) {
    store_suite copy = *s;
    edo_task *tasks[TASKS];
    int begun = 0;
    for (int i = 0; i < TASKS; i++) tasks[i] = edo_spawn(begins_session, &copy);
    for (int i = 0; i < TASKS; i++) {
        int err = edo_task_join(tasks[i]);
        if (err == 0) begun++;
        if (err < 0) STORE_EQ(s, err, -EEXIST);
    }
    STORE_EQ(s, begun, 1);
    store_remove(s, ID_A);
}

static int saves_session(void *arg) {
    return store_save(arg, ID_A, EDO_STR("after"), false);
}

/* Cancels a save before it runs, and at each turn of its task after that. */
static void store_is_cancelled(const store_suite *s) {
    store_suite copy = *s;
    for (int turns = 0; turns < TASKS; turns++) {
        edo_session_record r = { .age = edo_s(0) };
        STORE_EQ(s, store_save(s, ID_A, EDO_STR("before"), true), 0);
        edo_task *task = edo_spawn(saves_session, &copy);
        for (int i = 0; i < turns; i++) STORE_EQ(s, edo_yield(), 0);
        edo_task_cancel(task);
        int err = edo_task_join(task);
        STORE_EQ(s, s->ops->load(s->store, ID_A, &r), 0);
        bool is_done = edo_str_equal(r.data.str, EDO_STR("after"));
        bool is_whole = is_done || edo_str_equal(r.data.str, EDO_STR("before"));
        edo_bytes_unref(&r.data);
        STORE_EQ(s, is_whole, true);
        if (err == 0) STORE_EQ(s, is_done, true);
        store_remove(s, ID_A);
    }
}

typedef struct store_rule {
    const char *name;
    void (*run)(const store_suite *s);
} store_rule;

static const store_rule rules[] = {
    { "a session is there from its save to its end", store_keeps },
    { "a session has any bytes, or none", store_keeps_any_size },
    { "a new session takes no place, and an ended one does not come back",
      store_knows_new_from_old },
    { "a session ends with its time, which a save and a touch give anew", store_ends_with_time },
    { "of many tasks that begin one session, one does", store_begins_once },
    { "a call that is cancelled is done or not", store_is_cancelled },
};

int edo_test_store_suite(const edo_session_store_ops *ops, void *store,
                         const edo_test_store_opts *opts) {
    static const edo_test_store_opts defaults = { .pass = NULL };
    store_suite s = { ops, store, opts ? opts : &defaults, NULL };
    if (!ops->load || !ops->save || !ops->touch || !ops->remove) return -EINVAL;
    if (!edoi_all_zero(s.opts->reserved, EDO_COUNT(s.opts->reserved))) return -EINVAL;
    for (size_t i = 0; i < EDO_COUNT(rules); i++) {
        s.rule = rules[i].name;
        rules[i].run(&s);
    }
    return 0;
}
