/* SPDX-License-Identifier: MIT */
/* Goal: without memory, readers, trees and writers return -ENOMEM and leave nothing behind; a
 * reader then goes on where it was. Method: the k-th allocation fails, for each k. */
#include "base/memory/alloc.h"

#include <edo/json.h>
#include <edo/streams.h>
#include <edo/test.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char text[] =
    "{\"a\":[1,2,{\"b\\n\":\"\\u00e9xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}],"
    "\"a\":2,\"b\":1e400,\"c\":0,\"d\":0,\"e\":0,\"f\":0,\"g\":0,\"h\":0,"
    "\"i\":0,\"j\":0,\"k\":0,\"l\":0,\"m\":0,\"b\":3}";

static int tree_and_back(void) {
    edo_json_value *v = NULL;
    edo_buf out = { 0 };
    edo_json_writer w;
    int err = edo_json_value_parse(&v, (edo_str){ text, sizeof text - 1 }, NULL);
    if (err == 0) err = edo_json_writer_init(&w, &out, NULL);
    if (err == 0) err = edo_json_writer_value(&w, v);
    if (err == 0) assert_true(out.len > 50 && memcmp(out.ptr, "{\"a\":2,\"b\":3,", 13) == 0);
    edo_json_value_free(v);
    edo_buf_deinit(&out);
    return err;
}

static void trees_and_writers_survive_without_memory(void **state) {
    (void)state;
    uint64_t k = 0, borne_n = 0;
    bool fired;
    do {
        edoi_alloc_fail_at(++k);
        int err = tree_and_back();
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_true(err == 0 || (fired && err == -ENOMEM));
        borne_n += fired && err == 0;
    } while (fired);
    assert_true(k > 4 && borne_n == 1); // a tree that cannot be made smaller stays as it is
}

static int count_all(edo_json_reader *r, int *refused) {
    edo_json_token t;
    int n = 0, got;
    while ((got = edo_json_reader_next(r, &t)) != 0) {
        assert_true(got == 1 || got == -ENOMEM);
        n += got == 1;
        *refused += got < 0;
    }
    return n;
}

static void a_reader_goes_on_after_a_failed_allocation(void **state) {
    (void)state;
    edo_json_reader whole;
    int none = 0;
    EDO_TEST_OK(edo_json_reader_init(&whole, (edo_str){ text, sizeof text - 1 }, NULL));
    const int all = count_all(&whole, &none);
    edo_json_reader_deinit(&whole);
    assert_true(all > 30 && none == 0);
    for (uint64_t k = 1, fired = 1; fired; k++) {
        edo_stream *s;
        edo_json_reader r;
        int refused = 0;
        EDO_TEST_OK(edo_stream_mem(&s, text, sizeof text - 1));
        EDO_TEST_OK(edo_json_reader_init_stream(&r, s, NULL));
        edoi_alloc_fail_at(k);
        int n = count_all(&r, &refused);
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_int_equal(n, all);
        assert_int_equal(refused, (int)fired);
        edo_json_reader_deinit(&r);
        edo_close(s);
    }
}

/* ---- Structs --------------------------------------------------------------------------------- */

typedef struct part {
    edo_str name;
} part;
EDO_DESCRIBE(part, EDO_FIELD(part, name))

typedef struct whole {
    edo_str a;
    char *b;
    edo_bytes c;
    part *one;
    part *list;
    size_t list_n;
    edo_str preset;
} whole;
EDO_DESCRIBE(whole, EDO_FIELD(whole, a), EDO_FIELD(whole, b), EDO_FIELD(whole, c),
             EDO_FIELD_PTR_OF(whole, one, part_desc),
             EDO_FIELD_LIST_OF(whole, list, list_n, part_desc),
             EDO_FIELD(whole, preset, .preset = "x"))

static int struct_and_back(edo_arena *arena) {
    static const char full[] = "{\"a\":\"1\",\"b\":\"\\n\",\"c\":\"AAEC\",\"one\":{\"name\":\"2\"},"
                               "\"list\":[{\"name\":\"3\"},{\"n\\u0061me\":\"4\"},{\"name\":\"5\"},"
                               "{\"name\":\"6\"},{\"name\":\"7\"}],\"a\":\"8\"}";
    whole w;
    edo_buf out = { 0 };
    const edo_json_opts opts = { .arena = arena };
    int err = edo_json_decode_with(&w, &whole_desc, (edo_str){ full, sizeof full - 1 }, &opts);
    if (err < 0) return err;
    assert_true(w.list_n == 5 && w.a.len == 1 && w.a.ptr[0] == '8');
    err = edo_json_encode(&out, &w, &whole_desc);
    if (err == 0)
        err = edo_json_print(&out, &w, &whole_desc, &(edo_json_writer_opts){ .indent = 2 });
    if (!arena) edo_value_deinit(&w, &whole_desc);
    if (arena) edo_arena_deinit(arena);
    edo_buf_deinit(&out);
    return err;
}

static void structs_are_decoded_whole_or_not_at_all(void **state) {
    (void)state;
    for (int way = 0; way < 2; way++) {
        edo_arena arena = { .chunk_bytes = 64 };
        int err;
        uint64_t k = 0;
        do {
            edoi_alloc_fail_at(++k);
            err = struct_and_back(way ? &arena : NULL);
            bool fired = edoi_alloc_fail_fired();
            edoi_alloc_fail_at(0);
            assert_int_equal(err, fired ? -ENOMEM : 0);
            edo_arena_deinit(&arena);
            edo_trail_clear();
        } while (err < 0);
        assert_true(k > (way ? 3 : 12));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees_and_writers_survive_without_memory),
        cmocka_unit_test(structs_are_decoded_whole_or_not_at_all),
        cmocka_unit_test(a_reader_goes_on_after_a_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
