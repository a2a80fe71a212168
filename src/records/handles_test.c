/* SPDX-License-Identifier: MIT */
/* Goal: a use of a handle after its last share is misuse, until its address is reused; memory stays
 * in quarantine within bounds for blocks and bytes, the oldest leaving first; a report names the
 * maker and where the handle was given up.
 * Method: handles that are only addresses. */
#include "records/handles.h"

#include <string.h>
#include <time.h>

#include "has_libdw.h"
#include "last_words.h"

#if EDOI_REMEMBERS

static char places[EDOI_GONE_MAX + 2][16] EDOI_ALIGNED(16);
static uint32_t given_back_n;
static void *given_back;

static void take_back(void *memory, size_t bytes) {
    assert_true(bytes > 0);
    given_back = memory;
    given_back_n++;
}

static EDOI_NOINLINE void give_up(void *at) {
    edoi_handle_given_up(EDOI_STREAM, at, EDOI_CALLER());
}

static void a_handle_is_good_until_its_last_share_goes(void **state) {
    (void)state;
    char *at = places[0];
    EDOI_ENTERS(EDOI_STREAM, at); // unknown
    edoi_handle_made(EDOI_STREAM, at, "me", NULL);
    assert_ptr_equal(edoi_handle_shared(EDOI_STREAM, at), at);
    give_up(at);
    EDOI_ENTERS(EDOI_STREAM, at);
    give_up(at);
    EDOI_ENTERS(EDOI_LISTENER, at); // another kind
    edoi_handle_made(EDOI_STREAM, at, "me", NULL);
    EDOI_ENTERS(EDOI_STREAM, at);
    give_up(at);
}

static void sharing_a_given_up_handle_makes_it_good_again(void **state) {
    (void)state;
    char *at = places[0];
    edoi_handle_made(EDOI_STREAM, at, "me", NULL);
    give_up(at); // meanwhile a weak holder takes a share
    edoi_handle_shared(EDOI_STREAM, at);
    EDOI_ENTERS(EDOI_STREAM, at);
    give_up(at);
    edoi_handle_mark_ended(EDOI_STREAM, at);
    edoi_handle_made(EDOI_STREAM, at, "another", NULL); // at the same address
    EDOI_ENTERS(EDOI_STREAM, at);
    give_up(at);
}

/* As a stream that lies in another object. */
static void use_without_a_record(void *at) {
    for (int i = 0; i < 2; i++) {
        EDOI_ENTERS(EDOI_STREAM, at);
        give_up(at);
    }
}

static void the_record_of_memory_that_does_not_rest_is_gone(void **state) {
    (void)state;
    char *at = places[0];
    edoi_handle_made(EDOI_STREAM, at, "me", NULL);
    give_up(at);
    assert_false(edoi_handle_keep(EDOI_STREAM, at, at, EDOI_GONE_BYTES_MAX + 1, take_back));
    use_without_a_record(at);
    edoi_handle_made(EDOI_STREAM, at, "me", NULL);
    give_up(at);
    edoi_handle_mark_ended(EDOI_STREAM, at);
    use_without_a_record(at);
}

static void the_record_of_an_object_that_ended_while_open_is_gone(void **state) {
    (void)state;
    char *at = places[0], runtime = 0;
    edoi_handle_made(EDOI_STREAM, at, "me", &runtime);
    assert_false(edoi_handle_keep(EDOI_STREAM, at, at, 7, take_back));
    use_without_a_record(at);
}

/* Gives up the handle `places[i]` with `bytes` bytes of memory; true: they go to quarantine. */
static bool rests(uint32_t i, size_t bytes) {
    edoi_handle_made(EDOI_TASK, places[i], "me", NULL);
    edoi_handle_given_up(EDOI_TASK, places[i], NULL);
    return edoi_handle_keep(EDOI_TASK, places[i], places[i], bytes, take_back);
}

/* Other handles replace everything in quarantine. */
static void begin_anew(void) {
    for (uint32_t i = 0; i < EDOI_GONE_MAX; i++) {
        edoi_handle_made(EDOI_SIGNAL, places[i], "me", NULL);
        edoi_handle_given_up(EDOI_SIGNAL, places[i], NULL);
    }
    given_back_n = 0;
}

static void quarantine_is_bounded_in_handles(void **state) {
    (void)state;
    begin_anew();
    for (uint32_t i = 0; i < EDO_COUNT(places); i++) assert_true(rests(i, 7));
    assert_int_equal(given_back_n, EDO_COUNT(places) - EDOI_GONE_MAX); // the first ones
    assert_ptr_equal(given_back, places[EDO_COUNT(places) - EDOI_GONE_MAX - 1]);
    begin_anew();
    assert_false(rests(0, EDOI_GONE_BYTES_MAX + 1));
}

static void quarantine_is_bounded_in_bytes(void **state) {
    (void)state;
    begin_anew();
    for (uint32_t i = 0; i < 4; i++) assert_true(rests(i, EDOI_GONE_BYTES_MAX / 4));
    assert_int_equal(given_back_n, 0);
    assert_true(rests(4, EDOI_GONE_BYTES_MAX / 4));
    assert_int_equal(given_back_n, 1);
    assert_ptr_equal(given_back, places[0]);
    assert_true(rests(5, EDOI_GONE_BYTES_MAX)); // displaces all others
    assert_int_equal(given_back_n, 5);
    begin_anew();
}

static int use_late(void *arg) {
    (void)arg;
    edoi_handle_made(EDOI_SIGNAL, places[0], "the maker", NULL);
    edoi_handle_given_up(EDOI_SIGNAL, places[0], NULL);
    EDOI_ENTERS(EDOI_SIGNAL, places[0]);
    return 0;
}

static int use_after_give_up(void *arg) {
    (void)arg;
    edoi_handle_made(EDOI_STREAM, places[0], NULL, NULL);
    give_up(places[0]);
    EDOI_ENTERS(EDOI_STREAM, places[0]);
    return 0;
}

static EDOI_NOINLINE void make(void *at) {
    edoi_handle_made_here(EDOI_SLAB, at, EDOI_CALLER());
}

enum { MAKING_LINE = __LINE__ + 3 };
static int use_what_has_a_place(void *arg) {
    (void)arg;
    make(places[0]);
    edoi_handle_given_up(EDOI_SLAB, places[0], NULL);
    EDOI_ENTERS(EDOI_SLAB, places[0]);
    return 0;
}

static void a_report_names_the_call_that_made_it(void **state) {
    (void)state;
    SKIP_WITHOUT_LIBDW();
    char said[8192], line[64];
    assert_true(is_abort(last_words(use_what_has_a_place, NULL, said, sizeof said)));
    (void)snprintf(line, sizeof line, "handles_test.c:%d was given up at ", MAKING_LINE);
    const char *at = strstr(said, "edo: the slab made at ");
    const char *place = strstr(said, line);
    assert_true(at && place && at < place && place < strchr(at, '\n'));
}

static void a_report_names_maker_and_place(void **state) {
    (void)state;
    SKIP_WITHOUT_LIBDW();
    char said[8192];
    assert_true(is_abort(last_words(use_late, NULL, said, sizeof said)));
    assert_non_null(strstr(
        said, "edo: the signal of the maker was given up at an unknown place\nedo: misuse in "));
    assert_true(is_abort(last_words(use_after_give_up, NULL, said, sizeof said)));
    const char *line = strstr(said, "edo: the stream of no task was given up at ");
    const char *place = line ? strstr(line, "src/records/handles_test.c:") : NULL;
    assert_true(place && place < strchr(line, '\n')); // the report's own place is on the next line
}

#    define OWNED_N   8000u
#    define ROWS_SPAN 65536u /* two owners this far apart share a row of the table */

static char owned[2 * OWNED_N][16] EDOI_ALIGNED(16);

/* The other owner's handles come before it in the row. */
static void own_half(uint32_t half, const void *owner) {
    for (uint32_t i = half * OWNED_N; i < (half + 1) * OWNED_N; i++)
        edoi_handle_made(EDOI_SIGNAL, owned[i], "me", owner);
}

static void give_half_up(uint32_t half) {
    for (uint32_t i = half * OWNED_N; i < (half + 1) * OWNED_N; i++)
        edoi_handle_given_up(EDOI_SIGNAL, owned[i], NULL);
}

/* CPU time of the thread for it, ns. */
static int64_t report(const void *owner) {
    struct timespec from, to;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    edoi_handles_report(owner, true);
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    return (to.tv_sec - from.tv_sec) * 1000000000 + (to.tv_nsec - from.tv_nsec);
}

/* If each handle required a walk over the other's, it would take hundreds of times as long. */
static void the_end_of_a_runtime_walks_the_handles_of_another_once(void **state) {
    (void)state;
    static char runtimes[ROWS_SPAN + 1];
    own_half(0, runtimes);
    int64_t alone_ns = report(runtimes);
    give_half_up(0);
    own_half(0, runtimes);
    own_half(1, runtimes + ROWS_SPAN);
    int64_t both_ns = report(runtimes);
    (void)report(runtimes + ROWS_SPAN);
    give_half_up(0);
    give_half_up(1);
    assert_true(both_ns < 20 * alone_ns + 5000000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_names_maker_and_place), // first: these two fork
        cmocka_unit_test(a_report_names_the_call_that_made_it),
        cmocka_unit_test(a_handle_is_good_until_its_last_share_goes),
        cmocka_unit_test(sharing_a_given_up_handle_makes_it_good_again),
        cmocka_unit_test(the_record_of_memory_that_does_not_rest_is_gone),
        cmocka_unit_test(the_record_of_an_object_that_ended_while_open_is_gone),
        cmocka_unit_test(quarantine_is_bounded_in_handles),
        cmocka_unit_test(quarantine_is_bounded_in_bytes),
        cmocka_unit_test(the_end_of_a_runtime_walks_the_handles_of_another_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void) {
    return 0; // nothing is recorded
}

#endif
