/* SPDX-License-Identifier: MIT */
/* store.c: orders in PostgreSQL. Each change is one transaction, with its line of the outbox: what
 * is not committed has not happened, and for what is committed somebody comes.
 *
 * The row of the item is what all buyers wait for, so it is taken last. */
#include "order.h"

#include <edo/log.h>
#include <edo/pg.h>

#define ORDER_COLUMNS "o.key, o.item, o.n, o.amount, o.state, now() - o.at as age"
/* Not all at once: those that were taken together come back one by one. */
#define LEASED "now() + make_interval(secs => 5 * (0.8 + 0.4 * random()))"

static const edo_migration migrations[] = {
    { 1, "items, orders and the outbox",
      "create table item (id bigint primary key, price bigint not null,"
      " stock int not null check (stock >= 0));"
      "create table orders (key text primary key, item bigint not null references item,"
      " n int not null, amount bigint not null, state text not null,"
      " at timestamptz not null default now());"
      "create table outbox (key text primary key references orders, due timestamptz not null);"
      "create index outbox_due on outbox (due)" },
    { 2, "the first goods", "insert into item values (1, 900, 100)" },
};
_Static_assert(ORDER_LEASE == 5, "LEASED says it in SQL");

/* A change, which may be called again, and has come about only when it is committed. */
typedef struct change {
    const order *was;
    order_state to;
    order now;
} change;

static int store_find(void *db, order *out, const char *key) {
    return edo_pg_query_one(db, out, &order_desc,
                            "select " ORDER_COLUMNS " from orders o where key = $1", EDO_SQL(key));
}

static int store_change(edo_pg *db, edo_pg_tx_fn *fn, order *o, order_state to) {
    change c = { .was = o, .to = to };
    int n = edo_pg_run_tx(db, fn, &c, NULL);
    if (n < 0) return n;
    *o = c.now;
    return 0;
}

static int outbox_remove(edo_pg *tx, const order *o) {
    return edo_pg_exec(tx, "delete from outbox where key = $1", EDO_SQL(o->key));
}

/* The same order once more finds what has become of it, also while the first one is under way: the
 * insert waits for that transaction. A refusal has a row, too: or the buyer would be told that
 * there are none, and a copy of the request, still on its way, would buy one. */
static int place_in(edo_pg *tx, void *arg) {
    change *c = arg;
    const order *o = c->was;
    int n = edo_pg_exec(tx,
                        "insert into orders (key, item, n, amount, state)"
                        " select $1, id, $3::int, price * $3::int, 'placed' from item where id = $2"
                        " on conflict (key) do nothing",
                        EDO_SQL(o->key, o->item, o->n));
    if (n <= 0) return n < 0 ? n : store_find(tx, &c->now, o->key);
    n = edo_pg_exec(tx, "insert into outbox (key, due) values ($1, " LEASED ")", EDO_SQL(o->key));
    // The check and the change are one statement: between two of them others would buy.
    if (n >= 0)
        n = edo_pg_exec(tx, "update item set stock = stock - $2 where id = $1 and stock >= $2",
                        EDO_SQL(o->item, o->n));
    if (n == 0)
        n = outbox_remove(tx, o);
    else if (n > 0)
        return store_find(tx, &c->now, o->key);
    if (n >= 0)
        n = edo_pg_exec(tx, "update orders set state = 'sold_out' where key = $1", EDO_SQL(o->key));
    return n < 0 ? n : store_find(tx, &c->now, o->key);
}

static int store_place(void *db, order *o) {
    const order wanted = *o;
    int err = store_change(db, place_in, o, ORDER_PLACED);
    if (err == -EDO_ENOROW) return edo_fail(-ENOENT, "there is no such item");
    if (err < 0) return err;
    return o->item == wanted.item && o->n == wanted.n ? 0 : -EEXIST;
}

static int move_in(edo_pg *tx, void *arg) {
    change *c = arg;
    const order *o = c->was;
    int n = edo_pg_exec(tx, "update orders set state = $3 where key = $1 and state = $2",
                        EDO_SQL(o->key, order_state_name(o->state), order_state_name(c->to)));
    if (n > 0 && c->to != ORDER_UNDOING) n = outbox_remove(tx, o);
    if (n > 0 && c->to == ORDER_UNDONE)
        n = edo_pg_exec(tx, "update item set stock = stock + $2 where id = $1",
                        EDO_SQL(o->item, o->n));
    return n < 0 ? n : store_find(tx, &c->now, o->key); // 0: another one was quicker
}

static int store_move(void *db, order *o, order_state to) {
    return store_change(db, move_in, o, to);
}

static int store_take(void *db, order *due, int max) {
    edo_seq *rows = edo_pg_rows(
        db, &order_desc,
        "with taken as (update outbox set due = " LEASED " where key in (select key from outbox"
        " where due <= now() order by due limit $1 for update skip locked) returning key)"
        " select " ORDER_COLUMNS " from orders o join taken using (key)",
        EDO_SQL(max));
    order row;
    int n = 0, rc;
    while ((rc = edo_seq_next(rows, &row)) == 1 && n < max) due[n++] = row; // up to the end of all
    edo_seq_free(rows);
    return rc < 0 ? rc : n;
}

static int store_recover(void *db) {
    int n = edo_pg_exec(db, "update outbox set due = now()", EDO_SQL_NONE);
    if (n > 0) edo_info("orders: %d were cut short, and go on", n);
    return n < 0 ? n : 0;
}

int store_open(order_store *out, edo_pg *db) {
    static const order_store_ops ops = { store_place, store_move, store_take, store_recover,
                                         store_find };
    *out = (order_store){ &ops, db };
    int n = edo_pg_migrate(db, migrations, EDO_COUNT(migrations), NULL);
    return n < 0 ? n : 0;
}
