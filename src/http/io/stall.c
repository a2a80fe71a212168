/* SPDX-License-Identifier: MIT */
/* http/io/stall.c: see stall.h. */
#include "http/io/stall.h"

#include "base/assert.h"

#define SECOND_NS INT64_C(1000000000)
#define SECONDS_MAX                                                                                \
    (UINT64_C(1) << 31) /* bytes that are counted at once, and ahead: sums stay in 64 bits */

void edoi_stall_begin(edoi_stall *s, edo_duration limit, uint32_t rate_min, edo_duration grace) {
    s->limit = limit;
    s->grace = grace;
    s->rate_min = rate_min;
    s->is_set = false;
    s->bytes = 0;
    s->waited_ns = s->bought_ns = 0;
}

/* Returns the time that `n` bytes buy. */
static int64_t price_ns(uint64_t n, uint32_t rate) {
    uint64_t seconds = n / rate, rest = n % rate;
    if (seconds > SECONDS_MAX) seconds = SECONDS_MAX;
    return (int64_t)seconds * SECOND_NS + (int64_t)(rest * (uint64_t)SECOND_NS / rate);
}

edo_duration edoi_stall_left(edoi_stall *s) {
    if (s->rate_min == 0) return s->limit;
    s->bought_ns += price_ns(s->bytes, s->rate_min);
    s->bytes = 0;
    int64_t ahead = s->bought_ns - s->waited_ns;
    if (ahead > s->limit.ns) ahead = s->limit.ns;
    if (ahead > (int64_t)SECONDS_MAX * SECOND_NS) ahead = (int64_t)SECONDS_MAX * SECOND_NS;
    s->bought_ns = s->waited_ns + ahead;
    int64_t left = s->grace.ns - s->waited_ns;
    if (left < ahead) left = ahead;
    if (left > s->limit.ns) left = s->limit.ns;
    return (edo_duration){ left > 0 ? left : 0 };
}

void edoi_stall_spend(edoi_stall *s, edo_duration time) {
    s->waited_ns += time.ns;
}

bool edoi_stall_is_over(edoi_stall *s, edo_cx *cx) {
    if (!cx || (s->limit.ns == EDO_FOREVER_NS && s->rate_min == 0)) return false;
    if (!s->is_set) {
        (void)edo_sleep_init(&s->timer, edoi_stall_left(s));
        if (s->rate_min > 0) s->since = edo_now();
    }
    EDO_INV("stall inv. 1", !edo_future_is_over(&s->timer.base));
    s->is_set = edo_poll(&s->timer.base, cx) == EDO_PENDING;
    return !s->is_set;
}

void edoi_stall_end_wait(edoi_stall *s) {
    EDO_INV("stall inv. 1", s->is_set);
    edo_drop(&s->timer.base);
    s->is_set = false;
    if (s->rate_min > 0) edoi_stall_spend(s, edo_instant_since(edo_now(), s->since));
}
