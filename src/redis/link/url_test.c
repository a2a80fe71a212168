/* SPDX-License-Identifier: MIT */
/* Goal: a URL leads to where it says, and one that is malformed is refused without a word of it.
 * Method: a table, and random cuts and changes. */
#include "redis/link/url.h"

#include "seed.h"

#include <edo/error.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct row {
    const char *url;
    const char *address, *host, *path, *user, *password;
    uint32_t database;
    bool is_tls;
} row;

static const row good[] = {
    { "redis://a.example", "a.example:6379", "a.example", NULL, NULL, NULL, 0, false },
    { "redis://127.0.0.1:7000/3", "127.0.0.1:7000", "127.0.0.1", NULL, NULL, NULL, 3, false },
    { "redis://[::1]/", "[::1]:6379", "::1", NULL, NULL, NULL, 0, false },
    { "redis://[::1]:1", "[::1]:1", "::1", NULL, NULL, NULL, 0, false },
    { "redis://[fe80::1%25br-1a_2]", "[fe80::1%br-1a_2]:6379", "fe80::1", NULL, NULL, NULL, 0,
      false },
    { "redis://[fe80::1%eth0]:1", "[fe80::1%eth0]:1", "fe80::1", NULL, NULL, NULL, 0, false },
    { "rediss://[fe80::1%252]:1", "[fe80::1%2]:1", "fe80::1", NULL, NULL, NULL, 0, true },
    { "rediss://h:65535/15", "h:65535", "h", NULL, NULL, NULL, 15, true },
    { "redis://:p%40%3a@h", "h:6379", "h", NULL, NULL, "p@:", 0, false },
    { "redis://u:a@b:c@h", "h:6379", "h", NULL, "u", "a@b:c", 0, false },
    { "redis://pass@h", "h:6379", "h", NULL, NULL, "pass", 0, false },
    { "unix:///run/redis.sock", NULL, NULL, "/run/redis.sock", NULL, NULL, 0, false },
    { "unix://u:p@/a%20b?db=2", NULL, NULL, "/a b", "u", "p", 2, false },
};

static const char *const bad[] = {
    "",
    "redis:",
    "redis://",
    "redis:///1",
    "http://h",
    "redis://h:",
    "redis://h:0",
    "redis://h:65536",
    "redis://h:1x",
    "redis://h/x",
    "redis://h/99999999",
    "redis://h/1/2",
    "redis://h /1",
    "redis://a:b:c",
    "redis://[::1",
    "redis://[]",
    "redis://[::1]x",
    "redis://::1",
    "redis://[fe80::1%]",
    "redis://[fe80::1%25]",
    "redis://[fe80::1%25e/0]",
    "redis://[fe80::1%25e%25f]",
    "redis://[%25eth0]",
    "redis://a%25b",
    "redis://u:p%4@h",
    "redis://u:p%zz@h",
    "redis://u:p%00@h",
    "unix://",
    "unix:///",
    "unix://x/run/s",
    "unix:///run/s?x=1",
    "unix:///run/s?db=x",
    "unix:///run/s?d",
};

static void expect_text(const char *got, const char *wanted) {
    if (!wanted) assert_null(got);
    if (wanted) assert_string_equal(got, wanted);
}

static void url_leads_to_where_it_says(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(good); i++) {
        edoi_redis_url u;
        const row *r = &good[i];
        if (edoi_redis_url_parse(&u, edo_str_of(r->url)) < 0) fail_msg("%s", r->url);
        expect_text(u.address, r->address);
        expect_text(u.host, r->host);
        expect_text(u.path, r->path);
        expect_text(u.user, r->user);
        expect_text(u.password, r->password);
        assert_int_equal(u.database, r->database);
        assert_int_equal(u.is_tls, r->is_tls);
        edoi_redis_url_deinit(&u);
    }
}

static void malformed_url_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        edoi_redis_url u;
        if (edoi_redis_url_parse(&u, edo_str_of(bad[i])) != -EINVAL) fail_msg("%s", bad[i]);
    }
}

static void refusal_says_nothing_of_the_url(void **state) {
    (void)state;
    edoi_redis_url u;
    char said[512];
    edo_trail_clear();
    int err = edoi_redis_url_parse(&u, EDO_STR("redis://user:secret@ho st"));
    assert_int_equal(err, -EINVAL);
    (void)edo_trail_print_text(said, sizeof said, err, EDO_TRAIL_LIST);
    assert_null(strstr(said, "secret"));
    assert_null(strstr(said, "user"));
    assert_non_null(strstr(said, "URL"));
}

/* No change of a good one makes it read or write where it may not. */
static void random_urls_are_parsed_or_refused(void **state) {
    (void)state;
    uint64_t random = test_seed(7);
    static const char letters[] = "redis:/[]@?%0a:=\0b1";
    for (int i = 0; i < 20000; i++) {
        edoi_redis_url u;
        char text[64];
        random = random * UINT64_C(6364136223846793005) + 1;
        size_t which = (random >> 33) % EDO_COUNT(good);
        size_t n = strlen(good[which].url);
        memcpy(text, good[which].url, n);
        for (int k = 0; k < 3; k++) {
            random = random * UINT64_C(6364136223846793005) + 1;
            text[(random >> 40) % n] = letters[(random >> 30) % (sizeof letters - 1)];
        }
        n -= (random >> 60) % n;
        int err = edoi_redis_url_parse(&u, (edo_str){ text, n });
        assert_true(err == 0 || err == -EINVAL);
        if (err == 0) edoi_redis_url_deinit(&u);
    }
    edo_trail_clear();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(url_leads_to_where_it_says),
        cmocka_unit_test(malformed_url_is_refused),
        cmocka_unit_test(refusal_says_nothing_of_the_url),
        cmocka_unit_test(random_urls_are_parsed_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
