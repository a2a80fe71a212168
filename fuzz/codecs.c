/* SPDX-License-Identifier: MIT */
/* fuzz/codecs.c: one target for each codec, chosen by FUZZ_CODEC when it is compiled.
 *
 * The first byte of an input chooses options, the second in how small pieces the rest arrives.
 * Properties: the pieces make no difference; every loop ends; a codec that met the end of an input
 * reads the input again as a new one does; a frame that was decoded is one again after it was
 * encoded. */
#include "fuzz.h"

#include <edo/codec.h>
#include <edo/edo.h>
#include <edo/streams.h>
#include <edo/test.h>

#define LIMIT(choice) ((choice)&1 ? 0 : 1 + (choice) / 16u) /* of a frame; 0: the default */

typedef union any_codec {
    edo_codec base;
    edo_codec_lines lines;
    edo_codec_delim delim;
    edo_codec_length length;
    edo_codec_limited limited;
} any_codec;

/* Each target: makes its codec; returns whether frames come back as they were. */
static bool make_lines(any_codec *c, uint8_t choice) {
    edo_codec_lines_opts opts = { .max = LIMIT(choice), .skip_empty = choice & 2 };
    EDO_TEST_OK(edo_codec_lines_init(&c->lines, &opts));
    return true;
}

static bool make_delim(any_codec *c, uint8_t choice) {
    edo_codec_delim_opts opts = { .max = LIMIT(choice) };
    EDO_TEST_OK(edo_codec_delim_init(&c->delim, &opts));
    return true;
}

static bool make_length(any_codec *c, uint8_t choice) {
    edo_codec_length_opts opts = { .max = LIMIT(choice),
                                   .order = (edo_byte_order)(choice / 2 % 3),
                                   .length = choice / 8 % 9,
                                   .adjustment = choice / 32 % 4 - 2,
                                   .keep_head = choice >= 192 };
    bool is_plain = !opts.keep_head;
    if (choice % 16 == 7) {
        opts.offset = choice / 64u;
        is_plain = is_plain && opts.offset == 0;
    }
    EDO_TEST_OK(edo_codec_length_init(&c->length, &opts));
    return is_plain;
}

static bool make_varint(any_codec *c, uint8_t choice) {
    edo_codec_varint_init(&c->limited, LIMIT(choice));
    return true;
}

static bool make_netstring(any_codec *c, uint8_t choice) {
    edo_codec_netstring_init(&c->limited, LIMIT(choice));
    return true;
}

static bool make_cobs(any_codec *c, uint8_t choice) {
    edo_codec_cobs_init(&c->limited, LIMIT(choice));
    return true;
}

static bool make_slip(any_codec *c, uint8_t choice) {
    edo_codec_slip_init(&c->limited, LIMIT(choice));
    return true;
}

typedef bool make_fn(any_codec *c, uint8_t choice);

static const struct {
    const char *name;
    make_fn *make;
} targets[] = {
    { "lines", make_lines },         { "delim", make_delim }, { "length", make_length },
    { "varint", make_varint },       { "cobs", make_cobs },   { "slip", make_slip },
    { "netstring", make_netstring },
};

#define A32   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A256  A32 A32 A32 A32 A32 A32 A32 A32
#define A1024 A256 A256 A256 A256

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("\1\0"),
    FUZZ_SEED("\1\1one\ntwo\r\n\nthree\rfour\nlast\r"),
    FUZZ_SEED("\x20\2too long,ok;\n\r,\n"),
    FUZZ_SEED("\1\3\0\0\0\5hello\0\0\0\0\0\0\0\1x"),
    FUZZ_SEED("\x27\3\0\0\5hello\0\0\1x"),
    FUZZ_SEED("\x13\1\0\5hello\5\0hello"),
    FUZZ_SEED(
        "\1\1\5hello\0\x80\1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    FUZZ_SEED("\1\4"
              "5:hello,0:,12:hello, world,"),
    FUZZ_SEED("\1\0"
              "1025:" A1024 "a,"),
    FUZZ_SEED("\1\0\3ab\2c\0\1\1\0\6hello\0\0\xff"),
    FUZZ_SEED("\1\1\xc0hello\xc0\xc0\xdb\xdc\xdb\xdd\xc0\xdbx\xc0\xc0last"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static make_fn *target(void) {
    for (size_t i = 0; i < EDO_COUNT(targets); i++)
        if (strcmp(targets[i].name, FUZZ_CODEC) == 0) return targets[i].make;
    abort();
}

/* ---- Properties ------------------------------------------------------------------------------ */

typedef struct reading {
    any_codec codec;
    edo_framed framed;
    edo_stream *stream;
} reading;

/* A stream that ends after these bytes, of which a read takes at most `piece`. */
static void begin(reading *r, const void *data, size_t n, uint8_t choice, size_t piece) {
    edo_stream *all;
    (void)target()(&r->codec, choice);
    EDO_TEST_OK(edo_stream_mem(&all, data, n));
    EDO_TEST_OK(edo_test_limit_new(&r->stream, all, piece));
    EDO_TEST_OK(edo_framed_init(&r->framed, r->stream, &r->codec.base, NULL));
}

static void end(reading *r) {
    edo_framed_deinit(&r->framed);
    edo_close(r->stream);
}

static void encode_again(edo_str frame, uint8_t choice) {
    reading back;
    edo_bytes_chain out = { 0 };
    edo_bytes copy, again;
    struct iovec vecs[3]; // a head, the frame, an end
    begin(&back, "", 0, choice, 1);
    EDO_TEST_OK(edo_bytes_copy(&copy, frame.ptr, frame.len));
    int err = back.codec.base.ops->encode(&back.codec.base, &copy, &out);
    if (err == -EINVAL || err == -EDO_ETOOLONG) { // an adjustment, or a limit that is one less
        edo_bytes_unref(&copy);
    } else {
        EDO_TEST_OK(err);
        size_t n = edo_bytes_chain_vecs(&out, vecs, EDO_COUNT(vecs));
        for (size_t i = 0; i < n; i++)
            EDO_TEST_OK(edo_buf_append(&back.framed.in, vecs[i].iov_base, vecs[i].iov_len));
        EDO_TEST_EQ(edo_framed_try_recv(&back.framed, &again), 1);
        EDO_TEST_TRUE(edo_str_equal(again.str, frame));
        edo_bytes_unref(&again);
    }
    edo_bytes_chain_deinit(&out);
    end(&back);
}

/* Compares what two readers receive, up to the end; `again`: frames are encoded again. */
static void compare(reading *a, reading *b, size_t n, uint8_t choice, bool again) {
    bool is_lines = strcmp(FUZZ_CODEC, "lines") == 0;
    size_t left = 2 * n; // no more than one frame and one failure a byte
    for (int got = 1; got != 0; left--) {
        edo_bytes frame = { 0 }, other = { 0 };
        got = edo_framed_try_recv(&a->framed, &frame);
        EDO_TEST_EQ(edo_framed_try_recv(&b->framed, &other), got);
        EDO_TEST_TRUE(edo_str_equal(frame.str, other.str));
        EDO_TEST_TRUE(left > 0);
        // a last line "x\r" would be read back as "x"
        bool ends_in_cr = is_lines && frame.str.len > 0 && frame.str.ptr[frame.str.len - 1] == '\r';
        if (got == 1 && again && !ends_in_cr) encode_again(frame.str, choice);
        edo_bytes_unref(&frame);
        edo_bytes_unref(&other);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n < 2) return 0;
    uint8_t choice = data[0];
    size_t piece = 1 + data[1] % 16u;
    reading whole, pieces, anew;
    any_codec unused;
    bool comes_back = target()(&unused, choice);
    begin(&whole, data + 2, n - 2, choice, SIZE_MAX);
    begin(&pieces, data + 2, n - 2, choice, piece);
    compare(&whole, &pieces, n, choice, comes_back);
    end(&whole);
    end(&pieces);
    begin(&anew, data + 2, n - 2, choice, SIZE_MAX);
    begin(&whole, data + 2, n - 2, choice, SIZE_MAX);
    whole.codec = pieces.codec; // which has met the end
    compare(&anew, &whole, n, choice, false);
    end(&anew);
    end(&whole);
    return 0;
}
