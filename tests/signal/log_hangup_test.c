/* SPDX-License-Identifier: MIT */
/* Goal: after edo_log_on_hangup() a SIGHUP opens the files of logs again and calls the program, and
 * another listener of the signal hears it, too. */
#include "inside.h"
#include "leftovers.h"

#include <edo/log.h>
#include <edo/notify.h>
#include <edo/signal.h>

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static edo_notify settings = EDO_NOTIFY_INIT;

static void read_settings(void *arg) {
    (void)arg;
    edo_notify_one(&settings);
}

static off_t bytes_of(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 ? st.st_size : -1;
}

static int moves_its_log(void *arg) {
    char folder[] = "/tmp/edo-log-hangup-XXXXXX", path[64], moved[72];
    edo_log_file *file;
    edo_signal *other;
    (void)arg;
    CHECK(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof path, "%s/log", folder);
    (void)snprintf(moved, sizeof moved, "%s.1", path);
    CHECK_EQ(edo_log_file_new(&file, &(edo_log_file_opts){ .path = path }), 0);
    CHECK_EQ(edo_log_start(&(edo_log_opts){ .fd = edo_log_file_fd(file), .ignore_env = true }), 0);
    CHECK_EQ(edo_signal_listen(&other, SIGHUP), 0);
    CHECK_EQ(edo_log_on_hangup(read_settings, NULL), 0);
    edo_info("before");
    CHECK_EQ(rename(path, moved), 0);
    CHECK_EQ(raise(SIGHUP), 0);
    CHECK(edo_signal_recv(other) == 0);
    CHECK_EQ(edo_notify_wait(&settings), 0);
    edo_info("after");
    edo_log_stop();
    CHECK(bytes_of(path) > 0 && bytes_of(moved) > 0);
    edo_signal_close(other);
    edo_log_file_free(file);
    (void)unlink(path);
    (void)unlink(moved);
    (void)rmdir(folder);
    return 0;
}

static void a_hangup_opens_the_log_again(void **state) {
    (void)state;
    may_leave(LEFT_DESCRIPTORS, 1, HUB_STAYS);
    assert_int_equal(inside_real(moves_its_log, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_hangup_opens_the_log_again) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
