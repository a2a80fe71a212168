/* SPDX-License-Identifier: MIT */
/* test/suite/codec_suite.c: the rules of a codec: the samples, encoded, are played to it in pieces
 * through a pipe in memory. */
#include <edo/test_codec.h>

#include "base/memory/alloc.h"
#include "base/opts.h"
#include "test/value.h"

#include <edo/streams.h>

#include <errno.h>
#include <inttypes.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WIRE_MAX          65536u         /* bytes of all samples, encoded */
#define HOSTILE           300u           /* inputs */
#define RESULTS_OF(bytes) ((bytes) + 8u) /* receives after which an input has ended */

typedef struct codec_suite {
    const edo_test_codec_opts *opts;
    const char *rule;
    char *wire;   /* the samples, encoded */
    size_t *ends; /* of each sample in it */
    size_t wire_n;
    int err; /* of a sample, or of memory */
} codec_suite;

/* A codec that reads from a pipe, of which the suite writes the other end. */
typedef struct codec_reader {
    alignas(max_align_t) char room[EDO_TEST_CODEC_BYTES];
    uint64_t fence[8]; /* behind what `make` may fill: stays 0 */
    alignas(max_align_t) char frame[EDO_TEST_CODEC_BYTES];
    edo_framed framed;
    edo_stream *in, *out;
    const codec_suite *suite;
} codec_reader;

#define CODEC_FAIL(s, ...) codec_fail_at((s), __LINE__, __VA_ARGS__)

EDO_PRINTF(3, 4)
EDOI_NORETURN static void codec_fail_at(const codec_suite *s, int line, const char *format, ...) {
    char text[256];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(text, sizeof text, format, values);
    va_end(values);
    edo_test_fail_at("edo_test_codec_suite", 0, "%s: %s (rule at line %d)", s->rule, text, line);
}

static const char *codec_outcome(edoi_test_text *text, int result) {
    return result == 1 ? "a frame" : edoi_test_value(text, result);
}

/* ---- Samples --------------------------------------------------------------------------------- */

static int sample_make(const codec_suite *s, void *frame, size_t i) {
    const edo_test_codec_opts *o = s->opts;
    if (!o->texts) return o->sample(frame, i, o->arg);
    edo_bytes bytes = { 0 };
    int err = edo_bytes_copy(&bytes, o->texts[i].ptr, o->texts[i].len);
    memcpy(frame, &bytes, sizeof bytes);
    return err;
}

static bool sample_is(const codec_suite *s, const void *frame, size_t i) {
    const edo_test_codec_opts *o = s->opts;
    if (!o->texts) return o->is_sample(frame, i, o->arg);
    return edo_str_equal(((const edo_bytes *)frame)->str, o->texts[i]);
}

static void frame_release(const codec_suite *s, void *frame) {
    if (s->opts->texts) edo_bytes_unref(frame);
    if (!s->opts->texts && s->opts->release) s->opts->release(frame, s->opts->arg);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static void reader_check_sizes(const codec_reader *r, const edo_codec *codec) {
    const codec_suite *s = r->suite;
    size_t n = codec->ops->frame_size;
    if (!edoi_all_zero(r->fence, EDO_COUNT(r->fence)))
        CODEC_FAIL(s, "`make` fills more than EDO_TEST_CODEC_BYTES");
    if (n > sizeof r->frame)
        CODEC_FAIL(s, "a frame has %zu bytes, more than EDO_TEST_CODEC_BYTES", n);
    if (s->opts->texts && n != sizeof(edo_bytes))
        CODEC_FAIL(s, "`texts` are for frames of type edo_bytes, and these are not");
}

static bool reader_open(codec_reader *r, codec_suite *s) {
    memset(r->room, 0, sizeof r->room);
    memset(r->fence, 0, sizeof r->fence);
    memset(r->frame, 0, sizeof r->frame);
    r->suite = s;
    s->err = edo_simplex(&r->in, &r->out, WIRE_MAX);
    if (s->err < 0) return false;
    edo_codec *codec = s->opts->make(r->room, s->opts->arg);
    reader_check_sizes(r, codec);
    s->err = edo_framed_init(&r->framed, r->in, codec, NULL);
    return s->err == 0;
}

static void reader_close(codec_reader *r) {
    edo_framed_deinit(&r->framed);
    edo_close(r->out);
    edo_close(r->in);
}

static void reader_gets(codec_reader *r, const char *bytes, size_t n) {
    int got = n > 0 ? edo_try_write(r->out, bytes, n) : 0;
    if (got < 0 || (size_t)got != n) CODEC_FAIL(r->suite, "the pipe took %d bytes", got);
}

/* The input ends. */
static void reader_ends(codec_reader *r) {
    edo_close(r->out);
    r->out = NULL;
}

/* The frames `*at` … `to` - 1 are there, and no more: the next receive returns `then`. */
static void reader_has(codec_reader *r, size_t *at, size_t to, int then, size_t cut) {
    const codec_suite *s = r->suite;
    edoi_test_text text;
    for (; *at < to; ++*at) {
        int result = edo_framed_try_recv(&r->framed, r->frame);
        if (result != 1)
            CODEC_FAIL(s, "cut at %zu, frame %zu of %zu: %s", cut, *at + 1, s->opts->n,
                       codec_outcome(&text, result));
        if (!sample_is(s, r->frame, *at))
            CODEC_FAIL(s, "cut at %zu, frame %zu of %zu differs", cut, *at + 1, s->opts->n);
        frame_release(s, r->frame);
    }
    int result = edo_framed_try_recv(&r->framed, r->frame);
    if (result != then)
        CODEC_FAIL(s, "cut at %zu, behind frame %zu: %s", cut, to, codec_outcome(&text, result));
}

/* How many samples are whole in the first `n` bytes. */
static size_t whole_in(const codec_suite *s, size_t n) {
    size_t i = 0;
    while (i < s->opts->n && s->ends[i] <= n) i++;
    return i;
}

/* ---- The rules ------------------------------------------------------------------------------- */

/* Encodes the samples, for this rule and all others. */
static void comes_back(codec_suite *s) {
    codec_reader r;
    edo_framed writer;
    if (!reader_open(&r, s)) return;
    alignas(max_align_t) char room[EDO_TEST_CODEC_BYTES] = { 0 };
    s->err = edo_framed_init(&writer, r.out, s->opts->make(room, s->opts->arg), NULL);
    for (size_t i = 0; s->err == 0 && i < s->opts->n; i++) {
        edo_framed_send_future send;
        edo_test_task t;
        s->err = sample_make(s, r.frame, i);
        if (s->err < 0) break;
        edo_test_task_init(&t, edo_framed_send_init(&send, &writer, r.frame));
        bool is_ready = edo_test_task_poll(&t) == EDO_READY;
        if (!is_ready || edo_result(&send) < 0)
            CODEC_FAIL(s, "frame %zu cannot be sent: %s", i + 1,
                       is_ready ? edo_error_name(edo_result(&send)) : "its output is too long");
        int got = edo_try_read(r.in, s->wire + s->wire_n, WIRE_MAX - s->wire_n);
        if (got <= 0) CODEC_FAIL(s, "frame %zu has no bytes, or too many", i + 1);
        s->ends[i] = s->wire_n += (size_t)got;
    }
    edo_framed_deinit(&writer);
    size_t at = 0;
    reader_gets(&r, s->wire, s->err < 0 ? 0 : s->wire_n);
    if (s->err == 0) reader_ends(&r);
    if (s->err == 0) reader_has(&r, &at, s->opts->n, 0, s->wire_n);
    reader_close(&r);
}

static void is_cut_anywhere(codec_suite *s) {
    for (size_t cut = 0; cut <= s->wire_n; cut++) {
        codec_reader r;
        size_t at = 0;
        if (!reader_open(&r, s)) return;
        reader_gets(&r, s->wire, cut);
        reader_has(&r, &at, whole_in(s, cut), -EAGAIN, cut);
        reader_gets(&r, s->wire + cut, s->wire_n - cut);
        reader_ends(&r);
        reader_has(&r, &at, s->opts->n, 0, cut);
        reader_close(&r);
    }
}

/* The codec that reads also encodes a sample, which goes nowhere. */
static void reader_encodes(codec_reader *r, codec_suite *s, size_t i) {
    alignas(max_align_t) char frame[EDO_TEST_CODEC_BYTES] = { 0 };
    edo_bytes_chain out = { 0 };
    edo_codec *codec = r->framed.codec;
    s->err = sample_make(s, frame, i);
    if (s->err < 0) return;
    int err = codec->ops->encode(codec, frame, &out);
    if (err < 0) CODEC_FAIL(s, "frame %zu cannot be encoded again: %s", i + 1, edo_error_name(err));
    edo_bytes_chain_deinit(&out);
}

static void comes_byte_by_byte(codec_suite *s) {
    codec_reader r;
    size_t at = 0;
    if (!reader_open(&r, s)) return;
    for (size_t i = 0; s->err == 0 && i < s->wire_n; i++) {
        reader_gets(&r, s->wire + i, 1);
        reader_has(&r, &at, whole_in(s, i + 1), -EAGAIN, i + 1);
        reader_encodes(&r, s, i % s->opts->n);
    }
    reader_close(&r);
}

/* Frames are looked at when all have come and the stream, its buffers and the codec have gone. */
static void outlives_the_stream(codec_suite *s) {
    codec_reader r;
    char *frames = edoi_calloc(s->opts->n, EDO_TEST_CODEC_BYTES);
    if (!frames) s->err = -ENOMEM;
    if (!frames || !reader_open(&r, s)) goto free_frames;
    reader_gets(&r, s->wire, s->wire_n);
    for (size_t i = 0; i < s->opts->n; i++) {
        int result = edo_framed_try_recv(&r.framed, frames + i * EDO_TEST_CODEC_BYTES);
        if (result != 1) CODEC_FAIL(s, "frame %zu does not come: %d", i + 1, result);
    }
    reader_close(&r);
    memset(&r, 0, sizeof r);
    for (size_t i = 0; i < s->opts->n; i++) {
        if (!sample_is(s, frames + i * EDO_TEST_CODEC_BYTES, i))
            CODEC_FAIL(s, "frame %zu differs now", i + 1);
        frame_release(s, frames + i * EDO_TEST_CODEC_BYTES);
    }
free_frames:
    edoi_free(frames);
}

/* A receive waits; a byte comes; it is dropped, or polled and then dropped, in turn. */
static void is_dropped_at_each_byte(codec_suite *s) {
    codec_reader r;
    size_t at = 0;
    if (!reader_open(&r, s)) return;
    for (size_t i = 0; i < s->wire_n; i++) {
        edo_framed_recv_future f;
        edo_test_task t;
        edo_test_task_init(&t, edo_framed_recv_init(&f, &r.framed, r.frame));
        if (edo_test_task_poll(&t) == EDO_READY)
            CODEC_FAIL(s, "at byte %zu a receive of nothing is ready", i);
        reader_gets(&r, s->wire + i, 1);
        if (i % 3 < 2 && edo_test_task_poll(&t) == EDO_READY) {
            if (edo_result(&f) != 1 || at == s->opts->n || !sample_is(s, r.frame, at))
                CODEC_FAIL(s, "at byte %zu: not frame %zu", i + 1, at + 1);
            frame_release(s, r.frame);
            at++;
        }
        edo_drop(&f.base);
        reader_has(&r, &at, whole_in(s, i + 1), -EAGAIN, i + 1);
    }
    reader_close(&r);
}

/* The first receive at an end within a frame, `bytes` of which have come. */
static void reader_fails(codec_reader *r, size_t cut, size_t bytes) {
    const codec_suite *s = r->suite;
    edoi_test_text text;
    int result = edo_framed_try_recv(&r->framed, r->frame);
    if (result == 1) frame_release(s, r->frame);
    bool may_end = bytes <= s->opts->lead && result == 0;
    bool is_right = result == 1 ? s->opts->ends_at_eof : result < 0 && result != -EAGAIN;
    if (!is_right && !may_end)
        CODEC_FAIL(s, "at byte %zu the end gives %s", cut, codec_outcome(&text, result));
    for (size_t i = 0; result != 0; i++) {
        if (i > RESULTS_OF(cut)) CODEC_FAIL(s, "at byte %zu no end comes", cut);
        result = edo_framed_try_recv(&r->framed, r->frame);
        if (result == 1) CODEC_FAIL(s, "at byte %zu one more frame comes behind the end", cut);
    }
}

static void ends_anywhere(codec_suite *s) {
    for (size_t cut = 0; cut <= s->wire_n; cut++) {
        codec_reader r;
        size_t at = 0, whole = whole_in(s, cut);
        size_t begin = whole > 0 ? s->ends[whole - 1] : 0;
        if (!reader_open(&r, s)) return;
        reader_gets(&r, s->wire, cut);
        reader_has(&r, &at, whole, -EAGAIN, cut);
        reader_ends(&r);
        if (cut > begin) reader_fails(&r, cut, cut - begin);
        if (cut == begin) reader_has(&r, &at, whole, 0, cut);
        reader_close(&r);
    }
}

/* ---- Hostile input --------------------------------------------------------------------------- */

static uint64_t codec_random(uint64_t *random) {
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return *random >> 33;
}

/* The samples, harmed; returns how many bytes. `to` has room for 16 more. */
static size_t harm(const codec_suite *s, uint64_t seed, char *to) {
    size_t n = s->wire_n;
    uint64_t random = seed;
    memcpy(to, s->wire, n);
    for (uint64_t i = 0; i <= seed % 4; i++) {
        size_t at = (size_t)(codec_random(&random) % (n + 1)), rest = n - at;
        switch (codec_random(&random) % 5) {
        case 0:
            if (rest > 0) to[at] = (char)codec_random(&random);
            break;
        case 1:
            if (rest > 0) to[at] = (char)(to[at] ^ (1 << codec_random(&random) % 8));
            break;
        case 2: // a byte is left out
            if (rest > 0) memmove(to + at, to + at + 1, rest - 1);
            if (rest > 0) n--;
            break;
        case 3: // a byte comes in
            memmove(to + at + 1, to + at, rest);
            to[at] = (char)(codec_random(&random) % 3 * 127);
            n++;
            break;
        default: n = at; break;
        }
    }
    for (size_t i = 0; seed % 10 == 9 && i < n; i++) to[i] = (char)codec_random(&random);
    return n;
}

/* What came of an input, as a number. */
typedef struct codec_results {
    uint64_t hash;
    size_t n;
} codec_results;

static void results_add(codec_results *all, const codec_suite *s, int result, const void *frame) {
    edo_str bytes = EDO_STR("");
    size_t sample = 0; // which one it is, of frames that cannot be seen otherwise
    if (result == 1 && s->opts->texts) bytes = ((const edo_bytes *)frame)->str;
    if (result == 1 && !s->opts->texts)
        while (sample < s->opts->n && !sample_is(s, frame, sample)) sample++;
    all->n++;
    all->hash = (all->hash ^ (uint64_t)(int64_t)result) * 1099511628211u;
    all->hash = (all->hash ^ sample) * 1099511628211u;
    for (size_t i = 0; i < bytes.len; i++)
        all->hash = (all->hash ^ (unsigned char)bytes.ptr[i]) * 1099511628211u;
}

/* Reads what there is, until it waits or has ended; true: it has ended. */
static bool reader_drains(codec_reader *r, codec_results *all, size_t n) {
    for (;;) {
        int result = edo_framed_try_recv(&r->framed, r->frame);
        if (result == -EAGAIN) return false;
        results_add(all, r->suite, result, r->frame);
        if (result == 1) frame_release(r->suite, r->frame);
        if (result == 0) return true;
        if (all->n > RESULTS_OF(n)) CODEC_FAIL(r->suite, "%zu results of %zu bytes", all->n, n);
    }
}

static codec_results plays(codec_suite *s, const char *bytes, size_t n, size_t piece) {
    codec_results all = { .hash = 14695981039346656037u };
    codec_reader r;
    bool is_over = false;
    if (!reader_open(&r, s)) return all;
    for (size_t at = 0; at < n && !is_over; at += piece) {
        reader_gets(&r, bytes + at, piece < n - at ? piece : n - at);
        if (piece < n) is_over = reader_drains(&r, &all, n);
    }
    reader_ends(&r);
    if (!is_over && !reader_drains(&r, &all, n)) CODEC_FAIL(s, "no end comes");
    reader_close(&r);
    return all;
}

static void bears_anything(codec_suite *s) {
    char *bytes = edoi_alloc(s->wire_n + 16);
    if (!bytes) s->err = -ENOMEM;
    for (uint64_t seed = 1; s->err == 0 && seed <= HOSTILE; seed++) {
        size_t n = harm(s, seed, bytes);
        codec_results whole = plays(s, bytes, n, n + 1);
        codec_results pieces = plays(s, bytes, n, 1 + seed % 3);
        if (s->err == 0 && (whole.hash != pieces.hash || whole.n != pieces.n))
            CODEC_FAIL(s, "input %" PRIu64 " has %zu results, and %zu in pieces, or others", seed,
                       whole.n, pieces.n);
    }
    edoi_free(bytes);
}

/* ---- The suite ------------------------------------------------------------------------------- */

typedef struct codec_rule {
    const char *name;
    void (*run)(codec_suite *s);
} codec_rule;

static const codec_rule rules[] = {
    { "what was sent is received", comes_back },
    { "frames come alike, and at once, wherever the input is cut", is_cut_anywhere },
    { "frames come alike byte by byte, while others are encoded", comes_byte_by_byte },
    { "frames live until they are released", outlives_the_stream },
    { "a receive that is dropped loses nothing", is_dropped_at_each_byte },
    { "an input that ends within a frame loses nothing before it, and fails", ends_anywhere },
    { "bytes of any kind give frames, failures and an end, however they are cut", bears_anything },
};

static bool codec_opts_are_valid(const edo_test_codec_opts *o) {
    bool has_samples = o->n > 0 && (o->texts || (o->sample && o->is_sample));
    return o->make && has_samples && edoi_all_zero(o->reserved, EDO_COUNT(o->reserved));
}

int edo_test_codec_suite(const edo_test_codec_opts *opts) {
    if (!codec_opts_are_valid(opts)) return -EINVAL;
    codec_suite s = { .opts = opts };
    s.wire = edoi_alloc(WIRE_MAX);
    s.ends = edoi_calloc(opts->n, sizeof *s.ends);
    if (!s.wire || !s.ends) s.err = -ENOMEM;
    for (size_t i = 0; s.err == 0 && i < EDO_COUNT(rules); i++) {
        s.rule = rules[i].name;
        rules[i].run(&s);
    }
    edoi_free(s.wire);
    edoi_free(s.ends);
    return s.err;
}
