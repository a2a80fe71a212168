/* SPDX-License-Identifier: MIT */
/* fuzz/http2.c: a connection of HTTP/2, fed with frames. The input is a list of them: type, flags,
 * stream, length and payload; so most of what is made is framed well, and wrong inside. Properties:
 * the server ends, whatever came, with nothing left of it, and each handler that began ends. */
#include "fuzz.h"

#include <edo/edo.h>
#include <edo/http2.h>
#include <edo/streams.h>
#include <edo/test.h>

#include <string.h>

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
#define HEAD    "\x82\x86\x84\x41\1x"        // GET http / of x
#define POST    "\x83\x86\x04\5/echo\x41\1x" // POST http /echo of x
#define UPGRADE "\2\7CONNECT\x86\4\5/echo\x41\1x\0\x09:protocol\1y"

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("\1\5\1\6" HEAD),
    FUZZ_SEED("\1\4\1\x0c" POST "\0\0\1\4body\0\1\1\4body"),
    FUZZ_SEED("\1\5\1\6" HEAD "\3\0\1\4\0\0\0\x08\1\5\3\6" HEAD),
    FUZZ_SEED("\1\4\1\x0c" POST
              "\x08\0\1\4\0\0\1\0\0\1\1\0\6\0\0\x08........\7\0\0\x08\0\0\0\0\0\0\0\0"),
    FUZZ_SEED("\1\1\1\3\x82\x86\x84\x09\4\1\3\x41\1x"),
    FUZZ_SEED("\4\0\0\6\0\4\0\0\0\0\1\5\1\6" HEAD "\x08\0\1\4\0\0\0\5"),
    FUZZ_SEED("\4\1\0\0\1\4\1\x21" UPGRADE "\0\0\1\2hi\0\1\1\0"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static int handlers;

static int echo(edo_request *req, edo_response *res) {
    edo_stream *out;
    int err = edo_upgrade(req, res, &out);
    if (err == 0) return edo_copy(out, out, NULL);
    err = edo_response_stream(res, &out, req->length);
    return err < 0 ? err : edo_copy(out, edo_request_body(req), NULL);
}

static int serve(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    handlers++;
    EDO_TEST_TRUE(req->target.len > 0 && req->version == EDO_HTTP_2);
    int err = edo_str_equal(req->target, EDO_STR("/echo"))
                  ? echo(req, res)
                  : edo_response_text(res, EDO_STATUS_OK, EDO_STR("Hello, World!"));
    handlers--;
    return err;
}

static int serves(void *stream) {
    return edo_http_serve_stream(serve, NULL, stream, NULL);
}

typedef struct feed {
    const uint8_t *data;
    size_t n;
} feed;

static int send_frames(edo_stream *to, const feed *f) {
    int err = edo_write_all(to, PREFACE, sizeof PREFACE - 1);
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
    char bytes[4096];
    EDO_TEST_OK(edo_duplex(&client, &server, 1 << 16));
    edo_task *task = edo_spawn(serves, server);
    EDO_TEST_TRUE(task);
    (void)send_frames(client, arg);
    (void)edo_shutdown(client);
    while (edo_read(client, bytes, sizeof bytes) > 0) {
    }
    EDO_TEST_EQ(edo_task_join(task), 0);
    EDO_TEST_EQ(handlers, 0);
    edo_close(client);
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
