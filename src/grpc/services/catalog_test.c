/* SPDX-License-Identifier: MIT */
/* Goal: a file that many others import is read once.
 * Method: files of which each imports all before it, so that all levels are skipped, in an arena
 * that has room for one of each and no more; in several copies, as each source file of a program
 * has one. */
#include "grpc/services/catalog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define FILES     60
#define COPIES    3
#define NAME_LEN  2
#define BYTES_MAX ((size_t)FILES * (2 * sizeof(edoi_grpc_file) + COPIES * 128))

static unsigned char sets[FILES][4 + NAME_LEN];
static edo_protobuf_file files[COPIES][FILES];
static const edo_protobuf_file *imports[COPIES][FILES][FILES + 1];
static edo_grpc_service services[COPIES];
static edoi_grpc_listed listed[COPIES];

static int make_files(void **state) {
    (void)state;
    for (size_t i = 0; i < FILES; i++) { // a FileDescriptorSet of a file that has but its name
        const unsigned char set[] = { 10,
                                      2 + NAME_LEN,
                                      10,
                                      NAME_LEN,
                                      (unsigned char)('a' + i / 26),
                                      (unsigned char)('a' + i % 26) };
        memcpy(sets[i], set, sizeof set);
        for (size_t copy = 0; copy < COPIES; copy++) {
            files[copy][i] = (edo_protobuf_file){ sets[i], sizeof sets[i], imports[copy][i] };
            for (size_t k = 0; k < i; k++) imports[copy][i][k] = &files[copy][k];
        }
    }
    for (size_t copy = 0; copy < COPIES; copy++) {
        services[copy].file = &files[copy][FILES - 1];
        listed[copy].service = &services[copy];
        if (copy > 0) listed[copy].next = &listed[copy - 1];
    }
    return 0;
}

static void a_file_that_all_import_is_read_once(void **state) {
    edoi_grpc_catalog c = { .services = &listed[COPIES - 1] };
    edo_arena arena = { .bytes_max = BYTES_MAX };
    size_t n = 0;
    (void)state;
    assert_int_equal(edoi_grpc_catalog_read(&c, &arena), 0);
    for (const edoi_grpc_file *f = c.files; f; f = f->next, n++)
        assert_ptr_equal(edoi_grpc_catalog_file(&c, f->proto.name), f);
    assert_int_equal(n, FILES);
    assert_null(edoi_grpc_catalog_file(&c, EDO_STR("none")));
    edo_arena_deinit(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_file_that_all_import_is_read_once, make_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
