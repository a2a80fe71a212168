/* SPDX-License-Identifier: MIT */
/* Goal: places, offsets and counts go beyond 32 bits.
 * Method: a file of 5 GiB that is nearly all hole; reads, writes and regions around 4 GiB. With
 * EDO_LARGE in the environment (scripts/soak) 4 GiB and some bytes are also moved: from the file
 * over TCP, by edo_sendfile() and by edo_copy(), and into a file; without it 8 MiB. */
#include "inside.h"
#include "tcp_pair.h"

#include <edo/edo.h>
#include <edo/file.h>
#include <edo/fs.h>

#include <errno.h>
#include <unistd.h>

#define GIB      (UINT64_C(1) << 30)
#define BOUNDARY (4 * GIB)

static uint64_t amount(void) {
    return getenv("EDO_LARGE") ? BOUNDARY + 12345 : 8u << 20;
}

static edo_stream *make_hole(void) {
    char path[64];
    edo_stream *s;
    (void)snprintf(path, sizeof path, "/tmp/edo-large-%d", (int)getpid());
    const edo_fs_open_opts opts = { .read = true, .write = true, .create_new = true };
    CHECK_EQ(edo_fs_open(&s, path, &opts), 0);
    CHECK_EQ(edo_fs_remove_file(path), 0);
    CHECK_EQ(edo_file_set_len(s, 5 * GIB), 0);
    return s;
}

typedef struct sink {
    edo_stream *from;
    uint64_t bytes;
    char last[12]; // of them
} sink;

/* Reads to the end; counts. */
static int drain(void *arg) {
    sink *s = arg;
    static char bytes[1 << 18];
    int n;
    while ((n = edo_read(s->from, bytes, sizeof bytes)) > 0) {
        s->bytes += (uint64_t)n;
        if (n >= 12) memcpy(s->last, bytes + n - 12, 12);
    }
    return n;
}

static int around_the_boundary(void *arg) {
    (void)arg;
    char buf[16] = { 0 };
    uint64_t at = 0, sent = 0;
    struct stat now;
    edo_stream *file = make_hole(), *to;
    sink s = { 0 };
    CHECK_EQ(edo_file_write_at(file, "before-after", 12, BOUNDARY - 7), 12);
    CHECK_EQ(edo_seek(file, BOUNDARY - 7, SEEK_SET, NULL), 0);
    CHECK_EQ(edo_read(file, buf, 7), 7);
    CHECK_EQ(edo_position(file, &at), 0);
    CHECK(at == BOUNDARY);
    CHECK_EQ(edo_read(file, buf + 7, 5), 5);
    CHECK(memcmp(buf, "before-after", 12) == 0);
    CHECK_EQ(edo_write(file, "AFTER", 5), 5);
    CHECK_EQ(edo_file_read_at(file, buf, 5, BOUNDARY + 5), 5);
    CHECK(memcmp(buf, "AFTER", 5) == 0);
    CHECK_EQ(edo_seek(file, -1, SEEK_END, &at), 0);
    CHECK(at == 5 * GIB - 1);
    CHECK_EQ(edo_file_stat(&now, file), 0);
    CHECK(now.st_size == (off_t)(5 * GIB));
    make_tcp(&to, &s.from);
    edo_task *reader = edo_spawn(drain, &s);
    CHECK_EQ(edo_sendfile(to, file, BOUNDARY - 300000, 300005, (edo_str){ 0 }, &sent), 0);
    CHECK(sent == 300005);
    edo_close(to);
    CHECK_EQ(edo_task_join(reader), 0);
    CHECK(s.bytes == 300005);
    edo_close(s.from);
    edo_close(file);
    return 0;
}

/* Moves `amount()` bytes of the file over TCP. */
static void move_over_tcp(bool copies) {
    edo_stream *file = make_hole(), *to;
    sink s = { 0 };
    uint64_t n = amount(), moved = 0;
    CHECK_EQ(edo_file_set_len(file, n), 0);
    CHECK_EQ(edo_file_write_at(file, "the last end", 12, n - 12), 12);
    make_tcp(&to, &s.from);
    edo_task *reader = edo_spawn(drain, &s);
    int err = copies ? edo_copy(to, file, &moved)
                     : edo_sendfile(to, file, 0, UINT64_MAX, (edo_str){ 0 }, &moved);
    CHECK_EQ(err, 0);
    CHECK(moved == n);
    edo_close(to);
    CHECK_EQ(edo_task_join(reader), 0);
    CHECK(s.bytes == n);
    edo_close(s.from);
    edo_close(file);
}

static int over_tcp(void *arg) {
    (void)arg;
    move_over_tcp(false);
    move_over_tcp(true);
    return 0;
}

/* A stream that is written for so long keeps its place. */
static int into_a_file(void *arg) {
    (void)arg;
    edo_stream *file = make_hole(), *to;
    uint64_t n = amount(), moved = 0, at = 0;
    CHECK_EQ(edo_file_set_len(file, n), 0);
    CHECK_EQ(edo_fs_open(&to, "/dev/null", &(edo_fs_open_opts){ .write = true }), 0);
    CHECK_EQ(edo_copy(to, file, &moved), 0);
    CHECK(moved == n);
    CHECK_EQ(edo_position(to, &at), 0);
    CHECK(at == n);
    CHECK_EQ(edo_position(file, &at), 0);
    CHECK(at == n);
    edo_close(to);
    edo_close(file);
    return 0;
}

static void offsets_have_64_bits(void **state) {
    (void)state;
    assert_int_equal(inside_each(around_the_boundary, NULL), 0);
}

static void counts_have_64_bits(void **state) {
    (void)state;
    assert_int_equal(inside_with(over_tcp, NULL, &kinds[2]), 0);
    assert_int_equal(inside_with(into_a_file, NULL, &kinds[0]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(offsets_have_64_bits),
                                        cmocka_unit_test(counts_have_64_bits) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
