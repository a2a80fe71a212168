/* SPDX-License-Identifier: MIT */
/* Goal: whatever system call of a whole file's job fails, its code comes back, no descriptor and no
 * file is left, and a replaced file is the old one or the new one. Interrupted and short calls are
 * carried on.
 * Method: the k-th call of a job fails, for each k; in another run all reads and writes are short,
 * and the k-th call is interrupted. The file under test is included. */
#include <edo/edo.h>
#include <edo/random.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int calls, fails_at; // the call that fails; 0: none
static int fails_with;
static bool is_short;

static bool fails_now(void) {
    if (++calls != fails_at) return false;
    errno = fails_with;
    return true;
}

static bool is_secret; // then no file that is written may be open to others
static int unsealed;   // times that one was

static void check_sealed(int fd) {
    struct stat now;
    assert_int_equal(fstat(fd, &now), 0);
    if (is_secret && now.st_mode & 077) unsealed++;
}

static size_t part(size_t n) {
    return is_short && n > 3 ? 3 : n;
}

static int try_open(const char *path, int flags, mode_t mode) {
    if (fails_now()) return -1;
    int fd = open(path, flags, mode);
    if (fd >= 0 && flags & O_EXCL) check_sealed(fd);
    return fd;
}

static int try_close(int fd) { // which closes it in any case
    int result = close(fd);
    return fails_now() ? -1 : result;
}

static ssize_t try_read(int fd, void *to, size_t n) {
    return fails_now() ? -1 : read(fd, to, part(n));
}

static bool is_stuck; /* a write moves nothing, and says no error */

static ssize_t try_write(int fd, const void *from, size_t n) {
    check_sealed(fd);
    if (is_stuck) return 0;
    return fails_now() ? -1 : write(fd, from, part(n));
}

static ssize_t try_copy(int from, off_t *at, int to, off_t *to_at, size_t n, unsigned flags) {
    check_sealed(to);
    return fails_now() ? -1 : copy_file_range(from, at, to, to_at, part(n), flags);
}

static int try_stat(const char *path, struct stat *out) {
    return fails_now() ? -1 : stat(path, out);
}

static int try_fstat(int fd, struct stat *out) {
    return fails_with != EINTR && fails_now() ? -1 : fstat(fd, out); // no signal interrupts it
}

static int try_fsync(int fd) {
    return fails_now() ? -1 : fsync(fd);
}

static int try_fchmod(int fd, mode_t mode) {
    return fails_now() ? -1 : fchmod(fd, mode);
}

static int try_ftruncate(int fd, off_t n) {
    return fails_now() ? -1 : ftruncate(fd, n);
}

static int try_rename(const char *from, const char *to) {
    return fails_now() ? -1 : rename(from, to);
}

static int try_random(void *to, size_t n) {
    return fails_now() ? -errno : edo_random(to, n);
}

#define open(path, flags, mode) try_open(path, flags, mode)
#define close                   try_close
#define read                    try_read
#define write                   try_write
#define copy_file_range         try_copy
#define stat(path, out)         try_stat(path, out)
#define fstat                   try_fstat
#define fsync                   try_fsync
#define fchmod                  try_fchmod
#define ftruncate               try_ftruncate
#define rename                  try_rename
#define edo_random              try_random
#include "fs/whole.c"
#undef open
#undef close
#undef read
#undef write

static char home[] = "/tmp/edo-whole-XXXXXX";

static int entries_of(const char *path) {
    int n = -2; // "." and ".."
    DIR *dir = opendir(path);
    assert_non_null(dir);
    while (readdir(dir)) n++;
    assert_int_equal(closedir(dir), 0);
    return n;
}

static void make(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
}

static bool holds(const char *path, const char *text) {
    char found[64] = { 0 };
    int fd = open(path, O_RDONLY, 0);
    assert_true(fd >= 0);
    assert_true(read(fd, found, sizeof found - 1) >= 0);
    assert_int_equal(close(fd), 0);
    return strcmp(found, text) == 0;
}

/* ---- The jobs -------------------------------------------------------------------------------- */

#define OLD "the old text"
#define NEW "a new text that is longer"

static int read_it(void) {
    edo_bytes found = { 0 };
    int err = edo_fs_read_all(&found, "from");
    assert_true(err < 0 ? !found.owner : edo_str_equal(found.str, EDO_STR(NEW)));
    edo_bytes_unref(&found);
    return err;
}

static int write_it(void) {
    int err = edo_fs_write_all("to", NEW, strlen(NEW));
    assert_true(err < 0 || holds("to", NEW));
    return err;
}

static int replace_it(void) {
    int err = edo_fs_replace("to", NEW, strlen(NEW));
    assert_true(holds("to", NEW) || (err < 0 && holds("to", OLD)));
    return err;
}

static int copy_it(void) {
    uint64_t copied = 99;
    int err = edo_fs_copy("to", "from", &copied);
    assert_true(copied <= strlen(NEW));
    assert_true(err < 0 || (copied == strlen(NEW) && holds("to", NEW)));
    return err;
}

typedef struct job {
    const char *name;
    int (*run)(void);
    int tolerated; // failures that change nothing: of closing what was read, of copy_file_range()
} job;

static const job jobs[] = {
    { "read", read_it, 1 },
    { "write", write_it, 0 },
    { "replace", replace_it, 1 },
    { "copy", copy_it, 2 },
};

/* Runs the job with the k-th call failing, for all k; returns how many runs succeeded all the
 * same. */
static int run_failing(const job *j, int with) {
    int succeeded = 0, before = entries_of("/proc/self/fd");
    fails_with = with;
    calls = 1;
    for (int k = 1; calls >= k || k == 1; k++) {
        make("from", NEW);
        make("to", OLD);
        calls = 0;
        fails_at = k;
        int err = j->run();
        bool failed = calls >= k;
        fails_at = 0;
        assert_true(err == 0 || (failed && err == -with));
        if (failed && err == 0) succeeded++;
        assert_int_equal(entries_of("."), 2);
        assert_int_equal(entries_of("/proc/self/fd"), before);
        if (!failed) break;
    }
    return succeeded;
}

static void each_failure_comes_back_and_leaves_nothing(void **state) {
    (void)state;
    static const int codes[] = { EIO, ENOSPC, ENOMEM, EDQUOT };
    for (size_t i = 0; i < EDO_COUNT(jobs); i++)
        for (size_t c = 0; c < EDO_COUNT(codes); c++)
            assert_in_range(run_failing(&jobs[i], codes[c]), 0, jobs[i].tolerated);
}

/* Both begin with a file `to` or without; a call may fail. */
static void secrets_are_never_open_to_others(void **state) {
    (void)state;
    is_secret = true;
    fails_with = EIO;
    for (int has_old = 0; has_old < 2; has_old++) {
        calls = 1;
        for (int k = 1; calls >= k; k++) {
            make("from", NEW);
            make("to", OLD);
            assert_int_equal(chmod("from", 0600) + (has_old ? 0 : unlink("to")), 0);
            calls = 0;
            fails_at = k;
            (void)edo_fs_copy("to", "from", NULL);
            struct stat after;
            bool is_copy = stat("to", &after) == 0 && (!has_old || !holds("to", OLD));
            assert_true(!is_copy || after.st_size == 0 || !(after.st_mode & 077));
        }
    }
    fails_at = 0;
    make("to", OLD);
    assert_int_equal(chmod("to", 0600), 0);
    assert_int_equal(replace_it(), 0);
    assert_int_equal(unsealed, 0);
    is_secret = false;
}

static void text_is_utf8(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        int want;
    } texts[] = {
        { "", 0 },
        { "plain \x7f", 0 },
        { "\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf", 0 },
        { "\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf", 0 },
        { "\x80", -EILSEQ },
        { "\xc0\x80", -EILSEQ }, // longer than needed
        { "\xc1\xbf", -EILSEQ },
        { "\xe0\x9f\xbf", -EILSEQ },
        { "\xf0\x8f\xbf\xbf", -EILSEQ },
        { "\xed\xa0\x80", -EILSEQ }, // a surrogate
        { "\xf4\x90\x80\x80", -EILSEQ },
        { "\xf5\x80\x80\x80", -EILSEQ },
        { "\xff", -EILSEQ },
        { "cut \xc3", -EILSEQ },
        { "cut \xe2\x82", -EILSEQ },
        { "cut \xf0\x9f\x98", -EILSEQ },
        { "\xe2\x28\xa1", -EILSEQ },
        { "\xe2\x82\x28", -EILSEQ },
        { "\xf0\x9f\x98\x28", -EILSEQ },
    };
    for (size_t i = 0; i < EDO_COUNT(texts); i++) {
        edo_bytes found = { 0 };
        make("from", texts[i].bytes);
        assert_int_equal(edo_fs_read_to_string(&found, "from"), texts[i].want);
        assert_true(texts[i].want == 0 ? edo_str_equal(found.str, edo_str_of(texts[i].bytes))
                                       : !found.owner);
        edo_bytes_unref(&found);
    }
    edo_bytes found = { 0 };
    assert_int_equal(edo_fs_read_to_string(&found, "none"), -ENOENT);
}

static int interrupted(const job *j, int call) {
    make("from", NEW);
    make("to", OLD);
    calls = 0;
    fails_at = call;
    fails_with = EINTR;
    int err = j->run();
    fails_at = 0;
    return err;
}

static void interrupted_and_short_calls_are_carried_on(void **state) {
    (void)state;
    is_short = true;
    for (size_t i = 0; i < 2; i++) { // reading and writing, which call nothing else
        int k = 0;
        do assert_int_equal(interrupted(&jobs[i], ++k), 0);
        while (calls >= k);
        assert_true(k > 6);
    }
    for (size_t i = 2; i < EDO_COUNT(jobs); i++) assert_int_equal(interrupted(&jobs[i], 0), 0);
    is_short = false;
}

static void a_write_without_progress_fails(void **state) {
    (void)state;
    is_stuck = true;
    assert_int_equal(edo_fs_write_all("to", NEW, strlen(NEW)), -EIO);
    is_stuck = false;
}

static int enter_home(void **state) {
    (void)state;
    (void)umask(022); // with a stricter one nothing would ever be open to others
    return mkdtemp(home) ? chdir(home) : -1;
}

static int leave_home(void **state) {
    (void)state;
    return chdir("/") + edo_fs_remove_dir_all(home);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failure_comes_back_and_leaves_nothing),
        cmocka_unit_test(secrets_are_never_open_to_others),
        cmocka_unit_test(interrupted_and_short_calls_are_carried_on),
        cmocka_unit_test(text_is_utf8),
        cmocka_unit_test(a_write_without_progress_fails),
    };
    return cmocka_run_group_tests(tests, enter_home, leave_home);
}
