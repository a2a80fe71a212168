/* SPDX-License-Identifier: MIT */
/* Goal: an access log that nobody reads holds up no request for longer than the log's one wait, and
 * what was dropped is counted, and told in the log of the program.
 * Method: a pipe that is full. */
#include "inside.h"
#include "log/out/output.h"

#include <edo/log.h>
#include <edo/test_web.h>
#include <edo/web_log.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define ROOM 8192 /* two pages: in a pipe of one a single byte counts as a full page */

static int is_fine(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "ok");
}

static void ask(edo_router *r) {
    edo_oneshot got;
    EDO_TEST_OK(edo_web_oneshot(&got, r, &(edo_http_request){ .target = EDO_STR("/") }, NULL));
    CHECK_EQ(got.status, EDO_STATUS_OK);
    edo_oneshot_deinit(&got);
}

static int log_that_is_not_read(void *arg) {
    static char full[ROOM], got[2 * ROOM];
    int ends[2], told[2];
    (void)arg;
    CHECK_EQ(pipe2(ends, O_CLOEXEC), 0);
    CHECK_EQ(pipe2(told, O_CLOEXEC), 0);
    CHECK_EQ(fcntl(ends[1], F_SETPIPE_SZ, ROOM), ROOM);
    const edo_log_opts opts = { .fd = told[1], .ignore_env = true, .no_time = true };
    EDO_TEST_OK(edo_log_start(&opts));
    edoi_log_output *out = edoi_log_output_of(ends[1]);
    out->writer.wait_ms = 1;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", is_fine);
    edo_router_wrap_all(r, edo_access_log_layer(&(edo_access_log_opts){ .fd = ends[1] }));
    uint64_t dropped = edo_log_dropped();
    CHECK_EQ(write(ends[1], full, sizeof full), sizeof full);
    for (int i = 0; i < 3; i++) ask(r);
    CHECK_EQ(edo_log_dropped(), dropped + 3);
    CHECK_EQ(read(ends[0], got, sizeof got), sizeof full);
    ask(r);
    ask(r);
    ssize_t n = read(ends[0], got, sizeof got - 1);
    CHECK(n > 0);
    got[n] = 0;
    CHECK(strncmp(got, "- - - [", 7) == 0 || strncmp(got, " - - [", 6) == 0);
    CHECK_EQ(edo_log_dropped(), dropped + 3);
    n = read(told[0], got, sizeof got - 1);
    CHECK(n > 0);
    got[n] = 0;
    CHECK(strstr(got, " WARN web.access_log: lines were dropped: they were not read lines=3 "));
    edo_log_stop();
    edo_router_free(r);
    CHECK_EQ(edoi_load_rlx_u64(&out->refs), 1);
    edoi_log_output_unref(out);
    for (int i = 0; i < 2; i++) (void)close(ends[i]), (void)close(told[i]);
    return 0;
}

/* The log's descriptor is a file at first, and the line that was dropped is the last one. */
static int log_that_is_led_elsewhere(void *arg) {
    static char full[ROOM], got[2 * ROOM];
    int ends[2], told[2];
    FILE *file = tmpfile();
    (void)arg;
    CHECK(file);
    CHECK_EQ(pipe2(ends, O_CLOEXEC), 0);
    CHECK_EQ(pipe2(told, O_CLOEXEC), 0);
    CHECK_EQ(fcntl(ends[1], F_SETPIPE_SZ, ROOM), ROOM);
    const edo_log_opts opts = { .fd = told[1], .ignore_env = true, .no_time = true };
    EDO_TEST_OK(edo_log_start(&opts));
    edoi_log_output *out = edoi_log_output_of(ends[1]);
    out->writer.wait_ms = 1;
    edo_router *r = edo_router_new(), *twin = edo_router_new();
    edo_router_get(r, "/", is_fine);
    edo_router_wrap_all(r, edo_access_log_layer(&(edo_access_log_opts){ .fd = fileno(file) }));
    ask(r);
    CHECK(lseek(fileno(file), 0, SEEK_CUR) > 0);
    CHECK_EQ(dup2(ends[1], fileno(file)), fileno(file));
    edo_router_get(twin, "/", is_fine);
    edo_router_wrap_all(twin, edo_access_log_layer(&(edo_access_log_opts){ .fd = ends[1] }));
    ask(twin);
    uint64_t dropped = edo_log_dropped();
    CHECK(read(ends[0], got, sizeof got) > 0);
    CHECK_EQ(write(ends[1], full, sizeof full), sizeof full);
    ask(r);
    CHECK_EQ(edo_log_dropped(), dropped + 1);
    edo_router_free(r);
    edo_router_free(twin);
    ssize_t n = read(told[0], got, sizeof got - 1);
    CHECK(n > 0);
    got[n] = 0;
    CHECK(strstr(got, " WARN web.access_log: lines were dropped: they were not read lines=1"));
    edo_log_stop();
    edoi_log_output_unref(out);
    (void)fclose(file);
    for (int i = 0; i < 2; i++) (void)close(ends[i]), (void)close(told[i]);
    return 0;
}

static void log_follows_its_descriptor_and_tells_at_its_end_what_it_dropped(void **state) {
    (void)state;
    assert_int_equal(inside(log_that_is_led_elsewhere, NULL), 0);
}

static void log_that_is_not_read_holds_up_no_request_and_tells_what_it_dropped(void **state) {
    (void)state;
    assert_int_equal(inside(log_that_is_not_read, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_follows_its_descriptor_and_tells_at_its_end_what_it_dropped),
        cmocka_unit_test(log_that_is_not_read_holds_up_no_request_and_tells_what_it_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
