/* SPDX-License-Identifier: MIT */
/* test_stream.c: a stream of one's own, and the test that it keeps the rules of all streams.
 *
 * The stream is that of a cipher which everybody can break: each byte is turned by 13 places. */
#include <edo/edo.h>
#include <edo/streams.h>
#include <edo/test.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct rot13 {
    edo_stream base; /* first */
    edo_stream *below;
} rot13;

static edo_stream *below(edo_stream *s) {
    return ((rot13 *)(void *)s)->below;
}

static char turn(char c) {
    int first = c >= 'a' && c <= 'z' ? 'a' : 'A';
    if (c < first || c >= first + 26) return c;
    return (char)((c - first + 13) % 26 + first);
}

static edo_polled rot13_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                             size_t n, uint32_t flags, int *result) {
    (void)n; // the first buffer is enough: a read may be short
    edo_polled polled = below(s)->ops->poll_read(below(s), cx, wait, to, 1, flags, result);
    char *bytes = to->iov_base;
    for (int i = 0; polled == EDO_READY && i < *result; i++) bytes[i] = turn(bytes[i]);
    return polled;
}

static edo_polled rot13_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                              const struct iovec *from, size_t n, int *result) {
    char turned[256];
    struct iovec out = { .iov_base = turned };
    while (n > 1 && from->iov_len == 0) from++, n--;
    const char *bytes = from->iov_base;
    for (; out.iov_len < from->iov_len && out.iov_len < sizeof turned; out.iov_len++)
        turned[out.iov_len] = turn(bytes[out.iov_len]);
    return below(s)->ops->poll_write(below(s), cx, wait, &out, 1, result); // perhaps not all
}

static edo_polled rot13_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    return below(s)->ops->poll_shutdown(below(s), cx, wait, result);
}

static edo_polled rot13_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                              int *result) {
    return below(s)->ops->poll_ready(below(s), cx, wait, what, result);
}

static void rot13_unwait(edo_stream *s, edo_io_wait *wait) {
    below(s)->ops->unwait(below(s), wait);
}

static void rot13_close(edo_stream *s) {
    below(s)->ops->close(below(s));
}

static void rot13_free(edo_stream *s) {
    edo_stream_unref(below(s));
    free(s);
}

static int rot13_fd(edo_stream *s) {
    return edo_stream_fd(below(s));
}

static int rot13_new(edo_stream **out, edo_stream *s) {
    static const edo_stream_ops ops = { .name = "rot13",
                                        .flags = EDO_STREAM_OVER,
                                        .poll_read = rot13_read,
                                        .poll_write = rot13_write,
                                        .poll_shutdown = rot13_shutdown,
                                        .poll_ready = rot13_ready,
                                        .unwait = rot13_unwait,
                                        .close = rot13_close,
                                        .free = rot13_free,
                                        .fd = rot13_fd };
    rot13 *self = calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    self->base.ops = &ops;
    self->base.refs.edoi_value = 1;
    self->below = s;
    *out = &self->base;
    return 0;
}

/* Both ends turn, so the test sees plain bytes. */
static int make_pair(edo_stream **a, edo_stream **b, void *arg) {
    (void)arg;
    int err = edo_duplex(a, b, 100);
    if (err == 0) err = rot13_new(a, *a);
    if (err == 0) err = rot13_new(b, *b);
    return err;
}

static int test(void *arg) {
    (void)arg;
    edo_stream *s, *peer;
    char text[8] = "";
    EDO_TEST_OK(edo_duplex(&s, &peer, 100));
    EDO_TEST_OK(rot13_new(&s, s));
    EDO_TEST_EQ(edo_write_all(s, "Hello", 5), 0);
    EDO_TEST_EQ(edo_read(peer, text, sizeof text), 5);
    printf("on the wire: %s\n", text);
    edo_close(s);
    edo_close(peer);
    EDO_TEST_OK(edo_test_stream_suite(make_pair, NULL, NULL));
    printf("a stream like any other\n");
    return 0;
}

int main(void) {
    return edo_main_with(test, NULL, &(edo_runtime_opts){ .start_paused = true });
}
