/* SPDX-License-Identifier: MIT */
/* Goal: whatever system call or allocation of a walk or a directory fails, its code comes back, the
 * rest is reported, and no descriptor is left. Types that the file system does not record are
 * found. The walker of a walk names what is broken.
 * Method: the k-th call fails, for each k; outside any runtime, so that they fail in order. The
 * files under test are included. */
#include "base/memory/alloc.h"

#include "broken.h"

#include <edo/edo.h>
#include <edo/fs.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int calls, fails_at; // the call that fails; 0: none
static int fails_with;
static bool is_unrecorded; // the file system records no types

static bool fails_now(void) {
    if (++calls != fails_at) return false;
    errno = fails_with;
    return true;
}

static int try_open(const char *path, int flags) {
    return fails_now() ? -1 : open(path, flags);
}

static bool is_long;         // "d" has a long name, and ".." leads nowhere
static bool counts;          // a place in a directory is a count of its entries
static int64_t counted[256]; // by descriptor

static int try_openat(int dir, const char *path, int flags) {
    errno = EIO;
    if (fails_now() || (is_long && strcmp(path, "..") == 0)) return -1;
    int fd = openat(dir, is_long && strlen(path) > NAME_MAX ? "d" : path, flags);
    if (fd >= 0 && fd < (int)EDO_COUNT(counted)) counted[fd] = 0;
    return fd;
}

static int try_fstat(int fd, struct stat *out) {
    return fails_with != EINTR && fails_now() ? -1 : fstat(fd, out); // no signal interrupts it
}

static int try_stat(const char *path, struct stat *out) {
    return fails_with != EINTR && fails_now() ? -1 : stat(path, out);
}

static off_t seek_counted(int fd, off_t count) {
    _Alignas(8) char records[4096];
    ssize_t n;
    off_t place = 0, i = 0;
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    while (i < count && (n = getdents64(fd, records, sizeof records)) > 0) {
        for (ssize_t at = 0; at < n && i < count; i++) {
            const struct dirent64 *r = (void *)(records + at);
            place = r->d_off;
            at += r->d_reclen;
        }
    }
    counted[fd] = count;
    return lseek(fd, place, SEEK_SET);
}

static off_t try_lseek(int fd, off_t at, int whence) {
    if (fails_with != EINTR && fails_now()) return -1;
    return counts ? seek_counted(fd, at) : lseek(fd, at, whence);
}

#define LONG_N 700u

/* As getdents64(), but with the long name in place of "d". */
static ssize_t get_long(int fd, char *to, size_t room) {
    _Alignas(8) char records[8192];
    size_t longer = (offsetof(struct dirent64, d_name) + LONG_N + 8) & ~(size_t)7, end = 0;
    errno = EINVAL; // as of a record that does not fit
    ssize_t n = room < 2 * longer ? -1 : getdents64(fd, records, room - longer);
    const struct dirent64 *r;
    for (ssize_t at = 0; at < n; at += r->d_reclen) {
        r = (const void *)(records + at);
        struct dirent64 *put = (void *)(to + end);
        memcpy(put, r, r->d_reclen);
        if (strcmp(r->d_name, "d") == 0) {
            memset((char *)put + offsetof(struct dirent64, d_name), 'x', LONG_N);
            to[end + offsetof(struct dirent64, d_name) + LONG_N] = 0;
            put->d_reclen = (unsigned short)longer;
        }
        end += put->d_reclen;
    }
    return n < 0 ? n : (ssize_t)end;
}

static ssize_t try_getdents64(int fd, void *to, size_t room) {
    ssize_t n = fails_now() ? -1 : is_long ? get_long(fd, to, room) : getdents64(fd, to, room);
    struct dirent64 *r;
    for (ssize_t at = 0; at < n; at += r->d_reclen) {
        r = (void *)((char *)to + at);
        if (is_unrecorded) r->d_type = DT_UNKNOWN;
        if (counts) r->d_off = ++counted[fd];
    }
    return n;
}

#define open(path, flags)        try_open(path, flags)
#define openat(dir, path, flags) try_openat(dir, path, flags)
#define fstat                    try_fstat
#define stat(path, out)          try_stat(path, out)
#define lseek                    try_lseek
#define getdents64               try_getdents64
#include "fs/tree/dir.c"
#include "fs/tree/entries.c"
#include "fs/tree/resume.c"
#include "fs/tree/walk.c"
#include "fs/tree/walk_steps.c"
#undef open
#undef openat
#undef fstat
#undef stat

static char home[] = "/dev/shm/edo-tree-XXXXXX";

#define LINE  40  /* directories, each in the one before */
#define FILES 700 /* in the one of level 2: more than is fetched at once */

static int make_home(void **state) {
    char name[16];
    (void)state;
    if (!mkdtemp(home) || chdir(home) < 0) return -1;
    for (int i = 0; i < LINE; i++) {
        if (mkdir("d", 0777) < 0 || chdir("d") < 0) return -1;
        for (int k = 0; i == 1 && k < FILES; k++) {
            (void)snprintf(name, sizeof name, "%d", k);
            int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
            if (fd < 0 || close(fd) < 0) return -1;
        }
    }
    return chdir(home);
}

static int remove_home(void **state) {
    (void)state;
    return chdir("/") + edo_fs_remove_dir_all(home);
}

static int open_now(void) {
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    while (readdir(dir)) n++;
    assert_int_equal(closedir(dir), 0);
    return n;
}

/* What one walk over all has found. */
typedef struct found {
    int entries, failed, refused, code;
} found;

static found walk_all(void) {
    found f = { 0 };
    edo_walk_entry e;
    int rc;
    edo_seq *w = edo_fs_walk("d", NULL);
    if (!w) return (found){ .refused = 1, .code = -ENOMEM };
    while ((rc = edo_seq_next(w, &e)) != 0) {
        f.entries += rc == 1 && e.err == 0;
        f.failed += rc == 1 && e.err < 0;
        f.refused += rc < 0;
        if (rc < 0 || e.err < 0) f.code = rc < 0 ? rc : e.err;
    }
    edo_seq_free(w);
    return f;
}

static void each_failed_call_is_reported_once(void **state) {
    static const int codes[] = { EIO, EMFILE, EACCES };
    (void)state;
    for (size_t c = 0; c < EDO_COUNT(codes); c++) {
        int before = open_now(), hidden = 0;
        fails_with = codes[c];
        for (int k = 1;; k++) {
            calls = 0;
            fails_at = k;
            found f = walk_all();
            fails_at = 0;
            assert_int_equal(open_now(), before);
            assert_int_equal(f.refused, 0);
            if (calls < k) assert_int_equal(f.entries, LINE + FILES);
            if (calls < k) break;
            // a directory that is not reached by ".." is reached from the root
            if (f.failed == 0) assert_int_equal(f.entries, LINE + FILES);
            hidden += f.failed == 0;
            assert_true(f.failed <= 1 && (f.failed == 0 || f.code == -codes[c]));
        }
        assert_in_range(hidden, 1, 2 * LINE);
    }
}

static void interrupted_calls_are_repeated(void **state) {
    (void)state;
    fails_with = EINTR;
    for (int k = 1; k == 1 || calls >= k - 1; k++) {
        calls = 0;
        fails_at = k;
        found f = walk_all();
        fails_at = 0;
        assert_int_equal(f.entries, LINE + FILES);
        assert_int_equal(f.failed + f.refused, 0);
    }
}

/* Without memory a directory is left out and named, or the read fails and the next one goes on. */
static void each_failed_allocation_is_reported(void **state) {
    (void)state;
    int before = open_now();
    bool fired = true;
    for (uint64_t k = 1; fired; k++) {
        edoi_alloc_fail_at(k);
        found f = walk_all();
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_int_equal(f.failed + f.refused, fired ? 1 : 0);
        assert_int_equal(f.code, fired ? -ENOMEM : 0);
        if (f.failed == 0 && f.entries > 0) assert_int_equal(f.entries, LINE + FILES);
        assert_int_equal(open_now(), before);
    }
}

static void unrecorded_types_are_found(void **state) {
    (void)state;
    is_unrecorded = true;
    edo_dir *d = NULL;
    edo_dir_entry e;
    int dirs = 0, files = 0;
    assert_int_equal(edo_dir_open(&d, "d/d"), 0);
    while (edo_dir_next(d, &e) == 1) {
        dirs += e.type == EDO_ENTRY_DIR;
        files += e.type == EDO_ENTRY_FILE;
    }
    edo_dir_close(d);
    assert_int_equal(dirs, 1);
    assert_int_equal(files, FILES);
    assert_int_equal(walk_all().entries, LINE + FILES);
    is_unrecorded = false;
}

static void directory_tells_failures_behind_its_entries(void **state) {
    (void)state;
    int before = open_now();
    edo_dir *d = NULL;
    edo_dir_entry e;
    int rc, n = 0;
    fails_with = EIO;
    calls = 0;
    fails_at = 1;
    assert_int_equal(edo_dir_open(&d, "d/d"), -EIO);
    fails_at = 3; // open, first fetch, second fetch
    calls = 0;
    assert_int_equal(edo_dir_open(&d, "d/d"), 0);
    while ((rc = edo_dir_next(d, &e)) == 1) n++;
    assert_int_equal(rc, -EIO);
    assert_in_range(n, 100, FILES);
    assert_int_equal(edo_dir_next(d, &e), 0);
    edo_dir_close(d);
    for (uint64_t k = 1; k <= 2; k++) {
        edoi_alloc_fail_at(k);
        rc = edo_dir_open(&d, "d/d");
        if (rc == 0) edo_dir_close(d);
        assert_int_equal(rc, edoi_alloc_fail_fired() ? -ENOMEM : 0);
        edoi_alloc_fail_at(0);
    }
    assert_int_equal(open_now(), before);
}

static void names_may_be_longer_than_name_max(void **state) {
    (void)state;
    edo_dir *d = NULL;
    edo_dir_entry e;
    int rc, n = 0;
    is_long = true;
    assert_int_equal(edo_dir_open(&d, "d/d"), 0);
    while ((rc = edo_dir_next(d, &e)) == 1) n++;
    edo_dir_close(d);
    assert_int_equal(rc, 0);
    assert_int_equal(n, FILES + 1);
    found f = walk_all();
    is_long = false;
    assert_int_equal(f.failed + f.refused, 0);
    assert_int_equal(f.entries, LINE + FILES);
}

/* Makes or removes 300 files in the directory of level 2, behind its directory. */
static void change_more(bool makes) {
    char name[32];
    for (int i = 0; i < 300; i++) {
        (void)snprintf(name, sizeof name, "d/d/more%d", i);
        if (!makes) (void)unlink(name); // or a test has done so
        int fd = makes ? open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666) : -1;
        if (makes) assert_true(fd >= 0 && close(fd) == 0);
    }
}

/* Walks, and removes the files that were reported when all levels above have been closed. */
static void removed_files_do_not_hide_others(void **state) {
    static char reported[FILES + 300][32];
    edo_walk_entry e;
    int rc, files = 0, removed = 0;
    (void)state;
    change_more(true);
    counts = true;
    edo_seq *w = edo_fs_walk("d", NULL);
    while ((rc = edo_seq_next(w, &e)) == 1) {
        assert_int_equal(e.err, 0);
        if (e.type == EDO_ENTRY_FILE) (void)snprintf(reported[files++], 32, "%s", e.path);
        if (e.depth == LINE - 1)
            for (; removed < files; removed++) assert_int_equal(unlink(reported[removed]), 0);
    }
    edo_seq_free(w);
    counts = false;
    change_more(false);
    assert_int_equal(rc, 0);
    assert_in_range(removed, 1, FILES + 299); // some came before, and some behind
    assert_int_equal(files, FILES + 300);
}

/* ---- The walker ------------------------------------------------------------------------------ */

typedef struct harm {
    const char *name;
    void (*fn)(edoi_walk *w);
} harm;

/* A walk of five levels, of which 1 and 2 are closed. */
static int check_after(void *arg) {
    static edoi_entries entries;
    edoi_level levels[5] = {
        { .entries = &entries }, { 0 }, { 0 }, { .entries = &entries }, { .entries = &entries }
    };
    edoi_walk w = { .levels = levels, .n = 5, .cap = 5, .first_open = 3 };
    walk_check(&w);
    ((harm *)arg)->fn(&w);
    walk_check(&w);
    return 0;
}

static void open_a_closed_one(edoi_walk *w) {
    w->levels[1].entries = w->levels[0].entries;
}

static void close_an_open_one(edoi_walk *w) {
    w->levels[3].entries = NULL;
}

static void close_the_root(edoi_walk *w) {
    w->levels[0].entries = NULL;
}

static void count_no_closed_one(edoi_walk *w) {
    w->first_open = 1;
}

static void lie_behind_the_last(edoi_walk *w) {
    w->first_open = w->n + 1;
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    harm rows[] = {
        { "walk inv. 1: ", open_a_closed_one },   { "walk inv. 1: ", close_an_open_one },
        { "walk inv. 1: ", close_the_root },      { "walk inv. 1: ", count_no_closed_one },
        { "walk inv. 1: ", lie_behind_the_last },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) assert_broken(rows[i].name, check_after, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
        cmocka_unit_test(each_failed_call_is_reported_once),
        cmocka_unit_test(interrupted_calls_are_repeated),
        cmocka_unit_test(each_failed_allocation_is_reported),
        cmocka_unit_test(unrecorded_types_are_found),
        cmocka_unit_test(directory_tells_failures_behind_its_entries),
        cmocka_unit_test(names_may_be_longer_than_name_max),
        cmocka_unit_test(removed_files_do_not_hide_others), // the last: files are gone
    };
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
