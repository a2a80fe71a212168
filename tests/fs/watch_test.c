/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/fs_watch.h: each kind of event, the halves of a rename, what ends a
 * place, lost events, the limits of the kernel; no event is lost by a cancellation.
 * Method: a directory of its own, on every kind of runtime. */
#include "fs_support.h"

#include <edo/fs_watch.h>

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

static edo_fs_watch *watch_of(const char *path, uint32_t what, int *place) {
    edo_fs_watch *w;
    CHECK_EQ(edo_fs_watch_open(&w), 0);
    *place = edo_fs_watch_add(w, path, what);
    CHECK(*place > 0);
    return w;
}

static edo_fs_event next_of(edo_fs_watch *w) {
    edo_fs_event e;
    CHECK_EQ(edo_fs_watch_next(w, &e), 1);
    return e;
}

/* The next event is this one. Returns it. */
static edo_fs_event expect(edo_fs_watch *w, uint32_t what, int place, const char *name) {
    edo_fs_event e = next_of(w);
    CHECK_EQ(e.what, what);
    CHECK_EQ(e.place, place);
    CHECK_EQ(strcmp(e.name, name), 0);
    return e;
}

static void append(const char *path) {
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    CHECK_EQ(write(fd, "x", 1), 1);
    CHECK_EQ(close(fd), 0);
}

static int kinds_of_events(void *arg) {
    int p;
    (void)arg;
    edo_fs_watch *w = watch_of(".", 0, &p);
    make_file("a");
    append("a");
    CHECK_EQ(chmod("a", 0600) + mkdir("dir", 0777) + rename("a", "dir/b"), 0);
    CHECK_EQ(rename("dir/b", "a") + rename("a", "c") + unlink("c") + rmdir("dir"), 0);
    CHECK(!expect(w, EDO_FS_CREATED, p, "a").is_dir);
    expect(w, EDO_FS_CLOSED_WRITE, p, "a");
    expect(w, EDO_FS_MODIFIED, p, "a");
    expect(w, EDO_FS_CLOSED_WRITE, p, "a");
    expect(w, EDO_FS_ATTRIBUTES, p, "a");
    CHECK(expect(w, EDO_FS_CREATED, p, "dir").is_dir);
    CHECK(expect(w, EDO_FS_MOVED_FROM, p, "a").cookie != 0);
    CHECK(expect(w, EDO_FS_MOVED_TO, p, "a").cookie != 0);
    uint32_t cookie = expect(w, EDO_FS_MOVED_FROM, p, "a").cookie;
    CHECK_EQ(expect(w, EDO_FS_MOVED_TO, p, "c").cookie, cookie);
    CHECK_EQ(expect(w, EDO_FS_REMOVED, p, "c").cookie, 0);
    CHECK(expect(w, EDO_FS_REMOVED, p, "dir").is_dir);
    edo_fs_watch_close(w);
    return 0;
}

static void events_have_kinds_names_and_cookies(void **state) {
    (void)state;
    run_inside(kinds_of_events);
}

static int chosen(void *arg) {
    int p, q;
    (void)arg;
    make_file("a");
    edo_fs_watch *w = watch_of("a", EDO_FS_MODIFIED, &p);
    append("a");
    expect(w, EDO_FS_MODIFIED, p, "");
    CHECK_EQ(edo_fs_watch_add(w, "./a", EDO_FS_CLOSED_WRITE), p); // is added to the choice
    append("a");
    expect(w, EDO_FS_MODIFIED, p, "");
    expect(w, EDO_FS_CLOSED_WRITE, p, "");
    make_file("b");
    q = edo_fs_watch_add(w, "b", EDO_FS_OPENED | EDO_FS_READ);
    CHECK(q > 0 && q != p);
    CHECK_EQ(edo_fs_watch_add(w, "none", 0), -ENOENT);
    CHECK_EQ(edo_fs_watch_add(w, "a", EDO_FS_OVERFLOW), -EINVAL);
    CHECK_EQ(edo_fs_watch_add(w, "a", EDO_FS_SELF_REMOVED), -EINVAL);
    CHECK_EQ(edo_fs_watch_remove(w, p), 0);
    CHECK_EQ(edo_fs_watch_remove(w, p), -EINVAL);
    append("b");
    expect(w, EDO_FS_ENDED, p, "");
    expect(w, EDO_FS_OPENED, q, "");
    edo_fs_watch_close(w);
    return 0;
}

static void only_chosen_events_come(void **state) {
    (void)state;
    run_inside(chosen);
}

static int ends(void *arg) {
    int p;
    (void)arg;
    make_file("a");
    edo_fs_watch *w = watch_of("a", 0, &p);
    int fd = open("a", O_RDONLY | O_CLOEXEC);
    CHECK_EQ(rename("a", "b") + unlink("b"), 0);
    expect(w, EDO_FS_SELF_MOVED, p, "");
    expect(w, EDO_FS_ATTRIBUTES, p, ""); // it lost its name, and is open
    CHECK_EQ(close(fd), 0);
    expect(w, EDO_FS_SELF_REMOVED, p, "");
    expect(w, EDO_FS_ENDED, p, "");
    edo_fs_watch_close(w);
    CHECK_EQ(mkdir("dir", 0777), 0);
    w = watch_of("dir", 0, &p);
    CHECK_EQ(rmdir("dir"), 0);
    expect(w, EDO_FS_SELF_REMOVED, p, "");
    expect(w, EDO_FS_ENDED, p, "");
    edo_fs_watch_close(w);
    edo_fs_watch_close(NULL);
    return 0;
}

static void removed_places_end(void **state) {
    (void)state;
    run_inside(ends);
}

/* ---- Waiting --------------------------------------------------------------------------------- */

static int wait_next(void *arg) {
    edo_fs_event e;
    return edo_fs_watch_next(arg, &e);
}

static int waiting(void *arg) {
    int p;
    (void)arg;
    edo_fs_watch *w = watch_of(".", EDO_FS_CREATED, &p);
    for (int i = 0; i < 20; i++) { // cancelled before, while and after the event comes
        edo_task *t = edo_spawn(wait_next, w);
        CHECK(t != NULL);
        for (int k = 0; k < i % 3; k++) CHECK_EQ(edo_yield(), 0);
        if (i >= 10) make_numbered(i);
        edo_task_cancel(t);
        int rc = edo_task_join(t);
        CHECK(rc == -ECANCELED || (i >= 10 && rc == 1));
        if (rc == 1) make_numbered(100 + i);
        char name[16];
        (void)snprintf(name, sizeof name, "%d", rc == 1 ? 100 + i : i);
        if (i >= 10) expect(w, EDO_FS_CREATED, p, name);
    }
    edo_fs_watch_close(w);
    return 0;
}

static void cancelled_reader_loses_no_event(void **state) {
    (void)state;
    run_inside(waiting);
}

static int late(void *arg) {
    (void)arg;
    CHECK_EQ(edo_yield(), 0);
    make_file("late");
    return 0;
}

static int as_sequence(void *arg) {
    edo_fs_event e;
    int p;
    (void)arg;
    edo_fs_watch *w = watch_of(".", EDO_FS_CREATED, &p);
    edo_seq *s = edo_seq_from_fs_watch(w);
    CHECK_EQ(mkdir("dir", 0777), 0);
    CHECK(edo_fs_watch_add(w, "dir", EDO_FS_CREATED) > p); // while the sequence lives
    make_file("dir/a");
    CHECK_EQ(edo_seq_next(s, &e), 1);
    CHECK_EQ(strcmp(e.name, "dir"), 0);
    CHECK_EQ(edo_seq_next(s, &e), 1);
    CHECK_EQ(strcmp(e.name, "a"), 0);
    edo_task *t = edo_spawn(late, NULL);
    CHECK_EQ(edo_seq_next(s, &e), 1); // waits
    CHECK_EQ(strcmp(e.name, "late"), 0);
    CHECK_EQ(edo_task_join(t), 0);
    edo_seq_free(s);
    CHECK(!edo_seq_from_fs_watch(NULL));
    return 0;
}

static void watch_is_a_sequence(void **state) {
    (void)state;
    run_inside(as_sequence);
}

/* ---- Limits ---------------------------------------------------------------------------------- */

static long number_in(const char *path) {
    char text[32] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t n = read(fd, text, sizeof text - 1);
    (void)close(fd);
    return n > 0 ? strtol(text, NULL, 10) : -1;
}

static int overflows(void *arg) {
    int p;
    long max = number_in("/proc/sys/fs/inotify/max_queued_events");
    (void)arg;
    make_file("a");
    make_file("b");
    edo_fs_watch *w = watch_of(".", EDO_FS_ATTRIBUTES, &p);
    for (long i = 0; i <= max; i++) CHECK_EQ(chmod(i % 2 ? "a" : "b", 0600), 0);
    for (long i = 0; i < max; i++) expect(w, EDO_FS_ATTRIBUTES, p, i % 2 ? "a" : "b");
    expect(w, EDO_FS_OVERFLOW, 0, "");
    make_file("c"); // and it goes on
    CHECK_EQ(chmod("c", 0600), 0);
    expect(w, EDO_FS_ATTRIBUTES, p, "c");
    edo_fs_watch_close(w);
    return 0;
}

static void lost_events_are_told(void **state) {
    (void)state;
    long max = number_in("/proc/sys/fs/inotify/max_queued_events");
    if (max < 1 || max > 100000) {
        printf("a queue of %ld events is not filled\n", max);
        skip();
    }
    run_one(overflows, &kinds[0]);
}

/* In a new user namespace, where the limits are the test's own. 0; or 77, it has none. */
static int in_namespace(void) {
    if (unshare(CLONE_NEWUSER) < 0) return 77;
    int fd = open("/proc/sys/user/max_inotify_watches", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "2", 1) != 1 || close(fd) < 0) return 77;
    edo_fs_watch *w, *more;
    CHECK_EQ(mkdir("1", 0777) + mkdir("2", 0777) + mkdir("3", 0777), 0);
    CHECK_EQ(edo_fs_watch_open(&w), 0);
    int first = edo_fs_watch_add(w, "1", 0);
    CHECK(first > 0 && edo_fs_watch_add(w, "2", 0) > 0);
    CHECK_EQ(edo_fs_watch_add(w, "3", 0), -ENOSPC);
    CHECK_EQ(edo_fs_watch_remove(w, first), 0);
    CHECK(edo_fs_watch_add(w, "3", 0) > 0);
    fd = open("/proc/sys/user/max_inotify_instances", O_WRONLY | O_CLOEXEC);
    CHECK(fd >= 0 && write(fd, "1", 1) == 1 && close(fd) == 0);
    CHECK_EQ(edo_fs_watch_open(&more), -EMFILE);
    edo_fs_watch_close(w);
    return 0;
}

static void limits_of_the_user_come_back(void **state) {
    (void)state;
    assert_int_equal(mkdir("limits", 0777) + chdir("limits"), 0);
    pid_t pid = fork();
    if (pid == 0) _exit(in_namespace());
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(chdir(home), 0);
    assert_int_equal(edo_fs_remove_dir_all("limits"), 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        printf("no user namespace with limits of its own\n");
        skip();
    }
    assert_int_equal(status, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_of_the_user_come_back), // first: it forks
        cmocka_unit_test(events_have_kinds_names_and_cookies),
        cmocka_unit_test(only_chosen_events_come),
        cmocka_unit_test(removed_places_end),
        cmocka_unit_test(cancelled_reader_loses_no_event),
        cmocka_unit_test(watch_is_a_sequence),
        cmocka_unit_test(lost_events_are_told),
    };
    return cmocka_run_group_tests(tests, enter_home, leave_home);
}
