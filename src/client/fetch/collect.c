/* SPDX-License-Identifier: MIT */
/* client/fetch/collect.c: bodies that are read as a whole: into memory, as JSON, to a file. */
#include "client/fetch/fetch.h"
#include "coding/charset.h"
#include "fs/file/regular.h"

#include <edo/copy.h>
#include <edo/file.h>
#include <edo/json.h>

#include <errno.h>
#include <stdlib.h>

#define PIECE      16384u
#define FILE_PIECE 65536u

static size_t bytes_max_of(const edo_fetch_opts *o) {
    return o && o->bytes_max > 0 ? o->bytes_max : EDO_FETCH_BYTES_MAX;
}

/* Is the end of the body there, without a byte before it? To HEAD, and with 304, a response has the
 * length of what GET would have got. */
static bool collect_is_nothing(const edo_http_response *res) {
    char byte;
    return edo_try_read(res->body, &byte, 1) == 0;
}

int edo_http_response_collect(edo_http_response *res, edo_buf *out, size_t bytes_max) {
    size_t begun = out->len;
    bool is_known = res->length > 0 && (uint64_t)res->length <= bytes_max;
    int err = edo_budget_consume(), n;
    if (err < 0) return err;
    if (res->length > 0 && !is_known) return collect_is_nothing(res) ? 0 : -EMSGSIZE;
    err = edo_buf_reserve(out, is_known ? (size_t)res->length + 1 : PIECE);
    while (err == 0 && (n = edo_read(res->body, out->ptr + out->len, out->cap - out->len)) != 0) {
        if (n < 0) return n;
        out->len += (size_t)n;
        if (out->len - begun > bytes_max) return -EMSGSIZE;
        if (out->cap - out->len < 1) err = edo_buf_reserve(out, PIECE);
    }
    return err;
}

int edo_http_response_text(edo_http_response *res, edo_buf *out, size_t bytes_max) {
    size_t begun = out->len;
    int err = edo_http_response_collect(res, out, bytes_max);
    edo_str type = edo_headers_get(&res->headers, EDO_HEADER_CONTENT_TYPE);
    return err < 0 ? err : edoi_charset_to_utf8(out, begun, type);
}

int edo_http_response_json(edo_http_response *res, void *value, const edo_desc *desc,
                           size_t bytes_max) {
    edo_buf text = { 0 };
    int err = edo_http_response_collect(res, &text, bytes_max);
    if (err == 0) err = edo_json_decode(value, desc, (edo_str){ text.ptr, text.len });
    edo_buf_deinit(&text);
    return err;
}

/* ---- A call that reads all ------------------------------------------------------------------- */

typedef struct collecting {
    edo_buf bytes;
    size_t bytes_max;
} collecting;

static int collect_take(void *arg, edo_http_response *res) {
    collecting *c = arg;
    c->bytes.len = 0; // of an attempt before
    return edo_http_response_collect(res, &c->bytes, c->bytes_max);
}

/* Reads the body into `out`, which is empty. */
static int fetch_collect(edo_buf *out, edo_str url, const edo_fetch_opts *opts) {
    edo_http_response *res;
    collecting c = { .bytes_max = bytes_max_of(opts) };
    int err = edoi_fetch(&res, url, opts, collect_take, &c);
    if (err == 0) edo_http_response_free(res);
    *out = c.bytes;
    return err;
}

int edo_fetch_bytes(edo_bytes *out, edo_str url, const edo_fetch_opts *opts) {
    edo_buf bytes;
    int err = fetch_collect(&bytes, url, opts);
    if (err == 0) *out = edo_buf_freeze(&bytes);
    edo_buf_deinit(&bytes);
    return err;
}

int edo_fetch_json(void *value, const edo_desc *desc, edo_str url, const edo_fetch_opts *opts) {
    edo_buf text;
    int err = fetch_collect(&text, url, opts);
    if (err == 0) err = edo_json_decode(value, desc, (edo_str){ text.ptr, text.len });
    edo_buf_deinit(&text);
    return err;
}

/* ---- A file ---------------------------------------------------------------------------------- */

static int file_copy_told(edo_stream *file, edo_http_response *res, const edo_fetch_opts *o,
                          char *piece) {
    uint64_t done = 0;
    int n;
    while ((n = edo_read_available(res->body, piece, FILE_PIECE)) > 0) {
        int err = edo_write_all(file, piece, (size_t)n);
        if (err < 0) return err;
        done += (uint64_t)n;
        o->progress(o->arg, done, res->length);
    }
    return n;
}

static int file_copy(edo_stream *file, edo_http_response *res, const edo_fetch_opts *o) {
    if (!o || !o->progress) return edo_copy(file, res->body, NULL);
    char *piece = malloc(FILE_PIECE);
    int err = piece ? file_copy_told(file, res, o, piece) : -ENOMEM;
    free(piece);
    return err;
}

typedef struct saving {
    const char *path;
    const edo_fetch_opts *opts;
} saving;

/* What an attempt before has written is lost with the next one. */
static int save_take(void *arg, edo_http_response *res) {
    const saving *s = arg;
    edo_stream *file;
    const edo_fs_open_opts create = { .write = true, .create = true, .truncate = true };
    int err = edoi_fs_open_regular(&file, NULL, s->path, &create, EDOI_FS_PIPE | EDOI_FS_DEVICE);
    if (err < 0) return edo_fail(err, "opening %s", s->path);
    err = file_copy(file, res, s->opts);
    if (err == 0) err = edo_flush(file);
    edo_close(file);
    return err;
}

int edo_fetch_file(const char *path, edo_str url, const edo_fetch_opts *opts) {
    edo_http_response *res;
    saving s = { path, opts };
    int err = edoi_fetch(&res, url, opts, save_take, &s);
    if (err == 0) edo_http_response_free(res);
    return edo_fail(err, "saving %s", path);
}
