/* SPDX-License-Identifier: MIT */
/* Goal: what a collector says is read as OTLP has it, and what is no message says nothing.
 * Method: rows of bytes. */
#include "otlp/way/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ROW(text) .bytes = { "" text, sizeof(text) - 1 }

static void answers_are_read(void **state) {
    static const struct {
        const char *name;
        edo_str bytes;
        bool is_failure;
        int64_t after_ns;
        uint64_t rejected;
        const char *why;
    } rows[] = {
        { "all is taken", ROW(""), .after_ns = -1, .why = "" },
        { "one is rejected", ROW("\x0a\x08\x08\x01\x12\x04late"), .after_ns = -1, .rejected = 1,
          .why = "late" },
        { "a number below 0", ROW("\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
          .after_ns = -1, .why = "" },
        { "no message", ROW("<html>"), .after_ns = -1, .why = "" },
        { "a failure", ROW("\x08\x03\x12\x02no"), .is_failure = true, .after_ns = -1, .why = "no" },
        { "with a delay",
          ROW("\x08\x0e\x12\x05later\x1a\x30\x0a\x28type.googleapis.com/google.rpc.RetryInfo"
              "\x12\x04\x0a\x02\x08\x05"),
          .is_failure = true, .after_ns = 5000000000, .why = "later" },
        { "with another detail",
          ROW("\x12\x05later\x1a\x30\x0a\x28type.googleapis.com/google.rpc.RetryInfx"
              "\x12\x04\x0a\x02\x08\x05"),
          .is_failure = true, .after_ns = -1, .why = "later" },
        { "no failure", ROW("{}"), .is_failure = true, .after_ns = -1, .why = "" },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edoi_otlp_answer a = { .after = edo_ns(-1) };
        if (rows[i].is_failure)
            edoi_otlp_answer_read_failure(&a, rows[i].bytes);
        else
            edoi_otlp_answer_read(&a, rows[i].bytes);
        if (a.after.ns != rows[i].after_ns || a.rejected != rows[i].rejected ||
            strcmp(a.why, rows[i].why) != 0)
            fail_msg("%s: %lld, %llu, \"%s\"", rows[i].name, (long long)a.after.ns,
                     (unsigned long long)a.rejected, a.why);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(answers_are_read) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
