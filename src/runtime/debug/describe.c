/* SPDX-License-Identifier: MIT */
/* runtime/debug/describe.c: see describe.h. Futures of higher layers are recognised by name and
 * size: the program's own future of the same name and size would be described wrongly, which is
 * harmless unless its fields hold bad pointers. */
#include "runtime/debug/describe.h"

#include "runtime/task/task.h"

#include <edo/async.h>
#include <edo/future_set.h>
#include <edo/time.h>

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define DEPTH_MAX    4u /* nesting of futures */
#define BRANCHES_MAX 4u /* named members of a select or join */

void edoi_text_add(edoi_text *text, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text->at + text->n, sizeof text->at - text->n, format, args);
    va_end(args);
    if (n > 0) text->n += (size_t)n;
    if (text->n >= sizeof text->at) text->n = sizeof text->at - 1;
}

void edoi_text_add_time(edoi_text *text, int64_t ns) {
    if (ns < INT64_C(10000000000)) {
        edoi_text_add(text, "%" PRId64 " ms", ns / 1000000);
    } else {
        edoi_text_add(text, "%" PRId64 " s", ns / 1000000000);
    }
}

static bool is_a(const edo_future *f, const char *name, size_t bytes) {
    return f->ops->size == bytes && strcmp(f->ops->name, name) == 0;
}

static void tell(edoi_text *text, const edo_future *f, int64_t now_ns, uint32_t depth);

static void tell_due(edoi_text *text, const char *what, const edo_sleep_future *f, int64_t now_ns) {
    if (now_ns < 0 || edo_future_step(&f->base) == 0) return; // fresh: `at_ns` may be a duration
    bool is_over = f->at_ns <= now_ns;
    edoi_text_add(text, "%s %s", what, is_over ? "" : "in ");
    edoi_text_add_time(text, is_over ? now_ns - f->at_ns : f->at_ns - now_ns);
    if (is_over) edoi_text_add(text, " ago");
}

static void tell_branches(edoi_text *text, edo_future *const *futures, uint32_t n, int64_t now_ns,
                          uint32_t depth) {
    uint32_t told = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!futures[i] || edo_future_is_over(futures[i])) continue;
        if (told == BRANCHES_MAX) {
            edoi_text_add(text, ", ...");
            return;
        }
        edoi_text_add(text, told++ ? ", " : " of ");
        tell(text, futures[i], now_ns, depth);
    }
}

/* Describes the body of an EDO_ASYNC, whose step and result tell its position. */
static void tell_frame(edoi_text *text, edo_future *f, int64_t now_ns, uint32_t depth) {
    uint32_t line = edo_future_step(f);
    if (line == 0 || edo_future_is_over(f)) return;
    edoi_text_add(text, " at line %u: ", (unsigned)line);
    tell(text, edoi_async_awaited(f, f->result & 1), now_ns, depth);
}

static void tell(edoi_text *text, const edo_future *f, int64_t now_ns, uint32_t depth) {
    edo_future *whole = (edo_future *)(uintptr_t)f;
    edoi_text_add(text, "%s", f->ops->name);
    if (depth == DEPTH_MAX) return;
    if (f->ops->flags & EDO_FUTURE_ASYNC) {
        tell_frame(text, whole, now_ns, depth + 1);
    } else if (is_a(f, "edo_sleep", sizeof(edo_sleep_future))) {
        tell_due(text, ", due", (const edo_sleep_future *)(void *)whole, now_ns);
    } else if (is_a(f, "edo_timeout", sizeof(edo_timeout_future))) {
        const edo_timeout_future *t = (const edo_timeout_future *)(void *)whole;
        edoi_text_add(text, " of ");
        tell(text, t->inner, now_ns, depth + 1);
        tell_due(text, ", over", &t->limit, now_ns);
    } else if (is_a(f, "edo_select", sizeof(edo_select_future))) {
        const edo_select_future *s = (const edo_select_future *)(void *)whole;
        tell_branches(text, s->futures, s->n, now_ns, depth + 1);
    } else if (is_a(f, "edo_join", sizeof(edo_join_future))) {
        const edo_join_future *j = (const edo_join_future *)(void *)whole;
        tell_branches(text, j->futures, j->n, now_ns, depth + 1);
    } else if (is_a(f, "edo_future_set_next", sizeof(edo_future_set_next_future))) {
        const edo_future_set *set = ((const edo_future_set_next_future *)(void *)whole)->set;
        edoi_text_add(text, " of %zu", set->len);
    } else if (is_a(f, "edo_task_join", sizeof(edo_task_join_future))) {
        const edo_task *t = ((const edo_task_join_future *)(void *)whole)->task;
        if (t) edoi_text_add(text, " of %s", edoi_task_seen_site(t));
    }
}

void edoi_describe_future(edoi_text *text, const edo_future *f, int64_t now_ns) {
    tell(text, f, now_ns, 0);
}
