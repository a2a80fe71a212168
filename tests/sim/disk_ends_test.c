/* SPDX-License-Identifier: MIT */
/* Goal: what a disk keeps ends with what it is kept for: names of one file stay its own at a crash,
 * a number that is used again brings no old bytes, and files, crashes and hosts by the thousand
 * leave neither memory nor descriptors nor files behind.
 * Method: counts, before and after many of them. */
#include "disk_bed.h"
#include "inside.h"
#include "rounds.h"

#include <edo/sim.h>
#include <edo/time.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SEEDS_MAX  32
#define FILE_BYTES 2048u

/* ---- What there is --------------------------------------------------------------------------- */

static size_t disk_entries(const char *folder) {
    DIR *all = opendir(folder);
    size_t n = 0;
    if (!all) return 0;
    while (readdir(all)) n++;
    (void)closedir(all);
    return n - 2; // "." and ".."
}

static size_t asides_of(const bed *b) {
    char path[96];
    (void)snprintf(path, sizeof path, "%s~aside", b->folder);
    return disk_entries(path);
}

typedef struct holdings {
    size_t bytes, descriptors;
} holdings;

static holdings holdings_now(void) {
    return (holdings){ mallinfo2().uordblks, disk_entries("/proc/self/fd") };
}

/* `most` bytes come of tables that grow, and of what runtimes keep for later. */
static void assert_flat(holdings before, size_t most) {
    holdings now = holdings_now();
    assert_int_equal(now.descriptors, before.descriptors);
    if (now.bytes > before.bytes + most)
        fail_msg("%zu bytes, and %zu before", now.bytes, before.bytes);
}

/* Writes `letter` to the whole file, and syncs it, or not. */
static int put_letter(const char *path, char letter, bool is_synced) {
    char all[FILE_BYTES];
    memset(all, letter, sizeof all);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return -errno;
    bool is_fine = pwrite(fd, all, sizeof all, 0) == sizeof all && (!is_synced || fsync(fd) == 0);
    return close(fd) == 0 && is_fine ? 0 : -EIO;
}

static int sync_bed(const bed *b) {
    return sync_job((void *)(uintptr_t)b->folder);
}

/* ---- Names of one file ----------------------------------------------------------------------- */

static int link_job(void *arg) {
    const bed *b = arg;
    int err = put_letter(b->file, 'a', true);
    if (err == 0 && link(b->file, b->other) < 0) err = -errno;
    if (err == 0) err = sync_bed(b);
    return err == 0 ? put_letter(b->other, 'b', false) : err;
}

static int link_it(void *arg) {
    return edo_blocking(link_job, arg);
}

static void names_of_one_file_are_so_after_a_crash(void **state) {
    bool was_lost = false;
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS_MAX; seed++) {
        struct stat one, other;
        char all[FILE_BYTES];
        bed b;
        bed_open(&b, link_it);
        crash_with(&b, seed);
        assert_int_equal(stat(b.file, &one), 0);
        assert_int_equal(stat(b.other, &other), 0);
        assert_int_equal(one.st_ino, other.st_ino);
        assert_int_equal(one.st_nlink, 2);
        assert_int_equal(bytes_of(b.file, all, sizeof all), FILE_BYTES);
        was_lost |= all[0] == 'a';
        assert_int_equal(asides_of(&b), 0);
        bed_close(&b);
    }
    assert_true(was_lost);
}

/* One of two names is removed, and comes back with some seeds. */
static int unlink_job(void *arg) {
    const bed *b = arg;
    int err = put_letter(b->file, 'a', true);
    if (err == 0 && link(b->file, b->other) < 0) err = -errno;
    if (err == 0) err = sync_bed(b);
    if (err == 0 && unlink(b->file) < 0) err = -errno;
    return err;
}

static int unlink_it(void *arg) {
    return edo_blocking(unlink_job, arg);
}

static void name_that_comes_back_is_of_its_file(void **state) {
    bool was_back = false, was_gone = false;
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS_MAX; seed++) {
        struct stat one, other;
        bed b;
        bed_open(&b, unlink_it);
        crash_with(&b, seed);
        assert_int_equal(stat(b.other, &other), 0);
        bool is_back = stat(b.file, &one) == 0;
        if (is_back) assert_int_equal(one.st_ino, other.st_ino);
        was_back |= is_back;
        was_gone |= !is_back;
        bed_close(&b);
    }
    assert_true(was_back && was_gone);
}

/* ---- Numbers that are used again ------------------------------------------------------------- */

typedef struct again {
    bed b;
    int same_n;
} again;

/* Files that were never synced go, and others come to which nobody looks as they are made. */
static int again_job(void *arg) {
    again *a = arg;
    struct stat before, after;
    int err = put_letter(a->b.file, 'o', false);
    if (err == 0 && (stat(a->b.file, &before) < 0 || unlink(a->b.file) < 0)) err = -errno;
    if (err == 0) err = sync_bed(&a->b);
    if (err < 0) return err;
    if (syscall(SYS_mknodat, AT_FDCWD, a->b.other, S_IFREG | 0600, 0) < 0) return -errno;
    int fd = open(a->b.other, O_WRONLY | O_CLOEXEC);
    bool is_fine = fd >= 0 && write(fd, "new", 3) == 3 && fstat(fd, &after) == 0;
    if (fd < 0 || close(fd) < 0 || !is_fine) return -EIO;
    a->same_n += before.st_ino == after.st_ino;
    return 0;
}

static int use_again(void *arg) {
    return edo_blocking(again_job, arg);
}

static void number_that_is_used_again_brings_no_old_bytes(void **state) {
    int same_n = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS_MAX; seed++) {
        char all[FILE_BYTES];
        again a = { .same_n = 0 };
        bed_open(&a.b, use_again);
        crash_with(&a.b, seed);
        ssize_t n = bytes_of(a.b.other, all, sizeof all);
        assert_true(n == 0 || (n == 3 && memcmp(all, "new", 3) == 0));
        same_n += a.same_n;
        bed_close(&a.b);
    }
    if (same_n == 0) print_message("this file system uses no number again at once\n");
}

/* ---- Many files ------------------------------------------------------------------------------ */

static int many_files_job(void *arg) {
    const bed *b = arg;
    uint32_t n = test_counts(3000, 20000);
    for (uint32_t i = 0; i < n; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%u", b->folder, i);
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0 || write(fd, "x", 1) != 1 || close(fd) < 0 || unlink(path) < 0) return -errno;
    }
    return 0;
}

static int many_files(void *arg) {
    bed *b = arg;
    int err = edo_blocking(many_files_job, b);
    b->before = asides_of(b);
    return err;
}

static void names_without_a_sync_are_kept_up_to_a_bound(void **state) {
    bed b;
    (void)state;
    bed_open(&b, many_files);
    crash_with(&b, 1);
    assert_in_range(b.before, 1, 1024);
    assert_in_range(disk_entries(b.folder), 0, 1); // each file is removed before the next is made
    bed_close(&b);
}

/* ---- Many bytes ------------------------------------------------------------------------------ */

/* Over and over the same place, and nobody syncs. Returns how many bytes are held then. */
static int many_bytes_job(void *arg) {
    const bed *b = arg;
    static char all[4096];
    int fd = open(b->file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    size_t before = holdings_now().bytes;
    for (int i = 0; i < 4096; i++)
        if (pwrite(fd, all, sizeof all, 0) != sizeof all) return -errno;
    size_t after = holdings_now().bytes;
    return close(fd) < 0 ? -errno : after > before ? (int)(after - before) : 0;
}

static int many_bytes(void *arg) {
    bed *b = arg;
    int held = edo_blocking(many_bytes_job, b);
    b->before = held > 0 ? (uint64_t)held : 0;
    return held < 0 ? held : 0;
}

static void bytes_without_a_sync_are_kept_up_to_a_bound(void **state) {
    bed b;
    (void)state;
    bed_open(&b, many_bytes);
    crash_with(&b, 1);
    assert_in_range(b.before, 0, 2 * 1048576);
    bed_close(&b);
}

/* ---- Many crashes ---------------------------------------------------------------------------- */

/* Part of it is not synced, if there is nothing `more`. */
static int life_job(void *arg) {
    const bed *b = arg;
    int err = put_letter(b->file, 'a', b->more != NULL);
    if (err == 0) err = put_letter(b->other, 'b', true);
    if (err == 0 && unlink(b->other) < 0) err = -errno;
    FILE *f = err == 0 ? fopen(b->other, "we") : NULL;
    if (f && (fputs("text", f) < 0 || fclose(f) < 0)) err = -EIO;
    if (err == 0 && b->more) err = put_letter(b->other, 'c', true);
    return err;
}

/* A list that is not closed ends with the program. */
static int one_life(void *arg) {
    const bed *b = arg;
    DIR *left = opendir(b->folder);
    CHECK(left && readdir(left));
    return edo_blocking(life_job, arg);
}

static void crashes_by_the_thousand_leave_nothing(void **state) {
    uint32_t n = test_counts(100, 3000);
    holdings before = { 0 };
    bed b;
    (void)state;
    bed_open(&b, one_life);
    edo_sim *sim = bed_world(&b, 1);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(edo_sim_run(sim, edo_s(1)), 0);
        assert_int_equal(b.result, 0);
        // each of the first 512 lives leaves the runtimes a little to use again
        size_t kept = 65536 + 4096 * (size_t)(i < 512 ? i : 512);
        if (i == 0) before = holdings_now();
        assert_flat(before, kept);
        assert_in_range(asides_of(&b), 0, 8);
        edo_duration now = edo_sim_now(sim);
        assert_int_equal(edo_sim_crash(sim, "keeper", now), 0);
        assert_int_equal(edo_sim_restart(sim, "keeper", edo_ns(now.ns + edo_ms(10).ns)), 0);
    }
    edo_sim_free(sim);
    bed_close(&b);
}

/* ---- Many hosts ------------------------------------------------------------------------------ */

static int write_each_second(void *arg) {
    const bed *b = arg;
    int err = 0;
    while (err == 0) {
        err = edo_blocking(life_job, arg);
        if (err == 0) err = sync_folder(b->folder);
        if (err == 0) err = edo_sleep(edo_s(1));
    }
    return err;
}

static void host_of(bed *b, edo_sim *sim, const bed *in, uint32_t nth) {
    char name[16];
    *b = (bed){ .more = b };
    (void)snprintf(name, sizeof name, "h%u", nth);
    (void)snprintf(b->folder, sizeof b->folder, "%.48s/%u", in->folder, nth);
    (void)snprintf(b->file, sizeof b->file, "%s/file", b->folder);
    (void)snprintf(b->other, sizeof b->other, "%s/other", b->folder);
    assert_int_equal(mkdir(b->folder, 0700), 0);
    assert_int_equal(edo_sim_host(sim, name, write_each_second, b), 0);
    assert_int_equal(edo_sim_disk(sim, name, b->folder), 0);
}

static void hosts_by_the_thousand_hold_no_more_than_at_first(void **state) {
    uint32_t n = test_counts(50, 1000);
    struct rlimit files;
    bed in, *all = calloc(n, sizeof *all);
    (void)state;
    assert_non_null(all);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = files.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    bed_open(&in, NULL);
    holdings none = holdings_now();
    edo_sim *sim = edo_sim_new(NULL);
    assert_non_null(sim);
    for (uint32_t i = 0; i < n; i++) host_of(&all[i], sim, &in, i);
    assert_int_equal(edo_sim_run(sim, edo_s(5)), 0);
    holdings before = holdings_now();
    assert_int_equal(edo_sim_run(sim, edo_s(20)), 0);
    assert_flat(before, n * (size_t)4096);
    edo_sim_free(sim);
    assert_int_equal(holdings_now().descriptors, none.descriptors);
    assert_int_equal(disk_entries(in.folder), n); // and nothing beside the folders
    free(all);
    bed_close(&in);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_one_file_are_so_after_a_crash),
        cmocka_unit_test(name_that_comes_back_is_of_its_file),
        cmocka_unit_test(number_that_is_used_again_brings_no_old_bytes),
        cmocka_unit_test(names_without_a_sync_are_kept_up_to_a_bound),
        cmocka_unit_test(bytes_without_a_sync_are_kept_up_to_a_bound),
        cmocka_unit_test(crashes_by_the_thousand_leave_nothing),
        cmocka_unit_test(hosts_by_the_thousand_hold_no_more_than_at_first),
    };
    return cmocka_run_group_tests_name("sim_disk_ends", tests, NULL, NULL);
}
