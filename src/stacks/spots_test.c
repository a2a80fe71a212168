/* SPDX-License-Identifier: MIT */
/* Goal: nobody waits for the line of a place; a place has one entry, however many stacks lead to
 * it; when the table is full the oldest entries go; what was not found is asked again; at the end
 * no thread is left.
 * Method: spots.c, with a search of our own, which is held, or finds nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/atomic.h"
#include "patience.h"
#include "stacks/frames.h"

#include <gnu/libc-version.h>
#include <semaphore.h>

static bool find(edoi_frame *out, void *const *pcs, size_t n, bool first_is_exact);
static void do_nothing(void) {}

#define edoi_frames_begin do_nothing
#define edoi_frames_end   do_nothing
#define edoi_frames_find  find
#include "stacks/spots.c"
#undef edoi_frames_find

static edo_atomic_u32 searches, holds, fails; /* atomic, relaxed: read when the thread rests */
static sem_t begun, goes_on;                  /* while it holds */

/* What is at a made-up address, or at one of libc. */
enum { EDOS = 0x100, PLACE = 0x10000, NAMELESS = 0x20000, OUTER = 0x30000, OUTER_END = 0x40000 };

static edoi_frame frame_at(uintptr_t at) {
    edoi_frame f = { .line = 7 };
    if (at < PLACE) f.is_ours = true;
    if (at >= PLACE && at < NAMELESS) f.line = (uint32_t)(at - PLACE);
    if (at >= NAMELESS && at < OUTER) {
        (void)snprintf(f.object, sizeof f.object, "stripped");
        f.offset = at - NAMELESS;
    } else {
        (void)snprintf(f.file, sizeof f.file, "/home/me/todo.c");
    }
    return f;
}

static bool find(edoi_frame *out, void *const *pcs, size_t n, bool first_is_exact) {
    assert_false(first_is_exact);
    (void)edoi_add_rlx_u32(&searches, 1);
    if (edoi_load_rlx_u32(&holds)) {
        (void)sem_post(&begun);
        while (sem_wait(&goes_on) != 0) continue;
    }
    for (size_t i = 0; i < n; i++) out[i] = frame_at((uintptr_t)pcs[i]);
    return !edoi_load_rlx_u32(&fails);
}

static bool rests(void) {
    edoi_mutex_acquire(&mutex);
    bool does = !is_there;
    edoi_mutex_release(&mutex);
    return does;
}

static int begin(void **state) {
    (void)state;
    memset(addresses, 0, sizeof addresses);
    memset(places, 0, sizeof places);
    edoi_store_rlx_u32(&searches, 0);
    return sem_init(&begun, 0, 0) || sem_init(&goes_on, 0, 0);
}

static int end(void **state) {
    (void)state;
    return sem_destroy(&begun) || sem_destroy(&goes_on);
}

static void hold(bool does) {
    edoi_store_rlx_u32(&holds, does);
    if (!does) (void)sem_post(&goes_on);
}

static char told[128];

/* What is told of the stack: edo's code, called at `pc`, called at `outer`. */
static const char *tell(uintptr_t pc, uintptr_t outer) {
    void *pcs[] = { (void *)EDOS, (void *)pc, (void *)outer };
    const void *spot = edoi_spot_of(pcs, EDO_COUNT(pcs));
    told[0] = '\0';
    if (spot) edoi_spot_tell(told, sizeof told, spot);
    return told;
}

/* As tell(), when the line is known. */
static const char *tell_known(uintptr_t pc, uintptr_t outer) {
    (void)tell(pc, outer);
    WAIT_FOR(rests());
    return tell(pc, outer);
}

static void nobody_waits_for_a_line(void **state) {
    (void)state;
    uintptr_t in_libc = (uintptr_t)&gnu_get_libc_version + 1; // no sanitizer has one of its own
    void *pcs[] = { (void *)in_libc };
    hold(true);
    edoi_spot_tell(told, sizeof told, edoi_spot_of(pcs, 1));
    assert_int_equal(sem_wait(&begun), 0); // the thread is at it
    const char *offset = strstr(told, "+0x");
    assert_true(offset && offset > told);
    assert_null(strstr(told, "todo.c"));
    edoi_spot_tell(told, sizeof told, edoi_spot_of(pcs, 1)); // meanwhile
    assert_non_null(strstr(told, "+0x"));
    hold(false);
    WAIT_FOR(rests());
    edoi_spot_tell(told, sizeof told, edoi_spot_of(pcs, 1));
    assert_string_equal(told, "todo.c:7");
    assert_int_equal(edoi_load_rlx_u32(&searches), 1);
}

static void address_that_may_be_edos_is_not_told_before_it_is_known(void **state) {
    (void)state;
    void *pcs[] = { (void *)((uintptr_t)&edoi_spot_of + 1) }; // this program has edo's code
    hold(true);
    edoi_spot_tell(told, sizeof told, edoi_spot_of(pcs, 1));
    assert_string_equal(told, "");
    assert_int_equal(sem_wait(&begun), 0);
    hold(false);
    WAIT_FOR(rests());
    edoi_spot_tell(told, sizeof told, edoi_spot_of(pcs, 1));
    assert_string_equal(told, "todo.c:7");
}

static void all_ways_to_a_place_are_one_entry(void **state) {
    (void)state;
    assert_string_equal(tell_known(PLACE + 12, OUTER), "todo.c:12");
    for (uintptr_t i = 1; i < 4 * PLACES_MAX; i++)
        assert_string_equal(tell(PLACE + 12, OUTER + i), "todo.c:12");
    assert_int_equal(edoi_load_rlx_u32(&searches), 1);
    assert_string_equal(tell_known(PLACE + 13, OUTER), "todo.c:13");
}

static void place_without_a_line_is_told_by_program_and_offset(void **state) {
    (void)state;
    assert_string_equal(tell_known(NAMELESS + 16, NAMELESS + 32), "stripped+0x10");
    assert_string_equal(tell_known(NAMELESS + 16, PLACE + 5), "todo.c:5"); // rather the program's
    assert_string_equal(tell_known(EDOS + 1, EDOS + 2), "");
}

static void full_table_forgets_the_oldest(void **state) {
    (void)state;
    char want[32];
    for (uintptr_t i = 0; i < PLACES_MAX + 8; i++) {
        (void)snprintf(want, sizeof want, "todo.c:%zu", (size_t)i);
        assert_string_equal(tell_known(PLACE + i, OUTER), want);
    }
    assert_null(place_at((void *)PLACE));
    assert_non_null(place_at((void *)(PLACE + 20)));
    assert_string_equal(tell_known(PLACE, OUTER), "todo.c:0"); // it comes back
}

static void stacks_beyond_the_queue_are_found_when_they_come_again(void **state) {
    (void)state;
    hold(true);
    (void)tell(PLACE, OUTER);
    assert_int_equal(sem_wait(&begun), 0);
    for (uintptr_t i = 1; i <= 2 * ASKED_MAX; i++)
        for (int twice = 0; twice < 2; twice++) (void)tell(PLACE + i, OUTER);
    assert_int_equal(asked_n, ASKED_MAX);
    hold(false);
    WAIT_FOR(rests());
    assert_int_equal(edoi_load_rlx_u32(&searches), ASKED_MAX); // that one is in the queue, too
    assert_string_equal(tell(PLACE + ASKED_MAX - 1, OUTER), "todo.c:7");
    assert_string_equal(tell_known(PLACE + 2 * ASKED_MAX, OUTER), "todo.c:16");
}

static void what_was_not_found_in_time_is_asked_again(void **state) {
    (void)state;
    edoi_store_rlx_u32(&fails, 1);
    assert_string_equal(tell_known(PLACE + 3, OUTER), "");
    WAIT_FOR(rests());
    edoi_store_rlx_u32(&fails, 0);
    assert_string_equal(tell_known(PLACE + 3, OUTER), "todo.c:3");
}

static void end_waits_for_the_search_that_has_begun_alone(void **state) {
    (void)state;
    hold(true);
    (void)tell(PLACE + 1, OUTER);
    assert_int_equal(sem_wait(&begun), 0);
    (void)tell(PLACE + 2, OUTER);
    edoi_spots_stop(0); // no longer than it may
    assert_false(rests());
    hold(false);
    edoi_spots_stop(INT64_MAX);
    assert_true(rests());
    assert_int_equal(edoi_load_rlx_u32(&searches), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_waits_for_a_line, begin, end),
        cmocka_unit_test_setup_teardown(address_that_may_be_edos_is_not_told_before_it_is_known,
                                        begin, end),
        cmocka_unit_test_setup_teardown(all_ways_to_a_place_are_one_entry, begin, end),
        cmocka_unit_test_setup_teardown(place_without_a_line_is_told_by_program_and_offset, begin,
                                        end),
        cmocka_unit_test_setup_teardown(full_table_forgets_the_oldest, begin, end),
        cmocka_unit_test_setup_teardown(stacks_beyond_the_queue_are_found_when_they_come_again,
                                        begin, end),
        cmocka_unit_test_setup_teardown(what_was_not_found_in_time_is_asked_again, begin, end),
        cmocka_unit_test_setup_teardown(end_waits_for_the_search_that_has_begun_alone, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
