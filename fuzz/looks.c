/* SPDX-License-Identifier: MIT */
/* fuzz/looks.c: a recording of edo console, and the looks in it. Properties: looks lie in the file,
 * one after another; one that can be read is written again and read as the same. */
#include "fuzz.h"

#include "console/own/recording.h"

#include <edo/protobuf.h>
#include <edo/test.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED(EDOI_LOOKS_HEAD "\x02\x08\x01"),
    FUZZ_SEED(EDOI_LOOKS_HEAD "\x0c\x08\x02\x5a\x08\x0a\x04"
                              "ants\x10\x07\x02\x08\x03"),
    FUZZ_SEED(EDOI_LOOKS_HEAD "\x00\x00\x05\x08"),
    FUZZ_SEED("edo-looks 2\n"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

/* A file of one look. */
static void record_one(edo_str message) {
    edo_buf out = { 0 };
    EDO_TEST_EQ(edoi_looks_put(&out, message), 0);
    edo_str rest = { out.ptr, out.len }, again;
    EDO_TEST_EQ(edoi_looks_next(&rest, &again), 1);
    EDO_TEST_TRUE(rest.len == 0 && edo_str_equal(again, message));
    edo_buf_deinit(&out);
}

static void read_one(edo_str message) {
    edo_arena arena = { 0 };
    edo_buf first = { 0 }, second = { 0 };
    edoi_look_update u, again;
    record_one(message);
    if (edo_protobuf_decode(&u, &EDOI_LOOK_UPDATE_DESC, message, &arena) == 0) {
        EDO_TEST_EQ(edo_protobuf_encode(&first, &u, &EDOI_LOOK_UPDATE_DESC), 0);
        const edo_str once = { first.ptr, first.len };
        EDO_TEST_EQ(edo_protobuf_decode(&again, &EDOI_LOOK_UPDATE_DESC, once, &arena), 0);
        EDO_TEST_EQ(edo_protobuf_encode(&second, &again, &EDOI_LOOK_UPDATE_DESC), 0);
        EDO_TEST_TRUE(edo_str_equal(once, (edo_str){ second.ptr, second.len }));
    }
    edo_buf_deinit(&first);
    edo_buf_deinit(&second);
    edo_arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    edo_str rest = { (const char *)data, n }, message;
    if (edoi_looks_begin(&rest) < 0) return 0;
    for (const char *at = rest.ptr; edoi_looks_next(&rest, &message) == 1; at = rest.ptr) {
        EDO_TEST_TRUE(message.ptr > at && message.ptr + message.len == rest.ptr);
        read_one(message);
    }
    return 0;
}
