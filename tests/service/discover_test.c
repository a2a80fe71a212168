/* SPDX-License-Identifier: MIT */
/* Goal: a source tells which endpoints have come and gone since its last good look; a look that
 * fails is told and changes nothing; names are looked up no more often than was said.
 * Method: a resolver of the test under a paused clock; files that are written, replaced, damaged
 * and removed. */
#include <edo/discover.h>
#include <edo/fs.h>
#include <edo/net.h>
#include <edo/tmp.h>

#include "inside.h"

#include <errno.h>
#include <string.h>

/* Reads the next change: "+ADDRESS" or "-ADDRESS"; the code of a failure, or "end". */
static const char *next_change(edo_seq *s) {
    static char text[EDO_ENDPOINT_ADDRESS_MAX + 1];
    edo_endpoint_change change;
    int rc = edo_seq_next(s, &change);
    if (rc <= 0) return rc == 0 ? "end" : edo_error_name(rc);
    text[0] = change.what == EDO_ENDPOINT_ADDED ? '+' : '-';
    memcpy(text + 1, change.endpoint.address, EDO_ENDPOINT_ADDRESS_MAX);
    return text;
}

#define CHECK_NEXT(s, want) CHECK_EQ(strcmp(next_change(s), (want)), 0)

/* ---- Endpoints and lists --------------------------------------------------------------------- */

EDO_TEST(an_endpoint_is_filled_in_or_refused, .paused = true) {
    char long_text[EDO_ENDPOINT_ADDRESS_MAX + 1];
    edo_endpoint e;
    CHECK_EQ(edo_endpoint_init(&e, "a:1", NULL, 7), 0);
    CHECK_EQ(strcmp(e.address, "a:1"), 0);
    CHECK_EQ(strcmp(e.key, ""), 0);
    CHECK_EQ(e.weight, 7);
    CHECK_EQ(edo_endpoint_init(&e, "b:1", "shop", 0), 0);
    CHECK_EQ(strcmp(e.key, "shop"), 0);
    CHECK_EQ(edo_endpoint_init(&e, "", NULL, 1), -EINVAL);
    memset(long_text, 'x', sizeof long_text);
    long_text[EDO_ENDPOINT_ADDRESS_MAX] = 0;
    CHECK_EQ(edo_endpoint_init(&e, long_text, NULL, 1), -ENAMETOOLONG);
    long_text[EDO_ENDPOINT_ADDRESS_MAX - 1] = 0;
    CHECK_EQ(edo_endpoint_init(&e, long_text, NULL, 1), 0);
    CHECK_EQ(edo_endpoint_init(&e, "a:1", long_text, 1), -ENAMETOOLONG);
    CHECK_EQ(e.address[0], 'x'); // a failure changes nothing
}

EDO_TEST(a_list_is_told_in_order_and_ends, .paused = true) {
    edo_endpoint all[2];
    CHECK_EQ(edo_endpoint_init(&all[0], "a:1", NULL, 1), 0);
    CHECK_EQ(edo_endpoint_init(&all[1], "b:1", NULL, 1), 0);
    edo_seq *s = edo_discover_list(all, 2);
    memset(all, 0, sizeof all); // it has copies
    CHECK_EQ(edo_seq_size_hint(s).most, 2);
    CHECK_NEXT(s, "+a:1");
    CHECK_NEXT(s, "+b:1");
    CHECK_NEXT(s, "end");
    edo_seq_free(s);
    s = edo_discover_list(NULL, 0);
    CHECK_NEXT(s, "end");
    edo_seq_free(s);
}

/* ---- Names ----------------------------------------------------------------------------------- */

static struct {
    int asked, err;
    unsigned long addrs; /* bits: which of 10.0.0.0 to 10.0.0.31 */
} dns;

static int resolves(void *arg, edo_addr *out, size_t out_max, const char *host) {
    size_t n = 0;
    (void)arg;
    CHECK_EQ(strcmp(host, "shop.test"), 0);
    dns.asked++;
    if (dns.err) return dns.err;
    for (unsigned i = 0; i < 32 && n < out_max; i++) {
        char text[32];
        if (!(dns.addrs >> i & 1)) continue;
        (void)snprintf(text, sizeof text, "10.0.0.%u:0", i);
        CHECK_EQ(edo_addr_parse(&out[n++], text), 0);
    }
    return n > 0 ? (int)n : -ENOENT;
}

static edo_seq *discovers(const edo_discover_dns_opts *opts) {
    dns.asked = dns.err = 0;
    dns.addrs = 6;
    edo_resolver_set(resolves, NULL);
    return edo_discover_dns("shop.test:80", opts);
}

/* Nothing is told for `d`. */
static bool is_silent(edo_seq *s, edo_duration d) {
    edo_endpoint_change change;
    edo_deadline limit;
    edo_deadline_begin(&limit, d);
    return edo_deadline_end(&limit, edo_seq_next(s, &change)) == -ETIMEDOUT;
}

static int looks_up_names(void *arg) {
    (void)arg;
    edo_seq *s = discovers(NULL);
    CHECK_EQ(dns.asked, 0); // lazy
    CHECK_NEXT(s, "+10.0.0.1:80");
    CHECK_NEXT(s, "+10.0.0.2:80");
    edo_instant start = edo_now();
    dns.addrs = 12;
    CHECK_NEXT(s, "+10.0.0.3:80"); // what has come is told first
    CHECK(ms_since(start) >= 30000 && ms_since(start) <= 36001);
    CHECK_NEXT(s, "-10.0.0.1:80");
    CHECK_EQ(dns.asked, 2);
    CHECK(is_silent(s, edo_minutes(10)));
    CHECK(dns.asked >= 18 && dns.asked <= 22);
    CHECK_EQ(edo_seq_shutdown(s), 0);
    return 0;
}

static int looks_up_seldom(void *arg) {
    (void)arg;
    edo_seq *s = discovers(&(edo_discover_dns_opts){ .every = edo_minutes(10) });
    CHECK_NEXT(s, "+10.0.0.1:80");
    CHECK_NEXT(s, "+10.0.0.2:80");
    CHECK(is_silent(s, edo_minutes(9)));
    CHECK_EQ(dns.asked, 1);
    edo_seq_free(s);
    s = discovers(&(edo_discover_dns_opts){ .every = edo_ms(1) }); // is 30 s
    CHECK_NEXT(s, "+10.0.0.1:80");
    CHECK_NEXT(s, "+10.0.0.2:80");
    CHECK(is_silent(s, edo_s(29)));
    CHECK_EQ(dns.asked, 1);
    edo_seq_free(s);
    return 0;
}

static int keeps_the_last_good_lookup(void *arg) {
    (void)arg;
    edo_seq *s = discovers(NULL);
    dns.err = -EAGAIN;
    edo_instant start = edo_now();
    CHECK_NEXT(s, "EAGAIN");
    CHECK_EQ(ms_since(start), 0);
    CHECK_NEXT(s, "EAGAIN"); // soon, as nothing is known
    CHECK(ms_since(start) >= 800 && ms_since(start) <= 1201);
    dns.err = 0;
    CHECK_NEXT(s, "+10.0.0.1:80");
    CHECK_NEXT(s, "+10.0.0.2:80");
    dns.addrs = 0;
    start = edo_now();
    CHECK_NEXT(s, "ENOENT"); // and neither has gone
    CHECK(ms_since(start) >= 30000);
    CHECK_NEXT(s, "ENOENT");
    CHECK(ms_since(start) >= 60000);
    dns.addrs = 2;
    CHECK_NEXT(s, "-10.0.0.2:80");
    CHECK_EQ(edo_seq_shutdown(s), 0);
    return 0;
}

static int refuses_what_is_no_name(void *arg) {
    edo_endpoint_change change;
    (void)arg;
    edo_seq *s = edo_discover_dns("no port", NULL);
    CHECK_NEXT(s, "EINVAL");
    CHECK_NEXT(s, "end");
    edo_seq_free(s);
    s = edo_discover_dns("shop.test:80", &(edo_discover_dns_opts){ .reserved = { 1 } });
    CHECK_NEXT(s, "EINVAL");
    CHECK_NEXT(s, "end");
    edo_seq_free(s);
    s = edo_discover_dns("10.0.0.9:80", NULL); // a number is one address
    CHECK_EQ(edo_seq_next(s, &change), 1);
    CHECK_EQ(strcmp(change.endpoint.address, "10.0.0.9:80"), 0);
    edo_seq_free(s);
    edo_seq_free(edo_discover_dns("shop.test:80", NULL)); // was never read
    return 0;
}

static void names_are_looked_up_again_at_their_time(void **state) {
    (void)state;
    assert_int_equal(inside(looks_up_names, NULL), 0);
    assert_int_equal(inside(looks_up_seldom, NULL), 0);
    edo_resolver_set(NULL, NULL);
}

static void a_lookup_that_fails_is_told_and_the_last_good_one_stays(void **state) {
    (void)state;
    assert_int_equal(inside(keeps_the_last_good_lookup, NULL), 0);
    edo_resolver_set(NULL, NULL);
}

static void a_name_that_cannot_be_ends_the_source(void **state) {
    (void)state;
    assert_int_equal(inside(refuses_what_is_no_name, NULL), 0);
}

static void outside_of_a_runtime_the_first_read_says_so(void **state) {
    edo_endpoint_change change;
    (void)state;
    edo_seq *s = edo_discover_dns("shop.test:80", NULL);
    assert_int_equal(edo_seq_next(s, &change), -EDO_ENORUNTIME);
    edo_seq_free(s);
}

/* ---- Files ----------------------------------------------------------------------------------- */

static char directory[64];

static const char *path_of(const char *name) {
    static char paths[4][128];
    static size_t next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

static void writes(const char *name, const char *text) {
    EDO_TEST_OK(edo_fs_write_all(path_of(name), text, strlen(text)));
}

static int inside_a_directory(edo_task_fn *fn) {
    (void)snprintf(directory, sizeof directory, "/tmp/edo-discover-XXXXXX");
    assert_non_null(mkdtemp(directory));
    return inside_real(fn, NULL);
}

/* In a test's task; a source that says nothing ends it. */
static void patience_begin(edo_deadline *d) {
    edo_deadline_begin(d, edo_s(30));
}

static int follows_a_file(void *arg) {
    edo_endpoint_change change;
    edo_deadline d;
    patience_begin(&d);
    (void)arg;
    writes("list", "a:1\n  # none\n\n b:2\t 3  shop # twice and a half\r\na:1 7\n");
    edo_seq *s = edo_discover_file(path_of("list"));
    CHECK_NEXT(s, "+a:1");
    CHECK_EQ(edo_seq_next(s, &change), 1);
    CHECK_EQ(change.endpoint.weight, 3);
    CHECK_EQ(strcmp(change.endpoint.key, "shop"), 0);
    EDO_TEST_OK(edo_fs_replace(path_of("list"), "b:2 3 shop\nc:1\n", 15));
    CHECK_NEXT(s, "+c:1");
    CHECK_NEXT(s, "-a:1");
    writes("list", "b:9 3 shop\nc:1 2\n"); // another address of a key, another weight
    CHECK_NEXT(s, "+b:9");
    CHECK_NEXT(s, "+c:1");
    writes("list", "b:9 three shop\n");
    CHECK_NEXT(s, "EINVAL");
    EDO_TEST_OK(edo_fs_remove_file(path_of("list")));
    CHECK_NEXT(s, "ENOENT");
    writes("list", "d:1\nb:9 3 shop\nc:1 2\n"); // the last good ones have stayed
    CHECK_NEXT(s, "+d:1");
    writes("list", "# nobody\n");
    CHECK_NEXT(s, "-d:1");
    CHECK_NEXT(s, "-b:9");
    CHECK_NEXT(s, "-c:1");
    CHECK_EQ(edo_seq_shutdown(s), 0);
    return edo_deadline_end(&d, edo_fs_remove_dir_all(directory));
}

static int follows_a_link(void *arg) {
    edo_deadline d;
    patience_begin(&d);
    (void)arg;
    EDO_TEST_OK(edo_fs_create_dir(path_of("v1")));
    EDO_TEST_OK(edo_fs_create_dir(path_of("v2")));
    writes("v1/list", "a:1\n");
    writes("v2/list", "b:1\n");
    EDO_TEST_OK(edo_fs_symlink("v1", path_of("now")));
    EDO_TEST_OK(edo_fs_symlink("now/list", path_of("list")));
    edo_seq *s = edo_discover_file(path_of("list"));
    CHECK_NEXT(s, "+a:1");
    EDO_TEST_OK(edo_fs_symlink("v2", path_of("next")));
    EDO_TEST_OK(edo_fs_rename(path_of("next"), path_of("now")));
    CHECK_NEXT(s, "+b:1");
    CHECK_NEXT(s, "-a:1");
    CHECK_EQ(edo_seq_shutdown(s), 0);
    return edo_deadline_end(&d, edo_fs_remove_dir_all(directory));
}

/* Written in two halves, with something else in the directory between them. */
static int ignores_halves(void *arg) {
    edo_deadline d;
    patience_begin(&d);
    (void)arg;
    writes("list", "a:1\nb:1\n");
    edo_seq *s = edo_discover_file(path_of("list"));
    CHECK_NEXT(s, "+a:1");
    CHECK_NEXT(s, "+b:1");
    FILE *list = fopen(path_of("list"), "w");
    CHECK(list && fputs("a:1\n", list) >= 0 && fflush(list) == 0);
    writes("other", "1");
    CHECK(is_silent(s, edo_ms(300))); // is told at once, if at all
    writes("other", "2");
    CHECK(fputs("b:1\nc:1\n", list) >= 0);
    CHECK_EQ(fclose(list), 0);
    CHECK_NEXT(s, "+c:1");
    CHECK_EQ(edo_seq_shutdown(s), 0);
    return edo_deadline_end(&d, edo_fs_remove_dir_all(directory));
}

static int waits_for_a_directory(void *arg) {
    edo_deadline d;
    patience_begin(&d);
    (void)arg;
    EDO_TEST_OK(edo_fs_remove_dir_all(directory));
    edo_seq *s = edo_discover_file(path_of("list"));
    CHECK_NEXT(s, "ENOENT");
    EDO_TEST_OK(edo_fs_create_dir(directory));
    writes("list", "a:1\n");
    const char *next = next_change(s);
    for (; strcmp(next, "ENOENT") == 0; next = next_change(s)) continue;
    CHECK_EQ(strcmp(next, "+a:1"), 0);
    EDO_TEST_OK(edo_fs_remove_dir_all(directory)); // the list, then the watch
    CHECK_NEXT(s, "ENOENT");
    edo_seq_free(s);
    return edo_deadline_end(&d, 0);
}

static int refuses_lines(void *arg) {
    static char many[7 * (EDO_DISCOVER_MAX + 1) + 1];
    static char long_line[EDO_ENDPOINT_ADDRESS_MAX + 2];
    edo_deadline d;
    patience_begin(&d);
    (void)arg;
    for (unsigned i = 0; i <= EDO_DISCOVER_MAX; i++)
        (void)snprintf(many + (size_t)7 * i, 8, "h%04u:\n", i % 10000);
    memset(long_line, 'x', EDO_ENDPOINT_ADDRESS_MAX);
    long_line[EDO_ENDPOINT_ADDRESS_MAX] = '\n';
    const struct {
        const char *text, *first;
    } rows[] = {
        { "", "EINVAL" },
        { "a:1 0\n", "EINVAL" },
        { "a:1 -1\n", "EINVAL" },
        { "a:1 4294967295\n", "+a:1" },
        { "a:1 4294967296\n", "EINVAL" },
        { "a:1 99999999999999999\n", "EINVAL" },
        { "a:1 1x\n", "EINVAL" },
        { "a:1 1 k more\n", "EINVAL" },
        { "a:1 1 k # more\n", "+a:1" },
        { "a:1\nb:80", "EINVAL" }, // perhaps b:8080
        { "a:1\n# mo", "EINVAL" },
        { "b:1\n a:1 x\n", "EINVAL" },
        { long_line, "EINVAL" },
        { long_line + 1, "+" },
        { many, "E2BIG" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        writes("list", rows[i].text);
        edo_seq *s = edo_discover_file(path_of("list"));
        const char *first = next_change(s);
        if (strncmp(first, rows[i].first, strlen(rows[i].first)) != 0)
            edo_test_fail("row %zu: %s", i, first);
        CHECK_EQ(edo_seq_shutdown(s), 0);
    }
    EDO_TEST_OK(edo_fs_write_all(path_of("list"), "a\0b:1\n", 6));
    edo_seq *s = edo_discover_file(path_of("list"));
    CHECK_NEXT(s, "EINVAL");
    CHECK_EQ(edo_seq_shutdown(s), 0);
    return edo_deadline_end(&d, edo_fs_remove_dir_all(directory));
}

static void a_file_is_read_again_when_it_has_changed(void **state) {
    (void)state;
    assert_int_equal(inside_a_directory(follows_a_file), 0);
}

static void a_link_into_a_directory_that_is_replaced_is_followed(void **state) {
    (void)state;
    assert_int_equal(inside_a_directory(follows_a_link), 0);
}

static void a_file_that_is_half_written_is_not_read(void **state) {
    (void)state;
    assert_int_equal(inside_a_directory(ignores_halves), 0);
}

static void a_directory_may_come_and_go(void **state) {
    (void)state;
    assert_int_equal(inside_a_directory(waits_for_a_directory), 0);
}

static void lines_that_are_malformed_are_refused(void **state) {
    (void)state;
    assert_int_equal(inside_a_directory(refuses_lines), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_endpoint_is_filled_in_or_refused),
        cmocka_unit_test(a_list_is_told_in_order_and_ends),
        cmocka_unit_test(names_are_looked_up_again_at_their_time),
        cmocka_unit_test(a_lookup_that_fails_is_told_and_the_last_good_one_stays),
        cmocka_unit_test(a_name_that_cannot_be_ends_the_source),
        cmocka_unit_test(outside_of_a_runtime_the_first_read_says_so),
        cmocka_unit_test(a_file_is_read_again_when_it_has_changed),
        cmocka_unit_test(a_link_into_a_directory_that_is_replaced_is_followed),
        cmocka_unit_test(a_file_that_is_half_written_is_not_read),
        cmocka_unit_test(a_directory_may_come_and_go),
        cmocka_unit_test(lines_that_are_malformed_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
