/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/file_cache.h.
 * Method: a directory of its own and a clock that stands still. A file that is given an old time of
 * change, and is later overwritten with the same size and time, is one that the cache must take for
 * unchanged: so the bytes that it returns show whether it has read the file again. */
#include "fs_support.h"
#include "gate.h"

#include <edo/file_cache.h>

#include <limits.h>

/* Writes `text` over the file in place, changed last at `s` seconds after 1970; -1: now. */
static void put(const char *path, const char *text, int64_t s) {
    int fd = open(path, O_WRONLY | O_CREAT, 0644);
    CHECK(fd >= 0);
    CHECK_EQ(ftruncate(fd, 0), 0);
    CHECK_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    struct timespec times[2] = { { .tv_sec = s }, { .tv_sec = s } };
    if (s >= 0) CHECK_EQ(futimens(fd, times), 0);
    CHECK_EQ(close(fd), 0);
}

/* Does the cache say that the file is `text`? */
static bool holds(edo_file_cache *c, const char *path, const char *text) {
    edo_cached_file f;
    CHECK_EQ(edo_file_cache_get(c, path, &f), 0);
    bool same = edo_str_equal(f.bytes.str, edo_str_of(text));
    edo_bytes_unref(&f.bytes);
    return same;
}

static edo_file_cache *cache_of(const edo_file_cache_opts *opts) {
    edo_file_cache *c;
    CHECK_EQ(edo_file_cache_new(&c, opts), 0);
    return c;
}

static int check(void *arg) {
    edo_file_cache *c = cache_of(NULL);
    (void)arg;
    put("f", "one", 1000);
    CHECK(holds(c, "f", "one"));
    put("f", "two", 1001);
    CHECK_EQ(edo_sleep(edo_ms(999)), 0);
    CHECK(holds(c, "f", "one"));
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK(holds(c, "f", "two"));
    put("f", "six", 1001); // looks as before
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    CHECK(holds(c, "f", "two"));
    put("f", "seven", 1001); // another size
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    CHECK(holds(c, "f", "seven"));
    put("g", "eight", 1001); // another file
    CHECK_EQ(rename("g", "f"), 0);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    CHECK(holds(c, "f", "eight"));
    edo_file_cache_unref(c);
    return 0;
}

static void change_is_seen_at_the_next_check(void **state) {
    (void)state;
    assert_int_equal(inside(check, NULL), 0);
}

static int recent(void *arg) {
    edo_file_cache *c = cache_of(NULL);
    struct stat st;
    (void)arg;
    put("f", "one", -1);
    CHECK(holds(c, "f", "one"));
    CHECK_EQ(stat("f", &st), 0);
    put("f", "two", -1);
    struct timespec times[2] = { st.st_atim, st.st_mtim };
    CHECK_EQ(utimensat(AT_FDCWD, "f", times, 0), 0); // as if within one tick of the file system
    CHECK(holds(c, "f", "one"));
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    CHECK(holds(c, "f", "two"));
    edo_file_cache_unref(c);
    return 0;
}

static void file_changed_lately_is_read_again(void **state) {
    (void)state;
    assert_int_equal(inside(recent, NULL), 0);
}

static int gone(void *arg) {
    edo_file_cache *c = cache_of(NULL);
    edo_cached_file f, g;
    struct stat st;
    (void)arg;
    put("f", "one", 1000);
    CHECK_EQ(stat("f", &st), 0);
    CHECK_EQ(edo_file_cache_get(c, "f", &f), 0);
    CHECK_EQ(f.modified_ns, INT64_C(1000000000000));
    CHECK(f.ino == st.st_ino && f.dev == st.st_dev);
    CHECK_EQ(unlink("f"), 0);
    CHECK_EQ(edo_file_cache_get(c, "f", &g), 0);
    edo_bytes_unref(&g.bytes);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    CHECK_EQ(edo_file_cache_get(c, "f", &g), -ENOENT);
    put("f", "two", 1000);
    CHECK(holds(c, "f", "two")); // that it was not there is not remembered
    edo_file_cache_unref(edo_file_cache_ref(c));
    edo_file_cache_unref(c);
    CHECK(edo_str_equal(f.bytes.str, EDO_STR("one")));
    edo_bytes_unref(&f.bytes);
    return 0;
}

static void bytes_outlive_the_file_and_the_cache(void **state) {
    (void)state;
    assert_int_equal(inside(gone, NULL), 0);
}

static int large(void *arg) {
    edo_file_cache *c = cache_of(&(edo_file_cache_opts){ .file_bytes_max = 4 });
    edo_cached_file f;
    (void)arg;
    put("f", "large", 1000);
    CHECK_EQ(edo_file_cache_get(c, "f", &f), -EFBIG);
    put("f", "four", 1001);
    CHECK_EQ(edo_file_cache_get(c, "f", &f), -EFBIG); // remembered
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    CHECK(holds(c, "f", "four"));
    put("f", "", 1002);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    CHECK(holds(c, "f", ""));
    put("f", "large", 1003);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    CHECK_EQ(edo_file_cache_get(c, "f", &f), -EFBIG);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    CHECK_EQ(edo_file_cache_get(c, "f", &f), -EFBIG); // unchanged
    edo_file_cache_unref(c);
    return 0;
}

static void file_above_the_limit_is_refused_until_it_shrinks(void **state) {
    (void)state;
    assert_int_equal(inside(large, NULL), 0);
}

static int others(void *arg) {
    edo_file_cache *c = cache_of(NULL);
    edo_cached_file f;
    char path[PATH_MAX + 1];
    (void)arg;
    CHECK_EQ(mkfifo("fifo", 0600), 0);
    CHECK_EQ(edo_file_cache_get(c, "fifo", &f), -EINVAL);
    CHECK_EQ(edo_file_cache_get(c, ".", &f), -EISDIR);
    CHECK_EQ(edo_file_cache_get(c, "none", &f), -ENOENT);
    memset(path, 'x', PATH_MAX);
    path[PATH_MAX] = 0;
    CHECK_EQ(edo_file_cache_get(c, path, &f), -ENAMETOOLONG);
    edo_file_cache_unref(c);
    const edo_file_cache_opts bad[] = { { .file_bytes_max = 2, .bytes_max = 1 },
                                        { .files_max = (1u << 20) + 1 },
                                        { .check_after = { -1 } },
                                        { .reserved = { 0, 0, 1 } } };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) CHECK_EQ(edo_file_cache_new(&c, &bad[i]), -EINVAL);
    edo_file_cache_unref(NULL);
    return 0;
}

static void what_is_no_file_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside(others, NULL), 0);
}

static int beneath(void *arg) {
    char www[] = "www";
    edo_file_cache *c = cache_of(&(edo_file_cache_opts){ .beneath = www });
    edo_cached_file f;
    (void)arg;
    memset(www, 'x', sizeof www - 1); // it was copied
    CHECK_EQ(edo_fs_create_dir_all("www/in"), 0);
    put("secret", "s", 1000);
    put("www/in/page", "p", 1000);
    CHECK_EQ(edo_fs_symlink("../../secret", "www/in/out"), 0);
    CHECK_EQ(edo_fs_symlink("in/page", "www/link"), 0);
    int err = edo_file_cache_get(c, "in/page", &f);
    if (err == 0) edo_bytes_unref(&f.bytes);
    if (err == -ENOSYS) print_message("the kernel has no openat2(): not tested\n");
    if (err != -ENOSYS) {
        CHECK(holds(c, "in/page", "p") && holds(c, "link", "p"));
        CHECK_EQ(edo_file_cache_get(c, "../secret", &f), -EXDEV);
        CHECK_EQ(edo_file_cache_get(c, "in/out", &f), -EXDEV);
        CHECK_EQ(edo_file_cache_get(c, "/etc/passwd", &f), -EXDEV);
        CHECK_EQ(edo_file_cache_get(c, "in", &f), -EISDIR);
        CHECK_EQ(edo_file_cache_get(c, "none", &f), -ENOENT);
    }
    edo_file_cache_unref(c);
    return 0;
}

static void no_path_leaves_the_directory_of_a_cache(void **state) {
    (void)state;
    assert_int_equal(inside(beneath, NULL), 0);
}

/* Asks for "a" to "c"; returns how many were read anew after a change that does not show. */
static int read_anew(edo_file_cache *c, const char *used_last) {
    const char *names[] = { "a", "b", "c" };
    for (int i = 0; i < 3; i++) put(names[i], "old", 1000);
    for (int i = 0; i < 3; i++) CHECK(holds(c, names[i], "old"));
    for (int i = 0; i < 3; i++) put(names[i], "new", 1000);
    CHECK(holds(c, used_last, "old"));
    int n = 0;
    for (int i = 2; i >= 0; i--) n += holds(c, names[i], "new");
    return n;
}

static int forgets(void *arg) {
    edo_file_cache *c = cache_of(NULL);
    (void)arg;
    CHECK_EQ(read_anew(c, "a"), 0);
    edo_file_cache_unref(c);
    c = cache_of(&(edo_file_cache_opts){ .files_max = 2 });
    CHECK_EQ(read_anew(c, "b"), 1); // "a" had to go, comes again, and "c" is used before that
    edo_file_cache_unref(c);
    c = cache_of(&(edo_file_cache_opts){ .bytes_max = 3 });
    put("a", "old", 1000);
    CHECK(holds(c, "a", "old"));
    put("a", "new", 1000);
    CHECK(holds(c, "a", "new")); // what is remembered of a file counts, too
    edo_file_cache_unref(c);
    return 0;
}

static void file_used_longest_ago_is_forgotten(void **state) {
    (void)state;
    assert_int_equal(inside(forgets, NULL), 0);
}

/* ---- Checks that do not come to their end ---------------------------------------------------- */

static int ask_for_f(void *cache) {
    edo_cached_file f;
    int err = edo_file_cache_get(cache, "f", &f);
    if (err == 0) edo_bytes_unref(&f.bytes);
    return err;
}

static int pass_gate(void *g) {
    return edo_blocking(gate_pass, g);
}

/* The only thread for jobs is busy, and a job waits. A check cannot wait, too; or its task is
 * cancelled meanwhile. */
static int cut_checks(void *is_cancelled) {
    edo_file_cache *c = cache_of(NULL);
    gate g = GATE;
    put("f", "old", 1000);
    CHECK(holds(c, "f", "old"));
    put("f", "new", 1000); // looks as before: it is seen only if the file was forgotten
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    edo_task *busy[2];
    CHECK((busy[0] = edo_spawn(pass_gate, &g)) != NULL);
    CHECK_EQ(gate_yield_begun(&g, 1), 0); // before the next one, which would find no room
    CHECK((busy[1] = edo_spawn(pass_gate, &g)) != NULL);
    for (int i = 0; i < 10; i++) CHECK_EQ(edo_yield(), 0);
    edo_task *asks = edo_spawn(ask_for_f, c);
    CHECK(asks != NULL);
    for (int i = 0; i < 10; i++) CHECK_EQ(edo_yield(), 0);
    if (is_cancelled) edo_task_cancel(asks);
    CHECK_EQ(edo_task_join(asks), is_cancelled ? -ECANCELED : 0);
    gate_open(&g);
    for (int i = 0; i < 2; i++) CHECK_EQ(edo_task_join(busy[i]), 7);
    CHECK(holds(c, "f", "old"));
    put("f", "newer", 1001);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    CHECK(holds(c, "f", "newer"));
    edo_file_cache_unref(c);
    return 0;
}

static void check_that_cannot_be_made_keeps_the_file(void **state) {
    static bool is_cancelled = true;
    edo_runtime_opts opts = { .blocking_max = 1, .start_paused = true, .watchdog = EDO_OFF };
    (void)state;
    assert_int_equal(inside_with(cut_checks, &is_cancelled, &opts), 0);
    opts.blocking_queue_max = 1;
    assert_int_equal(inside_with(cut_checks, NULL, &opts), 0);
}

/* Returns where the cache keeps the file. */
static const void *place_of(edo_file_cache *c, edo_cached_file *f) {
    CHECK_EQ(edo_file_cache_get(c, "f", f), 0);
    return f->bytes.str.ptr;
}

static int is_there_once(void *arg) {
    edo_file_cache *c = cache_of(&(edo_file_cache_opts){ .check_each_time = true });
    edo_cached_file one, two;
    (void)arg;
    put("f", "one", -1); // it counts as changed
    CHECK(place_of(c, &one) == place_of(c, &two));
    edo_bytes_unref(&two.bytes);
    put("f", "two", -1);
    CHECK(place_of(c, &two) != one.bytes.str.ptr);
    CHECK(edo_str_equal(two.bytes.str, EDO_STR("two")));
    edo_bytes_unref(&one.bytes);
    edo_bytes_unref(&two.bytes);
    put("f", "one", time(NULL) + 3600); // it does not
    CHECK(holds(c, "f", "one"));
    edo_file_cache_unref(c);
    return 0;
}

static void bytes_that_are_read_again_are_there_once(void **state) {
    (void)state;
    assert_int_equal(inside(is_there_once, NULL), 0);
}

enum { ASKING = 8 };

static int has_new(void *cache) {
    return holds(cache, "f", "new") ? 0 : -EIO;
}

/* The only thread is busy when a check begins, for which there is room behind that; for more there
 * is none. The file is replaced before the check runs. */
static int share_a_check(void *arg) {
    edo_file_cache *c = cache_of(&(edo_file_cache_opts){ .check_each_time = true });
    edo_task *asks[ASKING];
    gate g = GATE;
    (void)arg;
    put("f", "old", 1000);
    CHECK(holds(c, "f", "old"));
    edo_task *busy = edo_spawn(pass_gate, &g);
    CHECK(busy != NULL);
    CHECK_EQ(gate_yield_begun(&g, 1), 0);
    for (int i = 0; i < ASKING; i++) CHECK((asks[i] = edo_spawn(has_new, c)) != NULL);
    for (int i = 0; i < 10; i++) CHECK_EQ(edo_yield(), 0);
    put("f", "new", 1001);
    gate_open(&g);
    CHECK_EQ(edo_task_join(busy), 7);
    for (int i = 0; i < ASKING; i++) CHECK_EQ(edo_task_join(asks[i]), 0);
    edo_file_cache_unref(c);
    return 0;
}

static void one_check_of_a_path_runs_at_a_time(void **state) {
    const edo_runtime_opts opts = {
        .blocking_max = 1, .blocking_queue_max = 1, .start_paused = true, .watchdog = EDO_OFF
    };
    (void)state;
    assert_int_equal(inside_with(share_a_check, NULL, &opts), 0);
}

static int ask_often(void *cache) {
    for (int i = 0; i < 50; i++) {
        edo_cached_file f;
        int err = edo_file_cache_get(cache, "f", &f);
        if (err < 0) return err;
        for (size_t k = 1; k < f.bytes.str.len; k++)
            CHECK_EQ(f.bytes.str.ptr[k], f.bytes.str.ptr[0]);
        CHECK_EQ(f.bytes.str.len, 100);
        edo_bytes_unref(&f.bytes);
    }
    return 0;
}

static int together(void *arg) {
    edo_file_cache *c = cache_of(&(edo_file_cache_opts){ .check_after = edo_us(1) });
    (void)arg;
    char text[101] = { 0 };
    memset(text, 'a', 100);
    CHECK_EQ(edo_fs_replace("f", text, 100), 0);
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < 4; i++) CHECK_EQ(edo_scope_spawn(&s, ask_often, c), 0);
    for (int i = 0; i < 10; i++) {
        memset(text, 'b' + i, 100);
        CHECK_EQ(edo_fs_replace("f", text, 100), 0);
    }
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK(holds(c, "f", text));
    edo_file_cache_unref(c);
    return 0;
}

static void tasks_share_a_file_that_is_replaced(void **state) {
    (void)state;
    assert_int_equal(inside_with(together, NULL, &(edo_runtime_opts){ .workers = 2 }), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(change_is_seen_at_the_next_check),
        cmocka_unit_test(file_changed_lately_is_read_again),
        cmocka_unit_test(bytes_outlive_the_file_and_the_cache),
        cmocka_unit_test(file_above_the_limit_is_refused_until_it_shrinks),
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(no_path_leaves_the_directory_of_a_cache),
        cmocka_unit_test(file_used_longest_ago_is_forgotten),
        cmocka_unit_test(check_that_cannot_be_made_keeps_the_file),
        cmocka_unit_test(tasks_share_a_file_that_is_replaced),
        cmocka_unit_test(bytes_that_are_read_again_are_there_once),
        cmocka_unit_test(one_check_of_a_path_runs_at_a_time),
    };
    return cmocka_run_group_tests(tests, enter_home, leave_home);
}
