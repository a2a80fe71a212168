/* SPDX-License-Identifier: MIT */
/* http_upload.c: takes uploads of any length into files, with the memory of one buffer.
 *
 *     http_upload DIRECTORY HOST:PORT
 *     curl -T film.mp4 http://127.0.0.1:8080/film.mp4
 *
 * The body is read as fast as the disk takes it: while the copy waits for the disk nothing is read,
 * the socket's buffer fills, and the client's writes wait. An upload that breaks off leaves no
 * file. */
#include <edo/copy.h>
#include <edo/edo.h>
#include <edo/http_server.h>
#include <edo/tmp.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The path of the file that "/name" stands for; a name with a slash or a dot in front is none. */
static bool path_of(char *path, size_t bytes, const char *directory, edo_str target) {
    if (target.len < 2 || target.ptr[1] == '.' || memchr(target.ptr + 1, '/', target.len - 1))
        return false;
    int n = snprintf(path, bytes, "%s%.*s", directory, (int)target.len, target.ptr);
    return n > 0 && (size_t)n < bytes;
}

/* The file gets its name when it is whole. */
static int store(edo_request *req, const char *directory, const char *path, uint64_t *bytes) {
    edo_tmp *tmp;
    int err = edo_tmp_open(&tmp, &(edo_tmp_opts){ .dir = directory });
    if (err < 0) return err;
    err = edo_copy(edo_tmp_stream(tmp), edo_request_body(req), bytes);
    if (err == 0) err = edo_tmp_keep(tmp, path);
    int closed = edo_tmp_close(tmp);
    return err < 0 ? err : closed;
}

static int upload(edo_request *req, edo_response *res, void *arg) {
    const char *directory = arg;
    char path[1024], text[64];
    uint64_t bytes;
    if (req->method != EDO_METHOD_PUT || !path_of(path, sizeof path, directory, req->target))
        return edo_response_text(res, EDO_STATUS_BAD_REQUEST, EDO_STR("PUT /name\n"));
    int err = store(req, directory, path, &bytes);
    if (err < 0) return err;
    (void)snprintf(text, sizeof text, "%" PRIu64 " bytes\n", bytes);
    return edo_response_text(res, EDO_STATUS_CREATED, edo_str_of(text));
}

static int root(void *arg) {
    char **argv = arg;
    const edo_http_server_opts opts = { .listen = argv[2], .announce = true };
    return edo_http_serve(upload, argv[1], &opts);
}

int main(int argc, char **argv) {
    return argc == 3 ? edo_main(root, argv) : 2;
}
