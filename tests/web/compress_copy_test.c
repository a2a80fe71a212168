/* SPDX-License-Identifier: MIT */
/* Goal: a body that does not shrink goes through edo_compress_layer() by edo_copy(), which takes a
 * write of no bytes for a failure.
 * Method: noise, of which brotli and zstd keep back more than the layer's buffer takes; what the
 * client has got is sent back, and decoded. */
#include "web_server.h"

#include <edo/copy.h>
#include <edo/streams.h>
#include <edo/web_compress.h>

#define NOISE_BYTES 300000

static char noise[NOISE_BYTES], got[2 * NOISE_BYTES];
static int copied; /* what edo_copy() has returned */

static void fill_noise(void) {
    uint32_t random = 1;
    for (size_t i = 0; i < sizeof noise; i++) {
        random = random * 1664525 + 1013904223;
        noise[i] = (char)(random >> 24);
    }
}

static int copies_noise(edo_web *w) {
    edo_stream *from, *out;
    int64_t length = edo_web_query_text(w).len > 0 ? NOISE_BYTES : -1;
    EDO_TEST_OK(edo_stream_mem(&from, noise, sizeof noise));
    EDO_TEST_OK(edo_response_stream(edo_web_response(w), &out, length));
    copied = edo_copy(out, from, NULL);
    edo_close(from);
    return copied;
}

static int compares(edo_web *w) {
    edo_str body;
    EDO_TEST_OK(edo_web_body(w, &body));
    bool is_it = edo_str_equal(body, (edo_str){ noise, sizeof noise });
    return edo_web_reply_text(w, EDO_STATUS_OK, is_it ? "as it was" : "changed");
}

/* Asks for the noise in a coding, and sends back what comes. */
static void there_and_back(web_served *s, const char *target, const char *coding) {
    char head[256];
    heard h = { 0 };
    size_t len = 0;
    int n;
    edo_stream *c = client_of(&s->http);
    (void)snprintf(head, sizeof head, "GET %s HTTP/1.0\r\naccept-encoding: %s\r\n\r\n", target,
                   coding);
    say(c, head);
    while ((n = edo_read(c, got + len, sizeof got - len)) > 0) len += (size_t)n;
    edo_close(c);
    if (copied < 0) (void)fprintf(stderr, "%s %s\n", target, coding);
    CHECK_EQ(copied, 0);
    const char *body = memmem(got, len, "\r\n\r\n", 4);
    CHECK(body != NULL);
    len -= (size_t)(body + 4 - got);
    c = client_of(&s->http);
    (void)snprintf(head, sizeof head,
                   "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-encoding: %s\r\n"
                   "content-length: %zu\r\n\r\n",
                   coding, len);
    say(c, head);
    CHECK_EQ(edo_write_all(c, body + 4, len), 0);
    CHECK(hear_until(c, &h, NULL));
    edo_close(c);
    CHECK(has(&h, "as it was"));
}

static int copy(void *arg) {
    static const char *const codings[] = { "zstd", "br", "gzip", "deflate" };
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    fill_noise();
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", copies_noise);
    edo_router_post(r, "/", compares);
    edo_router_wrap(r, edo_compress_layer(&(edo_compress_opts){ .gathers = true }),
                    edo_decompress_layer(NULL));
    web_begin(&s, r);
    for (size_t i = 0; i < EDO_COUNT(codings); i++) {
        if (!(edo_web_codings() & UINT32_C(1) << i)) continue;
        there_and_back(&s, "/", codings[i]);
        there_and_back(&s, "/?length", codings[i]);
    }
    return web_end(&s);
}

static void copy_goes_through_a_coder_that_keeps_back_more_than_a_buffer(void **state) {
    (void)state;
    assert_int_equal(inside(copy, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copy_goes_through_a_coder_that_keeps_back_more_than_a_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
