/* SPDX-License-Identifier: MIT */
/* traced.c: a shop whose requests one looks at, with nothing else installed: its first page is
 * docs/tools/trace.html, which draws the spans that the shop has logged.
 *
 *     build/debug/bin/examples/traced            in the tree: the page is read from there
 *     traced 127.0.0.1:8080 PATH/trace.html      elsewhere
 *
 * The stock is a service that the shop calls by HTTP; here it is the same program. At the start the
 * shop is asked for some goods, so that there is something to see. */
#include <edo/edo.h>
#include <edo/http_client.h>
#include <edo/sqlite.h>
#include <edo/web.h>
#include <edo/web_layers.h>
#include <edo/web_static.h>

#define EDO_TARGET "shop"
#include <edo/span.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct shop {
    const char *page;
    char lines[24]; // the file of the log
    char url[32];   // its own
    edo_listener *listener;
    edo_http_client *client;
    edo_sqlite *db;
} shop;

typedef struct goods {
    int64_t number, price, pieces;
} goods;
EDO_DESCRIBE(goods, EDO_FIELD(goods, number), EDO_FIELD(goods, price, .preset = "0"),
             EDO_FIELD(goods, pieces, .preset = "0"))

static int ask(const shop *s, goods *out, const char *what, int64_t number) {
    EDO_FN_SPAN(EDO_KV("what", what), EDO_KV("number", number));
    char url[64];
    (void)snprintf(url, sizeof url, "%s/%s/%" PRId64, s->url, what, number);
    return EDO_RET(edo_fetch_json(out, &goods_desc, edo_str_of(url),
                                  &(edo_fetch_opts){ .client = s->client }));
}

/* Fills `out` with the row of what the path names. */
static int look_up(edo_web *w, goods *out, const char *sql) {
    const shop *s = edo_web_state(w);
    int err = edo_web_params(w, out, &goods_desc);
    return err < 0 ? err : edo_sqlite_query_one(s->db, out, &goods_desc, sql, EDO_SQL(out->number));
}

static int show(edo_web *w, int err, const goods *g) {
    if (err == -EDO_ENOROW || err == -EDO_ESTATUS)
        return edo_web_reply_problem(w, EDO_STATUS_NOT_FOUND, "there is none");
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_OK, g, &goods_desc);
}

static int show_stock(edo_web *w) {
    goods g = { 0 };
    int err = look_up(w, &g, "select number, pieces from stock where number = ?1");
    return show(w, err, &g);
}

static int show_goods(edo_web *w) {
    goods g = { 0 }, stock = { 0 };
    int err = look_up(w, &g, "select number, price from goods where number = ?1");
    if (err == 0) err = ask(edo_web_state(w), &stock, "stock", g.number);
    const edo_str host = edo_web_header(w, "host"); // a field may be text with a length
    if (err == 0) edo_info_kv("found", EDO_KV("pieces", stock.pieces), EDO_KV("host", host));
    g.pieces = stock.pieces;
    return show(w, err, &g);
}

static int show_first(edo_web *w) {
    return edo_web_reply_redirect(w, EDO_STATUS_SEE_OTHER, EDO_STR("/trace?lines=/lines"));
}

static int show_lines(edo_web *w) {
    return edo_web_reply_file(w, "application/x-ndjson", ((shop *)edo_web_state(w))->lines);
}

static int serve(void *arg) {
    shop *s = arg;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/goods/{number}", show_goods);
    edo_router_get(r, "/stock/{number}", show_stock);
    edo_router_wrap(r, edo_traceparent_layer(NULL)); // not around what follows
    edo_router_get(r, "/", show_first);
    edo_router_get(r, "/lines", show_lines);
    edo_serve_file(r, "/trace", s->page, NULL);
    const edo_http_server_opts http = { .listeners = &s->listener, .listeners_n = 1 };
    // The page is one file with its script in it.
    const edo_security_headers_opts fields = { .policy = "default-src 'self' 'unsafe-inline'; "
                                                         "img-src 'self' data:",
                                               .documents_only = true };
    return edo_web_serve(
        r, &(edo_web_opts){
               .http = &http, .announce = true, .state = s, .guards = { .headers = &fields } });
}

static int buy(void *arg) {
    goods g = { 0 };
    for (int64_t number = 11; number <= 14; number++) (void)ask(arg, &g, "goods", number);
    return 0; // 13 is sold out, and nobody knows 14
}

static int begin(shop *s, const char *address) {
    static const edo_migration tables[] = {
        { 1, "goods",
          "create table goods (number integer primary key, price integer not null);"
          "create table stock (number integer primary key, pieces integer not null);"
          "insert into goods values (11, 3), (12, 1), (13, 2);"
          "insert into stock values (11, 5), (12, 7)" },
    };
    int err = edo_tcp_listen(&s->listener, address, NULL);
    if (err < 0) return edo_fail(err, "%s", address);
    (void)snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u", edo_listener_port(s->listener));
    err = edo_http_client_new(&s->client, &(edo_http_client_opts){ .proxy = "" });
    if (err == 0) err = edo_sqlite_open(&s->db, ":memory:", NULL);
    return err < 0 ? err : edo_sqlite_migrate(s->db, tables, EDO_COUNT(tables), NULL);
}

static int run(shop *s, int fd) {
    int err = edo_log_start(&(edo_log_opts){ .format = EDO_LOG_JSON, .spans = true, .fd = fd });
    if (err < 0) return err;
    EDO_SCOPE(both, NULL);
    edo_scope_spawn(&both, serve, s);
    edo_scope_spawn(&both, buy, s);
    err = edo_scope_end(&both, 0);
    edo_log_stop();
    return err;
}

static int app(void *arg) {
    char **args = arg;
    static shop s = { .page = "docs/tools/trace.html", .lines = "/tmp/traced-XXXXXX" };
    int fd = mkstemp(s.lines);
    if (fd < 0) return edo_fail(-errno, "%s", s.lines);
    if (args[1] && args[2]) s.page = args[2];
    int err = begin(&s, args[1] ? args[1] : "127.0.0.1:8080");
    if (err >= 0) err = run(&s, fd);
    (void)close(fd);
    (void)unlink(s.lines);
    edo_listener_unref(s.listener);
    edo_http_client_unref(s.client);
    if (err != -ETIMEDOUT) edo_sqlite_close(s.db); // else a handler may still use it
    return err;
}

int main(int argc, char **argv) {
    (void)argc;
    return edo_main(app, argv);
}
