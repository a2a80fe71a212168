/* SPDX-License-Identifier: MIT */
/* main.c: a shop that sells what it has, once, and is paid for it once, whatever dies meanwhile:
 * itself, its database, the partner that takes the money.
 *
 *     orders DATABASE-URL PARTNER-URL [HOST:PORT]
 *     curl -H 'idempotency-key: 4711' -H 'content-type: application/json' -d '{"item":1,"n":2}' \
 *         http://127.0.0.1:8080/orders
 *     curl http://127.0.0.1:8080/orders/4711 */
#include "saga.h"

#include <edo/edo.h>
#include <edo/pg.h>
#include <edo/retry.h>
#include <edo/web.h>

#include <stdio.h>
#include <string.h>

typedef struct shop {
    edo_pg *db;
    payments payments;
    saga saga;
    const char *listen;
} shop;

/* ---- Requests -------------------------------------------------------------------------------- */

/* Of failures, all of which are the database's: whether it has happened is not known. The same
 * request once more finds out. */
static int reply_later(edo_web *w, int code) {
    (void)code; // the log has it
    (void)edo_web_set_retry_after(w, edo_s(1));
    return edo_web_reply_problem(w, EDO_STATUS_SERVICE_UNAVAILABLE, "ask again, with this key");
}

static int order_key(edo_web *w, order *o, edo_str key) {
    static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    bool is_good = key.len > 0 && key.len < sizeof o->key;
    for (size_t i = 0; is_good && i < key.len; i++)
        is_good = memchr(chars, key.ptr[i], sizeof chars - 1) != NULL;
    if (!is_good)
        return edo_web_reject(w, -EINVAL, EDO_STATUS_BAD_REQUEST,
                              "an idempotency-key is 1 to 63 of a-z A-Z 0-9 - _");
    memcpy(o->key, key.ptr, key.len);
    return 0;
}

typedef struct wish {
    int64_t item;
    int32_t n;
} wish;
EDO_DESCRIBE(wish, EDO_FIELD(wish, item), EDO_FIELD(wish, n, .min = 1, .max = 1000))

/* Answers with what is known when the partner has been asked. An order that has not ended is not
 * lost: 202, and the outbox goes on with it. */
static int buy(edo_web *w) {
    static const edo_status status_of[] = {
        [ORDER_PLACED] = EDO_STATUS_ACCEPTED,   [ORDER_PAID] = EDO_STATUS_CREATED,
        [ORDER_UNDOING] = EDO_STATUS_ACCEPTED,  [ORDER_UNDONE] = EDO_STATUS_PAYMENT_REQUIRED,
        [ORDER_SOLD_OUT] = EDO_STATUS_CONFLICT,
    };
    shop *s = edo_web_state(w);
    wish it = { 0 };
    order o = { 0 };
    int err = order_key(w, &o, edo_web_header(w, "idempotency-key"));
    if (err == 0) err = edo_web_json(w, &it, &wish_desc);
    if (err < 0) return err;
    o.item = it.item, o.n = it.n;
    err = s->saga.store.ops->place(s->saga.store.self, &o);
    if (err == -ENOENT) return edo_web_reply_problem(w, EDO_STATUS_NOT_FOUND, "no such item");
    if (err == -EEXIST)
        return edo_web_reply_problem(w, EDO_STATUS_UNPROCESSABLE_CONTENT,
                                     "the key is that of another order");
    if (err == 0 && saga_run(&s->saga, &o) < 0) edo_trail_clear();
    return err < 0 ? err : edo_web_reply_json(w, status_of[o.state], &o, &order_desc);
}

/* An order, and what the partner says of its payment, asked at the same time. */
typedef struct view {
    order order;
    payment_state payment;
    bool has_payment;
    const char *missing;
    shop *shop;
    char key[ORDER_KEY_MAX];
} view;
EDO_DESCRIBE(view, EDO_FIELD_OF(view, order, order_desc),
             EDO_FIELD_OF(view, payment, payment_state_desc, .optional = true,
                          EDO_HAS(view, has_payment)),
             EDO_FIELD(view, missing, .optional = true))

static int look_at_payment(void *arg) {
    view *v = arg;
    payment look = { PAYMENT_LOOK, v->key, 0 };
    v->has_payment = payments_call(&v->shop->payments, &look, &v->payment, edo_ms(500)) == 0;
    return 0;
}

static int show(edo_web *w) {
    view v = { .shop = edo_web_state(w) };
    edo_scope both;
    int err = order_key(w, &v.order, edo_web_param(w, "key"));
    if (err < 0) return err;
    memcpy(v.key, v.order.key, sizeof v.key);
    edo_scope_begin(&both, NULL);
    edo_scope_spawn(&both, look_at_payment, &v);
    err = v.shop->saga.store.ops->find(v.shop->saga.store.self, &v.order);
    int end = edo_scope_end(&both);
    if (err == -EDO_ENOROW) return edo_web_reply_problem(w, EDO_STATUS_NOT_FOUND, "no such order");
    if (err < 0 || end < 0) return err < 0 ? err : end;
    if (!v.has_payment) v.missing = "payment";
    return edo_web_reply_json(w, EDO_STATUS_OK, &v, &view_desc);
}

/* ---- The program ----------------------------------------------------------------------------- */

static int serve(void *arg) {
    shop *s = arg;
    edo_router *r = edo_router_new();
    edo_router_post(r, "/orders", buy);
    edo_router_get(r, "/orders/{key}", show);
    edo_router_on_error(r, reply_later);
    return edo_web_serve(r, &(edo_web_opts){ .listen = s->listen, .announce = true, .state = s });
}

static int open_store(void *arg) {
    shop *s = arg;
    return store_open(&s->saga.store, s->db);
}

static int run(shop *s) {
    edo_scope parts;
    // The database may start together with this, or be restarted.
    int err = edo_retry(open_store, s,
                        &(edo_retry_opts){ .attempts = 20, .backoff = { .pause_max = edo_s(2) } });
    if (err < 0) return edo_fail(err, "opening the database");
    edo_scope_begin(&parts, NULL);
    edo_scope_spawn(&parts, serve, s);
    edo_scope_spawn(&parts, saga_relay, &s->saga);
    return edo_scope_end(&parts);
}

static int app(void *arg) {
    char **args = arg;
    shop s = { .listen = args[3] ? args[3] : "127.0.0.1:8080" };
    edo_service *partner;
    int err = payments_over_http(&partner, args[2]);
    if (err == 0) err = payments_open(&s.payments, partner);
    if (err < 0) return err;
    s.saga.payments = &s.payments;
    err = edo_pg_connect(&s.db, edo_str_of(args[1]),
                         &(edo_pg_opts){ .pool = { .max = 16 }, .lazy = true });
    if (err == 0) err = run(&s);
    edo_pg_close(s.db);
    payments_close(&s.payments);
    return err;
}

int main(int argc, char **argv) {
    if (argc == 3 || argc == 4) return edo_main(app, argv);
    (void)fprintf(stderr, "usage: %s DATABASE-URL PARTNER-URL [HOST:PORT]\n", argv[0]);
    return 2;
}
