/* SPDX-License-Identifier: MIT */
/* http_put3.c: sends a file of any length, if the server wants it.
 *
 *     http_put3 127.0.0.1:8080 /film.mp4 film.mp4 */
#include <edo/copy.h>
#include <edo/edo.h>
#include <edo/file.h>
#include <edo/http1.h>
#include <edo/pipe.h>

#include <errno.h>
#include <stdio.h>

/* Sends what `body` has, in chunks, and prints the response. */
static int put(edo_http1 *c, const char *target, edo_stream *body, edo_stream *out) {
    edo_http_response *res;
    edo_http_request req = { .method = EDO_METHOD_PUT,
                             .target = edo_str_of(target),
                             .body = body,
                             .length = -1,
                             .expect_continue = true };
    int err = edo_http1_send(c, &res, &req);
    if (err == 0) err = edo_copy(out, res->body, NULL);
    if (err == 0 && res->status != EDO_STATUS_CREATED)
        err = edo_fail(-EPROTO, "%s: %u", target, res->status);
    return err;
}

static int root(void *arg) {
    char **argv = arg;
    edo_stream *out = NULL, *file = NULL;
    edo_http1 *c = NULL;
    int err = edo_stdout(&out);
    if (err == 0) err = edo_fs_open(&file, argv[3], NULL);
    if (err == 0) err = edo_http1_connect(&c, argv[1], NULL);
    if (err == 0) err = put(c, argv[2], file, out);
    edo_http1_close(c); // before the file, which a request may still read
    edo_close(file);
    edo_close(out);
    return err;
}

int main(int argc, char **argv) {
    return argc == 4 ? edo_main(root, argv) : 2;
}
