/* SPDX-License-Identifier: MIT */
/* Goal: edo_sendfile() writes the head and the region, whatever the stream is, and says how much;
 * what is cut short writes nothing more.
 * Method: regions of a file to TCP, Unix, pipes and streams without a descriptor, small and large,
 * up to and beyond the end; a peer that closes; one that does not read; from files on a disk and in
 * memory; on every kind of runtime. */
#include "inside.h"
#include "tcp_pair.h"

#include <edo/edo.h>
#include <edo/file.h>
#include <edo/fs.h>
#include <edo/pipe.h>
#include <edo/streams.h>
#include <edo/unix.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { SIZE = 1000000 };

static unsigned char at(uint64_t i) {
    return (unsigned char)(i * 7 + i / 1000);
}

/* A file without a name; `at` says its bytes. */
static edo_stream *make_file(const char *folder) {
    char path[64];
    edo_stream *s;
    static unsigned char bytes[SIZE];
    for (uint64_t i = 0; i < SIZE; i++) bytes[i] = at(i);
    (void)snprintf(path, sizeof path, "%s/edo-sendfile-%d", folder, (int)getpid());
    const edo_fs_open_opts opts = { .read = true, .write = true, .create_new = true };
    CHECK_EQ(edo_fs_open(&s, path, &opts), 0);
    CHECK_EQ(edo_fs_remove_file(path), 0);
    CHECK_EQ(edo_write_all(s, bytes, SIZE), 0);
    return s;
}

/* ---- Peers ----------------------------------------------------------------------------------- */

/* Makes a stream to write to and one that reads from it. */
typedef void make_pair(edo_stream **to, edo_stream **from);

static void make_unix(edo_stream **to, edo_stream **from) {
    CHECK_EQ(edo_unix_pair(to, from), 0);
}

static void make_pipe(edo_stream **to, edo_stream **from) {
    CHECK_EQ(edo_pipe(from, to, NULL), 0);
}

static void make_duplex(edo_stream **to, edo_stream **from) {
    CHECK_EQ(edo_duplex(to, from, 5000), 0);
}

static make_pair *const pairs[] = { make_tcp, make_unix, make_pipe, make_duplex };

typedef struct want {
    edo_stream *from;
    const char *head;
    uint64_t offset, n;
} want;

/* Reads to the end, and checks that it is the head and the region. */
static int check_all(void *arg) {
    const want *w = arg;
    edo_bytes all;
    size_t head = strlen(w->head);
    int err = edo_read_all(&all, w->from, SIZE + 100);
    if (err < 0) return err;
    CHECK_EQ((int64_t)all.str.len, (int64_t)(head + w->n));
    CHECK(head == 0 || memcmp(all.str.ptr, w->head, head) == 0);
    for (uint64_t i = 0; i < w->n; i++)
        if ((unsigned char)all.str.ptr[head + i] != at(w->offset + i)) return (int)i + 1;
    edo_bytes_unref(&all);
    return 0;
}

/* Sends a region and checks what arrives; `there` is how much of it the file has. */
static void send_region(make_pair *make, edo_stream *file, const char *head, uint64_t offset,
                        uint64_t n, uint64_t there) {
    edo_stream *to;
    want w = { .head = head, .offset = offset, .n = there };
    uint64_t bytes = 99;
    make(&to, &w.from);
    edo_task *reader = edo_spawn(check_all, &w);
    int err = edo_sendfile(to, file, offset, n, edo_str_of(head), &bytes);
    CHECK_EQ(err, n == there || n == UINT64_MAX ? 0 : -EDO_EEOF);
    CHECK_EQ((int64_t)bytes, (int64_t)there);
    edo_close(to);
    CHECK_EQ(edo_task_join(reader), 0);
    edo_close(w.from);
}

static int regions(void *arg) {
    edo_stream *file = make_file(arg);
    uint64_t place = 0;
    for (size_t i = 0; i < EDO_COUNT(pairs); i++) {
        send_region(pairs[i], file, "", 0, 0, 0);
        send_region(pairs[i], file, "only a head", 0, 0, 0);
        send_region(pairs[i], file, "head", 0, 1, 1);
        send_region(pairs[i], file, "head", 12345, 65536, 65536);
        send_region(pairs[i], file, "head", 1, SIZE - 2, SIZE - 2);
        send_region(pairs[i], file, "", 17, UINT64_MAX, SIZE - 17);
        send_region(pairs[i], file, "head", SIZE - 100000, 200000, 100000);
        send_region(pairs[i], file, "head", SIZE, UINT64_MAX, 0);
        send_region(pairs[i], file, "head", SIZE + 5, 1, 0);
    }
    CHECK_EQ(edo_position(file, &place), 0);
    CHECK_EQ((int64_t)place, SIZE); // where the writes left it
    edo_close(file);
    return 0;
}

/* ---- Failures -------------------------------------------------------------------------------- */

static int refused(void *arg) {
    edo_stream *file = make_file(arg), *to, *from;
    make_tcp(&to, &from);
    CHECK_EQ(edo_sendfile(to, from, 0, 1, (edo_str){ 0 }, NULL), -ENOTSUP);
    CHECK_EQ(edo_sendfile(to, file, UINT64_MAX, 1, (edo_str){ 0 }, NULL), -EINVAL);
    edo_stream *mine = edo_stream_ref(file);
    edo_close(file);
    CHECK_EQ(edo_sendfile(to, mine, 0, 1, EDO_STR("head"), NULL), -EDO_ECLOSED);
    CHECK_EQ(edo_try_read(from, &(char){ 0 }, 1), -EAGAIN); // not even the head
    edo_stream_unref(mine);
    edo_close(to);
    edo_close(from);
    return 0;
}

typedef struct sender {
    edo_stream *to, *file;
    uint64_t bytes; // of the last call
} sender;

/* Sends until it fails: a socket may take all of the file. */
static int send_all(void *arg) {
    sender *s = arg;
    int err;
    do err = edo_sendfile(s->to, s->file, 0, SIZE, (edo_str){ 0 }, &s->bytes);
    while (err == 0);
    return err;
}

/* Reads what has arrived, and goes on until the peer has ended. */
static uint64_t drain(edo_stream *from) {
    static char bytes[65536];
    uint64_t sum = 0;
    int n;
    while ((n = edo_read(from, bytes, sizeof bytes)) > 0) sum += (uint64_t)n;
    return sum;
}

/* A pipe is full soon: the sender waits, is cancelled, and has sent what it says. */
static int cancelled(void *arg) {
    sender s = { .file = make_file(arg) };
    edo_stream *from;
    make_pipe(&s.to, &from);
    edo_blocking_stats before, after;
    edo_blocking_get_stats(edo_runtime_current(), &before);
    edo_task *t = edo_spawn(send_all, &s);
    CHECK_EQ(edo_io_ready(from, EDO_IO_READ), 0);
    for (int i = 0; i < 1000; i++) CHECK_EQ(edo_yield(), 0);
    edo_blocking_get_stats(edo_runtime_current(), &after);
    CHECK(after.started - before.started < 10); // it waits for room, and tries not again and again
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    edo_close(s.to);
    CHECK_EQ((int64_t)drain(from), (int64_t)s.bytes);
    CHECK(s.bytes < SIZE);
    edo_close(from);
    edo_close(s.file);
    return 0;
}

/* The reader goes away; no signal is raised. */
static int peer_closes(void *arg) {
    for (size_t i = 0; i < EDO_COUNT(pairs); i++) {
        sender s = { .file = make_file(arg) };
        edo_stream *from;
        char some[100];
        pairs[i](&s.to, &from);
        edo_task *t = edo_spawn(send_all, &s);
        CHECK_EQ(edo_read_exact(from, some, sizeof some), 0);
        edo_close(from);
        int err = edo_task_join(t);
        if (err != -ECONNRESET) CHECK_EQ(err, -EPIPE);
        CHECK(s.bytes < SIZE);
        edo_close(s.to);
        edo_close(s.file);
    }
    return 0;
}

/* The sender's own end is closed under it. */
static int closed_here(void *arg) {
    sender s = { .file = make_file(arg) };
    edo_stream *from;
    make_tcp(&s.to, &from);
    edo_stream *mine = edo_stream_ref(s.to);
    edo_task *t = edo_spawn(send_all, &s);
    CHECK_EQ(edo_io_ready(from, EDO_IO_READ), 0);
    for (int i = 0; i < 20; i++) CHECK_EQ(edo_yield(), 0);
    edo_close(mine);
    CHECK_EQ(edo_task_join(t), -EDO_ECLOSED);
    edo_stream_unref(s.to);
    edo_close(from);
    edo_close(s.file);
    return 0;
}

/* edo_copy() of a file writes all of it, from its place on. */
static int copied(void *arg) {
    for (size_t i = 0; i < EDO_COUNT(pairs); i++) {
        edo_stream *file = make_file(arg), *to;
        want w = { .head = "", .offset = 100, .n = SIZE - 100 };
        uint64_t bytes = 0;
        pairs[i](&to, &w.from);
        edo_task *reader = edo_spawn(check_all, &w);
        CHECK_EQ(edo_seek(file, 100, SEEK_SET, NULL), 0);
        CHECK_EQ(edo_copy(to, file, &bytes), 0);
        CHECK_EQ((int64_t)bytes, SIZE - 100);
        edo_close(to);
        CHECK_EQ(edo_task_join(reader), 0);
        edo_close(w.from);
        edo_close(file);
    }
    return 0;
}

static void run(edo_task_fn *body) {
    static char disk[] = "/tmp", memory[] = "/dev/shm";
    assert_int_equal(inside_each(body, disk), 0);
    assert_int_equal(inside_each(body, memory), 0);
}

static void regions_arrive(void **state) {
    (void)state;
    run(regions);
    run(copied);
}

static void failures_come_back(void **state) {
    (void)state;
    run(refused);
    run(peer_closes);
    run(closed_here);
}

static void a_cancelled_sender_has_sent_what_it_says(void **state) {
    (void)state;
    run(cancelled);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_arrive),
        cmocka_unit_test(failures_come_back),
        cmocka_unit_test(a_cancelled_sender_has_sent_what_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
