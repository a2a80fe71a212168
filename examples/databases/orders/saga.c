/* SPDX-License-Identifier: MIT */
/* saga.c: see order.h. */
#include "order.h"
#include "payments.h"

#include <edo/log.h>
#include <edo/scope.h>
#include <edo/task.h>

#include <stdlib.h>

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

typedef struct errand {
    saga *saga;
    order order;
} errand;

static int errand_run(void *arg) {
    errand *e = arg;
    int err = saga_run(e->saga, &e->order);
    if (err < 0 && err != -ECANCELED)
        edo_info("orders: %s stays in the outbox: %s", e->order.key, edo_strerror(err));
    free(e);
    return 0;
}

static int relay_some(saga *s, edo_scope *errands) {
    order due[16];
    int n = s->store.ops->take(s->store.self, due, EDO_COUNT(due));
    for (int i = 0; i < n; i++) {
        errand *e = malloc(sizeof *e);
        if (!e) return -ENOMEM; // they are due again later
        *e = (errand){ s, due[i] };
        if (edo_scope_spawn(errands, errand_run, e) < 0) free(e);
    }
    return n;
}

int saga_relay(void *arg) {
    saga *s = arg;
    int n = s->store.ops->recover(s->store.self);
    EDO_SCOPE(errands, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL, .at_once = AT_ONCE });
    while (n >= 0) {
        n = relay_some(s, &errands);
        if (n < 0) edo_trail_clear(); // the database comes back
        if (n <= 0) n = edo_sleep(edo_ms(500));
    }
    return edo_scope_end(&errands, n);
}
