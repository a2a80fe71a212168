/* SPDX-License-Identifier: MIT */
/* sim/orders_store.c: the example `orders` at a host, with its orders in a file of SQLite. Each
 * change is a transaction of several jobs, so that a crash finds it half done. */
#include "order.h"
#include "orders_hosts.h"
#include "shop.h"

#include <edo/blocking.h>
#include <edo/sqlite.h>
#include <edo/time.h>

#include <string.h>

#define COLUMNS "o.key, o.item, o.n, o.amount, o.state, ?1 - o.at as age" /* ?1: now */

static const edo_migration migrations[] = {
    { 1, "items, orders and the outbox",
      "create table item (id integer primary key, price integer not null,"
      " stock integer not null check (stock >= 0));"
      "create table orders (key text primary key, item integer not null references item,"
      " n integer not null, amount integer not null, state text not null, at integer not null);"
      "create table outbox (key text primary key references orders, due integer not null);" },
    { 2, "goods; two of the second cost more than the partner takes",
      "insert into item values (1, 900, 100), (2, 60000, 100), (3, 900, 4)" },
};

static int64_t now_ns(void) {
    edo_wall now = edo_wall_now();
    return now.s * 1000000000 + now.ns;
}

/* Not all at once: by what the orders are called. */
static int64_t lease_end(const char *key) {
    uint64_t hash = 0;
    for (; *key; key++) hash = hash * 31 + (unsigned char)*key;
    return now_ns() + edo_s(ORDER_LEASE).ns / 10 * (int64_t)(8 + hash % 5);
}

static int file_find(void *db, order *out, const char *key) {
    return edo_sqlite_query_one(db, out, &order_desc,
                                "select " COLUMNS " from orders o where key = ?2",
                                EDO_SQL(now_ns(), key));
}

typedef struct change {
    const order *was;
    order_state to;
    order now;
} change;

static int file_change(edo_sqlite *db, edo_sqlite_tx_fn *fn, order *o, order_state to) {
    change c = { .was = o, .to = to };
    int n = edo_sqlite_run_tx(db, fn, &c);
    if (n < 0) return n;
    *o = c.now;
    return 0;
}

static int outbox_drop(edo_sqlite *tx, const order *o) {
    return edo_sqlite_exec(tx, "delete from outbox where key = ?1", EDO_SQL(o->key));
}

static int place_in_file(edo_sqlite *tx, void *arg) {
    change *c = arg;
    const order *o = c->was;
    int n = edo_sqlite_exec(tx,
                            "insert into orders (key, item, n, amount, state, at)"
                            " select ?1, id, ?3, price * ?3, 'placed', ?4 from item where id = ?2"
                            " on conflict (key) do nothing",
                            EDO_SQL(o->key, o->item, o->n, now_ns()));
    if (n <= 0) return n < 0 ? n : file_find(tx, &c->now, o->key);
    n = edo_sqlite_exec(tx, "insert into outbox (key, due) values (?1, ?2)",
                        EDO_SQL(o->key, lease_end(o->key)));
    if (n >= 0)
        n = edo_sqlite_exec(tx, "update item set stock = stock - ?2 where id = ?1 and stock >= ?2",
                            EDO_SQL(o->item, o->n));
    if (n > 0) return file_find(tx, &c->now, o->key);
    if (n == 0) n = outbox_drop(tx, o);
    if (n >= 0)
        n = edo_sqlite_exec(tx, "update orders set state = 'sold_out' where key = ?1",
                            EDO_SQL(o->key));
    return n < 0 ? n : file_find(tx, &c->now, o->key);
}

static int file_place(void *db, order *o) {
    const order wanted = *o;
    int err = file_change(db, place_in_file, o, ORDER_PLACED);
    if (err == -EDO_ENOROW) return -ENOENT;
    if (err < 0) return err;
    return o->item == wanted.item && o->n == wanted.n ? 0 : -EEXIST;
}

static int move_in_file(edo_sqlite *tx, void *arg) {
    change *c = arg;
    const order *o = c->was;
    int n = edo_sqlite_exec(tx, "update orders set state = ?3 where key = ?1 and state = ?2",
                            EDO_SQL(o->key, order_state_name(o->state), order_state_name(c->to)));
    if (n > 0 && c->to != ORDER_UNDOING) n = outbox_drop(tx, o);
    if (n > 0 && c->to == ORDER_UNDONE)
        n = edo_sqlite_exec(tx, "update item set stock = stock + ?2 where id = ?1",
                            EDO_SQL(o->item, o->n));
    return n < 0 ? n : file_find(tx, &c->now, o->key);
}

static int file_move(void *db, order *o, order_state to) {
    return file_change(db, move_in_file, o, to);
}

typedef struct haul {
    order *due;
    int max, n;
} haul;

static int take_in_file(edo_sqlite *tx, void *arg) {
    haul *h = arg;
    const int64_t now = now_ns();
    edo_seq *rows = edo_sqlite_rows(tx, &order_desc,
                                    "select " COLUMNS " from orders o join outbox b using (key)"
                                    " where b.due <= ?1 order by b.due limit ?2",
                                    EDO_SQL(now, h->max));
    order row;
    int rc;
    while ((rc = edo_seq_next(rows, &row)) == 1) h->due[h->n++] = row;
    edo_seq_free(rows);
    for (int i = 0; i < h->n && rc >= 0; i++)
        rc = edo_sqlite_exec(tx, "update outbox set due = ?2 where key = ?1",
                             EDO_SQL(h->due[i].key, lease_end(h->due[i].key)));
    return rc;
}

static int file_take(void *db, order *due, int max) {
    haul h = { .due = due, .max = max };
    int rc = edo_sqlite_run_tx(db, take_in_file, &h);
    return rc < 0 ? rc : h.n;
}

static int file_recover(void *db) {
    int n = edo_sqlite_exec(db, "update outbox set due = ?1", EDO_SQL(now_ns()));
    return n < 0 ? n : 0;
}

int orders_on_sqlite_run(void *options) {
    static const order_store_ops ops = { file_place, file_move, file_take, file_recover,
                                         file_find };
    const orders_site *site = options;
    const edo_sqlite_opts for_good = { .open_sql = "pragma synchronous = full" };
    edo_sqlite *db = NULL;
    int err = edo_sqlite_open(&db, site->file, &for_good);
    if (err == 0) err = edo_sqlite_migrate(db, migrations, EDO_COUNT(migrations), NULL);
    orders_opts opts = { .store = { &ops, db }, .partner = site->partner, .listen = site->listen };
    if (err >= 0) err = orders_run(&opts);
    edo_sqlite_close(db);
    return err;
}
