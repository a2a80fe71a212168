/* SPDX-License-Identifier: MIT */
/* Goal: the table of bytes is the grammar of RFC 9110 and RFC 3986.
 * Method: all 256 bytes, by the sets as the RFCs spell them. */
#include "http/types/bytes_of.h"

#include <edo/test.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ALPHA "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

static bool has(const char *set, int c) {
    return c != 0 && strchr(set, c) != NULL;
}

static void the_table_is_the_grammar(void **state) {
    (void)state;
    for (int c = 0; c < 256; c++) {
        bool unreserved = has(ALPHA DIGIT "-._~", c), sub = has("!$&'()*+,;=", c);
        char byte = (char)c;
        EDO_TEST_EQ(edoi_byte_is(byte, EDOI_BYTE_TOKEN), has("!#$%&'*+-.^_`|~" ALPHA DIGIT, c));
        EDO_TEST_EQ(edoi_byte_is(byte, EDOI_BYTE_VALUE), c == '\t' || (c >= 0x20 && c != 0x7f));
        EDO_TEST_EQ(edoi_byte_is(byte, EDOI_BYTE_DIGIT), has(DIGIT, c));
        EDO_TEST_EQ(edoi_byte_is(byte, EDOI_BYTE_HEX), has(DIGIT "abcdefABCDEF", c));
        EDO_TEST_EQ(edoi_byte_is(byte, EDOI_BYTE_URI), unreserved || sub || has(":@", c));
        EDO_TEST_EQ(edoi_byte_is(byte, EDOI_BYTE_NAME), unreserved || sub);
        EDO_TEST_EQ(edoi_byte_is(byte, EDOI_BYTE_PLAIN), unreserved);
        EDO_TEST_EQ(edoi_byte_is(byte, EDOI_BYTE_DELIM), has(":/?#[]@", c));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_the_grammar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
