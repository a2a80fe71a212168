/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo_framed: what is sent arrives; nothing is lost by a cancelled operation,
 * a release or another codec; what is copied, when it writes, and what it holds.
 * Method: pipes in memory, small ones where a wait is wanted; scripted streams where each read and
 * write counts. */
#include "codec_support.h"

#include <edo/streams.h>

/* ---- There and back -------------------------------------------------------------------------- */

static const struct {
    const char *name;
    make_codec_fn *make;
    bool any_byte; /* frames may have the codec's own bytes in them */
} codecs[] = {
    { "lines", make_lines, false },  { "delim", make_delim, false },
    { "length", make_length, true }, { "varint", make_varint, true },
    { "cobs", make_cobs, true },     { "netstring", make_netstring, true },
    { "slip", make_slip, true },
};

static const size_t sizes[] = { 0,    1,    127,  128,  253,  254,   255,   256, 508,
                                1023, 1024, 1025, 8191, 8192, 20000, 70000, 3 };

#define FRAME_MAX 70000u

static char content[FRAME_MAX];

static edo_str content_of(size_t i) {
    return (edo_str){ .ptr = content + FRAME_MAX - sizes[i], .len = sizes[i] };
}

static void fill_content(bool any_byte) {
    for (size_t i = 0; i < FRAME_MAX; i++)
        content[i] = any_byte ? (char)(i % 300 < 260 ? i % 251 : 0) : (char)('a' + i % 26);
}

/* One end of a conversation. */
typedef struct talker {
    any_codec codec;
    edo_framed framed;
    edo_stream *stream;
    size_t first; /* of `sizes`: 1 for a codec without empty frames */
} talker;

static void talker_open(talker *t, edo_stream *s, make_codec_fn *make) {
    t->stream = s;
    t->first = make == make_slip;
    make(&t->codec, NULL);
    CHECK_EQ(edo_framed_init(&t->framed, s, &t->codec.base, NULL), 0);
}

static void talker_close(talker *t) {
    edo_framed_deinit(&t->framed);
    edo_close(t->stream);
}

static int sends_all(void *arg) {
    talker *t = arg;
    int err = 0;
    for (size_t i = t->first; i < EDO_COUNT(sizes) && err == 0; i++) {
        edo_bytes frame = edo_bytes_from_static(content_of(i));
        err =
            i % 3 == 0 ? edo_framed_send(&t->framed, &frame) : edo_framed_feed(&t->framed, &frame);
        CHECK(frame.str.ptr == NULL);
    }
    if (err == 0) err = edo_framed_flush(&t->framed);
    talker_close(t);
    return err;
}

static int receives_all(void *arg) {
    make_codec_fn *make = *(make_codec_fn **)arg;
    talker from, to;
    edo_stream *reader, *writer;
    edo_bytes frame;
    CHECK_EQ(edo_simplex(&reader, &writer, 1000), 0);
    talker_open(&from, reader, make);
    talker_open(&to, writer, make);
    edo_task *sender = edo_spawn(sends_all, &to);
    for (size_t i = from.first; i < EDO_COUNT(sizes); i++) {
        CHECK_EQ(edo_framed_recv(&from.framed, &frame), 1);
        CHECK(edo_str_equal(frame.str, content_of(i)));
        edo_bytes_unref(&frame);
    }
    CHECK_EQ(edo_framed_recv(&from.framed, &frame), 0);
    talker_close(&from);
    return edo_task_join(sender);
}

static void what_is_sent_arrives(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(codecs); i++) {
        make_codec_fn *make = codecs[i].make;
        fill_content(codecs[i].any_byte);
        assert_int_equal(inside_each(receives_all, &make), 0);
    }
}

/* ---- Copies and memory ----------------------------------------------------------------------- */

static void frames_are_slices_of_one_buffer(void **state) {
    (void)state;
    static const char input[] = "\0\0\0\1a\0\0\0\2bc";
    edo_stream *s;
    talker t;
    edo_bytes a, bc, none;
    assert_int_equal(edo_stream_mem(&s, input, sizeof input - 1), 0);
    talker_open(&t, s, make_length);
    assert_int_equal(edo_framed_try_recv(&t.framed, &a), 1);
    assert_int_equal(edo_framed_try_recv(&t.framed, &bc), 1);
    assert_ptr_equal(bc.str.ptr, a.str.ptr + 5);
    assert_int_equal(edo_framed_try_recv(&t.framed, &none), 0);
    talker_close(&t); // the frames outlive it
    assert_true(edo_str_equal(a.str, EDO_STR("a")));
    assert_true(edo_str_equal(bc.str, EDO_STR("bc")));
    edo_bytes_unref(&a);
    edo_bytes_unref(&bc);
}

static int feeds_large(void *arg) {
    (void)arg;
    edo_stream *a, *b;
    talker t;
    struct iovec vecs[3];
    edo_bytes frame = edo_bytes_from_static((edo_str){ content, 2000 });
    CHECK_EQ(edo_duplex(&a, &b, 16), 0);
    talker_open(&t, a, make_length);
    CHECK_EQ(edo_framed_feed(&t.framed, &frame), 0);
    CHECK_EQ(edo_bytes_chain_vecs(&t.framed.out, vecs, 3), 2);
    CHECK_EQ(vecs[0].iov_len, 4);
    CHECK(vecs[1].iov_base == content);
    talker_close(&t);
    edo_close(b);
    return 0;
}

static void large_frames_are_written_from_where_they_lie(void **state) {
    (void)state;
    assert_int_equal(inside(feeds_large, NULL), 0);
}

static void an_idle_one_holds_no_buffer(void **state) {
    (void)state;
    edo_stream *a, *b;
    talker t;
    edo_bytes frame;
    assert_int_equal(edo_duplex(&a, &b, 64), 0);
    talker_open(&t, a, make_lines);
    assert_int_equal(edo_framed_try_recv(&t.framed, &frame), -EAGAIN);
    assert_null(t.framed.in.owner);
    assert_int_equal(edo_try_write(b, "one\ntw", 6), 6);
    assert_int_equal(edo_framed_try_recv(&t.framed, &frame), 1);
    edo_bytes_unref(&frame);
    assert_int_equal(edo_framed_try_recv(&t.framed, &frame), -EAGAIN);
    assert_non_null(t.framed.in.owner); // a part of a line
    assert_int_equal(edo_try_write(b, "o\n", 2), 2);
    assert_int_equal(edo_framed_try_recv(&t.framed, &frame), 1);
    assert_int_equal(edo_framed_try_recv(&t.framed, &(edo_bytes){ 0 }), -EAGAIN);
    assert_null(t.framed.in.owner);
    assert_true(edo_str_equal(frame.str, EDO_STR("two")));
    edo_test_task send;
    edo_framed_send_future f;
    edo_test_task_init(&send, edo_framed_send_init(&f, &t.framed, &frame));
    EDO_TEST_READY(&send, 0);
    assert_null(t.framed.out.buf);
    talker_close(&t);
    edo_close(b);
}

/* A head that announces much costs little, and nothing if it is beyond the limit. */
static void announced_lengths_cost_no_memory(void **state) {
    (void)state;
    static const char head[] = "\0\x7f\xff\xff", beyond[] = "\0\x80\0\1";
    edo_stream *a, *b;
    talker t;
    edo_bytes frame;
    assert_int_equal(edo_duplex(&a, &b, 64), 0);
    talker_open(&t, a, make_length);
    assert_int_equal(edo_try_write(b, head, 4), 4);
    assert_int_equal(edo_framed_try_recv(&t.framed, &frame), -EAGAIN);
    assert_in_range(t.framed.in.cap, 4, 66000);
    talker_close(&t);
    edo_close(b);
    assert_int_equal(edo_duplex(&a, &b, 64), 0);
    talker_open(&t, a, make_length);
    assert_int_equal(edo_try_write(b, beyond, 4), 4);
    assert_int_equal(edo_framed_try_recv(&t.framed, &frame), -EDO_ETOOLONG);
    assert_in_range(t.framed.in.cap, 4, 512);
    t.codec.length.max = 0x800001; // may be changed
    assert_int_equal(edo_framed_try_recv(&t.framed, &frame), 0);
    assert_int_equal(edo_framed_try_recv(&t.framed, &frame), -EAGAIN);
    talker_close(&t);
    edo_close(b);
}

/* ---- When it writes -------------------------------------------------------------------------- */

static int feeds_over_boundary(void *arg) {
    (void)arg;
    edo_test_script *peer;
    edo_stream *s;
    any_codec codec;
    edo_framed framed;
    CHECK_EQ(edo_test_script_new(&peer, &s, "peer"), 0);
    make_lines(&codec, NULL);
    CHECK_EQ(edo_framed_init(&framed, s, &codec.base, &(edo_framed_opts){ .boundary = 8 }), 0);
    edo_bytes four = edo_bytes_from_static(EDO_STR("four")), frame = four;
    CHECK_EQ(edo_framed_feed(&framed, &frame), 0);
    frame = four;
    CHECK_EQ(edo_framed_feed(&framed, &frame), 0);
    CHECK_EQ(framed.out.len, 10); // at the boundary, but nothing was written
    edo_test_script_error(peer, EDO_IO_WRITE, -ECONNRESET);
    edo_test_script_write(peer, EDO_TEST_TEXT("four\nfour\n")); // before the third is taken
    frame = four;
    CHECK_EQ(edo_framed_feed(&framed, &frame), -ECONNRESET);
    CHECK(frame.str.ptr == four.str.ptr); // not taken
    CHECK_EQ(edo_framed_feed(&framed, &frame), 0);
    CHECK_EQ(framed.out.len, 5);
    edo_test_script_write(peer, EDO_TEST_TEXT("four\nend\n")); // one write
    frame = edo_bytes_from_static(EDO_STR("end"));
    CHECK_EQ(edo_framed_send(&framed, &frame), 0);
    CHECK_EQ(edo_framed_flush(&framed), 0); // nothing is left
    edo_test_script_read(peer, EDO_TEST_TEXT("par"));
    edo_test_script_error(peer, EDO_IO_READ, -ECONNRESET);
    edo_test_script_close(peer);
    CHECK_EQ(edo_framed_recv(&framed, &frame), -ECONNRESET);
    CHECK_EQ(framed.in.len, 3);
    edo_framed_deinit(&framed);
    edo_close(s);
    return 0;
}

static void fed_frames_are_written_together(void **state) {
    (void)state;
    assert_int_equal(inside(feeds_over_boundary, NULL), 0);
}

/* ---- Cut short ------------------------------------------------------------------------------- */

/* Sends three frames through a pipe of five bytes; each future is dropped at its k-th pending poll.
 * Returns how often one was dropped. */
static uint32_t send_with_drops(uint32_t k) {
    static const char want[] = "\0\0\0\6sixsix\0\0\0\6sixsix\0\0\0\6sixsix";
    char have[64];
    size_t n = 0;
    uint32_t drops = 0;
    edo_stream *a, *b;
    talker t;
    assert_int_equal(edo_duplex(&a, &b, 5), 0);
    talker_open(&t, a, make_length);
    t.framed.boundary = 12;
    for (int i = 0; i < 4; i++) {
        edo_bytes frame = edo_bytes_from_static(EDO_STR("sixsix"));
        bool is_over = false;
        while (!is_over) {
            edo_framed_send_future f;
            edo_test_task task;
            bool sends = i < 3 && frame.str.ptr;
            edo_test_task_init(&task, sends ? edo_framed_send_init(&f, &t.framed, &frame)
                                            : edo_framed_flush_init(&f, &t.framed));
            for (uint32_t polls = 0; polls < k && !is_over; polls++) {
                is_over = edo_test_task_poll(&task) == EDO_READY;
                int got = edo_try_read(b, have + n, 3);
                if (got > 0) n += (size_t)got;
            }
            if (is_over) break;
            assert_int_equal(f.taken, sends && frame.str.ptr == NULL);
            edo_drop(&f.base);
            drops++;
            if (i < 3 && frame.str.ptr == NULL) break; // it was taken: on to the next frame
        }
    }
    for (int got; (got = edo_try_read(b, have + n, sizeof have - n)) > 0;) n += (size_t)got;
    assert_int_equal(n, sizeof want - 1);
    assert_memory_equal(have, want, n);
    talker_close(&t);
    edo_close(b);
    return drops;
}

static void a_cancelled_send_tears_no_frame(void **state) {
    (void)state;
    uint32_t k = 1;
    while (send_with_drops(k) > 0) k++;
    assert_in_range(k, 3, 20);
}

/* ---- Other codecs, other hands --------------------------------------------------------------- */

static void a_release_loses_nothing(void **state) {
    (void)state;
    edo_stream *a, *b;
    talker t;
    any_codec lengths;
    edo_bytes frame;
    assert_int_equal(edo_duplex(&a, &b, 64), 0);
    talker_open(&t, a, make_lines);
    assert_int_equal(edo_try_write(b, "UPGRADE\n\0\0\0\2ok", 14), 14);
    assert_int_equal(edo_framed_try_recv(&t.framed, &frame), 1);
    edo_bytes_unref(&frame);
    assert_int_equal(edo_bytes_chain_append(&t.framed.out, "unsent", 6), 0);
    edo_framed_parts parts = edo_framed_release(&t.framed);
    assert_ptr_equal(parts.stream, a);
    assert_ptr_equal(parts.codec, &t.codec.base);
    assert_int_equal(parts.in.len, 6);
    assert_int_equal(parts.out.len, 6);
    make_length(&lengths, NULL);
    assert_int_equal(edo_framed_init(&t.framed, parts.stream, &lengths.base, NULL), 0);
    t.framed.in = parts.in; // goes on with another codec
    assert_int_equal(edo_framed_try_recv(&t.framed, &frame), 1);
    assert_true(edo_str_equal(frame.str, EDO_STR("ok")));
    edo_bytes_unref(&frame);
    edo_bytes_chain_deinit(&parts.out);
    talker_close(&t);
    edo_close(b);
}

static void another_codec_goes_on_with_what_is_held(void **state) {
    (void)state;
    static const char input[] = "5\nhello and more\n";
    edo_stream *s;
    talker t;
    edo_bytes frame;
    edo_codec_bytes bytes;
    assert_int_equal(edo_stream_mem(&s, input, sizeof input - 1), 0);
    talker_open(&t, s, make_lines);
    assert_int_equal(edo_framed_try_recv(&t.framed, &frame), 1);
    edo_bytes_unref(&frame);
    edo_codec_bytes_init(&bytes);
    t.framed.codec = &bytes.base;
    assert_int_equal(edo_framed_try_recv(&t.framed, &frame), 1);
    assert_true(edo_str_equal(frame.str, EDO_STR("hello and more\n")));
    edo_bytes_unref(&frame);
    talker_close(&t);
}

/* ---- A codec of one's own -------------------------------------------------------------------- */

typedef struct odd {
    edo_codec base;
    int result;
} odd;

/* Digits are frames; 'x' is refused and taken, 'y' refused. */
static int odd_decode(edo_codec *self, edo_buf *in, void *frame) {
    (void)self;
    char byte = in->ptr[0];
    if (byte == 'y') return -EPROTO;
    edo_buf_advance(in, 1);
    *(int *)frame = byte - '0';
    return byte == 'x' ? -EILSEQ : 1;
}

/* One frame more at the end. */
static int odd_decode_eof(edo_codec *self, edo_buf *in, void *frame) {
    if (in->len > 0) return odd_decode(self, in, frame);
    int *left = &((odd *)(void *)self)->result;
    *(int *)frame = 100;
    return (*left)-- > 0;
}

static int odd_encode(edo_codec *self, void *frame, edo_bytes_chain *out) {
    int err = edo_bytes_chain_append(out, frame, sizeof(int));
    return err < 0 ? err : ((odd *)(void *)self)->result;
}

static const edo_codec_ops odd_ops = { .name = "odd",
                                       .frame_size = sizeof(int),
                                       .decode = odd_decode,
                                       .decode_eof = odd_decode_eof,
                                       .encode = odd_encode };

static int receives_bad_input(void *arg) {
    static const int want[] = { 1, 1, -EILSEQ, 1, -EPROTO, 0, -EPROTO, 0 };
    (void)arg;
    edo_stream *s;
    edo_framed framed;
    odd codec = { { &odd_ops }, 1 };
    int frame;
    CHECK_EQ(edo_stream_mem(&s, "12x3y", 5), 0);
    CHECK_EQ(edo_framed_init(&framed, s, &codec.base, NULL), 0);
    for (size_t i = 0; i < EDO_COUNT(want); i++)
        CHECK_EQ(edo_framed_recv(&framed, &frame), want[i]);
    edo_buf_advance(&framed.in, 1); // the bad byte
    CHECK_EQ(edo_framed_recv(&framed, &frame), 1);
    CHECK_EQ(frame, 100);
    CHECK_EQ(edo_framed_recv(&framed, &frame), 0);
    CHECK_EQ(edo_framed_recv(&framed, &frame), 0); // reads again, and finds the end
    edo_framed_deinit(&framed);
    edo_close(s);
    return 0;
}

static void bad_input_ends_the_frames_once_unless_it_was_taken(void **state) {
    (void)state;
    assert_int_equal(inside(receives_bad_input, NULL), 0);
}

static void a_frame_that_is_refused_leaves_nothing(void **state) {
    (void)state;
    edo_stream *a, *b;
    edo_framed framed;
    odd codec = { { &odd_ops }, -EINVAL };
    edo_framed_feed_future f;
    edo_test_task task;
    int frame = 7;
    assert_int_equal(edo_duplex(&a, &b, 64), 0);
    assert_int_equal(edo_framed_init(&framed, a, &codec.base, NULL), 0);
    assert_int_equal(edo_bytes_chain_append(&framed.out, "ab", 2), 0);
    edo_test_task_init(&task, edo_framed_feed_init(&f, &framed, &frame));
    EDO_TEST_READY(&task, -EINVAL);
    assert_int_equal(framed.out.len, 2);
    static const edo_codec_ops neither = { .name = "neither" };
    edo_codec none = { &neither };
    framed.codec = &none;
    edo_test_task_init(&task, edo_framed_feed_init(&f, &framed, &frame));
    EDO_TEST_READY(&task, -ENOTSUP);
    assert_int_equal(edo_framed_try_recv(&framed, &frame), -ENOTSUP);
    assert_int_equal(edo_framed_try_recv(&framed, &frame), 0); // every loop ends
    edo_framed_deinit(&framed);
    edo_close(a);
    edo_close(b);
}

static void frames_beyond_the_limit_are_not_sent(void **state) {
    (void)state;
    edo_stream *s;
    edo_codec_length length;
    edo_codec_netstring netstring;
    edo_codec_varint varint;
    edo_codec_cobs cobs;
    edo_codec_length_opts opts = { .length = 1, .adjustment = -10 };
    assert_int_equal(edo_codec_length_init(&length, &opts), 0);
    edo_codec_netstring_init(&netstring, 255);
    edo_codec_varint_init(&varint, 255);
    edo_codec_cobs_init(&cobs, 255);
    edo_codec *all[] = { &length.base, &netstring.base, &varint.base, &cobs.base };
    assert_int_equal(edo_stream_empty(&s), 0);
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        edo_framed framed;
        edo_framed_feed_future f;
        edo_bytes frame = edo_bytes_from_static((edo_str){ content, 256 });
        assert_int_equal(edo_framed_init(&framed, s, all[i], NULL), 0);
        assert_int_equal(edo_poll_once(edo_framed_feed_init(&f, &framed, &frame)), EDO_READY);
        assert_int_equal(edo_result(&f), -EDO_ETOOLONG);
        assert_int_equal(framed.out.len, 0);
        edo_framed_deinit(&framed);
    }
    edo_framed framed;
    edo_framed_feed_future f;
    edo_bytes frame = edo_bytes_from_static((edo_str){ content, 250 });
    assert_int_equal(edo_framed_init(&framed, s, all[0], NULL), 0);
    assert_int_equal(edo_poll_once(edo_framed_feed_init(&f, &framed, &frame)), EDO_READY);
    assert_int_equal(edo_result(&f), -EDO_ETOOLONG); // with its adjustment no byte can say it
    length.opts.adjustment = 251;
    assert_int_equal(edo_poll_once(edo_framed_feed_init(&f, &framed, &frame)), EDO_READY);
    assert_int_equal(edo_result(&f), -EINVAL);
    length.opts.adjustment = 4; // the field says four less than the frame has
    frame = edo_bytes_from_static((edo_str){ content, 260 });
    assert_int_equal(edo_poll_once(edo_framed_feed_init(&f, &framed, &frame)), EDO_READY);
    assert_int_equal(edo_result(&f), -EDO_ETOOLONG);
    frame = edo_bytes_from_static((edo_str){ content, 259 });
    assert_int_equal(edo_poll_once(edo_framed_feed_init(&f, &framed, &frame)), EDO_READY);
    assert_int_equal(edo_result(&f), 0); // as one that is read
    assert_int_equal(framed.out.len, 260);
    edo_framed_deinit(&framed);
    edo_close(s);
}

/* ---- Among other futures --------------------------------------------------------------------- */

static int selects(void *arg) {
    (void)arg;
    edo_stream *a, *b;
    talker t;
    edo_bytes frame;
    CHECK_EQ(edo_duplex(&a, &b, 64), 0);
    talker_open(&t, a, make_lines);
    CHECK_EQ(edo_write_all(b, "half", 4), 0);
    edo_framed_recv_future recv;
    edo_sleep_future nap;
    CHECK_EQ(
        edo_select(edo_framed_recv_init(&recv, &t.framed, &frame), edo_sleep_init(&nap, edo_ms(5))),
        1);
    CHECK_EQ(edo_write_all(b, " a line\n", 8), 0);
    CHECK_EQ(
        edo_select(edo_framed_recv_init(&recv, &t.framed, &frame), edo_sleep_init(&nap, edo_ms(5))),
        0);
    CHECK(edo_str_equal(frame.str, EDO_STR("half a line")));
    edo_bytes_unref(&frame);
    talker_close(&t);
    edo_close(b);
    return 0;
}

static void a_receive_may_lose_a_select(void **state) {
    (void)state;
    assert_int_equal(inside(selects, NULL), 0);
}

static int reads_sequence(void *arg) {
    (void)arg;
    edo_stream *a, *b;
    talker t;
    edo_bytes frame;
    edo_seq_next_future next;
    edo_sleep_future nap;
    CHECK_EQ(edo_duplex(&a, &b, 64), 0);
    talker_open(&t, a, make_lines);
    edo_seq *s = edo_seq_take(edo_seq_from_framed(&t.framed), 5);
    CHECK_EQ(edo_write_all(b, "one\ntw", 6), 0);
    CHECK_EQ(edo_seq_next(s, &frame), 1);
    CHECK(edo_str_equal(frame.str, EDO_STR("one")));
    edo_bytes_unref(&frame);
    CHECK_EQ(edo_select(edo_seq_next_init(&next, s, &frame), edo_sleep_init(&nap, edo_ms(1))), 1);
    CHECK_EQ(edo_write_all(b, "o", 1), 0);
    edo_close(b);
    CHECK_EQ(edo_seq_next(s, &frame), 1);
    CHECK(edo_str_equal(frame.str, EDO_STR("two")));
    edo_bytes_unref(&frame);
    CHECK_EQ(edo_seq_next(s, &frame), 0);
    edo_seq_free(s);
    talker_close(&t);
    return 0;
}

static void frames_are_a_sequence(void **state) {
    (void)state;
    assert_int_equal(inside(reads_sequence, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sent_arrives),
        cmocka_unit_test(frames_are_slices_of_one_buffer),
        cmocka_unit_test(large_frames_are_written_from_where_they_lie),
        cmocka_unit_test(an_idle_one_holds_no_buffer),
        cmocka_unit_test(announced_lengths_cost_no_memory),
        cmocka_unit_test(fed_frames_are_written_together),
        cmocka_unit_test(a_cancelled_send_tears_no_frame),
        cmocka_unit_test(a_release_loses_nothing),
        cmocka_unit_test(another_codec_goes_on_with_what_is_held),
        cmocka_unit_test(bad_input_ends_the_frames_once_unless_it_was_taken),
        cmocka_unit_test(a_frame_that_is_refused_leaves_nothing),
        cmocka_unit_test(frames_beyond_the_limit_are_not_sent),
        cmocka_unit_test(a_receive_may_lose_a_select),
        cmocka_unit_test(frames_are_a_sequence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
