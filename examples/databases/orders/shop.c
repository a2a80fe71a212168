/* SPDX-License-Identifier: MIT */
/* shop.c: see shop.h. */
#include "shop.h"
#include "payments.h"

#include <edo/console_page.h>
#include <edo/error.h>
#include <edo/scope.h>
#include <edo/web.h>
#include <edo/web_layers.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct shop {
    payments payments;
    saga saga;
    const char *listen;
} shop;

/* ---- Requests -------------------------------------------------------------------------------- */

#define KEY_PATTERN "[a-zA-Z0-9_-]+"

typedef struct wish {
    int64_t item;
    int32_t n;
} wish;
EDO_DESCRIBE(wish, EDO_FIELD(wish, item), EDO_FIELD(wish, n, .min = 1, .max = 1000))

typedef struct purchase {
    char key[ORDER_KEY_MAX];
    wish wish;
} purchase;
EDO_DESCRIBE(purchase,
             EDO_FIELD(purchase, key, EDO_AS("idempotency-key"), .in = EDO_IN_HEADER,
                       .pattern = KEY_PATTERN),
             EDO_FIELD_OF(purchase, wish, wish_desc, .in = EDO_IN_BODY))

/* Answers with what is known when the partner has been asked. An order that has not ended is not
 * lost: 202, and the outbox goes on with it. */
static int buy(edo_web *w) {
    static const edo_status status_of[] = {
        [ORDER_PLACED] = EDO_STATUS_ACCEPTED,   [ORDER_PAID] = EDO_STATUS_CREATED,
        [ORDER_UNDOING] = EDO_STATUS_ACCEPTED,  [ORDER_UNDONE] = EDO_STATUS_PAYMENT_REQUIRED,
        [ORDER_SOLD_OUT] = EDO_STATUS_CONFLICT,
    };
    shop *s = edo_web_state(w);
    purchase p = { 0 };
    int err = edo_web_extract(w, &p, &purchase_desc);
    if (err < 0) return err;
    order o = { .item = p.wish.item, .n = p.wish.n };
    memcpy(o.key, p.key, sizeof o.key);
    err = s->saga.store.ops->place(s->saga.store.self, &o);
    if (err == -ENOENT) return edo_web_reply_problem(w, EDO_STATUS_NOT_FOUND, "no such item");
    if (err == -EEXIST)
        return edo_web_reply_problem(w, EDO_STATUS_UNPROCESSABLE_CONTENT,
                                     "the key is that of another order");
    if (err == 0 && saga_run(&s->saga, &o) < 0) edo_trail_clear();
    return err < 0 ? err : edo_web_reply_json(w, status_of[o.state], &o, &order_desc);
}

typedef struct order_at {
    char key[ORDER_KEY_MAX];
} order_at;
EDO_DESCRIBE(order_at, EDO_FIELD(order_at, key, .pattern = KEY_PATTERN))

/* An order, and what the partner says of its payment, asked at the same time. */
typedef struct view {
    order order;
    payment_state payment;
    bool has_payment;
    const char *missing;
    payments *payments;
    const char *key;
} view;
EDO_DESCRIBE(view, EDO_FIELD_OF(view, order, order_desc),
             EDO_FIELD_OF(view, payment, payment_state_desc, .optional = true,
                          EDO_HAS(view, has_payment)),
             EDO_FIELD(view, missing, .optional = true))

static int look_at_payment(void *arg) {
    view *v = arg;
    payment look = { PAYMENT_LOOK, v->key, 0 };
    v->has_payment = payments_call(v->payments, &look, &v->payment, edo_ms(500)) == 0;
    return 0;
}

static int show(edo_web *w) {
    shop *s = edo_web_state(w);
    order_at at = { "" };
    int err = edo_web_params(w, &at, &order_at_desc);
    if (err < 0) return err;
    view v = { .payments = &s->payments, .key = at.key };
    EDO_SCOPE(both, NULL);
    edo_scope_spawn(&both, look_at_payment, &v);
    const order_store *store = &s->saga.store;
    err = edo_scope_end(&both, store->ops->find(store->self, &v.order, at.key));
    if (err == -EDO_ENOROW) return edo_web_reply_problem(w, EDO_STATUS_NOT_FOUND, "no such order");
    if (err < 0) return err;
    if (!v.has_payment) v.missing = "payment";
    return edo_web_reply_json(w, EDO_STATUS_OK, &v, &view_desc);
}

/* ---- The program ----------------------------------------------------------------------------- */

/* A browser with this link may look, from each place that reaches the shop. */
static void say_console(void) {
    char path[EDO_CONSOLE_PATH_BYTES];
    if (edo_console_path(path, NULL) < 0) return;
    printf("console at %s\n", path);
    (void)fflush(stdout);
}

static int serve(void *arg) {
    shop *s = arg;
    say_console();
    edo_router *r = edo_router_new();
    edo_router_post(r, "/orders", buy);
    edo_router_get(r, "/orders/{key}", show);
    edo_console_routes(r, NULL); // EDO_CONSOLE=1: what it does, in a browser
    edo_router_wrap_all(r, edo_request_id_layer(NULL), edo_traceparent_layer(NULL));
    // where the database is away a buyer gets a 503, and asks again by the same key
    return edo_web_serve(r, &(edo_web_opts){ .listen = s->listen, .announce = true, .state = s });
}

int orders_run(void *options) {
    const orders_opts *o = options;
    shop s = { .saga.store = o->store, .listen = o->listen };
    edo_service *partner;
    int err = payments_over_http(&partner, o->partner);
    if (err == 0) err = payments_open(&s.payments, partner);
    if (err < 0) return err;
    s.saga.payments = &s.payments;
    EDO_SCOPE(parts, NULL);
    edo_scope_spawn(&parts, serve, &s);
    edo_scope_spawn(&parts, saga_relay, &s.saga);
    err = edo_scope_end(&parts, 0);
    payments_close(&s.payments);
    return err;
}
