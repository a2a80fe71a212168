/* SPDX-License-Identifier: MIT */
/* Goal: files whose names have one key are all listed, whatever is removed meanwhile.
 * Method: a disk of its own, whose order gives two names one key: getdents64(2) with room for few
 * records, of which each is removed once it is listed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/disk/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ORDER 7 /* by which "f4621" and "f66345" have one key */

static uint64_t no_chance(void *arg) {
    (void)arg;
    return 0;
}

static edo_wall same_time(void *arg) {
    (void)arg;
    return (edo_wall){ .s = 1000 };
}

static void put(int folder, const char *name) {
    int fd = openat(folder, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
}

/* Removes what is listed. Returns the number of files. */
static int remove_listed(int folder, const unsigned char *records, ssize_t n) {
    int removed_n = 0;
    for (ssize_t at = 0; at < n;) {
        const struct dirent64 *e = (const struct dirent64 *)(const void *)(records + at);
        at += e->d_reclen;
        if (e->d_name[0] == '.') continue;
        assert_int_equal(unlinkat(folder, e->d_name, 0), 0);
        removed_n++;
    }
    return removed_n;
}

static void names_with_one_key_come_at_once(void **state) {
    char root[32] = "/tmp/edo-lists-XXXXXX";
    _Alignas(struct dirent64) unsigned char some[64]; // two records
    edoi_simdisk *disk = NULL;
    uint64_t place = 0;
    int removed_n = 0, alike_n = 0;
    ssize_t n;
    (void)state;
    assert_non_null(mkdtemp(root));
    const edoi_simdisk_host host = { .random = no_chance, .now = same_time, .order = ORDER };
    assert_int_equal(edoi_simdisk_new(&disk, root, &host), 0);
    int folder = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(folder >= 0);
    put(folder, "f66345");
    put(folder, "f1");
    put(folder, "f4621");
    while ((n = edoi_simdisk_list(disk, folder, &place, some, sizeof some)) > 0) {
        int all_n = remove_listed(folder, some, n);
        removed_n += all_n;
        alike_n += all_n == 2;
    }
    assert_int_equal(n, 0);
    assert_int_equal(removed_n, 3);
    assert_int_equal(alike_n, 1);
    put(folder, "f66345");
    put(folder, "f4621");
    place = 2; // behind "." and ".."
    assert_int_equal(edoi_simdisk_list(disk, folder, &place, some, 32), -EINVAL);
    assert_int_equal(unlinkat(folder, "f66345", 0) | unlinkat(folder, "f4621", 0), 0);
    assert_int_equal(close(folder), 0);
    edoi_simdisk_free(disk);
    assert_int_equal(rmdir(root), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_with_one_key_come_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
