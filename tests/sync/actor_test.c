/* SPDX-License-Identifier: MIT */
/* Goal: edo_actor_call() returns what the actor replies, and otherwise why there is no reply, and
 * says by the field of the message whether it was sent. Nothing is lost but a reply that is late.
 * Method: one actor that does as each message says, on every kind of runtime; calls that are cut
 * short at both of their waits, in virtual time; each allocation fails once. */
#include <edo/edo.h>

#include "fail_alloc.h"
#include "inside.h"

#include <errno.h>

typedef struct request {
    enum { DOUBLE, REFUSE, LATE, END } what;
    int n;
    edo_oneshot_tx *reply; /* of an int */
} request;

typedef struct actor {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    edo_task *task;
    int read_n;         /* the actor's, until it has ended */
    int late_sent;      /* what the send of a late reply has returned */
    bool late_unwanted; /* and whether it was told so before */
} actor;

static void drop_request(void *msg) {
    edo_oneshot_tx_free(((request *)msg)->reply);
}

static void reply_late(actor *self, const request *r) {
    CHECK_EQ(edo_sleep(edo_ms(r->n)), 0);
    self->late_unwanted = edo_oneshot_is_closed(r->reply);
    self->late_sent = edo_oneshot_send(r->reply, &r->n);
}

static int actor_run(void *arg) {
    actor *self = arg;
    for (request r; edo_mpsc_recv(self->rx, &r) == 0;) {
        int doubled = 2 * r.n;
        self->read_n++;
        if (r.what == DOUBLE)
            (void)edo_oneshot_send(r.reply, &doubled);
        else if (r.what == LATE)
            reply_late(self, &r);
        else
            edo_oneshot_tx_free(r.reply);
        if (r.what == END) break;
    }
    edo_mpsc_rx_free(self->rx);
    return 0;
}

static void actor_open(actor *self) {
    *self = (actor){ .late_sent = 1 };
    CHECK_EQ(edo_mpsc_new(&self->tx, &self->rx, sizeof(request), 1,
                          &(edo_mpsc_opts){ .drop = drop_request }),
             0);
}

static void actor_start(actor *self) {
    actor_open(self);
    self->task = edo_spawn(actor_run, self);
}

static void actor_end(actor *self) {
    edo_mpsc_tx_unref(self->tx);
    CHECK_EQ(edo_task_join(self->task), 0);
}

/* What a call returns; `*was_sent` may be NULL. */
static int call(actor *to, request r, bool *was_sent) {
    int answer = 0;
    int err = edo_actor_call(to->tx, &answer, sizeof answer, &r, &r.reply);
    if (was_sent) *was_sent = r.reply != NULL;
    return err < 0 ? err : answer;
}

/* ---- Replies --------------------------------------------------------------------------------- */

static int ask_all_kinds(void *arg) {
    actor a;
    bool was_sent;
    (void)arg;
    actor_start(&a);
    CHECK_EQ(call(&a, (request){ DOUBLE, 21, NULL }, &was_sent), 42);
    CHECK(was_sent);
    CHECK_EQ(call(&a, (request){ REFUSE, 1, NULL }, &was_sent), -EDO_ECLOSED);
    CHECK(was_sent);
    CHECK_EQ(call(&a, (request){ END, 1, NULL }, &was_sent), -EDO_ECLOSED);
    CHECK_EQ(edo_task_wait(a.task), 0);
    CHECK_EQ(call(&a, (request){ DOUBLE, 1, NULL }, &was_sent), -EDO_ECLOSED);
    CHECK(!was_sent);
    actor_end(&a);
    return a.read_n;
}

static void a_call_returns_the_reply_or_why_there_is_none(void **state) {
    (void)state;
    assert_int_equal(inside_each(ask_all_kinds, NULL), 3);
}

typedef struct caller {
    actor *to;
    int n;
} caller;

static int ask_often(void *arg) {
    const caller *self = arg;
    for (int i = 0; i < 100; i++)
        CHECK_EQ(call(self->to, (request){ DOUBLE, self->n + i, NULL }, NULL), 2 * (self->n + i));
    return 0;
}

static int ask_on_a_thread(void *arg) {
    return edo_blocking(ask_often, arg);
}

static int ask_together(void *arg) {
    actor a;
    caller all[8];
    (void)arg;
    actor_start(&a);
    EDO_SCOPE(s, NULL);
    for (int i = 0; i < 8; i++) {
        all[i] = (caller){ &a, 1000 * i };
        edo_task_fn *ask = i % 4 == 0 ? ask_on_a_thread : ask_often;
        edo_scope_spawn(&s, ask, &all[i]);
    }
    int err = edo_scope_end(&s, 0);
    actor_end(&a);
    return err < 0 ? err : a.read_n;
}

static void each_of_many_callers_gets_its_own_reply(void **state) {
    (void)state;
    assert_int_equal(inside_each(ask_together, NULL), 800);
}

static int ask_for_a_signal(void *arg) {
    actor a;
    request r = { REFUSE, 0, NULL };
    (void)arg;
    actor_start(&a);
    CHECK_EQ(edo_actor_call(a.tx, NULL, 0, &r, &r.reply), -EDO_ECLOSED);
    r.what = DOUBLE; // sends no byte of its int
    CHECK_EQ(edo_actor_call(a.tx, NULL, 0, &r, &r.reply), 0);
    CHECK_EQ(edo_actor_call(a.tx, NULL, SIZE_MAX, &r, &r.reply), -EINVAL);
    CHECK(!r.reply);
    actor_end(&a);
    return a.read_n;
}

static void a_reply_may_have_no_bytes_but_not_too_many(void **state) {
    (void)state;
    assert_int_equal(inside(ask_for_a_signal, NULL), 2);
}

/* ---- Calls that are cut short ---------------------------------------------------------------- */

static int call_within(actor *to, int ms, request r, bool *was_sent) {
    EDO_DEADLINE(d, edo_ms(ms));
    return edo_deadline_end(&d, call(to, r, was_sent));
}

static int ask_impatiently(void *arg) {
    actor a;
    bool was_sent;
    (void)arg;
    actor_start(&a);
    CHECK_EQ(call_within(&a, 10, (request){ LATE, 100, NULL }, &was_sent), -ETIMEDOUT);
    CHECK(was_sent); // and is read all the same
    CHECK_EQ(call_within(&a, 10, (request){ DOUBLE, 1, NULL }, &was_sent), -ETIMEDOUT);
    CHECK(was_sent);
    CHECK_EQ(call_within(&a, 10, (request){ DOUBLE, 2, NULL }, &was_sent), -ETIMEDOUT);
    CHECK(!was_sent); // there was no place
    CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    CHECK(a.late_unwanted);
    CHECK_EQ(a.late_sent, -EDO_ECLOSED);
    CHECK_EQ(call(&a, (request){ LATE, 3, NULL }, NULL), 3);
    actor_end(&a);
    return a.read_n;
}

static void a_call_cut_short_says_whether_it_was_sent(void **state) {
    (void)state;
    assert_int_equal(inside(ask_impatiently, NULL), 3);
}

static int end_actor_soon(void *arg) {
    CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    edo_mpsc_rx_free(((actor *)arg)->rx); // with the message that it has never read
    return 0;
}

static int ask_who_does_not_read(void *arg) {
    actor a;
    bool was_sent;
    (void)arg;
    actor_open(&a);
    a.task = edo_spawn(end_actor_soon, &a);
    CHECK_EQ(call(&a, (request){ DOUBLE, 1, NULL }, &was_sent), -EDO_ECLOSED);
    CHECK(was_sent);
    actor_end(&a);
    return 0;
}

static void a_message_that_is_never_read_ends_its_call(void **state) {
    (void)state;
    assert_int_equal(inside(ask_who_does_not_read, NULL), 0);
}

/* ---- Without memory -------------------------------------------------------------------------- */

static int ask_without_memory(void *arg) {
    int failed_n = 0, result = -ENOMEM;
    (void)arg;
    for (int in = 1; result == -ENOMEM; in++) {
        actor a;
        bool was_sent;
        actor_start(&a);
        CHECK_EQ(edo_yield(), 0); // the actor has its stack
        fail_alloc_in = in;
        result = call(&a, (request){ DOUBLE, 5, NULL }, &was_sent);
        fail_alloc_in = 0;
        CHECK_EQ(was_sent, result == 10);
        failed_n += result == -ENOMEM;
        actor_end(&a);
        CHECK_EQ(a.read_n, result == 10);
    }
    CHECK_EQ(result, 10);
    return failed_n;
}

static void without_memory_nothing_is_sent(void **state) {
    (void)state;
    assert_true(inside(ask_without_memory, NULL) >= 1);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_returns_the_reply_or_why_there_is_none),
        cmocka_unit_test(each_of_many_callers_gets_its_own_reply),
        cmocka_unit_test(a_reply_may_have_no_bytes_but_not_too_many),
        cmocka_unit_test(a_call_cut_short_says_whether_it_was_sent),
        cmocka_unit_test(a_message_that_is_never_read_ends_its_call),
        cmocka_unit_test(without_memory_nothing_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
