/* SPDX-License-Identifier: MIT */
/* Goal: all sets of functions find the same ends, and read nothing behind the end.
 * Method: each byte value at each place of blocks of several lengths, at the very end of memory
 * from malloc, which the address sanitizer knows; then random bytes. */
#include "http/h1/scan.h"

#include <edo/test.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES_MAX 100

static void check(const char *p, const char *end) {
    const edoi_scan *all[EDOI_SCANS_MAX];
    size_t n = edoi_scans(all);
    EDO_TEST_TRUE(n >= 1 && all[n - 1] == edoi_scan_best());
    for (size_t i = 0; i < n; i++) {
        EDO_TEST_TRUE(all[i]->line_end(p, end) == edoi_line_end_scalar(p, end));
        EDO_TEST_TRUE(all[i]->token_end(p, end) == edoi_token_end_scalar(p, end));
        EDO_TEST_TRUE(all[i]->target_end(p, end) == edoi_target_end_scalar(p, end));
    }
}

static void every_byte_at_every_place_ends_what_it_should(void **state) {
    (void)state;
    for (size_t n = 0; n <= BYTES_MAX; n += n < 40 ? 1 : 7) {
        char *bytes = malloc(n ? n : 1);
        EDO_TEST_TRUE(bytes);
        memset(bytes, 'a', n);
        check(bytes, bytes + n);
        EDO_TEST_TRUE(edoi_scan_best()->line_end(bytes, bytes + n) == bytes + n);
        for (size_t at = 0; at < n; at++) {
            for (int c = 0; c < 256; c++) {
                bytes[at] = (char)c;
                check(bytes, bytes + n);
            }
            bytes[at] = 'a';
        }
        free(bytes);
    }
}

static void random_bytes_end_where_the_plain_functions_say(void **state) {
    (void)state;
    uint32_t random = 7;
    for (int round = 0; round < 3000; round++) {
        char bytes[BYTES_MAX];
        for (size_t i = 0; i < BYTES_MAX; i++) {
            random = random * 1664525u + 1013904223u;
            // Mostly letters, else every end would be near.
            bytes[i] = (char)(random >> 30 ? 'a' + (random >> 24) % 26 : random >> 16);
        }
        size_t from = (size_t)round % 40;
        check(bytes + from, bytes + BYTES_MAX);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_at_every_place_ends_what_it_should),
        cmocka_unit_test(random_bytes_end_where_the_plain_functions_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
