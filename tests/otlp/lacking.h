/* SPDX-License-Identifier: MIT */
/* tests/otlp/lacking.h: what is exported while each allocation fails in turn. */
#ifndef EDO_TESTS_OTLP_LACKING_H
#define EDO_TESTS_OTLP_LACKING_H

#include "collector.h"
#include "fail_alloc.h"

#include <edo/edo.h>
#include <edo/log.h>

/* Each event is sent or counted as dropped, and the next one is sent. `retry_max`: for all attempts
 * of one; 0: as usual. */
static inline void lacking_tell(edo_duration retry_max) {
    collector c = { .mood = COLLECTOR_TAKES };
    edo_otlp *o = NULL;
    edo_otlp_stats s;
    collector_begin(&c);
    EDO_TEST_OK(edo_buf_reserve(&c.lines, 1 << 16)); // it has memory
    const edo_otlp_opts opts = {
        .endpoint = c.url, .ignore_env = true, .no_traces = true, .retry_max = retry_max
    };
    EDO_TEST_OK(edo_otlp_start(&o, &opts));
    fail_alloc_in = 1;
    edo_info("lost");
    CHECK_EQ(fail_alloc_in, 0);
    edo_info("there");
    EDO_TEST_OK(edo_otlp_flush(o, edo_s(10)));
    edo_otlp_get_stats(o, EDO_OTLP_LOGS, &s);
    CHECK(s.sent == 1 && s.dropped == 1);
    // what is sent without memory is dropped, and the next one is sent
    uint64_t dropped = 0;
    int k = 0;
    do {
        edo_otlp_get_stats(o, EDO_OTLP_LOGS, &s);
        dropped = s.dropped;
        edo_info("again");
        fail_alloc_in = ++k;
        (void)edo_otlp_flush(o, edo_s(10));
        fail_alloc_in = fail_alloc_in > 0 ? -1 : 0;
        edo_otlp_get_stats(o, EDO_OTLP_LOGS, &s);
        CHECK(s.sent + s.dropped == 2 + (uint64_t)k && s.waiting == 0);
    } while (fail_alloc_in == 0 || s.dropped > dropped);
    fail_alloc_in = 0;
    CHECK(k > 3);
    CHECK_EQ(edo_otlp_stop(o, edo_s(10)), 0);
    collector_end(&c);
}

#endif
