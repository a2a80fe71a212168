/* SPDX-License-Identifier: MIT */
/* Goal: the name of a client's hello is found, however the hello is cut into records and reads; the
 * hello stays where it was; what is not as it must be is refused.
 * Method: hellos that are put together here, of which every beginning is tried, in records of each
 * length; one byte after the other changed. tests/tls/tls_name_test.c has hellos of OpenSSL. */
#include "net/tls_name.h"

#include "inside.h"

#include <edo/binary.h>
#include <edo/streams.h>

#define HELLO_MAX   700
#define RECORDS_MAX 64

typedef struct bytes {
    unsigned char at[8 * HELLO_MAX];
    size_t n;
} bytes;

static void put(bytes *b, const void *from, size_t n) {
    CHECK(b->n + n <= sizeof b->at);
    memcpy(b->at + b->n, from, n);
    b->n += n;
}

static void put_u16(bytes *b, size_t number) {
    edo_store_u16be(b->at + b->n, (uint16_t)number);
    b->n += 2;
}

static void put_name(bytes *b, const char *name, size_t n) {
    put_u16(b, 0); // server_name
    put_u16(b, n + 5);
    put_u16(b, n + 3);
    put(b, "\0", 1); // a host
    put_u16(b, n);
    put(b, name, n);
}

/* An extension that nobody knows (RFC 8701). */
static void put_other(bytes *b) {
    put_u16(b, 0x0a0a);
    put_u16(b, 3);
    put(b, "abc", 3);
}

/* Puts a hello with these extensions, which it has if there are any. */
static void put_hello(bytes *b, const bytes *exts) {
    size_t begin = b->n;
    put(b, "\1\0\0\0\3\3", 6);
    put(b, "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr", 32);
    put(b, "\3sss\0\4\x13\1\x13\2\1\0", 12); // session, suites, compressions
    if (exts->n > 0) {
        put_u16(b, exts->n);
        put(b, exts->at, exts->n);
    }
    edo_store_u16be(b->at + begin + 2, (uint16_t)(b->n - begin - 4));
}

/* Cuts a hello into records of `piece` bytes at most. */
static void put_records(bytes *to, const bytes *all, size_t piece) {
    for (size_t at = 0; at < all->n; at += piece) {
        size_t n = all->n - at < piece ? all->n - at : piece;
        put(to, "\x16\3\1", 3);
        put_u16(to, n);
        put(to, all->at + at, n);
    }
}

/* A hello that asks for `name`, between two other extensions; NULL: for none. */
static bytes hello_for(const char *name) {
    bytes exts = { .n = 0 }, all = { .n = 0 };
    put_other(&exts);
    if (name) put_name(&exts, name, strlen(name));
    put_other(&exts);
    put_hello(&all, &exts);
    return all;
}

static int parse(char *name, const bytes *b) {
    return edoi_tls_name_parse(name, b->at, b->n);
}

static void a_name_is_found_in_records_of_each_length(void **state) {
    const bytes all = hello_for("Shop.Example.");
    (void)state;
    for (size_t piece = (all.n + RECORDS_MAX - 1) / RECORDS_MAX; piece <= all.n; piece++) {
        char name[EDO_TLS_NAME_MAX + 1] = "before";
        bytes records = { .n = 0 };
        put_records(&records, &all, piece);
        const size_t whole = records.n;
        put(&records, "\x17\3\3\0\1x", 6); // what comes behind it
        for (size_t n = 0; n < whole; n++) {
            int wanted = edoi_tls_name_parse(name, records.at, n);
            if (wanted <= (int)n || wanted > (int)whole)
                fail_msg("%zu of %zu: %d", n, whole, wanted);
            assert_string_equal(name, "before");
        }
        assert_int_equal(parse(name, &records), whole);
        assert_string_equal(name, "shop.example");
    }
}

/* Each look at a beginning goes through all records of it. */
static void a_hello_in_more_than_64_records_is_refused(void **state) {
    const bytes all = hello_for("shop.example");
    char name[EDO_TLS_NAME_MAX + 1];
    bytes records = { .n = 0 };
    const size_t n = (size_t)RECORDS_MAX * 6;
    (void)state;
    assert_true(all.n > RECORDS_MAX);
    put_records(&records, &all, 1);
    assert_int_equal(edoi_tls_name_parse(name, records.at, n - 1), n);
    assert_int_equal(edoi_tls_name_parse(name, records.at, n), -EPROTO);
    assert_int_equal(edoi_tls_name_parse(name, NULL, 0), 5);
}

static void a_hello_may_ask_for_no_name(void **state) {
    char name[EDO_TLS_NAME_MAX + 1];
    bytes none = { .n = 0 }, bare = { .n = 0 }, records = { .n = 0 };
    bytes others = hello_for(NULL);
    (void)state;
    put_hello(&bare, &none);
    put_records(&records, &bare, SIZE_MAX / 2);
    assert_int_equal(parse(name, &records), records.n);
    assert_string_equal(name, "");
    records.n = 0;
    put_records(&records, &others, SIZE_MAX / 2);
    assert_int_equal(parse(name, &records), records.n);
    assert_string_equal(name, "");
}

/* Returns what a hello with these extensions is. */
static int with_exts(char *name, const bytes *exts) {
    bytes all = { .n = 0 }, records = { .n = 0 };
    put_hello(&all, exts);
    put_records(&records, &all, SIZE_MAX / 2);
    return parse(name, &records);
}

static void names_that_no_host_has_are_refused(void **state) {
    static const struct {
        const char *name;
        size_t n;
    } rows[] = { { "", 0 },     { "a\0b", 3 },        { "a b", 3 },
                 { "a\nb", 3 }, { "caf\xc3\xa9", 5 }, { "a\x7f", 2 } };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char name[EDO_TLS_NAME_MAX + 1] = "before";
        bytes exts = { .n = 0 };
        put_name(&exts, rows[i].name, rows[i].n);
        if (with_exts(name, &exts) != -EBADMSG) fail_msg("name %zu", i);
        assert_string_equal(name, "before");
    }
}

static void a_name_has_255_bytes_at_most(void **state) {
    char name[EDO_TLS_NAME_MAX + 1], text[EDO_TLS_NAME_MAX + 1];
    bytes exts = { .n = 0 };
    (void)state;
    memset(text, 'x', sizeof text);
    put_name(&exts, text, EDO_TLS_NAME_MAX);
    assert_true(with_exts(name, &exts) > 0);
    assert_int_equal(strlen(name), EDO_TLS_NAME_MAX);
    exts.n = 0;
    put_name(&exts, text, EDO_TLS_NAME_MAX + 1);
    assert_int_equal(with_exts(name, &exts), -EBADMSG);
}

static void two_names_are_refused(void **state) {
    char name[EDO_TLS_NAME_MAX + 1];
    bytes exts = { .n = 0 };
    (void)state;
    put_name(&exts, "a.example", 9);
    assert_true(with_exts(name, &exts) > 0);
    put_name(&exts, "b.example", 9);
    assert_int_equal(with_exts(name, &exts), -EBADMSG);
}

/* Each byte that is a length, or says what something is, is refused as another one, or makes it
 * another hello: nothing is read beyond the end, which the address sanitizer sees. */
static void a_changed_byte_is_refused_or_harmless(void **state) {
    const bytes all = hello_for("shop.example");
    bytes records = { .n = 0 };
    (void)state;
    put_records(&records, &all, 40);
    for (size_t at = 0; at < records.n; at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            char name[EDO_TLS_NAME_MAX + 1];
            unsigned char *exact = malloc(records.n);
            assert_non_null(exact);
            memcpy(exact, records.at, records.n);
            exact[at] = (unsigned char)byte;
            (void)edoi_tls_name_parse(name, exact, records.n);
            free(exact);
        }
    }
}

static void what_is_not_tls_is_told_at_once(void **state) {
    char name[EDO_TLS_NAME_MAX + 1];
    (void)state;
    assert_int_equal(edoi_tls_name_parse(name, "GET / HTTP/1.1", 14), -EPROTO);
    assert_int_equal(edoi_tls_name_parse(name, "\x80", 1), -EPROTO);           // SSL 2
    assert_int_equal(edoi_tls_name_parse(name, "\x16\2", 2), -EPROTO);         // no such version
    assert_int_equal(edoi_tls_name_parse(name, "\x16\3\1\0\0", 5), -EPROTO);   // an empty record
    assert_int_equal(edoi_tls_name_parse(name, "\x16\3\1\x40\1", 5), -EPROTO); // above 2^14
    assert_int_equal(edoi_tls_name_parse(name, "\x16\3\1\0\4\2\0\0\1", 9), -EPROTO); // no hello
    assert_int_equal(edoi_tls_name_parse(name, "\x16\3\1\0\4\1\0\x40\1", 9), -EDO_ETOOLONG);
    assert_int_equal(edoi_tls_name_parse(name, "\x16\3\1\0\4\1\0\0\0", 9), -EBADMSG); // empty
}

/* ---- From a stream --------------------------------------------------------------------------- */

/* Peeks at the first `n` bytes, which come in pieces of `piece`, and reads them. */
static int peeks(const bytes *b, size_t n, size_t piece, uint32_t line_max, char *name) {
    edo_stream *all, *s;
    edo_buf_reader in;
    char back[sizeof b->at];
    CHECK_EQ(edo_stream_mem(&all, b->at, n), 0);
    CHECK_EQ(edo_test_limit_new(&s, all, piece), 0);
    CHECK_EQ(edo_buf_reader_init(&in, s, &(edo_buf_reader_opts){ .line_max = line_max }), 0);
    int err = edo_peek_tls_name(&in, name);
    if (n > 0) CHECK_EQ(edo_read_exact(edo_buf_reader_stream(&in), back, n), 0);
    CHECK_EQ(memcmp(back, b->at, n), 0); // nothing was taken
    edo_buf_reader_deinit(&in);
    edo_close(s);
    return err;
}

static int stays(void *arg) {
    const bytes all = hello_for("shop.example");
    bytes records = { .n = 0 };
    char name[EDO_TLS_NAME_MAX + 1];
    (void)arg;
    put_records(&records, &all, 50);
    for (size_t piece = 1; piece <= records.n; piece++) {
        CHECK_EQ(peeks(&records, records.n, piece, 0, name), 0);
        CHECK_EQ(strcmp(name, "shop.example"), 0);
    }
    for (size_t n = 0; n < records.n; n++)
        CHECK_EQ(peeks(&records, n, SIZE_MAX, 0, name), -EDO_EEOF);
    CHECK_EQ(peeks(&records, records.n, 1, 64, name), -EDO_ETOOLONG);
    return 0;
}

static void a_hello_stays_in_the_reader(void **state) {
    (void)state;
    assert_int_equal(inside(stays, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_found_in_records_of_each_length),
        cmocka_unit_test(a_hello_in_more_than_64_records_is_refused),
        cmocka_unit_test(a_hello_may_ask_for_no_name),
        cmocka_unit_test(names_that_no_host_has_are_refused),
        cmocka_unit_test(a_name_has_255_bytes_at_most),
        cmocka_unit_test(two_names_are_refused),
        cmocka_unit_test(a_changed_byte_is_refused_or_harmless),
        cmocka_unit_test(what_is_not_tls_is_told_at_once),
        cmocka_unit_test(a_hello_stays_in_the_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
