/* SPDX-License-Identifier: MIT */
/* Goal: a failure is what Connect's documents say, in HTTP and in JSON.
 * Method: the table of connectrpc.com/docs/protocol, all of it; texts that JSON cannot have. */
#include "grpc/wire/fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    edo_grpc_status status;
    const char *code;
    edo_status http;
} rows[] = {
    { EDO_GRPC_CANCELLED, "canceled", 499 },
    { EDO_GRPC_UNKNOWN, "unknown", 500 },
    { EDO_GRPC_INVALID_ARGUMENT, "invalid_argument", 400 },
    { EDO_GRPC_DEADLINE_EXCEEDED, "deadline_exceeded", 504 },
    { EDO_GRPC_NOT_FOUND, "not_found", 404 },
    { EDO_GRPC_ALREADY_EXISTS, "already_exists", 409 },
    { EDO_GRPC_PERMISSION_DENIED, "permission_denied", 403 },
    { EDO_GRPC_RESOURCE_EXHAUSTED, "resource_exhausted", 429 },
    { EDO_GRPC_FAILED_PRECONDITION, "failed_precondition", 400 },
    { EDO_GRPC_ABORTED, "aborted", 409 },
    { EDO_GRPC_OUT_OF_RANGE, "out_of_range", 400 },
    { EDO_GRPC_UNIMPLEMENTED, "unimplemented", 501 },
    { EDO_GRPC_INTERNAL, "internal", 500 },
    { EDO_GRPC_UNAVAILABLE, "unavailable", 503 },
    { EDO_GRPC_DATA_LOSS, "data_loss", 500 },
    { EDO_GRPC_UNAUTHENTICATED, "unauthenticated", 401 },
    { (edo_grpc_status)99, "unknown", 500 },
};

static void each_status_has_its_code(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_buf out = { 0 }, wanted = { 0 };
        assert_int_equal(edoi_grpc_http_of(rows[i].status), rows[i].http);
        const edoi_grpc_fault fault = { .status = rows[i].status };
        assert_int_equal(edoi_grpc_connect_error(&out, &fault), 0);
        assert_int_equal(edo_buf_printf(&wanted, "{\"code\":\"%s\"}", rows[i].code), 0);
        assert_int_equal(out.len, wanted.len);
        assert_memory_equal(out.ptr, wanted.ptr, out.len);
        edo_buf_deinit(&out);
        edo_buf_deinit(&wanted);
    }
}

static void ends(const edoi_grpc_fault *fault, const edo_headers *trailers, const char *wanted) {
    edo_buf out = { 0 };
    assert_int_equal(edoi_grpc_connect_end(&out, fault, trailers), 0);
    assert_int_equal(out.len, strlen(wanted));
    assert_memory_equal(out.ptr, wanted, out.len);
    edo_buf_deinit(&out);
}

static void stream_ends_with_error_and_metadata(void **state) {
    edo_headers h;
    edoi_grpc_fault fault = { .status = EDO_GRPC_OK };
    (void)state;
    edo_headers_init(&h);
    ends(&fault, &h, "{}");
    assert_int_equal(edo_headers_append_named(&h, EDO_STR("a"), EDO_STR("1")), 0);
    assert_int_equal(edo_headers_append_named(&h, EDO_STR("b-bin"), EDO_STR("AAE")), 0);
    assert_int_equal(edo_headers_append_named(&h, EDO_STR("a"), EDO_STR("\"2\"")), 0);
    ends(&fault, &h, "{\"metadata\":{\"a\":[\"1\",\"\\\"2\\\"\"],\"b-bin\":[\"AAE\"]}}");
    edo_headers_deinit(&h);
    edo_headers_init(&h);
    fault = (edoi_grpc_fault){ .status = EDO_GRPC_ABORTED, .message = EDO_STR("\xc3\xbf\n") };
    ends(&fault, &h, "{\"error\":{\"code\":\"aborted\",\"message\":\"\xc3\xbf\\n\"}}");
    fault.message = EDO_STR("\xff"); // JSON has no place for it
    ends(&fault, &h, "{\"error\":{\"code\":\"aborted\"}}");
    edo_headers_deinit(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_status_has_its_code),
        cmocka_unit_test(stream_ends_with_error_and_metadata),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
