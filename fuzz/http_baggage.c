/* SPDX-License-Identifier: MIT */
/* fuzz/http_baggage.c: baggage, and the state of a trace. Properties: what is passed on of baggage
 * is read to the same members, in the limits; a member that is set anew has its value; a state that
 * is taken has at most 32 members, also with blanks and nothing in between. */
#include "fuzz.h"

#include "http/headers/baggage.h"
#include "http/headers/tracestate.h"

#include <edo/test.h>

#include <errno.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=x"),
    FUZZ_SEED("userId=alice,serverNode=DF%2028,isProduction=false,userId=bob"),
    FUZZ_SEED("a=%C3%A9%e2%82%ac%FF%ED%A0%80,b=%4,c==;d, =e,f"),
    FUZZ_SEED("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
    FUZZ_SEED("fw529a3039@dt=FfJHDxGTHvU ,\t, a-_*/z=!\"#$%&'()*+-./:;<>?@[\\]^_`{|}~"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

#define MEMBERS EDO_BAGGAGE_MEMBERS_MAX

/* Copies what is bound here: its members have views that live as long as the outer block. */
static size_t keep(edo_baggage_member *all) {
    size_t n = 0;
    for (const edo_baggage_member *m; (m = edo_baggage_at(n)); n++) {
        EDO_TEST_TRUE(n < MEMBERS && m->key.len > 0 && edo_str_is_utf8(m->value));
        all[n] = *m;
    }
    return n;
}

static void expect_same(const edo_baggage_member *all, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const edo_baggage_member *m = edo_baggage_at(i);
        EDO_TEST_TRUE(m && edo_str_equal(m->key, all[i].key));
        EDO_TEST_TRUE(edo_str_equal(m->value, all[i].value));
        EDO_TEST_TRUE(edo_str_equal(m->properties, all[i].properties));
    }
    EDO_TEST_TRUE(!edo_baggage_at(n));
}

/* Sets the first member to its own value. */
static void set_first(const edo_baggage_member *first) {
    edo_context_block b;
    int err = edo_baggage_begin(&b, first, 1);
    EDO_TEST_TRUE(err == 0 || err == -ENOSPC); // U+FFFD is longer than what it stands for
    if (err < 0) return;
    EDO_TEST_TRUE(edo_str_equal(edo_baggage_get(first->key), first->value));
    EDO_TEST_OK(edo_context_end(&b, 0));
}

static void check_baggage(edo_str text) {
    static edo_baggage_member all[MEMBERS];
    edo_context_block outer, inner;
    EDO_TEST_OK(edo_baggage_begin_text(&outer, text));
    const size_t n = keep(all);
    const edo_str passed = edo_baggage_text();
    EDO_TEST_TRUE(passed.len <= EDO_BAGGAGE_BYTES_MAX && passed.len <= text.len);
    EDO_TEST_TRUE((passed.len > 0) == (n > 0));
    EDO_TEST_OK(edo_baggage_begin_text(&inner, passed));
    expect_same(all, n);
    EDO_TEST_OK(edo_context_end(&inner, 0));
    if (n > 0) set_first(&all[0]);
    EDO_TEST_OK(edo_context_end(&outer, 0));
}

static void check_state(edo_str text) {
    size_t equals_n = 0;
    if (!edoi_tracestate_is_valid(text)) return;
    for (size_t i = 0; i < text.len; i++) {
        EDO_TEST_TRUE(text.ptr[i] == '\t' || (text.ptr[i] >= 0x20 && text.ptr[i] <= 0x7e));
        equals_n += text.ptr[i] == '=';
    }
    EDO_TEST_TRUE(equals_n >= 1 && equals_n <= 32);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    const edo_str text = { n > 0 ? (const char *)data : "", n };
    check_baggage(text);
    check_state(text);
    return 0;
}
