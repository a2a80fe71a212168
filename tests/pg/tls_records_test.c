/* SPDX-License-Identifier: MIT */
/* Goal: whatever the records of TLS are that a result comes in, all of it is read: also what lies
 * in OpenSSL's memory when the socket has nothing more to say.
 * Method: a relay in front of a real server that takes the TLS off, and gathers each reply, so
 * that it leaves in records of 16 KiB. The server's own have 8 KiB at most, up to version 16. */
#include "inside.h"
#include "pg_server.h"

#include <edo/edo.h>
#include <edo/pg.h>
#include <edo/streams.h>
#include <edo/tls.h>
#include <edo/unix.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GATHERED ((size_t)1 << 20)

static char cert_file[128], key_file[128];

static int records_setup(void **state) {
    char command[1024];
    int err = pg_setup(state);
    if (err < 0) return err;
    (void)snprintf(cert_file, sizeof cert_file, "%s/cert.pem", the_server.folder);
    (void)snprintf(key_file, sizeof key_file, "%s/key.pem", the_server.folder);
    (void)snprintf(command, sizeof command,
                   "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
                   " -days 2 -subj /CN=localhost -keyout %s -out %s 2>/dev/null",
                   key_file, cert_file);
    return system(command); // NOLINT(cert-env33-c,concurrency-mt-unsafe): a test's own
}

/* ---- The relay ------------------------------------------------------------------------------- */

typedef struct relay {
    edo_listener *listener;
    edo_tls_server *tls;
    edo_stream *client, *server;
} relay;

/* Reads a reply up to its ReadyForQuery, or as much as there is room for. Returns its bytes; 0 at
 * the end. */
static size_t reply_read(edo_stream *from, char *bytes) {
    static const char ready[] = { 'Z', 0, 0, 0, 5 }; // and a byte
    size_t n = 0;
    while (n < GATHERED) {
        int got = edo_read(from, bytes + n, GATHERED - n);
        if (got <= 0) return 0;
        n += (size_t)got;
        if (n > sizeof ready && memcmp(bytes + n - 6, ready, sizeof ready) == 0) break;
    }
    return n;
}

static int relay_replies(void *arg) {
    const relay *r = arg;
    char *bytes = malloc(GATHERED);
    size_t n;
    CHECK(bytes != NULL);
    while ((n = reply_read(r->server, bytes)) > 0)
        if (edo_write_all(r->client, bytes, n) < 0) break;
    free(bytes);
    (void)edo_shutdown(r->client);
    return 0;
}

/* Says yes to SSLRequest, and takes the TLS off. */
static int relay_accept(relay *r) {
    char asked[8];
    edo_stream *plain;
    int err = edo_accept(r->listener, &plain);
    if (err < 0) return err;
    CHECK_EQ(edo_read_exact(plain, asked, sizeof asked), 0);
    CHECK_EQ(edo_write_all(plain, "S", 1), 0);
    return edo_tls_accept(&r->client, plain, r->tls);
}

static int relay_run(void *arg) {
    relay *r = arg;
    char path[160];
    edo_scope both;
    (void)snprintf(path, sizeof path, "%s/.s.PGSQL.%d", the_server.folder, the_server.port);
    int err = relay_accept(r);
    if (err < 0) return err;
    CHECK_EQ(edo_unix_connect(&r->server, path, NULL), 0);
    edo_scope_begin(&both, NULL);
    edo_scope_spawn(&both, relay_replies, r);
    (void)edo_copy(r->server, r->client, NULL);
    (void)edo_shutdown(r->server);
    CHECK_EQ(edo_scope_end(&both, 0), 0);
    edo_close(r->server);
    edo_close(r->client);
    return 0;
}

/* ---- What goes over it ----------------------------------------------------------------------- */

typedef struct row {
    edo_str text;
} row;
EDO_DESCRIBE(row, EDO_FIELD(row, text))

#define ROWS_N    21
#define ROW_BYTES 1500

/* So many rows, of which the last one has as many bytes as the argument says. */
#define SELECT(last)                                                                               \
    "select repeat('x', case when i = 21 then " last " else 1500 end) as text"                     \
    " from generate_series(1, 21) i"

/* Row by row. */
static int reads_rows(edo_pg *db, int32_t last) {
    row r;
    int rc, n = 0;
    edo_seq *rows = edo_pg_rows(db, &row_desc, SELECT("$1::int"), EDO_SQL(last));
    while ((rc = edo_seq_next(rows, &r)) == 1)
        CHECK_EQ(r.text.len, (size_t)(++n == ROWS_N ? last : ROW_BYTES));
    edo_seq_free(rows);
    return rc < 0 ? rc : n;
}

static int copies_rows(edo_pg *db, int32_t last) {
    char sql[256];
    edo_stream *to;
    uint64_t n = 0;
    (void)snprintf(sql, sizeof sql, "copy (" SELECT("%d") ") to stdout", (int)last);
    CHECK_EQ(edo_stream_sink(&to), 0);
    int err = edo_pg_copy_out(db, &n, sql, to);
    edo_close(to);
    return err < 0 ? err : (int)n;
}

static void expect_all(edo_pg *db, int32_t last) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(30));
    int rows = reads_rows(db, last);
    int whole = rows < 0 ? 0 : edo_pg_exec(db, SELECT("$1::int"), EDO_SQL(last));
    int copied = rows < 0 || whole < 0 ? 0 : copies_rows(db, last);
    CHECK_EQ(edo_deadline_end(&d, rows < 0 ? rows : whole < 0 ? whole : copied), ROWS_N);
    CHECK(rows == ROWS_N && whole == ROWS_N);
}

/* libpq has room for 16 KiB at first. What is left of the first record behind its last whole row
 * takes some of that; so the second record does not fit, if it is full, and is the last one if the
 * reply has 32 KiB or a little less. The last row passes through all lengths around that. */
static int reads_all(void *arg) {
    const char *url = arg;
    edo_pg *db;
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), NULL), 0);
    for (int32_t last = 0; last < 3200; last += 100) expect_all(db, last);
    expect_all(db, 100 << 10); // for which it makes more room, for good
    edo_pg_close(db);
    return 0;
}

static int relayed(void *arg) {
    char url[256];
    relay r = { .listener = NULL };
    (void)arg;
    const edo_tls_server_opts opts = { .cert = cert_file, .key = key_file };
    CHECK_EQ(edo_tls_server_new(&r.tls, &opts), 0);
    CHECK_EQ(edo_tcp_listen(&r.listener, "127.0.0.1:0", NULL), 0);
    (void)snprintf(url, sizeof url,
                   "host=127.0.0.1 port=%u user=edo dbname=postgres sslmode=require",
                   (unsigned)edo_listener_port(r.listener));
    edo_task *t = edo_spawn(relay_run, &r);
    CHECK_EQ(reads_all(url), 0);
    CHECK_EQ(edo_task_join(t), 0);
    edo_listener_close(r.listener);
    edo_tls_server_unref(r.tls);
    return 0;
}

static void all_of_a_record_is_read(void **state) {
    (void)state;
    assert_int_equal(inside_real(relayed, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_a_record_is_read),
    };
    return cmocka_run_group_tests(tests, records_setup, pg_teardown);
}
