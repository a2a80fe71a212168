/* SPDX-License-Identifier: MIT */
/* fuzz/query.c: queries. Properties: what was decoded is as described; it is the same from an arena
 * and from the heap; a query made from it is decoded to the same value again. A flat struct is
 * decoded without a list of its fields if there is an arena, and with one if there is none. */
#include "fuzz.h"

#include <edo/config.h>
#include <edo/error.h>
#include <edo/test.h>

typedef struct inner {
    edo_str s;
    char chars[6];
} inner;
EDO_DESCRIBE(inner, EDO_FIELD(inner, s, .max_len = 9), EDO_FIELD(inner, chars))

typedef struct outer {
    int8_t i;
    double d;
    edo_duration t;
    edo_bytes b;
    edo_str *list;
    size_t list_n;
    uint16_t upto[3];
    size_t upto_n;
    inner in;
    bool yes;
} outer;
EDO_DESCRIBE(outer, EDO_FIELD(outer, i, .preset = "1", .min = -5, .max = 100),
             EDO_FIELD(outer, d, .preset = "0.5"), EDO_FIELD(outer, t, .preset = "5s"),
             EDO_FIELD(outer, b, .optional = true),
             EDO_FIELD_LIST(outer, list, list_n, .max_len = 5, .pattern = "[a-z%+ ]*|\\d+"),
             EDO_FIELD_UPTO(outer, upto, upto_n), EDO_FIELD_OF(outer, in, inner_desc),
             EDO_FIELD(outer, yes))

typedef struct flat {
    int8_t i;
    uint64_t u;
    int16_t below, odd;
    bool yes, no;
    double d;
    edo_str s;
    char chars[6];
} flat;
EDO_DESCRIBE(flat, EDO_FIELD(flat, i, .preset = "1", .min = -5, .max = 100),
             EDO_FIELD(flat, u, .preset = "7"),
             EDO_FIELD(flat, below, .optional = true, .min = -9, .max = 0),
             EDO_FIELD(flat, odd, EDO_AS("a+b"), .optional = true, .sizes = true),
             EDO_FIELD(flat, yes), EDO_FIELD(flat, no), EDO_FIELD(flat, d, .preset = "0.5"),
             EDO_FIELD(flat, s, .preset = "none", .max_len = 9), EDO_FIELD(flat, chars))

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("chars=x&i=-5&u=18446744073709551615&below=0&yes=true&no=false&d=1e+5&s=a+b%2b"),
    FUZZ_SEED("chars=&i=100&u=999999999999999999&a%2Bb=4k&%79es=%74rue&no=off&below=-9&x=%zz"),
    FUZZ_SEED("in.s=a&in.chars=b"),
    FUZZ_SEED(
        "i=-5&d=1e-7&t=1m30s&b=aGVs&list=a&list=b+%2b&upto=1&upto=2&in.s=%C3%A9&in.chars=x&yes"),
    FUZZ_SEED("in.s=&in.chars=&yes=on&&list=&list=12&t=off&i=%31"),
    FUZZ_SEED("in.s=a&in.chars=abcdef"),
    FUZZ_SEED("%=&a%zz=1&=&in.s"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static void append(edo_buf *out, const void *ptr, size_t n) {
    EDO_TEST_OK(edo_buf_append(out, ptr, n));
}

/* Writes name=text& for each element, every byte of the text in percent encoding. */
static void write_field(edo_buf *out, const char *prefix, const edo_field *f, const void *value) {
    static const char digits[] = "0123456789abcdef";
    size_t n;
    const char *first = edo_field_elements(f, value, &n);
    for (size_t i = 0; i < n; i++) {
        edo_buf text = { 0 };
        EDO_TEST_OK(edo_value_text(&text, f, first + i * f->size));
        append(out, prefix, strlen(prefix));
        append(out, edo_field_name(f).ptr, f->name_len);
        append(out, "=", 1);
        for (size_t at = 0; at < text.len; at++) {
            unsigned char c = (unsigned char)text.ptr[at];
            append(out, (char[]){ '%', digits[c >> 4], digits[c & 15] }, 3);
        }
        append(out, "&", 1);
        edo_buf_deinit(&text);
    }
}

static void write_query(edo_buf *out, const outer *o) {
    for (uint32_t i = 0; i < outer_desc.fields_n; i++) {
        const edo_field *f = &outer_desc.fields[i];
        if (!f->desc) write_field(out, "", f, o);
    }
    for (uint32_t i = 0; i < inner_desc.fields_n; i++) {
        write_field(out, "in.", &inner_desc.fields[i], &o->in);
    }
}

static void check_same(const void *a, const void *b, const edo_desc *desc) {
    edo_buf one = { 0 }, other = { 0 };
    EDO_TEST_OK(edo_value_print(&one, a, desc));
    EDO_TEST_OK(edo_value_print(&other, b, desc));
    EDO_TEST_EQ(one.len, other.len);
    EDO_TEST_TRUE(memcmp(one.ptr, other.ptr, one.len) == 0);
    edo_buf_deinit(&one);
    edo_buf_deinit(&other);
}

static void check_flat(edo_str text, const edo_config_opts *opts) {
    flat with_list, without;
    int err = edo_query_decode(&with_list, &flat_desc, text, NULL);
    EDO_TEST_EQ(edo_query_decode(&without, &flat_desc, text, opts), err);
    if (err == 0) {
        check_same(&with_list, &without, &flat_desc);
        EDO_TEST_OK(edo_value_check(&without, &flat_desc, NULL, NULL));
        edo_value_deinit(&with_list, &flat_desc);
    }
    edo_trail_clear();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    edo_arena arena = { 0 };
    outer o, again;
    const edo_str text = { (const char *)data, n };
    const edo_config_opts opts = { .arena = &arena };
    int err = edo_query_decode(&o, &outer_desc, text, NULL);
    EDO_TEST_EQ(edo_query_decode(&again, &outer_desc, text, &opts), err);
    EDO_TEST_TRUE(err == 0 || err == -EDO_EVALUE);
    if (err == 0) {
        check_same(&o, &again, &outer_desc);
        EDO_TEST_OK(edo_value_check(&o, &outer_desc, NULL, NULL));
        edo_buf query = { 0 };
        write_query(&query, &o);
        EDO_TEST_OK(
            edo_query_decode(&again, &outer_desc, (edo_str){ query.ptr, query.len }, &opts));
        check_same(&o, &again, &outer_desc);
        edo_buf_deinit(&query);
        edo_value_deinit(&o, &outer_desc);
    }
    edo_trail_clear();
    check_flat(text, &opts);
    edo_arena_deinit(&arena);
    return 0;
}
