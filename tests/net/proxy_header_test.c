/* SPDX-License-Identifier: MIT */
/* Goal: headers of the PROXY protocol are read as its text says, bad ones are refused, and no byte
 * behind them is lost.
 * Method: headers written out by hand, of which every beginning is tried; a checksum that another
 * program computed; reads that are cut short at every byte; what was written is read again. */
#include "inside.h"

#include <edo/buf_io.h>
#include <edo/proxy_header.h>
#include <edo/streams.h>

#include <netinet/in.h>
#include <stdio.h>

#define SIG      "\r\n\r\n\0\r\nQUIT\n"
#define V4_BYTES "\xc0\0\2\1\xc6\x33\x64\7\xc8\x22\1\xbb" /* 192.0.2.1:51234 to 198.51.100.7:443 */
#define H2       "\1\0\2h2"
#define CHECKED  SIG "\x21\x11\0\x18" V4_BYTES H2 "\3\0\4\x9a\xbb\x9e\x6c"
#define A16      "aaaaaaaaaaaaaaaa"
#define A64      A16 A16 A16 A16
#define Z10      "\0\0\0\0\0\0\0\0\0\0"
#define ZEROS_90 Z10 Z10 Z10 Z10 Z10 Z10 Z10 Z10 Z10

/* A header, and what it says. */
typedef struct row {
    const char *bytes;
    size_t n;
    const char *source, *dest; /* NULL: not told */
    edo_proxy_header flags;    /* version, is_local, is_dgram, has_checksum, tlvs_n */
} row;

#define ROW(text, source, dest, ...)                                                               \
    {                                                                                              \
        text, sizeof(text) - 1, source, dest, {                                                    \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

static const row good[] = {
    ROW("PROXY TCP4 192.0.2.1 198.51.100.7 51234 443\r\n", "192.0.2.1:51234", "198.51.100.7:443",
        .version = 1),
    ROW("PROXY TCP6 2001:db8::1 ::1 0 65535\r\n", "[2001:db8::1]:0", "[::1]:65535", .version = 1),
    ROW("PROXY UNKNOWN\r\n", NULL, NULL, .version = 1),
    ROW("PROXY UNKNOWN ffff::1 what ever\r\n", NULL, NULL, .version = 1),
    ROW("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
        "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
        "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", .version = 1),
    ROW(SIG "\x21\x11\0\x0c" V4_BYTES, "192.0.2.1:51234", "198.51.100.7:443", .version = 2),
    ROW(SIG "\x21\x12\0\x11" V4_BYTES H2, "192.0.2.1:51234", "198.51.100.7:443", .version = 2,
        .is_dgram = true, .tlvs_n = 5),
    ROW(CHECKED, "192.0.2.1:51234", "198.51.100.7:443", .version = 2, .has_checksum = true,
        .tlvs_n = 12),
    ROW(SIG "\x21\x21\0\x24"
            "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
            "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"
            "\0\1\xff\xff",
        "[2001:db8::1]:1", "[::1]:65535", .version = 2),
    ROW(SIG "\x21\x31\0\xd8"
            "/a/path\0" ZEROS_90 Z10 "\0abstract" ZEROS_90 "\0\0\0\0\0\0\0\0\0",
        "unix:/a/path", "unix:@abstract", .version = 2),
    ROW(SIG "\x20\0\0\0", NULL, NULL, .version = 2, .is_local = true),
    ROW(SIG "\x20\x11\0\3abc", NULL, NULL, .version = 2, .is_local = true), // is to be ignored
    ROW(SIG "\x21\0\0\5" H2, NULL, NULL, .version = 2, .tlvs_n = 5),
    ROW(SIG "\x21\0\0\3abc", NULL, NULL, .version = 2), // an address of an unknown family
};

static const struct {
    const char *bytes;
    size_t n;
    int result;
} bad[] = {
#define BAD(text, result)                                                                          \
    { text, sizeof(text) - 1, result }
    BAD("GET / HTTP/1.1\r\n", -EPROTO),
    BAD("PROXYTCP4 1.2.3.4 1.2.3.4 1 1\r\n", -EPROTO),
    BAD("proxy TCP4 1.2.3.4 1.2.3.4 1 1\r\n", -EPROTO),
    BAD("\r\n\r\n\0\r\nQUIT\r", -EPROTO),
    BAD("\r\n", 16), // may still become one
    BAD("PROXY \r\n", -EBADMSG),
    BAD("PROXY TCP4\r\n", -EBADMSG),
    BAD("PROXY UNKNOWNS\r\n", -EBADMSG),
    BAD("PROXY TCP5 1.2.3.4 1.2.3.4 1 1\r\n", -EBADMSG),
    BAD("PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n", -EBADMSG),
    BAD("PROXY TCP4 1.2.3.4 1.2.3.4 1 1 \r\n", -EBADMSG),
    BAD("PROXY TCP4  1.2.3.4 1.2.3.4 1 1\r\n", -EBADMSG),
    BAD("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", -EBADMSG),
    BAD("PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n", -EBADMSG),
    BAD("PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n", -EBADMSG),
    BAD("PROXY TCP4 1.2.3.4 1.2.3.4 1 -1\r\n", -EBADMSG),
    BAD("PROXY TCP4 1.2.3.4 1.2.3.4 1 \r\n", -EBADMSG),
    BAD("PROXY TCP4 1.2.3.4 ::1 1 1\r\n", -EBADMSG),
    BAD("PROXY TCP4 localhost 1.2.3.4 1 1\r\n", -EBADMSG),
    BAD("PROXY TCP6 fe80::1%lo ::1 1 1\r\n", -EBADMSG),
    BAD("PROXY TCP4 1.2.3.4\0 1.2.3.4 1 1\r\n", -EBADMSG),
    BAD("PROXY UNKNOWN " A64 A16 "aaaaaaaaaaaaa\r\n", -EBADMSG), // 109 bytes
    BAD(SIG "\x11\0\0\0", -EBADMSG),
    BAD(SIG "\x11", -EBADMSG),
    BAD(SIG "\x22\0\0\0", -EBADMSG),
    BAD(SIG "\x21\x10\0\x0c" V4_BYTES, -EBADMSG),
    BAD(SIG "\x21\1\0\0", -EBADMSG),
    BAD(SIG "\x21\x13\0\x0c" V4_BYTES, -EBADMSG),
    BAD(SIG "\x21\x41\0\x0c" V4_BYTES, -EBADMSG),
    BAD(SIG "\x21\x21\0\x0c" V4_BYTES, -EBADMSG),
    BAD(SIG "\x21\x11\0\x0e" V4_BYTES "\4\0", -EBADMSG),
    BAD(SIG "\x21\x11\0\x0f" V4_BYTES "\4\0\1", -EBADMSG),
    BAD(SIG "\x21\x11\0\x12" V4_BYTES "\3\0\3aaa", -EBADMSG),
    BAD(SIG "\x21\x11\0\x13" V4_BYTES "\3\0\4aaaa", -EBADMSG),
    BAD(SIG "\x21\x11\0\x1a" V4_BYTES "\3\0\4aaaa\3\0\4aaaa", -EBADMSG),
};

static void check_addr(const edo_addr *addr, const char *want) {
    char text[EDO_ADDR_TEXT_MAX];
    if (!want) {
        CHECK_EQ(addr->bytes, 0);
        return;
    }
    CHECK(edo_addr_print(addr, text, sizeof text) > 0);
    if (strcmp(text, want) != 0) print_error("%s, not %s\n", text, want);
    CHECK(strcmp(text, want) == 0);
}

static void check_row(const edo_proxy_header *h, const row *r) {
    check_addr(&h->source, r->source);
    check_addr(&h->dest, r->dest);
    CHECK_EQ(h->version, r->flags.version);
    CHECK_EQ(h->is_local, r->flags.is_local);
    CHECK_EQ(h->is_dgram, r->flags.is_dgram);
    CHECK_EQ(h->has_checksum, r->flags.has_checksum);
    CHECK_EQ(h->tlvs_n, r->flags.tlvs_n);
}

static void headers_are_read(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(good); i++) {
        const row *r = &good[i];
        edo_proxy_header h = { .version = 77 };
        for (size_t n = 0; n < r->n; n++) { // every beginning needs more, but no more than there is
            int needs = edo_proxy_header_parse(&h, r->bytes, n);
            assert_true(needs > (int)n && (needs <= (int)r->n || needs == 16));
            assert_int_equal(h.version, 77);
        }
        assert_int_equal(edo_proxy_header_parse(&h, r->bytes, r->n), r->n);
        check_row(&h, r);
    }
}

static void bad_headers_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        edo_proxy_header h = { .version = 77 };
        int result = edo_proxy_header_parse(&h, bad[i].bytes, bad[i].n);
        if (result != bad[i].result) print_error("row %zu\n", i);
        assert_int_equal(result, bad[i].result);
        assert_int_equal(h.version, 77);
    }
}

/* Of a header with a checksum, each bit of the addresses and of the values. */
static void changed_bits_are_found(void **state) {
    (void)state;
    char bytes[sizeof CHECKED - 1];
    edo_proxy_header h;
    for (size_t bit = 16 * 8; bit < sizeof bytes * 8; bit++) {
        bool is_tlv_head = (bit >= 28 * 8 && bit < 31 * 8) || (bit >= 33 * 8 && bit < 36 * 8);
        if (is_tlv_head) continue;
        memcpy(bytes, CHECKED, sizeof bytes);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
        assert_int_equal(edo_proxy_header_parse(&h, bytes, sizeof bytes), -EBADMSG);
    }
}

static void tlvs_come_in_order(void **state) {
    (void)state;
    static const char bytes[] = SIG "\x21\x11\0\x1a" V4_BYTES "\4\0\0" H2 "\xe0\0\3\0\1\2";
    edo_proxy_header h;
    edo_proxy_tlv tlv = { 0 };
    assert_int_equal(edo_proxy_header_parse(&h, bytes, sizeof bytes - 1), sizeof bytes - 1);
    assert_true(edo_proxy_tlv_next(&h, &tlv));
    assert_int_equal(tlv.type, EDO_PROXY_TLV_NOOP);
    assert_int_equal(tlv.value.len, 0);
    assert_true(edo_proxy_tlv_next(&h, &tlv));
    assert_int_equal(tlv.type, EDO_PROXY_TLV_ALPN);
    assert_true(edo_str_equal(tlv.value, EDO_STR("h2")));
    assert_true(edo_proxy_tlv_next(&h, &tlv));
    assert_int_equal(tlv.type, 0xe0);
    assert_int_equal(tlv.value.len, 3);
    assert_false(edo_proxy_tlv_next(&h, &tlv));
}

/* ---- Writing --------------------------------------------------------------------------------- */

static void headers_come_back(void **state) {
    (void)state;
    char bytes[EDO_PROXY_HEADER_MAX + 16];
    for (size_t i = 0; i < EDO_COUNT(good); i++) {
        const row *r = &good[i];
        edo_proxy_header h, back;
        assert_int_equal(edo_proxy_header_parse(&h, r->bytes, r->n), r->n);
        if (h.has_checksum) h.tlvs_n = 5; // without the checksum, which is added
        int n = edo_proxy_header_print(&h, bytes, sizeof bytes);
        assert_true(n > 0);
        for (int room = 0; room < n; room++)
            assert_int_equal(edo_proxy_header_print(&h, bytes, (size_t)room), -ENOSPC);
        assert_int_equal(edo_proxy_header_print(&h, bytes, (size_t)n), n);
        assert_int_equal(edo_proxy_header_parse(&back, bytes, (size_t)n), n);
        check_row(&back, r);
        bool has_rest = !r->source && r->n > 16; // which was ignored
        if (!has_rest) assert_true((size_t)n == r->n && memcmp(bytes, r->bytes, r->n) == 0);
    }
}

static void bad_wishes_are_refused(void **state) {
    (void)state;
    char bytes[EDO_PROXY_HEADER_MAX];
    static char long_tlv[70000] = { 4, (char)0xff, (char)0xff };
    edo_proxy_header h = { 0 };
    assert_int_equal(edo_proxy_header_print(&h, bytes, sizeof bytes), 16); // version 2, no address
    h.version = 3;
    assert_int_equal(edo_proxy_header_print(&h, bytes, sizeof bytes), -EINVAL);
    h = (edo_proxy_header){ .version = 1, .has_checksum = true };
    assert_int_equal(edo_proxy_header_print(&h, bytes, sizeof bytes), -EINVAL);
    h = (edo_proxy_header){ .version = 1, .tlvs = H2, .tlvs_n = 5 };
    assert_int_equal(edo_proxy_header_print(&h, bytes, sizeof bytes), -EINVAL);
    h = (edo_proxy_header){ .tlvs = H2, .tlvs_n = 4 };
    assert_int_equal(edo_proxy_header_print(&h, bytes, sizeof bytes), -EINVAL);
    h = (edo_proxy_header){ .tlvs = "\3\0\4aaaa", .tlvs_n = 7 };
    assert_int_equal(edo_proxy_header_print(&h, bytes, sizeof bytes), -EINVAL);
    h = (edo_proxy_header){ .tlvs = long_tlv, .tlvs_n = 3 + 65535 };
    assert_int_equal(edo_proxy_header_print(&h, bytes, sizeof bytes), -EINVAL);
    h = (edo_proxy_header){ .reserved = { 1 } };
    assert_int_equal(edo_proxy_header_print(&h, bytes, sizeof bytes), -EINVAL);
    h = (edo_proxy_header){ 0 };
    assert_int_equal(edo_addr_parse(&h.source, "1.2.3.4:5"), 0);
    assert_int_equal(edo_proxy_header_print(&h, bytes, sizeof bytes), -EINVAL); // no destination
    h.dest = h.source;
    h.source = (edo_addr){ 0 };
    assert_int_equal(edo_proxy_header_print(&h, bytes, sizeof bytes), -EINVAL); // no source
    h.source = h.dest;
    assert_int_equal(edo_addr_parse(&h.dest, "[::1]:5"), 0);
    assert_int_equal(edo_proxy_header_print(&h, bytes, sizeof bytes), -EINVAL); // two families
    assert_int_equal(edo_addr_parse(&h.source, "unix:/a"), 0);
    assert_int_equal(edo_addr_parse(&h.dest, "unix:/b"), 0);
    h.version = 1;
    assert_int_equal(edo_proxy_header_print(&h, bytes, sizeof bytes), -EAFNOSUPPORT);
    h.version = 2;
    h.source.sock.any.sa_family = h.dest.sock.any.sa_family = AF_NETLINK;
    assert_int_equal(edo_proxy_header_print(&h, bytes, sizeof bytes), -EAFNOSUPPORT);
}

/* ---- Over a stream --------------------------------------------------------------------------- */

typedef struct ends {
    edo_stream *to, *from;
    edo_buf_reader in;
} ends;

static void open_ends(ends *e) {
    CHECK_EQ(edo_simplex(&e->from, &e->to, 512), 0);
    CHECK_EQ(edo_buf_reader_init(&e->in, e->from, NULL), 0);
}

static void shut_ends(ends *e) {
    edo_buf_reader_deinit(&e->in);
    edo_close(e->to);
    edo_close(e->from);
}

static void put(ends *e, const void *bytes, size_t n) {
    CHECK_EQ(edo_write_all(e->to, bytes, n), 0);
}

static int read_within(ends *e, edo_proxy_header *h) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    return edo_deadline_end(&d, edo_read_proxy_header(&e->in, h));
}

/* Byte by byte: each time the read is cut short, and the last one has lost nothing. */
static int is_cancelled_at_each_byte(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(good); i++) {
        const row *r = &good[i];
        edo_proxy_header h;
        char rest[5];
        ends e;
        open_ends(&e);
        for (size_t n = 0; n < r->n; n++) {
            CHECK_EQ(read_within(&e, &h), -ETIMEDOUT);
            put(&e, r->bytes + n, 1);
        }
        put(&e, "rest", 4);
        CHECK_EQ(read_within(&e, &h), 0);
        check_row(&h, r);
        if (h.tlvs_n > 0) CHECK(memcmp(h.tlvs, r->bytes + r->n - h.tlvs_n, h.tlvs_n) == 0);
        CHECK_EQ(edo_read(edo_buf_reader_stream(&e.in), rest, sizeof rest), 4);
        CHECK(memcmp(rest, "rest", 4) == 0);
        shut_ends(&e);
    }
    return 0;
}

static int ends_at_each_byte(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(good); i++) {
        for (size_t n = 0; n < good[i].n; n++) {
            edo_proxy_header h;
            ends e;
            open_ends(&e);
            if (n > 0) put(&e, good[i].bytes, n);
            CHECK_EQ(edo_shutdown(e.to), 0);
            CHECK_EQ(edo_read_proxy_header(&e.in, &h), -EDO_EEOF);
            CHECK_EQ(edo_buf_reader_held(&e.in), n); // nothing is lost
            shut_ends(&e);
        }
    }
    return 0;
}

/* A length beyond the reader's limit is refused before the bytes come; garbage at its first. */
static int is_refused_at_once(void *arg) {
    (void)arg;
    edo_buf_reader small;
    edo_proxy_header h;
    ends e;
    open_ends(&e);
    put(&e, SIG "\x21\x11\xff\xff", 16);
    CHECK_EQ(edo_read_proxy_header(&e.in, &h), -EDO_ETOOLONG);
    CHECK_EQ(edo_buf_reader_held(&e.in), 16);
    shut_ends(&e);
    open_ends(&e);
    put(&e, "G", 1);
    CHECK_EQ(edo_read_proxy_header(&e.in, &h), -EPROTO);
    CHECK_EQ(edo_buf_reader_init(&small, e.from, &(edo_buf_reader_opts){ .line_max = 26 }), 0);
    put(&e, SIG "\x21\x11\0\x0c" V4_BYTES, 28);
    CHECK_EQ(edo_read_proxy_header(&small, &h), 0); // just fits
    put(&e, SIG "\x21\x11\0\x0d" V4_BYTES, 28);
    CHECK_EQ(edo_read_proxy_header(&small, &h), -EDO_ETOOLONG);
    edo_buf_reader_deinit(&small);
    shut_ends(&e);
    return 0;
}

/* What stands behind the header is the stream's; a header that does not end fails. */
static int is_taken_alone(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(good); i++) {
        const row *r = &good[i];
        for (size_t n = 0; n <= r->n; n++) {
            edo_proxy_header h;
            edo_buf bytes = { 0 };
            char rest[5];
            ends e;
            open_ends(&e);
            if (n > 0) put(&e, r->bytes, n);
            if (n == r->n) put(&e, "rest", 4);
            CHECK_EQ(edo_shutdown(e.to), 0);
            int err = edo_take_proxy_header(e.from, &h, &bytes, r->n < 16 ? 16 : r->n);
            CHECK_EQ(err, n == r->n ? 0 : -EDO_EEOF);
            if (err == 0) {
                check_row(&h, r);
                CHECK_EQ(bytes.len, r->n);
                CHECK_EQ(edo_read(e.from, rest, sizeof rest), 4);
                CHECK(memcmp(rest, "rest", 4) == 0);
            }
            edo_buf_deinit(&bytes);
            shut_ends(&e);
        }
    }
    return 0;
}

static int is_not_taken_if_too_long(void *arg) {
    (void)arg;
    edo_proxy_header h;
    edo_buf bytes = { 0 };
    ends e;
    open_ends(&e);
    put(&e, SIG "\x21\x11\0\x0d" V4_BYTES "\4", 29);
    CHECK_EQ(edo_take_proxy_header(e.from, &h, &bytes, 28), -EDO_ETOOLONG);
    edo_buf_deinit(&bytes);
    put(&e, "GET / HTTP/1.1", 14);
    CHECK_EQ(edo_take_proxy_header(e.from, &h, &bytes, 28), -EPROTO);
    edo_buf_deinit(&bytes);
    shut_ends(&e);
    return 0;
}

static void reading_loses_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(is_cancelled_at_each_byte, NULL), 0);
    assert_int_equal(inside_each(ends_at_each_byte, NULL), 0);
    assert_int_equal(inside_each(is_refused_at_once, NULL), 0);
    assert_int_equal(inside_each(is_taken_alone, NULL), 0);
    assert_int_equal(inside_each(is_not_taken_if_too_long, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_read),       cmocka_unit_test(bad_headers_are_refused),
        cmocka_unit_test(changed_bits_are_found), cmocka_unit_test(tlvs_come_in_order),
        cmocka_unit_test(headers_come_back),      cmocka_unit_test(bad_wishes_are_refused),
        cmocka_unit_test(reading_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
