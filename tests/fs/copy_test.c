/* SPDX-License-Identifier: MIT */
/* Goal: edo_copy() of a file leaves both places behind the last byte that was written, however it
 * ends, and lets no other operation of the file in between.
 * Method: files on a disk and in memory to files, and to pipes that are full; others that read,
 * cancel and close meanwhile; the future form beside; on every kind of runtime. */
#include "inside.h"

#include <edo/edo.h>
#include <edo/file.h>
#include <edo/fs.h>
#include <edo/pipe.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { SIZE = 1000000 };

static edo_stream *make_file(const char *folder, bool appends) {
    static unsigned made;
    char path[64];
    edo_stream *s;
    (void)snprintf(path, sizeof path, "%s/edo-copy-%d-%u", folder, (int)getpid(), made++);
    const edo_fs_open_opts opts = {
        .read = true, .write = !appends, .append = appends, .create_new = true
    };
    CHECK_EQ(edo_fs_open(&s, path, &opts), 0);
    CHECK_EQ(edo_fs_remove_file(path), 0);
    return s;
}

static edo_stream *make_full(const char *folder) {
    static unsigned char bytes[SIZE];
    edo_stream *s = make_file(folder, false);
    for (int i = 0; i < SIZE; i++) bytes[i] = (unsigned char)(i * 7 + i / 1000);
    CHECK_EQ(edo_write_all(s, bytes, SIZE), 0);
    CHECK_EQ(edo_rewind(s), 0);
    return s;
}

static void check_place(edo_stream *s, uint64_t want) {
    uint64_t at = 0;
    CHECK_EQ(edo_position(s, &at), 0);
    CHECK_EQ((int64_t)at, (int64_t)want);
}

/* `n` bytes of both files are the same, from these offsets on. */
static void check_same(edo_stream *a, uint64_t a_at, edo_stream *b, uint64_t b_at, size_t n) {
    static char one[SIZE], other[SIZE];
    CHECK_EQ(edo_file_read_at(a, one, n, a_at), (int)n);
    CHECK_EQ(edo_file_read_at(b, other, n, b_at), (int)n);
    CHECK_EQ(memcmp(one, other, n), 0);
}

typedef int copy_fn(edo_stream *to, edo_stream *from, uint64_t *bytes);

static int copy_by_future(edo_stream *to, edo_stream *from, uint64_t *bytes) {
    edo_copy_future f;
    return edo_await(edo_copy_init(&f, to, from, bytes));
}

static copy_fn *const forms[] = { edo_copy, copy_by_future };

static int to_files(void *arg) {
    edo_stream *from = make_full(arg);
    for (size_t i = 0; i < EDO_COUNT(forms); i++) {
        uint64_t bytes = 99;
        edo_stream *to = make_file(arg, false);
        CHECK_EQ(edo_write(to, "head", 4), 4);
        CHECK_EQ(edo_seek(from, 1000, SEEK_SET, NULL), 0);
        CHECK_EQ(forms[i](to, from, &bytes), 0);
        CHECK_EQ((int64_t)bytes, SIZE - 1000);
        check_place(from, SIZE);
        check_place(to, 4 + SIZE - 1000);
        check_same(from, 1000, to, 4, SIZE - 1000);
        CHECK_EQ(forms[i](to, from, &bytes), 0); // at the end
        CHECK_EQ((int64_t)bytes, 0);
        edo_close(to);
        to = make_file(arg, true);
        CHECK_EQ(edo_rewind(from), 0);
        CHECK_EQ(forms[i](to, from, NULL), 0);
        check_same(from, 0, to, 0, SIZE);
        edo_close(to);
    }
    edo_close(from);
    return 0;
}

/* ---- Cut short ------------------------------------------------------------------------------- */

typedef struct copier {
    edo_stream *to, *from;
    uint64_t bytes;
} copier;

static int copies(void *arg) {
    copier *c = arg;
    return edo_copy(c->to, c->from, &c->bytes);
}

/* Begins a copy that stands, since nobody reads the pipe but its first byte. */
static edo_task *begin(copier *c, edo_stream **reader, const char *folder) {
    *c = (copier){ .from = make_full(folder) };
    CHECK_EQ(edo_pipe(reader, &c->to, NULL), 0);
    edo_task *t = edo_spawn(copies, c);
    char first;
    CHECK_EQ(edo_read(*reader, &first, 1), 1);
    return t;
}

/* Reads the rest; returns its number. */
static int64_t drain(edo_stream *reader) {
    static char bytes[65536];
    int64_t sum = 0;
    int n;
    while ((n = edo_read(reader, bytes, sizeof bytes)) > 0) sum += n;
    CHECK_EQ(n, 0);
    return sum;
}

static int reads_one(void *arg) {
    char byte;
    return edo_read(arg, &byte, 1);
}

static int has_the_turn(void *arg) {
    copier c;
    edo_stream *reader;
    edo_task *t = begin(&c, &reader, arg), *other = edo_spawn(reads_one, c.from);
    for (int i = 0; i < 100; i++) CHECK_EQ(edo_yield(), 0);
    char byte;
    CHECK_EQ(edo_try_read(c.from, &byte, 1), -EAGAIN);
    CHECK_EQ(edo_file_read_at(c.from, &byte, 1, 5), 1); // calls at an offset have no turns
    static char some[SIZE / 2];
    CHECK_EQ(edo_read_exact(reader, some, sizeof some), 0);
    CHECK_EQ(edo_read_exact(reader, some, sizeof some - 1), 0);
    CHECK_EQ(edo_task_join(t), 0);
    CHECK_EQ(edo_task_join(other), 0); // the end: no byte was taken from the copy
    edo_close(c.to);
    CHECK_EQ(drain(reader), 0);
    edo_close(reader);
    edo_close(c.from);
    return 0;
}

static int is_cancelled(void *arg) {
    copier c;
    edo_stream *reader;
    edo_task *t = begin(&c, &reader, arg);
    for (int i = 0; i < 100; i++) CHECK_EQ(edo_yield(), 0);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK(c.bytes < SIZE);
    check_place(c.from, c.bytes);
    edo_close(c.to);
    CHECK_EQ(drain(reader) + 1, (int64_t)c.bytes);
    edo_close(reader);
    edo_close(c.from);
    return 0;
}

static int is_closed(void *arg) {
    copier c;
    edo_stream *reader;
    edo_task *t = begin(&c, &reader, arg);
    for (int i = 0; i < 100; i++) CHECK_EQ(edo_yield(), 0);
    edo_close(edo_stream_ref(c.from));
    static char some[65536]; // room in the pipe lets the copy see the close
    CHECK(edo_read(reader, some, sizeof some) > 0);
    CHECK_EQ(edo_task_join(t), -EDO_ECLOSED);
    edo_close(c.to);
    edo_close(reader);
    edo_stream_unref(c.from);
    return 0;
}

static void run(edo_task_fn *body) {
    static char disk[] = "/tmp", memory[] = "/dev/shm";
    assert_int_equal(inside_each(body, disk), 0);
    assert_int_equal(inside_each(body, memory), 0);
}

static void copied_files_are_the_same_and_have_their_places(void **state) {
    (void)state;
    run(to_files);
}

static void other_operations_wait_for_the_copy(void **state) {
    (void)state;
    run(has_the_turn);
}

static void a_cancelled_copy_has_lost_nothing(void **state) {
    (void)state;
    run(is_cancelled);
}

static void a_closed_file_ends_its_copy(void **state) {
    (void)state;
    run(is_closed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copied_files_are_the_same_and_have_their_places),
        cmocka_unit_test(other_operations_wait_for_the_copy),
        cmocka_unit_test(a_cancelled_copy_has_lost_nothing),
        cmocka_unit_test(a_closed_file_ends_its_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
