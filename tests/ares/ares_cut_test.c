/* SPDX-License-Identifier: MIT */
/* Goal: a lookup that is cut short, wherever it waits, ends at once and leaves no descriptor open;
 * a server that hangs holds up nobody else; many lookups at once find each its own addresses.
 * Method: a name server of the test that hangs at each point; a lookup is cancelled when the
 * server has counted what it asks, and every task is parked. c-ares's own timeouts never come. */
#include "ares_support.h"

#include <stdio.h>

/* ---- Where it waits -------------------------------------------------------------------------- */

typedef struct question {
    edo_ares *names;
    const char *host;
} question;

static int ask(void *arg) {
    const question *q = arg;
    return look_up(q->names, q->host);
}

/* Looks up `host` until the server has counted `want` questions, and nothing happens any more; the
 * lookup must be waiting then. */
static void cut(edo_ares *names, const char *host, const _Atomic int *count, int want) {
    question q = { names, host };
    edo_task *t = edo_spawn(ask, &q);
    await_count(count, want);
    CHECK_EQ(edo_test_settle(), 0);
    CHECK(!edo_task_is_finished(t));
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
}

/* Until all descriptors but these are closed. */
static void await_fds(int want) {
    edo_instant start = edo_now();
    while (open_fds() != want) {
        CHECK_EQ(edo_yield(), 0);
        if (ms_since(start) >= 30000) edo_test_fail("%d are open after 30 s", open_fds());
    }
}

static int hold_a_turn(void *arg) {
    return look_up(arg, "later.example");
}

static int each_wait(void *arg) {
    name_server s;
    (void)arg;
    name_server_begin(&s);
    edo_ares *names = resolver_for(&s, (edo_ares_opts){ .at_once = 1 });
    int before = open_fds();
    cut(names, "silent.example", &s.asked, 2);
    CHECK_EQ(s.asked, 2);
    CHECK_EQ(open_fds(), before);
    cut(names, "half.example", &s.half_sent, 1); // one of two replies is there
    CHECK_EQ(s.half_sent, 1);
    CHECK_EQ(open_fds(), before);
    cut(names, "stuck.example", &s.asked_by_tcp, 2); // connected by TCP, and asked there
    CHECK_EQ(s.asked_by_tcp, 2);
    cut(names, "cut.example", &s.half_sent, 2); // half of a reply by TCP is there
    await_fds(before);                          // the server closes its ends
    edo_task *holder = edo_spawn(hold_a_turn, names);
    await_count(&s.asked_later, 2);
    int asked = s.asked;
    cut(names, "two.example", &s.asked_later, 2); // waits for its turn
    CHECK_EQ(s.asked, asked);
    edo_sem_release(&s.gate, 1);
    CHECK_EQ(edo_task_join(holder), 3);
    CHECK_EQ(look_up(names, "two.example"), 3); // the turn was given back
    edo_ares_free(names);
    name_server_end(&s);
    return 0;
}

static void lookup_is_cut_short_wherever_it_waits(void **state) {
    (void)state;
    assert_int_equal(inside_real(each_wait, NULL), 0);
}

static int ask_long(void *arg) {
    return look_up(arg, "long.example");
}

/* Aborted after 0, 1, 2 … turns, until it ends before. */
static int any_moment(void *arg) {
    name_server s;
    int result = -ECANCELED;
    (void)arg;
    name_server_begin(&s);
    edo_ares *names = resolver_for(&s, (edo_ares_opts){ .at_once = 1 });
    for (int k = 0; result < 0; k++) {
        CHECK(k < 10000);
        edo_task *t = edo_spawn(ask_long, names);
        for (int i = 0; i < k; i++) (void)edo_yield();
        edo_task_cancel(t);
        result = edo_task_join(t);
        CHECK(result == 16 || result == -ECANCELED);
    }
    CHECK_EQ(look_up(names, "two.example"), 3);
    edo_ares_free(names);
    name_server_end(&s);
    return 0;
}

static void lookup_may_be_aborted_at_any_moment(void **state) {
    (void)state;
    int before = open_fds();
    assert_int_equal(inside_each(any_moment, NULL), 0);
    assert_int_equal(open_fds(), before);
}

static int end_early(void *arg) {
    name_server s;
    edo_resolve_future f;
    edo_addr out[2];
    name_server_begin(&s);
    edo_ares **names = arg;
    *names = resolver_for(&s, (edo_ares_opts){ 0 });
    edo_resolver_set(edo_ares_resolve, *names);
    for (int i = 0; i < 10; i++) CHECK_EQ(edo_spawn_detached(hold_a_turn, *names), 0);
    // a lookup without a waiter
    CHECK_EQ(edo_timeout(edo_resolve_init(&f, out, 2, "later.example:1"), edo_ms(1)), -ETIMEDOUT);
    await_count(&s.asked_later, 22);
    name_server_end(&s);
    return 0;
}

static void runtime_ends_its_lookups(void **state) {
    edo_ares *names = NULL;
    (void)state;
    for (size_t i = 0; i < KINDS_N; i++) {
        int before = open_fds();
        assert_int_equal(inside_with(end_early, &names, &kinds[i]), 0); // none was abandoned
        edo_resolver_set(NULL, NULL);
        edo_ares_free(names);
        assert_int_equal(open_fds(), before);
    }
}

/* ---- Many ------------------------------------------------------------------------------------ */

#define MANY 1000

typedef struct one {
    edo_ares *names;
    int k;
} one;

static int ask_one(void *arg) {
    const one *o = arg;
    edo_addr out[2];
    char host[32];
    (void)snprintf(host, sizeof host, "n%d.example", o->k);
    CHECK_EQ(edo_ares_resolve(o->names, out, 2, host), 1);
    CHECK_EQ(ntohl(out[0].sock.v4.sin_addr.s_addr), 0x0A010000u + (uint32_t)o->k);
    return 0;
}

/* In the queue of the server's socket there is room for the questions of 64. */
static int many(void *arg) {
    static one all[MANY];
    name_server s;
    edo_scope scope;
    (void)arg;
    name_server_begin(&s);
    edo_ares *names = resolver_for(&s, (edo_ares_opts){ .at_once = 64, .cached = 64 });
    int before = open_fds();
    edo_scope_begin(&scope, NULL);
    for (int k = 0; k < MANY; k++) {
        all[k] = (one){ names, k };
        (void)edo_scope_spawn(&scope, ask_one, &all[k]);
    }
    CHECK_EQ(edo_scope_end(&scope, 0), 0);
    CHECK_EQ(s.asked, 2 * MANY);
    CHECK_EQ(open_fds(), before);
    edo_ares_free(names);
    name_server_end(&s);
    return 0;
}

static void thousand_lookups_at_once(void **state) {
    (void)state;
    assert_int_equal(inside_each(many, NULL), 0);
}

/* While two wait for a server that hangs a third has its turn, and a fourth has not. */
static int turns(void *arg) {
    name_server s;
    edo_task *waiting[3];
    (void)arg;
    name_server_begin(&s);
    edo_ares *names = resolver_for(&s, (edo_ares_opts){ .at_once = 3 });
    for (int i = 0; i < 2; i++) waiting[i] = edo_spawn(hold_a_turn, names);
    await_count(&s.asked_later, 4);
    CHECK_EQ(look_up(names, "two.example"), 3);
    waiting[2] = edo_spawn(hold_a_turn, names);
    cut(names, "two.example", &s.asked_later, 6);
    edo_sem_release(&s.gate, 1);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_task_join(waiting[i]), 3);
    edo_ares_free(names);
    name_server_end(&s);
    return 0;
}

static void lookups_that_hang_hold_up_only_those_beyond_the_limit(void **state) {
    (void)state;
    assert_int_equal(inside_real(turns, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lookup_is_cut_short_wherever_it_waits),
        cmocka_unit_test(lookup_may_be_aborted_at_any_moment),
        cmocka_unit_test(runtime_ends_its_lookups),
        cmocka_unit_test(thousand_lookups_at_once),
        cmocka_unit_test(lookups_that_hang_hold_up_only_those_beyond_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
