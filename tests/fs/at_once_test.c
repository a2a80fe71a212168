/* SPDX-License-Identifier: MIT */
/* Goal: what calls on files return at once, from the kernel's cache, from a cache of files, or
 * since they cannot succeed, takes from the task's budget and sees a limit.
 * Method: support/at_once.h. */
#include <edo/edo.h>
#include <edo/file.h>
#include <edo/file_cache.h>
#include <edo/file_lock.h>
#include <edo/fs.h>
#include <edo/streams.h>
#include <edo/tmp.h>

#include "at_once.h"
#include "fs_support.h"

static edo_tmp *tmp;
static edo_stream *file;
static char path[4096];

static void file_begin(void) {
    CHECK_EQ(edo_tmp_open(&tmp, NULL), 0);
    file = edo_tmp_stream(tmp);
    (void)snprintf(path, sizeof path, "%s", edo_tmp_path(tmp));
    CHECK_EQ(edo_file_write_at(file, "word", 4, 0), 4);
}

static void file_begin_closed(void) {
    file_begin();
    CHECK_EQ(edo_fs_open(&file, path, NULL), 0);
    (void)edo_stream_ref(file);
    edo_close(file);
}

static void file_end(void) {
    CHECK_EQ(edo_tmp_close(tmp), 0);
}

static void file_end_closed(void) {
    edo_stream_unref(file);
    file_end();
}

static int read_at(void) {
    char bytes[4];
    return edo_file_read_at(file, bytes, sizeof bytes, 0);
}

static int readv_at(void) {
    char bytes[4];
    const struct iovec vec = { bytes, sizeof bytes };
    return edo_file_readv_at(file, &vec, 1, 0);
}

static int write_at(void) {
    return edo_file_write_at(file, "word", 4, 0);
}

static int writev_at(void) {
    char bytes[4] = "word";
    const struct iovec vec = { bytes, sizeof bytes };
    return edo_file_writev_at(file, &vec, 1, 0);
}

static int sync_all(void) {
    return edo_file_sync(file);
}

static int sync_data(void) {
    return edo_file_sync_data(file);
}

static int stat_file(void) {
    struct stat about;
    return edo_file_stat(&about, file);
}

static int statx_file(void) {
    struct statx about;
    return edo_file_statx(&about, file, 0, STATX_SIZE);
}

static int set_len(void) {
    return edo_file_set_len(file, 4);
}

static int allocate(void) {
    return edo_file_allocate(file, 0, 0, 4);
}

static int advise(void) {
    return edo_file_advise(file, 0, 4, 0);
}

static int try_lock(void) {
    return edo_file_try_lock(file, EDO_FILE_SHARED);
}

static int lock(void) {
    return edo_file_lock(file, EDO_FILE_SHARED);
}

static int unlock(void) {
    return edo_file_unlock(file);
}

static int open_file(void) {
    edo_stream *s;
    int err = edo_fs_open(&s, path, NULL);
    if (err == 0) edo_close(s);
    return err;
}

static int open_nothing(void) {
    edo_stream *s;
    return edo_fs_open(&s, "/nowhere/at/all", NULL);
}

static edo_stream *ends[2];

static void send_begin(void) {
    file_begin();
    CHECK_EQ(edo_duplex(&ends[0], &ends[1], 4096), 0);
}

static int send_nothing(void) {
    uint64_t sent;
    return edo_sendfile(ends[0], file, 4, 4, EDO_STR(""), &sent);
}

static void send_end(void) {
    edo_close(ends[0]);
    edo_close(ends[1]);
    file_end();
}

static edo_file_cache *cache;

static void cache_begin(void) {
    file_begin();
    CHECK_EQ(edo_file_cache_new(&cache, NULL), 0);
}

static void cache_end(void) {
    edo_file_cache_unref(cache);
    file_end();
}

static int cache_get(void) {
    edo_cached_file found;
    int err = edo_file_cache_get(cache, path, &found);
    if (err == 0) edo_bytes_unref(&found.bytes);
    return err;
}

static int cache_get_nothing(void) {
    edo_cached_file found;
    return edo_file_cache_get(cache, "/nowhere/at/all", &found);
}

static int exists(void) {
    return edo_fs_exists("/");
}

static int stat_path(void) {
    struct stat about;
    return edo_fs_stat(&about, "/");
}

static int lstat_path(void) {
    struct stat about;
    return edo_fs_lstat(&about, "/");
}

static int statx_path(void) {
    struct statx about;
    return edo_fs_statx(&about, "/", 0, STATX_SIZE);
}

static void each_call_takes_from_the_budget_and_sees_a_limit(void **state) {
    (void)state;
    static const char closed[] = "it is closed", cached[] = "the kernel has it";
    static const at_once_row rows[] = {
        { "edo_file_read_at", cached, file_begin, read_at, file_end },
        { "edo_file_read_at", closed, file_begin_closed, read_at, file_end_closed },
        { "edo_file_readv_at", cached, file_begin, readv_at, file_end },
        { "edo_file_write_at", closed, file_begin_closed, write_at, file_end_closed },
        { "edo_file_writev_at", closed, file_begin_closed, writev_at, file_end_closed },
        { "edo_file_sync", closed, file_begin_closed, sync_all, file_end_closed },
        { "edo_file_sync_data", closed, file_begin_closed, sync_data, file_end_closed },
        { "edo_file_stat", closed, file_begin_closed, stat_file, file_end_closed },
        { "edo_file_statx", closed, file_begin_closed, statx_file, file_end_closed },
        { "edo_file_set_len", closed, file_begin_closed, set_len, file_end_closed },
        { "edo_file_allocate", closed, file_begin_closed, allocate, file_end_closed },
        { "edo_file_advise", closed, file_begin_closed, advise, file_end_closed },
        { "edo_file_try_lock", closed, file_begin_closed, try_lock, file_end_closed },
        { "edo_file_lock", closed, file_begin_closed, lock, file_end_closed },
        { "edo_file_unlock", closed, file_begin_closed, unlock, file_end_closed },
        { "edo_fs_open", cached, file_begin, open_file, file_end },
        { "edo_fs_open", "there is no such file", NULL, open_nothing, NULL },
        { "edo_sendfile", "nothing is left of the file", send_begin, send_nothing, send_end },
        { "edo_file_cache_get", "a hit", cache_begin, cache_get, cache_end },
        { "edo_file_cache_get", "there is no such file", cache_begin, cache_get_nothing,
          cache_end },
        { "edo_fs_exists", cached, NULL, exists, NULL },
        { "edo_fs_stat", cached, NULL, stat_path, NULL },
        { "edo_fs_lstat", cached, NULL, lstat_path, NULL },
        { "edo_fs_statx", cached, NULL, statx_path, NULL },
    };
    at_once_check(rows, EDO_COUNT(rows));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_takes_from_the_budget_and_sees_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
