/* SPDX-License-Identifier: MIT */
/* Goal: receiving, sending, feeding and flushing of frames keep the rules of all leaves, and no
 * frame is lost or doubled when memory runs out at any allocation.
 * Method: the generic leaf tests, and a conversation in which the k-th allocation fails, k = 1, 2,
 * …; over pipes in memory, so that no runtime drives anything. */
#include <edo/codec.h>
#include <edo/streams.h>

#include "leaf.h"

#include <string.h>

typedef struct env {
    edo_stream *near_end, *far_end;
    edo_codec_netstring codec;
    edo_framed framed;
    edo_bytes frame;
    char buf[16];
    union {
        edo_framed_recv_future recv;
        edo_framed_send_future send;
    } f;
} env;

static void cleanup(void *arg) {
    env *e = (env *)arg;
    edo_framed_deinit(&e->framed);
    edo_bytes_unref(&e->frame);
    edo_close(e->near_end);
    edo_close(e->far_end);
}

/* The pipe takes eight bytes, and nothing is fed to a framed that holds one. */
static int make_framed(env *e) {
    int err = edo_duplex(&e->near_end, &e->far_end, 8);
    if (err < 0) return err;
    edo_codec_netstring_init(&e->codec, 0);
    return edo_framed_init(&e->framed, e->near_end, &e->codec.base,
                           &(edo_framed_opts){ .boundary = 1 });
}

/* ---- Leaves ---------------------------------------------------------------------------------- */

static int recv_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = make_framed(e);
    if (err == 0) *f = edo_framed_recv_init(&e->f.recv, &e->framed, &e->frame);
    return err;
}

static void say_yes(void *arg) {
    assert_int_equal(edo_try_write(((env *)arg)->far_end, "3:yes,", 6), 6);
}

static void unsay_yes(void *arg) {
    env *e = (env *)arg;
    assert_true(edo_str_equal(e->frame.str, EDO_STR("yes")));
    edo_bytes_unref(&e->frame);
    say_yes(e);
}

static void yes_is_there(void *arg) {
    env *e = (env *)arg;
    assert_int_equal(edo_framed_try_recv(&e->framed, &e->frame), 1);
    assert_true(edo_str_equal(e->frame.str, EDO_STR("yes")));
    assert_int_equal(edo_framed_try_recv(&e->framed, &e->frame), -EAGAIN);
}

/* Full: "12345678" lies in the pipe, and "2:ab," waits in the buffer. */
static int full_make(env *e) {
    int err = make_framed(e);
    if (err < 0) return err;
    assert_int_equal(edo_try_write(e->near_end, "12345678", 8), 8);
    err = edo_bytes_chain_append(&e->framed.out, "2:ab,", 5);
    if (err < 0) cleanup(e);
    e->frame = edo_bytes_from_static(EDO_STR("cd"));
    return err;
}

static int feed_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = full_make(e);
    if (err == 0) *f = edo_framed_feed_init(&e->f.send, &e->framed, &e->frame);
    return err;
}

static int flush_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = full_make(e);
    if (err == 0) *f = edo_framed_flush_init(&e->f.send, &e->framed);
    return err;
}

static void take_all(void *arg) {
    env *e = (env *)arg;
    assert_int_equal(edo_try_read(e->far_end, e->buf, 8), 8);
    assert_memory_equal(e->buf, "12345678", 8);
}

/* Empties the pipe: what was fed before came whole, and then the frame, if it was taken. */
static void nothing_is_torn(void *arg) {
    env *e = (env *)arg;
    char all[16];
    size_t n = 0;
    int got = 0;
    for (int i = 0; i < 4; i++) {
        edo_framed_flush_future flush;
        bool is_over = edo_poll_once(edo_framed_flush_init(&flush, &e->framed)) == EDO_READY;
        got = edo_try_read(e->far_end, all + n, sizeof all - n);
        if (got > 0) n += (size_t)got;
        if (!is_over) edo_drop(&flush.base);
    }
    const char *want = e->frame.str.ptr ? "2:ab," : "2:ab,2:cd,";
    assert_int_equal(n, strlen(want));
    assert_memory_equal(all, want, n);
}

/* Nothing is in the buffer: in so small a pipe a send would otherwise wait twice. */
static int send_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = make_framed(e);
    if (err < 0) return err;
    assert_int_equal(edo_try_write(e->near_end, "12345678", 8), 8);
    e->frame = edo_bytes_from_static(EDO_STR("cd"));
    *f = edo_framed_send_init(&e->f.send, &e->framed, &e->frame);
    return 0;
}

static void frame_is_whole(void *arg) {
    env *e = (env *)arg;
    edo_framed_flush_future flush;
    assert_int_equal(edo_poll_once(edo_framed_flush_init(&flush, &e->framed)), EDO_READY);
    int n = edo_try_read(e->far_end, e->buf, sizeof e->buf);
    assert_int_equal(n, e->frame.str.ptr ? -EAGAIN : 5);
    if (n > 0) assert_memory_equal(e->buf, "2:cd,", 5);
}

static void every_leaf_keeps_the_rules(void **state) {
    (void)state;
    const leaf leaves[] = {
        { .name = "edo_framed_recv",
          .make = recv_make,
          .poke = say_yes,
          .undo = unsay_yes,
          .intact = yes_is_there,
          .result = 1 },
        { .name = "edo_framed_send",
          .make = send_make,
          .poke = take_all,
          .intact = frame_is_whole },
        { .name = "edo_framed_feed",
          .make = feed_make,
          .poke = take_all,
          .intact = nothing_is_torn },
        { .name = "edo_framed_flush",
          .make = flush_make,
          .poke = take_all,
          .intact = nothing_is_torn },
    };
    for (size_t i = 0; i < EDO_COUNT(leaves); i++) {
        leaf l = leaves[i];
        l.env_bytes = sizeof(env);
        l.cleanup = cleanup;
        leaf_run(&l);
    }
}

/* ---- Without memory -------------------------------------------------------------------------- */

#define LARGE 20000u

static char large[LARGE];

static const edo_str frames[] = { { "short", 5 }, { large, LARGE }, { "", 0 }, { "end", 3 } };

/* SLIP has no empty frames. */
static bool is_frame(const edo_framed *fr, size_t i) {
    return frames[i].len > 0 || strcmp(fr->codec->ops->name, "edo_codec_slip") != 0;
}

/* Feeds all frames; a failure leaves the frame here, and is tried again. */
static uint32_t feed_all(edo_framed *to) {
    uint32_t failures = 0;
    for (size_t i = 0; i < EDO_COUNT(frames); i++) {
        if (!is_frame(to, i)) continue;
        edo_bytes frame = edo_bytes_from_static(frames[i]);
        for (;;) {
            edo_framed_feed_future feed;
            assert_int_equal(edo_poll_once(edo_framed_feed_init(&feed, to, &frame)), EDO_READY);
            if (edo_result(&feed) == 0) break;
            assert_int_equal(edo_result(&feed), -ENOMEM);
            assert_ptr_equal(frame.str.ptr, frames[i].ptr);
            failures++;
        }
        assert_null(frame.str.ptr);
    }
    return failures;
}

static uint32_t receive_all(edo_framed *from) {
    uint32_t failures = 0;
    edo_bytes frame;
    for (size_t i = 0; i < EDO_COUNT(frames);) {
        if (!is_frame(from, i)) {
            i++;
            continue;
        }
        int got = edo_framed_try_recv(from, &frame);
        if (got == -ENOMEM) {
            failures++;
            continue;
        }
        assert_int_equal(got, 1);
        assert_true(edo_str_equal(frame.str, frames[i]));
        edo_bytes_unref(&frame);
        i++;
    }
    assert_int_equal(edo_framed_try_recv(from, &frame), 0);
    return failures;
}

/* All frames through a pipe, both ends with `codec`. */
static uint32_t converse(edo_codec *codec, uint64_t fail_at) {
    edo_stream *reader, *writer;
    edo_framed from, to;
    assert_int_equal(edo_simplex(&reader, &writer, LARGE * 2), 0);
    assert_int_equal(edo_framed_init(&from, reader, codec, NULL), 0);
    assert_int_equal(
        edo_framed_init(&to, writer, codec, &(edo_framed_opts){ .boundary = 1u << 20 }), 0);
    edoi_alloc_fail_at(fail_at);
    uint32_t failures = feed_all(&to);
    edo_framed_flush_future flush;
    assert_int_equal(edo_poll_once(edo_framed_flush_init(&flush, &to)), EDO_READY);
    assert_int_equal(edo_result(&flush), 0);
    assert_int_equal(to.out.len, 0);
    edo_close(writer);
    failures += receive_all(&from);
    edoi_alloc_fail_at(0);
    assert_null(from.in.owner); // it has ended, and holds nothing
    edo_framed_deinit(&from);
    edo_framed_deinit(&to);
    edo_close(reader);
    return failures;
}

static void no_frame_is_lost_without_memory(void **state) {
    (void)state;
    edo_codec_length length;
    edo_codec_varint varint;
    edo_codec_netstring netstring;
    edo_codec_cobs cobs;
    edo_codec_slip slip;
    assert_int_equal(edo_codec_length_init(&length, NULL), 0);
    edo_codec_varint_init(&varint, 0);
    edo_codec_netstring_init(&netstring, 0);
    edo_codec_cobs_init(&cobs, 0);
    edo_codec_slip_init(&slip, 0);
    edo_codec_lines lines;
    edo_codec_delim delim;
    assert_int_equal(edo_codec_lines_init(&lines, NULL), 0);
    assert_int_equal(edo_codec_delim_init(&delim, NULL), 0);
    edo_codec *codecs[] = { &length.base, &varint.base, &netstring.base, &cobs.base,
                            &lines.base,  &delim.base,  &slip.base };
    for (size_t i = 0; i < EDO_COUNT(codecs); i++) {
        uint32_t total = 0;
        uint64_t k = 1;
        for (uint32_t failures = 1; failures > 0; k++) total += failures = converse(codecs[i], k);
        assert_in_range(total, 3, 100);
    }
}

/* A stream that always has room. */
static void flush_of_many_pieces_takes_its_budget(void **state) {
    (void)state;
    edo_stream *sink;
    edo_codec_netstring codec;
    edo_framed framed;
    edo_framed_send_future f;
    hand_waker w = HAND_WAKER;
    edo_bytes shared;
    assert_int_equal(edo_stream_sink(&sink), 0);
    edo_codec_netstring_init(&codec, 0);
    assert_int_equal(
        edo_framed_init(&framed, sink, &codec.base, &(edo_framed_opts){ .boundary = SIZE_MAX }), 0);
    assert_int_equal(edo_bytes_copy(&shared, large, sizeof large), 0);
    for (int i = 0; i < 200; i++) { // of which one write takes eight
        edo_bytes frame = edo_bytes_ref(&shared);
        assert_int_equal(edo_framed_feed(&framed, &frame), 0);
    }
    edo_future *flush = edo_framed_flush_init(&f, &framed);
    int polls = 1;
    for (edo_cx cx = hand_cx(&w, 5); edo_poll(flush, &cx) == EDO_PENDING; polls++) {
        assert_int_equal(cx.budget, 0);
        assert_int_equal(hand_woken(&w), 1);
        hand_reset(&w);
        cx = hand_cx(&w, 5);
    }
    assert_int_equal(edo_result(&f), 0);
    assert_int_equal(polls, 6); // 26 writes
    edo_framed_deinit(&framed);
    edo_bytes_unref(&shared);
    edo_close(sink);
}

static int fill_large(void **state) {
    (void)state;
    memset(large, 'x', sizeof large);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_leaf_keeps_the_rules),
        cmocka_unit_test(no_frame_is_lost_without_memory),
        cmocka_unit_test(flush_of_many_pieces_takes_its_budget),
    };
    return cmocka_run_group_tests(tests, fill_large, NULL);
}
