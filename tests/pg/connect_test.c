/* SPDX-License-Identifier: MIT */
/* Goal: connections to the server that is meant, in order of the hosts, within a time limit of each
 * address, and no failure that has a password in it.
 * Method: a real server by its socket and by TCP, beside ports on which nobody listens, one that
 * accepts and says nothing, and names that the test looks up itself. */
#include "inside.h"
#include "pg_server.h"

#include <edo/net.h>
#include <edo/pg.h>

#include <string.h>
#include <unistd.h>

static int names_one_connection(void *arg) {
    const char *url = arg;
    edo_pg *db, *conn;
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), NULL), 0);
    CHECK_EQ(edo_pg_get_stats(db).size, 1);
    CHECK_EQ(edo_pg_acquire(&conn, db), 0);
    CHECK(strncmp(edo_pg_get_parameter(conn, "server_version"), "1", 1) == 0);
    CHECK(edo_pg_get_parameter(conn, "no such") == NULL);
    CHECK(edo_pg_get_parameter(db, "server_version") == NULL);
    CHECK_EQ(edo_pg_get_stats(conn).lent, 1);
    edo_pg *none;
    CHECK_EQ(edo_pg_acquire(&none, conn), -EINVAL);
    edo_trail_clear();
    edo_pg_close(conn);
    CHECK_EQ(edo_pg_get_stats(db).idle, 1);
    edo_pg_close(db);
    return 0;
}

static void socket_and_tcp_connect(void **state) {
    (void)state;
    assert_int_equal(inside_real(names_one_connection, the_server.url), 0);
    assert_int_equal(inside_real(names_one_connection, the_server.tcp), 0);
    assert_int_equal(inside_each(names_one_connection, the_server.tcp), 0);
}

static void a_plain_thread_connects(void **state) {
    (void)state;
    assert_int_equal(names_one_connection(the_server.tcp), 0);
}

static int resolve_to_this_machine(void *arg, edo_addr *out, size_t out_max, const char *host) {
    int *asked_n = arg;
    if (strcmp(host, "db.example") != 0 || out_max < 2) return -ENOENT;
    ++*asked_n;
    if (edo_addr_parse(&out[0], "127.0.0.2:1") < 0 || edo_addr_parse(&out[1], "127.0.0.1:1") < 0)
        return -EINVAL;
    return 2;
}

static int connects_by_name(void *arg) {
    char url[256];
    edo_pg *db;
    (void)arg;
    (void)snprintf(url, sizeof url,
                   "host=nobody.example,db.example port=%d user=edo dbname=postgres",
                   the_server.port);
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), NULL), 0);
    edo_pg_close(db);
    return 0;
}

static void names_are_looked_up_by_edo_and_tried_in_order(void **state) {
    (void)state;
    int asked_n = 0;
    edo_resolver_set(resolve_to_this_machine, &asked_n);
    int result = inside_real(connects_by_name, NULL);
    edo_resolver_set(NULL, NULL);
    assert_int_equal(result, 0);
    assert_int_equal(asked_n, 1);
}

static int finds_a_server_silent(void *arg) {
    char url[256];
    edo_listener *silent;
    edo_pg *db;
    (void)arg;
    CHECK_EQ(edo_tcp_listen(&silent, "127.0.0.1:0", NULL), 0);
    edo_pg_opts opts = { .connect_timeout = edo_ms(20), .pool.make_timeout = edo_s(30) };
    (void)snprintf(url, sizeof url, "postgres://edo@127.0.0.1:%d/postgres",
                   edo_listener_port(silent));
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), &opts), -ETIMEDOUT);
    edo_trail_clear();
    edo_listener_close(silent);
    return 0;
}

static void a_silent_server_costs_its_time_limit_only(void **state) {
    (void)state;
    assert_int_equal(inside_real(finds_a_server_silent, NULL), 0);
}

typedef struct patient {
    char url[256];
    edo_pg_opts opts;
    edo_pg *db;
    int result; /* 1: none yet */
} patient;

static int connects_patiently(void *arg) {
    patient *p = arg;
    p->result = edo_pg_connect(&p->db, edo_str_of(p->url), &p->opts);
    return 0;
}

/* The second of two servers is there, once `limit` has passed for the first. */
static int passes_it(edo_pg_opts opts, edo_duration limit) {
    patient p = { .opts = opts, .result = 1 };
    edo_listener *silent;
    edo_stream *first;
    char byte;
    CHECK_EQ(edo_tcp_listen(&silent, "127.0.0.1:0", NULL), 0);
    (void)snprintf(p.url, sizeof p.url, "postgres://edo@127.0.0.1:%d,127.0.0.1:%d/postgres",
                   edo_listener_port(silent), the_server.port);
    edo_task *t = edo_spawn(connects_patiently, &p);
    CHECK_EQ(edo_accept(silent, &first), 0);
    CHECK_EQ(edo_read(first, &byte, 1), 1); // it is being tried, within its limit
    CHECK_EQ(edo_time_advance(limit), 0);
    WAIT_FOR(p.result != 1);
    CHECK_EQ(p.result, 0);
    CHECK_EQ(edo_task_join(t), 0);
    edo_pg_close(p.db);
    edo_close(first);
    edo_listener_close(silent);
    return 0;
}

static int shares_the_time(void *arg) {
    (void)arg;
    // an address has a limit; the pool's own is as long: each address has its share
    edo_pg_opts of_address = { .connect_timeout = edo_s(30),
                               .pool.make_timeout = edo_ns(EDO_FOREVER_NS) };
    edo_pg_opts of_both = { .connect_timeout = edo_s(30), .pool.make_timeout = edo_s(30) };
    return passes_it(of_address, edo_s(31)) + passes_it(of_both, edo_s(16));
}

static void a_silent_server_leaves_time_to_the_next_one(void **state) {
    (void)state;
    assert_int_equal(inside_by_hand(shares_the_time, NULL), 0);
}

static int tells_without_a_password(void *arg) {
    char url[256], told[2048];
    edo_pg *db;
    (void)arg;
    (void)snprintf(url, sizeof url, "postgres://edo:s3cret@127.0.0.1:1,127.0.0.1:%d/nosuch",
                   the_server.port);
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), NULL), -EDO_ESQL);
    (void)edo_trail_print_text(told, sizeof told, -EDO_ESQL, EDO_TRAIL_LIST);
    CHECK(strstr(told, "\\\"nosuch\\\" does not exist") ||
          strstr(told, "\"nosuch\" does not exist"));
    CHECK(!strstr(told, "s3cret"));
    edo_trail_clear();
    CHECK_EQ(edo_pg_connect(&db, EDO_STR("postgres://edo:s3cret@127.0.0.1:1/x"), NULL),
             -ECONNREFUSED);
    (void)edo_trail_print_text(told, sizeof told, -ECONNREFUSED, EDO_TRAIL_LIST);
    CHECK(strstr(told, "127.0.0.1"));
    CHECK(!strstr(told, "s3cret"));
    edo_trail_clear();
    return 0;
}

static void failures_name_the_place_and_no_password(void **state) {
    (void)state;
    assert_int_equal(inside_real(tells_without_a_password, NULL), 0);
}

static int is_lazy(void *arg) {
    edo_pg *db, *conn;
    (void)arg;
    CHECK_EQ(edo_pg_connect(&db, EDO_STR("postgres://edo@127.0.0.1:1/x"),
                            &(edo_pg_opts){ .lazy = true }),
             0);
    CHECK_EQ(edo_pg_acquire(&conn, db), -ECONNREFUSED);
    edo_trail_clear();
    edo_pg_close(db);
    return 0;
}

static void a_lazy_pool_connects_when_it_is_used(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_lazy, NULL), 0);
}

static int wants_a_server_that_writes(void *arg) {
    char url[512];
    edo_pg *db;
    static const struct {
        const char *wanted;
        int err;
    } rows[] = { { "read-write", 0 },      { "primary", 0 },        { "read-only", -EDO_ESQL },
                 { "standby", -EDO_ESQL }, { "prefer-standby", 0 }, { "any", 0 } };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        (void)snprintf(url, sizeof url, "%s?target_session_attrs=%s", the_server.tcp,
                       rows[i].wanted);
        int err = edo_pg_connect(&db, edo_str_of(url), NULL);
        CHECK_EQ(err, rows[i].err);
        if (err == 0) edo_pg_close(db);
        edo_trail_clear();
    }
    return 0;
}

static void only_a_server_that_is_wanted_is_taken(void **state) {
    (void)state;
    assert_int_equal(inside_real(wants_a_server_that_writes, NULL), 0);
}

static int takes_no_server_in_clear(void *arg) {
    char url[512];
    edo_pg *db;
    (void)arg;
    (void)snprintf(url, sizeof url, "%s?sslmode=require", the_server.tcp);
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), NULL), -EDO_ETLS);
    edo_trail_clear();
    (void)snprintf(url, sizeof url, "%s?sslmode=prefer", the_server.tcp);
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), NULL), 0);
    edo_pg_close(db);
    return 0;
}

static void tls_that_is_wanted_is_not_given_up(void **state) {
    (void)state;
    assert_int_equal(inside_real(takes_no_server_in_clear, NULL), 0);
}

static int finds_closed_ones(void *arg) {
    edo_pg *db, *conn;
    (void)arg;
    CHECK_EQ(edo_pg_connect(&db, pg_tcp_url(), NULL), 0);
    pg_server_restart(&the_server);
    CHECK_EQ(edo_pg_acquire(&conn, db), 0);
    CHECK_EQ(edo_pg_get_stats(db).unfit_n, 1);
    edo_pg_close(conn);
    edo_pg_close(db);
    return 0;
}

static void connections_that_a_restart_has_closed_are_not_lent(void **state) {
    (void)state;
    assert_int_equal(inside_real(finds_closed_ones, NULL), 0);
}

typedef struct setting {
    edo_str s;
} setting;
EDO_DESCRIBE(setting, EDO_FIELD(setting, s))

/* A lock of the session goes with the caller, not with the next one. */
static int leaves_a_lock(void *arg) {
    edo_pg *db, *other, *conn;
    (void)arg;
    const edo_pg_opts opts = { .pool = { .max = 1 }, .recycle = EDO_PG_CLEAN };
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &opts), 0);
    CHECK_EQ(edo_pg_connect(&other, pg_url(), &(edo_pg_opts){ .pool = { .max = 1 } }), 0);
    CHECK_EQ(edo_pg_acquire(&conn, db), 0);
    CHECK_EQ(edo_pg_exec(conn, "select pg_advisory_lock(7)", EDO_SQL_NONE), 1);
    CHECK_EQ(edo_pg_exec(other, "select from pg_locks where locktype = 'advisory'", EDO_SQL_NONE),
             1);
    edo_pg_close(conn);
    CHECK_EQ(edo_pg_exec(other, "select pg_advisory_lock(7)", EDO_SQL_NONE), 1);
    edo_pg_close(other);
    edo_pg_close(db);
    return 0;
}

static void a_lock_ends_with_the_caller_that_has_left_it(void **state) {
    (void)state;
    assert_int_equal(inside_real(leaves_a_lock, NULL), 0);
}

static int is_clean(void *arg) {
    edo_pg *db;
    setting got;
    (void)arg;
    edo_pg_opts opts = { .pool = { .max = 1 },
                         .recycle = EDO_PG_CLEAN,
                         .connect_sql = "set application_name to 'mine'" };
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &opts), 0);
    CHECK_EQ(edo_pg_exec(db, "set work_mem to '1234kB'", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_query_one(db, &got, &setting_desc,
                              "select current_setting('application_name') || ' ' ||"
                              " current_setting('work_mem') as s",
                              EDO_SQL_NONE),
             0);
    CHECK(edo_str_equal(got.s, EDO_STR("mine 4MB")));
    edo_value_deinit(&got, &setting_desc);
    edo_pg_close(db);
    return 0;
}

static void a_clean_connection_has_the_settings_it_began_with(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_clean, NULL), 0);
}

/* Does the program's own statements at each recycling; a new connection would show. */
static int is_recycled_well(edo_pg *db) {
    setting got;
    edo_pg *tx;
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(edo_pg_exec(db, "set work_mem to '1234kB'", EDO_SQL_NONE), 0);
        CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
        CHECK_EQ(edo_pg_query_one(tx, &got, &setting_desc,
                                  "select current_setting('work_mem') as s", EDO_SQL_NONE),
                 0);
        CHECK(edo_str_equal(got.s, EDO_STR("4MB")));
        edo_value_deinit(&got, &setting_desc);
        CHECK_EQ(edo_pg_commit(tx), 0);
        edo_pg_close(tx);
    }
    CHECK_EQ(edo_pg_get_stats(db).made_n, 1);
    return 0;
}

static int is_recycled(void *arg) {
    static const char *const by[] = { "reset all", "reset all; select 1;", "discard all",
                                      "deallocate all; reset all" };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(by); i++) {
        edo_pg *db;
        edo_pg_opts opts = { .pool = { .max = 1 },
                             .recycle_sql = by[i],
                             .connect_sql = "set application_name to 'a'; set lock_timeout to 0" };
        CHECK_EQ(edo_pg_connect(&db, pg_url(), &opts), 0);
        CHECK_EQ(is_recycled_well(db), 0);
        edo_pg_close(db);
    }
    return 0;
}

/* What is written in another form by each of OTHERS. */
typedef struct forms {
    int64_t at;
    edo_duration span, back;
    edo_bytes bytes;
    double f64;
    edo_str text;
} forms;
EDO_DESCRIBE(forms, EDO_FIELD(forms, at), EDO_FIELD(forms, span), EDO_FIELD(forms, back),
             EDO_FIELD(forms, bytes), EDO_FIELD(forms, f64), EDO_FIELD(forms, text))

#define OTHERS                                                                                     \
    { "DateStyle", "German" }, { "IntervalStyle", "sql_standard" }, { "bytea_output", "escape" },  \
    {                                                                                              \
        "extra_float_digits", "-3"                                                                 \
    }

static void forms_are_read(edo_pg *pg) {
    forms got;
    CHECK_EQ(edo_pg_query_one(pg, &got, &forms_desc,
                              "select timestamptz '2024-02-29 12:34:56.789+00' as at,"
                              " interval '1 day 02:03:04' as span, interval '-1 day -1s' as back,"
                              " '\\x00ff5c61'::bytea as bytes, 0.1::float8 + 0.2::float8 as f64,"
                              " U&'\\00fc' as text",
                              EDO_SQL_NONE),
             0);
    CHECK_EQ(got.at, INT64_C(1709210096789000));
    CHECK_EQ(got.span.ns, edo_s(93784).ns);
    CHECK_EQ(got.back.ns, edo_s(-86401).ns);
    CHECK(edo_str_equal(got.bytes.str, (edo_str){ "\0\xff\\a", 4 }));
    CHECK(got.f64 == 0.1 + 0.2);
    CHECK(edo_str_equal(got.text, EDO_STR("\xc3\xbc")));
    edo_value_deinit(&got, &forms_desc);
}

/* Reads, also behind what resets settings; a new connection would show. */
static void forms_stay(edo_pg *db) {
    static const char *const resets[] = { "reset all", "reset bytea_output", "discard all" };
    edo_pg *tx, *point;
    for (int i = 0; i < 3; i++) forms_are_read(db);
    for (size_t i = 0; i < EDO_COUNT(resets); i++) {
        CHECK_EQ(edo_pg_exec(db, resets[i], EDO_SQL_NONE), 0);
        forms_are_read(db);
    }
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK_EQ(edo_pg_savepoint(&point, tx), 0);
    CHECK_EQ(edo_pg_exec(point, "reset all", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(point, "selekt", EDO_SQL_NONE), -EDO_ESQL);
    edo_trail_clear();
    CHECK_EQ(edo_pg_rollback(point), 0);
    edo_pg_close(point);
    forms_are_read(tx);
    CHECK_EQ(edo_pg_exec(tx, "reset all", EDO_SQL_NONE), 0);
    forms_are_read(tx);
    CHECK_EQ(edo_pg_commit(tx), 0);
    edo_pg_close(tx);
    forms_are_read(db);
    CHECK_EQ(edo_pg_get_stats(db).made_n, 1);
}

static void forms_meet(const char *url, edo_pg_opts opts) {
    edo_pg *db;
    opts.pool.max = 1;
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), &opts), 0);
    forms_stay(db);
    edo_pg_close(db);
}

/* Has a server whose values are of other forms than edo reads, by the role, the string, or a
 * statement of the program's for each connection. */
static int reads_forms(void *arg) {
    static const char *const others[][2] = { OTHERS };
    char url[512], sql[128], by_sql[512] = "set client_encoding to 'LATIN1';";
    edo_pg *db;
    (void)arg;
    CHECK_EQ(edo_pg_connect(&db, pg_url(), NULL), 0);
    CHECK(edo_pg_exec(db, "drop role if exists other", EDO_SQL_NONE) >= 0);
    CHECK(edo_pg_exec(db, "create role other login", EDO_SQL_NONE) >= 0);
    (void)snprintf(url, sizeof url, "%s options='", the_server.url);
    for (size_t i = 0; i < EDO_COUNT(others); i++) {
        (void)snprintf(sql, sizeof sql, "alter role other set %s to '%s'", others[i][0],
                       others[i][1]);
        CHECK(edo_pg_exec(db, sql, EDO_SQL_NONE) >= 0);
        (void)snprintf(by_sql + strlen(by_sql), sizeof by_sql - strlen(by_sql), "set %s to '%s';",
                       others[i][0], others[i][1]);
        (void)snprintf(url + strlen(url), sizeof url - strlen(url), " -c %s=%s", others[i][0],
                       others[i][1]);
    }
    edo_pg_close(db);
    (void)snprintf(url + strlen(url), sizeof url - strlen(url), "'");
    forms_meet(url, (edo_pg_opts){ 0 });
    forms_meet(url, (edo_pg_opts){ .recycle = EDO_PG_CLEAN });
    forms_meet(url, (edo_pg_opts){ .recycle_sql = "reset all" });
    forms_meet(url, (edo_pg_opts){ .recycle_sql = "discard all" });
    forms_meet(the_server.url, (edo_pg_opts){ .connect_sql = by_sql });
    (void)snprintf(url, sizeof url, "host=%s port=%d user=other dbname=postgres", the_server.folder,
                   the_server.port);
    forms_meet(url, (edo_pg_opts){ 0 });
    return 0;
}

static void columns_are_read_whatever_the_settings_are(void **state) {
    (void)state;
    assert_int_equal(inside_real(reads_forms, NULL), 0);
}

/* Of a session behind a pooler edo sets what a pooler takes along, and reads the rest. */
static int reads_forms_of_poolers(void *arg) {
    const char *style = arg;
    char url[512];
    edo_pg *db;
    forms got;
    (void)snprintf(url, sizeof url,
                   "%s options='-c DateStyle=German -c IntervalStyle=%s -c bytea_output=escape'",
                   the_server.url, style);
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), &(edo_pg_opts){ .pooler = EDO_PG_TRANSACTION }),
             0);
    forms_are_read(db);
    CHECK_EQ(edo_pg_query_one(db, &got, &forms_desc,
                              "select now() as at, interval '1s' as span, interval '1s' as back,"
                              " ''::bytea as bytes, 1::float8 as f64, '' as text",
                              EDO_SQL_NONE),
             0);
    CHECK(got.bytes.str.ptr && got.bytes.str.len == 0);
    edo_value_deinit(&got, &forms_desc);
    edo_pg_close(db);
    return 0;
}

static void columns_of_a_pooler_are_read(void **state) {
    (void)state;
    assert_int_equal(inside_real(reads_forms_of_poolers, (char[]){ "iso_8601" }), 0);
    assert_int_equal(inside_real(reads_forms_of_poolers, (char[]){ "postgres_verbose" }), 0);
}

static void a_connection_is_recycled_by_statements_of_the_programs(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_recycled, NULL), 0);
}

/* The server warns at once of a database whose collation is another version's. */
static int is_warned(void *arg) {
    char url[512];
    edo_pg *db;
    (void)arg;
    CHECK_EQ(edo_pg_connect(&db, pg_url(), NULL), 0);
    CHECK(edo_pg_exec(db, "drop database if exists old", EDO_SQL_NONE) >= 0);
    CHECK(edo_pg_exec(db,
                      "create database old locale_provider icu icu_locale 'en' template template0",
                      EDO_SQL_NONE) >= 0);
    CHECK_EQ(edo_pg_exec(db, "update pg_database set datcollversion = '0' where datname = 'old'",
                         EDO_SQL_NONE),
             1);
    edo_pg_close(db);
    (void)snprintf(url, sizeof url, "postgres://edo@127.0.0.1:%d/old", the_server.port);
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), NULL), 0);
    CHECK_EQ(edo_pg_exec(db, "select 1", EDO_SQL_NONE), 1);
    edo_pg_close(db);
    return 0;
}

static void what_a_server_warns_of_is_not_printed(void **state) {
    (void)state;
    char text[512];
    FILE *printed = tmpfile();
    assert_non_null(printed);
    int before = dup(2);
    assert_true(before >= 0 && dup2(fileno(printed), 2) >= 0);
    int result = inside_real(is_warned, NULL);
    assert_true(dup2(before, 2) >= 0);
    (void)close(before);
    rewind(printed);
    text[fread(text, 1, sizeof text - 1, printed)] = '\0';
    (void)fclose(printed);
    assert_int_equal(result, 0);
    assert_string_equal(text, "");
}

static int refuses_wrong_options(void *arg) {
    edo_pg *db;
    (void)arg;
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .reserved = { 1 } }), -EINVAL);
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .connect_timeout = edo_s(-1) }),
             -EINVAL);
    CHECK_EQ(edo_pg_connect(&db, EDO_STR("nonsense"), NULL), -EINVAL);
    edo_trail_clear();
    edo_pg_close(NULL);
    return 0;
}

static void wrong_options_are_refused(void **state) {
    (void)state;
    assert_int_equal(inside_real(refuses_wrong_options, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(socket_and_tcp_connect),
        cmocka_unit_test(a_plain_thread_connects),
        cmocka_unit_test(names_are_looked_up_by_edo_and_tried_in_order),
        cmocka_unit_test(a_silent_server_costs_its_time_limit_only),
        cmocka_unit_test(failures_name_the_place_and_no_password),
        cmocka_unit_test(a_lazy_pool_connects_when_it_is_used),
        cmocka_unit_test(only_a_server_that_is_wanted_is_taken),
        cmocka_unit_test(tls_that_is_wanted_is_not_given_up),
        cmocka_unit_test(connections_that_a_restart_has_closed_are_not_lent),
        cmocka_unit_test(a_lock_ends_with_the_caller_that_has_left_it),
        cmocka_unit_test(a_clean_connection_has_the_settings_it_began_with),
        cmocka_unit_test(a_silent_server_leaves_time_to_the_next_one),
        cmocka_unit_test(a_connection_is_recycled_by_statements_of_the_programs),
        cmocka_unit_test(columns_are_read_whatever_the_settings_are),
        cmocka_unit_test(columns_of_a_pooler_are_read),
        cmocka_unit_test(what_a_server_warns_of_is_not_printed),
        cmocka_unit_test(wrong_options_are_refused),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
