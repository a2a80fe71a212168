/* SPDX-License-Identifier: MIT */
/* Goal: a host that crashes has on its disk what was synced, and of the rest what a disk may have;
 * a disk that fails or is full says so.
 * Method: a program that writes, syncs and crashes, with many seeds; each outcome that may be has
 * to be seen, and no other. */
#include "disk_bed.h"
#include "inside.h"

#include <edo/blocking.h>
#include <edo/file.h>
#include <edo/fs.h>
#include <edo/scope.h>
#include <edo/sim.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTORS 8u
#define SECTOR  512u
#define SEEDS   64

/* ---- Bytes ----------------------------------------------------------------------------------- */

/* Writes a letter to all sectors, at once. */
static int fill(edo_stream *file, char letter) {
    char all[SECTORS * SECTOR];
    memset(all, letter, sizeof all);
    int n = edo_file_write_at(file, all, sizeof all, 0);
    return n == (int)sizeof all ? 0 : n < 0 ? n : -EIO;
}

static int write_synced_and_not(void *arg) {
    const bed *b = arg;
    edo_stream *file;
    int err = edo_fs_open(&file, b->file, &(edo_fs_open_opts){ .write = true, .create = true });
    if (err < 0) return err;
    err = fill(file, 'a');
    if (err == 0) err = edo_file_sync(file);
    if (err == 0) err = sync_folder(b->folder);
    if (err == 0) err = fill(file, 'b');
    edo_close(file);
    return err;
}

static void write_is_lost_kept_or_torn_and_what_was_synced_stays(void **state) {
    bool was_lost = false, was_kept = false, was_torn = false;
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        char all[SECTORS * SECTOR + 1];
        bed b;
        bed_open(&b, write_synced_and_not);
        crash_with(&b, seed);
        assert_int_equal(bytes_of(b.file, all, sizeof all), SECTORS * SECTOR);
        unsigned new_n = 0;
        for (unsigned i = 0; i < SECTORS; i++) {
            char letter = all[i * SECTOR];
            assert_true(letter == 'a' || letter == 'b');
            for (unsigned k = 0; k < SECTOR; k++) assert_int_equal(all[i * SECTOR + k], letter);
            new_n += letter == 'b';
        }
        was_lost |= new_n == 0;
        was_kept |= new_n == SECTORS;
        was_torn |= new_n > 0 && new_n < SECTORS;
        bed_close(&b);
    }
    assert_true(was_lost && was_kept && was_torn);
}

static int append_twice(void *arg) {
    const bed *b = arg;
    edo_stream *file;
    int err = edo_fs_open(&file, b->file, &(edo_fs_open_opts){ .append = true, .create = true });
    if (err < 0) return err;
    err = sync_folder(b->folder);
    if (err == 0) err = edo_write_all(file, "one", 3);
    if (err == 0) err = edo_write_all(file, "two", 3);
    edo_close(file);
    return err;
}

static void later_write_may_be_there_without_the_one_before(void **state) {
    bool was_all = false, was_none = false, was_reordered = false;
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        char all[8] = "";
        bed b;
        bed_open(&b, append_twice);
        crash_with(&b, seed);
        ssize_t n = bytes_of(b.file, all, sizeof all);
        was_none |= n == 0;
        was_all |= n == 6 && memcmp(all, "onetwo", 6) == 0;
        was_reordered |= n == 6 && memcmp(all, "\0\0\0two", 6) == 0;
        assert_true(n == 0 || n == 3 || n == 6);
        bed_close(&b);
    }
    assert_true(was_all && was_none && was_reordered);
}

/* ---- Within a job ---------------------------------------------------------------------------- */

static int put_number(int fd, int n) {
    return pwrite(fd, &n, sizeof n, 0) == sizeof n && fsync(fd) == 0 ? 0 : -EIO;
}

static int write_two_job(void *arg) {
    const bed *b = arg;
    int one = open(b->file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    int other = open(b->other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    int err = one < 0 || other < 0 ? -EIO : 0;
    for (int i = 0; i < 8 && err == 0; i++) {
        err = put_number(one, i);
        if (err == 0) err = put_number(other, i);
    }
    if (one >= 0) (void)close(one);
    if (other >= 0) (void)close(other);
    return err;
}

/* One job after the other, until it crashes. */
static int write_two(void *arg) {
    const bed *b = arg;
    int err = 0;
    while (err == 0) {
        err = edo_blocking(write_two_job, arg);
        if (err == 0) err = sync_folder(b->folder);
    }
    return err;
}

static void crash_falls_between_two_calls_of_one_job(void **state) {
    int apart_n = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        int one = 0, other = 0;
        bed b;
        bed_open(&b, write_two);
        edo_sim *sim = bed_world(&b, seed);
        assert_int_equal(edo_sim_crash(sim, "keeper", edo_ms(50)), 0);
        assert_int_equal(edo_sim_run(sim, edo_s(1)), 0);
        edo_sim_free(sim);
        assert_int_equal(bytes_of(b.file, (char *)&one, sizeof one), sizeof one);
        assert_int_equal(bytes_of(b.other, (char *)&other, sizeof other), sizeof other);
        apart_n += one != other;
        bed_close(&b);
    }
    assert_true(apart_n > 0);
}

/* ---- Names ----------------------------------------------------------------------------------- */

static int replace_without_a_sync(void *arg) {
    const bed *b = arg;
    edo_stream *file = NULL;
    int err = edo_fs_replace(b->file, "old", 3);
    if (err == 0)
        err = edo_fs_open(&file, b->other, &(edo_fs_open_opts){ .write = true, .create = true });
    if (err < 0) return err;
    err = edo_write_all(file, "new", 3);
    if (err == 0) err = edo_file_sync(file);
    edo_close(file);
    return err == 0 ? edo_fs_rename(b->other, b->file) : err;
}

static void name_is_there_or_not_until_its_folder_is_synced(void **state) {
    bool was_old = false, was_new = false, was_beside = false;
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        char one[4] = "", other[4] = "";
        bed b;
        bed_open(&b, replace_without_a_sync);
        crash_with(&b, seed);
        ssize_t n = bytes_of(b.file, one, sizeof one), other_n = bytes_of(b.other, other, 4);
        assert_int_equal(n, 3);
        bool is_new = memcmp(one, "new", 3) == 0;
        assert_true(is_new || memcmp(one, "old", 3) == 0);
        assert_true(other_n == -1 || (!is_new && memcmp(other, "new", 3) == 0));
        was_new |= is_new;
        was_old |= !is_new && other_n == -1;
        was_beside |= other_n == 3;
        bed_close(&b);
    }
    assert_true(was_old && was_new && was_beside);
}

static int replace_it(void *arg) {
    const bed *b = arg;
    int err = edo_fs_replace(b->file, "old", 3);
    return err == 0 ? edo_fs_replace(b->file, "new one", 7) : err;
}

static void what_was_replaced_stays_replaced(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        char all[16];
        bed b;
        bed_open(&b, replace_it);
        crash_with(&b, seed);
        assert_int_equal(bytes_of(b.file, all, sizeof all), 7);
        assert_memory_equal(all, "new one", 7);
        bed_close(&b);
    }
}

static int make_and_remove(void *arg) {
    const bed *b = arg;
    int err = edo_fs_replace(b->file, "gone", 4);
    if (err == 0) err = edo_fs_create_dir(b->other);
    if (err == 0) err = edo_fs_remove_file(b->file);
    return err;
}

static void removed_file_comes_back_whole_or_not_at_all(void **state) {
    bool was_back = false, was_gone = false, was_folder = false;
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        char all[8];
        struct stat is;
        bed b;
        bed_open(&b, make_and_remove);
        crash_with(&b, seed);
        ssize_t n = bytes_of(b.file, all, sizeof all);
        bool has_folder = stat(b.other, &is) == 0;
        assert_true(n == -1 ? has_folder : n == 4 && memcmp(all, "gone", 4) == 0);
        was_back |= n == 4;
        was_gone |= n == -1;
        was_folder |= has_folder && n == 4;
        bed_close(&b);
    }
    assert_true(was_back && was_gone && was_folder);
}

/* ---- Paths ----------------------------------------------------------------------------------- */

/* By ways to the file that are spelled otherwise. */
static int write_by_other_paths(void *arg) {
    static const char *const ways[] = { "", "/.", "//", "/../" };
    const bed *b = arg;
    int err = 0;
    for (int i = 0; i < 40 && err == 0; i++) {
        char path[256];
        const char *way = ways[i % 4], *again = i % 4 == 3 ? strrchr(b->folder, '/') + 1 : "";
        (void)snprintf(path, sizeof path, "%s%s%s/file%d", b->folder, way, again, i);
        err = edo_fs_write_all(path, "here", 4);
    }
    return err;
}

static void path_that_is_spelled_otherwise_is_of_the_disk_too(void **state) {
    bed b;
    int there_n = 0;
    (void)state;
    bed_open(&b, write_by_other_paths);
    crash_with(&b, 2);
    for (int i = 0; i < 40; i++) {
        char path[256], all[8];
        (void)snprintf(path, sizeof path, "%s/file%d", b.folder, i);
        there_n += bytes_of(path, all, sizeof all) == 4;
    }
    assert_true(there_n < 35); // each is lost with a chance of a third or more
    bed_close(&b);
}

static void folder_is_one_host_s(void **state) {
    bed b;
    char below[128];
    (void)state;
    bed_open(&b, NULL);
    (void)snprintf(below, sizeof below, "%s/below", b.folder);
    assert_int_equal(mkdir(below, 0700), 0);
    edo_sim *sim = edo_sim_new(NULL);
    assert_non_null(sim);
    assert_int_equal(edo_sim_host(sim, "one", disk_host, &b), 0);
    assert_int_equal(edo_sim_host(sim, "other", disk_host, &b), 0);
    assert_int_equal(edo_sim_disk(sim, "one", below), 0);
    assert_int_equal(edo_sim_disk(sim, "other", below), -EEXIST);
    assert_int_equal(edo_sim_disk(sim, "other", b.folder), -EEXIST);
    edo_sim_free(sim);
    bed_close(&b);
}

/* ---- Without a crash ------------------------------------------------------------------------- */

static int write_and_end(void *arg) {
    const bed *b = arg;
    edo_stream *file;
    int err = edo_fs_open(&file, b->file, &(edo_fs_open_opts){ .write = true, .create = true });
    if (err < 0) return err;
    err = fill(file, 'a');
    edo_close(file);
    return err;
}

static void program_that_is_killed_loses_nothing(void **state) {
    char all[SECTORS * SECTOR];
    bed b;
    (void)state;
    bed_open(&b, write_and_end);
    edo_sim *sim = bed_world(&b, 1);
    assert_int_equal(edo_sim_signal(sim, "keeper", SIGKILL, edo_s(10)), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(20)), 0);
    edo_sim_free(sim);
    assert_int_equal(bytes_of(b.file, all, sizeof all), sizeof all);
    for (size_t i = 0; i < sizeof all; i++) assert_int_equal(all[i], 'a');
    bed_close(&b);
}

/* What it writes after the crash, as its tasks end, comes to no disk. */
static int write_at_the_end(void *arg) {
    const bed *b = arg;
    edo_stream *file;
    int err = edo_fs_open(&file, b->file, &(edo_fs_open_opts){ .write = true, .create = true });
    if (err < 0) return err;
    if (err == 0) err = fill(file, 'a');
    if (err == 0) err = edo_file_sync(file);
    if (err == 0) err = sync_folder(b->folder);
    (void)edo_sleep(edo_hours(1));
    EDO_SHIELD(late, edo_s(10));
    (void)fill(file, 'z');
    (void)edo_fs_replace(b->other, "late", 4);
    (void)edo_shield_end(&late, 0);
    edo_trail_clear();
    edo_close(file);
    return err;
}

static void dead_program_writes_nothing(void **state) {
    char all[SECTORS * SECTOR];
    bed b;
    (void)state;
    bed_open(&b, write_at_the_end);
    crash_with(&b, 3);
    assert_int_equal(bytes_of(b.file, all, sizeof all), sizeof all);
    for (size_t i = 0; i < sizeof all; i++) assert_int_equal(all[i], 'a');
    assert_int_equal(bytes_of(b.other, all, sizeof all), -1);
    bed_close(&b);
}

/* ---- Disks that fail ------------------------------------------------------------------------- */

typedef struct trouble {
    bed b;
    int full[3], failed[3], after;
} trouble;

static int see_trouble(void *arg) {
    trouble *t = arg;
    edo_stream *file;
    int err = edo_fs_open(&file, t->b.file, &(edo_fs_open_opts){ .write = true, .create = true });
    if (err == 0) err = fill(file, 'a');
    if (err < 0) return err;
    if ((err = edo_sleep(edo_s(15))) == 0) {
        t->full[0] = fill(file, 'b'); // what is there can be written again
        t->full[1] = edo_file_write_at(file, "c", 1, SECTORS * SECTOR);
        t->full[2] = edo_fs_create_dir(t->b.other);
        err = edo_sleep(edo_s(10));
    }
    if (err == 0) {
        t->failed[0] = fill(file, 'd');
        t->failed[1] = edo_file_sync(file);
        t->failed[2] = edo_fs_remove_file(t->b.file);
        err = edo_sleep(edo_s(10));
    }
    if (err == 0) t->after = edo_file_sync(file);
    edo_trail_clear();
    edo_close(file);
    return err;
}

static void full_disk_and_one_that_fails_say_so(void **state) {
    trouble t;
    (void)state;
    memset(&t, 0, sizeof t);
    bed_open(&t.b, NULL);
    edo_sim *sim = edo_sim_new(NULL);
    assert_non_null(sim);
    assert_int_equal(edo_sim_client(sim, "keeper", see_trouble, &t), 0);
    assert_int_equal(edo_sim_disk_fill(sim, "keeper", edo_s(10), edo_s(10)), -EINVAL);
    assert_int_equal(edo_sim_disk(sim, "keeper", "/nowhere"), -ENOENT);
    assert_int_equal(edo_sim_disk(sim, "keeper", t.b.folder), 0);
    assert_int_equal(edo_sim_disk(sim, "keeper", t.b.folder), -EEXIST);
    assert_int_equal(edo_sim_disk_fill(sim, "keeper", edo_s(10), edo_s(10)), 0);
    assert_int_equal(edo_sim_disk_fail(sim, "keeper", edo_s(20), edo_s(10)), 0);
    assert_int_equal(edo_sim_disk_slow(sim, "keeper", edo_ms(100), edo_s(0), edo_s(5)), 0);
    assert_int_equal(edo_sim_run(sim, edo_minutes(2)), 0);
    edo_sim_free(sim);
    assert_int_equal(t.full[0], 0);
    assert_int_equal(t.full[1], -ENOSPC);
    assert_int_equal(t.full[2], -ENOSPC);
    for (int i = 0; i < 3; i++) assert_int_equal(t.failed[i], -EIO);
    assert_int_equal(t.after, 0);
    bed_close(&t.b);
}

/* A sync that has failed once: what it was for is lost, whatever a second one says. */
static int sync_again(void *arg) {
    const bed *b = arg;
    edo_stream *file;
    int err = edo_fs_open(&file, b->file, &(edo_fs_open_opts){ .write = true, .create = true });
    if (err < 0) return err;
    err = fill(file, 'a');
    if (err == 0) err = edo_file_sync(file);
    if (err == 0) err = sync_folder(b->folder);
    if (err == 0) err = fill(file, 'b');
    if (err == 0) err = edo_sleep(edo_s(2));
    if (err == 0 && edo_file_sync(file) != -EIO) err = -EPROTO;
    edo_trail_clear();
    if (err == 0) err = edo_sleep(edo_s(2));
    if (err == 0) err = edo_file_sync(file);
    edo_close(file);
    return err;
}

static void sync_that_has_failed_is_not_made_up_for(void **state) {
    char all[SECTORS * SECTOR];
    bed b;
    (void)state;
    bed_open(&b, sync_again);
    edo_sim *sim = bed_world(&b, 5);
    assert_int_equal(edo_sim_disk_fail(sim, "keeper", edo_s(1), edo_s(2)), 0);
    assert_int_equal(edo_sim_crash(sim, "keeper", edo_s(10)), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(20)), 0);
    assert_int_equal(b.result, 0);
    edo_sim_free(sim);
    assert_int_equal(bytes_of(b.file, all, sizeof all), sizeof all);
    for (size_t i = 0; i < sizeof all; i++) assert_int_equal(all[i], 'a');
    bed_close(&b);
}

/* Writes and reads go on while syncs alone fail. */
static int write_on(void *arg) {
    const bed *b = arg;
    edo_stream *file;
    char first = 0;
    int err = edo_fs_open(&file, b->file,
                          &(edo_fs_open_opts){ .read = true, .write = true, .create = true });
    if (err < 0) return err;
    err = fill(file, 'a');
    if (err == 0) err = edo_file_sync(file);
    if (err == 0) err = sync_folder(b->folder);
    if (err == 0) err = edo_sleep(edo_s(2));
    if (err == 0) err = fill(file, 'b');
    if (err == 0) err = edo_file_read_at(file, &first, 1, 0) == 1 && first == 'b' ? 0 : -EPROTO;
    if (err == 0 && edo_file_sync_data(file) != -EIO) err = -EPROTO;
    if (err == 0 && sync_folder(b->folder) != -EIO) err = -EPROTO;
    edo_trail_clear();
    if (err == 0) err = edo_sleep(edo_s(2));
    if (err == 0) err = edo_file_sync(file);
    edo_close(file);
    return err;
}

static void syncs_may_fail_where_all_else_works(void **state) {
    char first;
    bed b;
    (void)state;
    bed_open(&b, write_on);
    edo_sim *sim = bed_world(&b, 5);
    assert_int_equal(edo_sim_disk_fail_syncs(sim, "keeper", edo_s(1), edo_s(2)), 0);
    assert_int_equal(edo_sim_crash(sim, "keeper", edo_s(10)), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(20)), 0);
    assert_int_equal(b.result, 0);
    edo_sim_free(sim);
    assert_int_equal(bytes_of(b.file, &first, 1), 1);
    assert_int_equal(first, 'a');
    bed_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_is_lost_kept_or_torn_and_what_was_synced_stays),
        cmocka_unit_test(later_write_may_be_there_without_the_one_before),
        cmocka_unit_test(crash_falls_between_two_calls_of_one_job),
        cmocka_unit_test(name_is_there_or_not_until_its_folder_is_synced),
        cmocka_unit_test(what_was_replaced_stays_replaced),
        cmocka_unit_test(removed_file_comes_back_whole_or_not_at_all),
        cmocka_unit_test(path_that_is_spelled_otherwise_is_of_the_disk_too),
        cmocka_unit_test(folder_is_one_host_s),
        cmocka_unit_test(program_that_is_killed_loses_nothing),
        cmocka_unit_test(dead_program_writes_nothing),
        cmocka_unit_test(full_disk_and_one_that_fails_say_so),
        cmocka_unit_test(sync_that_has_failed_is_not_made_up_for),
        cmocka_unit_test(syncs_may_fail_where_all_else_works),
    };
    return cmocka_run_group_tests_name("sim_disk", tests, NULL, NULL);
}
