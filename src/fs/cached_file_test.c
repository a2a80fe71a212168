/* SPDX-License-Identifier: MIT */
/* Goal: whatever system call or allocation of a cached file's reading fails, its code comes back,
 * or in a shortage the file as it is known; no descriptor and no memory stays, and the next call
 * reads the file.
 * Method: both files are included, with calls that fail in turn. */
#include "base/memory/alloc.h"
#include "fail_in_turn.h"
#include "inside.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int try_open(const char *path, int flags) {
    return fails_now() ? -1 : open(path, flags);
}

static int try_fstat(int fd, struct stat *out) {
    return fails_now() ? -1 : fstat(fd, out);
}

static ssize_t try_read(int fd, void *to, size_t n) {
    return fails_now() ? -1 : read(fd, to, n > 2 ? 2 : n); // and comes short
}

#define open(path, flags) try_open(path, flags)
#define fstat             try_fstat
#define read              try_read
#include "fs/cached_file.c"
#undef open
#undef fstat
#undef read

/* The cache's own memory; that of edo_bytes_new() and edo_blocking() is failed by their tests. */
static void *try_alloc(size_t n) {
    if (!fails_now()) return edoi_alloc(n);
    errno = 0;
    return NULL;
}

#define edoi_alloc try_alloc
#include "fs/cache.c"
#undef edoi_alloc

static char path[] = "/tmp/edo-read-XXXXXX";

static int get_twice(void) {
    edo_file_cache *c;
    CHECK_EQ(edo_file_cache_new(&c, &(edo_file_cache_opts){ .check_after = edo_ns(1) }), 0);
    int err = 0;
    for (int i = 0; i < 2 && err == 0; i++) {
        edo_cached_file f;
        err = edo_file_cache_get(c, path, &f);
        if (err < 0) {
            CHECK_EQ(c->files.links_n, 0); // nothing half known stays
            break;
        }
        CHECK(edo_str_equal(f.bytes.str, EDO_STR("hello")));
        edo_bytes_unref(&f.bytes);
    }
    edo_file_cache_unref(c);
    return err == -ENOMEM && atomic_load(&fail_with) != ENOMEM ? -atomic_load(&fail_with) : err;
}

/* A shortage is no reason to lose a file that is known: so the second of the two gets does without
 * its calls, or, if it fails otherwise, without memory for what it has read. */
static int each_fails(void *arg) {
    static const int io = EIO, shortages[] = { EMFILE, ENOMEM };
    const int one = 2 + 3 + 3 + 1; // opens, fstat, reads and memory
    (void)arg;
    int calls = fail_in_turn(&(failing){
        .go = get_twice, .codes = shortages, .codes_n = EDO_COUNT(shortages), .tolerated = one });
    CHECK(calls >= 2 * one);
    calls = fail_in_turn(&(failing){ .go = get_twice, .codes = &io, .codes_n = 1, .tolerated = 1 });
    CHECK(calls >= 2 * one);
    return 0;
}

static void failed_call_comes_back_and_nothing_stays(void **state) {
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "hello", 5), 5);
    assert_int_equal(close(fd), 0);
    assert_int_equal(inside_with(each_fails, NULL, &(edo_runtime_opts){ .watchdog = EDO_OFF }), 0);
    assert_int_equal(unlink(path), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failed_call_comes_back_and_nothing_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
