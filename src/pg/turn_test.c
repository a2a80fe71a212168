/* SPDX-License-Identifier: MIT */
/* Goal: what does not fit together in a handle, and in those that it was begun on, is named.
 * Method: a savepoint in a transaction on a connection, without a server, broken by hand. */
#include "pg/db.h"

#include "broken.h"

typedef struct handles {
    edoi_pg_conn conn, other;
    edo_pg pool, acquired, tx, savepoint;
} handles;

static void handles_begin(handles *h) {
    *h = (handles){ .conn = { .txs_n = 3, .savepoints_n = 2 } };
    h->pool = (edo_pg){ .form = EDOI_PG_POOL };
    h->acquired = (edo_pg){ .form = EDOI_PG_CONN, .conn = &h->conn, .lease.object = &h->conn };
    h->tx = (edo_pg){ .form = EDOI_PG_TX, .conn = &h->conn, .outer = &h->acquired, .number = 3 };
    h->savepoint =
        (edo_pg){ .form = EDOI_PG_TX, .conn = &h->conn, .outer = &h->tx, .savepoint = 2 };
    edoi_pg_handle_check(&h->pool);
    edoi_pg_handle_check(&h->savepoint);
}

typedef struct breaker {
    const char *name;
    void (*fn)(handles *h);
} breaker;

static void forget_connection(handles *h) {
    h->tx.conn = NULL;
}

static void lease_another(handles *h) {
    h->acquired.lease.object = &h->other;
}

static void lease_twice(handles *h) {
    h->tx.lease.object = &h->conn;
}

static void forget_lease(handles *h) {
    h->acquired.lease.object = NULL;
}

static void number_a_connection(handles *h) {
    h->acquired.number = 1;
}

static void number_twice(handles *h) {
    h->savepoint.number = 3;
}

static void count_too_few(handles *h) {
    h->conn.txs_n = 2;
}

static void count_too_few_savepoints(handles *h) {
    h->conn.savepoints_n = 1;
}

static int break_and_walk(void *arg) {
    const breaker *b = arg;
    handles h;
    handles_begin(&h);
    b->fn(&h);
    edoi_pg_handle_check(&h.savepoint);
    return 0;
}

static void a_walk_names_what_is_broken(void **state) {
    (void)state;
    static breaker rows[] = {
        { "db inv. 1: ", forget_connection },   { "db inv. 1: ", lease_another },
        { "db inv. 1: ", lease_twice },         { "db inv. 1: ", forget_lease },
        { "db inv. 2: ", number_a_connection }, { "db inv. 2: ", number_twice },
        { "db inv. 2: ", count_too_few },       { "db inv. 2: ", count_too_few_savepoints },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_broken(rows[i].name, break_and_walk, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walk_names_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
