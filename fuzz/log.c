/* SPDX-License-Identifier: MIT */
/* fuzz/log.c: what a log reads from outside: filters, and the step of a trace. Properties: a filter
 * that is refused names a part of itself; one that is taken lets an event pass in spans only if it
 * was not refused for all; a step that is read is written as one that is read to the same. */
#include "fuzz.h"

#include "log/filter.h"
#include "log/span/traceparent.h"

#include <edo/test.h>

#include <string.h>

#define PARENT "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("info,chat.room=debug,edo=warn"),
    FUZZ_SEED("warn,shop[place{customer=7}]=trace,[a{b=\"c,d\"}],x[]=off"),
    FUZZ_SEED("error,,=,a=b=c,[,],[{}],5"),
    FUZZ_SEED(PARENT),
    FUZZ_SEED("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff-more"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static void check_filter(edo_str text) {
    edoi_filter filter;
    const char *bad = NULL;
    size_t bad_n = 0;
    int err = edoi_filter_parse(&filter, text, &bad, &bad_n);
    EDO_TEST_TRUE(err == 0 || (bad >= text.ptr && bad_n > 0 && bad + bad_n <= text.ptr + text.len));
    EDO_TEST_TRUE(filter.targets_n <= EDOI_FILTER_TARGETS_MAX);
    EDO_TEST_TRUE(filter.spans_n <= EDOI_FILTER_SPANS_MAX);
    char printed[EDOI_FILTER_TEXT_MAX];
    edoi_filter again;
    const edo_str same = { printed, edoi_filter_print(&filter, printed) };
    EDO_TEST_EQ(edoi_filter_parse(&again, same, &bad, &bad_n), 0);
    EDO_TEST_TRUE(memcmp(&filter, &again, sizeof filter) == 0);
    edo_level most = edoi_filter_level_max(&filter);
    for (int level = EDO_LEVEL_ERROR; level <= (int)EDO_LEVEL_TRACE; level++) {
        const edoi_filter_asked asked = { (edo_level)level, EDO_STR("shop"), NULL };
        bool may_pass = edoi_filter_ask(&filter, &asked) != EDOI_FILTER_NO;
        EDO_TEST_TRUE(!may_pass || level <= (int)most);
    }
}

static void check_step(edo_str text) {
    edoi_span_id id, again;
    char written[EDO_TRACEPARENT_BYTES];
    if (!edoi_traceparent_parse(&id, text)) return;
    edoi_traceparent_print(written, &id);
    EDO_TEST_TRUE(edoi_traceparent_parse(&again, edo_str_of(written)));
    EDO_TEST_TRUE(memcmp(id.trace, again.trace, sizeof id.trace) == 0);
    EDO_TEST_TRUE(memcmp(id.id, again.id, sizeof id.id) == 0);
    EDO_TEST_TRUE(id.is_sampled == again.is_sampled);
    EDO_TEST_TRUE(memcmp(text.ptr + 3, written + 3, 49) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    const edo_str text = { (const char *)data, n };
    check_filter(text);
    check_step(text);
    return 0;
}
