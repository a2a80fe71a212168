/* SPDX-License-Identifier: MIT */
/* Goal: details of a failure come back as they were packed, and are bounded.
 * Method: each of the ten messages there and back. */
#include "grpc/wire/details.h"

#include <edo/error.h>
#include <edo/grpc_details.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static google_protobuf_duration delay = { .seconds = 3 };
static edo_str entry = { "main", 4 };
static edo_grpc_quota_violation quota = { { "a", 1 }, { "b", 1 } };
static edo_grpc_error_metadata pair = { { "key", 3 }, { "value", 5 } };
static edo_grpc_precondition_violation before = { { "a", 1 }, { "b", 1 }, { "c", 1 } };
static edo_grpc_field_violation field = { { "age", 3 }, { "too old", 7 } };
static edo_grpc_help_link page = { { "a", 1 }, { "b", 1 } };

static const edo_grpc_retry_info retry = { &delay };
static const edo_grpc_debug_info debug = { &entry, 1, { "d", 1 } };
static const edo_grpc_quota_failure quotas = { &quota, 1 };
static const edo_grpc_error_info info = { { "r", 1 }, { "d", 1 }, &pair, 1 };
static const edo_grpc_precondition_failure befores = { &before, 1 };
static const edo_grpc_bad_request bad = { &field, 1 };
static const edo_grpc_request_info request = { { "a", 1 }, { "b", 1 } };
static const edo_grpc_resource_info resource = { { "a", 1 }, { "b", 1 }, { "c", 1 }, { "d", 1 } };
static const edo_grpc_help help = { &page, 1 };
static const edo_grpc_localized_message text = { { "de", 2 }, { "Nein", 4 } };

static const struct {
    const char *type;
    const void *value;
    const edo_desc *desc;
} all[] = {
    { EDO_GRPC_RETRY_INFO, &retry, &edo_grpc_retry_info_desc },
    { EDO_GRPC_DEBUG_INFO, &debug, &edo_grpc_debug_info_desc },
    { EDO_GRPC_QUOTA_FAILURE, &quotas, &edo_grpc_quota_failure_desc },
    { EDO_GRPC_ERROR_INFO, &info, &edo_grpc_error_info_desc },
    { EDO_GRPC_PRECONDITION_FAILURE, &befores, &edo_grpc_precondition_failure_desc },
    { EDO_GRPC_BAD_REQUEST, &bad, &edo_grpc_bad_request_desc },
    { EDO_GRPC_REQUEST_INFO, &request, &edo_grpc_request_info_desc },
    { EDO_GRPC_RESOURCE_INFO, &resource, &edo_grpc_resource_info_desc },
    { EDO_GRPC_HELP, &help, &edo_grpc_help_desc },
    { EDO_GRPC_LOCALIZED_MESSAGE, &text, &edo_grpc_localized_message_desc },
};

static void is_same(const void *a, const void *b, const edo_desc *desc) {
    edo_buf one = { 0 }, two = { 0 };
    assert_int_equal(edo_value_print(&one, a, desc), 0);
    assert_int_equal(edo_value_print(&two, b, desc), 0);
    assert_int_equal(one.len, two.len);
    assert_memory_equal(one.ptr, two.ptr, one.len);
    edo_buf_deinit(&one);
    edo_buf_deinit(&two);
}

static void all_ten_come_back(void **state) {
    edo_arena arena = { 0 };
    edo_grpc_failure d = { .code = 3, .message = EDO_STR("m") };
    edo_buf bytes = { 0 };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(all); i++)
        assert_int_equal(edoi_grpc_details_add(&d, &arena, all[i].type, all[i].value, all[i].desc),
                         0);
    assert_int_equal(edo_protobuf_encode(&bytes, &d, &edo_grpc_failure_desc), 0);
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        uint64_t out[16];
        assert_true(all[i].desc->size <= sizeof out);
        assert_int_equal(edoi_grpc_details_find((edo_str){ bytes.ptr, bytes.len }, all[i].type, out,
                                                all[i].desc, &arena),
                         0);
        is_same(out, all[i].value, all[i].desc);
    }
    edo_buf_deinit(&bytes);
    edo_arena_deinit(&arena);
}

static void what_is_not_there_is_told(void **state) {
    edo_arena arena = { 0 };
    edo_grpc_help out;
    (void)state;
    assert_int_equal(
        edoi_grpc_details_find(EDO_STR(""), EDO_GRPC_HELP, &out, &edo_grpc_help_desc, &arena),
        -ENOENT);
    assert_int_equal(edoi_grpc_details_find(EDO_STR("\x1a\x05"), EDO_GRPC_HELP, &out,
                                            &edo_grpc_help_desc, &arena),
                     -EDO_EPROTOBUF);
    edo_arena_deinit(&arena);
}

static void details_are_bounded(void **state) {
    static char long_text[1000];
    edo_arena arena = { 0 };
    edo_grpc_failure d = { .code = 3 };
    edo_grpc_localized_message m = { .message = { long_text, sizeof long_text } };
    (void)state;
    memset(long_text, 'x', sizeof long_text);
    for (int i = 0; i < 3; i++)
        assert_int_equal(edoi_grpc_details_add(&d, &arena, EDO_GRPC_LOCALIZED_MESSAGE, &m,
                                               &edo_grpc_localized_message_desc),
                         0);
    assert_int_equal(edoi_grpc_details_add(&d, &arena, EDO_GRPC_LOCALIZED_MESSAGE, &m,
                                           &edo_grpc_localized_message_desc),
                     -EMSGSIZE);
    assert_int_equal(d.details_n, 3);
    edo_arena_deinit(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_ten_come_back),
        cmocka_unit_test(what_is_not_there_is_told),
        cmocka_unit_test(details_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
