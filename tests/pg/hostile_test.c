/* SPDX-License-Identifier: MIT */
/* Goal: no text of a stranger's is more than a text, or a name, whichever function gets it: it is
 * there as it was, or refused, in words that do not quote it; and the connection goes on.
 * Method: 200 texts through each function that takes one, on a real server. */
#include "inside.h"
#include "pg_server.h"

#include <edo/pg.h>
#include <edo/pg_session.h>
#include <edo/streams.h>

#include <errno.h>
#include <string.h>

/* ---- The texts ------------------------------------------------------------------------------- */

#define MARK    "s3cr3t" /* of each text */
#define TEXTS   200u
#define ROOM    512
#define WRAPS   5u
#define HEAD    MARK "'; drop table victim; --"
#define LONG_16 "0123456789abcdef"
#define LONG_64 LONG_16 LONG_16 LONG_16 LONG_16

#define PART(text)                                                                                 \
    { text, sizeof(text) - 1 }

static const edo_str parts[] = {
    PART(HEAD),
    PART("\"; drop table victim; --" MARK),
    PART(MARK "\\'; drop table victim; --"),
    PART(MARK "\\"),
    PART(MARK "\\\\'"),
    PART("$1" MARK "$2 $$"),
    PART("$a$" MARK "$a$"),
    PART("%s%n%1000000d" MARK),
    PART("\x01\x02\x1b[31m\x7f" MARK),
    PART("{" MARK ",\"\\\"\"}"),
    PART("{NULL,{" MARK "}}"),
    PART("NULL" MARK),
    PART("\xc2\xa0\xe2\x80\x8b" MARK),
    PART("/*" MARK "/* */"),
    PART("--" MARK "\n;"),
    PART("E'\\''" MARK),
    PART("U&'\\0027'" MARK),
    PART(";;;" MARK ";"),
    PART("\r\n" MARK "\r\n\r\n"),
    PART("\xf0\x9f\x98\x80" MARK "\xf0\x9f\x92\xa9"),
    PART("1; select pg_sleep(100) /*" MARK),
    PART("1 or 1=1 --" MARK),
    PART("' or '1'='1" MARK),
    PART("') union select rolpassword from pg_authid --" MARK),
    PART("||pg_read_file('/etc/passwd')||" MARK),
    PART("copy victim to program 'id'" MARK),
    PART("\\.\n" MARK),
    PART("\\N" MARK),
    PART("\t" MARK "\t\v\f\b"),
    PART("pg_catalog.pg_class." MARK),
    PART("host=/" MARK " sslmode=disable"),
    PART("\xe2\x80\xae" MARK "\xe2\x80\xac"),
    PART("\xef\xbb\xbf" MARK "\xef\xbf\xbd"),
    PART(MARK LONG_64),
    PART(MARK LONG_64 LONG_64 "\""),
    PART("\"\"\"\"\"\"" MARK "''''''"),
    PART("\xff\xfe" MARK),         // no UTF-8, as what follows
    PART(MARK "\xc0\xaf"),         // a slash, too long
    PART(MARK "\xed\xa0\x80"),     // half a surrogate
    PART(MARK "\xf4\x90\x80\x80"), // above U+10FFFF
};
#define NO_UTF8_FROM 36u
_Static_assert(EDO_COUNT(parts) * WRAPS == TEXTS, "each part in each wrap");

typedef struct hostile {
    char bytes[ROOM];
    edo_str text;
    bool has_nul, is_utf8;
} hostile;

static void hostile_make(hostile *h, size_t i) {
    static const char *const before[WRAPS] = { "", "'", "\"", "a", "a" };
    static const char *const behind[WRAPS] = { "", "'", "\"", "\\", "" };
    const edo_str *part = &parts[i / WRAPS];
    size_t wrap = i % WRAPS;
    int n = snprintf(h->bytes, sizeof h->bytes, "%s%.*s%s", before[wrap], (int)part->len, part->ptr,
                     behind[wrap]);
    CHECK(n > 0 && (size_t)n + 2 < sizeof h->bytes);
    h->has_nul = wrap == WRAPS - 1; // in the middle
    if (h->has_nul) memmove(h->bytes + 2, h->bytes + 1, (size_t)n), h->bytes[1] = '\0', n++;
    h->text = (edo_str){ h->bytes, (size_t)n };
    h->is_utf8 = i / WRAPS < NO_UTF8_FROM;
}

/* What becomes of it as a value, and as a name of at most 63 bytes. */
static int as_value(const hostile *h) {
    return h->has_nul ? -EINVAL : h->is_utf8 ? 0 : -EDO_ESQL;
}

static int as_name(const hostile *h) {
    return h->text.len > 63 ? -EINVAL : as_value(h);
}

/* A failure was told without the text. */
static void told_nothing(int err) {
    char told[4096];
    (void)edo_trail_print_text(told, sizeof told, err, EDO_TRAIL_LIST);
    if (strstr(told, MARK)) (void)fprintf(stderr, "%s\n", told);
    CHECK(!strstr(told, MARK));
    edo_trail_clear();
}

typedef struct word {
    edo_str w;
} word;
EDO_DESCRIBE(word, EDO_FIELD(word, w))

typedef struct words {
    edo_str *w;
    size_t w_n;
} words;
EDO_DESCRIBE(words, EDO_FIELD_LIST(words, w, w_n))

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

static edo_pg *connected(void) {
    edo_pg *db;
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .pool = { .max = 2 } }), 0);
    CHECK(edo_pg_exec(db, "create table if not exists victim (w text)", EDO_SQL_NONE) >= 0);
    return db;
}

/* The victim is there, and no connection was lost. */
static void is_well(edo_pg *db) {
    WAIT_FOR(edo_pg_get_stats(db).lent == 0);
    CHECK(edo_pg_exec(db, "truncate victim", EDO_SQL_NONE) >= 0);
    CHECK(edo_pg_get_stats(db).made_n <= 2);
    edo_pg_close(db);
}

static int for_each(void (*fn)(edo_pg *db, const hostile *h)) {
    edo_pg *db = connected();
    for (size_t i = 0; i < TEXTS; i++) {
        hostile h;
        hostile_make(&h, i);
        fn(db, &h);
    }
    is_well(db);
    return 0;
}

/* ---- Values ---------------------------------------------------------------------------------- */

#define ECHO "select $1::text as w"

static void is_same(int err, const hostile *h, word *got) {
    CHECK_EQ(err, as_value(h));
    if (err < 0) {
        told_nothing(err);
        return;
    }
    CHECK(edo_str_equal(got->w, h->text));
    edo_value_deinit(got, &word_desc);
}

static void goes_as_argument(edo_pg *db, const hostile *h) {
    word got;
    is_same(edo_pg_query_one(db, &got, &word_desc, ECHO, EDO_SQL(h->text)), h, &got);
    edo_pg_step step = { .sql = ECHO, .args = EDO_SQL(h->text), .out = &got, .desc = &word_desc };
    is_same(edo_pg_pipeline(db, &step, 1), h, &got);
    int n = edo_pg_exec(db, "insert into victim values ($1)", EDO_SQL(h->text));
    CHECK_EQ(n, as_value(h) == 0 ? 1 : as_value(h));
    if (n < 0) told_nothing(n);
    edo_seq *rows = edo_pg_rows(db, &word_desc, ECHO, EDO_SQL(h->text));
    int rc = edo_seq_next(rows, &got);
    CHECK_EQ(rc, as_value(h) == 0 ? 1 : as_value(h));
    if (rc == 1) CHECK(edo_str_equal(got.w, h->text));
    if (rc < 0) told_nothing(rc);
    edo_seq_free(rows);
}

static void goes_in_struct(edo_pg *db, const hostile *h) {
    edo_str two[2] = { h->text, h->text };
    words list = { two, 2 }, got;
    int err = edo_pg_query_one(db, &got, &words_desc, "select $1::text[] as w",
                               EDO_SQL_OF(&list, &words_desc));
    CHECK_EQ(err, as_value(h));
    if (err < 0) {
        told_nothing(err);
        return;
    }
    CHECK(got.w_n == 2 && edo_str_equal(got.w[0], h->text) && edo_str_equal(got.w[1], h->text));
    edo_value_deinit(&got, &words_desc);
}

/* Types that take a text apart, and say what they do not like. */
static void goes_as_other_type(edo_pg *db, const hostile *h) {
    static const char *const types[] = {
        "select $1::int",
        "select $1::json",
        "select $1::regclass",
        "select $1::regtype",
        "select $1::regproc",
        "select $1::regrole",
        "select $1::tsquery",
        "select $1::interval",
        "select $1::int[]",
        "select $1::uuid",
        "select $1::inet",
        "select $1::xml",
        "select $1::regnamespace",
        "select 'a' ~ $1",
        "select nextval($1)",
        "select to_tsquery($1)",
        "select set_config($1, '1', true)",
        "select '{}'::jsonb @? $1::jsonpath",
        "select has_table_privilege($1, 'select')",
        "select pg_read_file($1)",
        "select convert_from('a', $1)",
        "select now() at time zone $1",
    };
    for (size_t i = 0; i < EDO_COUNT(types); i++) {
        int n = edo_pg_exec(db, types[i], EDO_SQL(h->text));
        if (n < 0) told_nothing(n);
        edo_seq *rows = n < 0 ? edo_pg_rows(db, &word_desc, types[i], EDO_SQL(h->text)) : NULL;
        word got;
        if (rows) told_nothing(edo_seq_next(rows, &got));
        edo_seq_free(rows);
    }
}

static int passes_values(void *arg) {
    (void)arg;
    return for_each(goes_as_argument) + for_each(goes_in_struct) + for_each(goes_as_other_type);
}

static void a_value_is_what_it_was_or_refused(void **state) {
    (void)state;
    assert_int_equal(inside_real(passes_values, NULL), 0);
}

/* ---- Names ----------------------------------------------------------------------------------- */

static int hears(void *arg) {
    edo_pg *db = connected();
    edo_pg_sub *s;
    edo_pg_note note;
    (void)arg;
    CHECK_EQ(edo_pg_sub_open(&s, db), 0);
    for (size_t i = 0; i < TEXTS; i++) {
        hostile h;
        hostile_make(&h, i);
        int err = edo_pg_sub_add(s, h.text);
        CHECK_EQ(err, as_name(&h));
        if (err < 0) {
            told_nothing(err);
            continue;
        }
        CHECK_EQ(edo_pg_exec(db, "select pg_notify($1, $1)", EDO_SQL(h.text)), 1);
        CHECK_EQ(edo_pg_sub_next(s, &note), 1);
        CHECK(edo_str_equal(note.channel, h.text) && edo_str_equal(note.payload, h.text));
        CHECK_EQ(edo_pg_sub_remove(s, h.text), 0);
    }
    edo_pg_sub_close(s);
    is_well(db);
    return 0;
}

static void a_channel_has_its_name_or_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside_real(hears, NULL), 0);
}

/* Names that are C strings end at the NUL. */
static void is_table_of_migrations(edo_pg *db, const hostile *h) {
    number n;
    if (h->has_nul) return;
    edo_migration none = { 1, h->bytes, "select 1" };
    edo_pg *own = connected(); // its connection ends with the migration
    int err = edo_pg_migrate(own, &none, 1, &(edo_migrate_opts){ .table = h->bytes });
    edo_pg_close(own);
    CHECK_EQ(err, as_name(h) == 0 ? 1 : as_name(h));
    if (err < 0) {
        told_nothing(err);
        return;
    }
    CHECK_EQ(edo_pg_query_one(db, &n, &number_desc,
                              "select count(*) as n from pg_class where relname = $1"
                              " and relkind = 'r'",
                              EDO_SQL(h->text)),
             0);
    CHECK_EQ(n.n, 1);
    CHECK_EQ(
        edo_pg_exec(db,
                    "do $$ begin execute (select format('drop table %I', relname) from pg_class"
                    " where relkind = 'r' and relname like '%s3cr3t%'); end $$",
                    EDO_SQL_NONE),
        0);
}

/* As a statement it is the program's own; it does nothing, and what follows goes on. */
static void is_statement(edo_pg *db, const hostile *h) {
    word got;
    CHECK(edo_pg_exec(db, h->bytes, EDO_SQL_NONE) <= 0); // 0: a comment
    edo_trail_clear();
    edo_pg_step steps[] = { { .sql = ECHO, .args = EDO_SQL("x") }, { .sql = h->bytes } };
    CHECK(edo_pg_pipeline(db, steps, 2) <= 0);
    edo_trail_clear();
    CHECK_EQ(edo_pg_query_one(db, &got, &word_desc, ECHO, EDO_SQL("x")), 0);
    edo_value_deinit(&got, &word_desc);
    edo_pg *conn;
    CHECK_EQ(edo_pg_acquire(&conn, db), 0);
    CHECK(edo_pg_get_parameter(conn, h->bytes) == NULL);
    edo_pg_close(conn);
}

static int passes_names(void *arg) {
    (void)arg;
    return for_each(is_table_of_migrations) + for_each(is_statement);
}

static void names_and_statements_do_no_more_than_they_say(void **state) {
    (void)state;
    assert_int_equal(inside_real(passes_names, NULL), 0);
}

/* ---- Words of a connection, sessions, copies ------------------------------------------------- */

/* A value of a connection string, quoted as libpq has it. */
static edo_str url_with(char out[2048], const char *option, const hostile *h) {
    size_t n = (size_t)snprintf(out, 2048, "%s %s='", the_server.url, option);
    for (size_t i = 0; i < h->text.len; i++) {
        if (h->text.ptr[i] == '\'' || h->text.ptr[i] == '\\') out[n++] = '\\';
        out[n++] = h->text.ptr[i];
    }
    out[n++] = '\'';
    return (edo_str){ out, n };
}

static void is_password(edo_pg *db, const hostile *h) {
    char url[2048];
    edo_pg *other;
    (void)db;
    int err = edo_pg_connect(&other, url_with(url, "password", h), NULL);
    CHECK_EQ(err, h->has_nul ? -EINVAL : 0); // the server does not ask for it
    if (err == 0) edo_pg_close(other);
    told_nothing(err);
    int n = snprintf(url, sizeof url, "%s password=%s", the_server.url, h->bytes);
    err = edo_pg_connect(&other, (edo_str){ url, (size_t)n }, &(edo_pg_opts){ .lazy = true });
    CHECK(err == 0 || err == -EINVAL);
    if (err == 0) edo_pg_close(other);
    told_nothing(err);
}

static void is_session(edo_pg *db, const hostile *h) {
    edo_session_record r;
    const edo_session_store_ops *ops = &edo_session_pg_ops;
    edo_str id = EDO_STR("0123456789abcdef0123456789abcdef");
    CHECK_EQ(ops->save(db, id, h->text, edo_s(0), edo_s(100), true), 0); // data are bytes
    CHECK_EQ(ops->load(db, id, &r), 0);
    CHECK(edo_str_equal(r.data.str, h->text));
    edo_bytes_unref(&r.data);
    CHECK_EQ(ops->remove(db, id), 0);
    int err = ops->load(db, h->text, &r);
    CHECK_EQ(err, as_value(h) == 0 ? -ENOENT : as_value(h));
    told_nothing(err);
}

static void is_copied(edo_pg *db, const hostile *h) {
    char line[2 * ROOM];
    size_t n = 0;
    uint64_t rows = 0;
    for (size_t i = 0; i < h->text.len; i++) { // as CSV
        if (i == 0) line[n++] = '"';
        if (h->text.ptr[i] == '"') line[n++] = '"';
        line[n++] = h->text.ptr[i];
    }
    line[n++] = '"';
    line[n++] = '\n';
    edo_stream *from, *to;
    CHECK_EQ(edo_duplex(&from, &to, sizeof line), 0);
    CHECK_EQ(edo_write_all(to, line, n), 0);
    edo_close(to);
    int err = edo_pg_copy_in(db, &rows, "copy victim from stdin (format csv)", from);
    edo_close(from);
    CHECK_EQ(err, h->has_nul || !h->is_utf8 ? -EDO_ESQL : 0);
    CHECK_EQ((int)rows, err == 0);
    told_nothing(err);
}

/* A column whose type looks the text up. */
static void is_copied_as_name(edo_pg *db, const hostile *h) {
    edo_stream *from, *to;
    CHECK(edo_pg_exec(db, "create table if not exists named (r regclass)", EDO_SQL_NONE) >= 0);
    CHECK_EQ(edo_duplex(&from, &to, ROOM), 0);
    CHECK_EQ(edo_write_all(to, h->text.ptr, h->text.len), 0);
    edo_close(to);
    int err = edo_pg_copy_in(db, NULL, "copy named from stdin", from);
    edo_close(from);
    CHECK(err == -EDO_ESQL || err == 0); // 0: it begins with the end of a copy
    told_nothing(err);
}

static int passes_others(void *arg) {
    edo_pg *db = connected();
    (void)arg;
    const edo_migration table = { 1, "sessions", EDO_SESSION_PG_SQL };
    CHECK(edo_pg_exec(db, "drop table if exists edo_session, _edo_migrations", EDO_SQL_NONE) >= 0);
    CHECK_EQ(edo_pg_migrate(db, &table, 1, NULL), 1);
    edo_pg_close(db);
    return for_each(is_password) + for_each(is_session) + for_each(is_copied) +
           for_each(is_copied_as_name);
}

static void passwords_sessions_and_copies_are_what_they_were(void **state) {
    (void)state;
    assert_int_equal(inside_real(passes_others, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_what_it_was_or_refused),
        cmocka_unit_test(a_channel_has_its_name_or_is_refused),
        cmocka_unit_test(names_and_statements_do_no_more_than_they_say),
        cmocka_unit_test(passwords_sessions_and_copies_are_what_they_were),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
