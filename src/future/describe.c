/* SPDX-License-Identifier: MIT */
/* future/describe.c: see describe.h. */
#include "future/describe.h"

#include "locks/holders.h"

#include <edo/async.h>
#include <edo/time.h>

#define DEPTH_MAX 4u /* nesting of futures */
#define TOLD_MAX  4u /* members of a select or join that are named */

struct edo_description {
    edoi_text *text;
    int64_t now_ns; /* negative: unknown */
    uint32_t depth;
};

void edo_describe_text(edo_description *to, const char *format, ...) {
    va_list args;
    va_start(args, format);
    edoi_text_add_v(to->text, format, args);
    va_end(args);
}

void edo_describe_future(edo_description *to, const edo_future *f) {
    edoi_text_add(to->text, "%s", f->ops->name);
    if (!f->ops->describe || to->depth == DEPTH_MAX || edo_future_is_over(f)) return;
    edo_description inside = { to->text, to->now_ns, to->depth + 1 };
    f->ops->describe(f, &inside);
}

void edoi_describe(edoi_text *text, const edo_future *f, int64_t now_ns) {
    edo_describe_future(&(edo_description){ text, now_ns, 0 }, f);
}

void edoi_describe_due(edo_description *to, const char *what, int64_t at_ns) {
    if (to->now_ns < 0) return;
    edo_instant now = { to->now_ns }, at = { at_ns };
    bool is_over = at_ns <= to->now_ns;
    edo_duration away = is_over ? edo_instant_since(now, at) : edo_instant_since(at, now);
    edoi_text_add(to->text, "%s %s", what, is_over ? "" : "in ");
    edoi_text_add_time(to->text, away.ns);
    if (is_over) edoi_text_add(to->text, " ago");
}

void edoi_describe_lock(edo_description *to, const void *lock) {
    edoi_text_add(to->text, " of %p", lock);
    edoi_holders_tell(to->text, lock);
}

void edoi_describe_all(edo_description *to, edo_future *const *futures, size_t n) {
    uint32_t told = 0;
    for (size_t i = 0; i < n; i++) {
        if (!futures[i] || edo_future_is_over(futures[i])) continue;
        if (told == TOLD_MAX) {
            edoi_text_add(to->text, ", ...");
            return;
        }
        edoi_text_add(to->text, told++ ? ", " : " of ");
        edo_describe_future(to, futures[i]);
    }
}

/* The position in the body of an EDO_ASYNC: its step is the line of the await. */
void edoi_async_describe(const edo_future *f, edo_description *to) {
    uint32_t line = edo_future_step(f);
    if (line == 0) return;
    edoi_text_add(to->text, " at line %u: ", (unsigned)line);
    edo_future *frame = (edo_future *)(uintptr_t)f;
    edo_describe_future(to, edoi_async_awaited(frame, f->own & 1));
}
