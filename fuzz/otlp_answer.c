/* SPDX-License-Identifier: MIT */
/* fuzz/otlp_answer.c: what a collector of OpenTelemetry says to a request: that it was taken, with
 * a partial success, or a google.rpc.Status, perhaps with a RetryInfo. Properties: a delay is none,
 * or at most a day; what is said ends within its room; each is read the same twice. */
#include "fuzz.h"

#include "otlp/way/answer.h"

#include <edo/test.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("\x0a\x08\x08\x01\x12\x04"
              "late"),
    FUZZ_SEED("\x08\x0e\x12\x05later\x1a\x30\x0a\x28type.googleapis.com/google.rpc.RetryInfo"
              "\x12\x04\x0a\x02\x08\x05"),
    FUZZ_SEED("\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
    FUZZ_SEED(""),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static edoi_otlp_answer read_it(edo_str body, bool is_failure) {
    edoi_otlp_answer a = { .after = edo_ns(-1) };
    if (is_failure)
        edoi_otlp_answer_read_failure(&a, body);
    else
        edoi_otlp_answer_read(&a, body);
    return a;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    const edo_str body = { (const char *)data, n };
    for (int is_failure = 0; is_failure < 2; is_failure++) {
        edoi_otlp_answer a = read_it(body, is_failure), again = read_it(body, is_failure);
        EDO_TEST_TRUE(a.after.ns >= -1 && a.after.ns <= edo_s(86401).ns);
        EDO_TEST_TRUE(a.after.ns == again.after.ns && a.rejected == again.rejected);
        EDO_TEST_TRUE(strnlen(a.why, sizeof a.why) < sizeof a.why);
        EDO_TEST_TRUE(strcmp(a.why, again.why) == 0);
        EDO_TEST_TRUE(a.verdict == EDOI_OTLP_TAKEN);
    }
    return 0;
}
