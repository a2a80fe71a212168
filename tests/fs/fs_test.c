/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/fs.h: names, directories, whole files; what a failure leaves; what a
 * cancellation does; a full disk.
 * Method: a directory of its own, on every kind of runtime and outside any; /dev/full,
 * RLIMIT_FSIZE. After each test as many descriptors are open as before. */
#include "inside.h"

#include <edo/edo.h>
#include <edo/fs.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static char home[] = "/dev/shm/edo-fs-XXXXXX"; // in memory: trees of directories are fast there

static int entries_of(const char *path) {
    int n = -2; // "." and ".."
    DIR *dir = opendir(path);
    CHECK(dir);
    while (readdir(dir)) n++;
    CHECK_EQ(closedir(dir), 0);
    return n;
}

/* Runs `body` on every kind of runtime, and outside any, each time in an empty directory. */
static void run_each(edo_task_fn *body) {
    int before = entries_of("/proc/self/fd");
    for (size_t i = 0; i <= KINDS_N; i++) {
        assert_int_equal(mkdir("dir", 0777), 0);
        assert_int_equal(chdir("dir"), 0);
        assert_int_equal(i < KINDS_N ? inside_with(body, NULL, &kinds[i]) : body(NULL), 0);
        assert_int_equal(chdir(home), 0);
        assert_int_equal(edo_fs_remove_dir_all("dir"), 0);
        assert_int_equal(entries_of("/proc/self/fd"), before);
    }
}

static void write_text(const char *path, const char *text) {
    CHECK_EQ(edo_fs_write_all(path, text, strlen(text)), 0);
}

/* The file consists of this text. */
static void check_text(const char *path, const char *text) {
    edo_bytes found;
    CHECK_EQ(edo_fs_read_all(&found, path), 0);
    CHECK(edo_str_equal(found.str, edo_str_of(text)));
    edo_bytes_unref(&found);
}

static mode_t mode_of(const char *path) {
    struct stat found;
    CHECK_EQ(edo_fs_stat(&found, path), 0);
    return found.st_mode & 07777;
}

/* ---- Whole files ----------------------------------------------------------------------------- */

static int whole_files(void *arg) {
    (void)arg;
    edo_bytes found = { 0 };
    write_text("a", "hello");
    check_text("a", "hello");
    CHECK_EQ(mode_of("a"), 0644);
    CHECK_EQ(edo_fs_set_permissions("a", 0640), 0);
    write_text("a", "");
    check_text("a", "");
    CHECK_EQ(mode_of("a"), 0640); // kept
    CHECK_EQ(edo_fs_read_all(&found, "none"), -ENOENT);
    CHECK_EQ(edo_fs_read_all(&found, "."), -EISDIR);
    CHECK(!found.owner);
    CHECK_EQ(edo_fs_write_all(".", "x", 1), -EISDIR);
    CHECK_EQ(edo_fs_write_all("none/a", "x", 1), -ENOENT);
    CHECK_EQ(edo_fs_read_all(&found, "/proc/self/status"), 0); // whose size is said to be 0
    CHECK(found.str.len > 100);
    edo_bytes_unref(&found);
    return 0;
}

static void a_file_is_what_was_written(void **state) {
    (void)state;
    run_each(whole_files);
}

static int large_file(void *arg) {
    (void)arg;
    enum { N = 5 << 20 };
    char *bytes = malloc(N);
    CHECK(bytes != NULL);
    for (size_t i = 0; i < N; i++) bytes[i] = (char)(i * 7 + i / 1000);
    edo_bytes found;
    uint64_t copied = 0;
    CHECK_EQ(edo_fs_write_all("a", bytes, N), 0);
    CHECK_EQ(edo_fs_copy("b", "a", &copied), 0);
    CHECK_EQ((int64_t)copied, N);
    CHECK_EQ(edo_fs_read_all(&found, "b"), 0);
    CHECK_EQ((int64_t)found.str.len, N);
    CHECK_EQ(memcmp(found.str.ptr, bytes, N), 0);
    edo_bytes_unref(&found);
    free(bytes);
    return 0;
}

static void large_files_are_whole(void **state) {
    (void)state;
    run_each(large_file);
}

static int replaced(void *arg) {
    (void)arg;
    CHECK_EQ(edo_fs_replace("a", "one", 3), 0);
    check_text("a", "one");
    CHECK_EQ(mode_of("a"), 0644);
    CHECK_EQ(edo_fs_set_permissions("a", 0600), 0);
    int old = open("a", O_RDONLY | O_CLOEXEC);
    CHECK_EQ(edo_fs_replace("./a", "two", 3), 0);
    check_text("a", "two");
    CHECK_EQ(mode_of("a"), 0600);
    char bytes[4] = { 0 };
    CHECK_EQ(read(old, bytes, sizeof bytes), 3); // the old file is whole for those that have it
    CHECK_EQ(strcmp(bytes, "one"), 0);
    CHECK_EQ(close(old), 0);
    char longest[NAME_MAX + 1];
    memset(longest, 'n', NAME_MAX);
    longest[NAME_MAX] = 0;
    CHECK_EQ(edo_fs_replace(longest, "long", 4), 0);
    check_text(longest, "long");
    CHECK_EQ(edo_fs_remove_file(longest), 0);
    CHECK_EQ(edo_fs_replace("none/a", "x", 1), -ENOENT);
    CHECK_EQ(edo_fs_create_dir("dir"), 0);
    CHECK_EQ(edo_fs_replace("dir", "x", 1), -EISDIR);
    CHECK_EQ(entries_of("."), 2); // no other file is left
    return 0;
}

static void replace_leaves_the_old_file_or_the_new_one(void **state) {
    (void)state;
    run_each(replaced);
}

static int copies(void *arg) {
    (void)arg;
    uint64_t bytes = 7;
    write_text("a", "hello");
    write_text("long", "a longer text");
    CHECK_EQ(edo_fs_set_permissions("a", 0750), 0);
    CHECK_EQ(edo_fs_copy("long", "a", NULL), 0);
    check_text("long", "hello");
    CHECK_EQ(mode_of("long"), 0750);
    CHECK_EQ(edo_fs_set_permissions("a", 04751), 0); // no bits that lend the owner's rights
    CHECK_EQ(edo_fs_copy("long", "a", NULL), 0);
    CHECK_EQ(mode_of("long"), 0751);
    CHECK_EQ(edo_fs_copy("a", "a", &bytes), -EINVAL);
    CHECK_EQ(edo_fs_hard_link("a", "b"), 0);
    CHECK_EQ(edo_fs_copy("b", "a", &bytes), -EINVAL);
    CHECK_EQ((int64_t)bytes, 0);
    check_text("a", "hello");
    CHECK_EQ(edo_fs_copy("c", "none", NULL), -ENOENT);
    CHECK_EQ(edo_fs_copy("c", ".", NULL), -EINVAL);
    CHECK_EQ(edo_fs_copy("c", "/dev/zero", NULL), -EINVAL);
    CHECK_EQ(edo_fs_exists("c"), 0);
    CHECK_EQ(edo_fs_copy("c", "/proc/self/status", &bytes), 0); // another file system, of size 0
    CHECK(bytes > 100);
    return 0;
}

static void copies_have_contents_and_mode(void **state) {
    (void)state;
    run_each(copies);
}

static int full_disk(void *arg) {
    (void)arg;
    uint64_t bytes = 7;
    write_text("a", "hello");
    CHECK_EQ(edo_fs_write_all("/dev/full", "x", 1), -ENOSPC);
    CHECK_EQ(edo_fs_copy("/dev/full", "a", &bytes), -ENOSPC);
    CHECK_EQ((int64_t)bytes, 0);
    struct rlimit before, now;
    CHECK_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    now = before;
    now.rlim_cur = 1000;
    char text[2000] = { 0 };
    CHECK_EQ(setrlimit(RLIMIT_FSIZE, &now), 0);
    int all = edo_fs_write_all("b", text, sizeof text);
    int replace = edo_fs_replace("a", text, sizeof text);
    CHECK_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
    CHECK_EQ(all, -EFBIG);
    CHECK_EQ(replace, -EFBIG);
    check_text("a", "hello");
    CHECK_EQ(entries_of("."), 2); // and b, with a part
    return 0;
}

static void a_full_disk_is_told_and_a_replaced_file_stays(void **state) {
    (void)state;
    struct sigaction ignored = { .sa_handler = SIG_IGN }, before;
    assert_int_equal(sigaction(SIGXFSZ, &ignored, &before), 0);
    run_each(full_disk);
    assert_int_equal(sigaction(SIGXFSZ, &before, NULL), 0);
}

/* ---- Names ----------------------------------------------------------------------------------- */

static int names(void *arg) {
    (void)arg;
    edo_bytes text = { 0 };
    struct stat found;
    write_text("a", "hello");
    CHECK_EQ(edo_fs_rename("a", "b"), 0);
    CHECK_EQ(edo_fs_exists("a"), 0);
    CHECK_EQ(edo_fs_exists("b"), 1);
    CHECK_EQ(edo_fs_exists("b/c"), -ENOTDIR);
    CHECK_EQ(edo_fs_rename("a", "b"), -ENOENT);
    CHECK_EQ(edo_fs_symlink("b", "link"), 0);
    CHECK_EQ(edo_fs_symlink("none", "broken"), 0);
    CHECK_EQ(edo_fs_symlink("b", "link"), -EEXIST);
    CHECK_EQ(edo_fs_exists("link"), 1);
    CHECK_EQ(edo_fs_exists("broken"), 0);
    CHECK_EQ(edo_fs_lstat(&found, "link"), 0);
    CHECK(S_ISLNK(found.st_mode));
    CHECK_EQ(edo_fs_stat(&found, "link"), 0);
    CHECK(S_ISREG(found.st_mode) && found.st_size == 5);
    CHECK_EQ(edo_fs_stat(&found, "broken"), -ENOENT);
    CHECK_EQ(edo_fs_read_link(&text, "b"), -EINVAL);
    CHECK_EQ(edo_fs_read_link(&text, "link"), 0);
    CHECK(edo_str_equal(text.str, EDO_STR("b")));
    edo_bytes_unref(&text);
    CHECK_EQ(edo_fs_hard_link("b", "c"), 0);
    CHECK_EQ(edo_fs_hard_link("b", "c"), -EEXIST);
    CHECK_EQ(edo_fs_remove_file("b"), 0);
    CHECK_EQ(edo_fs_remove_file("b"), -ENOENT);
    check_text("c", "hello");
    CHECK_EQ(edo_fs_remove_file("link"), 0);
    return 0;
}

static void names_are_what_the_system_says(void **state) {
    (void)state;
    run_each(names);
}

static int masks(void *arg) {
    (void)arg;
    struct statx found = { 0 };
    write_text("a", "hello");
    CHECK_EQ(edo_fs_symlink("a", "link"), 0);
    CHECK_EQ(edo_fs_statx(&found, "link", 0, STATX_SIZE | STATX_BTIME), 0);
    CHECK(found.stx_mask & STATX_SIZE);
    CHECK_EQ(found.stx_size, 5);
    CHECK_EQ(edo_fs_statx(&found, "link", AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_SIZE), 0);
    CHECK(S_ISLNK(found.stx_mode));
    CHECK_EQ(found.stx_size, 1);
    CHECK_EQ(edo_fs_statx(&found, "none", 0, STATX_SIZE), -ENOENT);
    CHECK_EQ(edo_fs_statx(&found, "a", -1, STATX_SIZE), -EINVAL);
    return 0;
}

static void a_mask_says_what_is_asked_of_a_file(void **state) {
    (void)state;
    run_each(masks);
}

static int long_names(void *arg) {
    (void)arg;
    char target[3000], here[4096], wanted[4200];
    for (size_t n = 127; n <= 2999; n = n == 127 ? 128 : n == 128 ? 129 : n + 574) {
        memset(target, 'x', n); // around the sizes that are tried
        target[n] = 0;
        edo_bytes text;
        CHECK_EQ(edo_fs_symlink(target, "link"), 0);
        CHECK_EQ(edo_fs_read_link(&text, "link"), 0);
        CHECK(edo_str_equal(text.str, edo_str_of(target)));
        edo_bytes_unref(&text);
        CHECK_EQ(edo_fs_remove_file("link"), 0);
    }
    edo_bytes real;
    CHECK(getcwd(here, sizeof here) != NULL);
    (void)snprintf(wanted, sizeof wanted, "%s/a", here);
    write_text("a", "");
    CHECK_EQ(edo_fs_symlink("./a", "link"), 0);
    CHECK_EQ(edo_fs_canonicalize(&real, "../dir/./link"), 0);
    CHECK(edo_str_equal(real.str, edo_str_of(wanted)));
    edo_bytes_unref(&real);
    CHECK_EQ(edo_fs_canonicalize(&real, "none"), -ENOENT);
    return 0;
}

static void links_and_real_names_have_any_length(void **state) {
    (void)state;
    run_each(long_names);
}

/* ---- Directories ----------------------------------------------------------------------------- */

static int directories(void *arg) {
    (void)arg;
    CHECK_EQ(edo_fs_create_dir("a"), 0);
    CHECK_EQ(edo_fs_create_dir("a"), -EEXIST);
    CHECK_EQ(edo_fs_create_dir("b/c"), -ENOENT);
    CHECK_EQ(edo_fs_create_dir_all("b/c//d/"), 0);
    CHECK_EQ(edo_fs_create_dir_all("b/c/d"), 0);
    CHECK_EQ(edo_fs_create_dir_all("b/c/d/"), 0);
    CHECK_EQ(edo_fs_create_dir_all("/"), 0);
    CHECK_EQ(edo_fs_create_dir_all(""), -ENOENT);
    write_text("b/file", "");
    CHECK_EQ(edo_fs_create_dir_all("b/file"), -EEXIST);
    CHECK_EQ(edo_fs_create_dir_all("b/file/x/y"), -ENOTDIR);
    CHECK_EQ(edo_fs_remove_dir("b"), -ENOTEMPTY);
    CHECK_EQ(edo_fs_remove_dir("b/file"), -ENOTDIR);
    CHECK_EQ(edo_fs_remove_dir("a"), 0);
    CHECK_EQ(edo_fs_remove_file("b/c"), -EISDIR);
    return 0;
}

static void directories_are_made_and_removed(void **state) {
    (void)state;
    run_each(directories);
}

static int trees(void *arg) {
    (void)arg;
    CHECK_EQ(edo_fs_create_dir_all("outside"), 0);
    write_text("outside/kept", "hello");
    CHECK_EQ(edo_fs_create_dir_all("tree/a/b"), 0);
    for (int i = 0; i < 300; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "tree/a/%d", i);
        write_text(name, "");
    }
    CHECK_EQ(edo_fs_symlink("../outside", "tree/link"), 0);
    CHECK_EQ(edo_fs_symlink("tree", "to_tree"), 0);
    CHECK_EQ(edo_fs_remove_dir_all("to_tree"), -ENOTDIR);
    CHECK_EQ(edo_fs_remove_dir_all("to_tree/"), -ENOTDIR);
    CHECK_EQ(edo_fs_remove_dir_all("to_tree/."), -EINVAL);
    CHECK_EQ(edo_fs_remove_dir_all("to_tree/a/..//"), -EINVAL);
    CHECK_EQ(edo_fs_remove_dir_all("."), -EINVAL);
    CHECK_EQ(edo_fs_remove_dir_all(""), -ENOENT);
    CHECK_EQ(edo_fs_remove_dir_all("outside/kept"), -ENOTDIR);
    CHECK_EQ(edo_fs_remove_dir_all("none"), -ENOENT);
    CHECK_EQ(edo_fs_exists("tree/a/299"), 1);
    CHECK_EQ(edo_fs_remove_dir_all("tree//"), 0);
    CHECK_EQ(edo_fs_exists("tree"), 0);
    check_text("outside/kept", "hello"); // no link was followed
    return 0;
}

static void trees_are_removed_without_following_links(void **state) {
    (void)state;
    run_each(trees);
}

static int deep_tree(void *arg) {
    (void)arg;
    int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < 1001; i++) CHECK_EQ(mkdir("d", 0777) + chdir("d"), 0);
    CHECK_EQ(fchdir(here), 0);
    CHECK_EQ(edo_fs_remove_dir_all("d"), -ENAMETOOLONG);
    CHECK_EQ(rename("d/d", "e") + rmdir("d"), 0);
    CHECK_EQ(edo_fs_remove_dir_all("e"), 0);
    CHECK_EQ(close(here), 0);
    return 0;
}

static void the_depth_of_a_removed_tree_is_bounded(void **state) {
    (void)state;
    struct rlimit before, now;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    now = before;
    now.rlim_cur = now.rlim_max < 4096 ? now.rlim_max : 4096;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
    assert_int_equal(inside(deep_tree, NULL), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* ---- Cancellation ---------------------------------------------------------------------------- */

static int read_fifo(void *arg) {
    edo_bytes found;
    int err = edo_fs_read_all(&found, arg);
    if (err == 0) edo_bytes_unref(&found);
    return err;
}

static int cancelled(void *arg) {
    (void)arg;
    static char fifo[] = "fifo";
    CHECK_EQ(mkfifo(fifo, 0600), 0);
    int peer = open(fifo, O_RDWR | O_CLOEXEC); // the file has no end
    edo_task *reader = edo_spawn(read_fifo, fifo);
    edo_blocking_stats pool = { 0 };
    YIELD_FOR((edo_blocking_get_stats(edo_runtime_current(), &pool), pool.running > 0));
    edo_task_cancel(reader);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_yield(), 0);
    CHECK(!edo_task_is_finished(reader)); // its arguments are in use
    while (!edo_task_is_finished(reader)) {
        CHECK_EQ(write(peer, "x", 1), 1); // a step
        CHECK_EQ(edo_yield(), 0);
    }
    CHECK_EQ(edo_task_join(reader), -ECANCELED);
    CHECK_EQ(close(peer), 0);
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(0));
    int begun = edo_fs_write_all("a", "x", 1);
    CHECK_EQ(edo_deadline_end(&d, begun), -ETIMEDOUT);
    CHECK_EQ(edo_fs_exists("a"), 0);
    return 0;
}

static void a_cancelled_job_is_awaited_and_one_that_has_not_begun_does_nothing(void **state) {
    (void)state;
    int before = entries_of("/proc/self/fd");
    assert_int_equal(inside_with(cancelled, NULL, &(edo_runtime_opts){ .workers = 2 }), 0);
    assert_int_equal(unlink("fifo"), 0);
    assert_int_equal(entries_of("/proc/self/fd"), before);
}

static int enter_home(void **state) {
    (void)state;
    umask(022);
    if (access("/dev/shm", W_OK) < 0) memcpy(home, "/tmp/////", 9);
    return mkdtemp(home) ? chdir(home) : -1;
}

static int leave_home(void **state) {
    (void)state;
    return chdir("/") + edo_fs_remove_dir_all(home);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_what_was_written),
        cmocka_unit_test(large_files_are_whole),
        cmocka_unit_test(replace_leaves_the_old_file_or_the_new_one),
        cmocka_unit_test(copies_have_contents_and_mode),
        cmocka_unit_test(a_full_disk_is_told_and_a_replaced_file_stays),
        cmocka_unit_test(names_are_what_the_system_says),
        cmocka_unit_test(a_mask_says_what_is_asked_of_a_file),
        cmocka_unit_test(links_and_real_names_have_any_length),
        cmocka_unit_test(directories_are_made_and_removed),
        cmocka_unit_test(trees_are_removed_without_following_links),
        cmocka_unit_test(the_depth_of_a_removed_tree_is_bounded),
        cmocka_unit_test(a_cancelled_job_is_awaited_and_one_that_has_not_begun_does_nothing),
    };
    return cmocka_run_group_tests(tests, enter_home, leave_home);
}
