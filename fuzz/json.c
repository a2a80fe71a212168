/* SPDX-License-Identifier: MIT */
/* fuzz/json.c: JSON texts. Properties: the tree, the events from memory and the events of a stream
 * in pieces accept the same texts, with the same error at the same place; what they write is the
 * same, and is read as the same again; a number is the double that strtod() reads; strings are the
 * same by all sets of instructions; a struct accepts no text that is no JSON, and of what is JSON
 * and is refused it tells faults; what it has read comes back from its own text, and printed it has
 * the form of the tree. */
#include "../tests/json/json_support.h"
#include "fuzz.h"
#include "json/text/scan.h"
#include "json/text/string_passes.h"

#include <edo/value.h>

#include <math.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("{\"a\":[1,-2.5e-3,18446744073709551615,true,false,null,[],{}],\"b\":\"\\u00e9\"}"),
    FUZZ_SEED(
        "{\"id\":9007199254740993,\"name\":\"n\",\"tags\":[\"a\",\"b\\n\"],\"sub\":{\"x\":0.1},"
        "\"list\":[{\"x\":1},{\"x\":2}],\"flag\":true,\"pause\":\"5s\",\"raw\":\"AAEC\"}"),
    FUZZ_SEED(" { \"id\" : 1 , \"unknown\" : { \"y\" : [ ] } , \"id\" : 2, \"name\" : null }"),
    FUZZ_SEED(
        "[\"\\ud83d\\ude00 \xf0\x9f\x98\x80 \xc3\xa9 \\\" a text that is longer than a block\"]"),
    FUZZ_SEED("[0.1,1e22,1e23,123456789012345678901234567890,2.2250738585072011e-308,1e400,-0]"),
    FUZZ_SEED("[9007199254740993.00000000000000000000000000000001,5e-324,2.4703282292062327e-324]"),
    FUZZ_SEED("{\"id\":1,\"few\":[{},{\"s\":\"a\"}],\"few\":[{}],\"what\":{\"far\":{\"s\":\"b\"}},"
              "\"what\":{\"far\":null},\"what\":\"none\",\"few\":null}"),
    FUZZ_SEED("{\"id\":1,\"map\":{\"a\":\"none\",\"\\n\":{\"far\":{\"s\":\"b\"}},\"c\":null},"
              "\"map\":{}}"),
    FUZZ_SEED("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
    FUZZ_SEED("{\"a\":1,\"b\":2,\"a\":{\"c\":3,\"c\":[{}]},\"\\u0061\":4,\"\":5,\"\":6}"),
    FUZZ_SEED("\xef\xbb\xbf{}"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

typedef struct sub {
    double x;
} sub;
EDO_DESCRIBE(sub, EDO_FIELD(sub, x))

typedef struct named {
    edo_str s;
} named;
EDO_DESCRIBE(named, EDO_FIELD(named, s, .preset = "x", .max_len = 9))

typedef struct choice {
    uint8_t kind;
    union {
        named near;
        named *far;
    } u;
} choice;
EDO_DESCRIBE_UNION(choice, kind, EDO_UNIT(0, "none"),
                   EDO_FIELD_OF(choice, u.near, named_desc, EDO_AS("near"), .tag = 1),
                   EDO_FIELD_PTR_OF(choice, u.far, named_desc, EDO_AS("far"), .tag = 2,
                                    .optional = true))

typedef struct entry {
    char name[6];
    choice *what;
} entry;
EDO_DESCRIBE(entry, EDO_FIELD(entry, name),
             EDO_FIELD_PTR_OF(entry, what, choice_desc, .optional = true))

typedef struct item {
    int64_t id;
    edo_str name;
    edo_str *tags;
    size_t tags_n;
    sub inner;
    sub *list;
    size_t list_n;
    bool flag;
    edo_duration pause;
    edo_bytes raw;
    named few[3];
    size_t few_n;
    choice what;
    entry *map;
    size_t map_n;
} item;
EDO_DESCRIBE(item, EDO_FIELD(item, id), EDO_FIELD(item, name, .optional = true),
             EDO_FIELD_LIST(item, tags, tags_n, .optional = true),
             EDO_FIELD_OF(item, inner, sub_desc, EDO_AS("sub"), .optional = true),
             EDO_FIELD_LIST_OF(item, list, list_n, sub_desc, .optional = true),
             EDO_FIELD(item, flag, .optional = true), EDO_FIELD(item, pause, .optional = true),
             EDO_FIELD(item, raw, .optional = true),
             EDO_FIELD_UPTO_OF(item, few, few_n, named_desc, .optional = true),
             EDO_FIELD_OF(item, what, choice_desc, .preset = "none"),
             EDO_FIELD_LIST_OF(item, map, map_n, entry_desc, .map = true, .optional = true))

static edo_str text_of(const edo_buf *b) {
    return (edo_str){ b->ptr, b->len };
}

static uint64_t bits_of(double d) {
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return bits;
}

static void check_numbers(edo_str text) {
    char copy[512];
    edo_json_reader r;
    edo_json_token t;
    EDO_TEST_OK(edo_json_reader_init(&r, text, NULL));
    while (edo_json_reader_next(&r, &t) == 1) {
        if (t.kind < EDO_JSON_INT || t.kind > EDO_JSON_NUMBER || t.text.len >= sizeof copy)
            continue;
        memcpy(copy, t.text.ptr, t.text.len);
        copy[t.text.len] = '\0';
        double want = strtod(copy, NULL);
        double have = t.kind == EDO_JSON_INT    ? (double)t.i
                      : t.kind == EDO_JSON_UINT ? (double)t.u
                                                : t.d;
        EDO_TEST_TRUE(bits_of(want) == bits_of(have));
        EDO_TEST_TRUE(!isinf(want) || t.kind == EDO_JSON_NUMBER);
    }
    edo_json_reader_deinit(&r);
}

/* JSON that is not as described has faults; nothing else has. */
static void check_faults(edo_str text, int err, bool is_json) {
    item one;
    edo_arena arena = { 0 };
    edo_faults faults = { .arena = &arena };
    const edo_json_opts opts = { .arena = &arena, .faults = &faults };
    EDO_TEST_EQ(edo_json_decode_with(&one, &item_desc, text, &opts), err);
    EDO_TEST_EQ(faults.n > 0, err < 0 && is_json);
    edo_arena_deinit(&arena);
}

/* In a struct, by copy and in an arena, and back. */
static void check_struct(edo_str text, bool is_json) {
    item one, two;
    edo_arena arena = { 0 };
    edo_buf first = { 0 }, second = { 0 };
    const edo_json_opts borrow = { .arena = &arena, .borrows = true };
    int err = edo_json_decode(&one, &item_desc, text);
    EDO_TEST_TRUE(err == 0 || err == -EDO_EJSON);
    EDO_TEST_TRUE(err < 0 || is_json);
    EDO_TEST_EQ(edo_json_decode_with(&two, &item_desc, text, &borrow), err);
    check_faults(text, err, is_json);
    if (err == 0) {
        EDO_TEST_OK(edo_json_encode(&first, &one, &item_desc));
        EDO_TEST_OK(edo_json_encode(&second, &two, &item_desc));
        EDO_TEST_TRUE(same_bytes(&first, &second));
        const uint32_t indent = (uint32_t)(1 + text.len % 3);
        outcome tree;
        second.len = 0;
        EDO_TEST_OK(
            edo_json_print(&second, &one, &item_desc, &(edo_json_writer_opts){ .indent = indent }));
        read_tree(&tree, text_of(&first), indent);
        EDO_TEST_TRUE(same_bytes(&second, &tree.out));
        outcome_deinit(&tree);
        edo_value_deinit(&one, &item_desc);
        EDO_TEST_OK(edo_json_decode(&one, &item_desc, text_of(&first)));
        second.len = 0;
        EDO_TEST_OK(edo_json_encode(&second, &one, &item_desc));
        EDO_TEST_TRUE(same_bytes(&first, &second));
        edo_value_deinit(&one, &item_desc);
    }
    edo_buf_deinit(&first);
    edo_buf_deinit(&second);
    edo_arena_deinit(&arena);
    edo_trail_clear();
}

/* The input as the inside of a string: each form of the pass reads and writes what the steps do. */
static void check_passes(edo_str text) {
    enum { BEHIND = 80 };
    pass passes[2];
    char *string = malloc(1 + text.len + BEHIND), *to = malloc(text.len + BEHIND);
    char *want = malloc(text.len + BEHIND), *to_end;
    EDO_TEST_TRUE(string && to && want);
    memset(string, '"', 1 + text.len + BEHIND);
    if (text.len > 0) memcpy(string + 1, text.ptr, text.len);
    for (size_t k = 0, n = passes_of_machine(passes); k < n; k++) {
        edo_buf one = { 0 }, steps = { 0 };
        EDO_TEST_EQ(passes[k].put(&one, text), edoi_json_put_string_word(&steps, text));
        EDO_TEST_TRUE(same_bytes(&one, &steps));
        edo_buf_deinit(&one);
        edo_buf_deinit(&steps);
        edoi_json_scan s = edoi_json_scan_of((edo_str){ string, 1 + text.len + BEHIND });
        edo_str raw;
        bool has_escapes, is_good = edoi_json_string_slow(&s, &raw, &has_escapes);
        const char *quote = passes[k].copy(&to_end, to, text.len + BEHIND, string + 1,
                                           s.begin + 1 + text.len + BEHIND);
        EDO_TEST_EQ(quote != NULL, is_good);
        if (!quote) continue;
        size_t length = (size_t)(edoi_json_unescape(want, raw) - want);
        EDO_TEST_TRUE(quote + 1 == s.at && (size_t)(to_end - to) == length);
        EDO_TEST_TRUE(length == 0 || memcmp(to, want, length) == 0);
    }
    free(string);
    free(to);
    free(want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    const edo_str text = { (const char *)data, n };
    outcome tree, memory, pieces;
    read_tree(&tree, text, 0);
    read_memory(&memory, text);
    read_pieces(&pieces, text, 1 + n % 5);
    EDO_TEST_TRUE(same_error(&tree, &memory));
    EDO_TEST_TRUE(same_error(&tree, &pieces));
    EDO_TEST_TRUE(same_bytes(&memory.out, &pieces.out));
    if (tree.err == 0) {
        outcome again, pretty;
        read_tree(&again, text_of(&tree.out), 0);
        EDO_TEST_TRUE(again.err == 0 && same_bytes(&tree.out, &again.out));
        read_tree(&pretty, text, 2);
        outcome_deinit(&again);
        read_tree(&again, text_of(&pretty.out), 0);
        EDO_TEST_TRUE(again.err == 0 && same_bytes(&tree.out, &again.out));
        outcome_deinit(&again);
        outcome_deinit(&pretty);
    }
    check_numbers(text);
    check_passes((edo_str){ n > 0 ? text.ptr : "", n });
    check_struct(text, tree.err == 0);
    outcome_deinit(&tree);
    outcome_deinit(&memory);
    outcome_deinit(&pieces);
    return 0;
}
