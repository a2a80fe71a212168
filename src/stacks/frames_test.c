/* SPDX-License-Identifier: MIT */
/* Goal: a place in the code has its function, file and line; without libdw, or while that hangs, it
 * has program and offset at once or after a bounded wait, with a command that finds the rest.
 * Method: frames.c, with a libdw that is missing or hangs. */
#include "stacks/libdw.h"

#include "base/atomic.h"

#include <errno.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "has_libdw.h"
#include "patience.h"

static void find(edoi_frame *out, uintptr_t at);

static void count_close(void);

#define edoi_libdw_find  find
#define edoi_libdw_close count_close
#include "stacks/frames.c"
#undef edoi_libdw_find
#undef edoi_libdw_close

static edo_atomic_u32 closes_n; /* atomic, relaxed: read when the thread has answered */

static void count_close(void) {
    (void)edoi_add_rlx_u32(&closes_n, 1);
    edoi_libdw_close();
}

static edo_atomic_u32 hangs; /* atomic, relaxed: libdw does not return before `goes_on` */
static sem_t goes_on;

static void find(edoi_frame *out, uintptr_t at) {
    if (edoi_load_rlx_u32(&hangs)) (void)sem_wait(&goes_on);
    edoi_libdw_find(out, at);
}

static void *called_from;

static EDOI_OPAQUE int note_caller(void) {
    called_from = (void *)(uintptr_t)EDOI_CALLER();
    return 0;
}

static void assert_told(int line) {
    char want[64], told[EDOI_FILE_MAX + 16];
    edoi_place_tell(told, sizeof told, called_from);
    (void)snprintf(want, sizeof want, "src/stacks/frames_test.c:%d", line);
    size_t n = strlen(told), want_n = strlen(want);
    if (n < want_n || strcmp(told + n - want_n, want) != 0) fail_msg("%s: not %s", told, want);
}

static void call_is_named_by_file_and_line(void **state) {
    (void)state;
    SKIP_WITHOUT_LIBDW();
    int line = __LINE__ + note_caller();
    assert_told(line);
    line = __LINE__ + note_caller();
    assert_told(line);
}

/* Debug information is opened once, also while a watchdog keeps the thread, and is closed then. */
static void places_of_one_report_are_found_in_one_go(void **state) {
    (void)state;
    SKIP_WITHOUT_LIBDW();
    char told[EDOI_FILE_MAX + 16];
    (void)note_caller();
    edoi_frames_keep_begin();
    edoi_store_rlx_u32(&closes_n, 0);
    edoi_frames_begin();
    for (int i = 0; i < 4; i++) edoi_place_tell(told, sizeof told, called_from);
    assert_int_equal(edoi_load_rlx_u32(&closes_n), 0);
    edoi_frames_end();
    assert_int_equal(edoi_load_rlx_u32(&closes_n), 1);
    edoi_frames_keep_end();
}

static void null_address_is_an_unknown_place(void **state) {
    (void)state;
    char told[64];
    edoi_place_tell(told, sizeof told, NULL);
    assert_string_equal(told, "an unknown place");
}

/* The text of the frames at `called_from`. */
static const char *print_it(edoi_frame *f) {
    static char text[2048];
    FILE *out = fmemopen(text, sizeof text, "w");
    assert_non_null(out);
    edoi_frames_begin();
    edoi_frames_find(f, &called_from, 1, false);
    edoi_frames_end();
    edoi_frames_print(out, f, 1);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void want_offset(const char *text, const edoi_frame *f) {
    char want[256], *at = want;
    at += snprintf(at, 128, "      #0  (%s+%#zx)\n", program_invocation_short_name,
                   (size_t)f->offset);
    (void)snprintf(at, 128, "      addr2line -Cfpe %s %#zx\n", program_invocation_short_name,
                   (size_t)f->offset);
    assert_string_equal(text, want);
}

static void without_libdw_program_offset_and_command_are_shown(void **state) {
    (void)state;
    edoi_frame f;
    (void)note_caller();
    edoi_frames_load();
    bool was_loaded = is_loaded;
    is_loaded = false;
    want_offset(print_it(&f), &f);
    is_loaded = was_loaded;
}

static void report_waits_for_a_bounded_time_and_the_next_one_not(void **state) {
    (void)state;
    SKIP_WITHOUT_LIBDW();
    edoi_frame f;
    (void)note_caller();
    assert_int_equal(sem_init(&goes_on, 0, 0), 0);
    edoi_store_rlx_u32(&hangs, 1);
    edoi_frames_begin();
    want_offset(print_it(&f), &f);                               // waits
    for (int i = 0; i < 100; i++) want_offset(print_it(&f), &f); // do not: the test would time out
    edoi_frames_end();
    edoi_store_rlx_u32(&hangs, 0);
    for (int i = 0; i < 2; i++) (void)sem_post(&goes_on);
    WAIT_FOR(phase_now() == NONE);
    assert_non_null(strstr(print_it(&f), " at ")); // names are back
    (void)sem_destroy(&goes_on);
}

static void report_after_one_that_hung_has_names_again(void **state) {
    (void)state;
    SKIP_WITHOUT_LIBDW();
    edoi_frame f;
    (void)note_caller();
    assert_int_equal(sem_init(&goes_on, 0, 0), 0);
    edoi_store_rlx_u32(&hangs, 1);
    edoi_frames_begin();
    want_offset(print_it(&f), &f);
    edoi_store_rlx_u32(&hangs, 0);
    for (int i = 0; i < 2; i++) (void)sem_post(&goes_on);
    WAIT_FOR(phase_now() == IDLE);
    assert_non_null(strstr(print_it(&f), "report_after_one_that_hung_has_names_again+"));
    edoi_frames_end();
    (void)sem_destroy(&goes_on);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(call_is_named_by_file_and_line),
        cmocka_unit_test(places_of_one_report_are_found_in_one_go),
        cmocka_unit_test(null_address_is_an_unknown_place),
        cmocka_unit_test(without_libdw_program_offset_and_command_are_shown),
        cmocka_unit_test(report_waits_for_a_bounded_time_and_the_next_one_not),
        cmocka_unit_test(report_after_one_that_hung_has_names_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
