/* SPDX-License-Identifier: MIT */
/* fuzz/protobuf.c: an input as a message of a described struct. Properties: what is decoded takes
 * no more memory than said; a value that borrows is the same as one that copies; what is written is
 * read again, and written again it has the same bytes. */
#include "fuzz.h"

#include "../tests/protobuf/everything.h"

#include <edo/test.h>

#include <string.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED(EVERYTHING_TEXT),
    FUZZ_SEED("\x7a\x05\x0a\x01m\x10\x07\x7a\x02\x10\x09"),
    FUZZ_SEED("\xb2\x01\x09\x0a\x03tea\x12\x02\x10\x05\xb2\x01\x00"),
    FUZZ_SEED("\xba\x01\x01w\xc0\x01\x05\xca\x01\x03\x0a\x01z"),
    FUZZ_SEED("\xc3\x02\x08\x01\x13\x14\xc4\x02\x08\x05\xc0\x02\x02"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

/* Decodes; if that is done, appends the value. */
static int through(edo_buf *out, edo_str message, bool borrows) {
    edo_arena arena = { .chunk_bytes = 64 };
    everything v;
    const edo_protobuf_opts opts = { .borrows = borrows };
    int err = edo_protobuf_decode_with(&v, &everything_desc, message, &arena, &opts);
    EDO_TEST_TRUE(err == 0 || err == -EDO_EPROTOBUF || err == -EMSGSIZE);
    EDO_TEST_TRUE(arena.bytes <= message.len * EDO_PROTOBUF_TIMES + 3 * EDO_PROTOBUF_TIMES_FREE);
    if (err == 0) EDO_TEST_OK(edo_protobuf_encode(out, &v, &everything_desc));
    edo_arena_deinit(&arena);
    edo_trail_clear();
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    const edo_str message = { (const char *)data, n };
    edo_buf one = { 0 }, two = { 0 }, three = { 0 };
    int err = through(&one, message, false);
    EDO_TEST_EQ(through(&two, message, true), err);
    if (err == 0) {
        EDO_TEST_OK(through(&three, (edo_str){ one.ptr, one.len }, true));
        EDO_TEST_TRUE(one.len == two.len && one.len == three.len);
        EDO_TEST_TRUE(one.len == 0 || memcmp(one.ptr, two.ptr, one.len) == 0);
        EDO_TEST_TRUE(one.len == 0 || memcmp(one.ptr, three.ptr, one.len) == 0);
    }
    edo_buf_deinit(&one);
    edo_buf_deinit(&two);
    edo_buf_deinit(&three);
    return 0;
}
