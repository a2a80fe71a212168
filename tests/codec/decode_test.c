/* SPDX-License-Identifier: MIT */
/* Goal: each codec cuts its input as it says, however the input arrives: with every option, at its
 * limits, at the end of the input, and with bad input.
 * Method: a table of inputs with the frames and codes that come of them. Each is played whole,
 * cut at every place in turn, and byte by byte. */
#include "codec_support.h"

#include <edo/streams.h>

#define STEPS_MAX 8

/* What one receive must return: a frame, or a code (0: the end). */
typedef struct step {
    int code; /* 1: a frame */
    edo_str frame;
} step;

typedef struct decode_case {
    const char *name;
    make_codec_fn *make;
    const void *opts;
    edo_str input;
    step steps[STEPS_MAX]; /* up to and with the first end */
} decode_case;

#define FRAME(text)                                                                                \
    {                                                                                              \
        .code = 1, .frame = { "" text, sizeof(text) - 1 }                                          \
    }
#define FAILS(error)                                                                               \
    { .code = (error) }
#define LINES(...)                                                                                 \
    make_lines, &(const edo_codec_lines_opts) {                                                    \
        __VA_ARGS__                                                                                \
    }
#define DELIM(...)                                                                                 \
    make_delim, &(const edo_codec_delim_opts) {                                                    \
        __VA_ARGS__                                                                                \
    }
#define LENGTH(...)                                                                                \
    make_length, &(const edo_codec_length_opts) {                                                  \
        __VA_ARGS__                                                                                \
    }
#define MAX(n)                                                                                     \
    &(const size_t) {                                                                              \
        n                                                                                          \
    }
#define IN(text)                                                                                   \
    { "" text, sizeof(text) - 1 }

static const decode_case cases[] = {
    { "lines",
      LINES(.max = 0),
      IN("a\n\nbb\r\nc\rd\n"),
      { FRAME("a"), FRAME(""), FRAME("bb"), FRAME("c\rd") } },
    { "a last line without an end", LINES(.max = 0), IN("a\nlast"), { FRAME("a"), FRAME("last") } },
    { "a last carriage return is a byte", LINES(.max = 0), IN("a\r"), { FRAME("a\r") } },
    { "lines of the limit",
      LINES(.max = 3),
      IN("abc\nabc\r\nabc"),
      { FRAME("abc"), FRAME("abc"), FRAME("abc") } },
    { "a line that is too long",
      LINES(.max = 3),
      IN("abcd\nabc\n"),
      { FAILS(-EDO_ETOOLONG), FRAME("abc") } },
    { "by its carriage return",
      LINES(.max = 3),
      IN("abc\rd\nabc\r\n"),
      { FAILS(-EDO_ETOOLONG), FRAME("abc") } },
    { "the rest of a long line is dropped",
      LINES(.max = 3),
      IN("abcdefghij\r\n\nx"),
      { FAILS(-EDO_ETOOLONG), FRAME(""), FRAME("x") } },
    { "a long last line", LINES(.max = 3), IN("x\nabcdefg"), { FRAME("x"), FAILS(-EDO_ETOOLONG) } },
    { "two lines too long",
      LINES(.max = 1),
      IN("aaa\nbbb\nc\n"),
      { FAILS(-EDO_ETOOLONG), FAILS(-EDO_ETOOLONG), FRAME("c") } },
    { "no lines", LINES(.max = 0), IN(""), { { 0 } } },
    { "JSON lines",
      LINES(.skip_empty = true),
      IN("\n{}\n\r\n\n[1]\n\n"),
      { FRAME("{}"), FRAME("[1]") } },

    { "pieces",
      DELIM(.max = 0),
      IN("a,b;c\nd\re"),
      { FRAME("a"), FRAME("b"), FRAME("c"), FRAME("d"), FRAME("e") } },
    { "empty pieces", DELIM(.max = 0), IN(",,a,"), { FRAME(""), FRAME(""), FRAME("a") } },
    { "other ends",
      DELIM(.ends = { "\0|", 2 }),
      IN("a,b\0c|d\xff|"),
      { FRAME("a,b"), FRAME("c"), FRAME("d\xff") } },
    { "a piece that is too long",
      DELIM(.max = 2),
      IN("abc,de,f"),
      { FAILS(-EDO_ETOOLONG), FRAME("de"), FRAME("f") } },
    { "a carriage return counts",
      DELIM(.ends = { "\n", 1 }, .max = 2),
      IN("ab\r\nc\r\n"),
      { FAILS(-EDO_ETOOLONG), FRAME("c\r") } },

    { "lengths",
      LENGTH(.max = 0),
      IN("\0\0\0\1a\0\0\0\0\0\0\0\3bcd"),
      { FRAME("a"), FRAME(""), FRAME("bcd") } },
    { "little endian",
      LENGTH(.order = EDO_LITTLE_ENDIAN, .length = 2),
      IN("\2\0ab\1\0c"),
      { FRAME("ab"), FRAME("c") } },
    { "one byte", LENGTH(.length = 1), IN("\1a\2bc"), { FRAME("a"), FRAME("bc") } },
    { "three bytes", LENGTH(.length = 3), IN("\0\0\1a\0\0\2bc"), { FRAME("a"), FRAME("bc") } },
    { "eight bytes", LENGTH(.length = 8), IN("\0\0\0\0\0\0\0\2ab"), { FRAME("ab") } },
    { "eight bytes, little endian",
      LENGTH(.length = 8, .order = EDO_LITTLE_ENDIAN),
      IN("\2\0\0\0\0\0\0\0ab"),
      { FRAME("ab") } },
    { "the head is kept",
      LENGTH(.length = 2, .keep_head = true, .adjustment = 2),
      IN("\0\1a\0\2bc"),
      { FRAME("\0\1a"), FRAME("\0\2bc") } },
    { "the length counts the head",
      LENGTH(.length = 2, .adjustment = -2),
      IN("\0\3a\0\4bc\0\2"),
      { FRAME("a"), FRAME("bc"), FRAME("") } },
    { "a head around the length",
      LENGTH(.offset = 1, .length = 2, .adjustment = 1, .skip = 3),
      IN("H\0\1xaH\0\2xbc"),
      { FRAME("xa"), FRAME("xbc") } },
    { "a head that is skipped",
      LENGTH(.offset = 1, .length = 2, .skip = 4),
      IN("H\0\1xaH\0\2xbc"),
      { FRAME("a"), FRAME("bc") } },
    { "a part of the head is kept",
      LENGTH(.offset = 1, .length = 2, .adjustment = -1, .skip = 2),
      IN("H\0\3x\0H\0\2"),
      { FRAME("\3x"), FAILS(-EDO_EEOF) } },
    { "a length at the limit", LENGTH(.max = 3), IN("\0\0\0\3abc"), { FRAME("abc") } },
    { "a length beyond the limit", LENGTH(.max = 3), IN("\0\0\0\4abcd"), { FAILS(-EDO_ETOOLONG) } },
    { "a hostile length", LENGTH(.max = 0), IN("\xff\xff\xff\xff"), { FAILS(-EDO_ETOOLONG) } },
    { "a hostile length of eight bytes",
      LENGTH(.length = 8, .max = UINT64_MAX),
      IN("\xff\xff\xff\xff\xff\xff\xff\xff"),
      { FAILS(-EDO_ETOOLONG) } },
    { "an adjusted length that overflows",
      LENGTH(.length = 8, .max = UINT64_MAX, .adjustment = INT64_MAX),
      IN("\xff\xff\xff\xff\xff\xff\xff\xff"),
      { FAILS(-EBADMSG) } },
    { "an adjusted length below zero",
      LENGTH(.length = 1, .adjustment = -2),
      IN("\1ab"),
      { FAILS(-EBADMSG) } },
    { "the least adjustment",
      LENGTH(.length = 1, .adjustment = INT64_MIN),
      IN("\xff"),
      { FAILS(-EBADMSG) } },
    { "a frame that ends within its head",
      LENGTH(.length = 2, .keep_head = true),
      IN("\0\1a"),
      { FAILS(-EBADMSG) } },
    { "the input ends within a head",
      LENGTH(.max = 0),
      IN("\0\0\0\1a\0\0"),
      { FRAME("a"), FAILS(-EDO_EEOF) } },
    { "the input ends within a frame", LENGTH(.max = 0), IN("\0\0\0\2a"), { FAILS(-EDO_EEOF) } },

    { "varints", make_varint, NULL, IN("\1a\0\2bc"), { FRAME("a"), FRAME(""), FRAME("bc") } },
    { "a long varint",
      make_varint,
      NULL,
      IN("\x82\x80\x00"
         "bc"),
      { FRAME("bc") } },
    { "a varint beyond the limit",
      make_varint,
      MAX(300),
      IN("\xad\x02"),
      { FAILS(-EDO_ETOOLONG) } },
    { "a varint of 64 bits",
      make_varint,
      MAX(SIZE_MAX),
      IN("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
      { FAILS(-EDO_ETOOLONG) } },
    { "a varint of 65 bits",
      make_varint,
      MAX(SIZE_MAX),
      IN("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
      { FAILS(-EBADMSG) } },
    { "the input ends within a varint", make_varint, NULL, IN("\x80"), { FAILS(-EDO_EEOF) } },

    { "netstrings",
      make_netstring,
      NULL,
      IN("5:hello,0:,12:a:b,c:d,e:f,,"),
      { FRAME("hello"), FRAME(""), FRAME("a:b,c:d,e:f,") } },
    { "no number", make_netstring, NULL, IN(":,"), { FAILS(-EBADMSG) } },
    { "a bad number", make_netstring, NULL, IN("1x:ab,"), { FAILS(-EBADMSG) } },
    { "a leading zero", make_netstring, NULL, IN("01:a,"), { FAILS(-EBADMSG) } },
    { "no comma", make_netstring, NULL, IN("1:ab"), { FAILS(-EBADMSG) } },
    { "at the limit", make_netstring, MAX(11), IN("11:hello world,"), { FRAME("hello world") } },
    { "beyond the limit", make_netstring, MAX(11), IN("12:"), { FAILS(-EDO_ETOOLONG) } },
    { "beyond all limits",
      make_netstring,
      MAX(SIZE_MAX),
      IN("18446744073709551616:"),
      { FAILS(-EDO_ETOOLONG) } },
    { "the longest",
      make_netstring,
      MAX(SIZE_MAX),
      IN("18446744073709551615:"),
      { FAILS(-EDO_ETOOLONG) } },

    { "stuffed",
      make_cobs,
      NULL,
      IN("\3ab\2c\0\1\0\1\1\0\2d\0"),
      { FRAME("ab\0c"), FRAME(""), FRAME("\0"), FRAME("d") } },
    { "zeros between frames", make_cobs, NULL, IN("\0\0\2a\0\0\2b\0"), { FRAME("a"), FRAME("b") } },
    { "a block that is too long",
      make_cobs,
      NULL,
      IN("\5ab\0\2c\0"),
      { FAILS(-EBADMSG), FRAME("c") } },
    { "a stuffed frame at the limit", make_cobs, MAX(3), IN("\4abc\0"), { FRAME("abc") } },
    { "a stuffed frame beyond the limit",
      make_cobs,
      MAX(3),
      IN("\5abcd\0\4abc\0"),
      { FAILS(-EDO_ETOOLONG), FRAME("abc") } },
    { "far beyond the limit",
      make_cobs,
      MAX(3),
      IN("\xff"
         "abcdefghi\0\2a\0"),
      { FAILS(-EDO_ETOOLONG), FRAME("a") } },
    { "the input ends within a stuffed frame",
      make_cobs,
      NULL,
      IN("\2a\0\2b"),
      { FRAME("a"), FAILS(-EDO_EEOF) } },

    { "on a serial line",
      make_slip,
      NULL,
      IN("\xc0 ab\xc0\xc0\xdb\xdc\xdb\xdd\xc0 c\0\xc0"),
      { FRAME(" ab"), FRAME("\xc0\xdb"), FRAME(" c\0") } },
    { "noise in front of a frame",
      make_slip,
      NULL,
      IN("noise\xc0\xc0\xc0x\xc0"),
      { FRAME("noise"), FRAME("x") } },
    { "an unknown escape",
      make_slip,
      NULL,
      IN("\xc0x\xdby\xc0z\xc0"),
      { FAILS(-EBADMSG), FRAME("z") } },
    { "an escape of nothing",
      make_slip,
      NULL,
      IN("x\xdb\xc0\xc0\xdb\xdb\xc0z\xc0"),
      { FAILS(-EBADMSG), FAILS(-EBADMSG), FRAME("z") } },
    { "a serial frame at the limit",
      make_slip,
      MAX(3),
      IN("\xc0\xdb\xdc\xdb\xdd\xdb\xdc\xc0\xc0zzz\xc0"),
      { FRAME("\xc0\xdb\xc0"), FRAME("zzz") } },
    { "a serial frame beyond the limit",
      make_slip,
      MAX(3),
      IN("\xc0zzzz\xc0\xc0z\xc0"),
      { FAILS(-EDO_ETOOLONG), FRAME("z") } },
    { "a serial frame far beyond the limit",
      make_slip,
      MAX(3),
      IN("\xc0zzzzzzzzzz\xdb\xc0zzz\xc0"),
      { FAILS(-EDO_ETOOLONG), FRAME("zzz") } },
    { "the input ends within a serial frame",
      make_slip,
      NULL,
      IN("a\xc0z\xdb"),
      { FRAME("a"), FAILS(-EDO_EEOF) } },
    { "the input ends within a frame that is dropped",
      make_slip,
      MAX(1),
      IN("zzzz"),
      { FAILS(-EDO_ETOOLONG) } },
};

/* Receives from `s` until the first end; closes `s`. */
static void receive(const decode_case *c, edo_stream *s, size_t cut) {
    any_codec codec;
    edo_framed framed;
    c->make(&codec, c->opts);
    CHECK_EQ(edo_framed_init(&framed, s, &codec.base, NULL), 0);
    for (size_t i = 0;; i++) {
        edo_bytes frame = { 0 };
        int got = edo_framed_try_recv(&framed, &frame);
        step want = i < STEPS_MAX ? c->steps[i] : (step){ 0 };
        if (got != want.code || !edo_str_equal(frame.str, want.frame))
            edo_test_fail("%s, cut at %zu: result %zu is %s of %zu bytes", c->name, cut, i,
                          got > 0 ? "a frame" : edo_error_name(got), frame.str.len);
        edo_bytes_unref(&frame);
        if (got == 0) break;
    }
    edo_framed_deinit(&framed);
    char rest[64]; // a script wants to be read to its end
    while (edo_try_read(s, rest, sizeof rest) > 0) continue;
    edo_close(s);
}

static void receive_cut_at(const decode_case *c, size_t cut) {
    edo_test_script *peer;
    edo_stream *s;
    CHECK_EQ(edo_test_script_new(&peer, &s, c->name), 0);
    if (cut > 0) edo_test_script_read(peer, c->input.ptr, cut);
    if (cut < c->input.len) edo_test_script_read(peer, c->input.ptr + cut, c->input.len - cut);
    edo_test_script_close(peer);
    receive(c, s, cut);
}

static void receive_byte_by_byte(const decode_case *c) {
    edo_stream *s, *slow;
    CHECK_EQ(edo_stream_mem(&s, c->input.ptr, c->input.len), 0);
    CHECK_EQ(edo_test_limit_new(&slow, s, 1), 0);
    receive(c, slow, SIZE_MAX);
}

static void every_input_is_cut_alike_wherever_it_breaks(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        for (size_t cut = 0; cut <= cases[i].input.len; cut++) receive_cut_at(&cases[i], cut);
        receive_byte_by_byte(&cases[i]);
    }
}

static void native_order_is_that_of_the_machine(void **state) {
    (void)state;
    uint32_t head = 3;
    char input[7] = "....abc";
    memcpy(input, &head, sizeof head);
    const decode_case c = {
        "native", LENGTH(.order = EDO_NATIVE_ENDIAN), { input, 7 }, { FRAME("abc") }
    };
    receive_cut_at(&c, 7);
}

/* Not in the table, since its frames depend on the cuts. */
static void bytes_come_as_they_are(void **state) {
    (void)state;
    edo_test_script *peer;
    edo_stream *s;
    edo_bytes frame;
    edo_framed framed;
    edo_codec_bytes codec;
    CHECK_EQ(edo_test_script_new(&peer, &s, "bytes"), 0);
    edo_test_script_read(peer, EDO_TEST_TEXT("abc"));
    edo_test_script_read(peer, EDO_TEST_TEXT("d"));
    edo_test_script_close(peer);
    edo_codec_bytes_init(&codec);
    CHECK_EQ(edo_framed_init(&framed, s, &codec.base, NULL), 0);
    CHECK_EQ(edo_framed_try_recv(&framed, &frame), 1);
    CHECK(edo_str_equal(frame.str, EDO_STR("abc")));
    edo_bytes_unref(&frame);
    CHECK_EQ(edo_framed_try_recv(&framed, &frame), 1);
    CHECK(edo_str_equal(frame.str, EDO_STR("d")));
    edo_bytes_unref(&frame);
    CHECK_EQ(edo_framed_try_recv(&framed, &frame), 0);
    edo_framed_deinit(&framed);
    edo_close(s);
}

static void bad_options_are_refused(void **state) {
    (void)state;
    edo_codec_length c;
    edo_codec_lines lines;
    edo_codec_delim delim;
    edo_framed framed;
    assert_int_equal(edo_codec_length_init(&c, &(edo_codec_length_opts){ .length = 9 }), -EINVAL);
    edo_codec_length_opts both = { .keep_head = true, .skip = 1 };
    assert_int_equal(edo_codec_length_init(&c, &both), -EINVAL);
    edo_codec_length_opts far = { .offset = UINT32_MAX };
    assert_int_equal(edo_codec_length_init(&c, &far), -EINVAL);
    edo_codec_length_opts later = { .reserved = { 0, 1 } };
    assert_int_equal(edo_codec_length_init(&c, &later), -EINVAL);
    assert_int_equal(edo_codec_lines_init(&lines, &(edo_codec_lines_opts){ .reserved = { 1 } }),
                     -EINVAL);
    assert_int_equal(edo_codec_delim_init(&delim, &(edo_codec_delim_opts){ .reserved = { 1 } }),
                     -EINVAL);
    edo_stream *s;
    assert_int_equal(edo_stream_empty(&s), 0);
    assert_int_equal(edo_framed_init(&framed, s, &c.base, &(edo_framed_opts){ .reserved = { 1 } }),
                     -EINVAL);
    edo_close(s);
    assert_int_equal(edo_codec_length_init(&c, &(edo_codec_length_opts){ .length = 2 }), 0);
    assert_int_equal(c.max, 65535); // what two bytes can hold
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_input_is_cut_alike_wherever_it_breaks),
        cmocka_unit_test(native_order_is_that_of_the_machine),
        cmocka_unit_test(bytes_come_as_they_are),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
