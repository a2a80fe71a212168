/* SPDX-License-Identifier: MIT */
/* fuzz/http_sfv.c: structured fields, as an item, a list and a dictionary. Properties: what is
 * printed is read, and then printed the same; every field is read as it is checked. */
#include "fuzz.h"

#include "sfv_through.h"

#include <edo/test.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("(\"foo\"; a=1;b=2);lvl=5, (\"bar\" \"baz\");lvl=1"),
    FUZZ_SEED("en=\"Apple\\\"pie\", da=:w4ZibGV0w6ZydGU=:, c=?0;x, d"),
    FUZZ_SEED("a=(1 -2.5 tok/en @5 ?1), b=%\"%c3%bc\""),
    FUZZ_SEED("u=2, i"),
    FUZZ_SEED("-999999999999.125;a=*b:c"),
    FUZZ_SEED(":aGVsbG8:"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static edo_str str_of(const edo_buf *b) {
    return (edo_str){ b->ptr ? b->ptr : "", b->len };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    edo_str field = { n > 0 ? (const char *)data : "", n };
    for (edo_sfv_form form = EDO_SFV_ITEM; form <= EDO_SFV_DICT; form++) {
        edo_buf once = { 0 }, twice = { 0 };
        int err = sfv_through(form, field, &once);
        EDO_TEST_EQ(edo_sfv_check(form, field), err);
        if (err == 0) {
            EDO_TEST_OK(sfv_through(form, str_of(&once), &twice));
            EDO_TEST_TRUE(edo_str_equal(str_of(&once), str_of(&twice)));
        }
        edo_buf_deinit(&once);
        edo_buf_deinit(&twice);
    }
    return 0;
}
