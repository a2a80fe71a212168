/* SPDX-License-Identifier: MIT */
/* Goal: bytes that are given to a pipe in memory come out in order with those that are written, in
 * pieces of any size, count as bytes of the pipe, and are freed whoever closes first.
 * Method: chains of copied and shared pieces, given and written in turn; the address sanitizer
 * finds what was not freed. Frames in both directions at once, on every kind of runtime. */
#include "io/give.h"

#include "inside.h"

#include <edo/codec.h>
#include <edo/edo.h>
#include <edo/streams.h>

#include <errno.h>
#include <string.h>

enum { PIPE_BYTES = 40000, LONG = 5000 };

static char byte_at(uint64_t i) {
    return (char)(i * 7 + i / 250);
}

/* A chain of `n` bytes, the pattern's from `*at` on: some copied, LONG of them shared. */
static edo_bytes_chain chain_of(uint64_t *at, size_t n) {
    static char bytes[PIPE_BYTES + 1];
    edo_bytes_chain c = { 0 };
    edo_bytes shared;
    for (size_t i = 0; i < n; i++) bytes[i] = byte_at(*at + i);
    *at += n;
    size_t before = n > LONG + 9 ? 9 : n;
    CHECK_EQ(edo_bytes_chain_append(&c, bytes, before), 0);
    if (n == before) return c;
    CHECK_EQ(edo_bytes_copy(&shared, bytes + before, LONG), 0);
    CHECK_EQ(edo_bytes_chain_push(&c, &shared), 0);
    CHECK_EQ(edo_bytes_chain_append(&c, bytes + before + LONG, n - before - LONG), 0);
    return c;
}

/* As poll_give() that does not wait; what was not taken is freed. */
static int give(edo_stream *s, uint64_t *at, size_t n) {
    const edoi_taking_ops *ops = (const edoi_taking_ops *)(const void *)s->ops;
    uint64_t from = *at;
    edo_bytes_chain c = chain_of(at, n);
    int result;
    CHECK(s->ops->flags & EDOI_STREAM_TAKES);
    CHECK_EQ(ops->poll_give(s, NULL, NULL, &c, &result), EDO_READY);
    CHECK_EQ((int64_t)c.len, result == 1 ? 0 : (int64_t)n);
    if (result != 1) *at = from;
    edo_bytes_chain_deinit(&c);
    return result;
}

static void write_some(edo_stream *s, uint64_t *at, size_t n) {
    edo_bytes_chain c = chain_of(at, n);
    struct iovec from[4];
    size_t vecs = edo_bytes_chain_vecs(&c, from, 4);
    int result;
    CHECK_EQ(s->ops->poll_write(s, NULL, NULL, from, vecs, &result), EDO_READY);
    CHECK_EQ(result, (int)n);
    edo_bytes_chain_deinit(&c);
}

/* Reads all that is there, by pieces of `most` bytes in two buffers. */
static void read_until(edo_stream *s, uint64_t *at, uint64_t until, size_t most) {
    static char buf[PIPE_BYTES + 1];
    while (*at < until) {
        struct iovec to[2] = { { .iov_base = buf, .iov_len = most / 2 },
                               { .iov_base = buf + most / 2, .iov_len = most - most / 2 } };
        int n, peeked;
        if (most / 2 == 0) to[0].iov_len = 1;
        CHECK_EQ(s->ops->poll_read(s, NULL, NULL, to, 2, EDO_IO_PEEK, &peeked), EDO_READY);
        CHECK_EQ(s->ops->poll_read(s, NULL, NULL, to, 2, 0, &n), EDO_READY);
        CHECK(n > 0 && n == peeked);
        for (int i = 0; i < n; i++) CHECK_EQ(buf[i], byte_at(*at + (uint64_t)i));
        *at += (uint64_t)n;
    }
}

static void bytes_come_in_order_by_any_pieces(void **state) {
    (void)state;
    static const size_t pieces[] = { 2, 3, 7, 8, 100, 4999, 5000, 9000, PIPE_BYTES };
    edo_stream *in, *out;
    uint64_t written = 0, got = 0;
    assert_int_equal(edo_simplex(&in, &out, PIPE_BYTES), 0);
    for (size_t i = 0; i < EDO_COUNT(pieces); i++) {
        assert_int_equal(give(out, &written, 6000), 1);
        assert_int_equal(give(out, &written, 5010), 1);
        write_some(out, &written, 3000);
        assert_int_equal(give(out, &written, 6000), 0); // behind what was written it is written
        write_some(out, &written, 6000);
        read_until(in, &got, written, pieces[i]);
        assert_int_equal(edo_try_read(in, &(char){ 0 }, 1), -EAGAIN);
    }
    edo_close(in);
    edo_close(out);
}

static void given_bytes_fill_the_pipe(void **state) {
    (void)state;
    edo_stream *in, *out;
    uint64_t written = 0, got = 0;
    assert_int_equal(edo_simplex(&in, &out, PIPE_BYTES), 0);
    assert_int_equal(give(out, &written, PIPE_BYTES + 1), 0); // it would never fit
    assert_int_equal(give(out, &written, PIPE_BYTES - 5000), 1);
    assert_int_equal(give(out, &written, 5001), -EAGAIN);
    assert_int_equal(give(out, &written, 5000), 1);
    assert_int_equal(edo_try_write(out, "x", 1), -EAGAIN);
    read_until(in, &got, PIPE_BYTES - 5000, PIPE_BYTES);
    write_some(out, &written, 4000);
    read_until(in, &got, written, 999);
    for (int i = 0; i < 4; i++) assert_int_equal(give(out, &written, 10), 1);
    assert_int_equal(give(out, &written, 10), -EAGAIN); // as many as it keeps
    read_until(in, &got, written, 999);
    edo_close(in);
    assert_int_equal(give(out, &written, 6000), 0); // a write tells why
    edo_close(out);
}

static void what_is_not_read_is_freed(void **state) {
    (void)state;
    for (int reader_first = 0; reader_first < 2; reader_first++) {
        edo_stream *in, *out;
        uint64_t written = 0, got = 0;
        assert_int_equal(edo_duplex(&in, &out, PIPE_BYTES), 0);
        assert_int_equal(give(out, &written, 6000), 1);
        assert_int_equal(give(out, &written, 6000), 1);
        read_until(in, &got, 100, 100);
        edo_close(reader_first ? in : out);
        if (!reader_first) read_until(in, &got, 6100, 100); // what was given before the close
        edo_close(reader_first ? out : in);
    }
}

/* ---- Frames ---------------------------------------------------------------------------------- */

typedef struct peer {
    edo_stream *stream;
    int frames;
} peer;

static int sends(void *arg) {
    peer *p = arg;
    edo_codec_length codec;
    edo_framed framed;
    CHECK_EQ(edo_codec_length_init(&codec, NULL), 0);
    CHECK_EQ(edo_framed_init(&framed, p->stream, &codec.base, NULL), 0);
    for (int i = 0; i < p->frames; i++) {
        static char text[20000];
        edo_bytes frame;
        size_t n = (size_t)(i * 613) % sizeof text;
        CHECK_EQ(edo_bytes_copy(&frame, text, n), 0);
        CHECK_EQ(i % 3 ? edo_framed_feed(&framed, &frame) : edo_framed_send(&framed, &frame), 0);
    }
    CHECK_EQ(edo_framed_flush(&framed), 0);
    edo_framed_deinit(&framed);
    return edo_shutdown(p->stream);
}

static int receives(void *arg) {
    peer *p = arg;
    edo_codec_length codec;
    edo_framed framed;
    edo_bytes frame;
    int n = 0;
    CHECK_EQ(edo_codec_length_init(&codec, NULL), 0);
    CHECK_EQ(edo_framed_init(&framed, p->stream, &codec.base, NULL), 0);
    while (edo_framed_recv(&framed, &frame) == 1) {
        CHECK_EQ((int64_t)frame.str.len, (int64_t)n * 613 % 20000);
        edo_bytes_unref(&frame);
        n++;
    }
    edo_framed_deinit(&framed);
    return n;
}

static int both_ways(void *arg) {
    (void)arg;
    peer a = { .frames = 300 }, b = { .frames = 300 };
    CHECK_EQ(edo_duplex(&a.stream, &b.stream, PIPE_BYTES), 0);
    edo_task *tasks[] = { edo_spawn(sends, &a), edo_spawn(receives, &a), edo_spawn(sends, &b),
                          edo_spawn(receives, &b) };
    for (size_t i = 0; i < EDO_COUNT(tasks); i++)
        CHECK_EQ(edo_task_join(tasks[i]), i % 2 ? 300 : 0);
    edo_close(a.stream);
    edo_close(b.stream);
    return 0;
}

static void frames_of_all_sizes_arrive(void **state) {
    (void)state;
    assert_int_equal(inside_each(both_ways, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_in_order_by_any_pieces),
        cmocka_unit_test(given_bytes_fill_the_pipe),
        cmocka_unit_test(what_is_not_read_is_freed),
        cmocka_unit_test(frames_of_all_sizes_arrive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
