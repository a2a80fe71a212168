/* SPDX-License-Identifier: MIT */
/* Goal: what does not fit together in a connection is named.
 * Method: a connection without a server, broken by hand. */
#include "pg/conn/conn.h"

#include "broken.h"

static char server, duplicate; // in the place of a PGconn and of its descriptor

typedef struct breaker {
    const char *name;
    void (*fn)(edoi_pg_conn *c);
} breaker;

static void conn_begin(edoi_pg_conn *c) {
    *c = (edoi_pg_conn){ .pg = (PGconn *)(void *)&server, .fd = (edo_fd *)(void *)&duplicate };
    STAILQ_INIT(&c->preparing);
    edoi_pg_statements_init(&c->statements, 3);
    assert_non_null(edoi_pg_statements_get(&c->statements, "select 1"));
    edoi_pg_conn_check(c);
}

static edoi_pg_statement *send_parse(edoi_pg_conn *c) {
    edoi_pg_statement *st = edoi_pg_statements_get(&c->statements, "select 1");
    STAILQ_INSERT_TAIL(&c->preparing, st, next_sent);
    st->is_sent = true;
    return st;
}

static void a_connection_that_was_cut_has_results_left(void **state) {
    (void)state;
    edoi_pg_conn c;
    conn_begin(&c);
    (void)send_parse(&c);
    c.syncs_n = 2;
    c.is_cut = true;
    edoi_pg_conn_check(&c);
    c.pg = NULL; // as edoi_pg_lose() leaves it
    c.fd = NULL;
    c.is_cut = false;
    c.syncs_n = 0;
    edoi_pg_conn_check(&c);
    edoi_pg_statements_clear(&c.statements);
}

/* ---- Broken by hand -------------------------------------------------------------------------- */

static void leave_syncs_to_the_lost(edoi_pg_conn *c) {
    c->pg = NULL;
    c->fd = NULL;
    c->syncs_n = 1;
}

static void cut_the_lost(edoi_pg_conn *c) {
    c->pg = NULL;
    c->fd = NULL;
    c->is_cut = true;
}

static void forget_descriptor(edoi_pg_conn *c) {
    c->fd = NULL;
}

static void leave_sync(edoi_pg_conn *c) {
    c->syncs_n = 1;
}

static void leave_parse(edoi_pg_conn *c) {
    (void)send_parse(c);
}

static void leave_cancel(edoi_pg_conn *c) {
    static edoi_pg_cancel cancel;
    c->cancel = &cancel;
}

static void forget_parse(edoi_pg_conn *c) {
    (void)send_parse(c);
    c->is_cut = true;
    STAILQ_INIT(&c->preparing);
}

static void prepare_twice(edoi_pg_conn *c) {
    send_parse(c)->is_prepared = true;
    c->is_cut = true;
}

static int break_and_walk(void *arg) {
    const breaker *b = arg;
    edoi_pg_conn c;
    conn_begin(&c);
    b->fn(&c);
    edoi_pg_conn_check(&c);
    return 0;
}

static void a_walk_names_what_is_broken(void **state) {
    (void)state;
    static breaker rows[] = {
        { "conn inv. 1: ", leave_syncs_to_the_lost },
        { "conn inv. 2: ", cut_the_lost },
        { "conn inv. 3: ", forget_descriptor },
        { "conn inv. 5: ", leave_sync },
        { "conn inv. 5: ", leave_parse },
        { "conn inv. 5: ", leave_cancel },
        { "conn inv. 6: ", forget_parse },
        { "conn inv. 6: ", prepare_twice },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_broken(rows[i].name, break_and_walk, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walk_names_what_is_broken), // a fork: before all else
        cmocka_unit_test(a_connection_that_was_cut_has_results_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
