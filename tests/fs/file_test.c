/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/file.h for files on a disk and in memory: how they are opened, places,
 * offsets, limits and full disks; what is no regular file.
 * Method: a directory on a disk, where reads are done at once, and one in memory, where each is a
 * job; on every kind of runtime. /dev/full, RLIMIT_FSIZE, a small tmpfs in a user namespace. After
 * each test as many descriptors are open as before. */
#include "inside.h"

#include <edo/edo.h>
#include <edo/fd.h>
#include <edo/file.h>
#include <edo/fs.h>
#include <edo/streams.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int open_descriptors(void) {
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    while (readdir(dir)) n++;
    assert_int_equal(closedir(dir), 0);
    return n;
}

/* Runs `body` in an empty directory of each kind, on every kind of runtime. */
static void run_each(edo_task_fn *body) {
    static const char *const homes[] = { "/tmp/edo-file-XXXXXX", "/dev/shm/edo-file-XXXXXX" };
    int before = open_descriptors();
    for (size_t h = 0; h < EDO_COUNT(homes); h++) {
        for (size_t i = 0; i < KINDS_N; i++) {
            char home[32];
            (void)snprintf(home, sizeof home, "%s", homes[h]);
            assert_non_null(mkdtemp(home));
            assert_int_equal(chdir(home), 0);
            assert_int_equal(inside_with(body, NULL, &kinds[i]), 0);
            assert_int_equal(chdir("/"), 0);
            assert_int_equal(edo_fs_remove_dir_all(home), 0);
            assert_int_equal(open_descriptors(), before);
        }
    }
}

static edo_stream *open_as(const char *path, edo_fs_open_opts opts) {
    edo_stream *s;
    CHECK_EQ(edo_fs_open(&s, path, &opts), 0);
    return s;
}

static int fails_to_open(const char *path, edo_fs_open_opts opts) {
    edo_stream *s;
    return edo_fs_open(&s, path, &opts);
}

static void write_text(const char *path, const char *text) {
    CHECK_EQ(edo_fs_write_all(path, text, strlen(text)), 0);
}

static void check_text(const char *path, const char *text) {
    edo_bytes found;
    CHECK_EQ(edo_fs_read_all(&found, path), 0);
    CHECK(edo_str_equal(found.str, edo_str_of(text)));
    edo_bytes_unref(&found);
}

static void check_place(edo_stream *s, int64_t want) {
    uint64_t at = 0;
    CHECK_EQ(edo_position(s, &at), 0);
    CHECK_EQ((int64_t)at, want);
}

static int64_t size_of(edo_stream *s) {
    struct stat now;
    struct statx also = { 0 };
    CHECK_EQ(edo_file_stat(&now, s), 0);
    CHECK_EQ(edo_file_statx(&also, s, 0, STATX_SIZE), 0);
    CHECK_EQ(also.stx_size, now.st_size);
    return now.st_size;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static int contradictions(void *arg) {
    (void)arg;
    write_text("a", "text");
    const edo_fs_open_opts bad[] = {
        { .create = true },    { .create_new = true, .read = true },
        { .truncate = true },  { .truncate = true, .append = true },
        { .flags = O_CREAT },  { .flags = O_RDWR },
        { .flags = O_APPEND }, { .write = true, .flags = O_TRUNC },
        { .reserved[3] = 1 },  { .flags = O_DIRECT },
    };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) CHECK_EQ(fails_to_open("a", bad[i]), -EINVAL);
    check_text("a", "text");
    return 0;
}

static int ways_to_open(void *arg) {
    (void)arg;
    char buf[16];
    struct stat now;
    edo_stream *s;
    CHECK_EQ(edo_fs_open(&s, "a", NULL), -ENOENT);
    CHECK_EQ(fails_to_open("a", (edo_fs_open_opts){ .write = true }), -ENOENT);
    (void)umask(022);
    s = open_as("a", (edo_fs_open_opts){ .write = true, .create = true });
    CHECK_EQ(edo_write_all(s, "hello", 5), 0);
    CHECK_EQ(edo_read(s, buf, 1), -EBADF);
    CHECK_EQ(edo_file_stat(&now, s), 0);
    CHECK_EQ(now.st_mode & 07777, 0644);
    CHECK_EQ(fcntl(edo_stream_fd(s), F_GETFD), FD_CLOEXEC);
    edo_close(s);
    edo_fs_open_opts fresh = { .write = true, .create_new = true, .truncate = true, .mode = 0600 };
    CHECK_EQ(fails_to_open("a", fresh), -EEXIST);
    check_text("a", "hello");
    edo_close(open_as("b", fresh));
    CHECK_EQ(edo_fs_stat(&now, "b"), 0);
    CHECK_EQ(now.st_mode & 07777, 0600);
    CHECK_EQ(edo_fs_open(&s, "a", NULL), 0);
    CHECK_EQ(edo_write(s, "x", 1), -EBADF);
    CHECK_EQ(edo_read(s, buf, sizeof buf), 5);
    CHECK_EQ(edo_read(s, buf, sizeof buf), 0);
    CHECK_EQ(edo_read(s, buf, sizeof buf), 0);
    edo_close(s);
    s = open_as("a", (edo_fs_open_opts){ .read = true, .write = true, .truncate = true });
    CHECK_EQ(edo_read(s, buf, 1), 0);
    edo_close(s);
    CHECK_EQ(edo_fs_symlink("a", "link"), 0);
    CHECK_EQ(fails_to_open("link", (edo_fs_open_opts){ .flags = O_NOFOLLOW }), -ELOOP);
    CHECK_EQ(fails_to_open(".", (edo_fs_open_opts){ .write = true }), -EISDIR);
    s = open_as(".", (edo_fs_open_opts){ 0 });
    CHECK_EQ(edo_read(s, buf, 1), -EISDIR);
    CHECK_EQ(edo_file_sync(s), 0); // so a directory can be synced
    edo_close(s);
    return 0;
}

static int appended(void *arg) {
    (void)arg;
    char buf[16];
    write_text("a", "one");
    edo_stream *s = open_as("a", (edo_fs_open_opts){ .read = true, .append = true });
    CHECK_EQ(edo_read(s, buf, 1), 1);
    CHECK_EQ(edo_write_all(s, "two", 3), 0);
    check_place(s, 1);
    CHECK_EQ(edo_read(s, buf, sizeof buf), 5);
    CHECK(memcmp(buf, "netwo", 5) == 0);
    edo_close(s);
    check_text("a", "onetwo");
    return 0;
}

static void files_are_opened_as_asked(void **state) {
    (void)state;
    run_each(contradictions);
    run_each(ways_to_open);
    run_each(appended);
}

static int fails_beneath(const char *dir, const char *path) {
    return fails_to_open(path, (edo_fs_open_opts){ .beneath = dir });
}

static void check_beneath(const char *dir, const char *path, const char *text) {
    char found[16];
    edo_stream *s = open_as(path, (edo_fs_open_opts){ .beneath = dir });
    CHECK_EQ(edo_read(s, found, sizeof found), (int)strlen(text));
    CHECK_EQ(memcmp(found, text, strlen(text)), 0);
    edo_close(s);
}

static int beneath(void *arg) {
    (void)arg;
    const edo_fs_open_opts make = { .write = true, .create_new = true, .beneath = "www" };
    CHECK_EQ(edo_fs_create_dir_all("www/deep/er"), 0);
    write_text("secret", "s");
    write_text("www/page", "inside");
    CHECK_EQ(edo_fs_symlink("../page", "www/deep/link"), 0);
    CHECK_EQ(edo_fs_symlink("../../secret", "www/deep/out"), 0);
    CHECK_EQ(edo_fs_symlink("/etc/passwd", "www/deep/absolute"), 0);
    CHECK_EQ(edo_fs_symlink("../..", "www/deep/up"), 0);
    if (fails_beneath("www", "deep/out") == -ELOOP) {
        print_message("there is no openat2(): not tested here, but in fs/file/beneath_test\n");
        return 0;
    }
    check_beneath("www", "page", "inside");
    check_beneath("./www/", "deep/er/../../page", "inside");
    check_beneath("www", "deep/link", "inside");
    CHECK_EQ(fails_beneath("www", "../secret"), -EXDEV);
    CHECK_EQ(fails_beneath("www", "deep/../../secret"), -EXDEV);
    CHECK_EQ(fails_beneath("www", "/etc/passwd"), -EXDEV);
    CHECK_EQ(fails_beneath("www", "deep/out"), -EXDEV);
    CHECK_EQ(fails_beneath("www", "deep/absolute"), -EXDEV);
    CHECK_EQ(fails_beneath("www", "deep/up/secret"), -EXDEV);
    CHECK_EQ(fails_beneath("www", ".."), -EXDEV);
    CHECK_EQ(fails_beneath("www", "missing"), -ENOENT);
    CHECK_EQ(fails_beneath("none", "page"), -ENOENT);
    CHECK_EQ(fails_beneath("secret", "page"), -ENOTDIR);
    edo_close(open_as("deep/new", make));
    CHECK_EQ(fails_to_open("deep/new", make), -EEXIST);
    CHECK_EQ(fails_to_open("../new", make), -EXDEV);
    CHECK_EQ(edo_fs_exists("www/deep/new"), 1);
    CHECK_EQ(edo_fs_exists("new"), 0);
    return 0;
}

static void no_path_leads_out_of_the_directory(void **state) {
    (void)state;
    run_each(beneath);
}

/* ---- The place ------------------------------------------------------------------------------- */

static int places(void *arg) {
    (void)arg;
    char buf[16];
    uint64_t at;
    edo_stream *s = open_as("a", (edo_fs_open_opts){ .read = true, .write = true, .create = true });
    CHECK_EQ(edo_write_all(s, "0123456789", 10), 0);
    check_place(s, 10);
    CHECK_EQ(edo_rewind(s), 0);
    CHECK_EQ(edo_peek(s, buf, 4), 4);
    CHECK_EQ(edo_read(s, buf, 4), 4);
    CHECK(memcmp(buf, "0123", 4) == 0);
    CHECK_EQ(edo_write(s, "AB", 2), 2);
    CHECK_EQ(edo_read(s, buf, 16), 4);
    CHECK(memcmp(buf, "6789", 4) == 0);
    CHECK_EQ(edo_seek(s, -3, SEEK_END, &at), 0);
    CHECK_EQ((int64_t)at, 7);
    CHECK_EQ(edo_seek(s, -2, SEEK_CUR, NULL), 0);
    check_place(s, 5);
    CHECK_EQ(edo_seek(s, -6, SEEK_CUR, NULL), -EINVAL);
    CHECK_EQ(edo_seek(s, -11, SEEK_END, NULL), -EINVAL);
    CHECK_EQ(edo_seek(s, 0, 9, NULL), -EINVAL);
    CHECK_EQ(edo_seek(s, INT64_MAX, SEEK_CUR, NULL), -EINVAL);
    check_place(s, 5);
    CHECK_EQ(edo_seek(s, 20, SEEK_SET, NULL), 0);
    CHECK_EQ(edo_read(s, buf, 1), 0); // behind the end
    CHECK_EQ(edo_write(s, "z", 1), 1);
    CHECK_EQ(size_of(s), 21);
    CHECK_EQ(edo_file_read_at(s, buf, 16, 10), 11);
    CHECK(memcmp(buf, "\0\0\0\0\0\0\0\0\0\0z", 11) == 0);
    CHECK_EQ(edo_seek(s, INT64_MAX, SEEK_SET, NULL), 0);
    CHECK(edo_write(s, "zz", 2) < 0);
    edo_close(s);
    return 0;
}

static int vectors(void *arg) {
    (void)arg;
    enum { LONG = 600000 }; // more than one operation moves
    char small[4], *large = malloc(LONG), *again = malloc(LONG);
    for (size_t i = 0; i < LONG; i++) large[i] = (char)(i * 7 + i / 1000);
    edo_stream *s = open_as("a", (edo_fs_open_opts){ .read = true, .write = true, .create = true });
    const struct iovec out[] = { { 0 }, { large, 3 }, { 0 }, { large + 3, LONG - 3 } };
    CHECK_EQ(edo_writev_all(s, out, 4), 0);
    CHECK_EQ(edo_rewind(s), 0);
    const struct iovec in[] = { { 0 }, { small, 3 }, { again, 5 } };
    CHECK_EQ(edo_readv(s, in, 3), 8);
    CHECK(memcmp(small, large, 3) == 0 && memcmp(again, large + 3, 5) == 0);
    CHECK_EQ(edo_rewind(s), 0);
    CHECK_EQ(edo_read_exact(s, again, LONG), 0);
    CHECK(memcmp(again, large, LONG) == 0);
    CHECK_EQ(edo_read(s, again, 1), 0);
    memset(again, 0, LONG);
    CHECK_EQ(edo_file_read_at(s, again, LONG, 0), LONG); // in one call
    CHECK(memcmp(again, large, LONG) == 0);
    CHECK_EQ(edo_file_readv_at(s, in, 3, 100), 8);
    CHECK(memcmp(small, large + 100, 3) == 0 && memcmp(again, large + 103, 5) == 0);
    edo_close(s);
    free(large);
    free(again);
    return 0;
}

static int lines(void *arg) {
    (void)arg;
    edo_buf_reader in;
    char *line;
    write_text("a", "one\n\ntwo\r\nthree");
    edo_stream *s = open_as("a", (edo_fs_open_opts){ 0 });
    CHECK_EQ(edo_buf_reader_init(&in, s, NULL), 0);
    CHECK_EQ(edo_read_line(&in, &line), 3);
    CHECK_EQ(edo_read_line(&in, &line), 0);
    CHECK_EQ(edo_read_line(&in, &line), 3);
    CHECK_EQ(edo_read_line(&in, &line), 5);
    CHECK_EQ(edo_read_line(&in, &line), -EDO_EEOF);
    CHECK_EQ(edo_file_sync(edo_buf_reader_stream(&in)), -ENOTSUP);
    edo_buf_reader_deinit(&in);
    CHECK_EQ(edo_rewind(s), 0);
    edo_bytes all;
    CHECK_EQ(edo_read_all(&all, s, 100), 0);
    CHECK_EQ((int64_t)all.str.len, 15);
    edo_bytes_unref(&all);
    edo_close(s);
    return 0;
}

/* A file that loses bytes, or grows, while it is read. */
static int shrinks(void *arg) {
    (void)arg;
    char buf[16];
    write_text("a", "0123456789");
    edo_stream *s = open_as("a", (edo_fs_open_opts){ 0 });
    CHECK_EQ(edo_read(s, buf, 4), 4);
    CHECK_EQ(truncate("a", 6), 0);
    CHECK_EQ(edo_read(s, buf, 16), 2);
    CHECK_EQ(truncate("a", 3), 0);
    CHECK_EQ(edo_read(s, buf, 16), 0);
    CHECK_EQ(edo_read_exact(s, buf, 1), -EDO_EEOF);
    CHECK_EQ(truncate("a", 8), 0);
    CHECK_EQ(edo_read(s, buf, 16), 2);
    edo_close(s);
    return 0;
}

static int ended(void *arg) {
    (void)arg;
    edo_stream *s = open_as("a", (edo_fs_open_opts){ .write = true, .create = true });
    CHECK_EQ(edo_io_ready(s, EDO_IO_WRITE), -ENOTSUP);
    CHECK_EQ(edo_write(s, "x", 1), 1);
    CHECK_EQ(edo_flush(s), 0);
    CHECK_EQ(edo_shutdown(s), 0);
    CHECK_EQ(edo_write(s, "x", 1), -EPIPE);
    edo_stream *mine = edo_stream_ref(s);
    edo_close(s);
    CHECK_EQ(edo_write(mine, "x", 1), -EDO_ECLOSED);
    CHECK_EQ(edo_flush(mine), -EDO_ECLOSED);
    CHECK_EQ(edo_seek(mine, 0, SEEK_END, NULL), -EDO_ECLOSED);
    CHECK_EQ(edo_file_sync(mine), -EDO_ECLOSED);
    CHECK_EQ(edo_file_read_at(mine, &(char){ 0 }, 1, 0), -EDO_ECLOSED);
    edo_stream_unref(mine);
    check_text("a", "x");
    return 0;
}

#define SHARERS 5
#define RECORDS 200 /* of each */

typedef struct record {
    uint32_t task, n;
    char rest[992];
} record;

typedef struct sharer {
    edo_stream *s;
    uint32_t id;
    uint8_t *seen; /* of reads: how often each record was read, by all */
} sharer;

static int writes_records(void *arg) {
    const sharer *self = arg;
    int err = 0;
    for (uint32_t n = 0; n < RECORDS && err == 0; n++) {
        record r = { .task = self->id, .n = n };
        err = edo_write_all(self->s, &r, sizeof r);
    }
    return err;
}

static int reads_records(void *arg) {
    const sharer *self = arg;
    record r;
    int err;
    while ((err = edo_read(self->s, &r, sizeof r)) > 0) {
        CHECK_EQ(err, (int)sizeof r);
        CHECK(r.task < SHARERS && r.n < RECORDS);
        __atomic_add_fetch(&self->seen[r.task * RECORDS + r.n], 1, __ATOMIC_RELAXED);
    }
    return err;
}

static int in_all(edo_task_fn *fn, edo_stream *s, uint8_t *seen) {
    edo_scope scope;
    sharer all[SHARERS];
    edo_scope_begin(&scope, NULL);
    for (uint32_t i = 0; i < SHARERS; i++) {
        all[i] = (sharer){ s, i, seen };
        edo_scope_spawn_with(&scope, fn, &all[i], &(edo_spawn_opts){ .spread = true });
    }
    return edo_scope_end(&scope, 0);
}

/* Each operation begins where the one before it has ended: nothing that was written is lost, and
 * nothing is read twice. */
static int shared(void *arg) {
    static uint8_t seen[SHARERS * RECORDS];
    edo_stream *s;
    (void)arg;
    memset(seen, 0, sizeof seen);
    CHECK_EQ(edo_fs_open(&s, "shared",
                         &(edo_fs_open_opts){ .read = true, .write = true, .create = true }),
             0);
    CHECK_EQ(in_all(writes_records, s, NULL), 0);
    CHECK_EQ(size_of(s), (int64_t)(sizeof seen * sizeof(record)));
    CHECK_EQ(edo_rewind(s), 0);
    CHECK_EQ(in_all(reads_records, s, seen), 0);
    for (size_t i = 0; i < sizeof seen; i++) CHECK_EQ(seen[i], 1);
    edo_close(s);
    return 0;
}

static void a_file_has_a_place(void **state) {
    (void)state;
    run_each(places);
    run_each(vectors);
    run_each(lines);
    run_each(shrinks);
    run_each(ended);
    run_each(shared);
}

/* ---- Offsets, and the rest ------------------------------------------------------------------- */

static int offsets(void *arg) {
    (void)arg;
    char buf[16];
    struct iovec many[EDO_IO_VECS_MAX + 1] = { { buf, 1 } };
    edo_stream *s = open_as("a", (edo_fs_open_opts){ .read = true, .write = true, .create = true });
    CHECK_EQ(edo_file_write_at(s, "hello", 5, 3), 5);
    check_place(s, 0);
    CHECK_EQ(size_of(s), 8);
    const struct iovec out[] = { { (char[]){ 'a', 'b' }, 2 }, { (char[]){ 'c' }, 1 } };
    CHECK_EQ(edo_file_writev_at(s, out, 2, 0), 3);
    CHECK_EQ(edo_file_read_at(s, buf, 16, 0), 8);
    CHECK(memcmp(buf, "abchello", 8) == 0);
    CHECK_EQ(edo_file_read_at(s, buf, 16, 8), 0);
    CHECK_EQ(edo_file_read_at(s, buf, 0, 0), 0);
    CHECK_EQ(edo_file_readv_at(s, many, EDO_IO_VECS_MAX + 1, 0), -EINVAL);
    CHECK_EQ(edo_file_writev_at(s, many, EDO_IO_VECS_MAX + 1, 0), -EINVAL);
    CHECK_EQ(edo_file_readv_at(s, many, EDO_IO_VECS_MAX, 0), 1);
    CHECK_EQ(edo_file_read_at(s, buf, 1, UINT64_MAX), -EINVAL);
    CHECK_EQ(edo_file_write_at(s, buf, 1, UINT64_MAX), -EINVAL);
    edo_close(s);
    check_text("a", "abchello");
    return 0;
}

static int the_rest(void *arg) {
    (void)arg;
    char buf[16];
    edo_stream *s = open_as("a", (edo_fs_open_opts){ .read = true, .write = true, .create = true });
    CHECK_EQ(edo_file_set_len(s, 100), 0);
    CHECK_EQ(size_of(s), 100);
    CHECK_EQ(edo_file_set_len(s, UINT64_MAX), -EINVAL);
    CHECK_EQ(edo_file_allocate(s, 0, 50, 5000), 0);
    CHECK_EQ(size_of(s), 5050);
    CHECK_EQ(edo_file_allocate(s, 0, 0, 0), -EINVAL);
    CHECK_EQ(edo_file_allocate(s, 0, INT64_MAX, 2), -EINVAL);
    CHECK_EQ(edo_file_set_len(s, 3), 0);
    CHECK_EQ(edo_read(s, buf, 16), 3);
    CHECK_EQ(edo_file_sync_data(s), 0);
    CHECK_EQ(edo_file_sync(s), 0);
    CHECK_EQ(edo_file_advise(s, POSIX_FADV_DONTNEED, 0, 0), 0);
    CHECK_EQ(edo_file_advise(s, POSIX_FADV_WILLNEED, 0, 3), 0);
    CHECK_EQ(edo_file_advise(s, 77, 0, 0), -EINVAL);
    CHECK_EQ(edo_rewind(s), 0);
    CHECK_EQ(edo_read(s, buf, 16), 3); // from the disk
    edo_close(s);
    edo_close(s = open_as("a", (edo_fs_open_opts){ 0 }));
    return 0;
}

static int no_files(void *arg) {
    (void)arg;
    edo_stream *s;
    struct stat st;
    CHECK_EQ(edo_stream_mem(&s, "abc", 3), 0);
    CHECK_EQ(edo_file_read_at(s, &(char){ 0 }, 1, 0), -ENOTSUP);
    CHECK_EQ(edo_file_write_at(s, "x", 1, 0), -ENOTSUP);
    CHECK_EQ(edo_file_sync(s), -ENOTSUP);
    CHECK_EQ(edo_file_sync_data(s), -ENOTSUP);
    CHECK_EQ(edo_file_stat(&st, s), -ENOTSUP);
    CHECK_EQ(edo_file_statx(&(struct statx){ 0 }, s, 0, STATX_SIZE), -ENOTSUP);
    CHECK_EQ(edo_file_set_len(s, 0), -ENOTSUP);
    CHECK_EQ(edo_file_allocate(s, 0, 0, 1), -ENOTSUP);
    CHECK_EQ(edo_file_advise(s, 0, 0, 0), -ENOTSUP);
    edo_close(s);
    return 0;
}

static void offsets_leave_the_place(void **state) {
    (void)state;
    run_each(offsets);
    run_each(the_rest);
    run_each(no_files);
}

/* ---- What is no regular file ----------------------------------------------------------------- */

static int others(void *arg) {
    (void)arg;
    char buf[4096];
    edo_fd *polled;
    edo_stream *s, *writer;
    s = open_as("/proc/self/status", (edo_fs_open_opts){ 0 }); // whose size is said to be 0
    CHECK(edo_read(s, buf, sizeof buf) > 100);
    edo_close(s);
    s = open_as("/dev/zero", (edo_fs_open_opts){ 0 });
    CHECK_EQ(edo_read_exact(s, buf, sizeof buf), 0);
    CHECK_EQ(edo_fd_open(&polled, edo_stream_fd(s), NULL), -EPERM); // epoll refuses it
    edo_close(s);
    CHECK_EQ(mkfifo("fifo", 0600), 0);
    s = open_as("fifo", (edo_fs_open_opts){ .flags = O_NONBLOCK });
    writer = open_as("fifo", (edo_fs_open_opts){ .write = true });
    CHECK_EQ(edo_try_read(s, buf, 1), -EAGAIN);
    CHECK_EQ(edo_write(writer, "abc", 3), 3);
    CHECK_EQ(edo_read(s, buf, sizeof buf), 3);
    CHECK_EQ(edo_file_sync(s), -ENOTSUP);
    edo_close(writer);
    CHECK_EQ(edo_read(s, buf, 1), 0);
    edo_close(s);
    return 0;
}

static int full_device(void *arg) {
    (void)arg;
    edo_stream *s = open_as("/dev/full", (edo_fs_open_opts){ .read = true, .write = true });
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(edo_write(s, "abc", 3), -ENOSPC);
        CHECK_EQ(edo_write_all(s, "abc", 3), -ENOSPC);
        CHECK_EQ(edo_file_write_at(s, "abc", 3, 0), -ENOSPC);
    }
    check_place(s, 0);
    edo_close(s);
    return 0;
}

static void devices_and_pipes_work(void **state) {
    (void)state;
    run_each(others);
    run_each(full_device);
}

/* ---- Limits ---------------------------------------------------------------------------------- */

static int too_large(void *arg) {
    (void)arg;
    static const char zeros[4096];
    edo_stream *s = open_as("a", (edo_fs_open_opts){ .write = true, .create = true });
    edo_writev_future f;
    CHECK_EQ(edo_await(edo_write_all_init(&f, s, zeros, sizeof zeros)), -EFBIG);
    CHECK_EQ((int64_t)f.done, 1000);
    check_place(s, 1000);
    CHECK_EQ(edo_write(s, zeros, 1), -EFBIG);
    CHECK_EQ(edo_file_write_at(s, zeros, 100, 950), 50);
    CHECK_EQ(edo_file_write_at(s, zeros, 100, 1000), -EFBIG);
    CHECK_EQ(edo_file_set_len(s, 1001), -EFBIG);
    CHECK_EQ(edo_file_allocate(s, 0, 0, 1001), -EFBIG);
    CHECK_EQ(edo_flush(s), 0);
    edo_close(s);
    return 0;
}

static void the_limit_of_the_size_is_told(void **state) {
    (void)state;
    struct rlimit before, now;
    struct sigaction ignored = { .sa_handler = SIG_IGN }, old;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(sigaction(SIGXFSZ, &ignored, &old), 0);
    now = before;
    now.rlim_cur = 1000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
    run_each(too_large);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(sigaction(SIGXFSZ, &old, NULL), 0);
}

static bool write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0) (void)close(fd);
    return written;
}

/* Mounts a tmpfs of 64 KiB in namespaces of this process's own. */
static bool mount_small(const char *at) {
    char users[32], groups[32];
    (void)snprintf(users, sizeof users, "0 %d 1", (int)geteuid());
    (void)snprintf(groups, sizeof groups, "0 %d 1", (int)getegid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) return false;
    (void)write_file("/proc/self/setgroups", "deny");
    return write_file("/proc/self/uid_map", users) && write_file("/proc/self/gid_map", groups) &&
           mount("none", at, "tmpfs", 0, "size=64k") == 0;
}

static int fill_up(void *arg) {
    (void)arg;
    enum { N = 100000 };
    static const char zeros[N];
    edo_stream *s = open_as("a", (edo_fs_open_opts){ .read = true, .write = true, .create = true });
    edo_writev_future f;
    CHECK_EQ(edo_await(edo_write_all_init(&f, s, zeros, N)), -ENOSPC);
    CHECK(f.done > 0 && f.done <= 65536);
    check_place(s, (int64_t)f.done);
    CHECK_EQ(size_of(s), (int64_t)f.done);
    CHECK_EQ(edo_file_write_at(s, zeros, 1, 70000), -ENOSPC);
    CHECK_EQ(edo_file_allocate(s, 0, 0, N), -ENOSPC);
    CHECK_EQ(edo_fs_write_all("b", zeros, N), -ENOSPC);
    CHECK_EQ(edo_file_set_len(s, 0), 0);
    CHECK_EQ(edo_rewind(s), 0);
    CHECK_EQ(edo_fs_remove_file("b"), 0);
    CHECK_EQ(edo_write_all(s, zeros, 30000), 0); // there is room again
    edo_close(s);
    return 0;
}

static void a_full_file_system_is_told(void **state) {
    (void)state;
    char home[] = "/tmp/edo-small-XXXXXX";
    assert_non_null(mkdtemp(home));
    pid_t child = fork();
    if (child == 0) {
        if (!mount_small(home)) _exit(77);
        if (chdir(home) < 0) _exit(1);
        _exit(inside(fill_up, NULL) == 0 ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(rmdir(home), 0);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        printf("no mount in a user namespace here: left out\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_file_system_is_told), // it forks: first
        cmocka_unit_test(files_are_opened_as_asked),
        cmocka_unit_test(no_path_leads_out_of_the_directory),
        cmocka_unit_test(a_file_has_a_place),
        cmocka_unit_test(offsets_leave_the_place),
        cmocka_unit_test(devices_and_pipes_work),
        cmocka_unit_test(the_limit_of_the_size_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
