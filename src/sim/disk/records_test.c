/* SPDX-License-Identifier: MIT */
/* Goal: a number of the machine's that is used again is that of the new file alone: its record
 * neither ends with the old one's, nor has what that had.
 * Method: a disk of its own; what a crash does with records is done by hand, since few file systems
 * use a number again at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/disk/disk.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static uint64_t no_chance(void *arg) {
    (void)arg;
    return 0;
}

static edo_wall same_time(void *arg) {
    (void)arg;
    return (edo_wall){ .s = 1000 };
}

static edoi_simdisk *disk_make(char root[32]) {
    edoi_simdisk *disk = NULL;
    (void)snprintf(root, 32, "/tmp/edo-records-XXXXXX");
    assert_non_null(mkdtemp(root));
    const edoi_simdisk_host host = { .random = no_chance, .now = same_time };
    assert_int_equal(edoi_simdisk_new(&disk, root, &host), 0);
    return disk;
}

static void disk_end(edoi_simdisk *disk, const char *root) {
    edoi_simdisk_free(disk);
    assert_int_equal(rmdir(root), 0);
}

static struct stat of_path(const edoi_simdisk *disk, const char *below) {
    char path[PATH_MAX];
    struct stat is;
    assert_int_equal(lstat(edoi_simdisk_path(disk, below, path), &is), 0);
    return is;
}

static void make_file(edoi_simdisk *disk, const char *below) {
    int fd = edoi_simdisk_open(disk, below, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(edoi_simdisk_close(disk, fd), 0);
}

/* The record of what was there before the crash has the copy's number. */
static void copy_outlives_a_record_with_its_number(void **state) {
    char root[32], path[PATH_MAX];
    edoi_simdisk *disk = disk_make(root);
    const edoi_simlook look = { .number = 77 };
    (void)state;
    make_file(disk, "/file");
    const struct stat is = of_path(disk, "/file");
    edoi_simdisk_is_nameless(disk, &is);
    disk->crashes_n++;
    assert_int_equal(edoi_simdisk_add_as(disk, edoi_simdisk_path(disk, "/file", path), &look), 0);
    assert_null(disk->nameless);
    edoi_simdisk_forget_crashed(disk);
    const edoi_simfiled *f = edoi_simdisk_find(disk, &is);
    assert_non_null(f);
    assert_int_equal(f->look.number, 77);
    assert_int_equal(edoi_simdisk_unlink(disk, "/file"), 0);
    disk_end(disk, root);
}

/* A new file has the number of one that was thought to have a descriptor still. */
static void new_file_outlives_a_record_with_its_number(void **state) {
    char root[32];
    edoi_simfiled *f = NULL;
    edoi_simdisk *disk = disk_make(root);
    (void)state;
    make_file(disk, "/file");
    const struct stat is = of_path(disk, "/file");
    edoi_simdisk_is_nameless(disk, &is);
    assert_int_equal(edoi_simdisk_add(disk, &is, true, &f), 0);
    edoi_simdisk_forget_gone(disk);
    assert_ptr_equal(edoi_simdisk_find(disk, &is), f);
    assert_int_equal(edoi_simdisk_unlink(disk, "/file"), 0);
    disk_end(disk, root);
}

/* Nobody has looked at a file with two names. */
static void copied_file_leaves_no_record(void **state) {
    char root[32], path[PATH_MAX], other[PATH_MAX];
    edoi_simdisk *disk = disk_make(root);
    (void)state;
    FILE *f = fopen(edoi_simdisk_path(disk, "/file", path), "w");
    assert_non_null(f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(link(path, edoi_simdisk_path(disk, "/other", other)), 0);
    const struct stat was = of_path(disk, "/file");
    assert_int_equal(edoi_simdisk_crash(disk), 0);
    const struct stat is = of_path(disk, "/file");
    edoi_simdisk_restart(disk);
    assert_null(edoi_simdisk_find(disk, &was));
    assert_non_null(edoi_simdisk_find(disk, &is));
    assert_int_equal(edoi_simdisk_unlink(disk, "/file"), 0);
    assert_int_equal(edoi_simdisk_unlink(disk, "/other"), 0);
    disk_end(disk, root);
}

static void folder_that_another_replaces_has_no_record(void **state) {
    char root[32];
    edoi_simdisk *disk = disk_make(root);
    (void)state;
    assert_int_equal(edoi_simdisk_mkdir(disk, "/new", 0700), 0);
    assert_int_equal(edoi_simdisk_mkdir(disk, "/old", 0700), 0);
    const struct stat new = of_path(disk, "/new"), old = of_path(disk, "/old");
    assert_int_equal(edoi_simdisk_rename(disk, "/new", "/old", 0), 0);
    assert_null(edoi_simdisk_find(disk, &old));
    assert_non_null(edoi_simdisk_find(disk, &new));
    assert_int_equal(edoi_simdisk_rename(disk, "/old", "/old", 0), 0); // itself
    assert_non_null(edoi_simdisk_find(disk, &new));
    assert_int_equal(edoi_simdisk_rmdir(disk, "/old"), 0);
    disk_end(disk, root);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copy_outlives_a_record_with_its_number),
        cmocka_unit_test(new_file_outlives_a_record_with_its_number),
        cmocka_unit_test(copied_file_leaves_no_record),
        cmocka_unit_test(folder_that_another_replaces_has_no_record),
    };
    return cmocka_run_group_tests_name("sim_disk_records", tests, NULL, NULL);
}
