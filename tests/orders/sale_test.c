/* SPDX-License-Identifier: MIT */
/* Goal: an order of the example `orders` is paid or undone, and never both, whatever fails and
 * whenever the service dies. Method: its saga and payments over a store and a partner in memory, on
 * a clock that jumps; each point of death, and each pair of them; many orders by chance. What needs
 * a database and sockets is in crash_test.py and failures_test.py. */
#include "inside.h"
#include "memory.h"
#include "seed.h"

#include <edo/fault.h>

/* ---- One order, and deaths ------------------------------------------------------------------- */

/* Takes on what is left, as a new start does, until nothing is, or the service dies once more. */
static int relay_until_empty(market *m) {
    edo_task *relay = edo_spawn(saga_relay, &m->saga);
    for (int i = 0; i < 600 && m->outbox_n > 0 && edo_fault_failed_n(MARKET_LIFE) == 0; i++)
        CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    edo_task_cancel(relay);
    CHECK_EQ(edo_task_join(relay), -ECANCELED);
    return m->outbox_n == 0 ? 0 : -ETIMEDOUT;
}

typedef struct way {
    const char *name;
    bool declines, is_down; /* down until the service has been started again */
    order_state end;
} way;

static const way ways[] = {
    { .name = "the money is taken", .end = ORDER_PAID },
    { .name = "the money is declined", .declines = true, .end = ORDER_UNDONE },
    { .name = "the partner is down at first", .is_down = true, .end = ORDER_PAID },
};

/* Dies at the n-th point from now; 0: nowhere. */
static void die_at(uint32_t n) {
    const edo_fault_opts from_there = { .code = -ECANCELED, .skip = n - 1 };
    if (n > 0) CHECK_EQ(edo_fault_arm(MARKET_LIFE, &from_there), 0);
}

/* Dies at a point, starts again, dies at another point, starts again: returns whether it came to
 * the first one. */
static bool dies_twice(const way *w, uint32_t first, uint32_t second) {
    market m;
    CHECK_EQ(market_open(&m, 1, 1), 0);
    m.declines = w->declines, m.is_down = w->is_down;
    die_at(first);
    (void)market_buy(&m);
    const bool has_died = edo_fault_disarm(MARKET_LIFE) > 0;
    m.is_down = false;
    die_at(second);
    for (int starts = 0; starts < 2 || m.outbox_n > 0; starts++) {
        CHECK(starts < 4);
        payments_close(&m.payments);
        CHECK_EQ(market_restart(&m), 0);
        const edo_instant start = edo_now();
        (void)relay_until_empty(&m);
        CHECK(ms_since(start) < 1000); // not when leases of the dead one are over
    }
    if (m.rows[0].order.n > 0) CHECK_EQ(m.rows[0].order.state, w->end); // else it was never placed
    CHECK_EQ(m.stock, m.rows[0].order.state == ORDER_PAID && m.rows[0].order.n > 0 ? 0 : 1);
    CHECK(market_is_right(&m));
    market_close(&m);
    return has_died;
}

static int death_everywhere(void *arg) {
    uint32_t n = 0;
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(ways); i++) {
        uint32_t first = 1;
        while (dies_twice(&ways[i], first, 0)) {
            for (uint32_t second = 1; second <= 12; second++, n++)
                (void)dies_twice(&ways[i], first, second);
            first++;
        }
        CHECK(first > 6); // there are points to die at
    }
    return n > 200 ? 0 : -1;
}

static void death_at_any_two_points_loses_and_doubles_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(death_everywhere, NULL), 0);
}

/* ---- Giving up ------------------------------------------------------------------------------- */

static int give_up(void *arg) {
    market m;
    (void)arg;
    CHECK_EQ(market_open(&m, 1, 1), 0);
    m.is_down = true;
    CHECK(market_buy(&m) < 0);
    CHECK_EQ(m.rows[0].order.state, ORDER_PLACED); // it is in the outbox, for now
    edo_task *relay = edo_spawn(saga_relay, &m.saga);
    CHECK_EQ(edo_sleep(edo_s(60)), 0);
    CHECK_EQ(m.rows[0].order.state,
             ORDER_UNDOING); // until the partner has said that it keeps nothing
    CHECK_EQ(m.stock, 0);
    m.is_down = false;
    CHECK_EQ(edo_sleep(edo_s(10)), 0);
    CHECK_EQ(m.rows[0].order.state, ORDER_UNDONE);
    CHECK_EQ(m.rows[0].returned, 1);
    CHECK_EQ(m.stock, 1);
    edo_task_cancel(relay);
    CHECK_EQ(edo_task_join(relay), -ECANCELED);
    market_close(&m);
    return 0;
}

static void order_that_nobody_takes_money_for_is_undone(void **state) {
    (void)state;
    assert_int_equal(inside(give_up, NULL), 0);
}

/* ---- What the layers do ---------------------------------------------------------------------- */

/* Each call takes 900 ms, and 64 have a place: in 4 s four rounds of them are served. The others
 * have waited for all that time, and wait no longer: the limit began before the wait. */
typedef struct crowd {
    market m;
    uint32_t paid, over;
} crowd;

static int pay_in_crowd(void *arg) {
    crowd *c = arg;
    payment take = { PAYMENT_LOOK, "0", 0 };
    payment_state is;
    const edo_instant start = edo_now();
    int err = payments_call(&c->m.payments, &take, &is, edo_s(4));
    if (err == 0) c->paid++;
    if (err == -ETIMEDOUT) c->over++;
    if (err != 0) EDO_TEST_ELAPSED(start, edo_s(4));
    return 0;
}

static int wait_in_crowd(void *arg) {
    crowd c = { .paid = 0 };
    edo_scope all;
    (void)arg;
    CHECK_EQ(market_open(&c.m, 1, 1), 0);
    c.m.each = edo_ms(900);
    edo_scope_begin(&all, NULL);
    for (int i = 0; i < 400; i++) edo_scope_spawn(&all, pay_in_crowd, &c);
    CHECK_EQ(edo_scope_end(&all, 0), 0);
    CHECK_EQ(c.paid, 4 * 64);
    CHECK_EQ(c.over, 400 - 4 * 64);
    market_close(&c.m);
    return 0;
}

static void limit_of_a_payment_begins_before_the_wait_for_a_place(void **state) {
    (void)state;
    assert_int_equal(inside(wait_in_crowd, NULL), 0);
}

/* The way of a call: it is made, tried again, refused while the breaker is open, tried out, and
 * what is left meanwhile is paid later. */
static int go_the_whole_way(void *arg) {
    market m;
    (void)arg;
    CHECK_EQ(market_open(&m, 100, 100), 0);
    CHECK_EQ(market_buy(&m), 0); // well: one call
    CHECK_EQ(m.calls_n, 1);
    m.is_down = true;
    CHECK_EQ(market_buy(&m), -ECONNREFUSED); // tried again, with pauses
    CHECK_EQ(m.calls_n, 5);
    while (edo_breaker_get_state(m.payments.breaker) == EDO_BREAKER_CLOSED)
        CHECK(m.rows_n < 20 && market_buy(&m) < 0);
    const uint32_t calls = m.calls_n;
    const edo_instant start = edo_now();
    for (int i = 0; i < 10; i++) CHECK_EQ(market_buy(&m), -EDO_ECIRCUITOPEN); // refused at once
    EDO_TEST_ELAPSED(start, edo_s(0));
    CHECK_EQ(m.calls_n, calls);
    CHECK_EQ(m.rows[m.rows_n - 1].order.state, ORDER_PLACED); // the buyer hears that it is accepted
    m.is_down = false;
    CHECK_EQ(edo_sleep(edo_s(4)), 0);
    CHECK_EQ(market_buy(&m), 0); // a trial
    CHECK_EQ(relay_until_empty(&m), 0);
    CHECK_EQ(edo_breaker_get_state(m.payments.breaker), EDO_BREAKER_CLOSED);
    for (uint32_t i = 0; i < m.rows_n; i++) CHECK_EQ(m.rows[i].order.state, ORDER_PAID);
    CHECK(market_is_right(&m));
    market_close(&m);
    return 0;
}

static void call_is_tried_again_refused_tried_out_and_made_later(void **state) {
    (void)state;
    assert_int_equal(inside(go_the_whole_way, NULL), 0);
}

/* ---- Many orders ----------------------------------------------------------------------------- */

typedef struct many {
    uint32_t orders, a_second;
    bool has_outage; /* 10 s in which all calls fail */
} many;

static int buy_and_forget(void *m) {
    (void)market_buy(m); // what is left is the relay's
    return 0;
}

static int sell_many(void *arg) {
    const many *how = arg;
    market m;
    uint32_t late = 0, paid = 0;
    CHECK_EQ(market_open(&m, how->orders, (int32_t)how->orders), 0);
    m.random = test_seed(7);
    m.fail = 0.05;
    edo_task *relay = edo_spawn(saga_relay, &m.saga);
    for (uint32_t i = 0; i < how->orders; i++) {
        if (how->has_outage && i % (how->a_second * 60) == how->a_second * 5) m.is_down = true;
        if (how->has_outage && i % (how->a_second * 60) == how->a_second * 15) m.is_down = false;
        CHECK_EQ(edo_spawn_detached(buy_and_forget, &m), 0);
        CHECK_EQ(edo_sleep(edo_ns(1000000000 / how->a_second)), 0);
    }
    m.is_down = false;
    CHECK_EQ(edo_sleep(edo_s(60)), 0);
    edo_task_cancel(relay);
    CHECK_EQ(edo_task_join(relay), -ECANCELED);
    CHECK_EQ(m.outbox_n, 0);
    CHECK(market_is_right(&m));
    for (uint32_t i = 0; i < how->orders; i++) {
        paid += m.rows[i].order.state == ORDER_PAID;
        late += edo_instant_since(m.rows[i].ended_at, m.rows[i].placed_at).ns > edo_s(30).ns;
    }
    CHECK_EQ(m.stock, how->orders - paid);
    CHECK(late * 1000 <= how->orders); // 99.9 % in 30 s
    CHECK(paid * 1000 >= how->orders * 999);
    CHECK(m.calls_n < how->orders + how->orders / 4); // retries are bounded
    market_close(&m);
    return 0;
}

static void partner_that_fails_now_and_then_costs_no_order(void **state) {
    (void)state;
    many how = { .orders = 100000, .a_second = 200 };
    assert_int_equal(inside(sell_many, &how), 0);
}

static void partner_that_is_down_for_ten_seconds_costs_no_order(void **state) {
    (void)state;
    many how = { .orders = 50000, .a_second = 100, .has_outage = true };
    assert_int_equal(inside(sell_many, &how), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(death_at_any_two_points_loses_and_doubles_nothing),
        cmocka_unit_test(order_that_nobody_takes_money_for_is_undone),
        cmocka_unit_test(limit_of_a_payment_begins_before_the_wait_for_a_place),
        cmocka_unit_test(call_is_tried_again_refused_tried_out_and_made_later),
        cmocka_unit_test(partner_that_fails_now_and_then_costs_no_order),
        cmocka_unit_test(partner_that_is_down_for_ten_seconds_costs_no_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
