/* SPDX-License-Identifier: MIT */
/* Goal: without memory, each way to fill a described struct fails with -ENOMEM, leaves zeros, and
 * loses nothing.
 * Method: the k-th request fails, k = 1, 2, …, until none does; leaks are the sanitizer's. */
#include "base/memory/alloc.h"

#include <edo/config.h>
#include <edo/error.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct inner {
    edo_str name;
    char *text;
} inner;
EDO_DESCRIBE(inner, EDO_FIELD(inner, name, .preset = "preset"), EDO_FIELD(inner, text))

typedef struct outer {
    edo_str *list;
    size_t list_n;
    edo_bytes bytes;
    inner in;
    uint16_t *port;
} outer;
EDO_DESCRIBE(outer, EDO_FIELD_LIST(outer, list, list_n), EDO_FIELD(outer, bytes),
             EDO_FIELD_OF(outer, in, inner_desc), EDO_FIELD_PTR(outer, port))

static char file[] = "/tmp/edo-config-XXXXXX";

static int by_query(outer *o, const edo_config_opts *opts) {
    static const char text[] =
        "list=a&list=b&list=c&list=d&list=e&bytes=abcd&in.name=n&in.text=t&port=7";
    return edo_query_decode(o, &outer_desc, edo_str_of(text), opts);
}

static int by_args(outer *o, const edo_config_opts *opts) {
    char *const argv[] = { (char[]){ "p" },           (char[]){ "--list=a" },
                           (char[]){ "--list=b" },    (char[]){ "--bytes=abcd" },
                           (char[]){ "--in-text=t" }, (char[]){ "--port=7" } };
    return edo_args_decode(o, &outer_desc, 6, argv, opts);
}

static int by_file(outer *o, const edo_config_opts *opts) {
    edo_buf sources = { 0 };
    const edo_config_opts with_file = { .arena = opts->arena, .file = file, .sources = &sources };
    int err = edo_config_load(o, &outer_desc, 0, NULL, &with_file);
    edo_buf_deinit(&sources);
    return err;
}

static void without_memory_nothing_is_left_behind(void **state) {
    (void)state;
    static int (*const ways[])(outer * o, const edo_config_opts *opts) = { by_query, by_args,
                                                                           by_file };
    for (size_t way = 0; way < EDO_COUNT(ways); way++) {
        for (int on_heap = 0; on_heap < 2; on_heap++) {
            edo_arena arena = { .chunk_bytes = 64 };
            const edo_config_opts opts = { .arena = on_heap ? NULL : &arena };
            outer o;
            int err = -ENOMEM;
            for (uint64_t k = 1; err == -ENOMEM; k++) {
                assert_true(k < 100);
                edoi_alloc_fail_at(k);
                err = ways[way](&o, &opts);
                if (err == -ENOMEM) assert_null(o.in.name.ptr);
            }
            edoi_alloc_fail_at(0);
            edo_trail_clear();
            assert_int_equal(err, 0);
            assert_int_equal(*o.port, 7);
            assert_true(o.list_n >= 2 && o.bytes.str.len == 3);
            if (on_heap) edo_value_deinit(&o, &outer_desc);
            edo_arena_deinit(&arena);
        }
    }
}

/* A flat struct: read without a list of fields. The names are too long for the arena's first
 * chunk. */
#define LONG_NAME                                                                                  \
    "a name that takes a chunk of the arena for itself, since it has more than 64 bytes"
typedef struct body {
    edo_str name;
} body;
EDO_DESCRIBE(body, EDO_FIELD(body, name, .preset = LONG_NAME))
typedef struct request {
    bool dry_run;
    edo_str text;
    body in;
} request;
EDO_DESCRIBE(request, EDO_FIELD(request, dry_run),
             EDO_FIELD(request, text, .in = EDO_IN_BODY, .preset = LONG_NAME),
             EDO_FIELD_OF(request, in, body_desc, .in = EDO_IN_BODY))

static void presets_of_a_body_without_memory_are_refused(void **state) {
    (void)state;
    int err = -ENOMEM;
    for (uint64_t k = 1; err == -ENOMEM; k++) {
        edo_arena arena = { .chunk_bytes = 64 };
        const edo_config_opts opts = { .arena = &arena };
        const edo_inputs in = { .query = EDO_STR("dry_run=true") };
        request r;
        assert_true(k < 100);
        edoi_alloc_fail_from(k);
        err = edo_inputs_decode(&r, &request_desc, &in, &opts);
        edoi_alloc_fail_at(0);
        assert_true(err == 0 ? edo_str_equal(r.text, EDO_STR(LONG_NAME)) : !r.text.ptr);
        assert_true(err == 0 ? edo_str_equal(r.in.name, EDO_STR(LONG_NAME)) : !r.in.name.ptr);
        assert_true(k > 1 || err == -ENOMEM);
        edo_trail_clear();
        edo_arena_deinit(&arena);
    }
    assert_int_equal(err, 0);
}

static int make_file(void **state) {
    static const char text[] = "{\"list\": [\"a\", \"b\"], \"bytes\": \"abcd\",\n"
                               "\"in\": {\"text\": \"t\"}, \"port\": 7}";
    (void)state;
    int fd = mkstemp(file);
    if (fd < 0 || write(fd, text, sizeof text - 1) != sizeof text - 1) return -1;
    return close(fd);
}

static int remove_file(void **state) {
    (void)state;
    return unlink(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory_nothing_is_left_behind),
        cmocka_unit_test(presets_of_a_body_without_memory_are_refused),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
