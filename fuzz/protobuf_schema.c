/* SPDX-License-Identifier: MIT */
/* fuzz/protobuf_schema.c: an input as descriptors, behind a message: the first byte says how long
 * that is. Properties: a schema takes no more memory than said; by each of its messages what is
 * decoded is written, and read and written again it has the same bytes, also as JSON. */
#include "fuzz.h"

#include <edo/protobuf_schema.h>
#include <edo/test.h>

#include <string.h>

/* Two messages of all shapes, two files, hostile entries of maps. The length of what is in them is
 * the letter before. */
const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("\x02\x08\x05\x0a\x14\x0a\x01"
              "a\x22\x0f\x0a\x01M\x12\x0a\x0a\x01x\x18\x01\x20\x01\x28\x05"),
    FUZZ_SEED("\x04\x0a\x02\x0a\x00\x0a\x20\x0a\x01"
              "a\x12\x01p\x22\x15\x0a\x01M\x12\x10\x0a\x01x\x18\x01\x20\x01\x28\x0b\x32\x04.p.M"
              "\x62\x01x"),
    FUZZ_SEED("\x06\x0a\x04\x08\x01\x12\x00\x0a\x49\x0a\x01"
              "a\x22\x44\x0a\x01M\x12\x11\x0a\x01x\x18\x01\x20\x03\x28\x0b\x32\x05.M.XE"
              "\x1a\x2c\x0a\x02XE\x12\x0b\x0a\x03key\x18\x01\x20\x01\x28\x05"
              "\x12\x14\x0a\x05value\x18\x02\x20\x01\x28\x0b\x32\x05.M.XE\x3a\x02\x38\x01"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

/* Decodes the message, and writes it again; the JSON of it, too, if there is a form. */
static int through(edo_buf *message, edo_buf *json, edo_str in, bool is_json,
                   const edo_desc *desc) {
    edo_arena arena = { .chunk_bytes = 64, .bytes_max = 64u << 20 };
    void *value = edo_arena_alloc(&arena, desc->size);
    message->len = json->len = 0;
    int err = !value    ? -ENOMEM
              : is_json ? edo_protobuf_json_decode(value, desc, in, &arena, NULL)
                        : edo_protobuf_decode(value, desc, in, &arena);
    if (err == 0) err = edo_protobuf_encode(message, value, desc);
    if (err == 0) (void)edo_protobuf_json_encode(json, value, desc, NULL);
    edo_arena_deinit(&arena);
    edo_trail_clear();
    return err;
}

static edo_str text_of(const edo_buf *buf) {
    return (edo_str){ buf->len > 0 ? buf->ptr : "", buf->len };
}

static void check_type(const edo_desc *desc, edo_str message) {
    edo_buf one = { 0 }, json = { 0 }, two = { 0 }, json_two = { 0 };
    int err = through(&one, &json, message, false, desc);
    EDO_TEST_TRUE(err == 0 || err == -EDO_EPROTOBUF || err == -EMSGSIZE || err == -ENOMEM);
    if (err == 0 && through(&two, &json_two, text_of(&one), false, desc) == 0) {
        EDO_TEST_TRUE(edo_str_equal(text_of(&one), text_of(&two)));
        EDO_TEST_TRUE(edo_str_equal(text_of(&json), text_of(&json_two)));
    }
    if (json.len > 0) {
        err = through(&two, &json_two, text_of(&json), true, desc);
        EDO_TEST_TRUE(err == 0 || err == -EDO_EJSON || err == -EDO_EPROTOBUF || err == -EMSGSIZE ||
                      err == -ENOMEM);
    }
    edo_buf_deinit(&one);
    edo_buf_deinit(&json);
    edo_buf_deinit(&two);
    edo_buf_deinit(&json_two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    const size_t length = n > 0 ? data[0] : 0;
    if (n == 0 || length > n - 1) return 0;
    const edo_str message = { (const char *)data + 1, length };
    const edo_str set = { message.ptr + length, n - 1 - length };
    edo_arena arena = { .chunk_bytes = 64 };
    const edo_protobuf_schema *schema = NULL;
    size_t types_n = 0;
    int err = edo_protobuf_schema_decode(&schema, set, &arena);
    EDO_TEST_TRUE(err == 0 || err == -EDO_EPROTOBUF || err == -ENOENT || err == -ENOTSUP ||
                  err == -EMSGSIZE);
    EDO_TEST_TRUE((err == 0) == (schema != NULL));
    EDO_TEST_TRUE(arena.bytes <=
                  EDO_PROTOBUF_SCHEMA_TIMES * set.len + 3 * EDO_PROTOBUF_SCHEMA_TIMES_FREE);
    const edo_protobuf_type *types = err == 0 ? edo_protobuf_schema_types(schema, &types_n) : NULL;
    for (size_t i = 0; i < types_n; i++) check_type(types[i].desc, message);
    edo_arena_deinit(&arena);
    edo_trail_clear();
    return 0;
}
