/* SPDX-License-Identifier: MIT */
/* shout.c: a body that streams both ways: POST /shout returns it in capitals, of any length. Each
 * request has a name, which a middleware gives it.
 *
 *     shout [HOST:PORT]
 *     yes hello | head -c 1G | curl -T - -X POST http://127.0.0.1:8080/shout >/dev/null */
#include <edo/edo.h>
#include <edo/web.h>

#include <ctype.h>
#include <stdio.h>

static int shout(edo_web *w) {
    edo_stream *in = edo_web_body_stream(w), *out;
    char buf[4096];
    int n = edo_web_reply_stream(w, &out, EDO_STATUS_OK, "text/plain");
    while (n >= 0 && (n = edo_read(in, buf, sizeof buf)) > 0) {
        for (int i = 0; i < n; i++) buf[i] = (char)toupper((unsigned char)buf[i]);
        n = edo_write_all(out, buf, (size_t)n); // waits while the client does not read
    }
    return n;
}

static int with_request_id(edo_web *w, edo_next *next) {
    char id[EDO_UUID_BYTES];
    int err = edo_web_set_header(w, "x-request-id", edo_uuid(id));
    return err < 0 ? err : edo_web_next(next, w);
}

static int app(void *arg) {
    edo_listener *l;
    int err = edo_tcp_listen(&l, arg, NULL);
    if (err < 0) return edo_fail(err, "listening on %s", (const char *)arg);
    printf("http://127.0.0.1:%u\n", (unsigned)edo_listener_port(l));
    (void)fflush(stdout);
    edo_router *r = edo_router_new();
    edo_router_post(r, "/shout", shout);
    edo_router_wrap_all(r, edo_web_around(with_request_id));
    const edo_http_server_opts http = { .listeners = &l, .listeners_n = 1 };
    err = edo_web_serve(r, &(edo_web_opts){ .http = &http }); // drains on SIGTERM
    edo_listener_close(l);
    return err;
}

int main(int argc, char **argv) {
    static char usual[] = "127.0.0.1:8080";
    return edo_main(app, argc > 1 ? argv[1] : usual);
}
