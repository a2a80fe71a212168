/* SPDX-License-Identifier: MIT */
/* Goal: edo's codecs, and one of a program, keep the rules of edo_test_codec_suite(), and each rule
 * that a codec breaks is named.
 * Method: samples that hold the codecs' own bytes; codecs that break one rule each, in a child
 * whose last words are read. */
#include "codec_support.h"

#include <edo/test_codec.h>

#include "last_words.h"

/* ---- Kinds of codecs ------------------------------------------------------------------------- */

#define A64  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A256 A64 A64 A64 A64

static const edo_str words[] = { { "one", 3 }, { "", 0 }, { "two words", 9 }, { "3", 1 } };
static const edo_str any_bytes[] = {
    { "\0\1\2\xc0\xdb\xdc\xdd,:\n\r", 11 }, { "5:,", 3 }, { A256, 256 }, { "\xff\0", 2 }, { "", 0 }
};

static const edo_codec_length_opts head_opts = { .length = 2,
                                                 .order = EDO_LITTLE_ENDIAN,
                                                 .max = 300 };
static const size_t at_most = 300;

typedef struct kind {
    const char *name;
    make_codec_fn *make;
    const void *opts;
    const edo_str *texts;
    size_t n;
    bool ends_at_eof;
    uint32_t lead;
} kind;

static const kind all[] = {
    { "lines", make_lines, NULL, words, 4, true, 0 },
    { "delim", make_delim, NULL, words, 4, true, 0 },
    { "length", make_length, NULL, any_bytes, 5, false, 0 },
    { "length of two bytes", make_length, &head_opts, any_bytes, 5, false, 0 },
    { "varint", make_varint, &at_most, any_bytes, 5, false, 0 },
    { "netstring", make_netstring, &at_most, any_bytes, 5, false, 0 },
    { "cobs", make_cobs, &at_most, any_bytes, 5, false, 0 },
    { "slip", make_slip, &at_most, any_bytes, 4, false, 1 }, // it has no empty frames
};

static edo_codec *make_kind(void *room, void *arg) {
    const kind *k = arg;
    any_codec *c = room;
    k->make(c, k->opts);
    return &c->base;
}

static void every_codec_keeps_the_rules(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        kind k = all[i];
        edo_test_codec_opts opts = { .make = make_kind,
                                     .arg = &k,
                                     .texts = k.texts,
                                     .n = k.n,
                                     .ends_at_eof = k.ends_at_eof,
                                     .lead = k.lead };
        int err = edo_test_codec_suite(&opts);
        if (err < 0) fail_msg("%s: %s", k.name, edo_strerror(err));
    }
}

/* ---- A codec of a program, whose frames are numbers ------------------------------------------ */

static int number_decode(edo_codec *self, edo_buf *in, void *frame) {
    (void)self;
    if (in->len < 2) return 0;
    *(int *)frame = (unsigned char)in->ptr[0] << 8 | (unsigned char)in->ptr[1];
    edo_buf_advance(in, 2);
    return 1;
}

static int number_encode(edo_codec *self, void *frame, edo_bytes_chain *out) {
    (void)self;
    const char bytes[] = { (char)(*(int *)frame >> 8), (char)*(int *)frame };
    return edo_bytes_chain_append(out, bytes, 2);
}

static edo_codec *make_numbers(void *room, void *arg) {
    static const edo_codec_ops ops = { .name = "numbers",
                                       .frame_size = sizeof(int),
                                       .decode = number_decode,
                                       .encode = number_encode };
    (void)arg;
    *(edo_codec *)room = (edo_codec){ .ops = &ops };
    return room;
}

static int make_square(void *frame, size_t i, void *arg) {
    (void)arg;
    *(int *)frame = (int)(i * i);
    return 0;
}

static bool is_square(const void *frame, size_t i, void *arg) {
    (void)arg;
    return *(const int *)frame == (int)(i * i);
}

static void frames_may_be_of_any_type(void **state) {
    (void)state;
    edo_test_codec_opts opts = {
        .make = make_numbers, .sample = make_square, .is_sample = is_square, .n = 20
    };
    assert_int_equal(edo_test_codec_suite(&opts), 0);
    opts.is_sample = NULL;
    assert_int_equal(edo_test_codec_suite(&opts), -EINVAL);
    opts = (edo_test_codec_opts){ .make = make_numbers, .texts = words };
    assert_int_equal(edo_test_codec_suite(&opts), -EINVAL); // no samples
    opts = (edo_test_codec_opts){ .make = make_numbers, .texts = words, .n = 1, .reserved = { 1 } };
    assert_int_equal(edo_test_codec_suite(&opts), -EINVAL);
}

/* ---- Codecs that break a rule ---------------------------------------------------------------- */

/* Frames are a length of one byte and as many bytes; each codec has one fault. */
static int short_decode(edo_codec *self, edo_buf *in, void *frame) {
    (void)self;
    size_t n = (unsigned char)in->ptr[0];
    if (in->len < 1 + n) return 0;
    edo_buf_advance(in, 1);
    *(edo_bytes *)frame = edo_buf_take(in, n);
    return 1;
}

static int short_encode(edo_codec *self, void *frame, edo_bytes_chain *out) {
    (void)self;
    edo_bytes *bytes = frame;
    const char n = (char)bytes->str.len;
    int err = edo_bytes_chain_append(out, &n, 1);
    return err < 0 ? err : edo_bytes_chain_push(out, bytes);
}

static int encode_all_but_one(edo_codec *self, void *frame, edo_bytes_chain *out) {
    edo_bytes *bytes = frame;
    if (bytes->str.len > 1) bytes->str.len--;
    return short_encode(self, frame, out);
}

/* Drops what is not a whole frame yet. */
static int decode_and_drop(edo_codec *self, edo_buf *in, void *frame) {
    int rc = short_decode(self, in, frame);
    if (rc == 0) edo_buf_advance(in, in->len);
    return rc;
}

/* Gives a frame only when a byte of the next one is there, or the end. */
static int decode_late(edo_codec *self, edo_buf *in, void *frame) {
    return in->len > 1 + (size_t)(unsigned char)in->ptr[0] ? short_decode(self, in, frame) : 0;
}
static int decode_late_at_eof(edo_codec *self, edo_buf *in, void *frame) {
    if (in->len == 0) return 0;
    int rc = short_decode(self, in, frame);
    return rc == 0 ? -EDO_EEOF : rc;
}

/* The end within a frame is an end like others. */
static int decode_quietly_at_eof(edo_codec *self, edo_buf *in, void *frame) {
    int rc = in->len > 0 ? short_decode(self, in, frame) : 0;
    if (rc == 0) edo_buf_advance(in, in->len);
    return rc;
}

/* What is left at the end within a frame is called one. */
static int decode_the_rest_at_eof(edo_codec *self, edo_buf *in, void *frame) {
    if (in->len == 0) return 0;
    int rc = short_decode(self, in, frame);
    if (rc == 0) *(edo_bytes *)frame = edo_buf_take(in, in->len);
    return 1;
}

/* Long frames have no end. */
static int decode_without_end(edo_codec *self, edo_buf *in, void *frame) {
    if ((unsigned char)in->ptr[0] < 200) return short_decode(self, in, frame);
    *(edo_bytes *)frame = (edo_bytes){ .str = { NULL, 0 } };
    return 1;
}

/* A length that is too large is refused only if it comes alone. */
static int decode_by_chance(edo_codec *self, edo_buf *in, void *frame) {
    if (in->len > 1 || in->ptr[0] < 20) return short_decode(self, in, frame);
    edo_buf_advance(in, 1);
    return -EBADMSG;
}

/* The end loses a last frame that nothing ends. */
static int decode_line(edo_codec *self, edo_buf *in, void *frame) {
    (void)self;
    const char *end = memchr(in->ptr, '\n', in->len);
    if (!end) return 0;
    *(edo_bytes *)frame = edo_buf_take(in, (size_t)(end - in->ptr));
    edo_buf_advance(in, 1);
    return 1;
}
static int encode_line(edo_codec *self, void *frame, edo_bytes_chain *out) {
    (void)self;
    int err = edo_bytes_chain_push(out, frame);
    return err < 0 ? err : edo_bytes_chain_append(out, "\n", 1);
}
static int decode_line_at_eof(edo_codec *self, edo_buf *in, void *frame) {
    int rc = in->len > 0 ? decode_line(self, in, frame) : 0;
    if (rc == 0) edo_buf_advance(in, in->len);
    return rc;
}

/* All frames lie in one place. */
static int decode_into_one_place(edo_codec *self, edo_buf *in, void *frame) {
    static char place[256];
    edo_bytes bytes;
    int rc = short_decode(self, in, &bytes);
    if (rc < 1) return rc;
    memcpy(place, bytes.str.ptr, bytes.str.len);
    *(edo_bytes *)frame = (edo_bytes){ .str = { place, bytes.str.len } };
    edo_bytes_unref(&bytes);
    return 1;
}

/* Both directions use one length. */
typedef struct shared_codec {
    edo_codec base;
    size_t length;
    bool has_length;
} shared_codec;

static int decode_by_shared(edo_codec *self, edo_buf *in, void *frame) {
    shared_codec *c = (shared_codec *)(void *)self;
    if (!c->has_length) c->length = (unsigned char)in->ptr[0];
    c->has_length = in->len < 1 + c->length;
    if (c->has_length) return 0;
    edo_buf_advance(in, 1);
    *(edo_bytes *)frame = edo_buf_take(in, c->length);
    return 1;
}
static int encode_by_shared(edo_codec *self, void *frame, edo_bytes_chain *out) {
    ((shared_codec *)(void *)self)->length = ((edo_bytes *)frame)->str.len;
    return short_encode(self, frame, out);
}

typedef struct fault {
    edo_codec_ops ops;
    const char *says; /* the rule, and what is wrong */
    bool ends_at_eof;
} fault;

static const fault faults[] = {
    { .ops = { .encode = encode_all_but_one },
      .says = "what was sent is received: cut at 11, frame 1 of 3 differs" },
    { .ops = { .decode = decode_and_drop },
      .says = "wherever the input is cut: cut at 1, frame 1 of 3" },
    { .ops = { .decode = decode_late, .decode_eof = decode_late_at_eof },
      .says = "wherever the input is cut: cut at 4, frame 1 of 3: -11 (EAGAIN)" },
    { .ops = { .decode_eof = decode_quietly_at_eof },
      .says = "loses nothing before it, and fails: at byte 1 the end gives 0" },
    { .ops = { .decode_eof = decode_the_rest_at_eof },
      .says = "loses nothing before it, and fails: at byte 1 the end gives a frame" },
    { .ops = { .decode = decode_line, .decode_eof = decode_line_at_eof, .encode = encode_line },
      .says = "loses nothing before it, and fails: at byte 1 the end gives 0",
      .ends_at_eof = true },
    { .ops = { .decode = decode_into_one_place },
      .says = "until they are released: frame 1 differs now" },
    { .ops = { .decode = decode_by_shared, .encode = encode_by_shared },
      .says = "byte by byte, while others are encoded: cut at" },
    { .ops = { .frame_size = EDO_TEST_CODEC_BYTES + 1 },
      .says = "a frame has 257 bytes, more than EDO_TEST_CODEC_BYTES" },
    { .ops = { .frame_size = sizeof(int) }, .says = "`texts` are for frames of type edo_bytes" },
    { .ops = { .decode = decode_without_end }, .says = "however they are cut: " },
    { .ops = { .decode = decode_by_chance }, .says = "however they are cut: input " },
};

static const edo_str few[] = { { "one", 3 }, { "two", 3 }, { "three", 5 } };

static edo_codec *make_faulty(void *room, void *arg) {
    *(edo_codec *)room = (edo_codec){ .ops = arg };
    return room;
}

static const fault *planted;

static int runs_planted(void *arg) {
    (void)arg;
    edo_codec_ops ops = planted->ops;
    ops.name = "faulty";
    if (!ops.frame_size) ops.frame_size = sizeof(edo_bytes);
    if (!ops.decode) ops.decode = short_decode;
    if (!ops.encode) ops.encode = short_encode;
    return edo_test_codec_suite(&(edo_test_codec_opts){ .make = make_faulty,
                                                        .arg = &ops,
                                                        .texts = few,
                                                        .n = EDO_COUNT(few),
                                                        .ends_at_eof = planted->ends_at_eof });
}

static void broken_rules_are_named(void **state) {
    (void)state;
    static const fault none = { .says = NULL };
    planted = &none;
    assert_int_equal(runs_planted(NULL), 0);
    for (size_t i = 0; i < EDO_COUNT(faults); i++) {
        char said[4096];
        planted = &faults[i];
        int status = last_words(runs_planted, NULL, said, sizeof said);
        if (!is_abort(status) || !strstr(said, faults[i].says))
            fail_msg("%s: it said: %s", faults[i].says, said);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_rules_are_named), // first: it forks
        cmocka_unit_test(every_codec_keeps_the_rules),
        cmocka_unit_test(frames_may_be_of_any_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
