/* SPDX-License-Identifier: MIT */
/* Goal: a connection string becomes the attempts that it means, in clear only to this machine, and
 * no failure quotes it.
 * Method: strings in both forms against the words that libpq would get. */
#include "pg/conn/target.h"

#include <edo/error.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *word_of(const edoi_pg_params *p, const char *word) {
    const char *found = NULL;
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->words[i], word) == 0) found = p->values[i];
    return found;
}

static void check_word(const edoi_pg_params *p, const char *word, const char *wanted) {
    const char *found = word_of(p, word);
    if (!wanted) {
        assert_null(found);
    } else {
        assert_non_null(found);
        assert_string_equal(found, wanted);
    }
}

static void url_names_hosts_in_order(void **state) {
    (void)state;
    edoi_pg_target t;
    assert_int_equal(edoi_pg_target_init(
                         &t, EDO_STR("postgres://ann:s3cret@one,two:5433/shop?connect_timeout=7")),
                     0);
    assert_int_equal(t.hosts_n, 2);
    assert_string_equal(t.hosts[0].host, "one");
    assert_string_equal(t.hosts[0].port, "5432");
    assert_string_equal(t.hosts[1].host, "two");
    assert_string_equal(t.hosts[1].port, "5433");
    assert_int_equal(t.connect_timeout.ns, edo_s(7).ns);
    assert_string_equal(edoi_pg_target_get(&t, "dbname"), "shop");
    edoi_pg_target_deinit(&t);
}

static void a_peer_that_is_gone_is_noticed(void **state) {
    (void)state;
    edoi_pg_target t;
    edoi_pg_params p;
    edo_addr addr;
    assert_int_equal(edo_addr_parse(&addr, "192.0.2.7:6000"), 0);
    assert_int_equal(edoi_pg_target_init(&t, EDO_STR("host=a keepalives_idle=60")), 0);
    edoi_pg_params_fill(&p, &t, &t.hosts[0], &addr, false);
    check_word(&p, "keepalives_idle", "60");
    check_word(&p, "keepalives_interval", "5");
    check_word(&p, "keepalives_count", "3");
    edoi_pg_target_deinit(&t);
    assert_int_equal(edoi_pg_target_init(&t, EDO_STR("host=a")), 0);
    edoi_pg_params_fill(&p, &t, &t.hosts[0], &addr, false);
    check_word(&p, "keepalives_idle", "15");
    edoi_pg_target_deinit(&t);
}

static void an_attempt_has_one_host_and_its_address(void **state) {
    (void)state;
    edoi_pg_target t;
    edoi_pg_params p;
    edo_addr addr;
    assert_int_equal(
        edoi_pg_target_init(&t, EDO_STR("host=db.example,other port=6000 user=ann password=x")), 0);
    assert_int_equal(edo_addr_parse(&addr, "192.0.2.7:6000"), 0);
    edoi_pg_params_fill(&p, &t, &t.hosts[0], &addr, false);
    check_word(&p, "host", "db.example");
    check_word(&p, "hostaddr", "192.0.2.7");
    check_word(&p, "port", "6000");
    check_word(&p, "user", "ann");
    check_word(&p, "client_encoding", "UTF8");
    check_word(&p, "sslmode", "verify-full");
    check_word(&p, "sslrootcert", "/etc/ssl/certs/ca-certificates.crt");
    check_word(&p, "target_session_attrs", NULL);
    edoi_pg_target_deinit(&t);
}

static void this_machine_is_spoken_to_in_clear(void **state) {
    (void)state;
    static const struct {
        const char *addr, *mode;
    } rows[] = { { "127.0.0.1:5432", "disable" },
                 { "127.9.9.9:5432", "disable" },
                 { "[::1]:5432", "disable" },
                 { "128.0.0.1:5432", "verify-full" },
                 { "[2001:db8::1]:5432", "verify-full" } };
    edoi_pg_target t;
    edoi_pg_params p;
    assert_int_equal(edoi_pg_target_init(&t, EDO_STR("host=h")), 0);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_addr addr;
        assert_int_equal(edo_addr_parse(&addr, rows[i].addr), 0);
        edoi_pg_params_fill(&p, &t, &t.hosts[0], &addr, false);
        check_word(&p, "sslmode", rows[i].mode);
    }
    edoi_pg_target_deinit(&t);
}

static void what_the_string_says_of_tls_stands(void **state) {
    (void)state;
    edoi_pg_target t;
    edoi_pg_params p;
    edo_addr addr;
    assert_int_equal(edo_addr_parse(&addr, "192.0.2.7:5432"), 0);
    assert_int_equal(
        edoi_pg_target_init(&t, EDO_STR("postgres://h/?sslmode=verify-ca&sslrootcert=/our/ca.pem")),
        0);
    edoi_pg_params_fill(&p, &t, &t.hosts[0], &addr, false);
    check_word(&p, "sslmode", "verify-ca");
    check_word(&p, "sslrootcert", "/our/ca.pem");
    edoi_pg_target_deinit(&t);
    assert_int_equal(edoi_pg_target_init(&t, EDO_STR("host=h sslmode=prefer")), 0);
    edoi_pg_params_fill(&p, &t, &t.hosts[0], &addr, false);
    check_word(&p, "sslmode", "prefer");
    check_word(&p, "sslrootcert", NULL);
    edoi_pg_target_deinit(&t);
}

static void prefer_standby_is_two_rounds(void **state) {
    (void)state;
    edoi_pg_target t;
    edoi_pg_params p;
    assert_int_equal(
        edoi_pg_target_init(&t, EDO_STR("host=/run target_session_attrs=prefer-standby")), 0);
    assert_true(t.prefers_standby);
    edoi_pg_params_fill(&p, &t, &t.hosts[0], NULL, true);
    check_word(&p, "target_session_attrs", "standby");
    edoi_pg_params_fill(&p, &t, &t.hosts[0], NULL, false);
    check_word(&p, "target_session_attrs", "any");
    edoi_pg_target_deinit(&t);
}

static void strings_are_not_quoted(void) {
    static const char *const wrong[] = { "s3cret",
                                         "host=h password=s3cret nonsense",
                                         "postgres://ann:s3cret@h:port/",
                                         "postgres://ann:%zzs3cret@h/",
                                         "host=a,b port=1,2,3 password=s3cret",
                                         "host=h connect_timeout=s3cret",
                                         "host='s3cret",
                                         "host=a,,b password=s3cret",
                                         "my\"s3cret\"pw", // quotation marks of its own
                                         "host=x my\"s3cret\"pw",
                                         "postgres://u:a\"s3cret\"b@[::1]x",
                                         "postgres://u:a\"s3cret\"%zz@h/x",
                                         "a\"b\ns3cret\"c" };
    for (size_t i = 0; i < EDO_COUNT(wrong); i++) {
        edoi_pg_target t;
        char text[1024];
        assert_int_equal(edoi_pg_target_init(&t, edo_str_of(wrong[i])), -EINVAL);
        (void)edo_trail_print_text(text, sizeof text, -EINVAL, EDO_TRAIL_LIST);
        assert_null(strstr(text, "s3cret"));
        edo_trail_clear();
    }
    edoi_pg_target t;
    assert_int_equal(edoi_pg_target_init(&t, (edo_str){ "host=a\0b", 8 }), -EINVAL);
    edo_trail_clear();
}

static void a_string_that_is_none_is_not_quoted(void **state) {
    (void)state;
    strings_are_not_quoted();
    // libpq speaks German then, where its catalogs are installed, and has other quotation marks
    assert_int_equal(setenv("LANGUAGE", "de", 1), 0);
    assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
    strings_are_not_quoted();
    (void)setlocale(LC_ALL, "C");
    (void)unsetenv("LANGUAGE");
}

static const char *told_of(int err) {
    const edo_trail_entry *entry = edo_trail_find(err);
    return entry ? entry->text : "";
}

static void a_value_that_its_word_has_not_is_told(void **state) {
    (void)state;
    static const struct {
        const char *url, *says; /* NULL: nothing */
    } rows[] = {
        { "host=h sslmode=maybe",
          "sslmode must be one of disable allow prefer require verify-ca verify-full" },
        { "host=h sslmode='allow prefer'", "sslmode must be one of disable" },
        { "postgres://h/x?target_session_attrs=writable", "target_session_attrs must be one of" },
        { "host=h channel_binding=no", "channel_binding must be one of" },
        { "host=h gssencmode=never", "gssencmode must be one of" },
        { "host=h sslmode=verify-ca target_session_attrs=prefer-standby channel_binding=require",
          NULL },
        { "host=h sslmode=''", NULL },
    };
    edoi_pg_target t;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        int err = edoi_pg_target_init(&t, edo_str_of(rows[i].url));
        assert_int_equal(err, rows[i].says ? -EINVAL : 0);
        if (rows[i].says) assert_memory_equal(told_of(err), rows[i].says, strlen(rows[i].says));
        edo_trail_clear();
        edoi_pg_target_deinit(&t);
    }
    assert_int_equal(setenv("PGSSLMODE", "maybe", 1), 0);
    assert_int_equal(edoi_pg_target_init(&t, EDO_STR("host=h")), -EINVAL);
    assert_non_null(strstr(told_of(-EINVAL), "PGSSLMODE must be one of"));
    assert_int_equal(unsetenv("PGSSLMODE"), 0);
    edo_trail_clear();
}

/* libpq takes "cret@h" for the host, and each failure would tell it. */
static void a_bare_at_sign_in_a_password_is_no_host(void **state) {
    (void)state;
    edoi_pg_target t;
    static const char *const bare[] = { "postgres://ann:s@cret@h,i/x",
                                        "postgres://ann:s@x/cret@h/x",
                                        "postgresql://ann:54/cret@h/x", "postgres://ann:@cret@h/x",
                                        "postgres://ann:s?@x/cret@h/x" };
    for (size_t i = 0; i < EDO_COUNT(bare); i++) {
        assert_int_equal(edoi_pg_target_init(&t, edo_str_of(bare[i])), -EINVAL);
        assert_non_null(strstr(told_of(-EINVAL), "%40"));
        assert_null(strstr(told_of(-EINVAL), "cret"));
        edo_trail_clear();
    }
    assert_int_equal(edoi_pg_target_init(&t, EDO_STR("postgres://ann:s?x@h/x?user=a@b")), 0);
    assert_string_equal(t.hosts[0].host, "h");
    edoi_pg_target_deinit(&t);
    assert_int_equal(edoi_pg_target_init(&t, EDO_STR("postgres://ann:s%40cret@h/x")), 0);
    assert_string_equal(t.hosts[0].host, "h");
    edoi_pg_target_deinit(&t);
    assert_int_equal(edoi_pg_target_init(&t, EDO_STR("host=@abstract")), 0); // a Unix socket
    edoi_pg_target_deinit(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(url_names_hosts_in_order),
        cmocka_unit_test(a_peer_that_is_gone_is_noticed),
        cmocka_unit_test(an_attempt_has_one_host_and_its_address),
        cmocka_unit_test(this_machine_is_spoken_to_in_clear),
        cmocka_unit_test(what_the_string_says_of_tls_stands),
        cmocka_unit_test(prefer_standby_is_two_rounds),
        cmocka_unit_test(a_string_that_is_none_is_not_quoted),
        cmocka_unit_test(a_value_that_its_word_has_not_is_told),
        cmocka_unit_test(a_bare_at_sign_in_a_password_is_no_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
