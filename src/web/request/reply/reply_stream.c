/* SPDX-License-Identifier: MIT */
/* web/request/reply/reply_stream.c: responses that a handler sends itself: streams, lines,
 * files. */
#include "io/buffered/piece.h"
#include "web/request/web.h"

#include <edo/error.h>
#include <edo/json.h>

#include <errno.h>

int edo_web_reply_stream(edo_web *w, edo_stream **out, edo_status status, const char *type) {
    edo_str said = edo_str_of(edoi_web_type(w, type));
    int err = edo_budget_consume();
    if (err == 0) err = edo_headers_set(&w->res->headers, EDO_HEADER_CONTENT_TYPE, said);
    if (err < 0) return err;
    w->res->status = status;
    err = edo_response_stream(w->res, out, -1);
    if (err == 0) w->is_refused = false;
    return err;
}

int edo_web_reply_json_lines(edo_web *w, edo_stream **out) {
    return edo_web_reply_stream(w, out, EDO_STATUS_OK, "application/x-ndjson");
}

/* A line of which the reader has a part closes the stream: what came next would be read as its
 * rest. */
static int reply_stream_send_line(edo_stream *out, edo_str line) {
    bool is_torn;
    int err = edoi_write_piece(out, line, &is_torn);
    if (is_torn) out->ops->close(out);
    return is_torn ? edo_fail(err, "a line was sent in part: its stream is closed") : err;
}

int edo_web_send_json_line(edo_stream *out, const void *value, const edo_desc *desc) {
    edo_buf line = { 0 };
    int err = edo_json_encode_reply(&line, value, desc);
    if (err == 0) err = edo_buf_append(&line, "\n", 1);
    if (err == 0) err = reply_stream_send_line(out, (edo_str){ line.ptr, line.len });
    edo_buf_deinit(&line);
    return err < 0 ? err : edo_flush(out);
}

/* Does the code mean that the path leads to no file for the client? It does not say why. */
static bool is_no_file(int err) {
    return err == -ENOENT || err == -ENOTDIR || err == -EISDIR || err == -EACCES ||
           err == -ENAMETOOLONG || err == -ELOOP;
}

int edo_web_reply_file(edo_web *w, const char *type, const char *path) {
    int err = edo_response_file(w->res, edo_str_of(edoi_web_type(w, type)), path);
    if (is_no_file(err)) return edoi_web_refuse(w, err, EDO_STATUS_NOT_FOUND, NULL);
    if (err == 0) w->is_refused = false;
    return err;
}
