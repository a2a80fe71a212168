/* SPDX-License-Identifier: MIT */
/* Goal: in a program that logs from several threads no line is torn, and none is lost without being
 * counted: while its file begins anew by size, while it is moved away and SIGHUP opens it again,
 * where the disk takes no more, and while receivers come and go.
 * Method: numbered lines, counted in all files of a folder; a limit of the size of files in the
 * place of a full disk. */
#define EDO_TARGET "load"
#include <edo/edo.h>
#include <edo/log.h>
#include <edo/notify.h>
#include <edo/receiver.h>
#include <edo/test.h>

#include "leftovers.h"

#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define THREADS 3
#define LINES   1500
#define ALL     (THREADS * LINES)

static char folder[] = "/tmp/edo-log-load-XXXXXX", path[64];

static int begin(void **state) {
    (void)state;
    (void)unsetenv("EDO_LOG");
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    if (!mkdtemp(folder)) return -1;
    (void)snprintf(path, sizeof path, "%s/log", folder);
    return 0;
}

static int end(void **state) {
    (void)state;
    return rmdir(folder);
}

static int run(edo_task_fn *fn, void *arg) {
    return edo_main_with(fn, arg, &(edo_runtime_opts){ .watchdog = EDO_OFF });
}

/* ---- What is logged -------------------------------------------------------------------------- */

static void *logs(void *id) {
    for (int i = 0; i < LINES; i++)
        edo_info_kv("line", EDO_KV("id", *(int *)id), EDO_KV("i", i), EDO_KV("rest", "xxxxxxxx"));
    return NULL;
}

typedef struct crowd {
    pthread_t threads[THREADS];
    int ids[THREADS];
} crowd;

static void crowd_start(crowd *c) {
    for (int i = 0; i < THREADS; i++) {
        c->ids[i] = i;
        EDO_TEST_EQ(pthread_create(&c->threads[i], NULL, logs, &c->ids[i]), 0);
    }
}

static void crowd_join(crowd *c) {
    for (int i = 0; i < THREADS; i++) (void)pthread_join(c->threads[i], NULL);
}

/* ---- What is written ------------------------------------------------------------------------- */

typedef struct tally {
    unsigned lines_n, others_n, files_n;
    size_t most; /* bytes of a file */
    unsigned char seen[THREADS][LINES];
} tally;

static tally all;

/* Each line is whole: it is one of the numbered ones, that was not there before, or one that says
 * what was dropped. */
static void count_line(const char *line) {
    int id = -1, i = -1, behind = 0;
    const char *at = strstr(line, "load: line id=");
    if (!at) {
        EDO_TEST_TRUE(strstr(line, "edo.log: lines were dropped") != NULL);
        all.others_n++;
        return;
    }
    EDO_TEST_EQ(sscanf(at, "load: line id=%d i=%d rest=\"xxxxxxxx\"%n", &id, &i, &behind), 2);
    EDO_TEST_TRUE(behind > 0 && id >= 0 && id < THREADS && i >= 0 && i < LINES);
    EDO_TEST_EQ(at[behind], '\n');
    EDO_TEST_EQ(all.seen[id][i], 0);
    all.seen[id][i] = 1;
    all.lines_n++;
}

/* What a limit has cut is ended by the next line's own begin, or by the file's. */
static void count_file(const char *name, bool may_be_torn) {
    char line[1024];
    struct stat st;
    FILE *file = fopen(name, "r");
    EDO_TEST_TRUE(file != NULL);
    EDO_TEST_EQ(fstat(fileno(file), &st), 0);
    while (fgets(line, sizeof line, file)) {
        bool is_whole = strstr(line, "xxxxxxxx\"\n") || strstr(line, "were dropped");
        if (is_whole || !may_be_torn) count_line(line);
    }
    (void)fclose(file);
    all.files_n++;
    if ((size_t)st.st_size > all.most) all.most = (size_t)st.st_size;
}

static void count_all(bool may_be_torn) {
    char one[512];
    DIR *dir = opendir(folder);
    EDO_TEST_TRUE(dir != NULL);
    memset(&all, 0, sizeof all);
    for (const struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.') continue;
        (void)snprintf(one, sizeof one, "%s/%.255s", folder, e->d_name);
        count_file(one, may_be_torn);
        EDO_TEST_EQ(unlink(one), 0);
    }
    (void)closedir(dir);
}

static edo_log_file *open_log(const edo_log_file_opts *opts, bool at_once) {
    edo_log_file *file;
    EDO_TEST_OK(edo_log_file_new(&file, opts));
    EDO_TEST_OK(edo_log_start(&(edo_log_opts){
        .fd = edo_log_file_fd(file), .ignore_env = true, .at_once = at_once, .no_time = true }));
    return file;
}

static void close_log(edo_log_file *file) {
    edo_log_stop();
    edo_log_file_free(file);
}

/* ---- A file that begins anew ----------------------------------------------------------------- */

#define ROLL_BYTES (64u << 10)

static int rolls(void *arg) {
    const bool *at_once = arg;
    crowd c;
    uint64_t before = edo_log_dropped();
    edo_log_file *file =
        open_log(&(edo_log_file_opts){ .path = path, .roll_bytes = ROLL_BYTES }, *at_once);
    crowd_start(&c);
    crowd_join(&c);
    close_log(file);
    count_all(false);
    EDO_TEST_EQ(all.lines_n + (edo_log_dropped() - before), ALL);
    EDO_TEST_TRUE(all.files_n >= 2 && all.most <= ROLL_BYTES);
    return 0;
}

static int keeps_the_newest(void *arg) {
    crowd c;
    (void)arg;
    edo_log_file *file =
        open_log(&(edo_log_file_opts){ .path = path, .roll_bytes = ROLL_BYTES, .keep = 2 }, false);
    for (int round = 0; round < 2; round++) {
        crowd_start(&c);
        crowd_join(&c);
    }
    close_log(file);
    char one[512];
    unsigned files_n = 0;
    DIR *dir = opendir(folder);
    EDO_TEST_TRUE(dir != NULL);
    for (const struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.') continue;
        (void)snprintf(one, sizeof one, "%s/%.255s", folder, e->d_name);
        EDO_TEST_EQ(unlink(one), 0);
        files_n++;
    }
    (void)closedir(dir);
    EDO_TEST_TRUE(files_n >= 2 && files_n <= 3);
    return 0;
}

static void lines_of_a_file_that_rolls_are_all_there(void **state) {
    bool at_once = false;
    (void)state;
    assert_int_equal(run(rolls, &at_once), 0);
    at_once = true;
    assert_int_equal(run(rolls, &at_once), 0);
    assert_int_equal(run(keeps_the_newest, NULL), 0);
}

/* ---- SIGHUP ---------------------------------------------------------------------------------- */

static edo_notify reopened = EDO_NOTIFY_INIT;

static void on_hangup(void *arg) {
    (void)arg;
    edo_notify_one(&reopened);
}

static int is_moved_away(void *arg) {
    crowd c;
    char moved[80];
    (void)arg;
    uint64_t before = edo_log_dropped();
    edo_log_file *file = open_log(&(edo_log_file_opts){ .path = path }, false);
    EDO_TEST_OK(edo_log_on_hangup(on_hangup, NULL));
    crowd_start(&c);
    for (int i = 0; i < 10; i++) {
        (void)snprintf(moved, sizeof moved, "%s.%d", path, i);
        EDO_TEST_EQ(rename(path, moved), 0);
        EDO_TEST_EQ(kill(getpid(), SIGHUP), 0);
        EDO_TEST_OK(edo_notify_wait(&reopened));
    }
    crowd_join(&c);
    close_log(file);
    count_all(false);
    EDO_TEST_EQ(all.lines_n + (edo_log_dropped() - before), ALL);
    EDO_TEST_EQ(all.files_n, 11);
    return 0;
}

static void lines_of_a_file_that_is_moved_away_are_all_there(void **state) {
    (void)state;
    may_leave(LEFT_DESCRIPTORS, 1, HUB_STAYS);
    assert_int_equal(run(is_moved_away, NULL), 0);
}

/* ---- A disk that takes no more --------------------------------------------------------------- */

#define DISK_BYTES (40u << 10)

static void set_limit(rlim_t bytes) {
    struct rlimit limit;
    EDO_TEST_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    EDO_TEST_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static int fills_the_disk(void *arg) {
    const bool *at_once = arg;
    crowd c;
    uint64_t before = edo_log_dropped();
    edo_log_file *file = open_log(&(edo_log_file_opts){ .path = path }, *at_once);
    set_limit(DISK_BYTES);
    crowd_start(&c);
    crowd_join(&c);
    edo_log_stop(); // all is written, or dropped
    set_limit(RLIM_INFINITY);
    uint64_t dropped = edo_log_dropped() - before;
    EDO_TEST_OK(edo_log_start(
        &(edo_log_opts){ .fd = edo_log_file_fd(file), .ignore_env = true, .at_once = *at_once }));
    edo_warn("there is room again");
    close_log(file);
    count_all(true);
    EDO_TEST_TRUE(dropped > 0);
    EDO_TEST_EQ(all.lines_n + dropped, ALL);
    return 0;
}

static void what_a_full_disk_does_not_take_is_counted(void **state) {
    const struct sigaction ignore = { .sa_handler = SIG_IGN };
    bool at_once = false;
    (void)state;
    assert_int_equal(sigaction(SIGXFSZ, &ignore, NULL), 0);
    assert_int_equal(run(fills_the_disk, &at_once), 0);
    at_once = true;
    assert_int_equal(run(fills_the_disk, &at_once), 0);
}

/* ---- Receivers ------------------------------------------------------------------------------- */

static int receivers_come_and_go(void *arg) {
    crowd c;
    char one[80];
    (void)arg;
    edo_log_file *file = open_log(&(edo_log_file_opts){ .path = path }, false);
    uint64_t before = edo_log_dropped();
    crowd_start(&c);
    for (int i = 0; i < 20; i++) {
        edo_receiver *r;
        edo_log_file *other;
        (void)snprintf(one, sizeof one, "%s/other", folder);
        EDO_TEST_OK(edo_log_file_new(&other, &(edo_log_file_opts){ .path = one }));
        const edo_log_opts lines = { .fd = edo_log_file_fd(other),
                                     .at_once = i % 2,
                                     .format = EDO_LOG_COMPACT };
        EDO_TEST_OK(edo_log_add_lines(&r, &lines));
        EDO_TEST_OK(edo_log_set_filter_of(EDO_STR("lines"), EDO_STR("load=debug")));
        edo_log_remove(r);
        edo_log_file_free(other);
        memset(&all, 0, sizeof all);
        count_file(one, false);
        EDO_TEST_EQ(unlink(one), 0);
    }
    crowd_join(&c);
    close_log(file);
    count_all(false);
    EDO_TEST_EQ(all.lines_n + (edo_log_dropped() - before), ALL);
    return 0;
}

static void receivers_take_and_lose_nothing_of_the_log(void **state) {
    (void)state;
    assert_int_equal(run(receivers_come_and_go, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, begin, end)
        IN_FOLDER(lines_of_a_file_that_rolls_are_all_there),
        IN_FOLDER(lines_of_a_file_that_is_moved_away_are_all_there),
        IN_FOLDER(what_a_full_disk_does_not_take_is_counted),
        IN_FOLDER(receivers_take_and_lose_nothing_of_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
