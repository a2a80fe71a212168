/* SPDX-License-Identifier: MIT */
/* pg_shop.c: a shop in PostgreSQL that sells what it has, and not more, as a JSON API.
 *
 *     pg_shop URL [HOST:PORT]
 *     curl http://127.0.0.1:8080/items
 *     curl -d '{"item":1,"n":2}' -H 'content-type: application/json' http://127.0.0.1:8080/orders */
#include <edo/edo.h>
#include <edo/pg.h>
#include <edo/web.h>
#include <edo/web_lines.h>

static const edo_migration migrations[] = {
    { 1, "items and orders",
      "create table item (id bigint primary key, name text not null, stock int not null"
      " check (stock >= 0));"
      "create table sold (item bigint not null references item, n int not null,"
      " at timestamptz not null default now())" },
    { 2, "the first goods", "insert into item values (1, 'tea', 100), (2, 'cake', 5)" },
};

typedef struct item {
    int64_t id;
    edo_str name;
    int32_t stock;
} item;
EDO_DESCRIBE(item, EDO_FIELD(item, id), EDO_FIELD(item, name), EDO_FIELD(item, stock))

static int list_items(edo_web *w) { // rows are sent as they come
    edo_stream *out;
    item it;
    int rc = edo_web_reply_json_lines(w, &out);
    if (rc < 0) return rc;
    edo_seq *rows = edo_pg_rows(edo_web_state(w), &item_desc,
                                "select id, name, stock from item order by name", EDO_SQL_NONE);
    while ((rc = edo_seq_next(rows, &it)) == 1) // texts of `it` live until the next row
        if ((rc = edo_web_send_json_line(out, &it, &item_desc)) < 0) break;
    edo_seq_free(rows); // also ends the query of a client that has gone
    return rc;
}

typedef struct order {
    int64_t item;
    int32_t n;
} order;
EDO_DESCRIBE(order, EDO_FIELD(order, item), EDO_FIELD(order, n, .min = 1, .max = 1000))

static int sell(edo_pg *tx, void *arg) { // called again if Postgres asks for that (40001, 40P01)
    const order *o = arg;
    int n = edo_pg_exec(tx, "update item set stock = stock - $2 where id = $1 and stock >= $2",
                        EDO_SQL(o->item, o->n));
    if (n == 0) return -EDO_ENOROW;
    return n < 0 ? n
                 : edo_pg_exec(tx, "insert into sold (item, n) values ($1, $2)",
                               EDO_SQL(o->item, o->n));
}

static int buy(edo_web *w) {
    order o = { 0 };
    int err = edo_web_json(w, &o, &order_desc);
    if (err < 0) return err;
    // commits after 0 or more, else rolls back
    err = edo_pg_run_tx(edo_web_state(w), sell, &o, NULL);
    if (err == -EDO_ENOROW) return edo_web_reply_problem(w, 409, "sold out");
    return err < 0 ? err : edo_web_reply_status(w, 201);
}

typedef struct path {
    int64_t item;
} path;
EDO_DESCRIBE(path, EDO_FIELD(path, item))

static int buy_one(edo_web *w) { // a button for each of the goods
    path p = { 0 };
    int err = edo_web_params(w, &p, &path_desc);
    if (err < 0) return err;
    err = edo_pg_run_tx(edo_web_state(w), sell, &(order){ .item = p.item, .n = 1 }, NULL);
    if (err == -EDO_ENOROW) return edo_web_reply_problem(w, 409, "sold out");
    return err < 0 ? err : edo_web_reply_status(w, 201);
}

typedef struct report {
    int64_t goods, orders;
} report;
EDO_DESCRIBE(report, EDO_FIELD(report, goods, .preset = "0"),
             EDO_FIELD(report, orders, .preset = "0"))

static int tell(edo_web *w) {
    report goods, orders;
    edo_pg_step steps[] = {
        { .sql = "select count(*) as goods from item", .out = &goods, .desc = &report_desc },
        { .sql = "select count(*) as orders from sold", .out = &orders, .desc = &report_desc },
    };
    int err = edo_pg_pipeline(edo_web_state(w), steps, EDO_COUNT(steps)); // one round trip
    if (err < 0) return err;
    goods.orders = orders.orders;
    return edo_web_reply_json(w, 200, &goods, &report_desc);
}

static int app(void *arg) {
    char **args = arg;
    edo_pg *db; // a pool, one connection of it, a transaction: all are an edo_pg
    int err = edo_pg_connect(&db, edo_str_of(args[1]), &(edo_pg_opts){ .pool = { .max = 20 } });
    if (err < 0) return err;
    err = edo_pg_migrate(db, migrations, EDO_COUNT(migrations), NULL);
    if (err >= 0) {
        edo_router *r = edo_router_new();
        edo_router_get(r, "/items", list_items);
        edo_router_post(r, "/orders", buy);
        edo_router_post(r, "/items/{item}/orders", buy_one);
        edo_router_get(r, "/report", tell);
        const char *listen = args[2] ? args[2] : "127.0.0.1:8080";
        err = edo_web_serve(r, &(edo_web_opts){ .listen = listen, .announce = true, .state = db });
    }
    edo_pg_close(db);
    return err;
}

int main(int argc, char **argv) {
    if (argc == 2 || argc == 3) return edo_main(app, argv);
    (void)fprintf(stderr, "usage: %s URL [HOST:PORT]\n", argv[0]);
    return 2;
}
