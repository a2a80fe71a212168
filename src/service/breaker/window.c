/* SPDX-License-Identifier: MIT */
/* service/breaker/window.c: a sliding window in a ring. */
#include "service/breaker/window.h"

#include "base/assert.h"

#include <string.h>

#define SECOND_NS INT64_C(1000000000)

size_t edoi_window_bytes(uint32_t size, bool is_by_time) {
    return (size_t)size * (is_by_time ? sizeof(edoi_window_sum) : sizeof(uint8_t));
}

void edoi_window_init(edoi_window *w, void *memory, uint32_t size, bool is_by_time) {
    *w = (edoi_window){ .size = size };
    if (is_by_time)
        w->seconds = memory;
    else
        w->marks = memory;
    edoi_window_clear(w);
}

void edoi_window_clear(edoi_window *w) {
    if (w->marks) memset(w->marks, 0, edoi_window_bytes(w->size, false));
    if (w->seconds) memset(w->seconds, 0, edoi_window_bytes(w->size, true));
    w->at = 0;
    w->sum = (edoi_window_sum){ 0 };
}

static void window_sum_add(edoi_window_sum *sum, unsigned marks) {
    sum->calls += (marks & EDOI_WINDOW_CALL) != 0;
    sum->failed += (marks & EDOI_WINDOW_FAILED) != 0;
    sum->slow += (marks & EDOI_WINDOW_SLOW) != 0;
}

static void window_sum_subtract(edoi_window_sum *sum, const edoi_window_sum *by) {
    sum->calls -= by->calls;
    sum->failed -= by->failed;
    sum->slow -= by->slow;
}

void edoi_window_advance(edoi_window *w, int64_t now_ns) {
    int64_t second = now_ns / SECOND_NS;
    if (!w->seconds) return;
    if (second - w->second >= w->size) { // all are too old
        edoi_window_clear(w);
        w->second = second;
    }
    while (w->second < second) {
        edoi_window_sum *oldest = &w->seconds[++w->second % w->size];
        window_sum_subtract(&w->sum, oldest);
        *oldest = (edoi_window_sum){ 0 };
    }
}

void edoi_window_add(edoi_window *w, int64_t now_ns, unsigned marks) {
    if (w->seconds) {
        edoi_window_advance(w, now_ns);
        window_sum_add(&w->seconds[w->second % w->size], marks);
    } else {
        edoi_window_sum oldest = { 0 };
        window_sum_add(&oldest, w->marks[w->at]);
        window_sum_subtract(&w->sum, &oldest);
        w->marks[w->at] = (uint8_t)marks;
        if (++w->at == w->size) w->at = 0;
    }
    window_sum_add(&w->sum, marks);
}

void edoi_window_check(const edoi_window *w) {
    edoi_window_sum sum = { 0 };
    for (uint32_t i = 0; i < w->size; i++) {
        if (w->marks) {
            window_sum_add(&sum, w->marks[i]);
        } else {
            sum.calls += w->seconds[i].calls;
            sum.failed += w->seconds[i].failed;
            sum.slow += w->seconds[i].slow;
        }
    }
    EDO_INV("window inv. 1",
            sum.calls == w->sum.calls && sum.failed == w->sum.failed && sum.slow == w->sum.slow);
}
