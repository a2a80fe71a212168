/* SPDX-License-Identifier: MIT */
/* http_get1.c: one request on one connection.
 *
 *     http_get1 127.0.0.1:8080 /Ann */
#include <edo/copy.h>
#include <edo/edo.h>
#include <edo/http1.h>
#include <edo/pipe.h>

#include <errno.h>
#include <stdio.h>

/* Prints the body of a response. */
static int get(edo_http1 *c, const char *target, edo_stream *out) {
    edo_http_response *res;
    int err = edo_http1_send(c, &res, &(edo_http_request){ .target = edo_str_of(target) });
    if (err < 0) return err;
    if (res->status != EDO_STATUS_OK) return edo_fail(-EPROTO, "%s: %u", target, res->status);
    return edo_copy(out, res->body, NULL);
}

static int root(void *arg) {
    char **argv = arg;
    edo_stream *out = NULL;
    edo_http1 *c = NULL;
    int err = edo_stdout(&out);
    EDO_DEADLINE(d, edo_s(10));
    if (err == 0) err = edo_http1_connect(&c, argv[1], NULL);
    if (err == 0) err = get(c, argv[2], out);
    edo_http1_close(c);
    edo_close(out);
    return edo_deadline_end(&d, err);
}

int main(int argc, char **argv) {
    return argc == 3 ? edo_main(root, argv) : 2;
}
