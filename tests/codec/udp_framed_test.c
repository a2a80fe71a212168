/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/udp_framed.h: each datagram is cut as an input of its own, wherever an
 * input is divided into two; each frame comes with its sender; a failure concerns one frame or one
 * datagram; a frame that is sent is one datagram, and a cancelled send loses none.
 * Method: pairs of Unix datagram sockets, whose queues a test fills, and UDP on the loopback. What
 * a codec returns for half an input is that of edo_framed over a stream that ends there. */
#include "codec_support.h"

#include <edo/streams.h>
#include <edo/udp.h>
#include <edo/udp_framed.h>
#include <edo/unix.h>

#define DATAGRAMS 2 /* that an input is cut into */

typedef struct ends {
    edo_stream *near_end, *far_end;
    any_codec codec;
    edo_udp_framed framed; /* of the near end */
} ends;

static void ends_open(ends *e, make_codec_fn *make, const void *opts) {
    CHECK_EQ(edo_unix_dgram_pair(&e->near_end, &e->far_end), 0);
    make(&e->codec, opts);
    CHECK_EQ(edo_udp_framed_init(&e->framed, e->near_end, &e->codec.base), 0);
}

static void ends_close(ends *e) {
    edo_udp_framed_deinit(&e->framed);
    edo_close(e->near_end);
    edo_close(e->far_end);
}

static void expect_frame(edo_udp_framed *framed, edo_str want) {
    edo_bytes frame;
    CHECK_EQ(edo_udp_framed_recv(framed, &frame, NULL), 1);
    CHECK(edo_str_equal(frame.str, want));
    edo_bytes_unref(&frame);
}

static void expect_datagram(edo_stream *s, edo_str want) {
    static char buf[EDO_DATAGRAM_MAX];
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(30)); // UDP: it may still be on its way
    int n = edo_deadline_end(&d, edo_read(s, buf, sizeof buf));
    CHECK_EQ(n, (int)want.len);
    CHECK(edo_str_equal((edo_str){ buf, want.len }, want));
}

/* ---- Receiving ------------------------------------------------------------------------------- */

#define MAX(n)                                                                                     \
    &(const size_t) {                                                                              \
        n                                                                                          \
    }
#define IN(text)                                                                                   \
    { "" text, sizeof(text) - 1 }

static const struct {
    const char *name;
    make_codec_fn *make;
    const void *opts;
    edo_str input;
} inputs[] = {
    { "lines", make_lines, NULL, IN("a\n\nbb\r\nlast") },
    { "long lines", make_lines, &(const edo_codec_lines_opts){ .max = 2 }, IN("abcdef\ngh\nijkl") },
    { "pieces", make_delim, NULL, IN("a,b;;c") },
    { "lengths", make_length, NULL, IN("\0\0\0\1a\0\0\0\0\0\0\0\2bc") },
    { "varints", make_varint, MAX(3), IN("\1a\0\2bc\4defg") },
    { "netstrings", make_netstring, NULL, IN("2:ab,0:,x") },
    { "stuffed", make_cobs, MAX(3), IN("\3ab\2c\0\1\0\6vwxyz\0\2d\0\2") },
    { "on a serial line", make_slip, MAX(3),
      IN("\xc0"
         "ab\xc0\xc0\xdb\xdc\xc0\xdbz\xc0zzzzzzzzz\xc0z\xc0") },
};

/* Compares the frames of a datagram with those of a stream of these bytes. */
static void compare(size_t i, edo_udp_framed *framed, edo_str part, size_t cut) {
    any_codec codec;
    edo_stream *s;
    edo_framed stream;
    edo_bytes want = { 0 }, frame = { 0 };
    inputs[i].make(&codec, inputs[i].opts);
    CHECK_EQ(edo_stream_mem(&s, part.ptr, part.len), 0);
    CHECK_EQ(edo_framed_init(&stream, s, &codec.base, NULL), 0);
    for (int code; (code = edo_framed_try_recv(&stream, &want)) != 0;) {
        int got = edo_udp_framed_try_recv(framed, &frame, NULL);
        if (got != code || !edo_str_equal(frame.str, want.str))
            edo_test_fail("%s, cut at %zu: %d instead of %d", inputs[i].name, cut, got, code);
        edo_bytes_unref(&want);
        edo_bytes_unref(&frame);
    }
    edo_framed_deinit(&stream);
    edo_close(s);
}

static int receives_parts(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(inputs); i++) {
        edo_str all = inputs[i].input;
        for (size_t cut = 0; cut <= all.len; cut++) {
            edo_str parts[DATAGRAMS] = { { all.ptr, cut }, { all.ptr + cut, all.len - cut } };
            edo_bytes none;
            ends e;
            ends_open(&e, inputs[i].make, inputs[i].opts);
            for (size_t k = 0; k < DATAGRAMS; k++)
                CHECK_EQ(edo_write(e.far_end, parts[k].ptr, parts[k].len), (int)parts[k].len);
            for (size_t k = 0; k < DATAGRAMS; k++) compare(i, &e.framed, parts[k], cut);
            int rest = edo_udp_framed_try_recv(&e.framed, &none, NULL);
            if (rest != -EAGAIN)
                edo_test_fail("%s, cut at %zu: then %d", inputs[i].name, cut, rest);
            ends_close(&e);
        }
    }
    return 0;
}

static void each_datagram_is_an_input_of_its_own(void **state) {
    (void)state;
    assert_int_equal(inside_real(receives_parts, NULL), 0);
}

static int names_senders(void *arg) {
    edo_stream *server, *clients[2];
    edo_addr at, mine[2], from;
    edo_codec_lines codec;
    edo_udp_framed framed;
    edo_bytes line;
    CHECK_EQ(edo_udp_bind(&server, arg, NULL), 0);
    CHECK_EQ(edo_stream_local_addr(server, &at), 0);
    CHECK_EQ(edo_codec_lines_init(&codec, NULL), 0);
    CHECK_EQ(edo_udp_framed_init(&framed, server, &codec.base), 0);
    for (size_t i = 0; i < 2; i++) {
        CHECK_EQ(edo_udp_connect_addr(&clients[i], &at, NULL), 0);
        CHECK_EQ(edo_stream_local_addr(clients[i], &mine[i]), 0);
        CHECK_EQ(edo_write(clients[i], "one\ntwo\n", 8), 8);
    }
    for (size_t i = 0; i < 4; i++) {
        CHECK_EQ(edo_udp_framed_recv(&framed, &line, &from), 1);
        CHECK(edo_str_equal(line.str, i % 2 ? EDO_STR("two") : EDO_STR("one")));
        CHECK_EQ(edo_addr_port(&from), edo_addr_port(&mine[i / 2]));
        CHECK_EQ(edo_udp_framed_send(&framed, &line, &from), 0);
        expect_datagram(clients[i / 2], i % 2 ? EDO_STR("two\n") : EDO_STR("one\n"));
    }
    for (size_t i = 0; i < 2; i++) edo_close(clients[i]);
    edo_udp_framed_deinit(&framed);
    edo_close(server);
    return 0;
}

static void frames_come_with_their_sender_and_go_to_a_receiver(void **state) {
    (void)state;
    static char v4[] = "127.0.0.1:0", v6[] = "[::1]:0";
    assert_int_equal(inside_each(names_senders, v4), 0);
    assert_int_equal(inside_each(names_senders, v6), 0);
}

static int waits_idle(void *arg) {
    (void)arg;
    ends e;
    edo_bytes frame;
    edo_udp_framed_recv_future recv;
    edo_sleep_future nap;
    ends_open(&e, make_lines, NULL);
    CHECK_EQ(edo_write(e.far_end, "", 0), 0); // without a frame
    CHECK_EQ(edo_select(edo_udp_framed_recv_init(&recv, &e.framed, &frame, NULL),
                        edo_sleep_init(&nap, edo_ms(1))),
             1);
    CHECK(e.framed.in.owner == NULL && e.framed.room.owner == NULL);
    CHECK_EQ(edo_write(e.far_end, "a\nb\n", 4), 4);
    expect_frame(&e.framed, EDO_STR("a"));
    CHECK(e.framed.in.cap < 1024); // what a frame pins
    expect_frame(&e.framed, EDO_STR("b"));
    CHECK_EQ(edo_udp_framed_try_recv(&e.framed, &frame, NULL), -EAGAIN);
    CHECK(e.framed.in.owner == NULL && e.framed.room.owner == NULL);
    ends_close(&e);
    return 0;
}

static void while_it_waits_it_holds_no_buffer(void **state) {
    (void)state;
    assert_int_equal(inside_real(waits_idle, NULL), 0);
}

/* ---- Sending --------------------------------------------------------------------------------- */

static char large[EDO_DATAGRAM_MAX + 1];

/* A frame that is itself made of several pieces once it is encoded. */
static int sends_sizes(void *arg) {
    (void)arg;
    static const size_t sizes[] = { 0, 1, 1024, 1025, 60000 };
    ends e;
    for (size_t i = 0; i < EDO_COUNT(sizes); i++) {
        edo_str s = { large, sizes[i] };
        edo_bytes frame = edo_bytes_from_static(s);
        any_codec lengths;
        edo_udp_framed back;
        ends_open(&e, make_length, NULL);
        make_length(&lengths, NULL);
        CHECK_EQ(edo_udp_framed_init(&back, e.far_end, &lengths.base), 0);
        CHECK_EQ(edo_udp_framed_send(&e.framed, &frame, NULL), 0);
        CHECK(frame.str.ptr == NULL && e.framed.out.buf == NULL);
        expect_frame(&back, s);
        edo_udp_framed_deinit(&back);
        ends_close(&e);
    }
    edo_bytes none = { 0 };
    ends_open(&e, make_bytes, NULL);
    CHECK_EQ(edo_udp_framed_send(&e.framed, &none, NULL), 0); // an empty datagram is one
    expect_datagram(e.far_end, EDO_STR(""));
    ends_close(&e);
    return 0;
}

static void each_frame_is_one_datagram(void **state) {
    (void)state;
    assert_int_equal(inside_real(sends_sizes, NULL), 0);
}

/* A codec of which a frame is a number of long pieces, each with a byte before and behind it. */
static int encode_pieces(edo_codec *self, void *frame, edo_bytes_chain *out) {
    (void)self;
    for (int i = *(const int *)frame; i > 0; i--) {
        edo_bytes piece = edo_bytes_from_static((edo_str){ large, EDO_CHAIN_COPY_MAX + 1 });
        CHECK_EQ(edo_bytes_chain_append(out, "a", 1), 0);
        CHECK_EQ(edo_bytes_chain_push(out, &piece), 0);
        CHECK_EQ(edo_bytes_chain_append(out, "b", 1), 0);
    }
    return 0;
}

static int sends_pieces(void *arg) {
    (void)arg;
    static const edo_codec_ops ops = { .name = "pieces", .encode = encode_pieces };
    static char buf[EDO_DATAGRAM_MAX];
    edo_codec codec = { &ops };
    for (int n = 23; n < 64; n += n == 25 ? 38 : 1) { // up to what a datagram holds
        ends e;
        int all = n * (int)(EDO_CHAIN_COPY_MAX + 3);
        ends_open(&e, make_bytes, NULL);
        edo_udp_framed framed;
        CHECK_EQ(edo_udp_framed_init(&framed, e.near_end, &codec), 0);
        CHECK_EQ(edo_udp_framed_send(&framed, &n, NULL), 0);
        CHECK_EQ(edo_read(e.far_end, buf, sizeof buf), all);
        for (int i = 0; i < all; i += (int)(EDO_CHAIN_COPY_MAX + 3))
            CHECK(buf[i] == 'a' && buf[i + 1] == 0 && buf[i + (int)EDO_CHAIN_COPY_MAX + 2] == 'b');
        edo_udp_framed_deinit(&framed);
        ends_close(&e);
    }
    return 0;
}

static void a_frame_of_many_pieces_is_one_datagram(void **state) {
    (void)state;
    assert_int_equal(inside_real(sends_pieces, NULL), 0);
}

static int fails_to_send(void *arg) {
    (void)arg;
    ends e;
    edo_addr nowhere;
    ends_open(&e, make_bytes, NULL);
    edo_bytes frame = edo_bytes_from_static((edo_str){ large, sizeof large });
    CHECK_EQ(edo_udp_framed_send(&e.framed, &frame, NULL), -EMSGSIZE);
    CHECK(frame.str.ptr == NULL); // it is lost
    CHECK_EQ(edo_addr_parse(&nowhere, "unix:@edo-nobody-is-here"), 0);
    frame = edo_bytes_from_static(EDO_STR("lost"));
    CHECK_EQ(edo_udp_framed_send(&e.framed, &frame, &nowhere), -ECONNREFUSED);
    CHECK_EQ(edo_udp_framed_flush(&e.framed), 0); // nothing is left
    frame = edo_bytes_from_static(EDO_STR("next"));
    CHECK_EQ(edo_udp_framed_send(&e.framed, &frame, NULL), 0);
    expect_datagram(e.far_end, EDO_STR("next"));
    ends_close(&e);
    ends_open(&e, make_slip, MAX(3));
    frame = edo_bytes_from_static(EDO_STR("long"));
    CHECK_EQ(edo_udp_framed_send(&e.framed, &frame, NULL), -EDO_ETOOLONG);
    CHECK(edo_str_equal(frame.str, EDO_STR("long"))); // it was not taken
    frame = edo_bytes_from_static(EDO_STR(""));
    CHECK_EQ(edo_udp_framed_send(&e.framed, &frame, NULL), -EINVAL);
    frame = edo_bytes_from_static(EDO_STR("x"));
    CHECK_EQ(edo_udp_framed_send(&e.framed, &frame, NULL), 0);
    expect_datagram(e.far_end, EDO_STR("\xc0x\xc0"));
    ends_close(&e);
    return 0;
}

static void a_failure_concerns_one_datagram(void **state) {
    (void)state;
    assert_int_equal(inside_real(fails_to_send, NULL), 0);
}

static int cancels_send(void *arg) {
    (void)arg;
    ends e;
    edo_udp_framed_send_future send;
    edo_sleep_future nap;
    int waiting = 0;
    ends_open(&e, make_lines, NULL);
    while (edo_try_write(e.near_end, "full", 4) == 4) waiting++;
    edo_bytes first = edo_bytes_from_static(EDO_STR("first"));
    CHECK_EQ(edo_select(edo_udp_framed_send_init(&send, &e.framed, &first, NULL),
                        edo_sleep_init(&nap, edo_ms(1))),
             1);
    CHECK(send.taken && first.str.ptr == NULL);
    CHECK_EQ(e.framed.out.len, 6);
    edo_bytes second = edo_bytes_from_static(EDO_STR("second"));
    CHECK_EQ(edo_select(edo_udp_framed_send_init(&send, &e.framed, &second, NULL),
                        edo_sleep_init(&nap, edo_ms(1))),
             1);
    CHECK(!send.taken && second.str.len == 6); // the first one is still there
    for (; waiting > 0; waiting--) expect_datagram(e.far_end, EDO_STR("full"));
    CHECK_EQ(edo_udp_framed_send(&e.framed, &second, NULL), 0);
    expect_datagram(e.far_end, EDO_STR("first\n"));
    expect_datagram(e.far_end, EDO_STR("second\n"));
    CHECK_EQ(edo_udp_framed_flush(&e.framed), 0);
    CHECK_EQ(edo_try_read(e.far_end, large, sizeof large), -EAGAIN);
    ends_close(&e);
    return 0;
}

static void a_cancelled_send_loses_no_datagram(void **state) {
    (void)state;
    assert_int_equal(inside_real(cancels_send, NULL), 0);
}

/* ---- As a sequence, and what is refused ------------------------------------------------------ */

static int reads_sequence(void *arg) {
    (void)arg;
    static const char *const want[] = { "one", "two", "three" };
    ends e;
    edo_udp_frame item;
    edo_seq_next_future next;
    edo_sleep_future nap;
    ends_open(&e, make_lines, NULL);
    edo_seq *s = edo_seq_from_udp_framed(&e.framed);
    CHECK_EQ(edo_select(edo_seq_next_init(&next, s, &item), edo_sleep_init(&nap, edo_ms(1))), 1);
    CHECK_EQ(edo_write(e.far_end, "one\ntwo\n", 8), 8);
    CHECK_EQ(edo_write(e.far_end, "three", 5), 5);
    for (size_t i = 0; i < EDO_COUNT(want); i++) {
        CHECK_EQ(edo_seq_next(s, &item), 1);
        CHECK(edo_str_equal(item.bytes.str, edo_str_of(want[i])));
        edo_bytes_unref(&item.bytes);
    }
    edo_seq_free(s);
    ends_close(&e);
    return 0;
}

static void frames_are_a_sequence(void **state) {
    (void)state;
    assert_int_equal(inside_real(reads_sequence, NULL), 0);
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    static const edo_codec_ops one_way = { .name = "one way", .frame_size = 1 };
    edo_codec codec = { .ops = &one_way };
    edo_stream *a, *b;
    edo_udp_framed framed;
    char frame;
    assert_int_equal(edo_duplex(&a, &b, 8), 0);
    assert_int_equal(edo_udp_framed_init(&framed, a, &codec), -ENOTSUP);
    edo_close(a);
    edo_close(b);
    assert_int_equal(edo_unix_dgram_pair(&a, &b), 0);
    assert_int_equal(edo_udp_framed_init(&framed, a, &codec), 0);
    assert_null(edo_seq_from_udp_framed(&framed));
    assert_int_equal(edo_udp_framed_try_recv(&framed, &frame, NULL), -ENOTSUP);
    edo_udp_framed_send_future send;
    assert_int_equal(edo_poll_once(edo_udp_framed_send_init(&send, &framed, &frame, NULL)),
                     EDO_READY);
    assert_int_equal(edo_result(&send), -ENOTSUP);
    edo_udp_framed_deinit(&framed);
    edo_close(a);
    edo_close(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_datagram_is_an_input_of_its_own),
        cmocka_unit_test(frames_come_with_their_sender_and_go_to_a_receiver),
        cmocka_unit_test(while_it_waits_it_holds_no_buffer),
        cmocka_unit_test(each_frame_is_one_datagram),
        cmocka_unit_test(a_frame_of_many_pieces_is_one_datagram),
        cmocka_unit_test(a_failure_concerns_one_datagram),
        cmocka_unit_test(a_cancelled_send_loses_no_datagram),
        cmocka_unit_test(frames_are_a_sequence),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
