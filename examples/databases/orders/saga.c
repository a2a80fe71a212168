/* SPDX-License-Identifier: MIT */
/* saga.c: see order.h. */
#include "order.h"
#include "payments.h"

#include <edo/log.h>
#include <edo/seq_generate.h>

#include <errno.h>

#define PAY_FOR_S 4  /* a call of the partner with all attempts: less than ORDER_LEASE */
#define GIVE_UP_S 15 /* after so long nobody waits for the goods any more */
#define AT_ONCE   64
_Static_assert(PAY_FOR_S * 10 <= ORDER_LEASE * 8, "a lease is longer, also by chance");

static int order_pay(saga *s, order *o) {
    payment take = { PAYMENT_TAKE, o->key, o->amount };
    payment_state is = PAYMENT_NONE;
    int err = payments_call(s->payments, &take, &is, edo_s(PAY_FOR_S));
    if (err == 0 && is == PAYMENT_TAKEN) return s->store.ops->move(s->store.self, o, ORDER_PAID);
    // Declined, or given up: whether money was taken is then not known, and need not be.
    if (err == 0 || o->age.ns > edo_s(GIVE_UP_S).ns)
        return s->store.ops->move(s->store.self, o, ORDER_UNDOING);
    return err;
}

static int order_undo(saga *s, order *o) {
    payment back = { PAYMENT_RETURN, o->key, 0 };
    payment_state is = PAYMENT_NONE;
    int err = payments_call(s->payments, &back, &is, edo_s(PAY_FOR_S));
    return err < 0 ? err : s->store.ops->move(s->store.self, o, ORDER_UNDONE);
}

int saga_run(saga *s, order *o) {
    int err = 0;
    while (err == 0 && (o->state == ORDER_PLACED || o->state == ORDER_UNDOING))
        err = o->state == ORDER_PLACED ? order_pay(s, o) : order_undo(s, o);
    return err;
}

/* Emits what is due in the outbox. */
static int orders_due(void *arg, edo_emitter *e) {
    const order_store *store = &((saga *)arg)->store;
    int err = 0;
    while (err == 0) {
        order due[16];
        int n = store->ops->take(store->self, due, EDO_COUNT(due));
        if (n < 0) edo_trail_clear(); // the database comes back
        if (n <= 0) err = edo_sleep(edo_ms(500));
        for (int i = 0; i < n && err == 0; i++) err = edo_emit(e, &due[i]);
    }
    return err;
}

static int errand_run(void *arg, const void *item) {
    order o = *(const order *)item;
    int err = saga_run(arg, &o);
    if (err < 0 && err != -ECANCELED)
        edo_info("orders: %s stays in the outbox: %s", o.key, edo_strerror(err));
    return 0;
}

int saga_relay(void *arg) {
    saga *s = arg;
    int err = s->store.ops->recover(s->store.self);
    while (err >= 0) {
        edo_seq *due = edo_seq_generate(sizeof(order), orders_due, s);
        err = edo_seq_for_each_concurrent(due, AT_ONCE, errand_run, s);
        if (err == -ENOMEM) err = edo_sleep(edo_ms(500)); // what was not begun is due again later
    }
    return err;
}
