/* SPDX-License-Identifier: MIT */
/* main.c: a shop that sells what it has, once, and is paid for it once, whatever dies meanwhile:
 * itself, its database, the partner that takes the money.
 *
 *     orders DATABASE-URL [HOST:PORT]
 *     curl -X PUT -H 'content-type: application/json' -d '{"price":900,"stock":100}' \
 *         http://127.0.0.1:8080/items/1
 *     curl -H 'idempotency-key: 4711' -H 'content-type: application/json' -d '{"item":1,"n":2}' \
 *         http://127.0.0.1:8080/orders
 *     curl http://127.0.0.1:8080/orders/4711 */
#include "store.h"

#include <edo/edo.h>
#include <edo/retry.h>
#include <edo/web.h>

#include <stdio.h>
#include <string.h>

typedef struct shop {
    edo_pg *db;
    order_store store;
} shop;

/* ---- Orders ---------------------------------------------------------------------------------- */

static const edo_status status_of[] = {
    [ORDER_PLACED] = EDO_STATUS_ACCEPTED,   [ORDER_PAID] = EDO_STATUS_CREATED,
    [ORDER_UNDOING] = EDO_STATUS_ACCEPTED,  [ORDER_UNDONE] = EDO_STATUS_PAYMENT_REQUIRED,
    [ORDER_SOLD_OUT] = EDO_STATUS_CONFLICT,
};

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
        is_good = memchr(chars, key.ptr[i], sizeof chars - 1);
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

static int buy(edo_web *w) {
    shop *s = edo_web_state(w);
    wish it = { 0 };
    order o = { 0 };
    int err = order_key(w, &o, edo_web_header(w, "idempotency-key"));
    if (err == 0) err = edo_web_json(w, &it, &wish_desc);
    if (err < 0) return err;
    o.item = it.item, o.n = it.n;
    err = s->store.ops->place(s->store.self, &o);
    if (err == -ENOENT) return edo_web_reply_problem(w, EDO_STATUS_NOT_FOUND, "no such item");
    if (err == -EEXIST)
        return edo_web_reply_problem(w, EDO_STATUS_UNPROCESSABLE_CONTENT,
                                     "the key is that of another order");
    return err < 0 ? err : edo_web_reply_json(w, status_of[o.state], &o, &order_desc);
}

static int show_order(edo_web *w) {
    shop *s = edo_web_state(w);
    order o = { 0 };
    int err = order_key(w, &o, edo_web_param(w, "key"));
    if (err < 0) return err;
    err = s->store.ops->find(s->store.self, &o);
    if (err == -EDO_ENOROW) return edo_web_reply_problem(w, EDO_STATUS_NOT_FOUND, "no such order");
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_OK, &o, &order_desc);
}

/* ---- Items ----------------------------------------------------------------------------------- */

typedef struct item_key {
    int64_t id;
} item_key;
EDO_DESCRIBE(item_key, EDO_FIELD(item_key, id))

static int reply_item(edo_web *w, int err, const item *it) {
    if (err == -EDO_ENOROW) return edo_web_reply_problem(w, EDO_STATUS_NOT_FOUND, "no such item");
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_OK, it, &item_desc);
}

static int offer(edo_web *w) {
    shop *s = edo_web_state(w);
    item_key key = { 0 };
    item it = { 0 };
    int err = edo_web_params(w, &key, &item_key_desc);
    if (err == 0) err = edo_web_json(w, &it, &item_desc);
    if (err < 0) return err;
    it.id = key.id;
    err = store_offer(s->db, &it);
    if (err == 0) err = store_get_item(s->db, &it);
    return reply_item(w, err, &it);
}

static int show_item(edo_web *w) {
    shop *s = edo_web_state(w);
    item_key key = { 0 };
    int err = edo_web_params(w, &key, &item_key_desc);
    if (err < 0) return err;
    item it = { .id = key.id };
    return reply_item(w, store_get_item(s->db, &it), &it);
}

/* ---- The program ----------------------------------------------------------------------------- */

static int begin(void *arg) {
    shop *s = arg;
    int err = store_open(&s->store, s->db);
    return edo_fail(err, "opening the database");
}

static int app(void *arg) {
    char **args = arg;
    shop s = { 0 };
    int err = edo_pg_connect(&s.db, edo_str_of(args[1]),
                             &(edo_pg_opts){ .pool = { .max = 16 }, .lazy = true });
    if (err < 0) return err;
    // The database may start together with this, or be restarted.
    err = edo_retry(begin, &s,
                    &(edo_retry_opts){ .attempts = 20, .backoff = { .pause_max = edo_s(2) } });
    if (err == 0) {
        edo_router *r = edo_router_new();
        edo_router_post(r, "/orders", buy);
        edo_router_get(r, "/orders/{key}", show_order);
        edo_router_put(r, "/items/{id}", offer);
        edo_router_get(r, "/items/{id}", show_item);
        edo_router_on_error(r, reply_later);
        const char *listen = args[2] ? args[2] : "127.0.0.1:8080";
        err = edo_web_serve(r, &(edo_web_opts){ .listen = listen, .announce = true, .state = &s });
    }
    edo_pg_close(s.db);
    return err;
}

int main(int argc, char **argv) {
    if (argc == 2 || argc == 3) return edo_main(app, argv);
    (void)fprintf(stderr, "usage: %s DATABASE-URL [HOST:PORT]\n", argv[0]);
    return 2;
}
