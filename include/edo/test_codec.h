/* SPDX-License-Identifier: MIT */
/* edo/test_codec.h: what every codec of edo/codec.h must do, as a test that any codec can be run
 * through, the program's own too.
 *
 *     static edo_codec *make_lines(void *room, void *arg) {
 *         EDO_TEST_OK(edo_codec_lines_init(room, arg));
 *         return room;
 *     }
 *     …
 *     static const edo_str texts[] = { EDO_STR("one"), EDO_STR(""), EDO_STR("three") };
 *     EDO_TEST_OK(edo_test_codec_suite(&(edo_test_codec_opts){
 *         .make = make_lines, .texts = texts, .n = 3, .ends_at_eof = true })); */
#ifndef EDO_TEST_CODEC_H
#define EDO_TEST_CODEC_H

#include <edo/codec.h>
#include <edo/test.h>

EDO_BEGIN_DECLS

#define EDO_TEST_CODEC_BYTES 256u /* of a codec, and of a frame, at most */

/* A codec, and samples of its frames. */
typedef struct edo_test_codec_opts {
    /* Makes the codec in `room`, of EDO_TEST_CODEC_BYTES, or elsewhere, and returns it. */
    edo_codec *(*make)(void *room, void *arg);
    void *arg;
    size_t n;             /* samples, at least 1 */
    const edo_str *texts; /* the samples, if frames are edo_bytes; else the three functions */
    int (*sample)(void *frame, size_t i, void *arg);           /* makes sample `i`: 0, or a code */
    bool (*is_sample)(const void *frame, size_t i, void *arg); /* is it sample `i`? */
    void (*release)(void *frame, void *arg);                   /* what a frame owns */
    bool ends_at_eof;     /* the end of the input ends a frame, too, as a last line */
    uint32_t lead;        /* bytes in front of a frame, behind which the input may end as behind a
                             whole one: a mark between frames */
    uint64_t reserved[4]; /* must be 0 */
} edo_test_codec_opts;

/** Runs a codec through the rules, over pipes in memory: samples come back as they were sent; they
 * do so however the input is cut, at every place in turn and byte by byte, each as soon as its last
 * byte is there, also while the same codec encodes others; frames outlive the input's buffers; a
 * receive that is dropped at any byte loses nothing; an input that ends within a
 * frame, at any byte, gives what is whole, then a failure, then the end; bytes that are changed,
 * left out, doubled or made up give frames and failures only, the same ones however they are cut,
 * and an end. A rule that does not hold fails, as edo_test_fail() does, with its name; so does a
 * codec or a frame that is larger than its room. The same happens in every run.
 *
 * Samples are best short: a rule reads them as often as their output has bytes.
 * Owns:    borrows `opts` until return.
 * Errors:  -EINVAL  options;  -ENOMEM;  what `sample` returns
 * Threads: any.   Waits: never.   Since: 0.1 */
EDO_MUST_USE EDO_API int edo_test_codec_suite(const edo_test_codec_opts *opts);

EDO_END_DECLS

#endif
