/* SPDX-License-Identifier: MIT */
/* pg_tested.c: routes with sessions in PostgreSQL, and a test of them that leaves nothing in the
 * database: each case is a transaction that is rolled back.
 *
 *     pg_tested URL */
#include <edo/edo.h>
#include <edo/layers.h>
#include <edo/pg_session.h>
#include <edo/str.h>
#include <edo/test.h>
#include <edo/test_web.h>
#include <edo/web.h>

#include <stdio.h>

/* ---- The service ----------------------------------------------------------------------------- */

static const edo_migration migrations[] = {
    { 1, "sessions", EDO_SESSION_PG_SQL },
    { 2, "seats", "create table seat (number int primary key, guest text not null)" },
};

typedef struct seat {
    int32_t number;
} seat;
EDO_DESCRIBE(seat, EDO_FIELD(seat, number, .min = 1, .max = 100))

static int take(edo_web *w) { // a guest has one seat, and a seat one guest
    seat s = { 0 };
    edo_session *session;
    int err = edo_web_json(w, &s, &seat_desc);
    if (err < 0) return err; // a response has been made
    err = edo_session_open(&session, w);
    if (err < 0) return err;
    edo_str guest = edo_session_get(session, "guest");
    if (guest.len > 0) return edo_web_reply_problem(w, 409, "you have a seat");
    err = edo_pg_exec(edo_web_state(w), "insert into seat values ($1, 'somebody')",
                      EDO_SQL(s.number));
    if (err == -EDO_ESQL && edo_pg_get_error()->kind == EDO_PG_UNIQUE)
        return edo_web_reply_problem(w, 409, "the seat is taken");
    if (err >= 0) err = edo_session_set(session, "guest", EDO_STR("somebody"));
    return err < 0 ? err : edo_web_reply_status(w, 201);
}

static edo_router *routes(edo_pg *db) {
    edo_router *r = edo_router_new();
    edo_router_post(r, "/seats", take);
    edo_router_wrap(
        r, edo_session_layer(&(edo_session_opts){ .ops = &edo_session_pg_ops, .store = db }));
    return r;
}

/* ---- Its test -------------------------------------------------------------------------------- */

/* Asks for a seat, as a browser that sends `fields`; it keeps the cookie that it gets. */
static int ask(edo_pg *db, edo_router *r, const char *body, edo_headers *fields) {
    edo_oneshot got;
    EDO_TEST_OK(edo_headers_set(fields, EDO_HEADER_CONTENT_TYPE, EDO_STR("application/json")));
    edo_http_request req = { .method = EDO_METHOD_POST,
                             .target = EDO_STR("/seats"),
                             .headers = fields,
                             .data = edo_str_of(body) };
    EDO_TEST_OK(edo_web_oneshot(&got, r, &req, &(edo_web_opts){ .state = db }));
    edo_str cookie = edo_headers_get(&got.headers, EDO_HEADER_SET_COOKIE);
    if (cookie.len > 0)
        EDO_TEST_OK(edo_headers_set(fields, EDO_HEADER_COOKIE, edo_str_cut(&cookie, ';')));
    int status = (int)got.status;
    edo_oneshot_deinit(&got);
    return status;
}

static int a_seat_has_one_guest(edo_pg *db, void *arg) {
    (void)arg;
    edo_router *r = routes(db); // sessions are in the transaction, too
    edo_headers ann, bob;
    edo_headers_init(&ann);
    edo_headers_init(&bob);
    EDO_TEST_EQ(ask(db, r, "{\"number\":7}", &ann), 201);
    EDO_TEST_EQ(ask(db, r, "{\"number\":8}", &ann), 409); // she has one
    EDO_TEST_EQ(ask(db, r, "{\"number\":7}", &bob), 409); // the server refuses, and no more fails
    EDO_TEST_EQ(ask(db, r, "{\"number\":8}", &bob), 201);
    edo_headers_deinit(&ann);
    edo_headers_deinit(&bob);
    edo_router_free(r);
    return 0;
}

static int app(void *arg) {
    edo_pg *db;
    int err = edo_pg_connect(&db, edo_str_of(arg), NULL);
    if (err < 0) return err;
    err = edo_pg_migrate(db, migrations, EDO_COUNT(migrations), NULL);
    for (int i = 0; i < 2 && err >= 0; i++) // twice, as nothing is left of the first
        err = edo_pg_run_tx_back(db, a_seat_has_one_guest, NULL);
    edo_pg_close(db);
    if (err == 0) printf("passed\n");
    return err;
}

int main(int argc, char **argv) {
    if (argc == 2) return edo_main(app, argv[1]);
    (void)fprintf(stderr, "usage: %s URL\n", argv[0]);
    return 2;
}
