/* SPDX-License-Identifier: MIT */
/* Goal: the disk of a host sees each call that changes something there, by whichever name of libc's
 * it comes, and each read fails while the disk does.
 * Method: what a call has done is gone after some crashes, and there after others: a change that
 * the disk has not seen is there after all of them. */
#include "disk_bed.h"
#include "inside.h"

#include <edo/file.h>
#include <edo/fs.h>
#include <edo/sim.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define SEEDS_MAX  64
#define FILE_BYTES 2048u

/* ---- What is in a folder --------------------------------------------------------------------- */

static uint64_t mix(uint64_t digest, const void *bytes, size_t n) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < n; i++) digest = (digest ^ at[i]) * UINT64_C(0x100000001b3);
    return digest;
}

static int compare_names(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Names, kinds, lengths and bytes of all that is there. */
static uint64_t folder_digest(const char *folder) {
    struct dirent **all;
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    int n = scandir(folder, &all, NULL, compare_names);
    for (int i = 0; i < n; i++) {
        char path[512], bytes[2 * FILE_BYTES];
        struct stat is;
        (void)snprintf(path, sizeof path, "%s/%s", folder, all[i]->d_name);
        digest = mix(digest, all[i]->d_name, strlen(all[i]->d_name));
        if (lstat(path, &is) == 0) digest = mix(digest, &is.st_mode, sizeof is.st_mode);
        ssize_t got = S_ISREG(is.st_mode) ? bytes_of(path, bytes, sizeof bytes) : 0;
        digest = mix(mix(digest, &got, sizeof got), bytes, got > 0 ? (size_t)got : 0);
        free(all[i]);
    }
    if (n >= 0) free(all);
    return digest;
}

/* ---- Calls ----------------------------------------------------------------------------------- */

/* One change of what prepare_job() has made. 0, or -1 with errno, as the call. */
typedef int change_fn(const bed *b);

static char *in_folder(const bed *b, const char *name, char path[128]) {
    (void)snprintf(path, 128, "%s/%s", b->folder, name);
    return path;
}

static int close_new(int fd) {
    return fd < 0 ? -1 : close(fd);
}

static int folder_fd(const bed *b) {
    return open(b->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* In the folder, by its descriptor. */
#define CHANGE_AT(name, call)                                                                      \
    static int name(const bed *b) {                                                                \
        int dir = folder_fd(b), result = (call);                                                   \
        return close(dir) < 0 ? -1 : result;                                                       \
    }

/* Of the file, by its descriptor. */
#define CHANGE_OF(name, call)                                                                      \
    static int name(const bed *b) {                                                                \
        char all[FILE_BYTES];                                                                      \
        const struct iovec vec = { memset(all, 'b', sizeof all), sizeof all };                     \
        int fd = open(b->file, O_RDWR | O_CLOEXEC), result = (call) < 0 ? -1 : 0;                  \
        (void)vec;                                                                                 \
        return close(fd) < 0 ? -1 : result;                                                        \
    }

#define CHANGE(name, call)                                                                         \
    static int name(const bed *b) {                                                                \
        char path[128];                                                                            \
        (void)path;                                                                                \
        return (call);                                                                             \
    }

CHANGE(by_creat, close_new(creat(b->other, 0600)))
CHANGE(by_creat64, close_new(creat64(b->other, 0600)))
CHANGE(by_open64, close_new(open64(b->other, O_WRONLY | O_CREAT, 0600)))
CHANGE(by_mknod, mknod(b->other, S_IFREG | 0600, 0))
CHANGE(by_creat_of_old, close_new(creat(b->file, 0600)))
CHANGE(by_mkstemp, close_new(mkstemp(in_folder(b, "XXXXXX", path))))
CHANGE(by_mkstemp64, close_new(mkstemp64(in_folder(b, "XXXXXX", path))))
CHANGE(by_mkostemp, close_new(mkostemp(in_folder(b, "XXXXXX", path), O_CLOEXEC)))
CHANGE(by_mkostemp64, close_new(mkostemp64(in_folder(b, "XXXXXX", path), O_CLOEXEC)))
CHANGE(by_mkstemps, close_new(mkstemps(in_folder(b, "XXXXXX.c", path), 2)))
CHANGE(by_mkstemps64, close_new(mkstemps64(in_folder(b, "XXXXXX.c", path), 2)))
CHANGE(by_mkostemps, close_new(mkostemps(in_folder(b, "XXXXXX.c", path), 2, O_CLOEXEC)))
CHANGE(by_mkostemps64, close_new(mkostemps64(in_folder(b, "XXXXXX.c", path), 2, O_CLOEXEC)))
CHANGE(by_mkdtemp, mkdtemp(in_folder(b, "XXXXXX", path)) ? 0 : -1)
CHANGE(by_link, link(b->file, b->other))
CHANGE(by_symlink, symlink("file", b->other))
CHANGE(by_mkdir, mkdir(b->other, 0700))
CHANGE(by_truncate, truncate(b->file, 100))
CHANGE(by_truncate64, truncate64(b->file, 100))
CHANGE(by_remove, remove(b->file))
CHANGE(by_remove_of_folder, remove(in_folder(b, "folder", path)))
CHANGE(by_rmdir, rmdir(in_folder(b, "folder", path)))
CHANGE(by_unlink, unlink(b->file))
CHANGE(by_rename, rename(b->file, b->other))
CHANGE(by_rename_to_folder,
       mkdir(b->other, 0755) < 0 ? -1 : rename(b->other, in_folder(b, "folder", path)))
CHANGE(by_swap,
       renameat2(AT_FDCWD, b->file, AT_FDCWD, in_folder(b, "folder", path), RENAME_EXCHANGE))
CHANGE_AT(by_openat, close_new(openat(dir, "other", O_WRONLY | O_CREAT, 0600)))
CHANGE_AT(by_openat64, close_new(openat64(dir, "other", O_WRONLY | O_CREAT, 0600)))
CHANGE_AT(by_openat_of_old, close_new(openat(dir, "file", O_WRONLY | O_TRUNC)))
CHANGE_AT(by_linkat, linkat(dir, "file", dir, "other", 0))
CHANGE_AT(by_symlinkat, symlinkat("file", dir, "other"))
CHANGE_AT(by_mkdirat, mkdirat(dir, "other", 0700))
CHANGE_AT(by_unlinkat, unlinkat(dir, "file", 0))
CHANGE_AT(by_unlinkat_of_folder, unlinkat(dir, "folder", AT_REMOVEDIR))
CHANGE_AT(by_renameat, renameat(dir, "file", dir, "other"))
CHANGE_AT(by_renameat2, renameat2(dir, "file", dir, "other", RENAME_NOREPLACE))
CHANGE_OF(by_write, write(fd, all, sizeof all))
CHANGE_OF(by_writev, writev(fd, &vec, 1))
CHANGE_OF(by_pwrite, pwrite(fd, all, sizeof all, 0))
CHANGE_OF(by_pwrite64, pwrite64(fd, all, sizeof all, 0))
CHANGE_OF(by_pwritev, pwritev(fd, &vec, 1, 0))
CHANGE_OF(by_pwritev64, pwritev64(fd, &vec, 1, 0))
CHANGE_OF(by_pwritev2, pwritev2(fd, &vec, 1, 0, 0))
CHANGE_OF(by_pwritev2_where_it_is, pwritev2(fd, &vec, 1, -1, 0))
CHANGE_OF(by_pwritev2_at_the_end, pwritev2(fd, &vec, 1, 0, RWF_APPEND))
CHANGE_OF(by_pwritev64v2, pwritev64v2(fd, &vec, 1, 0, 0))
CHANGE_OF(by_ftruncate, ftruncate(fd, 100))
CHANGE_OF(by_ftruncate64, ftruncate64(fd, 100))
CHANGE_OF(by_fallocate, fallocate(fd, 0, 0, 2 * FILE_BYTES))
CHANGE_OF(by_fallocate64, fallocate64(fd, 0, 0, 2 * FILE_BYTES))
CHANGE_OF(by_posix_fallocate, -posix_fallocate(fd, 0, 2 * FILE_BYTES))
CHANGE_OF(by_posix_fallocate64, -posix_fallocate64(fd, 0, 2 * FILE_BYTES))

/* A file that had no name. */
static int by_name_of_nameless(const bed *b) {
    char path[64];
    int fd = open(b->folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (fd < 0 || linkat(AT_FDCWD, path, AT_FDCWD, b->other, AT_SYMLINK_FOLLOW) < 0) return -1;
    return close(fd);
}

/* By edo, which opens that way with openat2(2) elsewhere. */
static int by_beneath(const bed *b) {
    edo_stream *file;
    const edo_fs_open_opts opts = { .write = true, .create = true, .beneath = b->folder };
    int err = edo_fs_open(&file, "other", &opts);
    if (err == 0) edo_close(file);
    errno = -err;
    return err < 0 ? -1 : 0;
}

/* Stores by a mapping, perhaps with a sync of `kind`. */
static int store_by_map(const bed *b, bool is_msync, bool is_fsync) {
    int fd = open(b->file, O_RDWR | O_CLOEXEC);
    char *at = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) return -1;
    memset(at, 'm', FILE_BYTES);
    if (is_msync && msync(at, FILE_BYTES, MS_SYNC) < 0) return -1;
    if (is_fsync && fsync(fd) < 0) return -1;
    return munmap(at, FILE_BYTES) < 0 ? -1 : close(fd);
}

CHANGE(by_mapping, store_by_map(b, false, false))
CHANGE(by_mapping_and_msync, store_by_map(b, true, false))
CHANGE(by_mapping_and_fsync, store_by_map(b, false, true))

/* It is there when the machine crashes. */
static int by_mapping_that_stays(const bed *b) {
    int fd = open(b->file, O_RDWR | O_CLOEXEC);
    char *at = mmap(NULL, 4 * FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) return -1;
    memset(at, 'm', FILE_BYTES);
    ((bed *)(uintptr_t)b)->mapping = at;
    return close(fd);
}

typedef struct change_case {
    const char *name;
    change_fn *fn;
    bool is_task; /* it awaits: no job */
} change_case;

#define CASE(fn_)                                                                                  \
    { .name = #fn_, .fn = fn_ }

static const change_case cases[] = {
    CASE(by_creat),
    CASE(by_creat64),
    CASE(by_open64),
    CASE(by_mknod),
    CASE(by_creat_of_old),
    CASE(by_mkstemp),
    CASE(by_mkstemp64),
    CASE(by_mkostemp),
    CASE(by_mkostemp64),
    CASE(by_mkstemps),
    CASE(by_mkstemps64),
    CASE(by_mkostemps),
    CASE(by_mkostemps64),
    CASE(by_mkdtemp),
    CASE(by_link),
    CASE(by_symlink),
    CASE(by_mkdir),
    CASE(by_truncate),
    CASE(by_truncate64),
    CASE(by_remove),
    CASE(by_remove_of_folder),
    CASE(by_rmdir),
    CASE(by_unlink),
    CASE(by_rename),
    CASE(by_rename_to_folder),
    CASE(by_swap),
    CASE(by_openat),
    CASE(by_openat64),
    CASE(by_openat_of_old),
    CASE(by_linkat),
    CASE(by_symlinkat),
    CASE(by_mkdirat),
    CASE(by_unlinkat),
    CASE(by_unlinkat_of_folder),
    CASE(by_renameat),
    CASE(by_renameat2),
    CASE(by_write),
    CASE(by_writev),
    CASE(by_pwrite),
    CASE(by_pwrite64),
    CASE(by_pwritev),
    CASE(by_pwritev64),
    CASE(by_pwritev2),
    CASE(by_pwritev2_where_it_is),
    CASE(by_pwritev2_at_the_end),
    CASE(by_pwritev64v2),
    CASE(by_ftruncate),
    CASE(by_ftruncate64),
    CASE(by_fallocate),
    CASE(by_fallocate64),
    CASE(by_posix_fallocate),
    CASE(by_posix_fallocate64),
    CASE(by_name_of_nameless),
    CASE(by_mapping),
    CASE(by_mapping_that_stays),
    { .name = "by_beneath", .fn = by_beneath, .is_task = true },
};

/* ---- Each of them, and crashes --------------------------------------------------------------- */

/* A file and a folder, which are synced. */
static int prepare_job(void *arg) {
    const bed *b = arg;
    char all[FILE_BYTES], path[128];
    memset(all, 'a', sizeof all);
    int fd = open(b->file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, all, sizeof all) != sizeof all || fsync(fd) < 0) return -EIO;
    if (close(fd) < 0 || mkdir(in_folder(b, "folder", path), 0700) < 0) return -EIO;
    return sync_job((void *)(uintptr_t)b->folder);
}

static int change_job(void *arg) {
    const bed *b = arg;
    const change_case *c = b->more;
    return c->fn(b) < 0 ? -errno : 0;
}

static int prepare_and_change(void *arg) {
    bed *b = arg;
    int err = edo_blocking(prepare_job, b);
    if (err < 0) return err;
    b->before = folder_digest(b->folder);
    return ((const change_case *)b->more)->is_task ? change_job(b) : edo_blocking(change_job, b);
}

/* Is the folder as it was before? */
static bool change_is_lost(const change_case *c, uint64_t seed) {
    bed b;
    bed_open(&b, prepare_and_change);
    b.more = c;
    edo_sim *sim = bed_world(&b, seed);
    assert_int_equal(edo_sim_crash(sim, "keeper", edo_s(10)), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(20)), 0);
    edo_sim_free(sim);
    if (b.mapping) assert_int_equal(munmap(b.mapping, (size_t)4 * FILE_BYTES), 0);
    if (b.result < 0) fail_msg("%s: %d", c->name, b.result);
    bool is_lost = folder_digest(b.folder) == b.before;
    bed_close(&b);
    return is_lost;
}

static void each_change_is_lost_or_kept(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        bool was_lost = false, was_kept = false;
        for (uint64_t seed = 1; seed <= SEEDS_MAX && !(was_lost && was_kept); seed++) {
            bool is_lost = change_is_lost(&cases[i], seed);
            was_lost |= is_lost;
            was_kept |= !is_lost;
        }
        if (!was_lost || !was_kept)
            fail_msg("%s is never %s", cases[i].name, was_kept ? "lost" : "kept");
    }
}

/* ---- Not lost -------------------------------------------------------------------------------- */

static int write_with(const bed *b, int open_flags, int write_flags) {
    char all[FILE_BYTES];
    const struct iovec vec = { memset(all, 'b', sizeof all), sizeof all };
    int fd = open(b->file, O_WRONLY | O_CLOEXEC | open_flags);
    if (fd < 0 || pwritev2(fd, &vec, 1, 0, write_flags) != sizeof all) return -1;
    return close(fd);
}

CHANGE(by_o_dsync, write_with(b, O_DSYNC, 0))
CHANGE(by_o_sync, write_with(b, O_SYNC, 0))
CHANGE(by_rwf_dsync, write_with(b, 0, RWF_DSYNC))

static int by_syncfs(const bed *b) {
    int fd = folder_fd(b), result = write_with(b, 0, 0) < 0 || syncfs(fd) < 0 ? -1 : 0;
    return close(fd) < 0 ? -1 : result;
}

static int by_sync(const bed *b) {
    if (write_with(b, 0, 0) < 0) return -1;
    sync();
    return 0;
}

static void synced_write_is_never_lost(void **state) {
    static const change_case synced[] = {
        CASE(by_o_dsync),          CASE(by_o_sync), CASE(by_rwf_dsync),
        CASE(by_syncfs),           CASE(by_sync),   CASE(by_mapping_and_msync),
        CASE(by_mapping_and_fsync)
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(synced); i++)
        for (uint64_t seed = 1; seed <= 12; seed++)
            if (change_is_lost(&synced[i], seed)) fail_msg("%s is lost", synced[i].name);
}

/* ---- Mappings -------------------------------------------------------------------------------- */

#define SHORT_BYTES 100

static int short_job(void *arg) {
    const bed *b = arg;
    char all[SHORT_BYTES];
    memset(all, 'a', sizeof all);
    int fd = open(b->file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, all, sizeof all) != sizeof all || fsync(fd) < 0) return -EIO;
    char *at = mmap(NULL, SHORT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) return -errno;
    memset(at, 'm', SHORT_BYTES);
    if (munmap(at, SHORT_BYTES) < 0 || close(fd) < 0) return -errno;
    return sync_job((void *)(uintptr_t)b->folder);
}

static int store_in_short_file(void *arg) {
    return edo_blocking(short_job, arg);
}

static void mapping_of_a_short_file_changes_no_length(void **state) {
    bool was_lost = false, was_kept = false;
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS_MAX; seed++) {
        char all[2 * SHORT_BYTES];
        bed b;
        bed_open(&b, store_in_short_file);
        crash_with(&b, seed);
        assert_int_equal(bytes_of(b.file, all, sizeof all), SHORT_BYTES);
        for (int i = 1; i < SHORT_BYTES; i++) assert_int_equal(all[i], all[0]);
        was_lost |= all[0] == 'a';
        was_kept |= all[0] == 'm';
        bed_close(&b);
    }
    assert_true(was_lost && was_kept);
}

/* ---- What is refused ------------------------------------------------------------------------- */

/* 0 if the call fails with that. */
static int fails_with(ssize_t result, int err) {
    if (result == -1 && errno == err) return 0;
    errno = result == -1 ? errno : EPROTO;
    return -1;
}

/* Those that move bytes inside the kernel: a program then reads and writes. */
static int by_moves(const bed *b) {
    int from = open(b->file, O_RDONLY | O_CLOEXEC), pipes[2];
    int to = open(b->other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (from < 0 || to < 0 || pipe2(pipes, O_CLOEXEC) < 0) return -1;
    int result = fails_with(sendfile(to, from, NULL, 8), EINVAL);
    if (result == 0) result = fails_with(sendfile64(to, from, NULL, 8), EINVAL);
    if (result == 0) result = fails_with(copy_file_range(from, NULL, to, NULL, 8, 0), EXDEV);
    if (result == 0) result = fails_with(splice(pipes[0], NULL, to, NULL, 8, 0), EINVAL);
    if (result == 0) result = fails_with(pwrite(to, "x", 1, -1), EINVAL);
    if (result == 0) result = fails_with(rename(b->file, "/tmp/edo-sim-elsewhere"), EXDEV);
    if (result == 0) result = fails_with(link(b->file, "/tmp/edo-sim-elsewhere"), EXDEV);
    (void)close(pipes[0]);
    (void)close(pipes[1]);
    (void)close(from);
    (void)close(to);
    return result;
}

static void what_the_kernel_would_move_is_refused(void **state) {
    (void)state;
    (void)change_is_lost(&(change_case)CASE(by_moves), 1);
}

/* ---- Reads ----------------------------------------------------------------------------------- */

static int read_all_ways_job(void *arg) {
    const bed *b = arg;
    const int *fds = b->more; // the file, and one elsewhere
    char one[1];
    const struct iovec vec = { one, 1 };
    int fd = fds[0], bad_n = 0;
    bad_n += fails_with(read(fd, one, 1), EIO) < 0;
    bad_n += fails_with(readv(fd, &vec, 1), EIO) < 0;
    bad_n += fails_with(pread(fd, one, 1, 0), EIO) < 0;
    bad_n += fails_with(pread64(fd, one, 1, 0), EIO) < 0;
    bad_n += fails_with(preadv(fd, &vec, 1, 0), EIO) < 0;
    bad_n += fails_with(preadv64(fd, &vec, 1, 0), EIO) < 0;
    bad_n += fails_with(preadv2(fd, &vec, 1, 0, 0), EIO) < 0;
    bad_n += fails_with(preadv64v2(fd, &vec, 1, 0, 0), EIO) < 0;
    bad_n += fails_with(sendfile(fds[1], fd, NULL, 1), EIO) < 0;
    bad_n += fails_with(sendfile64(fds[1], fd, NULL, 1), EIO) < 0;
    bad_n += fails_with(copy_file_range(fd, NULL, fds[1], NULL, 1, 0), EIO) < 0;
    bad_n += fails_with(open(b->file, O_RDONLY), EIO) < 0;
    return bad_n;
}

static int read_while_it_fails(void *arg) {
    bed *b = arg;
    int err = edo_blocking(prepare_job, b);
    int fds[2] = { open(b->file, O_RDWR | O_CLOEXEC), memfd_create("elsewhere", MFD_CLOEXEC) };
    b->more = fds;
    if (err == 0) err = edo_sleep(edo_s(2));
    if (err == 0) err = edo_blocking(read_all_ways_job, b);
    (void)close(fds[0]);
    (void)close(fds[1]);
    return err;
}

static void each_read_fails_while_the_disk_does(void **state) {
    bed b;
    (void)state;
    bed_open(&b, read_while_it_fails);
    edo_sim *sim = bed_world(&b, 1);
    assert_int_equal(edo_sim_disk_fail(sim, "keeper", edo_s(1), edo_s(5)), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(20)), 0);
    edo_sim_free(sim);
    assert_int_equal(b.result, 0);
    bed_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_is_lost_or_kept),
        cmocka_unit_test(synced_write_is_never_lost),
        cmocka_unit_test(mapping_of_a_short_file_changes_no_length),
        cmocka_unit_test(what_the_kernel_would_move_is_refused),
        cmocka_unit_test(each_read_fails_while_the_disk_does),
    };
    return cmocka_run_group_tests_name("sim_disk_calls", tests, NULL, NULL);
}
