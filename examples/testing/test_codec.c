/* SPDX-License-Identifier: MIT */
/* test_codec.c: a codec of one's own, and the test that it keeps the rules of all codecs.
 *
 * A frame is a number, written in decimal digits with a dot behind it. */
#include <edo/edo.h>
#include <edo/test_codec.h>

#include <errno.h>
#include <stdio.h>

#define DIGITS_MAX 9u

static int number_decode(edo_codec *self, edo_buf *in, void *frame) {
    int n = 0;
    (void)self;
    for (size_t i = 0; i < in->len; i++) {
        char c = in->ptr[i];
        if (c == '.' && i > 0) {
            edo_buf_advance(in, i + 1);
            *(int *)frame = n;
            return 1;
        }
        if (c < '0' || c > '9' || i == DIGITS_MAX) return -EBADMSG;
        n = 10 * n + (c - '0');
    }
    return 0; // more is needed
}

static int number_encode(edo_codec *self, void *frame, edo_bytes_chain *out) {
    char text[DIGITS_MAX + 3];
    (void)self;
    int n = snprintf(text, sizeof text, "%d.", *(int *)frame);
    return edo_bytes_chain_append(out, text, (size_t)n);
}

/* ---- The test -------------------------------------------------------------------------------- */

static const int samples[] = { 0, 7, 1234, 999999999 };

static edo_codec *make_codec(void *room, void *arg) {
    static const edo_codec_ops ops = { .name = "numbers",
                                       .frame_size = sizeof(int),
                                       .decode = number_decode,
                                       .encode = number_encode };
    (void)arg;
    *(edo_codec *)room = (edo_codec){ .ops = &ops };
    return room;
}

static int make_sample(void *frame, size_t i, void *arg) {
    (void)arg;
    *(int *)frame = samples[i];
    return 0;
}

static bool is_sample(const void *frame, size_t i, void *arg) {
    (void)arg;
    return *(const int *)frame == samples[i];
}

int main(void) {
    EDO_TEST_OK(edo_test_codec_suite(&(edo_test_codec_opts){ .make = make_codec,
                                                             .sample = make_sample,
                                                             .is_sample = is_sample,
                                                             .n = EDO_COUNT(samples) }));
    printf("a codec like any other\n");
    return 0;
}
