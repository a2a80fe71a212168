/* SPDX-License-Identifier: MIT */
/* http_get2.c: several requests, one after the other, on one connection as long as that lives.
 *
 *     http_get2 127.0.0.1:8080 /Ann /Bob */
#include <edo/copy.h>
#include <edo/edo.h>
#include <edo/http1.h>
#include <edo/pipe.h>

#include <errno.h>
#include <stdio.h>

static int get(edo_http1 *c, const char *target, edo_stream *out) {
    edo_http_response *res;
    int err = edo_http1_send(c, &res, &(edo_http_request){ .target = edo_str_of(target) });
    if (err < 0) return err;
    if (res->status != EDO_STATUS_OK) return edo_fail(-EPROTO, "%s: %u", target, res->status);
    return edo_copy(out, res->body, NULL);
}

/* On `*c` if it can still be used, else on a new connection, which is then `*c`. */
static int get_on(edo_http1 **c, const char *addr, const char *target, edo_stream *out) {
    for (;;) {
        bool is_old = *c && edo_http1_is_reusable(*c);
        if (!is_old) {
            edo_http1_close(*c);
            *c = NULL;
            int err = edo_http1_connect(c, addr, NULL);
            if (err < 0) return err;
            fprintf(stderr, "connected\n");
        }
        int err = get(*c, target, out);
        // The server may close a connection at rest at any time, also just before this request.
        if (err != -EDO_ECLOSED || !is_old) return err;
    }
}

static int root(void *arg) {
    char **argv = arg;
    edo_stream *out = NULL;
    edo_http1 *c = NULL;
    int err = edo_stdout(&out);
    for (char **target = argv + 2; err == 0 && *target; target++) {
        EDO_DEADLINE(d, edo_s(10));
        err = edo_deadline_end(&d, get_on(&c, argv[1], *target, out));
    }
    edo_http1_close(c);
    edo_close(out);
    return err;
}

int main(int argc, char **argv) {
    return argc >= 3 ? edo_main(root, argv) : 2;
}
