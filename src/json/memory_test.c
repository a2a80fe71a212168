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
    int err;
    uint64_t k = 0;
    do {
        edoi_alloc_fail_at(++k);
        err = tree_and_back();
        bool fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_int_equal(err, fired ? -ENOMEM : 0);
    } while (err < 0);
    assert_true(k > 4);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees_and_writers_survive_without_memory),
        cmocka_unit_test(a_reader_goes_on_after_a_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
