/* SPDX-License-Identifier: MIT */
/* fuzz/protobuf_json.c: an input as JSON of a message, and as a google.protobuf.Value. Properties:
 * what is read is written and read again, and written again it has the same bytes; a message and
 * back changes nothing. */
#include "fuzz.h"

#include "../tests/protobuf/everything.h"

#include <edo/test.h>

#include <google/protobuf/struct.edo.h>

#include <string.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("{\"i32\":-1,\"i64\":\"-5\",\"real\":0.1,\"text\":\"x\",\"bytes\":\"AP+A\",\"paint\":"
              "\"RED\"}"),
    FUZZ_SEED(
        "{\"maybe\":{\"name\":\"m\"},\"packed\":[1,2e3],\"loose\":[\"3\"],\"tree\":{\"n\":9}}"),
    FUZZ_SEED("{\"prices\":{\"tea\":{\"n\":1},\"\":{}},\"precise\":\"-Infinity\",\"bigNumber\":3}"),
    FUZZ_SEED("{\"a\":[null,1.5,true,{\"b\":\"c\"}]}"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

/* Decodes; if that is done, appends the value as JSON, over its message. */
static int through(edo_buf *out, edo_str text, const edo_desc *desc) {
    edo_arena arena = { 0 };
    edo_buf message = { 0 };
    void *value = edo_arena_alloc(&arena, desc->size);
    int err = edo_protobuf_json_decode(value, desc, text, &arena, NULL);
    EDO_TEST_TRUE(err == 0 || err == -EDO_EJSON || err == -EMSGSIZE);
    if (err == 0) {
        EDO_TEST_OK(edo_protobuf_encode(&message, value, desc));
        const edo_str bytes = { message.ptr, message.len };
        EDO_TEST_OK(edo_protobuf_decode(value, desc, bytes, &arena));
        EDO_TEST_OK(edo_protobuf_json_encode(out, value, desc, NULL));
    }
    edo_buf_deinit(&message);
    edo_arena_deinit(&arena);
    edo_trail_clear();
    return err;
}

static void check(edo_str text, const edo_desc *desc) {
    edo_buf one = { 0 }, two = { 0 };
    if (through(&one, text, desc) == 0) {
        EDO_TEST_OK(through(&two, (edo_str){ one.ptr, one.len }, desc));
        EDO_TEST_TRUE(one.len == two.len && memcmp(one.ptr, two.ptr, one.len) == 0);
    }
    edo_buf_deinit(&one);
    edo_buf_deinit(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    const edo_str text = { (const char *)data, n };
    check(text, &everything_desc);
    check(text, &google_protobuf_value_desc);
    return 0;
}
