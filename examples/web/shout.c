/* SPDX-License-Identifier: MIT */
/* shout.c: a body that streams both ways: POST /shout returns it in capitals, of any length. Each
 * request has a name, which a middleware gives it.
 *
 *     shout [HOST:PORT]
 *     yes hello | head -c 1G | curl -T - -X POST http://127.0.0.1:8080/shout >/dev/null */
#include <edo/edo.h>
#include <edo/uuid.h>
#include <edo/web.h>

static int shout(edo_web *w) {
    edo_stream *in = edo_web_body_stream(w), *out = NULL;
    char buf[4096];
    int n = edo_web_reply_stream(w, &out, EDO_STATUS_OK, "text/plain");
    while (n >= 0 && (n = edo_read(in, buf, sizeof buf)) > 0) {
        for (int i = 0; i < n; i++)
            if (buf[i] >= 'a' && buf[i] <= 'z') buf[i] = (char)(buf[i] - 0x20);
        n = edo_write_all(out, buf, (size_t)n); // waits while the client does not read
    }
    return n;
}

static int with_request_id(edo_web *w, edo_next *next) {
    char id[EDO_UUID_BYTES];
    edo_web_set_header(w, "x-request-id", edo_uuid(id));
    return edo_next_call(next, w);
}

static int app(void *arg) {
    edo_router *r = edo_router_new();
    edo_router_post(r, "/shout", shout);
    edo_router_wrap_all(r, edo_web_around(with_request_id));
    // Returns on SIGTERM, once what was begun is finished.
    return edo_web_serve(r, &(edo_web_opts){ .listen = arg, .announce = true });
}

int main(int argc, char **argv) {
    static char usual[] = "127.0.0.1:8080";
    return edo_main(app, argc > 1 ? argv[1] : usual);
}
