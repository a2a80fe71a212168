/* SPDX-License-Identifier: MIT */
/* Goal: a request over a connection of HTTP/2 that the server has refused says what the stream
 * below has said of it, though the connection's own task has read that; no other one is tried.
 * Method: streams that fail like those of TLS, in a read or a write. */
#include <edo/edo.h>
#include <edo/http_client.h>

#include "inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORDS "the other end wants a certificate of this end"

typedef struct refusing {
    edo_stream base;
    bool by_write;
} refusing;

static bool fails_by_write;
static int dials_n;

static refusing *refusing_of(edo_stream *s) {
    return (refusing *)(void *)s;
}

static int fails(void) {
    return edo_fail(-EDO_ETLS, WORDS);
}

static edo_polled refusing_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                const struct iovec *to, size_t n, uint32_t flags, int *result) {
    (void)wait, (void)to, (void)n, (void)flags;
    if (refusing_of(s)->by_write) {
        *result = -EAGAIN;
        return cx ? EDO_PENDING : EDO_READY;
    }
    *result = fails();
    return EDO_READY;
}

static edo_polled refusing_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                 const struct iovec *from, size_t n, int *result) {
    (void)cx, (void)wait, (void)n;
    *result = refusing_of(s)->by_write ? fails() : (int)from->iov_len;
    return EDO_READY;
}

static edo_polled refusing_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)s, (void)cx, (void)wait;
    *result = 0;
    return EDO_READY;
}

static void refusing_unwait(edo_stream *s, edo_io_wait *wait) {
    (void)s, (void)wait;
}

static void refusing_close(edo_stream *s) {
    (void)s;
}

static void refusing_free(edo_stream *s) {
    free(s);
}

static int refusing_fd(edo_stream *s) {
    (void)s;
    return -1;
}

static const edo_stream_ops refusing_ops = { .name = "refusing",
                                             .poll_read = refusing_read,
                                             .poll_write = refusing_write,
                                             .poll_shutdown = refusing_shutdown,
                                             .unwait = refusing_unwait,
                                             .close = refusing_close,
                                             .free = refusing_free,
                                             .fd = refusing_fd };

static int dials(void *arg, edo_stream **out, const char *address) {
    refusing *r = calloc(1, sizeof *r);
    (void)arg, (void)address;
    CHECK(r);
    dials_n++;
    r->base = (edo_stream){ .ops = &refusing_ops, .refs = { 1 } };
    r->by_write = fails_by_write;
    *out = &r->base;
    return 0;
}

EDO_TEST(a_request_says_why_its_connection_was_refused, .paused = true) {
    for (int i = 0; i < 2; i++) {
        edo_http_client *c;
        edo_bytes body;
        char said[1024];
        fails_by_write = i == 1;
        dials_n = 0;
        const edo_http_client_opts o = { .prior_knowledge = true, .connect = dials };
        CHECK_EQ(edo_http_client_new(&c, &o), 0);
        edo_trail_clear();
        int err = edo_fetch_bytes(&body, EDO_STR("http://x/"), &(edo_fetch_opts){ .client = c });
        (void)edo_trail_print_text(said, sizeof said, err, EDO_TRAIL_LINE);
        edo_trail_clear();
        CHECK_EQ(err, -EDO_ETLS);
        if (!strstr(said, WORDS)) edo_test_fail("said: %s", said);
        CHECK_EQ(dials_n, 1);
        edo_http_client_unref(c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_says_why_its_connection_was_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
