/* SPDX-License-Identifier: MIT */
/* Goal: the file and line of an instruction are found; and no damaged file does harm.
 * Method: return addresses of this program; then its own image with bytes changed at random. */
#include "base/symbols/frames.h"
#include "base/symbols/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const void *called_from;

static EDOI_OPAQUE int note_caller(void) {
    called_from = EDOI_CALLER();
    return 0;
}

static void assert_told(int line) {
    char want[64], place[EDOI_LINE_FILE_MAX + 16];
    edoi_place_tell(place, sizeof place, called_from);
    (void)snprintf(want, sizeof want, "src/base/symbols/lines_test.c:%d", line);
    size_t n = strlen(place), want_n = strlen(want);
    if (n < want_n || strcmp(place + n - want_n, want) != 0) fail_msg("%s: not %s", place, want);
}

static void call_is_named_by_file_and_line(void **state) {
    (void)state;
    int line = __LINE__ + note_caller();
    assert_told(line);
    line = __LINE__ + note_caller();
    assert_told(line);
}

static void null_address_is_an_unknown_place(void **state) {
    (void)state;
    char place[64];
    edoi_place_tell(place, sizeof place, NULL);
    assert_string_equal(place, "an unknown place");
}

/* A copy of this program in memory that ends where the file ends. */
static edoi_image copy_of_self(void) {
    edoi_image self;
    assert_true(edoi_image_map(&self, "/proc/self/exe"));
    char *at = malloc(self.bytes);
    assert_non_null(at);
    memcpy(at, self.at, self.bytes);
    edoi_image copy = { at, self.bytes };
    edoi_image_unmap(&self);
    return copy;
}

static void a_damaged_table_does_no_harm(void **state) {
    (void)state;
    enum { ROUNDS = 60, CHANGES = 40 };
    uint64_t random = 1;
    edoi_image copy = copy_of_self();
    edoi_section table = edoi_image_find(&copy, ".debug_line");
    if (!table.at) skip(); // built without debug information
    char *bytes = malloc(table.bytes);
    assert_non_null(bytes);
    memcpy(bytes, table.at, table.bytes);
    for (int round = 0; round < ROUNDS; round++) {
        char *damaged = (char *)(uintptr_t)table.at;
        memcpy(damaged, bytes, table.bytes);
        for (int i = 0; i < CHANGES; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            damaged[(random >> 33) % (round % 2 ? table.bytes : 400)] = (char)(random >> 20);
        }
        edoi_source_line line;
        edoi_source_line_find(&line, &copy, (uintptr_t)round * 4096);
        assert_true(strlen(line.file) < sizeof line.file);
    }
    free(bytes);
    free((void *)(uintptr_t)copy.at);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(call_is_named_by_file_and_line),
        cmocka_unit_test(null_address_is_an_unknown_place),
        cmocka_unit_test(a_damaged_table_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
