/* SPDX-License-Identifier: MIT */
/* Goal: without memory a call fails and the jar is as it was. Method: each allocation fails in
 * turn. */
#include "client/cookies/jar.h"

#include <edo/error.h>

#include <errno.h>

#include "fail_alloc.h"
#include "inside.h"

static edo_cookie_jar *jar;

static int store(void) {
    return edo_cookie_jar_store(jar, EDO_STR("https://a.com/x"), EDO_STR("b=2; Secure"));
}

static int replace(void) {
    return edo_cookie_jar_store(jar, EDO_STR("http://a.com/"), EDO_STR("a=3"));
}

static int print(void) {
    edo_buf out = { 0 };
    int err = edo_cookie_jar_print(jar, EDO_STR("http://a.com/"), &out);
    CHECK(err == 0 || out.len == 0);
    edo_buf_deinit(&out);
    return err;
}

static int save(void) {
    edo_buf out = { 0 };
    int err = edo_cookie_jar_save(jar, &out);
    CHECK(err == 0 || out.len == 0);
    edo_buf_deinit(&out);
    return err;
}

static int load(void) {
    return edo_cookie_jar_load(jar, EDO_STR("c.com\tFALSE\t/\tFALSE\t0\tc\t4\n"), NULL);
}

static int make(void) {
    edo_cookie_jar *other;
    int err = edo_cookie_jar_new(&other, NULL);
    if (err == 0) edo_cookie_jar_unref(other);
    return err;
}

static int count_one(void *arg, const edo_cookie *c) {
    CHECK(c->name.len == 1);
    ++*(int *)arg;
    return 0;
}

static int count(void) {
    int n = 0;
    CHECK_EQ(edo_cookie_jar_each(jar, count_one, &n), 0);
    return n;
}

static void a_call_without_memory_changes_nothing(void **state) {
    (void)state;
    static int (*const calls[])(void) = { print, save, replace, store, load, make };
    assert_int_equal(edo_cookie_jar_new(&jar, NULL), 0);
    assert_int_equal(edo_cookie_jar_store(jar, EDO_STR("http://a.com/"), EDO_STR("a=1")), 0);
    for (size_t i = 0; i < EDO_COUNT(calls); i++) {
        for (int k = 1, err = -ENOMEM; err < 0; k++) {
            int before = count();
            fail_alloc_in = k;
            err = calls[i]();
            bool fired = fail_alloc_in == 0;
            fail_alloc_in = 0;
            assert_int_equal(err, fired ? -ENOMEM : 0);
            assert_true(k > 1 || fired);
            if (fired) assert_int_equal(count(), before);
            edoi_jar_check(jar);
        }
    }
    assert_int_equal(count(), 3);
    edo_cookie_jar_unref(jar);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_without_memory_changes_nothing),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
