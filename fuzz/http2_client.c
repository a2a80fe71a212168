/* SPDX-License-Identifier: MIT */
/* fuzz/http2_client.c: a client's connection of HTTP/2, fed with frames. The input is a list of
 * them: type, flags, stream, length and payload; so most of what is made is framed well, and wrong
 * inside. Properties: each request ends, with a response or a code that its contract names, and the
 * connection with nothing left of it. */
#include "fuzz.h"

#include <edo/edo.h>
#include <edo/http2.h>
#include <edo/streams.h>
#include <edo/test.h>

#include <errno.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("\4\0\0\0\1\4\1\1\x88\0\1\1\2hi"),
    FUZZ_SEED("\4\0\0\6\0\3\0\0\0\1\1\4\1\5\x08\003103\1\5\1\1\x88"),
    FUZZ_SEED("\4\0\0\0\1\4\1\1\x88\0\0\1\2hi\1\5\1\5\0\1a\1b\1\4\3\1\x88\3\0\3\4\0\0\0\7"),
    FUZZ_SEED("\4\0\0\0\7\0\0\x08\0\0\0\1\0\0\0\0\1\5\1\1\x88"),
    FUZZ_SEED("\4\0\0\0\5\4\1\7\0\0\0\2\x82\x84\x86"),
    FUZZ_SEED("\4\0\0\0\6\0\0\x08........\x08\0\1\4\0\0\1\0\x08\0\0\4\0\0\1\0\3\0\1\4\0\0\0\0"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static int sees(const edo_http_response *res, void *arg) {
    (void)arg;
    EDO_TEST_TRUE(res->status >= 100 && res->status < 200);
    return 0;
}

static void reads(edo_http_response *res) {
    char bytes[256];
    int n;
    while ((n = edo_read(res->body, bytes, sizeof bytes)) > 0) {
    }
    EDO_TEST_TRUE(n != 0 || edo_http_response_trailers(res));
    EDO_TEST_TRUE(n == 0 || !edo_http_response_trailers(res));
}

/* One request whose body is in memory. */
static int sends(void *c) {
    edo_http_response *res;
    edo_http_request req = { .method = EDO_METHOD_POST,
                             .data = EDO_STR("body"),
                             .informational = sees };
    int err = edo_http2_send(c, &res, &req);
    if (err < 0) return 0;
    EDO_TEST_TRUE(res->status >= 200 && res->version == EDO_HTTP_2);
    reads(res);
    edo_http_response_free(res);
    return 0;
}

/* And one whose body is written. */
static int talks(void *c) {
    edo_http_response *res;
    edo_http_request req = { .method = EDO_METHOD_POST, .length = -1 };
    int err = edo_http2_open(c, &res, &req);
    if (err < 0) return 0;
    (void)edo_write_all(res->body, "body", 4);
    err = edo_http2_head(res);
    (void)edo_shutdown(res->body);
    if (err == 0) reads(res);
    (void)edo_http2_error(res);
    edo_http_response_free(res);
    return 0;
}

typedef struct feed {
    const uint8_t *data;
    size_t n;
} feed;

static int send_frames(edo_stream *to, const feed *f) {
    int err = 0;
    for (size_t at = 0; err == 0 && at + 4 <= f->n;) {
        const uint8_t *d = f->data + at;
        size_t n = d[3] < f->n - at - 4 ? d[3] : f->n - at - 4;
        const uint8_t head[9] = { 0, 0, (uint8_t)n, d[0], d[1], 0, 0, 0, d[2] };
        err = edo_write_all(to, head, sizeof head);
        if (err == 0 && n > 0) err = edo_write_all(to, d + 4, n);
        at += 4 + n;
    }
    return err;
}

static int feeds(void *arg) {
    edo_stream *client, *server;
    edo_http2 *c;
    EDO_TEST_OK(edo_duplex(&client, &server, 1 << 16));
    EDO_TEST_OK(edo_http2_over(&c, client, &(edo_http2_opts){ .host = "x" }));
    edo_task *first = edo_spawn(sends, c), *second = edo_spawn(talks, c);
    EDO_TEST_TRUE(first && second);
    for (int i = 0; i < 10; i++) EDO_TEST_OK(edo_yield());
    (void)send_frames(server, arg);
    (void)edo_shutdown(server);
    EDO_TEST_OK(edo_task_join(first));
    EDO_TEST_OK(edo_task_join(second));
    EDO_TEST_TRUE(!edo_http2_is_open(c, false));
    edo_http2_close(c);
    edo_close(server);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    feed f = { data, n };
    edo_runtime *rt;
    EDO_TEST_OK(
        edo_runtime_new(&rt, &(edo_runtime_opts){ .start_paused = true, .watchdog = EDO_OFF }));
    EDO_TEST_EQ(edo_run(rt, feeds, &f), 0);
    EDO_TEST_OK(edo_runtime_shutdown(rt, edo_s(5)));
    edo_runtime_free(rt);
    return 0;
}
