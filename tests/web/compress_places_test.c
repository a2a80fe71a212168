/* SPDX-License-Identifier: MIT */
/* Goal: clients that only announce compressed bodies, or begin many, do not shut others out.
 * Method: heads and first bytes from two addresses, beside whole bodies. */
#include "web_server.h"

#include <edo/web_compress.h>

static int begun_n; /* of it */

static int says_body(edo_web *w) {
    edo_str body;
    begun_n++;
    int err = edo_web_body(w, &body);
    if (err < 0) return err;
    CHECK(edo_str_equal(body, EDO_STR("hello")));
    return edo_web_reply_text(w, EDO_STATUS_OK, "ok");
}

/* A client at an address, which sends a head and a byte of its body, or none. */
static edo_stream *begins(web_served *s, const char *from, const char *coding, const char *byte) {
    edo_stream *c;
    char head[256];
    EDO_TEST_OK(edo_tcp_connect(&c, s->http.address, &(edo_tcp_opts){ .bind = from }));
    (void)snprintf(head, sizeof head,
                   "POST /body HTTP/1.1\r\nhost: x\r\ncontent-encoding: %s\r\n"
                   "content-length: 900\r\n\r\n%s",
                   coding, byte);
    say(c, head);
    return c;
}

/* Does a whole body from that address get its response? */
static bool is_served(web_served *s, const char *from) {
    static const char hello[] = // gzip
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05"
        "\x00\x00\x00";
    heard h = { 0 };
    char head[256];
    edo_stream *c;
    EDO_TEST_OK(edo_tcp_connect(&c, s->http.address, &(edo_tcp_opts){ .bind = from }));
    (void)snprintf(head, sizeof head,
                   "POST /body HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
                   "content-encoding: gzip\r\ncontent-length: %zu\r\n\r\n",
                   sizeof hello - 1);
    say(c, head);
    EDO_TEST_OK(edo_write_all(c, hello, sizeof hello - 1));
    (void)hear_until(c, &h, NULL);
    edo_close(c);
    CHECK(has(&h, " 200 ") || (has(&h, " 503 ") && has(&h, "retry-after: 1\r\n")));
    return has(&h, " 200 ");
}

#define HEADS 65 /* one more than places */

static int shares(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_stream *all[HEADS];
    (void)arg;
    edo_router *r = edo_router_new();
    edo_router_post(r, "/body", says_body);
    edo_router_wrap(r, edo_decompress_layer(NULL));
    web_begin(&s, r);
    for (size_t i = 0; i < HEADS; i++) all[i] = begins(&s, "127.0.0.1:0", "gzip", "");
    WAIT_FOR_EQ(begun_n, HEADS);
    CHECK(is_served(&s, "127.0.0.1:0")); // a head takes nothing
    for (size_t i = 0; i < HEADS; i++) edo_close(all[i]);
    for (size_t i = 0; i < 15; i++) // bodies count, not their codings
        all[i] = begins(&s, "127.0.0.1:0", "gzip, gzip, gzip", "\x1f");
    WAIT_FOR_EQ(begun_n, HEADS + 1 + 15);
    CHECK(is_served(&s, "127.0.0.1:0"));
    all[15] = begins(&s, "127.0.0.1:0", "gzip", "\x1f");
    WAIT_FOR(!is_served(&s, "127.0.0.1:0")); // its share
    CHECK(is_served(&s, "127.0.0.2:0"));
    for (size_t i = 0; i < 16; i++) edo_close(all[i]);
    WAIT_FOR(is_served(&s, "127.0.0.1:0"));
    return web_end(&s);
}

static void one_client_does_not_shut_others_out(void **state) {
    (void)state;
    if (!(edo_web_codings() & EDO_CODING_GZIP)) {
        print_message("skipped: this build has no gzip\n");
        skip();
    }
    assert_int_equal(inside_real(shares, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_client_does_not_shut_others_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
