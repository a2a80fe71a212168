/* SPDX-License-Identifier: MIT */
/* Goal: a report of the watchdog that nobody reads holds up neither runtimes that end nor threads
 * that use standard error themselves.
 * Method: standard error is a pipe that is full, and a task computes until the report was given
 * up. */
#include "inside.h"
#include "log/out/output.h"

#include <edo/log.h>

#include <fcntl.h>
#include <unistd.h>

#define ROOM 4096

static int compute_until_it_is_dropped(void *arg) {
    const int64_t since_s = patience_now_s();
    (void)arg;
    while (edo_log_dropped() == 0)
        patience_check(since_s, "a report is given up", __FILE__, __LINE__);
    return 7;
}

static void a_report_that_is_not_read_stops_nothing(void **state) {
    (void)state;
    static char full[ROOM];
    int ends[2], usual = dup(STDERR_FILENO);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, ROOM), ROOM);
    assert_int_equal(write(ends[1], full, sizeof full), ROOM);
    assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    edoi_log_output *out = edoi_log_output_of(STDERR_FILENO);
    out->writer.wait_ms = 1;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT, .watchdog = edo_ms(1) };
    int result = inside_with(compute_until_it_is_dropped, NULL, &opts);
    assert_int_equal(dup2(usual, STDERR_FILENO), STDERR_FILENO);
    assert_int_equal(result, 7);
    edoi_log_output_unref(out);
    close(usual);
    close(ends[0]);
    close(ends[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_report_that_is_not_read_stops_nothing) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
