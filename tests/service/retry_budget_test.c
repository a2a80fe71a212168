/* SPDX-License-Identifier: MIT */
/* Goal: a budget tells how many retries it has allowed and refused, and how many it would allow; in
 * the text of a registry, too, also after the program has given its reference back.
 * Method: each kind by a few calls on the paused clock. */
#include "fail_alloc.h"

#include <edo/metrics.h>
#include <edo/retry_layer.h>

#include "inside.h"

#include <errno.h>
#include <string.h>

static edo_retry_budget *budget_new(const edo_retry_budget_opts *o) {
    edo_retry_budget *b;
    EDO_TEST_OK(edo_retry_budget_new(&b, o));
    return b;
}

static void has(edo_retry_budget *b, uint64_t allowed, uint64_t refused, uint64_t left) {
    const edo_retry_budget_stats now = edo_retry_budget_get_stats(b);
    CHECK_EQ(now.allowed, allowed);
    CHECK_EQ(now.refused, refused);
    CHECK_EQ(now.left, left);
}

static int of_a_window(void *arg) {
    (void)arg;
    edo_retry_budget *b =
        budget_new(&(edo_retry_budget_opts){ .ttl = edo_s(10), .share = 0.5, .no_min = true });
    has(b, 0, 0, 0);
    for (int i = 0; i < 5; i++) edo_retry_budget_deposit(b);
    has(b, 0, 0, 2);
    CHECK(edo_retry_budget_withdraw(b));
    CHECK(edo_retry_budget_withdraw(b));
    CHECK(!edo_retry_budget_withdraw(b));
    has(b, 2, 1, 0);
    edo_retry_budget_deposit(b);
    has(b, 2, 1, 1);
    CHECK_EQ(edo_sleep(edo_s(11)), 0);
    has(b, 2, 1, 0); // what was deposited is over
    edo_retry_budget_unref(b);
    return 0;
}

static int of_attempts_at_once(void *arg) {
    (void)arg;
    edo_retry_budget *b = budget_new(&(edo_retry_budget_opts){
        .kind = EDO_RETRY_BUDGET_CONCURRENT, .share = 0.5, .retries_min = 1 });
    has(b, 0, 0, 1);
    for (int i = 0; i < 4; i++) edo_retry_budget_deposit(b);
    has(b, 0, 0, 2);
    CHECK(edo_retry_budget_withdraw(b));
    has(b, 1, 0, 1);
    edo_retry_budget_done(b, true, EDO_ATTEMPT_SUCCEEDED);
    for (int i = 0; i < 4; i++) edo_retry_budget_done(b, false, EDO_ATTEMPT_SUCCEEDED);
    has(b, 1, 0, 1);
    edo_retry_budget_unref(b);
    return 0;
}

static int of_tokens(void *arg) {
    (void)arg;
    edo_retry_budget *b =
        budget_new(&(edo_retry_budget_opts){ .kind = EDO_RETRY_BUDGET_THROTTLE, .tokens_max = 4 });
    has(b, 0, 0, 2);
    edo_retry_budget_done(b, false, EDO_ATTEMPT_FAILED);
    CHECK(edo_retry_budget_withdraw(b));
    has(b, 1, 0, 1);
    edo_retry_budget_done(b, true, EDO_ATTEMPT_FAILED);
    has(b, 1, 0, 0);
    CHECK(!edo_retry_budget_withdraw(b));
    edo_retry_budget_done(b, false, EDO_ATTEMPT_SUCCEEDED);
    has(b, 1, 1, 1); // 2.1 tokens: as long as more than 2 are left
    edo_retry_budget_unref(b);
    return 0;
}

static void each_kind_tells_its_numbers(void **state) {
    (void)state;
    assert_int_equal(inside(of_a_window, NULL), 0);
    assert_int_equal(inside(of_attempts_at_once, NULL), 0);
    assert_int_equal(inside(of_tokens, NULL), 0);
}

static bool text_has(edo_metrics *m, const char *line) {
    edo_buf text = { 0 };
    EDO_TEST_OK(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS));
    const char *at = memmem(text.ptr, text.len, line, strlen(line));
    bool has_line = at && at[strlen(line)] == '\n';
    edo_buf_deinit(&text);
    return has_line;
}

static int in_a_registry(void *arg) {
    edo_metrics *m;
    (void)arg;
    edo_retry_budget *b =
        budget_new(&(edo_retry_budget_opts){ .kind = EDO_RETRY_BUDGET_THROTTLE, .tokens_max = 4 });
    EDO_TEST_OK(edo_metrics_new(&m, NULL));
    CHECK_EQ(edo_metrics_add_retry_budget(m, b, "\xff"), -EILSEQ);
    EDO_TEST_OK(edo_metrics_add_retry_budget(m, b, "payments"));
    CHECK(edo_retry_budget_withdraw(b));
    edo_retry_budget_unref(b);
    CHECK(text_has(m, "edo_retry_budget_retries_total{budget=\"payments\",result=\"allowed\"} 1"));
    CHECK(text_has(m, "edo_retry_budget_retries_total{budget=\"payments\",result=\"refused\"} 0"));
    CHECK(text_has(m, "edo_retry_budget_left{budget=\"payments\"} 2"));
    edo_metrics_free(m);
    return 0;
}

static void a_registry_shows_them(void **state) {
    (void)state;
    assert_int_equal(inside(in_a_registry, NULL), 0);
}

static void without_memory_nothing_is_lost(void **state) {
    (void)state;
    int err = -ENOMEM;
    for (int in = 1; err == -ENOMEM; in++) {
        edo_metrics *m;
        edo_retry_budget *b = budget_new(NULL);
        assert_int_equal(edo_metrics_new(&m, NULL), 0);
        fail_alloc_in = in;
        err = edo_metrics_add_retry_budget(m, b, "payments");
        fail_alloc_in = 0;
        edo_retry_budget_unref(b);
        edo_metrics_free(m);
    }
    assert_int_equal(err, 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_tells_its_numbers),
        cmocka_unit_test(a_registry_shows_them),
        cmocka_unit_test(without_memory_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
