/* SPDX-License-Identifier: MIT */
/* Goal: names of a recorder's file end, wherever it comes from.
 * Method: a small file by hand, whose texts fill their places. */
#include "recorder/read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void names_that_fill_their_places_end(void **state) {
    static char file[1024 + 256];
    const edoi_recorder_head head = { .magic = EDOI_RECORDER_MAGIC,
                                      .version = EDOI_RECORDER_VERSION,
                                      .order = EDOI_RECORDER_ORDER,
                                      .events_n = 4,
                                      .rings_n = 1,
                                      .sites_n = 2,
                                      .ticks_per_s = 1000000000,
                                      .sites_at = 320,
                                      .rings_at = 1024,
                                      .ring_bytes = 256 };
    edoi_recorder_ring ring = { .head = { 0 }, .whose = { EDOI_RECORDER_WORKER } };
    edoi_recorder_site site = { .at = { 7 } };
    edoi_recorder_reading r = { 0 };
    const char *why = NULL;
    (void)state;
    memset(ring.name, 'x', sizeof ring.name);
    memset(site.text, 'x', sizeof site.text);
    memcpy(file, &head, sizeof head);
    memcpy(file + head.sites_at, &site, sizeof site);
    memcpy(file + head.rings_at, &ring, sizeof ring);
    assert_int_equal(edoi_recorder_read(&r, file, sizeof file, &why), 0);
    assert_int_equal(r.rings_n, 1);
    assert_int_equal(strnlen(r.rings[0].name, sizeof ring.name), sizeof ring.name - 1);
    const char *text = edoi_recorder_reading_site(&r, 7);
    assert_non_null(text);
    assert_int_equal(strnlen(text, sizeof site.text), sizeof site.text - 1);
    edoi_recorder_reading_deinit(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_fill_their_places_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
