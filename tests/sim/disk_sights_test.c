/* SPDX-License-Identifier: MIT */
/* Goal: numbers and times of files on a disk are the world's by whichever way a program comes to a
 * file, and move when Linux moves them.
 * Method: a host whose disk has files that were there before looks at them by links and by
 * descriptors of folders, and at those that it makes and changes after each change. */
#include "disk_bed.h"
#include "inside.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define BEGIN_S 1893456000 /* of a world: 2030-01-01 */
#define SET_S   1000       /* what programs here set times to */

static const struct timespec set_both[2] = { { .tv_sec = SET_S }, { .tv_sec = SET_S } };

static char *in_bed(const bed *b, const char *name, char path[128]) {
    (void)snprintf(path, 128, "%s/%s", b->folder, name);
    return path;
}

/* Runs it in a world in which `file` and the folder `folder` were there before, and links to them:
 * `link` and `way`. */
static void run_bed(edo_task_fn *fn) {
    bed b;
    char path[128], link[128];
    bed_open(&b, fn);
    assert_int_equal(edo_fs_write_all(b.file, "old", 3), 0);
    assert_int_equal(mkdir(in_bed(&b, "folder", path), 0755), 0);
    assert_int_equal(symlink("file", in_bed(&b, "link", link)), 0);
    assert_int_equal(symlink(path, in_bed(&b, "way", link)), 0);
    crash_with(&b, 7);
    bed_close(&b);
}

static void check_is_of_disk(const struct stat *is) {
    CHECK_EQ(is->st_mtim.tv_sec, BEGIN_S);
    CHECK_EQ(major(is->st_dev), 0xed0u);
}

/* ---- Ways to it ------------------------------------------------------------------------------ */

static int look_by_links(void *arg) {
    const bed *b = arg;
    char path[128];
    struct stat is, again;
    CHECK_EQ(stat(in_bed(b, "link", path), &is), 0);
    check_is_of_disk(&is);
    CHECK_EQ(lstat(b->file, &again), 0);
    CHECK_EQ(is.st_ino, again.st_ino);
    CHECK_EQ(stat(in_bed(b, "way", path), &is), 0);
    check_is_of_disk(&is);
    CHECK_EQ(stat(in_bed(b, "folder", path), &again), 0);
    CHECK_EQ(is.st_ino, again.st_ino);
    return 0;
}

static void link_to_what_nobody_has_seen_shows_the_worlds(void **state) {
    (void)state;
    run_bed(look_by_links);
}

static int look_by_descriptor(void *arg) {
    const bed *b = arg;
    char path[128];
    struct stat is, by_place, by_path;
    DIR *d = opendir(in_bed(b, "folder", path));
    CHECK(d != NULL);
    CHECK_EQ(fstatat(dirfd(d), "", &by_place, AT_EMPTY_PATH), 0);
    check_is_of_disk(&by_place);
    CHECK_EQ(fstat(dirfd(d), &is), 0);
    CHECK_EQ(closedir(d), 0);
    CHECK_EQ(stat(path, &by_path), 0);
    CHECK(is.st_ino == by_path.st_ino && by_place.st_ino == by_path.st_ino);
    return 0;
}

static void descriptor_of_a_folder_shows_the_worlds(void **state) {
    (void)state;
    run_bed(look_by_descriptor);
}

static int look_at_removed(void *arg) {
    const bed *b = arg;
    char path[128];
    struct stat is, was;
    int fd = open(in_bed(b, "folder", path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK(fd >= 0);
    CHECK_EQ(fstat(fd, &was), 0);
    CHECK_EQ(rmdir(path), 0);
    CHECK_EQ(fstat(fd, &is), 0);
    CHECK_EQ(is.st_ino, was.st_ino);
    CHECK_EQ(is.st_mtim.tv_sec, BEGIN_S);
    CHECK_EQ(close(fd), 0);
    return 0;
}

static void folder_that_is_removed_shows_the_worlds(void **state) {
    (void)state;
    run_bed(look_at_removed);
}

static int set_by_link(void *arg) {
    const bed *b = arg;
    char path[128];
    struct stat is;
    CHECK_EQ(utimensat(AT_FDCWD, in_bed(b, "link", path), set_both, 0), 0);
    CHECK_EQ(stat(b->file, &is), 0);
    CHECK_EQ(is.st_mtim.tv_sec, SET_S);
    return 0;
}

static void times_are_set_by_a_link(void **state) {
    (void)state;
    run_bed(set_by_link);
}

/* Newer machines take no path for an empty one. The header promises a path, a pointer does not. */
static int look_without_path(void *arg) {
    int (*volatile unpromised)(int, const char *, int, unsigned, struct statx *) = statx;
    const bed *b = arg;
    struct statx is;
    int fd = open(b->file, O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    if (unpromised(fd, NULL, AT_EMPTY_PATH, STATX_BASIC_STATS, &is) == 0)
        CHECK_EQ(is.stx_mtime.tv_sec, BEGIN_S);
    CHECK_EQ(close(fd), 0);
    return 0;
}

static void statx_may_have_no_path(void **state) {
    (void)state;
    run_bed(look_without_path);
}

static int look_at_age(void *arg) {
    const bed *b = arg;
    struct statx is;
    CHECK_EQ(statx(AT_FDCWD, b->file, 0, STATX_ALL | STATX_MNT_ID, &is), 0);
    CHECK((is.stx_mask & (STATX_BTIME | STATX_MNT_ID)) == 0);
    CHECK(is.stx_btime.tv_sec == 0 && is.stx_btime.tv_nsec == 0 && is.stx_mnt_id == 0);
    CHECK_EQ(is.stx_size, 3);
    return 0;
}

static void statx_has_nothing_of_the_machines(void **state) {
    (void)state;
    run_bed(look_at_age);
}

/* ---- When times move ------------------------------------------------------------------------- */

static void times_stay(const char *path) {
    struct stat is;
    CHECK_EQ(stat(path, &is), 0);
    CHECK_EQ(is.st_mtim.tv_sec, BEGIN_S);
    CHECK_EQ(is.st_ctim.tv_sec, BEGIN_S);
}

static int change_nothing(void *arg) {
    static const struct timespec omit[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_OMIT } };
    const bed *b = arg;
    char path[128];
    CHECK_EQ(edo_sleep(edo_s(3)), 0);
    int fd = open(b->file, O_RDONLY | O_CLOEXEC);
    CHECK_EQ(write(fd, "x", 1), -1);
    CHECK_EQ(close(fd), 0);
    times_stay(b->file);
    fd = open(b->file, O_WRONLY | O_CLOEXEC);
    CHECK_EQ(write(fd, "", 0), 0);
    CHECK_EQ(close(fd), 0);
    times_stay(b->file);
    CHECK_EQ(utimensat(AT_FDCWD, b->file, omit, 0), 0);
    times_stay(b->file);
    CHECK_EQ(unlink(in_bed(b, "folder", path)), -1);
    times_stay(path);
    CHECK_EQ(rename(b->file, b->file), 0);
    times_stay(b->file);
    times_stay(b->folder);
    return 0;
}

static void what_changes_nothing_moves_no_time(void **state) {
    (void)state;
    run_bed(change_nothing);
}

static int change_names(void *arg) {
    const bed *b = arg;
    char path[128];
    struct stat is;
    CHECK_EQ(link(b->file, b->other), 0);
    CHECK_EQ(edo_sleep(edo_s(3)), 0);
    CHECK_EQ(rename(b->file, b->other), 0); // both are one file
    CHECK_EQ(stat(b->file, &is), 0);
    CHECK_EQ(is.st_ctim.tv_sec, BEGIN_S);
    CHECK_EQ(unlink(b->file), 0);
    CHECK_EQ(stat(b->other, &is), 0);
    CHECK_EQ(is.st_ctim.tv_sec, BEGIN_S + 3);
    CHECK_EQ(link(b->other, b->file), 0);
    CHECK_EQ(edo_sleep(edo_s(3)), 0);
    CHECK_EQ(rename(in_bed(b, "link", path), b->other), 0);
    CHECK_EQ(stat(b->file, &is), 0);
    CHECK_EQ(is.st_ctim.tv_sec, BEGIN_S + 6); // it has lost a name
    return 0;
}

static void name_that_goes_moves_the_time_of_changes(void **state) {
    (void)state;
    run_bed(change_names);
}

static int make_fifos(void *arg) {
    const bed *b = arg;
    char path[128];
    struct stat is;
    CHECK_EQ(edo_sleep(edo_s(3)), 0);
    CHECK_EQ(mkfifo(in_bed(b, "a", path), 0600), 0);
    CHECK_EQ(stat(path, &is), 0);
    CHECK(S_ISFIFO(is.st_mode) && is.st_mtim.tv_sec == BEGIN_S + 3);
    CHECK_EQ(stat(b->folder, &is), 0);
    CHECK_EQ(is.st_mtim.tv_sec, BEGIN_S + 3);
    CHECK_EQ(mknod(in_bed(b, "b", path), S_IFIFO | 0600, 0), 0);
    CHECK_EQ(stat(path, &is), 0);
    CHECK_EQ(is.st_mtim.tv_sec, BEGIN_S + 3);
    CHECK_EQ(mkfifoat(AT_FDCWD, path, 0600), -1);
    CHECK_EQ(errno, EEXIST);
    return 0;
}

static void fifo_is_as_old_as_it_is(void **state) {
    (void)state;
    run_bed(make_fifos);
}

/* ---- A program that dies --------------------------------------------------------------------- */

typedef struct last_words {
    char folder[64], file[96];
    int n, by_path, by_fd;
    struct stat seen;
} last_words;

static int say_last_words(void *arg) {
    last_words *l = arg;
    int fd = open(l->file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && fsync(fd) == 0);
    CHECK_EQ(sync_folder(l->folder), 0);
    int err = l->n++ == 0 ? edo_sleep(edo_hours(1)) : 0;
    if (err < 0) { // its machine has crashed
        l->by_path = utimensat(AT_FDCWD, l->file, set_both, 0) < 0 ? -errno : 0;
        l->by_fd = futimens(fd, set_both) < 0 ? -errno : 0;
    } else {
        CHECK_EQ(stat(l->file, &l->seen), 0);
    }
    CHECK_EQ(close(fd), 0);
    return err;
}

static void times_that_a_dying_program_sets_are_lost(void **state) {
    last_words l = { .n = 0 };
    (void)state;
    files_make(l.folder);
    (void)snprintf(l.file, sizeof l.file, "%s/file", l.folder);
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = 3 });
    assert_non_null(sim);
    assert_int_equal(edo_sim_host(sim, "keeper", say_last_words, &l), 0);
    assert_int_equal(edo_sim_disk(sim, "keeper", l.folder), 0);
    assert_int_equal(edo_sim_crash(sim, "keeper", edo_s(10)), 0);
    assert_int_equal(edo_sim_restart(sim, "keeper", edo_s(20)), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(30)), 0);
    edo_sim_free(sim);
    assert_int_equal(l.n, 2);
    assert_int_equal(l.by_path, -EIO);
    assert_int_equal(l.by_fd, -EIO);
    assert_int_equal(l.seen.st_mtim.tv_sec, BEGIN_S);
    files_free(l.folder);
}

static int set_while_it_fails(void *arg) {
    const bed *b = arg;
    struct stat is;
    CHECK_EQ(edo_sleep(edo_s(3)), 0);
    CHECK_EQ(utimensat(AT_FDCWD, b->file, set_both, 0), -1);
    CHECK_EQ(errno, EIO);
    CHECK_EQ(stat(b->file, &is), 0);
    CHECK_EQ(is.st_mtim.tv_sec, BEGIN_S);
    return 0;
}

static void times_are_not_set_while_the_disk_fails(void **state) {
    bed b;
    (void)state;
    bed_open(&b, set_while_it_fails);
    assert_int_equal(edo_fs_write_all(b.file, "old", 3), 0);
    edo_sim *sim = bed_world(&b, 1);
    assert_int_equal(edo_sim_disk_fail(sim, "keeper", edo_s(1), edo_s(5)), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(20)), 0);
    assert_int_equal(b.result, 0);
    edo_sim_free(sim);
    bed_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(link_to_what_nobody_has_seen_shows_the_worlds),
        cmocka_unit_test(descriptor_of_a_folder_shows_the_worlds),
        cmocka_unit_test(folder_that_is_removed_shows_the_worlds),
        cmocka_unit_test(times_are_set_by_a_link),
        cmocka_unit_test(statx_may_have_no_path),
        cmocka_unit_test(statx_has_nothing_of_the_machines),
        cmocka_unit_test(what_changes_nothing_moves_no_time),
        cmocka_unit_test(name_that_goes_moves_the_time_of_changes),
        cmocka_unit_test(fifo_is_as_old_as_it_is),
        cmocka_unit_test(times_that_a_dying_program_sets_are_lost),
        cmocka_unit_test(times_are_not_set_while_the_disk_fails),
    };
    return cmocka_run_group_tests_name("sim_disk_sights", tests, NULL, NULL);
}
