/* SPDX-License-Identifier: MIT */
/* Goal: TLS with certificate and name checked, passwords by SCRAM and from a file, and a call that
 * is cut short over TLS ends its connection, since a cancellation would go in clear.
 * Method: a real server with a certificate that openssl has made, for localhost and no other. */
#include "inside.h"
#include "pg_server.h"

#include <edo/pg.h>
#include <edo/task.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char roots[128];

/* A certificate that is its own authority, and a server that shows it. */
static int tls_setup(void **state) {
    char command[1024];
    int err = pg_setup(state);
    if (err < 0) return err;
    const char *f = the_server.folder;
    (void)snprintf(roots, sizeof roots, "%s/data/server.crt", f);
    (void)snprintf(
        command, sizeof command,
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        " -subj /CN=localhost -addext subjectAltName=DNS:localhost"
        " -keyout %s/key.pem -out %s/data/server.crt 2>%s/openssl.log",
        f, f, f);
    if (system(command) != 0) return -1; // NOLINT(cert-env33-c,concurrency-mt-unsafe): a test's own
    char key[4096], file[128];
    (void)snprintf(file, sizeof file, "%s/key.pem", f);
    FILE *made = fopen(file, "re");
    if (!made) return -1;
    key[fread(key, 1, sizeof key - 1, made)] = '\0';
    (void)fclose(made);
    pg_server_put(&the_server, "data/server.key", key);
    pg_server_put(&the_server, "data/pg_hba.conf",
                  "local all all trust\nhostssl all bob 127.0.0.1/32 reject\nhostssl all ann "
                  "127.0.0.1/32 scram-sha-256\n"
                  "hostnossl all ann 127.0.0.1/32 reject\nhost all all 127.0.0.1/32 trust\n");
    pg_server_put(&the_server, "data/postgresql.auto.conf",
                  "listen_addresses = '127.0.0.1'\nfsync = off\nssl = on\n");
    pg_server_restart(&the_server);
    return 0;
}

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

static edo_str url_of(char out[512], const char *host, const char *rest) {
    (void)snprintf(out, 512, "host=%s port=%d dbname=postgres %s", host, the_server.port, rest);
    return edo_str_of(out);
}

static int connects(void *arg) {
    char url[512], secure[256];
    edo_pg *db;
    number n;
    (void)arg;
    (void)snprintf(secure, sizeof secure, "user=edo sslmode=verify-full sslrootcert=%s", roots);
    CHECK_EQ(edo_pg_connect(&db, url_of(url, "localhost", secure), NULL), 0);
    CHECK_EQ(edo_pg_query_one(
                 db, &n, &number_desc,
                 "select count(*) as n from pg_stat_ssl where pid = pg_backend_pid() and ssl",
                 EDO_SQL_NONE),
             0);
    CHECK_EQ(n.n, 1);
    edo_pg_close(db);
    CHECK_EQ(edo_pg_connect(&db, url_of(url, "127.0.0.1", secure), NULL), -EDO_ECERT);
    edo_trail_clear();
    CHECK_EQ(edo_pg_connect(&db, url_of(url, "localhost", "user=edo sslmode=verify-full"), NULL),
             -EDO_ECERT); // the system's roots do not know it
    edo_trail_clear();
    CHECK_EQ(edo_pg_connect(&db, url_of(url, "localhost", "user=edo sslmode=prefer"), NULL), 0);
    edo_pg_close(db);
    return 0;
}

static void certificate_and_name_are_checked(void **state) {
    (void)state;
    assert_int_equal(inside_each(connects, NULL), 0);
}

static int logs_in(void *arg) {
    char url[512], pass[256], told[2048];
    edo_pg *db;
    (void)arg;
    CHECK_EQ(edo_pg_connect(&db, pg_url(), NULL), 0);
    CHECK(edo_pg_exec(db, "drop role if exists ann", EDO_SQL_NONE) >= 0);
    CHECK(edo_pg_exec(db, "create role ann login password 's3cret'", EDO_SQL_NONE) >= 0);
    edo_pg_close(db);
    const char *require = "user=ann sslmode=require password=s3cret";
    CHECK_EQ(edo_pg_connect(&db, url_of(url, "localhost", require), NULL), 0);
    edo_pg_close(db);
    CHECK_EQ(edo_pg_connect(
                 &db, url_of(url, "localhost", "user=ann sslmode=require password=s3crex"), NULL),
             -EDO_ESQL);
    (void)edo_trail_print_text(told, sizeof told, -EDO_ESQL, EDO_TRAIL_LIST);
    edo_trail_clear();
    CHECK(strstr(told, "password authentication failed") && !strstr(told, "s3cre"));
    (void)snprintf(pass, sizeof pass, "%s/pass", the_server.folder);
    FILE *f = fopen(pass, "we");
    CHECK(f != NULL);
    (void)fprintf(f, "localhost:%d:*:ann:s3cret\n", the_server.port);
    (void)fclose(f);
    CHECK_EQ(chmod(pass, 0600), 0);
    char rest[512];
    (void)snprintf(rest, sizeof rest, "user=ann sslmode=require passfile=%s", pass);
    CHECK_EQ(edo_pg_connect(&db, url_of(url, "localhost", rest), NULL), 0);
    edo_pg_close(db);
    return 0;
}

static void passwords_come_from_the_string_or_a_file(void **state) {
    (void)state;
    assert_int_equal(inside_real(logs_in, NULL), 0);
}

static int is_refused(void *arg) {
    char url[512], told[2048];
    edo_pg *db;
    (void)arg;
    CHECK_EQ(edo_pg_connect(&db, url_of(url, "localhost", "user=bob sslmode=require"), NULL),
             -EDO_ESQL);
    (void)edo_trail_print_text(told, sizeof told, -EDO_ESQL, EDO_TRAIL_LIST);
    edo_trail_clear();
    CHECK(strstr(told, "pg_hba.conf") && strstr(told, "SSL"));
    return 0;
}

static void a_server_that_refuses_over_tls_speaks_tls(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_refused, NULL), 0);
}

static int sleeps(void *db) {
    return edo_pg_exec(db, "select pg_sleep(1000) /* long */", EDO_SQL_NONE);
}

static int64_t running(edo_pg *db) {
    number n;
    CHECK_EQ(edo_pg_query_one(db, &n, &number_desc,
                              "select count(*) as n from pg_stat_activity where query like '%long%'"
                              " and state = 'active' and pid <> pg_backend_pid()",
                              EDO_SQL_NONE),
             0);
    return n.n;
}

static int is_cut_short(void *arg) {
    char url[512];
    edo_pg *db, *other;
    (void)arg;
    const char *rest = "user=edo sslmode=require options='-c client_connection_check_interval=10'";
    CHECK_EQ(edo_pg_connect(&db, url_of(url, "localhost", rest), NULL), 0);
    CHECK_EQ(edo_pg_connect(&other, pg_url(), NULL), 0);
    edo_task *t = edo_spawn(sleeps, db);
    WAIT_FOR(running(other) == 1);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK_EQ(edo_pg_exec(db, "select 1", EDO_SQL_NONE), 1);
    CHECK_EQ(edo_pg_get_stats(db).made_n, 2);
    WAIT_FOR(running(other) == 0); // the server has noticed that its client is gone
    edo_pg_close(other);
    edo_pg_close(db);
    return 0;
}

static void a_call_that_is_cut_short_over_tls_ends_its_connection(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_cut_short, NULL), 0);
}

static int fails_amid_rows(void *arg) {
    char url[512];
    edo_pg *db;
    number n;
    (void)arg;
    CHECK_EQ(edo_pg_connect(&db, url_of(url, "localhost", "user=edo sslmode=require"), NULL), 0);
    edo_seq *rows = edo_pg_rows(
        db, &number_desc, "select 1 / (3 - i) as n from generate_series(1, 5) i", EDO_SQL_NONE);
    CHECK_EQ(edo_seq_next(rows, &n), 1);
    CHECK_EQ(edo_seq_next(rows, &n), 1);
    CHECK_EQ(edo_seq_next(rows, &n), -EDO_ESQL);
    edo_trail_clear();
    edo_seq_free(rows);
    WAIT_FOR(edo_pg_get_stats(db).idle == 1);
    CHECK_EQ(edo_pg_query_one(db, &n, &number_desc, "select 1::bigint as n", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_get_stats(db).made_n, 1); // there was nothing to cancel
    edo_pg_close(db);
    return 0;
}

static void a_failure_of_the_server_amid_rows_keeps_the_connection(void **state) {
    (void)state;
    assert_int_equal(inside_real(fails_amid_rows, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificate_and_name_are_checked),
        cmocka_unit_test(passwords_come_from_the_string_or_a_file),
        cmocka_unit_test(a_server_that_refuses_over_tls_speaks_tls),
        cmocka_unit_test(a_call_that_is_cut_short_over_tls_ends_its_connection),
        cmocka_unit_test(a_failure_of_the_server_amid_rows_keeps_the_connection),
    };
    return cmocka_run_group_tests(tests, tls_setup, pg_teardown);
}
