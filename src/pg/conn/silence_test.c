/* SPDX-License-Identifier: MIT */
/* Goal: of connections that died without a word one is asked, and the others are ended without a
 * question; what takes long is not cut; where the server is full the pool waits; a statement that
 * is stale has its transaction tried again.
 * Method: a server of the test's own, which knows as much of the protocol as that needs, and whose
 * connections fall silent. A connection counts as silent after some milliseconds. */
#include "pg/db.h"

#include "inside.h"

#include <edo/net.h>

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define SILENCE_MS 30
#define CONNS      4

/* ---- The server ------------------------------------------------------------------------------ */

typedef struct stub {
    edo_listener *listener;
    edo_task *task;
    int conns_n, conns_max; /* connections, and how many there may be */
    int silent_n;           /* connections of numbers below this are silent */
    int made_n;
    int cancels_n;     /* connections for a cancellation */
    int asks_n;        /* groups of a sync alone that were sent to silent ones */
    edo_duration slow; /* each group takes so long */
    bool is_stale;     /* the next statement that was prepared before fails as such */
    char url[96];
} stub;

typedef struct stub_conn {
    stub *of;
    edo_stream *stream;
    int number;
    char status;             /* of the transaction: 'I', 'T', 'E' */
    const char *tag;         /* of the statement that was parsed last */
    bool parses, has_failed; /* in this group */
    int commands_n;          /* in this group */
    char out[1024];
    size_t out_n;
} stub_conn;

static void put(stub_conn *c, char type, const void *body, size_t n) {
    uint32_t bytes = htonl((uint32_t)n + 4);
    CHECK(c->out_n + n + 5 <= sizeof c->out);
    c->out[c->out_n] = type;
    memcpy(c->out + c->out_n + 1, &bytes, 4);
    memcpy(c->out + c->out_n + 5, body, n);
    c->out_n += n + 5;
}

#define PUT(c, type, text) put((c), (type), (text), sizeof(text) - 1)

static int put_out(stub_conn *c) {
    size_t n = c->out_n;
    c->out_n = 0;
    return edo_write_all(c->stream, c->out, n);
}

static void tag_take(stub_conn *c, const char *sql) {
    const char *const words[] = { "begin", "BEGIN", "commit", "COMMIT", "rollback", "ROLLBACK" };
    c->tag = "UPDATE 0";
    for (size_t i = 0; i < EDO_COUNT(words); i += 2)
        if (strncmp(sql, words[i], strlen(words[i])) == 0) c->tag = words[i + 1];
}

static void execute(stub_conn *c) {
    if (c->has_failed) return;
    if (*c->tag == 'B') c->status = 'T';
    if (*c->tag == 'C' || *c->tag == 'R') c->status = 'I';
    put(c, 'C', c->tag, strlen(c->tag) + 1);
}

/* A name of a statement says that it was prepared before. */
static void bind_statement(stub_conn *c, const char *body) {
    if (c->has_failed) return;
    if (body[1] != '\0') c->tag = "UPDATE 0";
    if (body[1] == '\0' || c->parses || !c->of->is_stale) {
        PUT(c, '2', "");
        return;
    }
    c->of->is_stale = false;
    c->has_failed = true;
    if (c->status == 'T') c->status = 'E';
    PUT(c, 'E',
        "SERROR\0C0A000\0Mcached plan must not change result type\0"
        "RRevalidateCachedQuery\0\0");
}

static int group_end(stub_conn *c) {
    if (c->of->slow.ns && edo_sleep(c->of->slow) < 0) return -ECANCELED;
    put(c, 'Z', &c->status, 1);
    c->parses = c->has_failed = false;
    c->commands_n = 0;
    return put_out(c);
}

static int message(stub_conn *c, char type, const char *body) {
    bool is_silent = c->number < c->of->silent_n;
    if (is_silent && type == 'S') c->of->asks_n += c->commands_n == 0;
    c->commands_n++;
    if (is_silent) return 0;
    switch (type) {
    case 'P':
        tag_take(c, body + strlen(body) + 1);
        c->parses = true;
        if (!c->has_failed) PUT(c, '1', "");
        return 0;
    case 'B': bind_statement(c, body); return 0;
    case 'D':
        if (!c->has_failed) PUT(c, 'n', "");
        return 0;
    case 'E': execute(c); return 0;
    case 'S': return group_end(c);
    default: return -ECONNRESET;
    }
}

static int greet(stub_conn *c) {
    stub *s = c->of;
    uint32_t head[2];
    char rest[512];
    if (edo_read_exact(c->stream, head, sizeof head) < 0) return -ECONNRESET;
    if (edo_read_exact(c->stream, rest, ntohl(head[0]) - sizeof head) < 0) return -ECONNRESET;
    if (ntohl(head[1]) != 196608) {
        s->cancels_n++;
        return -ECONNRESET;
    }
    if (s->conns_n >= s->conns_max) {
        PUT(c, 'E', "SFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0\0");
        (void)put_out(c);
        return -ECONNRESET;
    }
    c->number = s->made_n++;
    PUT(c, 'R', "\0\0\0\0");
    PUT(c, 'S', "server_version\00015.0\0");
    PUT(c, 'S', "client_encoding\0UTF8\0");
    PUT(c, 'K', "\0\0\0\1\0\0\0\1");
    put(c, 'Z', &c->status, 1);
    return put_out(c);
}

static int stub_serves(void *arg) {
    stub_conn *c = arg;
    char head[5], body[2048];
    uint32_t n;
    int err = greet(c);
    if (err == 0) c->of->conns_n++;
    bool is_counted = err == 0;
    while (err == 0 && edo_read_exact(c->stream, head, sizeof head) >= 0) {
        memcpy(&n, head + 1, sizeof n);
        n = ntohl(n) - 4;
        CHECK(n < sizeof body);
        if (n > 0 && edo_read_exact(c->stream, body, n) < 0) break;
        err = message(c, *head, body);
    }
    c->of->conns_n -= is_counted;
    edo_close(c->stream);
    free(c);
    return 0;
}

static int stub_listens(void *arg) {
    stub *s = arg;
    edo_scope scope;
    edo_stream *stream;
    edo_scope_begin(&scope, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    while (edo_accept(s->listener, &stream) == 0) {
        stub_conn *c = calloc(1, sizeof *c);
        CHECK(c != NULL);
        *c = (stub_conn){ .of = s, .stream = stream, .number = -1, .status = 'I' };
        CHECK_EQ(edo_scope_spawn(&scope, stub_serves, c), 0);
    }
    edo_scope_cancel(&scope);
    return edo_scope_end(&scope, 0);
}

static void stub_begin(stub *s) {
    *s = (stub){ .conns_max = CONNS };
    CHECK_EQ(edo_tcp_listen(&s->listener, "127.0.0.1:0", NULL), 0);
    (void)snprintf(s->url, sizeof s->url, "postgres://edo@127.0.0.1:%d/edo",
                   edo_listener_port(s->listener));
    s->task = edo_spawn(stub_listens, s);
}

static void stub_end(stub *s) {
    edo_task_cancel(s->task);
    (void)edo_task_join(s->task);
    edo_listener_close(s->listener);
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static edo_pg *connected(const stub *s) {
    edo_pg *db;
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(s->url), &(edo_pg_opts){ .pool = { .max = CONNS } }),
             0);
    db->config->silence = edo_ms(SILENCE_MS);
    return db;
}

static int ask(edo_pg *pg) {
    return edo_pg_exec(pg, "update t set n = 1", EDO_SQL_NONE);
}

/* The pool has all its connections. */
static void hold_all(edo_pg *db, edo_pg *held[CONNS]) {
    for (size_t i = 0; i < CONNS; i++) CHECK_EQ(edo_pg_acquire(&held[i], db), 0);
}

static void let_go(edo_pg *held[CONNS]) {
    for (size_t i = 0; i < CONNS; i++) edo_pg_close(held[i]);
}

static int asks_one_of_them(void *arg) {
    stub s;
    edo_pg *held[CONNS];
    (void)arg;
    stub_begin(&s);
    edo_pg *db = connected(&s);
    hold_all(db, held);
    let_go(held);
    s.silent_n = s.made_n;
    s.conns_max = 2 * CONNS;
    CHECK_EQ(edo_sleep(edo_ms(2 * SILENCE_MS)), 0);
    (void)edo_fail(-ENOENT, "the caller's");
    CHECK_EQ(ask(db), 0);
    CHECK_EQ(s.asks_n, 1);
    CHECK(edo_pg_get_stats(db).unfit_n >= CONNS);
    CHECK(edo_trail_find(-ECONNRESET) == NULL && edo_trail_find(-ENOENT));
    edo_trail_clear();
    edo_pg_close(db);
    stub_end(&s);
    return 0;
}

static void of_idle_connections_that_died_one_is_asked(void **state) {
    (void)state;
    assert_int_equal(inside_real(asks_one_of_them, NULL), 0);
}

static const edo_context_key key = { .name = "of the caller" };
static bool value_is_gone;

static void value_deinit(void *value) {
    (void)value;
    value_is_gone = true;
}

/* A caller with less time than the silence takes: the question goes on without it, and without what
 * is bound there, and nothing is cancelled, as nothing is executed. */
static int asks_in_a_hurry(void *arg) {
    stub s;
    edo_pg *held[CONNS];
    edo_deadline d;
    edo_context_block bound;
    (void)arg;
    stub_begin(&s);
    edo_pg *db = connected(&s);
    hold_all(db, held);
    let_go(held);
    s.silent_n = s.made_n;
    s.conns_max = 2 * CONNS;
    CHECK_EQ(edo_sleep(edo_ms(2 * SILENCE_MS)), 0);
    void *value = edo_rc_new(1, value_deinit);
    edo_context_begin(&bound, &key, value);
    edo_rc_unref(value);
    edo_deadline_begin(&d, edo_ms(1));
    CHECK_EQ(edo_deadline_end(&d, ask(db)), -ETIMEDOUT);
    CHECK_EQ(edo_context_end(&bound, 0), 0);
    CHECK(value_is_gone);
    edo_trail_clear();
    CHECK_EQ(edo_sleep(edo_ms(3 * SILENCE_MS)), 0);
    CHECK_EQ(ask(db), 0);
    CHECK_EQ(s.asks_n, 1);
    CHECK_EQ(s.cancels_n, 0);
    edo_pg_close(db);
    stub_end(&s);
    return 0;
}

static void a_caller_in_a_hurry_spares_others_the_same(void **state) {
    (void)state;
    assert_int_equal(inside_real(asks_in_a_hurry, NULL), 0);
}

/* Of a server that is there, too: each question is cut short at another moment. */
static int cuts_questions(void *arg) {
    stub s;
    edo_pg *held[CONNS];
    (void)arg;
    stub_begin(&s);
    s.conns_max = 3 * CONNS; // those that are heard out are there still
    edo_pg *db = connected(&s);
    s.slow = edo_ms(2);
    for (int i = 0; i < 4; i++) {
        hold_all(db, held);
        let_go(held);
        CHECK_EQ(edo_sleep(edo_ms(SILENCE_MS)), 0);
        edo_deadline d;
        edo_deadline_begin(&d, edo_us(700 * i));
        int err = edo_deadline_end(&d, ask(db));
        CHECK(err == 0 || err == -ETIMEDOUT);
        edo_trail_clear();
        CHECK_EQ(ask(db), 0);
    }
    CHECK(edo_pg_get_stats(db).size <= CONNS);
    edo_pg_close(db);
    WAIT_FOR_EQ(s.conns_n, 0);
    stub_end(&s);
    return 0;
}

static void a_question_that_is_cut_short_loses_nothing(void **state) {
    (void)state;
    assert_int_equal(inside_real(cuts_questions, NULL), 0);
}

/* The machine is there, and acknowledges: so the statement goes on. */
static int takes_long(void *arg) {
    stub s;
    (void)arg;
    stub_begin(&s);
    edo_pg *db = connected(&s), *conn;
    CHECK_EQ(edo_pg_acquire(&conn, db), 0);
    s.slow = edo_ms(5 * SILENCE_MS);
    CHECK_EQ(ask(conn), 0);
    CHECK_EQ(s.made_n, 1);
    s.slow = edo_ms(0);
    edo_pg_close(conn);
    edo_pg_close(db);
    stub_end(&s);
    return 0;
}

static void a_statement_that_takes_long_is_not_cut(void **state) {
    (void)state;
    assert_int_equal(inside_real(takes_long, NULL), 0);
}

static int asks(void *db) {
    return ask(db);
}

/* Does the trail of a wait of `ms` for a server without room say that? */
static bool told_full(const stub *s, int ms) {
    char text[512];
    edo_pg *db;
    edo_pg_opts opts = { .pool = { .max = 2, .wait_timeout = edo_ms(ms) }, .lazy = true };
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(s->url), &opts), 0);
    int err = ask(db);
    CHECK_EQ(err, -ETIMEDOUT);
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
    CHECK(strstr(text, "0 of 2 are lent"));
    edo_trail_clear();
    edo_pg_close(db);
    return strstr(text, "SQLSTATE 53300: ");
}

static int waits_for_room(void *arg) {
    stub s;
    edo_pg *held[CONNS];
    (void)arg;
    stub_begin(&s);
    edo_pg *db = connected(&s);
    hold_all(db, held);
    // the first limit that is long enough for the server to say so
    for (int ms = 1; !told_full(&s, ms); ms *= 2) {
    }
    // one that is given back is there for who waits for room
    s.conns_max = 1;
    for (size_t i = 1; i < CONNS; i++) held[i]->conn->heard_at = edo_now();
    edo_pool_drop(&held[0]->lease);
    held[0]->lease = (edo_pool_lease){ .object = NULL };
    edo_task *t = edo_spawn(asks, db);
    WAIT_FOR(edo_pg_get_stats(db).make_failures_n > 0);
    edo_pg_close(held[1]);
    CHECK_EQ(edo_task_join(t), 0);
    held[1] = NULL;
    edo_pg_close(held[0]);
    held[0] = NULL;
    let_go(held);
    edo_pg_close(db);
    stub_end(&s);
    return 0;
}

static void where_the_server_is_full_a_caller_waits(void **state) {
    (void)state;
    assert_int_equal(inside_real(waits_for_room, NULL), 0);
}

static int calls_n;

static int asks_in_tx(edo_pg *tx, void *arg) {
    (void)arg;
    calls_n++;
    return ask(tx);
}

static int is_tried_again(void *arg) {
    stub s;
    edo_pg *tx;
    (void)arg;
    stub_begin(&s);
    edo_pg *db = connected(&s);
    CHECK_EQ(ask(db), 0);
    s.is_stale = true;
    calls_n = 0;
    (void)edo_fail(-ENOENT, "the caller's");
    CHECK_EQ(edo_pg_run_tx(db, asks_in_tx, NULL, NULL), 0);
    CHECK_EQ(calls_n, 2);
    CHECK(edo_pg_get_error() == NULL && edo_trail_find(-ENOENT));
    edo_trail_clear();
    // by hand it fails, and the program may try again
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    s.is_stale = true;
    CHECK_EQ(ask(tx), -EDO_ESQL);
    CHECK_EQ(edo_pg_get_error()->kind, EDO_PG_RETRY);
    edo_trail_clear();
    edo_pg_close(tx);
    // without a transaction it is sent again
    CHECK_EQ(ask(db), 0);
    s.is_stale = true;
    CHECK_EQ(ask(db), 0);
    CHECK(!s.is_stale);
    edo_pg_close(db);
    stub_end(&s);
    return 0;
}

static void a_transaction_whose_statement_is_stale_is_tried_again(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_tried_again, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_idle_connections_that_died_one_is_asked),
        cmocka_unit_test(a_caller_in_a_hurry_spares_others_the_same),
        cmocka_unit_test(a_question_that_is_cut_short_loses_nothing),
        cmocka_unit_test(a_statement_that_takes_long_is_not_cut),
        cmocka_unit_test(where_the_server_is_full_a_caller_waits),
        cmocka_unit_test(a_transaction_whose_statement_is_stale_is_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
