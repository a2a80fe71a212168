/* SPDX-License-Identifier: MIT */
/* Goal: baggage is read as the W3C says, changed without a loss of what others have put in, kept
 * within its limits, and goes along with a head that has none. */
#include "http/headers/baggage.h"

#include "fail_alloc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char long_text[5 * EDO_BAGGAGE_BYTES_MAX];

static void expect_str(edo_str has, const char *wanted) {
    if (has.len != strlen(wanted) || memcmp(has.len > 0 ? has.ptr : "", wanted, has.len) != 0)
        fail_msg("has '%.*s', not '%s'", (int)has.len, has.len > 0 ? has.ptr : "", wanted);
}

/* Writes "key=value;properties|" for each member. */
static void print_members(char *out, size_t room) {
    const edo_baggage_member *m;
    size_t n = 0;
    out[0] = 0;
    for (size_t i = 0; (m = edo_baggage_at(i)); i++)
        n += (size_t)snprintf(out + n, room - n, "%.*s=%.*s;%.*s|", (int)m->key.len, m->key.ptr,
                              (int)m->value.len, m->value.ptr, (int)m->properties.len,
                              m->properties.len > 0 ? m->properties.ptr : "");
}

/* ---- What comes ------------------------------------------------------------------------------ */

static const struct {
    const char *name, *came, *members, *passed;
} fields[] = {
    { "example of the W3C",
      "key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue",
      "key1=value1;property1;property2|key2=value2;|key3=value3;propertyKey=propertyValue|",
      "key1=value1;property1;property2,key2 = value2,key3=value3; propertyKey=propertyValue" },
    { "second example", "userId=alice,serverNode=DF%2028,isProduction=false",
      "userId=alice;|serverNode=DF 28;|isProduction=false;|",
      "userId=alice,serverNode=DF%2028,isProduction=false" },
    { "blanks", " userId =\t alice , serverNode = DF%2028", "userId=alice;|serverNode=DF 28;|",
      "userId =\t alice,serverNode = DF%2028" },
    { "equal signs in a value", "a=b=c==", "a=b=c==;|", "a=b=c==" },
    { "no value", "a=,b= ;p=", "a=;|b=;p=|", "a=,b= ;p=" },
    { "one key twice", "a=1,b=2,a=3", "a=1;|b=2;|a=3;|", "a=1,b=2,a=3" },
    { "UTF-8", "a=%C3%A9%e2%82%ac", "a=\xc3\xa9\xe2\x82\xac;|", "a=%C3%A9%e2%82%ac" },
    { "no UTF-8", "a=x%FFy%C3,b=%ED%A0%80",
      "a=x\xef\xbf\xbdy\xef\xbf\xbd;|b=\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd;|",
      "a=x%FFy%C3,b=%ED%A0%80" },
    { "no percent sequence", "a=5%,b=%4,c=%zz", "a=5%;|b=%4;|c=%zz;|", "a=5%,b=%4,c=%zz" },
    { "nothing in between", ",, a=b,,", "a=b;|", "a=b" },
    { "no member", "a,=b,a b=c,c=d e,f=\"g\",h=i\\,(=k", "", "" },
    { "a bad one among good ones", "a=b,c d=e,f=g", "a=b;|f=g;|", "a=b,f=g" },
    { "bad properties", "a=b;,c=d;e f,g=h;i=j k,l=m;=n,o=p;q;", "", "" },
    { "other letters", "a=\xc3\xa9,b\xc3\xa9=c,d=\x7f", "", "" },
    { "none", "", "", "" },
};

static void what_comes_is_read_as_the_w3c_says(void **state) {
    char members[512];
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(fields); i++) {
        edo_context_block b;
        assert_int_equal(edo_baggage_begin_text(&b, edo_str_of(fields[i].came)), 0);
        print_members(members, sizeof members);
        if (strcmp(members, fields[i].members) != 0) fail_msg("%s: %s", fields[i].name, members);
        expect_str(edo_baggage_text(), fields[i].passed);
        assert_int_equal(edo_context_end(&b, 0), 0);
    }
    assert_null(edo_baggage_at(0));
    assert_null(edo_baggage_get(EDO_STR("a")).ptr);
}

static void several_fields_are_one(void **state) {
    edo_context_block b;
    edo_headers h;
    (void)state;
    edo_headers_init(&h);
    assert_int_equal(edoi_baggage_begin_fields(&b, &h), 0);
    assert_int_equal(edo_headers_append(&h, EDO_HEADER_BAGGAGE, EDO_STR("userId=alice")), 0);
    assert_int_equal(edoi_baggage_begin_fields(&b, &h), 1);
    expect_str(edo_baggage_text(), "userId=alice");
    assert_int_equal(edo_context_end(&b, 0), 0);
    assert_int_equal(edo_headers_append(&h, EDO_HEADER_BAGGAGE, EDO_STR("a=b , userId=bob")), 0);
    assert_int_equal(edoi_baggage_begin_fields(&b, &h), 1);
    expect_str(edo_baggage_text(), "userId=alice,a=b,userId=bob");
    expect_str(edo_baggage_get(EDO_STR("userId")), "bob");
    assert_int_equal(edo_context_end(&b, 0), 0);
    edo_headers_deinit(&h);
}

/* `n` members of `each` bytes. */
static edo_str many(size_t n, size_t each) {
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        int wrote = snprintf(long_text + at, sizeof long_text - at, "%sk%zu=", i > 0 ? "," : "", i);
        size_t begun = at + (i > 0);
        at += (size_t)wrote;
        while (at - begun < each) long_text[at++] = 'x';
    }
    return (edo_str){ long_text, at };
}

static void limits_are_those_that_each_server_has(void **state) {
    edo_context_block b;
    (void)state;
    static const struct {
        size_t n, each, kept;
    } rows[] = { { 64, 127, 64 }, { 65, 9, 64 },  { 180, 5, 64 }, { 1, 8192, 1 },
                 { 1, 8193, 0 },  { 2, 4096, 1 }, { 2, 4095, 2 }, { 64, 500, 16 } };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        const edo_str text = many(rows[i].n, rows[i].each);
        const size_t bytes = rows[i].kept * (rows[i].each + 1);
        assert_int_equal(edo_baggage_begin_text(&b, text), 0);
        if (rows[i].kept > 0) assert_non_null(edo_baggage_at(rows[i].kept - 1));
        assert_null(edo_baggage_at(rows[i].kept));
        if (rows[i].each >= 9) assert_int_equal(edo_baggage_text().len, bytes > 0 ? bytes - 1 : 0);
        assert_int_equal(edo_context_end(&b, 0), 0);
    }
}

/* ---- Changes --------------------------------------------------------------------------------- */

static void changes_leave_the_rest_as_it_is(void **state) {
    edo_context_block outer, inner, none;
    char members[256];
    (void)state;
    const char *came = "a=%41%20x;p = 1,b=2,c=3,b=4";
    assert_int_equal(edo_baggage_begin_text(&outer, edo_str_of(came)), 0);
    const edo_baggage_member changes[] = {
        { .key = EDO_STR("b"), .value = EDO_STR("5,6;\"%\xc3\xa9") },
        { .key = EDO_STR("c") },
        { .key = EDO_STR("d"), .value = EDO_STR(""), .properties = EDO_STR(" ttl=5; public ") }
    };
    assert_int_equal(edo_baggage_begin(&inner, changes, EDO_COUNT(changes)), 0);
    expect_str(edo_baggage_text(), "a=%41%20x;p = 1,b=5%2C6%3B%22%25%C3%A9,d=;ttl=5; public");
    print_members(members, sizeof members);
    assert_string_equal(members, "a=A x;p = 1|b=5,6;\"%\xc3\xa9;|d=;ttl=5; public|");
    assert_int_equal(edo_baggage_begin_text(&none, EDO_STR("")), 0);
    assert_null(edo_baggage_at(0));
    assert_int_equal(edo_baggage_text().len, 0);
    assert_int_equal(edo_context_end(&none, 0), 0);
    assert_int_equal(edo_context_end(&inner, 0), 0);
    expect_str(edo_baggage_text(), "a=%41%20x;p = 1,b=2,c=3,b=4");
    assert_int_equal(edo_context_end(&outer, 0), 0);
}

static void what_is_no_member_is_refused(void **state) {
    edo_context_block b;
    (void)state;
    static const edo_baggage_member bad[] = {
        { .key = { "", 0 }, .value = { "x", 1 } },
        { .key = { "a b", 3 }, .value = { "x", 1 } },
        { .key = { "a=", 2 }, .value = { "x", 1 } },
        { .key = { "a b", 3 } },
        { .key = { "a", 1 }, .value = { "\xff", 1 } },
        { .key = { "a", 1 }, .value = { "x", 1 }, .properties = { "p,b=c", 5 } },
        { .key = { "a", 1 }, .value = { "x", 1 }, .properties = { "p;", 2 } },
        { .key = { "a", 1 }, .value = { "x", 1 }, .properties = { "p q", 3 } },
    };
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        assert_int_equal(edo_baggage_begin(&b, &bad[i], 1), -EINVAL);
    memset(long_text, '%', sizeof long_text); // three bytes each
    const edo_baggage_member fits = { EDO_STR("k"), { long_text, 2730 }, { NULL, 0 } };
    const edo_baggage_member is_long = { EDO_STR("k"), { long_text, 2731 }, { NULL, 0 } };
    assert_int_equal(edo_baggage_begin(&b, &is_long, 1), -ENOSPC);
    assert_int_equal(edo_baggage_begin(&b, &fits, 1), 0);
    assert_int_equal(edo_baggage_text().len, 8192);
    assert_int_equal(edo_context_end(&b, 0), 0);
    assert_int_equal(edo_baggage_begin_text(&b, many(64, 9)), 0);
    const edo_baggage_member more = { EDO_STR("one"), EDO_STR("more"), { NULL, 0 } };
    const edo_baggage_member other = { EDO_STR("k5"), EDO_STR("other"), { NULL, 0 } };
    edo_context_block in;
    assert_int_equal(edo_baggage_begin(&in, &more, 1), -ENOSPC);
    assert_int_equal(edo_baggage_begin(&in, &other, 1), 0);
    expect_str(edo_baggage_get(EDO_STR("k5")), "other");
    assert_int_equal(edo_context_end(&in, 0), 0);
    assert_int_equal(edo_context_end(&b, 0), 0);
}

/* ---- What goes ------------------------------------------------------------------------------- */

static void it_goes_with_a_head_that_has_none(void **state) {
    edo_context_block b;
    edo_headers h;
    (void)state;
    edo_headers_init(&h);
    assert_int_equal(edoi_baggage_pass_here(&h, SIZE_MAX), 0);
    assert_int_equal(edo_headers_count(&h), 0);
    assert_int_equal(edo_baggage_begin_text(&b, EDO_STR("a=b, c=d")), 0);
    assert_int_equal(edoi_baggage_pass_here(&h, 6), 0); // without room
    assert_int_equal(edo_headers_count(&h), 0);
    assert_int_equal(edoi_baggage_pass_here(&h, 7), 0);
    expect_str(edo_headers_get(&h, EDO_HEADER_BAGGAGE), "a=b,c=d");
    assert_int_equal(edo_headers_set(&h, EDO_HEADER_BAGGAGE, EDO_STR("mine=1")), 0);
    assert_int_equal(edoi_baggage_pass_here(&h, SIZE_MAX), 0);
    expect_str(edo_headers_get(&h, EDO_HEADER_BAGGAGE), "mine=1");
    assert_int_equal(edo_headers_count(&h), 1);
    assert_int_equal(edo_context_end(&b, 0), 0);
    edo_headers_deinit(&h);
}

static void without_memory_nothing_is_bound(void **state) {
    edo_headers h;
    int err = -ENOMEM;
    (void)state;
    edo_headers_init(&h);
    assert_int_equal(edo_headers_append(&h, EDO_HEADER_BAGGAGE, EDO_STR("a=b")), 0);
    assert_int_equal(edo_headers_append(&h, EDO_HEADER_BAGGAGE, EDO_STR("c=d")), 0);
    for (int in = 1; err == -ENOMEM; in++) {
        const edo_baggage_member m = { EDO_STR("e"), EDO_STR("f g"), EDO_STR("h") };
        edo_context_block b, in_it;
        fail_alloc_in = in;
        err = edoi_baggage_begin_fields(&b, &h);
        if (err == 1) {
            err = edo_baggage_begin(&in_it, &m, 1);
            fail_alloc_in = 0;
            expect_str(edo_baggage_text(), err == 0 ? "a=b,c=d,e=f%20g;h" : "a=b,c=d");
            if (err == 0) assert_int_equal(edo_context_end(&in_it, 0), 0);
            assert_int_equal(edo_context_end(&b, 0), 0);
        }
        fail_alloc_in = 0;
        assert_null(edo_baggage_at(0));
    }
    assert_int_equal(err, 0);
    edo_headers_deinit(&h);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_is_read_as_the_w3c_says),
        cmocka_unit_test(several_fields_are_one),
        cmocka_unit_test(limits_are_those_that_each_server_has),
        cmocka_unit_test(changes_leave_the_rest_as_it_is),
        cmocka_unit_test(what_is_no_member_is_refused),
        cmocka_unit_test(it_goes_with_a_head_that_has_none),
        cmocka_unit_test(without_memory_nothing_is_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
