/* SPDX-License-Identifier: MIT */
/* test/fail.c: failed checks: their message, and what ends the test. */
#include "base/error/trail.h"
#include "runtime/scope/ctx.h"
#include "runtime/worker/here.h"
#include "test/value.h"

#include <edo/test.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MESSAGE_MAX 1536

/* Only on the thread's own stack, outside its run loop: so its address need not be read anew. */
static EDOI_THREAD_LOCAL edo_test_fail_fn *on_failure;

void edo_test_on_failure(edo_test_fail_fn *fn) {
    on_failure = fn;
}

/* Without a line the place is edo's own. */
EDO_PRINTF(4, 0)
static void format_message(char *text, const char *file, int line, const char *format,
                           va_list values) {
    const char *task = edoi_task_name();
    int n = line ? snprintf(text, MESSAGE_MAX, "%s:%d: ", file, line)
                 : snprintf(text, MESSAGE_MAX, "%s: ", file);
    if (n > 0 && n < MESSAGE_MAX) {
        int more = vsnprintf(text + n, (size_t)(MESSAGE_MAX - n), format, values);
        n = more < 0 ? n : n + more;
    }
    if (task && n > 0 && n < MESSAGE_MAX)
        (void)snprintf(text + n, (size_t)(MESSAGE_MAX - n), " [task %s]", task);
}

/* May the stack be left here? Not a fiber's, nor that of a loop that polls. */
static bool may_leave(void) {
    return !edoi_worker_here() && !edoi_thread_here()->ctx.polling;
}

void edo_test_fail_at(const char *file, int line, const char *format, ...) {
    char text[MESSAGE_MAX];
    va_list values;
    va_start(values, format);
    format_message(text, file, line, format, values);
    va_end(values);
    if (on_failure && may_leave()) on_failure(file, line, text);
    (void)fprintf(stderr, "%s\n", text); // one call, so that other threads write their own lines
    abort();
}

const char *edoi_test_value(edoi_test_text *text, int64_t value) {
    const char *name = value < 0 && value >= INT32_MIN ? edo_error_name((int)value) : NULL;
    bool is_known = name && name[0] == 'E';
    (void)snprintf(text->bytes, sizeof text->bytes, "%" PRId64 "%s%s%s", value,
                   is_known ? " (" : "", is_known ? name : "", is_known ? ")" : "");
    return text->bytes;
}

void edoi_test_eq(int64_t is, int64_t want, const char *what, const char *file, int line) {
    edoi_test_text a, b;
    if (is == want) return;
    edo_test_fail_at(file, line, "%s is %s, not %s", what, edoi_test_value(&a, is),
                     edoi_test_value(&b, want));
}

void edoi_test_ok(int64_t result, const char *what, const char *file, int line) {
    edoi_test_text a;
    if (result >= 0) return;
    edo_test_fail_at(file, line, "%s is %s, a failure", what, edoi_test_value(&a, result));
}

void edoi_test_elapsed(edo_instant start, edo_duration want, const char *file, int line) {
    int64_t is_ns = edo_instant_since(edo_now(), start).ns;
    int64_t off_ns = edo_instant_since((edo_instant){ is_ns }, (edo_instant){ want.ns }).ns;
    if (off_ns > -1000000 && off_ns < 1000000) return;
    edo_test_fail_at(file, line, "%.3f ms have passed, not %.3f", (double)is_ns / 1e6,
                     (double)want.ns / 1e6);
}
