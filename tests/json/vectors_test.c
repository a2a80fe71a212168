/* SPDX-License-Identifier: MIT */
/* Goal: edo accepts and refuses what JSONTestSuite wants, whichever way a text is read and however
 * it is cut. Method: each file as a tree, as events from memory, and from a stream of single bytes;
 * all say the same, at the same place. What edo does with the open ones (i_…) stands here. */
#include "json_support.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define VECTORS EDO_TEST_SOURCE_DIR "/tests/json/vectors/"

static edo_str load(const char *path) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = malloc(1 << 20);
    assert_non_null(text);
    size_t n = fread(text, 1, 1 << 20, file);
    (void)fclose(file);
    char *exact = realloc(text, n ? n : 1); // the address sanitizer knows its end
    assert_non_null(exact);
    return (edo_str){ exact, n };
}

static void check_all_ways(edo_str text, int *err) {
    outcome tree, memory, pieces;
    read_tree(&tree, text, 0);
    read_memory(&memory, text);
    read_pieces(&pieces, text, 1);
    assert_true(same_error(&tree, &memory));
    assert_true(same_error(&tree, &pieces));
    assert_true(same_bytes(&memory.out, &pieces.out));
    if (tree.err == 0) { // what was written is read again as the same
        outcome again, pretty, compact;
        read_tree(&again, (edo_str){ tree.out.ptr, tree.out.len }, 0);
        assert_true(again.err == 0 && same_bytes(&tree.out, &again.out));
        read_tree(&pretty, text, 3);
        read_tree(&compact, (edo_str){ pretty.out.ptr, pretty.out.len }, 0);
        assert_true(compact.err == 0 && same_bytes(&tree.out, &compact.out));
        outcome_deinit(&again);
        outcome_deinit(&pretty);
        outcome_deinit(&compact);
    }
    *err = tree.err;
    outcome_deinit(&tree);
    outcome_deinit(&memory);
    outcome_deinit(&pieces);
}

/* Of the open ones: numbers of any size, and 500 arrays in one another, are accepted. */
static bool is_accepted(const char *name) {
    return name[0] == 'y' || strncmp(name, "i_number_", 9) == 0 ||
           strcmp(name, "i_structure_500_nested_arrays.json") == 0;
}

static void the_suite_is_passed_in_every_way(void **state) {
    (void)state;
    DIR *dir = opendir(VECTORS "test_parsing");
    assert_non_null(dir);
    size_t n = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[1024];
        int err;
        if (!strstr(entry->d_name, ".json")) continue;
        (void)snprintf(path, sizeof path, VECTORS "test_parsing/%s", entry->d_name);
        edo_str text = load(path);
        check_all_ways(text, &err);
        if (err != (is_accepted(entry->d_name) ? 0 : -EDO_EJSON)) print_error("%s\n", path);
        assert_int_equal(err, is_accepted(entry->d_name) ? 0 : -EDO_EJSON);
        free((void *)(uintptr_t)text.ptr);
        n++;
    }
    (void)closedir(dir);
    assert_int_equal(n, 318);
}

static void odd_texts_become_this(void **state) {
    (void)state;
    static const struct {
        const char *name, *becomes; // NULL: refused
    } rows[] = {
        { "number_-9223372036854775808", "[-9223372036854775808]" },
        { "number_-9223372036854775809", "[-9223372036854775809]" },
        { "number_1.0", "[1.0]" },
        { "number_1.000000000000000005", "[1.0]" },
        { "number_1000000000000000", "[1000000000000000]" },
        { "number_10000000000000000999", "[10000000000000000999]" },
        { "number_1e-999", "[0.0]" },
        { "number_1e6", "[1000000.0]" },
        { "number_9223372036854775807", "[9223372036854775807]" },
        { "number_9223372036854775808", "[9223372036854775808]" },
        { "object_key_nfc_nfd", "{\"\xc3\xa9\":\"NFC\",\"e\xcc\x81\":\"NFD\"}" },
        { "object_key_nfd_nfc", "{\"e\xcc\x81\":\"NFD\",\"\xc3\xa9\":\"NFC\"}" },
        { "object_same_key_different_values", "{\"a\":2}" },
        { "object_same_key_same_value", "{\"a\":1}" },
        { "object_same_key_unclear_values", "{\"a\":-0.0}" },
        { "string_1_escaped_invalid_codepoint", NULL },
        { "string_1_invalid_codepoint", NULL },
        { "string_2_escaped_invalid_codepoints", NULL },
        { "string_2_invalid_codepoints", NULL },
        { "string_3_escaped_invalid_codepoints", NULL },
        { "string_3_invalid_codepoints", NULL },
        { "string_with_escaped_NULL", "[\"A\\u0000B\"]" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char path[1024];
        (void)snprintf(path, sizeof path, VECTORS "test_transform/%s.json", rows[i].name);
        edo_str text = load(path);
        outcome tree;
        read_tree(&tree, text, 0);
        assert_int_equal(tree.err, rows[i].becomes ? 0 : -EDO_EJSON);
        if (rows[i].becomes)
            assert_true(edo_str_equal((edo_str){ tree.out.ptr, tree.out.len },
                                      edo_str_of(rows[i].becomes)));
        outcome_deinit(&tree);
        free((void *)(uintptr_t)text.ptr);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_suite_is_passed_in_every_way),
        cmocka_unit_test(odd_texts_become_this),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
