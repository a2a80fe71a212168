/* SPDX-License-Identifier: MIT */
/* fuzz/grpc_wire.c: what comes with a call beside its messages: grpc-timeout, metadata, the message
 * of a status; and how messages lie in bytes. Properties: a timeout that is one is written so that
 * it does not become shorter; no byte is given twice; base64 in pieces comes back; a
 * value of metadata that is read can be written, and is read as the same; a message in percent
 * encoding is visible ASCII and comes back; a failure of Connect is JSON; pairs of a query lie in
 * it, and what is encoded comes back. */
#include "fuzz.h"

#include "grpc/wire/fault.h"
#include "grpc/wire/frame.h"
#include "grpc/wire/metadata.h"
#include "grpc/wire/query.h"
#include "grpc/wire/status.h"
#include "grpc/wire/text.h"
#include "grpc/wire/timeout.h"

#include <edo/json.h>
#include <edo/test.h>
#include <edo/uri.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("99999999H"), FUZZ_SEED("1m"),
    FUZZ_SEED("00000001n"), FUZZ_SEED("aGVsbG8=,aGk"),
    FUZZ_SEED(",,AA==,/+"), FUZZ_SEED("100%25 %C3%A9"),
    FUZZ_SEED("%%%zz%4"),   FUZZ_SEED("a=1&b=x+%20y&&=&c"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static void check_timeout(edo_str text) {
    char again[EDOI_GRPC_TIMEOUT_TEXT];
    edo_duration d, back;
    if (edoi_grpc_timeout_parse(text, &d) < 0) return;
    EDO_TEST_TRUE(d.ns >= 0);
    size_t n = edoi_grpc_timeout_print(again, d);
    EDO_TEST_TRUE(n <= 9);
    EDO_TEST_OK(edoi_grpc_timeout_parse((edo_str){ again, n }, &back));
    EDO_TEST_TRUE(back.ns >= d.ns);
}

static void check_metadata(edo_str value) {
    const edo_str key = EDO_STR("k-bin");
    edo_headers in, out;
    edo_arena arena = { 0 };
    edo_headers_init(&in);
    edo_headers_init(&out);
    if (edo_headers_append_named(&in, key, value) == 0) {
        for (size_t i = 0; i < 4; i++) {
            edo_str one = edoi_grpc_metadata_get(&in, key, i, &arena);
            if (!one.ptr) break;
            EDO_TEST_OK(edoi_grpc_metadata_add(&out, key, one));
            EDO_TEST_TRUE(edo_str_equal(edoi_grpc_metadata_get(&out, key, i, &arena), one));
        }
    }
    (void)edoi_grpc_key_is_valid(value);
    edo_headers_deinit(&in);
    edo_headers_deinit(&out);
    edo_arena_deinit(&arena);
}

static void check_message(edo_str text) {
    edo_buf wire = { 0 }, bad = { 0 };
    EDO_TEST_OK(edoi_grpc_message_encode(&wire, text, SIZE_MAX));
    for (size_t i = 0; i < wire.len; i++) EDO_TEST_TRUE(wire.ptr[i] >= 0x20 && wire.ptr[i] <= 0x7e);
    if (wire.len > 0) wire.len = edoi_grpc_message_decode(wire.ptr, wire.len);
    EDO_TEST_TRUE(edo_str_equal((edo_str){ wire.ptr, wire.len }, text));
    EDO_TEST_OK(edo_buf_append(&bad, text.ptr, text.len));
    EDO_TEST_TRUE(text.len == 0 || edoi_grpc_message_decode(bad.ptr, bad.len) <= text.len);
    (void)edoi_grpc_status_parse(text);
    edo_buf_deinit(&wire);
    edo_buf_deinit(&bad);
}

/* Messages out of bytes, none of which is given twice. */
static void check_frames(edo_str text) {
    edoi_grpc_reader r = { .message_max = 1000 };
    edo_str message;
    uint8_t flags;
    size_t given = 0;
    EDO_TEST_OK(edo_buf_append(&r.buf, text.ptr, text.len));
    while (edoi_grpc_reader_next(&r, &message, &flags) == 1) {
        EDO_TEST_TRUE(message.len <= 1000);
        EDO_TEST_TRUE(memcmp(message.ptr, text.ptr + given + EDOI_GRPC_HEAD_BYTES, message.len) ==
                      0);
        given += EDOI_GRPC_HEAD_BYTES + message.len;
        EDO_TEST_TRUE(given <= text.len);
    }
    edoi_grpc_reader_deinit(&r);
}

/* Base64 in pieces: what is encoded so comes back. */
static void check_web_text(edo_str text) {
    edo_buf wire = { 0 }, back = { 0 };
    const size_t half = text.len / 2;
    (void)edoi_grpc_text_decode(&back, text);
    back.len = 0;
    EDO_TEST_OK(edo_base64_encode((edo_str){ text.ptr, half }, &wire));
    EDO_TEST_OK(edo_base64_encode((edo_str){ text.ptr + half, text.len - half }, &wire));
    EDO_TEST_OK(edoi_grpc_text_decode(&back, (edo_str){ wire.ptr, wire.len }));
    EDO_TEST_TRUE(edo_str_equal((edo_str){ back.ptr, back.len }, text));
    edo_buf_deinit(&wire);
    edo_buf_deinit(&back);
}

/* A failure is JSON, whatever its message and the values of its trailers are. */
static void check_fault(edo_str text) {
    edo_buf out = { 0 };
    edo_headers trailers;
    edo_json_value *tree = NULL;
    edo_headers_init(&trailers);
    (void)edoi_grpc_metadata_add(&trailers, EDO_STR("a"), text);
    (void)edoi_grpc_metadata_add(&trailers, EDO_STR("a-bin"), text);
    const edoi_grpc_fault fault = { EDO_GRPC_ABORTED, text, NULL };
    EDO_TEST_OK(edoi_grpc_connect_end(&out, &fault, &trailers));
    EDO_TEST_OK(edo_json_value_parse(&tree, (edo_str){ out.ptr, out.len }, NULL));
    edo_json_value_free(tree);
    edo_headers_deinit(&trailers);
    edo_buf_deinit(&out);
}

/* Parts of a query lie in it, in order, and what is encoded comes back. */
static void check_query(edo_str text) {
    edo_str rest = text, name, value;
    const char *at = text.ptr;
    edo_buf out = { 0 }, back = { 0 };
    while (edoi_grpc_query_next(&rest, &name, &value)) {
        EDO_TEST_TRUE(name.ptr >= at && value.ptr + value.len <= text.ptr + text.len);
        at = value.ptr;
        (void)edoi_grpc_query_decode(&out, name);
        (void)edoi_grpc_query_decode(&out, value);
        EDO_TEST_TRUE(out.len <= text.len);
    }
    out.len = 0;
    EDO_TEST_OK(edo_uri_encode(text, &out));
    EDO_TEST_OK(edoi_grpc_query_decode(&back, (edo_str){ out.len > 0 ? out.ptr : "", out.len }));
    EDO_TEST_TRUE(edo_str_equal((edo_str){ back.ptr, back.len }, text));
    edo_buf_deinit(&out);
    edo_buf_deinit(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    const edo_str text = { n > 0 ? (const char *)data : "", n };
    check_timeout(text);
    check_metadata(text);
    check_message(text);
    check_frames(text);
    check_web_text(text);
    check_fault(text);
    check_query(text);
    return 0;
}
