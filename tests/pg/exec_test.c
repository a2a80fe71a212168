/* SPDX-License-Identifier: MIT */
/* Goal: statements with arguments, one row and many into described structs, and failures that say
 * what is wrong and quote nothing.
 * Method: a real server; each type there and back, rows more than a socket holds, hostile texts. */
#include "inside.h"
#include "pg_server.h"

#include <edo/json.h>
#include <edo/pg.h>
#include <edo/protobuf.h>

#include <math.h>
#include <string.h>

typedef struct item {
    int64_t id;
    edo_str name;
    int32_t stock;
} item;
EDO_DESCRIBE(item, EDO_FIELD(item, id), EDO_FIELD(item, name), EDO_FIELD(item, stock))

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

static edo_pg *connected(void) {
    edo_pg *db;
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .pool = { .max = 2 } }), 0);
    return db;
}

static void told(char out[2048], int err) {
    (void)edo_trail_print_text(out, 2048, err, EDO_TRAIL_LIST);
    edo_trail_clear();
}

static int counts_and_reads(void *arg) {
    edo_pg *db = connected();
    item it;
    number n;
    (void)arg;
    CHECK_EQ(edo_pg_exec(db, "drop table if exists item", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(db,
                         "create table item (id bigint primary key, name text not null, stock int)",
                         EDO_SQL_NONE),
             0);
    for (int i = 1; i <= 3; i++) {
        CHECK_EQ(edo_pg_exec(db, "insert into item (id, name, stock) values ($1, $2, $3)",
                             EDO_SQL(i, EDO_STR("n"), 10 * i)),
                 1);
    }
    CHECK_EQ(edo_pg_exec(db, "update item set stock = stock + $1", EDO_SQL(1)), 3);
    CHECK_EQ(edo_pg_exec(db, "select * from item where id > $1", EDO_SQL(1)), 2);
    CHECK_EQ(edo_pg_exec(db, "", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_query_one(db, &it, &item_desc, "select * from item where id = $1", EDO_SQL(2)),
             0);
    CHECK(it.id == 2 && it.stock == 21 && edo_str_equal(it.name, EDO_STR("n")));
    edo_value_deinit(&it, &item_desc);
    CHECK_EQ(edo_pg_query_one(db, &it, &item_desc, "select * from item where id = $1", EDO_SQL(9)),
             -EDO_ENOROW);
    CHECK_EQ(edo_pg_query_one(db, &it, &item_desc, "select * from item", EDO_SQL_NONE),
             -EDO_EVALUE);
    edo_trail_clear();
    it = (item){ .id = 7, .name = EDO_STR("seven"), .stock = 70 };
    CHECK_EQ(edo_pg_exec(db, "insert into item values ($1, $2, $3)", EDO_SQL_OF(&it, &item_desc)),
             1);
    CHECK_EQ(edo_pg_query_one(db, &n, &number_desc, "select count(*) as n from item", EDO_SQL_NONE),
             0);
    CHECK_EQ(n.n, 4);
    edo_pg_close(db);
    return 0;
}

static void statements_count_and_fill_structs(void **state) {
    (void)state;
    assert_int_equal(inside_each(counts_and_reads, NULL), 0);
    assert_int_equal(counts_and_reads(NULL), 0);
}

/* ---- Failures -------------------------------------------------------------------------------- */

static int fails_in_words(void *arg) {
    edo_pg *db = connected();
    char text[2048];
    item it;
    number n;
    (void)arg;
    CHECK_EQ(edo_pg_exec(db, "drop table if exists child, parent", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(db,
                         "create table parent (id int constraint one_id primary key, mail text"
                         " constraint one_mail unique, age int not null check (age > 0))",
                         EDO_SQL_NONE),
             0);
    CHECK_EQ(edo_pg_exec(db, "create table child (of int constraint has_parent references parent)",
                         EDO_SQL_NONE),
             0);
    CHECK_EQ(edo_pg_exec(db, "insert into parent values (1, $1, 1)", EDO_SQL("s3cret")), 1);

    CHECK_EQ(edo_pg_exec(db, "insert into parent values (2, $1, 1)", EDO_SQL("s3cret")), -EDO_ESQL);
    const edo_pg_error *e = edo_pg_get_error();
    CHECK(e && e->kind == EDO_PG_UNIQUE && strcmp(e->sqlstate, "23505") == 0);
    CHECK(strcmp(e->constraint, "one_mail") == 0 && strcmp(e->table, "parent") == 0);
    told(text, -EDO_ESQL);
    CHECK(strstr(text, "23505") && !strstr(text, "s3cret"));
    CHECK(edo_pg_get_error() == NULL);

    CHECK_EQ(edo_pg_exec(db, "insert into child values (5)", EDO_SQL_NONE), -EDO_ESQL);
    e = edo_pg_get_error();
    CHECK(e && e->kind == EDO_PG_FOREIGN_KEY && strcmp(e->constraint, "has_parent") == 0);
    CHECK_EQ(edo_pg_exec(db, "insert into parent (id) values (5)", EDO_SQL_NONE), -EDO_ESQL);
    e = edo_pg_get_error();
    CHECK(e && e->kind == EDO_PG_NOT_NULL && strcmp(e->column, "age") == 0);
    CHECK_EQ(edo_pg_exec(db, "insert into parent values (6, 'x', -1)", EDO_SQL_NONE), -EDO_ESQL);
    e = edo_pg_get_error();
    CHECK(e && e->kind == EDO_PG_CHECK);
    CHECK_EQ(edo_pg_exec(db, "selekt 1", EDO_SQL_NONE), -EDO_ESQL);
    e = edo_pg_get_error();
    CHECK(e && e->position == 1 && strcmp(e->sqlstate, "42601") == 0);

    edo_trail_clear();
    CHECK_EQ(edo_pg_exec(db, "select $1::int", EDO_SQL("s3cret")), -EDO_ESQL);
    told(text, -EDO_ESQL);
    CHECK(strstr(text, "22P02") && !strstr(text, "s3cret"));
    CHECK_EQ(edo_pg_exec(db, "select $1::text", EDO_SQL(((edo_str){ "a\0b", 3 }))), -EINVAL);
    edo_trail_clear();
    CHECK_EQ(edo_pg_exec(db, "select $1::text", EDO_SQL_NONE), -EDO_ESQL);
    edo_trail_clear();

    CHECK_EQ(edo_pg_query_one(db, &it, &item_desc, "select 1 as id, 'x' as name", EDO_SQL_NONE),
             -EDO_EVALUE);
    told(text, -EDO_EVALUE);
    CHECK(strstr(text, "no column \"stock\"") || strstr(text, "no column \\\"stock\\\""));
    CHECK_EQ(edo_pg_query_one(db, &n, &number_desc, "select null::int as n", EDO_SQL_NONE),
             -EDO_EVALUE);
    told(text, -EDO_EVALUE);
    CHECK(strstr(text, "must not be null"));
    CHECK_EQ(edo_pg_query_one(db, &it, &item_desc,
                              "select 1 as id, '' as name, 3000000000 as stock", EDO_SQL_NONE),
             -EDO_EVALUE);
    told(text, -EDO_EVALUE);
    CHECK(strstr(text, "2147483647"));
    CHECK_EQ(edo_pg_exec(db, "copy item to stdout", EDO_SQL_NONE), -ENOTSUP);
    edo_trail_clear();
    CHECK_EQ(edo_pg_exec(db, "select 1", EDO_SQL_NONE), 1);
    edo_pg_close(db);
    return 0;
}

/* Failures whose SQLSTATE is one of statements. */
static int fails_at_no_place(void *arg) {
    edo_pg *db = connected();
    char text[2048];
    (void)arg;
    CHECK_EQ(edo_pg_exec(db, "select to_tsquery($1)", EDO_SQL("s3cret &")), -EDO_ESQL);
    told(text, -EDO_ESQL);
    CHECK(strstr(text, "42601") && !strstr(text, "s3cret"));
    CHECK_EQ(edo_pg_exec(db, "drop table nowhere", EDO_SQL_NONE), -EDO_ESQL);
    told(text, -EDO_ESQL);
    CHECK(strstr(text, "42P01") && strstr(text, "nowhere")); // what the statement names is told
    static const char *const named[] = { "select $1::regclass", "select $1::regtype",
                                         "select $1::regproc", "select pg_read_file($1)",
                                         "select says($1)" };
    CHECK_EQ(edo_pg_exec(db,
                         "create or replace function says(t text) returns int language plpgsql as"
                         " $$ begin raise '%', t using errcode = '23505'; end $$",
                         EDO_SQL_NONE),
             0);
    for (size_t i = 0; i < EDO_COUNT(named); i++) {
        CHECK_EQ(edo_pg_exec(db, named[i], EDO_SQL("s3cret")), -EDO_ESQL);
        told(text, -EDO_ESQL);
        CHECK(strstr(text, "SQLSTATE") && !strstr(text, "s3cret"));
    }
    char word[3000] = "s3cret";
    memset(word + 6, 'x', sizeof word - 7);
    CHECK_EQ(edo_pg_exec(db, "select $1::tsquery", EDO_SQL(&word[0])), -EDO_ESQL);
    told(text, -EDO_ESQL);
    CHECK(strstr(text, "54000") && !strstr(text, "s3cret"));
    CHECK_EQ(edo_pg_exec(db, "select * from nowhere", EDO_SQL_NONE), -EDO_ESQL);
    told(text, -EDO_ESQL);
    CHECK(strstr(text, "nowhere")); // by its place in the statement
    CHECK_EQ(edo_pg_exec(db, "execute nowhere", EDO_SQL_NONE), -EDO_ESQL);
    const edo_pg_error *e = edo_pg_get_error();
    CHECK(e && strcmp(e->sqlstate, "26000") == 0);
    edo_trail_clear();
    edo_pg_close(db);
    return 0;
}

static void failures_say_what_and_quote_nothing(void **state) {
    (void)state;
    assert_int_equal(inside_real(fails_in_words, NULL), 0);
    assert_int_equal(inside_real(fails_at_no_place, NULL), 0);
}

/* ---- Types ----------------------------------------------------------------------------------- */

typedef enum mood { MOOD_OK = 1, MOOD_SAD } mood;
EDO_DESCRIBE_ENUM(mood, EDO_UNIT(MOOD_OK, "ok"), EDO_UNIT(MOOD_SAD, "sad"))

typedef struct point {
    int32_t x, y;
} point;
EDO_DESCRIBE(point, EDO_FIELD(point, x), EDO_FIELD(point, y))

typedef struct every {
    bool b;
    int16_t i2;
    int32_t i4;
    int64_t i8;
    float f4;
    double f8;
    edo_str num, txt, uid;
    edo_bytes raw;
    point js;
    mood m;
    int64_t at;
    edo_duration span;
    int64_t *list;
    size_t list_n;
    edo_str *words;
    size_t words_n;
    bool has;
    int32_t maybe;
} every;
EDO_DESCRIBE(every, EDO_FIELD(every, b), EDO_FIELD(every, i2), EDO_FIELD(every, i4),
             EDO_FIELD(every, i8), EDO_FIELD(every, f4), EDO_FIELD(every, f8),
             EDO_FIELD(every, num), EDO_FIELD(every, txt), EDO_FIELD(every, uid),
             EDO_FIELD(every, raw), EDO_FIELD_OF(every, js, point_desc),
             EDO_FIELD_OF(every, m, mood_desc), EDO_FIELD(every, at), EDO_FIELD(every, span),
             EDO_FIELD_LIST(every, list, list_n), EDO_FIELD_LIST(every, words, words_n),
             EDO_FIELD(every, maybe, .optional = true, EDO_HAS(every, has)))

static int goes_there_and_back(void *arg) {
    edo_pg *db = connected();
    every v;
    bool yes = true;
    edo_str words[] = { EDO_STR("a,\"b\\"), EDO_STR("NULL") };
    (void)arg;
    CHECK_EQ(edo_pg_exec(db, "drop type if exists mood", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(db, "create type mood as enum ('ok', 'sad')", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(db, "set TimeZone to 'Asia/Kathmandu'", EDO_SQL_NONE), 0);
    CHECK_EQ(
        edo_pg_query_one(
            db, &v, &every_desc,
            "select $1::bool b, $2::int2 i2, $3::int4 i4, $4::int8 i8, $5::float4 f4, $6::float8 "
            "f8,"
            " $7::numeric num, $8::text txt, $9::uuid uid, $10::bytea raw, $11::jsonb js, "
            "$12::mood m,"
            " $13::timestamptz at, $14::interval span, '{1,-2}'::int8[] list,"
            " array['a,\"b\\', 'NULL'] words, null::int maybe",
            EDO_SQL(yes, -7, INT32_MIN, INT64_MAX, 0.5, 1e-300, "12345678901234567890.123456789",
                    EDO_STR("Gr\xc3\xbc\xc3\x9f"), "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
                    edo_bytes_from_static((edo_str){ "\0\xff", 2 }), "{\"x\": 3, \"y\": -4}", "sad",
                    edo_sql_time(INT64_C(1709202896789000)), edo_ms(90061500))),
        0);
    CHECK(v.b && v.i2 == -7 && v.i4 == INT32_MIN && v.i8 == INT64_MAX);
    CHECK((double)v.f4 == 0.5 && v.f8 == 1e-300);
    CHECK(edo_str_equal(v.num, EDO_STR("12345678901234567890.123456789")));
    CHECK(edo_str_equal(v.txt, EDO_STR("Gr\xc3\xbc\xc3\x9f")));
    CHECK(edo_str_equal(v.uid, EDO_STR("6ba7b810-9dad-11d1-80b4-00c04fd430c8")));
    CHECK(v.raw.str.len == 2 && memcmp(v.raw.str.ptr, "\0\xff", 2) == 0);
    CHECK(v.js.x == 3 && v.js.y == -4 && v.m == MOOD_SAD);
    CHECK_EQ(v.at, INT64_C(1709202896789000));
    CHECK_EQ(v.span.ns, edo_ms(90061500).ns);
    CHECK(v.list_n == 2 && v.list[0] == 1 && v.list[1] == -2);
    CHECK(v.words_n == 2 && edo_str_equal(v.words[0], words[0]) &&
          edo_str_equal(v.words[1], words[1]));
    CHECK(!v.has);
    edo_value_deinit(&v, &every_desc);
    edo_pg_close(db);
    return 0;
}

static void each_type_goes_there_and_back(void **state) {
    (void)state;
    assert_int_equal(inside_real(goes_there_and_back, NULL), 0);
}

typedef struct appointment {
    edo_wall at, plain, day;
    edo_wall *twice;
    size_t twice_n;
    bool has_ends;
    edo_wall ends;
    edo_duration takes;
} appointment;
EDO_DESCRIBE(appointment, EDO_FIELD(appointment, at), EDO_FIELD(appointment, plain),
             EDO_FIELD(appointment, day), EDO_FIELD_LIST(appointment, twice, twice_n),
             EDO_FIELD(appointment, ends, EDO_HAS(appointment, has_ends)),
             EDO_FIELD(appointment, takes))

static bool is_wall(edo_wall t, int64_t s, int32_t ns) {
    return edo_wall_compare(t, (edo_wall){ s, ns }) == 0;
}

/* Whatever zone the session has. */
static int keeps_instants(void *arg) {
    const edo_wall at = { 1795791845, 123456789 }, far = { INT64_C(253402300799), 999999999 };
    edo_wall twice[] = { { INT64_C(-62135596800), 0 }, { -1, 500000000 } };
    const appointment in = { .at = at,
                             .plain = at,
                             .day = { 946684800, 0 },
                             .twice = twice,
                             .twice_n = 2,
                             .takes = edo_ms(1500) };
    edo_pg *db = connected();
    appointment v;
    number n;
    (void)arg;
    CHECK_EQ(edo_pg_exec(db, "drop table if exists appointment", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(db,
                         "create table appointment (at timestamptz, plain timestamp, day date,"
                         " twice timestamptz[], ends timestamptz, takes interval)",
                         EDO_SQL_NONE),
             0);
    CHECK_EQ(edo_pg_exec(db, "insert into appointment values ($1, $2, $3, $4, $5, $6)",
                         EDO_SQL_OF(&in, &appointment_desc)),
             1);
    CHECK_EQ(edo_pg_exec(db, "set TimeZone to 'Asia/Kathmandu'", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_query_one(db, &v, &appointment_desc, "select * from appointment where at <= $1",
                              EDO_SQL(at)),
             0);
    CHECK(is_wall(v.at, at.s, 123456000) && is_wall(v.plain, at.s, 123456000));
    CHECK(is_wall(v.day, 946684800, 0) && !v.has_ends && v.takes.ns == edo_ms(1500).ns);
    CHECK(v.twice_n == 2 && is_wall(v.twice[0], twice[0].s, 0) &&
          is_wall(v.twice[1], -1, 500000000));
    edo_value_deinit(&v, &appointment_desc);
    CHECK_EQ(edo_pg_query_one(db, &n, &number_desc,
                              "select count(*) n from appointment where at < $1 and $2::timestamptz"
                              " = '2026-11-27 15:04:05.123456Z'",
                              EDO_SQL(far, at)),
             0);
    CHECK_EQ(n.n, 1);
    CHECK_EQ(edo_pg_exec(db, "update appointment set at = 'infinity'", EDO_SQL_NONE), 1);
    CHECK_EQ(edo_pg_query_one(db, &v, &appointment_desc, "select * from appointment", EDO_SQL_NONE),
             -EDO_EVALUE);
    char text[2048];
    told(text, -EDO_EVALUE);
    CHECK(strstr(text, "\"at\"") && strstr(text, "must be a time of the years 1 to 9999"));
    CHECK_EQ(edo_pg_exec(db, "drop table appointment", EDO_SQL_NONE), 0);
    edo_pg_close(db);
    return 0;
}

static void instants_go_there_and_back_to_the_microsecond(void **state) {
    (void)state;
    assert_int_equal(inside_real(keeps_instants, NULL), 0);
}

typedef struct text_row {
    edo_str t;
} text_row;
EDO_DESCRIBE(text_row, EDO_FIELD(text_row, t))

static int takes_hostile_texts(void *arg) {
    static const char *const hostile[] = {
        "'; drop table item; --",
        "\\",
        "$1",
        "\"",
        "%s%n",
        "\x01\x7f",
        "{}",
        "NULL",
        "\xc2\xa0",
        "/*",
        "E'\\''",
        ";",
        "\r\n",
        "\xf0\x9f\x98\x80",
        "1; select pg_sleep(100)",
    };
    edo_pg *db = connected();
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(hostile); i++) {
        text_row r;
        CHECK_EQ(
            edo_pg_query_one(db, &r, &text_row_desc, "select $1::text as t", EDO_SQL(hostile[i])),
            0);
        CHECK(edo_str_equal(r.t, edo_str_of(hostile[i])));
        edo_value_deinit(&r, &text_row_desc);
    }
    CHECK_EQ(edo_pg_exec(db, "select $1::text", EDO_SQL("\xff\xfe")), -EDO_ESQL);
    edo_trail_clear();
    edo_pg_close(db);
    return 0;
}

static void hostile_texts_stay_texts(void **state) {
    (void)state;
    assert_int_equal(inside_real(takes_hostile_texts, NULL), 0);
}

/* ---- Rows ------------------------------------------------------------------------------------ */

#define MANY 200000

static int reads_rows(void *arg) {
    edo_pg *db = connected();
    item it;
    int rc, n = 0;
    (void)arg;
    edo_seq *rows = edo_pg_rows(db, &item_desc,
                                "select i as id, 'name ' || i as name, i % 100 as stock"
                                " from generate_series(1, $1) i",
                                EDO_SQL(MANY));
    while ((rc = edo_seq_next(rows, &it)) == 1) {
        n++;
        if (n % 50000) continue;
        char name[32];
        (void)snprintf(name, sizeof name, "name %d", n);
        CHECK(it.id == n && edo_str_equal(it.name, edo_str_of(name)) && it.stock == n % 100);
    }
    CHECK_EQ(rc, 0);
    CHECK_EQ(n, MANY);
    CHECK_EQ(edo_seq_next(rows, &it), 0);
    CHECK_EQ(edo_pg_get_stats(db).idle, 1);
    edo_seq_free(rows);

    rows = edo_pg_rows(db, &item_desc,
                       "select 1 / (3 - i) as id, '' as name, 0 as stock"
                       " from generate_series(1, 5) i",
                       EDO_SQL_NONE);
    CHECK_EQ(edo_seq_next(rows, &it), 1);
    CHECK_EQ(edo_seq_next(rows, &it), 1);
    CHECK_EQ(edo_seq_next(rows, &it), -EDO_ESQL);
    CHECK_EQ(edo_seq_next(rows, &it), 0);
    edo_trail_clear();
    edo_seq_free(rows);

    rows = edo_pg_rows(db, &item_desc, "selekt", EDO_SQL_NONE);
    CHECK_EQ(edo_seq_next(rows, &it), -EDO_ESQL);
    CHECK_EQ(edo_seq_next(rows, &it), 0);
    edo_trail_clear();
    edo_seq_free(rows);

    rows = edo_pg_rows(db, &item_desc, "select 1 as id", EDO_SQL_NONE);
    CHECK_EQ(edo_seq_next(rows, &it), -EDO_EVALUE);
    edo_trail_clear();
    edo_seq_free(rows);

    rows = edo_pg_rows(db, &item_desc, "select 1 as id, 'x' as name, 1 as stock where false",
                       EDO_SQL_NONE);
    CHECK_EQ(edo_seq_next(rows, &it), 0);
    edo_seq_free(rows);
    WAIT_FOR(edo_pg_get_stats(db).lent == 0);
    edo_pg_close(db);
    return 0;
}

static void rows_come_one_by_one_and_end_at_the_first_failure(void **state) {
    (void)state;
    assert_int_equal(inside_real(reads_rows, NULL), 0);
}

typedef struct holder {
    point js;
} holder;
EDO_DESCRIBE(holder, EDO_FIELD_OF(holder, js, point_desc))

/* A row that does not fit fails alike, alone and in a sequence. */
static int fails_alike(void *arg) {
    static const struct {
        const char *sql;
        int err;
    } rows[] = { { "select '{\"x\": \"s3cret\"}'::jsonb as js", -EDO_EJSON },
                 { "select null::jsonb as js", -EDO_EVALUE },
                 { "select 1 as other", -EDO_EVALUE } };
    edo_pg *db = connected();
    char text[2048];
    holder h;
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        CHECK_EQ(edo_pg_query_one(db, &h, &holder_desc, rows[i].sql, EDO_SQL_NONE), rows[i].err);
        told(text, rows[i].err);
        edo_seq *seq = edo_pg_rows(db, &holder_desc, rows[i].sql, EDO_SQL_NONE);
        CHECK_EQ(edo_seq_next(seq, &h), rows[i].err);
        told(text, rows[i].err);
        CHECK(strstr(text, "js") && !strstr(text, "s3cret"));
        CHECK_EQ(edo_seq_next(seq, &h), 0);
        edo_seq_free(seq);
    }
    edo_pg_close(db);
    return 0;
}

static void a_row_fails_alike_alone_and_in_a_sequence(void **state) {
    (void)state;
    assert_int_equal(inside_real(fails_alike, NULL), 0);
}

/* The server sends some rows, each as large as what it sends at once, and the others after a
 * while. */
static int goes_on_reading(void *arg) {
    edo_pg *db = connected();
    text_row r;
    (void)arg;
    edo_seq *rows = edo_pg_rows(db, &text_row_desc,
                                "select repeat('x', 8000) as t from generate_series(1, 8) i,"
                                " lateral (select case i when 6 then pg_sleep(0.5) end) s",
                                EDO_SQL_NONE);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(20));
    int rc, got_n = 0;
    while ((rc = edo_seq_next(rows, &r)) == 1) got_n++;
    rc = edo_deadline_end(&d, rc);
    CHECK(rc == -ETIMEDOUT || rc == 0); // 0: this machine stood still
    edo_trail_clear();
    while ((rc = edo_seq_next(rows, &r)) == 1) got_n++;
    CHECK_EQ(rc, 0);
    CHECK_EQ(got_n, 8);
    edo_seq_free(rows);
    CHECK_EQ(edo_pg_get_stats(db).idle, 1);
    edo_pg_close(db);
    return 0;
}

static void a_read_that_is_cut_short_loses_no_row(void **state) {
    (void)state;
    assert_int_equal(inside_real(goes_on_reading, NULL), 0);
}

static int makes_the_server_wait(void *arg) {
    edo_pg *db = connected();
    number n;
    text_row r;
    (void)arg;
    edo_seq *rows =
        edo_pg_rows(db, &text_row_desc,
                    "select repeat('x', 1000) as t from generate_series(1, 1000000)", EDO_SQL_NONE);
    CHECK_EQ(edo_seq_next(rows, &r), 1);
    // the server waits for us once the socket's buffers are full
    do {
        CHECK_EQ(edo_sleep(edo_ms(5)), 0);
        CHECK_EQ(edo_pg_query_one(db, &n, &number_desc,
                                  "select count(*) as n from pg_stat_activity where wait_event ="
                                  " 'ClientWrite' and query like 'select repeat%'",
                                  EDO_SQL_NONE),
                 0);
    } while (n.n == 0);
    CHECK_EQ(edo_seq_next(rows, &r), 1);
    edo_seq_free(rows); // has the query cancelled
    WAIT_FOR(edo_pg_get_stats(db).lent == 0);
    CHECK_EQ(edo_pg_query_one(db, &n, &number_desc,
                              "select count(*) as n from pg_stat_activity where state = 'active'"
                              " and query like 'select repeat%'",
                              EDO_SQL_NONE),
             0);
    CHECK_EQ(n.n, 0);
    edo_pg_close(db);
    return 0;
}

static void a_slow_reader_makes_the_server_wait(void **state) {
    (void)state;
    assert_int_equal(inside_real(makes_the_server_wait, NULL), 0);
}

/* ---- Lists ----------------------------------------------------------------------------------- */

typedef struct line {
    int64_t id;
    edo_str t;
} line;
EDO_DESCRIBE(line, EDO_FIELD(line, id, .number = 1), EDO_FIELD(line, t, .number = 2))

/* A reply of JSON, or of gRPC. */
typedef struct lines {
    line *all;
    size_t all_n;
    int64_t total;
} lines;
EDO_DESCRIBE(lines, EDO_FIELD_LIST_OF(lines, all, all_n, line_desc, .number = 1),
             EDO_FIELD(lines, total, .number = 2))

typedef struct some_lines {
    line *all;
    size_t all_n;
} some_lines;
EDO_DESCRIBE(some_lines, EDO_FIELD_LIST_OF(some_lines, all, all_n, line_desc, .max_len = 3))

typedef struct few_items {
    number all[3];
    size_t all_n;
} few_items;
EDO_DESCRIBE(few_items, EDO_FIELD_UPTO_OF(few_items, all, all_n, number_desc))

#define LINES "select i as id, repeat('x', i * $2) as t from generate_series(1, $1) i"

static int fills_a_list(void *arg) {
    edo_pg *db = connected();
    edo_arena arena = { 0 };
    lines found = { .total = 7 };
    (void)arg;
    CHECK_EQ(edo_pg_query_all(db, &found, &lines_desc, &arena, LINES, EDO_SQL(1000, 50)), 0);
    CHECK(found.all_n == 1000 && found.total == 7); // what is no list is the program's
    for (size_t i = 0; i < found.all_n; i++) {
        const line *l = &found.all[i];
        CHECK(l->id == (int64_t)i + 1 && l->t.len == 50 * (i + 1));
        CHECK(l->t.ptr[0] == 'x' && memchr(l->t.ptr, 0, l->t.len) == NULL);
    }
    CHECK_EQ(edo_pg_query_all(db, &found, &lines_desc, &arena, LINES, EDO_SQL(0, 1)), 0);
    CHECK_EQ(found.all_n, 0);
    CHECK_EQ(edo_pg_query_all(db, &found, &lines_desc, NULL, LINES, EDO_SQL(5, 100)), 0);
    CHECK(found.all_n == 5 && found.all[4].t.len == 500);
    edo_value_deinit(&found, &lines_desc);
    edo_arena_deinit(&arena);
    edo_pg_close(db);
    return 0;
}

static int is_a_reply(void *arg) {
    edo_pg *db = connected();
    edo_arena arena = { 0 };
    edo_buf out = { 0 };
    lines found = { .total = 7 }, read;
    (void)arg;
    CHECK_EQ(edo_pg_query_all(db, &found, &lines_desc, &arena, LINES, EDO_SQL(2, 1)), 0);
    CHECK_EQ(edo_json_encode(&out, &found, &lines_desc), 0);
    CHECK(edo_str_equal((edo_str){ out.ptr, out.len },
                        EDO_STR("{\"all\":[{\"id\":1,\"t\":\"x\"},{\"id\":2,\"t\":\"xx\"}],"
                                "\"total\":7}")));
    out.len = 0;
    CHECK_EQ(edo_protobuf_encode(&out, &found, &lines_desc), 0);
    CHECK_EQ(edo_protobuf_decode(&read, &lines_desc, (edo_str){ out.ptr, out.len }, &arena), 0);
    CHECK(read.all_n == 2 && read.all[1].id == 2 && read.all[1].t.len == 2 && read.total == 7);
    edo_buf_deinit(&out);
    edo_arena_deinit(&arena);
    edo_pg_close(db);
    return 0;
}

/* `sql` has `n` rows, and fails with `err`; the connection is used again. */
static void is_refused(edo_pg *db, void *list, const edo_desc *desc, const char *sql, int n,
                       int err) {
    edo_arena arena = { 0 };
    CHECK_EQ(edo_pg_query_all(db, list, desc, &arena, sql, EDO_SQL(n, 1)), err);
    edo_trail_clear();
    edo_arena_deinit(&arena);
}

static int has_at_most(void *arg) {
    edo_pg *db = connected();
    edo_arena arena = { 0 }, small = { .bytes_max = 20000 };
    lines found = { .total = 7 };
    some_lines some;
    few_items few;
    (void)arg;
    const int most = (int)EDO_SQL_ROWS_MAX;
    CHECK_EQ(edo_pg_query_all(db, &found, &lines_desc, &arena, LINES, EDO_SQL(most, 0)), 0);
    CHECK_EQ(found.all_n, EDO_SQL_ROWS_MAX);
    is_refused(db, &found, &lines_desc, LINES, most + 1, -EDO_EVALUE);
    CHECK(found.all_n == 0 && !found.all && found.total == 7);
    is_refused(db, &found, &lines_desc, // is cancelled
               "select generate_series(1, $1::int) as id, repeat('x', $2) as t", 100000000,
               -EDO_EVALUE);
    CHECK_EQ(edo_pg_query_all(db, &some, &some_lines_desc, &arena, LINES, EDO_SQL(3, 1)), 0);
    CHECK_EQ(some.all_n, 3);
    is_refused(db, &some, &some_lines_desc, LINES, 4, -EDO_EVALUE);
    CHECK_EQ(some.all_n, 0);
    CHECK_EQ(edo_pg_query_all(db, &few, &few_items_desc, NULL,
                              "select i as n from generate_series(1, 3) i", EDO_SQL_NONE),
             0);
    CHECK(few.all_n == 3 && few.all[2].n == 3);
    is_refused(db, &few, &few_items_desc, "select i as n from generate_series($2::int, $1) i", 4,
               -EDO_EVALUE);
    CHECK_EQ(few.all_n, 0);
    CHECK_EQ(edo_pg_query_all(db, &found, &lines_desc, &small, LINES, EDO_SQL(1000, 50)), -ENOMEM);
    CHECK(found.all_n == 0 && small.is_full);
    WAIT_FOR(edo_pg_get_stats(db).lent == 0);
    CHECK(edo_pg_get_stats(db).made_n <= 2); // none was lost
    edo_arena_deinit(&small);
    edo_arena_deinit(&arena);
    edo_pg_close(db);
    return 0;
}

static int names_the_row(void *arg) {
    edo_pg *db = connected();
    lines found;
    (void)arg;
    CHECK_EQ(edo_pg_query_all(db, &found, &lines_desc, NULL,
                              "select i as id, case i when 3 then null else 'x' end as t"
                              " from generate_series(1, 5) i",
                              EDO_SQL_NONE),
             -EDO_EVALUE);
    CHECK(strcmp(edo_trail_find(-EDO_EVALUE)->text, "row 3") == 0);
    edo_trail_clear();
    edo_pg_close(db);
    return 0;
}

/* What does not fit is told, and the statement is done nevertheless; its transaction goes on. */
static int fails_in_the_middle(void *arg) {
    edo_pg *db = connected(), *tx;
    lines found = { .total = 7 };
    number n;
    (void)arg;
    CHECK_EQ(edo_pg_exec(db, "drop table if exists told", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(db, "create table told (id int, t text)", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    is_refused(tx, &found, &lines_desc,
               "insert into told select i, case i when 2 then null else 'x' end"
               " from generate_series($2::int, $1) i returning id, t",
               5, -EDO_EVALUE);
    is_refused(tx, &found, &lines_desc, "select id from told where id between $2 and $1", 5,
               -EDO_EVALUE);
    is_refused(tx, &found, &lines_desc, "update told set id = id where id between $2 and $1", 5,
               -EDO_EVALUE); // it has no columns
    CHECK_EQ(edo_pg_query_one(tx, &n, &number_desc, "select count(*) as n from told", EDO_SQL_NONE),
             0);
    CHECK_EQ(n.n, 5);
    CHECK_EQ(edo_pg_commit(tx), 0);
    edo_pg_close(tx);
    is_refused(db, &found, &lines_desc,
               "select $2 / (3 - i) as id, 'x' as t from"
               " generate_series(1, $1) i",
               5, -EDO_ESQL);
    CHECK(found.all_n == 0 && !found.all);
    is_refused(db, &found, &lines_desc, "selekt $1, $2", 5, -EDO_ESQL);
    CHECK_EQ(edo_pg_get_stats(db).made_n, 1);
    edo_pg_close(db);
    return 0;
}

static lines cut_short;

/* Rows as large as what the server sends at once: some have come when it sleeps. */
static int sleeps_among_rows(void *db) {
    return edo_pg_query_all(db, &cut_short, &lines_desc, NULL,
                            "select i as id, repeat('x', 8000) as t /* sleeps */"
                            " from generate_series(1, 8) i,"
                            " lateral (select case i when 6 then pg_sleep(1000) end) s",
                            EDO_SQL_NONE);
}

static int is_cut_short(void *arg) {
    edo_pg *db = connected();
    number n;
    (void)arg;
    edo_task *t = edo_spawn(sleeps_among_rows, db);
    do {
        CHECK_EQ(edo_pg_query_one(db, &n, &number_desc,
                                  "select count(*) as n from pg_stat_activity where wait_event ="
                                  " 'PgSleep' and query like '%/* sleeps%'",
                                  EDO_SQL_NONE),
                 0);
    } while (n.n == 0);
    WAIT_FOR(cut_short.all_n > 0);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK(cut_short.all_n == 0 && !cut_short.all);
    WAIT_FOR(edo_pg_get_stats(db).lent == 0);
    CHECK_EQ(edo_pg_get_stats(db).made_n, 2);
    edo_pg_close(db);
    return 0;
}

static void a_list_has_all_rows_with_texts_of_any_length(void **state) {
    (void)state;
    assert_int_equal(inside_real(fills_a_list, NULL), 0);
}

static void a_list_is_a_reply_of_json_and_a_message(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_a_reply, NULL), 0);
}

static void a_list_has_at_most_as_many_rows_as_it_says(void **state) {
    (void)state;
    assert_int_equal(inside_real(has_at_most, NULL), 0);
}

static void a_list_that_fails_is_empty_and_spoils_no_connection(void **state) {
    (void)state;
    assert_int_equal(inside_real(fails_in_the_middle, NULL), 0);
    assert_int_equal(inside_real(is_cut_short, NULL), 0);
    assert_int_equal(inside_real(names_the_row, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_count_and_fill_structs),
        cmocka_unit_test(failures_say_what_and_quote_nothing),
        cmocka_unit_test(each_type_goes_there_and_back),
        cmocka_unit_test(instants_go_there_and_back_to_the_microsecond),
        cmocka_unit_test(hostile_texts_stay_texts),
        cmocka_unit_test(rows_come_one_by_one_and_end_at_the_first_failure),
        cmocka_unit_test(a_row_fails_alike_alone_and_in_a_sequence),
        cmocka_unit_test(a_read_that_is_cut_short_loses_no_row),
        cmocka_unit_test(a_slow_reader_makes_the_server_wait),
        cmocka_unit_test(a_list_has_all_rows_with_texts_of_any_length),
        cmocka_unit_test(a_list_is_a_reply_of_json_and_a_message),
        cmocka_unit_test(a_list_has_at_most_as_many_rows_as_it_says),
        cmocka_unit_test(a_list_that_fails_is_empty_and_spoils_no_connection),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
