/* SPDX-License-Identifier: MIT */
/* client/fetch/body.c: the body of a request, of what the options say: bytes, a value, a
 * stream, a file, items, or a form with files. What is memory is sent as memory, which can be sent
 * again; else a stream is made of it.
 *
 * A form with files is their streams, and between them pieces of one buffer with all that is not a
 * file:
 *
 *     head | data | head      head | data | end
 *     piece 0            file 0            piece 1
 */
#include "client/fetch/fetch.h"
#include "fs/file/regular.h"

#include <edo/file.h>
#include <edo/http_fields.h>
#include <edo/json.h>
#include <edo/multipart_print.h>
#include <edo/streams.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int fetch_set_type(edoi_fetch_request *f, edo_str type) {
    if (edo_headers_get(&f->headers, EDO_HEADER_CONTENT_TYPE).ptr) return 0;
    return edo_headers_append(&f->headers, EDO_HEADER_CONTENT_TYPE, type);
}

/* The body is in memory now. */
static void fetch_use_memory(edoi_fetch_request *f) {
    f->req.data = (edo_str){ f->sent.memory.ptr, f->sent.memory.len };
}

/* ---- A file ---------------------------------------------------------------------------------- */

/* Finds out how many bytes a file has; `*bytes` is -1 if it does not say. The kernel's
 * own files say 0, as empty ones do, so that is looked at. */
static int body_length_of(int64_t *bytes, edo_stream *file, const struct stat *st) {
    char byte;
    *bytes = S_ISREG(st->st_mode) ? (int64_t)st->st_size : -1;
    if (*bytes != 0) return 0;
    int n = edo_file_read_at(file, &byte, 1, 0);
    if (n > 0) *bytes = -1;
    return n < 0 ? n : 0;
}

/* Opens a file. `*bytes`: as many are sent, though the file grows; -1: all that there are, as of
 * files that do not say how long they are. */
static int body_open(edo_stream **out, int64_t *bytes, const char *path) {
    struct stat st;
    edo_stream *file;
    int err = edoi_fs_open_regular(&file, &st, path, NULL, EDOI_FS_PIPE);
    if (err < 0) return edo_fail(err, "opening %s", path);
    err = body_length_of(bytes, file, &st);
    if (err < 0) {
        edo_close(file);
        return edo_fail(err, "opening %s", path);
    }
    *out = file;
    if (*bytes < 0) return 0;
    err = edo_stream_take(out, file, (uint64_t)*bytes);
    if (err < 0) edo_close(file);
    return err;
}

static edo_str base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return edo_str_of(slash ? slash + 1 : path);
}

static int fetch_set_file(edoi_fetch_request *f, const edo_fetch_opts *o) {
    int err = body_open(&f->sent.stream, &f->req.length, o->file);
    f->req.body = f->sent.stream;
    edo_str type = o->type.len > 0 ? o->type : edo_content_type_of(base_name(o->file));
    return err < 0 ? err : fetch_set_type(f, type);
}

/* ---- A form with files ----------------------------------------------------------------------- */

/* A form while it is made. */
typedef struct form_body {
    char boundary[EDO_MULTIPART_BOUNDARY_BYTES];
    edo_stream **streams; /* owned; pieces and files in turn, a piece at both ends */
    size_t *ends;         /* owned; where each piece ends in the buffer */
    size_t files_n;
    int64_t file_bytes; /* -1: not known */
} form_body;

static int form_body_add_file(form_body *form, const char *path) {
    int64_t bytes;
    int err = body_open(&form->streams[2 * form->files_n + 1], &bytes, path);
    if (err < 0) return err;
    form->files_n++;
    form->file_bytes = bytes < 0 || form->file_bytes < 0 ? -1 : form->file_bytes + bytes;
    return 0;
}

static int form_body_add(form_body *form, edo_buf *to, const edo_fetch_part *p) {
    edo_str name = p->filename, type = p->type;
    if (!p->name.ptr || (p->file && p->data.ptr)) return -EINVAL;
    if (p->file && !name.ptr) name = base_name(p->file);
    if (p->file && !type.ptr) type = edo_content_type_of(name);
    int err = edo_multipart_print_head(to, form->boundary, p->name, name, type);
    if (err < 0 || !p->file) return err < 0 ? err : edo_buf_append(to, p->data.ptr, p->data.len);
    form->ends[form->files_n] = to->len;
    return form_body_add_file(form, p->file);
}

/* Makes the streams of the pieces, whose buffer does not grow any more. */
static int form_body_add_pieces(form_body *form, const edo_buf *memory) {
    size_t begin = 0;
    int err = 0;
    form->ends[form->files_n] = memory->len;
    for (size_t i = 0; i <= form->files_n && err == 0; i++) {
        err = edo_stream_mem(&form->streams[2 * i], memory->ptr + begin, form->ends[i] - begin);
        begin = form->ends[i];
    }
    return err;
}

/* Makes one stream of `n`, of halves: so a read goes through few. On failure what is left in `all`
 * is the caller's. */
static int form_join(edo_stream **out, edo_stream **all, size_t n) {
    edo_stream *first = NULL, *second = NULL;
    *out = all[0];
    if (n == 1) all[0] = NULL;
    if (n == 1) return 0;
    int err = form_join(&first, all, n / 2);
    if (err == 0) err = form_join(&second, all + n / 2, n - n / 2);
    if (err == 0) err = edo_stream_chain(out, first, second);
    if (err == 0) return 0;
    edo_close(first);
    edo_close(second);
    return err;
}

static int form_make_stream(form_body *form, edoi_fetch_request *f) {
    int err = form_body_add_pieces(form, &f->sent.memory);
    if (err == 0) err = form_join(&f->sent.stream, form->streams, 2 * form->files_n + 1);
    if (err < 0) return err;
    f->req.body = f->sent.stream;
    f->req.length = form->file_bytes < 0 ? -1 : form->file_bytes + (int64_t)f->sent.memory.len;
    return 0;
}

static int form_make(form_body *form, edoi_fetch_request *f, const edo_fetch_opts *o) {
    form->streams = calloc(2 * o->parts_n + 1, sizeof(edo_stream *));
    form->ends = calloc(o->parts_n + 1, sizeof *form->ends);
    int err = form->streams && form->ends ? edo_multipart_make_boundary(form->boundary) : -ENOMEM;
    for (size_t i = 0; i < o->parts_n && err == 0; i++)
        err = form_body_add(form, &f->sent.memory, &o->parts[i]);
    if (err == 0) err = edo_multipart_print_end(&f->sent.memory, form->boundary);
    if (err < 0) return err;
    if (form->files_n > 0) return form_make_stream(form, f);
    fetch_use_memory(f);
    return 0;
}

static int fetch_set_parts(edoi_fetch_request *f, const edo_fetch_opts *o) {
    form_body form = { .files_n = 0 };
    char type[64 + EDO_MULTIPART_BOUNDARY_BYTES];
    int err = form_make(&form, f, o);
    for (size_t i = 0; form.streams && i < 2 * o->parts_n + 1; i++) edo_close(form.streams[i]);
    free(form.streams);
    free(form.ends);
    int n = snprintf(type, sizeof type, "multipart/form-data; boundary=%s", form.boundary);
    return err < 0 ? err : fetch_set_type(f, (edo_str){ type, (size_t)n });
}

/* ---- All ------------------------------------------------------------------------------------- */

static int bodies_n(const edo_fetch_opts *o) {
    return (o->data.ptr != NULL) + (o->json != NULL) + (o->form != NULL) + (o->body != NULL) +
           (o->file != NULL) + (o->seq != NULL) + (o->parts != NULL);
}

bool edoi_fetch_has_body(const edo_fetch_opts *o) {
    return bodies_n(o) > 0;
}

/* A stream of the caller's, or of its items. Its type is what the caller says, or none. */
static int fetch_set_stream(edoi_fetch_request *f, const edo_fetch_opts *o) {
    f->req.body = o->body ? o->body : f->sent.stream;
    f->req.length = o->body_length > 0 ? o->body_length : -1;
    return o->type.len > 0 ? fetch_set_type(f, o->type) : 0;
}

static int fetch_set_value(edoi_fetch_request *f, const edo_fetch_opts *o) {
    int err = o->json ? edo_json_encode(&f->sent.memory, o->json, o->json_desc)
                      : edoi_form_print(&f->sent.memory, o->form, o->form_desc);
    fetch_use_memory(f);
    edo_str type =
        o->json ? EDO_STR("application/json") : EDO_STR("application/x-www-form-urlencoded");
    return err < 0 ? err : fetch_set_type(f, o->type.len > 0 ? o->type : type);
}

int edoi_fetch_own_items(edoi_fetch_request *f, const edo_fetch_opts *o) {
    int err = o->seq ? edo_stream_from_seq(&f->sent.stream, o->seq) : 0;
    if (err < 0) edo_seq_free(o->seq);
    return err;
}

int edoi_fetch_set_body(edoi_fetch_request *f, const edo_fetch_opts *o) {
    if (bodies_n(o) == 0) return 0;
    if (bodies_n(o) > 1) return -EINVAL;
    if (o->parts && o->type.len > 0) // it has no boundary that the parts could have
        return edo_fail(-EINVAL, "`type` with `parts`: that is multipart/form-data");
    if (o->file) return fetch_set_file(f, o);
    if (o->parts) return fetch_set_parts(f, o);
    if (o->json || o->form) return fetch_set_value(f, o);
    if (o->body || o->seq) return fetch_set_stream(f, o);
    f->req.data = o->data;
    return fetch_set_type(f, o->type.len > 0 ? o->type : EDO_STR("application/octet-stream"));
}
