/* SPDX-License-Identifier: MIT */
/* Goal: the recorder has what happened, in its depth, under the names of the tasks, in a file that
 * outlives the process; off there is nothing. Method: programs of a few tasks, whose file is read;
 * children that are killed, that crash, and that fork. */
#define EDO_TARGET "shop"
#include <edo/dump.h>
#include <edo/edo.h>
#include <edo/receiver.h>
#include <edo/recorder.h>
#include <edo/span.h>
#include <edo/stats.h>

#include "base/atomic.h"
#include "base/memory/alloc.h"
#include "child.h"
#include "leftovers.h"
#include "log/recorder_report.h"
#include "recorder/note.h"
#include "recorder/read.h"
#include "recorder/region.h"
#include "recorder/tap.h"
#include "recorder/write.h"
#include "runtime/control/recorder.h"
#include "runtime/scope/ctx.h"

#include <errno.h>
#include <fcntl.h>
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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define EVENTS 4096u
#define RINGS  4u

static char path[64], before[80], written[80];

/* ---- Reading --------------------------------------------------------------------------------- */

static edoi_recorder_reading reading;

/* `meanwhile` is called while it is read; may be NULL. */
static void read_file_while(const char *file, void (*meanwhile)(void)) {
    struct stat about;
    const char *why = NULL;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && fstat(fd, &about) == 0);
    char *bytes = malloc((size_t)about.st_size);
    assert_non_null(bytes);
    assert_int_equal(read(fd, bytes, (size_t)about.st_size), about.st_size);
    if (meanwhile) meanwhile();
    edoi_recorder_read_after(bytes, (size_t)about.st_size, fd);
    (void)close(fd);
    edoi_recorder_reading_deinit(&reading);
    int err = edoi_recorder_read(&reading, bytes, (size_t)about.st_size, &why);
    free(bytes);
    if (err < 0) fail_msg("%s", why);
}

static void read_file(const char *file) {
    read_file_while(file, NULL);
}

static void read_now(void) {
    assert_int_equal(edo_recorder_write(written), 0);
    read_file(written);
}

/* The text that the argument of an event names; "" for none. */
static const char *arg_of(const edoi_recorder_row *row) {
    const char *text = edoi_recorder_reading_site(&reading, row->arg);
    return text ? text : "";
}

/* The first event of the kind from `*at` on, whose text has `part` in it; NULL: there is none. */
static const edoi_recorder_row *find(size_t *at, edoi_recorder_kind kind, const char *part) {
    for (; *at < reading.rows_n; (*at)++) {
        const edoi_recorder_row *row = &reading.rows[*at];
        if (row->kind == kind && (!part || strstr(arg_of(row), part))) return row;
    }
    return NULL;
}

static const edoi_recorder_row *find_first(edoi_recorder_kind kind, const char *part) {
    size_t at = 0;
    return find(&at, kind, part);
}

static void begin(edo_recorder_depth depth, const char *file) {
    const edo_recorder_opts opts = {
        .depth = depth, .file = file, .events = EVENTS, .rings = RINGS, .no_reports = true
    };
    may_leave(LEFT_MAPPINGS, 4096, "the recorder's memory stays");
    assert_int_equal(edo_recorder_start(&opts), 0);
    assert_int_equal(edo_recorder_get(), depth);
}

static void run(edo_task_fn *root, uint32_t workers) {
    edo_runtime *rt;
    const edo_runtime_opts opts = { .flavor = workers ? EDO_RUNTIME_MULTI : EDO_RUNTIME_CURRENT,
                                    .workers = workers,
                                    .name = "shop" };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    assert_int_equal(edo_run(rt, root, NULL), 0);
    edo_runtime_free(rt);
}

/* ---- Off, and bad options -------------------------------------------------------------------- */

static void off_there_is_nothing(void **state) {
    (void)state;
    assert_int_equal(edo_recorder_get(), EDO_RECORDER_OFF);
    assert_int_equal(edo_recorder_set(EDO_RECORDER_OFF), 0);
    edo_recorder_note("of a program that records nothing", 1);
    assert_int_equal(edo_recorder_write(path), -ENODATA);
    assert_int_equal(access(path, F_OK), -1);
}

static void bad_options_are_refused(void **state) {
    static const edo_recorder_opts bad[] = {
        { .depth = 3 }, { .reserved = { 1 } }, { .rings = 512 }, { .events = (1u << 24) + 1 }
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        assert_int_equal(edo_recorder_start(&bad[i]), -EINVAL);
    assert_int_equal(edo_recorder_set((edo_recorder_depth)7), -EINVAL);
    char longest[1025];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(edo_recorder_start(&(edo_recorder_opts){ .report_file = longest }), -EINVAL);
    const edo_recorder_opts nowhere = { .file = "/nonexistent/edo.rec" };
    assert_int_equal(edo_recorder_start(&nowhere), -ENOENT);
    assert_int_equal(edo_recorder_get(), EDO_RECORDER_OFF);
}

static void without_memory_nothing_has_changed(void **state) {
    (void)state;
    edoi_alloc_fail_at(1);
    assert_int_equal(edo_recorder_start(NULL), -ENOMEM);
    assert_true(edoi_alloc_fail_fired());
    edoi_alloc_fail_at(0);
    assert_int_equal(edo_recorder_get(), EDO_RECORDER_OFF);
}

/* In a child, whose files may not be larger than a page: as on a disk that is full. */
static int start_without_room(void *arg) {
    (void)arg;
    const struct rlimit least = { 4096, 4096 };
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    (void)sigaction(SIGXFSZ, &ignore, NULL);
    EXPECT(setrlimit(RLIMIT_FSIZE, &least) == 0, 1);
    EXPECT(edo_recorder_start(&(edo_recorder_opts){ .file = path }) == -EFBIG, 2);
    EXPECT(access(path, F_OK) < 0, 3); // nothing is left of it
    EXPECT(edo_recorder_get() == EDO_RECORDER_OFF, 4);
    EXPECT(edo_recorder_start(NULL) == 0, 5); // in memory
    errno = 0;
    EXPECT(edo_recorder_write(path) == -EFBIG && errno == 0, 6); // as a signal's handler needs it
    EXPECT(access(path, F_OK) < 0, 7);
    return 0;
}

static void a_file_without_room_is_an_error(void **state) {
    (void)state;
    assert_int_equal(child_status(start_without_room, NULL), 0);
}

/* ---- A console ------------------------------------------------------------------------------- */

static int depth_of_fork(void *arg) {
    (void)arg;
    return (int)edo_recorder_get();
}

/* In a child, where nobody has started it. */
static int tap_first(void *arg) {
    const edo_recorder_opts other = { .events = 64, .rings = 1, .report_file = written };
    (void)arg;
    EXPECT(edoi_recorder_tap_begin() == 0, 1);
    EXPECT(edo_recorder_get() == EDO_RECORDER_ALL, 2);
    EXPECT(!edoi_recorder_report_path(), 3);
    EXPECT(edo_recorder_start(&other) == 0, 4); // with the memory that there is
    EXPECT(strcmp(edoi_recorder_report_path(), written) == 0, 5);
    EXPECT(edo_recorder_get() == EDO_RECORDER_ALL, 6);
    EXPECT(child_status(depth_of_fork, NULL) == EDO_RECORDER_TURNS, 7); // has no console
    EXPECT(edo_recorder_start(&other) == -EBUSY, 8);
    edoi_recorder_tap_end();
    EXPECT(edo_recorder_get() == EDO_RECORDER_TURNS, 9);
    return 0;
}

/* The program says depths meanwhile, that of the console too. */
static int tap_and_set(void *arg) {
    static const edo_recorder_depth depths[] = { EDO_RECORDER_ALL, EDO_RECORDER_OFF,
                                                 EDO_RECORDER_TURNS };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(depths); i++) {
        EXPECT(edoi_recorder_tap_begin() == 0, 1);
        EXPECT(edo_recorder_set(depths[i]) == 0, 2);
        EXPECT(edo_recorder_get() == EDO_RECORDER_ALL, 3);
        EXPECT(edoi_recorder_report_path(), 4);
        edoi_recorder_tap_end();
        EXPECT(edo_recorder_get() == depths[i], 5);
    }
    return 0;
}

static void a_console_and_the_program_want_depths_of_their_own(void **state) {
    (void)state;
    assert_int_equal(child_status(tap_first, NULL), 0);
    assert_int_equal(child_status(tap_and_set, NULL), 0);
}

/* ---- What is recorded ------------------------------------------------------------------------ */

static edo_notify bell = EDO_NOTIFY_INIT;

static int waits_for_bell(void *arg) {
    (void)arg;
    return edo_notify_wait(&bell);
}

static uint64_t parks(void) {
    edo_runtime_stats s = { 0 };
    edo_runtime_get_stats(edoi_runtime_here(), &s);
    return s.all.parks;
}

static int rings_bell(void *arg) {
    int err;
    (void)arg;
    edo_task *t = edo_spawn(waits_for_bell, NULL);
    do err = edo_sleep(edo_ms(1)); // which may be over before the worker has gone to sleep
    while (err == 0 && parks() == 0);
    edo_recorder_note("the bell rings", 42);
    edo_notify_one(&bell);
    return err < 0 ? err : edo_task_join(t);
}

static void all_has_each_step(void **state) {
    (void)state;
    begin(EDO_RECORDER_ALL, NULL);
    run(rings_bell, 0);
    read_now();
    assert_string_equal(reading.head.why, "a call");
    assert_int_equal(reading.head.pid, getpid());
    const edoi_recorder_row *spawn = find_first(EDOI_REC_SPAWN, "waits_for_bell");
    assert_non_null(spawn);
    size_t at = 0;
    const edoi_recorder_row *begins = find(&at, EDOI_REC_POLL_BEGIN, "waits_for_bell");
    assert_non_null(begins);
    assert_true(begins->task == spawn->task && begins->ns >= spawn->ns);
    const edoi_recorder_row *ends = find(&at, EDOI_REC_POLL_END, "notify");
    assert_non_null(ends);
    assert_true(ends->task == spawn->task && ends->small == EDOI_REC_WAITS);
    const edoi_recorder_row *note = find(&at, EDOI_REC_NOTE, "the bell rings");
    assert_non_null(note);
    at++;
    const edoi_recorder_row *number = find(&at, EDOI_REC_NUMBER, NULL);
    assert_true(number && number->arg == 42 && number->task == note->task);
    const edoi_recorder_row *wake = find(&at, EDOI_REC_WAKE, NULL);
    assert_non_null(wake);
    assert_true(wake->task == spawn->task && wake->arg == note->task);
    assert_non_null(find_first(EDOI_REC_PARK, NULL));
    assert_non_null(find_first(EDOI_REC_UNPARK, NULL));
    assert_non_null(find_first(EDOI_REC_TURN, NULL));
    assert_non_null(find_first(EDOI_REC_CLOCK, NULL));
    for (at = 0; at < reading.rows_n && reading.rows[at].task != spawn->task; at++) {
    }
    while ((ends = find(&at, EDOI_REC_POLL_END, NULL)) && ends->small != EDOI_REC_ENDED) at++;
    assert_non_null(ends);
}

static char dumped[8192];

/* The dump takes longer than its tasks are old, which is told in tenths of a second. */
static ssize_t write_late(void *arg, const char *bytes, size_t n) {
    size_t used = strlen(dumped);
    (void)arg;
    if (used == 0) (void)nanosleep(&(struct timespec){ .tv_nsec = 210000000 }, NULL);
    if (n >= sizeof dumped - used) return 0;
    memcpy(dumped + used, bytes, n);
    return (ssize_t)n;
}

static int dumps(void *arg) {
    edo_task *t = edo_spawn(waits_for_bell, NULL);
    int err = edo_sleep(edo_ms(1));
    (void)arg;
    FILE *out = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = write_late });
    if (!out) return -ENOMEM;
    (void)setvbuf(out, NULL, _IONBF, 0);
    edo_dump_tasks(out);
    (void)fclose(out);
    edo_notify_one(&bell);
    return err < 0 ? err : edo_task_join(t);
}

static void a_dump_has_the_last_events_of_a_task(void **state) {
    (void)state;
    begin(EDO_RECORDER_ALL, NULL);
    run(dumps, 0);
    const char *task = strstr(dumped, "waits_for_bell");
    const char *line = task ? strstr(task, "      recorded: ") : NULL;
    assert_non_null(line);
    const char *spawned = strstr(line, "s ago is spawned, "), *runs = strstr(line, "s ago runs, ");
    const char *waits = strstr(line, "s ago waits for edo_notify_wait\n");
    assert_true(spawned && spawned < runs && runs < waits && waits < strchr(line, '\n'));
}

static int computes_for_2_ms(void *arg) {
    struct timespec from, now;
    (void)arg;
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    do (void)clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - from.tv_sec) * 1000000000 + now.tv_nsec - from.tv_nsec < 2000000);
    return 0;
}

static int computes_once(void *arg) {
    (void)arg;
    for (int i = 0; i < 10; i++) (void)edo_yield();
    return edo_task_join(edo_spawn(computes_for_2_ms, NULL));
}

static void turns_has_long_polls_only(void **state) {
    (void)state;
    begin(EDO_RECORDER_TURNS, path);
    run(computes_once, 0);
    read_file(path); // as it is, while it is mapped
    assert_int_equal(reading.head.wrote_ns, 0);
    size_t at = 0;
    const edoi_recorder_row *begins = find(&at, EDOI_REC_POLL_BEGIN, "computes_for_2_ms");
    const edoi_recorder_row *ends = find(&at, EDOI_REC_POLL_END, NULL);
    assert_true(begins && ends && begins->task == ends->task);
    assert_true(ends->ns - begins->ns > 1500000);
    assert_int_equal(ends->small, EDOI_REC_ENDED);
    assert_null(find_first(EDOI_REC_SPAWN, NULL));
    assert_null(find_first(EDOI_REC_WAKE, NULL));
    assert_non_null(find_first(EDOI_REC_TURN, NULL));
}

static int64_t longest_ns; /* of polls of computes_for_2_ms() in the last file */

static void find_longest(void) {
    const edoi_recorder_row *begins;
    longest_ns = 0;
    for (size_t at = 0; (begins = find(&at, EDOI_REC_POLL_BEGIN, "computes_for_2_ms")); at++) {
        size_t end = at;
        const edoi_recorder_row *ends = find(&end, EDOI_REC_POLL_END, NULL);
        if (ends && ends->ns - begins->ns > longest_ns) longest_ns = ends->ns - begins->ns;
    }
}

/* It writes to the ring for all others. */
static void a_worker_without_a_ring_has_the_times_of_its_polls(void **state) {
    edoi_recorder_writer *taken[RINGS];
    (void)state;
    begin(EDO_RECORDER_TURNS, NULL);
    for (size_t i = 0; i < RINGS; i++) {
        taken[i] = edoi_recorder_claim(9, 9, "of nobody");
        assert_non_null(taken[i]);
    }
    run(computes_once, 0);
    for (size_t i = 0; i < RINGS; i++) edoi_recorder_release(taken[i]);
    read_now();
    find_longest();
    assert_true(longest_ns > 1500000);
}

static int notifies(void *arg) {
    (void)arg;
    edo_notify_one(&bell);
    return 0;
}

static int talks_across(void *arg) {
    for (int i = 0; i < 50; i++) {
        edo_task *t = edo_spawn(waits_for_bell, NULL);
        int err = edo_blocking(notifies, arg); // by a thread that is no worker
        if (err == 0) err = edo_task_join(t);
        if (err < 0) return err;
    }
    return 0;
}

static void several_workers_have_rings_of_their_own(void **state) {
    (void)state;
    begin(EDO_RECORDER_ALL, NULL);
    run(talks_across, 2);
    read_now();
    bool has[3] = { false };
    for (uint32_t i = 0; i < reading.rings_n; i++) {
        const edoi_recorder_ring_read *r = &reading.rings[i];
        if (r->whose == EDOI_RECORDER_OTHERS) has[2] = has[2] || r->rows_n > 0;
        if (r->whose != EDOI_RECORDER_WORKER || strcmp(r->name, "shop") != 0) continue;
        if (r->index < 2) has[r->index] = true;
    }
    assert_true((has[0] || has[1]) && has[2]);
    size_t at = 0;
    const edoi_recorder_row *wake;
    while ((wake = find(&at, EDOI_REC_WAKE, NULL)) && wake->small != 1) at++;
    assert_non_null(wake);
}

static void a_ring_keeps_the_latest(void **state) {
    (void)state;
    begin(EDO_RECORDER_TURNS, path);
    for (uint64_t i = 0; i < 3 * (uint64_t)EVENTS; i++) edo_recorder_note("again and again", i);
    assert_int_equal(edo_recorder_write(path), -EBUSY); // it is there already
    read_now();
    const edoi_recorder_row *last = &reading.rows[reading.rows_n - 1];
    assert_int_equal(last->kind, EDOI_REC_NUMBER);
    assert_int_equal(last->arg, 3 * EVENTS - 1);
    assert_int_equal(reading.rows_n, EVENTS - 1); // the oldest may be in the middle of its end
}

static void notes_ten_times(void) {
    for (uint64_t i = 0; i < 10; i++) edo_recorder_note("while it is read", i);
}

/* Of a file that is in use, what may have been overwritten while it was copied is not told. */
static void a_file_in_use_is_read_without_what_was_overwritten(void **state) {
    (void)state;
    begin(EDO_RECORDER_TURNS, path);
    for (uint64_t i = 0; i < EVENTS; i++) edo_recorder_note("again and again", i);
    read_file_while(path, notes_ten_times);
    assert_int_equal(reading.rows_n, EVENTS - 1 - 20); // a note is two events
    assert_int_equal(reading.rows[reading.rows_n - 1].arg, EVENTS - 1);
}

static void what_is_no_file_of_ours_stays(void **state) {
    struct stat about;
    (void)state;
    begin(EDO_RECORDER_TURNS, NULL);
    assert_int_equal(edo_recorder_write("/dev/null"), -EINVAL);
    assert_int_equal(edo_recorder_start(&(edo_recorder_opts){ .file = "/dev/null" }), -EINVAL);
    assert_true(stat("/dev/null", &about) == 0 && S_ISCHR(about.st_mode));
    assert_int_equal(mkfifo(written, 0600), 0);
    assert_int_equal(edo_recorder_write(written), -EINVAL); // and does not wait for its reader
    assert_true(stat(written, &about) == 0 && S_ISFIFO(about.st_mode));
    assert_int_equal(unlink(written), 0);
    assert_int_equal(symlink(path, written), 0);
    assert_int_equal(edo_recorder_write(written), -ELOOP);
}

/* Each kind of start again that there is. */
static void a_later_start_keeps_its_memory(void **state) {
    (void)state;
    assert_int_equal(edo_recorder_start(&(edo_recorder_opts){ .events = 2 * EVENTS }), -EBUSY);
    assert_int_equal(edo_recorder_start(&(edo_recorder_opts){ .rings = RINGS + 1 }), -EBUSY);
    begin(EDO_RECORDER_TURNS, path);
    edo_recorder_note("of the first file", 0);
    begin(EDO_RECORDER_TURNS, path);
    edo_recorder_note("of the second file", 0);
    read_file(path);
    assert_non_null(find_first(EDOI_REC_NOTE, "of the second file"));
    assert_null(find_first(EDOI_REC_NOTE, "of the first file"));
    read_file(before);
    assert_non_null(find_first(EDOI_REC_NOTE, "of the first file"));
}

static edo_atomic_u32 is_over; /* relaxed */

static void *notes_again_and_again(void *arg) {
    for (uint64_t i = 0; !edoi_load_rlx_u32(&is_over); i++) edo_recorder_note(arg, i);
    return NULL;
}

/* Its events end in the memory in which they have begun; what is written has whole events. */
static void it_moves_while_threads_record(void **state) {
    static char text[] = "of another thread";
    pthread_t others[2];
    (void)state;
    begin(EDO_RECORDER_ALL, path);
    edoi_store_rlx_u32(&is_over, 0);
    for (size_t i = 0; i < EDO_COUNT(others); i++)
        assert_int_equal(pthread_create(&others[i], NULL, notes_again_and_again, text), 0);
    for (int i = 0; i < 5; i++) {
        begin(EDO_RECORDER_ALL, path);
        run(rings_bell, 1);
        read_now();
        assert_non_null(find_first(EDOI_REC_SPAWN, "waits_for_bell"));
        for (size_t at = 0; at < reading.rows_n; at++)
            assert_true(reading.rows[at].kind <= EDOI_REC_NUMBER);
    }
    edoi_store_rlx_u32(&is_over, 1);
    for (size_t i = 0; i < EDO_COUNT(others); i++)
        assert_int_equal(pthread_join(others[i], NULL), 0);
}

static int records_then_not(void *arg) {
    (void)arg;
    edo_recorder_note("while it records", 0);
    int err = edo_recorder_set(EDO_RECORDER_OFF);
    for (int i = 0; i < 200 && err == 0; i++) err = edo_task_join(edo_spawn(notifies, NULL));
    (void)edo_recorder_set(EDO_RECORDER_TURNS);
    edo_recorder_note("it records again", 0);
    return err;
}

static void off_ends_it_while_tasks_run(void **state) {
    (void)state;
    begin(EDO_RECORDER_ALL, path);
    run(records_then_not, 0);
    read_now();
    size_t at = 0, spawns_n = 0;
    assert_non_null(find(&at, EDOI_REC_NOTE, "while it records"));
    for (; find(&at, EDOI_REC_SPAWN, NULL); at++) spawns_n++;
    assert_true(spawns_n < 100); // the worker takes notice at its next turn
    assert_non_null(find_first(EDOI_REC_NOTE, "it records again"));
}

static void on_event(void *arg, const edo_event *e) {
    (void)arg;
    (void)e;
}

static void spans_begin_and_end(void **state) {
    static const edo_receiver_ops ops = { .event = on_event };
    edo_receiver *r;
    (void)state;
    begin(EDO_RECORDER_TURNS, NULL);
    assert_int_equal(edo_log_add(&r, &ops, NULL, &(edo_receiver_opts){ .filter = "info" }), 0);
    edo_span_block open;
    edo_span_begin(&open, edo_info_span("sells"));
    assert_int_equal(edo_span_end(&open, 0), 0);
    edo_log_remove(r);
    read_now();
    const edoi_recorder_row *begins = find_first(EDOI_REC_SPAN_BEGIN, "sells");
    const edoi_recorder_row *ends = find_first(EDOI_REC_SPAN_END, "sells");
    assert_true(begins && ends && begins->small == ends->small && begins->n + 1 == ends->n);
}

/* ---- A file and its process ------------------------------------------------------------------ */

static int wants_the_same_file(void *arg) {
    EXPECT(edo_recorder_start(&(edo_recorder_opts){ .file = path }) == -EBUSY, 1);
    EXPECT(edo_recorder_start(&(edo_recorder_opts){ .file = arg }) == 0, 2);
    edo_recorder_note("in the child", 0);
    return 0;
}

static void a_file_that_another_process_records_to_is_refused(void **state) {
    (void)state;
    begin(EDO_RECORDER_TURNS, path);
    edo_recorder_note("in the parent", 0);
    assert_int_equal(child_status(wants_the_same_file, written), 0);
    read_file(path);
    assert_non_null(find_first(EDOI_REC_NOTE, "in the parent"));
    read_file(written);
    assert_non_null(find_first(EDOI_REC_NOTE, "in the child"));
}

static void a_program_may_go_back_to_a_file(void **state) {
    (void)state;
    begin(EDO_RECORDER_TURNS, path);
    begin(EDO_RECORDER_TURNS, written);
    begin(EDO_RECORDER_TURNS, path);
    edo_recorder_note("again", 0);
    read_file(path);
    assert_non_null(find_first(EDOI_REC_NOTE, "again"));
}

/* ---- Ends of processes ----------------------------------------------------------------------- */

static int is_killed(void *arg) {
    (void)arg;
    EXPECT(edo_recorder_start(&(edo_recorder_opts){ .file = path }) == 0, 1);
    edo_recorder_note("before the end", 9);
    (void)raise(SIGKILL);
    return 2;
}

static void a_file_outlives_a_kill(void **state) {
    (void)state;
    assert_int_equal(child_status(is_killed, NULL), -1);
    read_file(path);
    assert_non_null(find_first(EDOI_REC_NOTE, "before the end"));
}

static int aborts(void *arg) {
    const edo_recorder_opts to_file = { .report_file = path };
    struct rlimit none = { 0, 0 };
    (void)setrlimit(RLIMIT_CORE, &none);
    struct sigaction deflt = { .sa_handler = SIG_DFL };
    (void)sigaction(SIGABRT, &deflt, NULL); // the test's runner has a handler
    EXPECT(edo_recorder_start(&to_file) == 0, 1);
    edo_recorder_note("before the end", 9);
    EXPECT(freopen("/dev/null", "w", stderr), 3);
    abort();
    (void)arg;
}

static void a_crash_writes_a_file(void **state) {
    (void)state;
    (void)unlink(path);
    assert_int_equal(child_status(aborts, NULL), -1);
    read_file(path);
    assert_string_equal(reading.head.why, "SIGABRT");
    assert_non_null(find_first(EDOI_REC_NOTE, "before the end"));
}

/* In a process whose reports go to `path`. */
static int reports_a_misuse(void *arg) {
    int ends[2];
    char said[256];
    (void)arg;
    EXPECT(edo_recorder_start(&(edo_recorder_opts){ .report_file = path }) == 0, 1);
    edo_recorder_note("before the misuse", 9);
    EXPECT(pipe(ends) == 0 && dup2(ends[1], STDERR_FILENO) >= 0, 2);
    edoi_recorder_report_aside("a contract is broken");
    edoi_recorder_report_aside("and again");         // too soon for another file
    EXPECT(read(ends[0], said, sizeof said) > 0, 3); // its place is told when it is there
    return 0;
}

/* It is another thread that waits for the disk. */
static void a_misuse_has_its_file_written(void **state) {
    (void)state;
    (void)unlink(path);
    assert_int_equal(child_status(reports_a_misuse, NULL), 0);
    read_file(path);
    assert_string_equal(reading.head.why, "a contract is broken");
    assert_non_null(find_first(EDOI_REC_NOTE, "before the misuse"));
}

static void *faults(void *arg) {
    (void)arg;
    return (void *)(intptr_t)raise(SIGILL);
}

/* Two threads crash at once. */
static int crashes_twice(void *arg) {
    const edo_recorder_opts to_file = { .report_file = path };
    const struct rlimit none = { 0, 0 };
    const struct sigaction deflt = { .sa_handler = SIG_DFL };
    pthread_t other;
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)sigaction(SIGABRT, &deflt, NULL);
    (void)sigaction(SIGILL, &deflt, NULL);
    EXPECT(edo_recorder_start(&to_file) == 0, 1);
    edo_recorder_note("before the end", 9);
    EXPECT(freopen("/dev/null", "w", stderr), 3);
    EXPECT(pthread_create(&other, NULL, faults, NULL) == 0, 4);
    abort();
    (void)arg;
}

static void the_second_crash_waits_for_the_first(void **state) {
    (void)state;
    (void)unlink(path);
    assert_int_equal(child_status(crashes_twice, NULL), -1);
    read_file(path); // it is whole
    assert_non_null(find_first(EDOI_REC_NOTE, "before the end"));
}

static int cuts_its_file(void *arg) {
    const struct sigaction deflt = { .sa_handler = SIG_DFL };
    (void)arg;
    (void)sigaction(SIGBUS, &deflt, NULL); // the test's runner has a handler
    EXPECT(edo_recorder_start(&(edo_recorder_opts){ .file = path, .depth = EDO_RECORDER_ALL }) == 0,
           1);
    edoi_recorder_writer *w = edoi_recorder_claim(3, 9, "cut");
    const uint64_t site = (uintptr_t) "before";
    const char *text = edoi_recorder_tap_site(site, true);
    edo_recorder_note("before", 1);
    EXPECT(w && text && freopen("/dev/null", "w", stderr), 2);
    EXPECT(truncate(path, 0) == 0, 3);
    edo_recorder_note("lost", 2);
    EXPECT(edo_recorder_get() == EDO_RECORDER_OFF, 4);
    EXPECT(edo_recorder_set(EDO_RECORDER_TURNS) == 0, 5); // in memory
    edoi_recorder_here(w);
    edo_recorder_note("of the worker", 4);
    edoi_recorder_here(NULL);
    edo_recorder_note("after", 3);
    EXPECT(strcmp(text, "before") == 0, 7); // it stays
    edoi_recorder_release(w);
    return edo_recorder_write(written) == 0 ? 0 : 6;
}

static void a_file_that_is_cut_ends_the_record_only(void **state) {
    (void)state;
    assert_int_equal(child_status(cuts_its_file, NULL), 0);
    read_file(written);
    assert_non_null(find_first(EDOI_REC_NOTE, "after"));
    const edoi_recorder_row *row = find_first(EDOI_REC_NOTE, "of the worker");
    assert_non_null(row);
    const edoi_recorder_ring_read *ring = &reading.rings[row->ring];
    assert_true(ring->whose == EDOI_RECORDER_WORKER && ring->index == 3 && ring->runtime == 9);
    assert_string_equal(ring->name, "cut");
}

static int crashes_in_a_fork(void *arg) {
    struct sigaction deflt = { .sa_handler = SIG_DFL };
    const struct rlimit none = { 0, 0 };
    char name[64];
    (void)arg;
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)sigaction(SIGABRT, &deflt, NULL);
    EXPECT(chdir("/tmp") == 0, 1);
    EXPECT(edo_recorder_start(NULL) == 0, 2);
    EXPECT(freopen("/dev/null", "w", stderr), 3);
    pid_t child = fork();
    EXPECT(child >= 0, 4);
    if (child == 0) abort();
    EXPECT(waitpid(child, NULL, 0) == child, 5);
    (void)snprintf(name, sizeof name, "edo-%ld.rec", (long)getpid());
    EXPECT(unlink(name) < 0, 6); // not the parent's
    (void)snprintf(name, sizeof name, "edo-%ld.rec", (long)child);
    EXPECT(unlink(name) == 0, 7);
    return 0;
}

static void a_child_writes_reports_of_its_own(void **state) {
    (void)state;
    assert_int_equal(child_status(crashes_in_a_fork, NULL), 0);
}

static int notes_in_child(void *arg) {
    (void)arg;
    edo_recorder_note("in the child", 0);
    EXPECT(edo_recorder_write(before) == 0, 1);
#ifdef EDOI_TSAN
    return 0; // the thread sanitizer does not see what orders the tasks of such a child
#else
    return make_a_runtime(NULL);
#endif
}

static void a_child_has_a_recorder_of_its_own(void **state) {
    (void)state;
    begin(EDO_RECORDER_ALL, path);
    edo_recorder_note("in the parent", 0);
    assert_int_equal(child_status(notes_in_child, NULL), 0);
    read_file(path);
    assert_non_null(find_first(EDOI_REC_NOTE, "in the parent"));
    assert_null(find_first(EDOI_REC_NOTE, "in the child"));
    read_file(before);
    assert_null(find_first(EDOI_REC_NOTE, "in the parent"));
    assert_non_null(find_first(EDOI_REC_NOTE, "in the child"));
}

/* ---- ----------------------------------------------------------------------------------------- */

static int clean_up(void **state) {
    (void)state;
    edoi_recorder_reading_deinit(&reading);
    (void)unlink(path);
    (void)unlink(before);
    (void)unlink(written);
    return edo_recorder_set(EDO_RECORDER_OFF);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(off_there_is_nothing),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(without_memory_nothing_has_changed),
        cmocka_unit_test_teardown(a_console_and_the_program_want_depths_of_their_own, clean_up),
        cmocka_unit_test_teardown(a_file_without_room_is_an_error, clean_up),
        cmocka_unit_test_teardown(all_has_each_step, clean_up),
        cmocka_unit_test_teardown(a_dump_has_the_last_events_of_a_task, clean_up),
        cmocka_unit_test_teardown(turns_has_long_polls_only, clean_up),
        cmocka_unit_test_teardown(a_worker_without_a_ring_has_the_times_of_its_polls, clean_up),
        cmocka_unit_test_teardown(several_workers_have_rings_of_their_own, clean_up),
        cmocka_unit_test_teardown(a_ring_keeps_the_latest, clean_up),
        cmocka_unit_test_teardown(a_file_in_use_is_read_without_what_was_overwritten, clean_up),
        cmocka_unit_test_teardown(what_is_no_file_of_ours_stays, clean_up),
        cmocka_unit_test_teardown(a_later_start_keeps_its_memory, clean_up),
        cmocka_unit_test_teardown(it_moves_while_threads_record, clean_up),
        cmocka_unit_test_teardown(off_ends_it_while_tasks_run, clean_up),
        cmocka_unit_test_teardown(spans_begin_and_end, clean_up),
        cmocka_unit_test_teardown(a_file_that_another_process_records_to_is_refused, clean_up),
        cmocka_unit_test_teardown(a_program_may_go_back_to_a_file, clean_up),
        cmocka_unit_test_teardown(a_file_outlives_a_kill, clean_up),
        cmocka_unit_test_teardown(a_crash_writes_a_file, clean_up),
        cmocka_unit_test_teardown(a_misuse_has_its_file_written, clean_up),
        cmocka_unit_test_teardown(the_second_crash_waits_for_the_first, clean_up),
        cmocka_unit_test_teardown(a_file_that_is_cut_ends_the_record_only, clean_up),
        cmocka_unit_test_teardown(a_child_writes_reports_of_its_own, clean_up),
        cmocka_unit_test_teardown(a_child_has_a_recorder_of_its_own, clean_up),
    };
    (void)snprintf(path, sizeof path, "/tmp/edo-recorder-test-%ld", (long)getpid());
    (void)snprintf(written, sizeof written, "%s.written", path);
    (void)snprintf(before, sizeof before, "%s.before", path);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
