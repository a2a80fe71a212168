/* SPDX-License-Identifier: MIT */
/* client/fetch/coding.c: the body of a request, coded: in memory as a whole, so that it can be sent
 * again; else as it is read. */
#include "client/fetch/fetch.h"
#include "coding/shrink.h"

#include <edo/streams.h>

#include <errno.h>

#define PIECE_BYTES 16384u

static int fetch_say_coding(edoi_fetch_request *f, edoi_coding coding) {
    return edo_headers_append(&f->headers, EDO_HEADER_CONTENT_ENCODING, edoi_coding_name(coding));
}

/* Appends the coded bytes to `*out`, as long as they are fewer than `most`. */
static int coding_read(edo_buf *out, edo_stream *coded, size_t most) {
    int n;
    do n = edo_read_bytes(out, coded, PIECE_BYTES);
    while (n > 0 && out->len < most);
    return n < 0 ? n : 0;
}

static int fetch_code_memory(edoi_fetch_request *f, edoi_coding coding) {
    edo_stream *plain, *coded;
    edo_buf out = { 0 };
    int err = edo_stream_mem(&plain, f->req.data.ptr, f->req.data.len);
    if (err < 0) return err;
    err = edoi_shrink_new(&coded, plain, coding);
    edo_stream_unref(plain);
    if (err < 0) return err;
    err = coding_read(&out, coded, f->req.data.len);
    edo_close(coded);
    if (err < 0 || out.len >= f->req.data.len) { // it is sent as it is
        edo_buf_deinit(&out);
        return err;
    }
    edo_buf_deinit(&f->sent.memory);
    f->sent.memory = out;
    f->req.data = edo_buf_str(&f->sent.memory);
    return fetch_say_coding(f, coding);
}

static int fetch_code_stream(edoi_fetch_request *f, edoi_coding coding) {
    edo_stream *coded;
    int err = edoi_shrink_new(&coded, f->req.body, coding);
    if (err < 0) return err;
    edo_stream_unref(f->sent.stream);
    f->sent.stream = f->req.body = coded;
    f->req.length = -1;
    return fetch_say_coding(f, coding);
}

int edoi_fetch_code_body(edoi_fetch_request *f, const edo_fetch_opts *o) {
    if (o->coding.len == 0) return 0;
    int coding = edoi_coding_of(o->coding);
    if (coding < 0) return edo_fail(-EINVAL, "`coding` is none that there is");
    if (edo_headers_get(&f->headers, EDO_HEADER_CONTENT_ENCODING).ptr)
        return edo_fail(-EINVAL, "`coding` beside a Content-Encoding");
    if (coding == EDOI_CODING_NONE) return 0;
    if (!edoi_encoder_of((edoi_coding)coding))
        return edo_fail(-ENOTSUP, "`coding`: edo was built without its library");
    return f->req.body ? fetch_code_stream(f, (edoi_coding)coding)
                       : fetch_code_memory(f, (edoi_coding)coding);
}
