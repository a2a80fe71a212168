/* SPDX-License-Identifier: MIT */
/* http/server/exchange/response.c: what handlers set in their response, and what they send before
 * they return. */
#include "http/headers/index.h"
#include "http/headers/map.h"
#include "http/server/exchange/exchange.h"
#include "http/server/exchange/hooks.h"
#include "http/types/list.h"
#include "io/buffered/piece.h"

#include <edo/error.h>
#include <edo/file.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <sys/stat.h>

/* ---- Whole bodies, sent after the handler ---------------------------------------------------- */

/* Sets a content type that is known to be valid, and lives as long as the response. */
static int response_set_type(edo_response *res, edo_str type) {
    const edo_header field = { .name = EDO_STR("content-type"),
                               .value = type,
                               .id = EDO_HEADER_CONTENT_TYPE };
    if (res->headers.n > 0) (void)edo_headers_remove(&res->headers, EDO_HEADER_CONTENT_TYPE);
    return edoi_headers_push(&res->headers, &field);
}

static void set_whole(edo_response *res, edo_status status, edo_str body) {
    edoi_response_body *b = &edoi_exchange_of_response(res)->reply;
    edo_bytes_unref(&b->share);
    b->whole = body;
    res->status = status;
}

static int response_copy(edo_response *res, edo_str *s) {
    char *copied = edo_arena_text(&edoi_exchange_of_response(res)->arena, s->len);
    if (!copied) return -ENOMEM;
    if (s->len > 0) memcpy(copied, s->ptr, s->len);
    s->ptr = copied;
    return 0;
}

static bool response_is_sent(edo_response *res) {
    return edoi_exchange_of_response(res)->reply.head_sent;
}

int edo_response_text(edo_response *res, edo_status status, edo_str text) {
    if (response_is_sent(res)) return -EBUSY;
    int err = response_copy(res, &text);
    if (err == 0) err = response_set_type(res, EDO_STR("text/plain; charset=utf-8"));
    if (err == 0) set_whole(res, status, text);
    return err;
}

#define STACK_MAX (256u << 10) /* bytes; a frame that is further away is on another stack */

EDOI_NOINLINE bool edoi_exchange_has_local(const edoi_http_exchange *x, const void *object) {
    uintptr_t here = (uintptr_t)__builtin_frame_address(0), at = (uintptr_t)object;
    uintptr_t bytes = (uintptr_t)x->frame - here;
    return bytes < STACK_MAX && at - here < bytes;
}

/* Of an empty body nothing is sent. */
static bool is_local(edo_response *res, edo_str body) {
    return body.len > 0 && edoi_exchange_has_local(edoi_exchange_of_response(res), body.ptr);
}

int edo_response_data(edo_response *res, edo_status status, edo_str type, edo_str body) {
    if (response_is_sent(res)) return -EBUSY;
    if (EDO_MISUSE(is_local(res, body), "a body that is a local of its handler"))
        return -EDO_EMISUSE;
    int err = edo_headers_set(&res->headers, EDO_HEADER_CONTENT_TYPE, type);
    if (err == 0) set_whole(res, status, body);
    return err;
}

int edo_response_bytes(edo_response *res, edo_status status, edo_str type, edo_bytes *body) {
    int err = edo_response_data(res, status, type, body->str);
    if (err < 0) return err;
    edoi_exchange_of_response(res)->reply.share = *body;
    *body = (edo_bytes){ 0 };
    return 0;
}

/* ---- Sent at once ---------------------------------------------------------------------------- */

bool edoi_http_has_no_body(const edoi_http_exchange *x) {
    edo_status s = x->res.status;
    return x->req.method == EDO_METHOD_HEAD || s == EDO_STATUS_NO_CONTENT ||
           s == EDO_STATUS_RESET_CONTENT || s == EDO_STATUS_NOT_MODIFIED || edoi_http_is_tunnel(x);
}

static edoi_framing framing_of(const edoi_http_exchange *x, int64_t length) {
    if (edoi_http_has_no_body(x)) return EDOI_FRAMING_FORBIDDEN;
    if (length >= 0) return EDOI_FRAMING_LENGTH;
    return x->req.version >= EDO_HTTP_11 ? EDOI_FRAMING_CHUNKED : EDOI_FRAMING_CLOSE;
}

/* Has the handler put "close" into Connection? */
static EDOI_NOINLINE bool says_close(const edo_headers *h) {
    for (const edo_header *f = NULL; (f = edo_headers_next(h, f, EDO_HEADER_CONNECTION));) {
        edo_str options = f->value, option;
        while (edoi_list_next(&options, &option))
            if (edoi_header_names_equal(option, EDO_STR("close"))) return true;
    }
    return false;
}

/* Does the connection end with this response? A client that has sent too much needs another
 * connection before it can do so again. */
static bool is_last(const edoi_http_exchange *x, edoi_framing framing) {
    return framing == EDOI_FRAMING_CLOSE || edoi_http_server_drains(x->server) ||
           x->res.status == EDO_STATUS_CONTENT_TOO_LARGE ||
           (framing == EDOI_FRAMING_FORBIDDEN && edoi_http_is_tunnel(x)) ||
           (edoi_headers_has(&x->res.headers, EDO_HEADER_CONNECTION) &&
            says_close(&x->res.headers));
}

/* Looks whether a handler may send the head now. Returns 0 or a negative code. */
static int may_begin(const edoi_http_exchange *x) {
    if (x->reply.head_sent) return -EBUSY;
    return edoi_http_is_sendable(&x->res) ? 0 : -EINVAL;
}

/* Prints the head for a body of `length` bytes; -1: unknown. */
EDOI_INLINE int begin_body(edoi_http_exchange *x, int64_t length) {
    edoi_response_body *b = &x->reply;
    edoi_framing framing = framing_of(x, length);
    if (is_last(x, framing)) x->keeps = false;
    int err = x->wire->send_head(x, framing, (uint64_t)length);
    b->head_is_refused = err == -EMSGSIZE || err == -EDO_EMISUSE;
    if (err < 0) return err;
    b->head_sent = true;
    b->framing = framing;
    b->left = framing == EDOI_FRAMING_LENGTH ? (uint64_t)length : UINT64_MAX;
    return 0;
}

/* Prints the head for a body that is written now, as the hooks change it. Sets `*out` to the stream
 * that the body is written to. */
static EDOI_NOINLINE int begin_stream(edoi_http_exchange *x, edo_stream **out, int64_t length) {
    edo_response_head head = { .length = length };
    int err = may_begin(x);
    *out = &x->reply.stream;
    if (err == 0 && x->res.hooks) err = edoi_response_hooks_head(x, &head, out);
    return err < 0 ? err : begin_body(x, head.length);
}

int edo_response_stream(edo_response *res, edo_stream **out, int64_t length) {
    edoi_http_exchange *x = edoi_exchange_of_response(res);
    int err = edo_budget_consume();
    if (err == 0) err = may_begin(x);
    if (err == 0 && res->status < EDO_STATUS_MULTIPLE_CHOICES) err = x->wire->invite(x);
    if (err == 0) err = begin_stream(x, out, length);
    return err < 0 ? err : x->wire->begin_body(x);
}

edo_headers *edo_response_trailers(edo_response *res) {
    edoi_http_exchange *x = edoi_exchange_of_response(res);
    edoi_response_body *b = &x->reply;
    if (b->trailers) return b->trailers;
    b->trailers = edo_arena_alloc(&x->arena, sizeof *b->trailers);
    b->lacks_trailers = !b->trailers;
    if (!b->trailers) return &res->headers; // where they are lost, and the end of the body fails
    edoi_headers_init_in(b->trailers, &x->arena);
    return b->trailers;
}

/* Returns the length of a file, as the kernel knows it: a network file system is not asked, since
 * that might block the thread. */
static int response_length_of(edo_stream *file, int64_t *length) {
    struct statx st;
    const unsigned wanted = STATX_TYPE | STATX_SIZE;
    if (statx(file->ops->fd(file), "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, wanted, &st) < 0)
        return -errno;
    if (S_ISDIR(st.stx_mode)) return -EISDIR;
    if (!S_ISREG(st.stx_mode)) return edo_fail(-EINVAL, "it is no regular file");
    *length = (int64_t)st.stx_size;
    return 0;
}

static int move_file(edoi_http_exchange *x, edo_stream *file, uint64_t offset, uint64_t n) {
    int err = x->wire->send_file(x, file, offset, n);
    if (err < 0) return err;
    x->reply.left = 0;
    x->reply.written = n;
    return 0;
}

#define FILE_PIECE 16384u

/* Writes the file through the stream of a hook. */
static int write_file(edoi_http_exchange *x, edo_stream *out, edo_stream *file, uint64_t offset,
                      uint64_t n) {
    char *piece = edo_arena_text(&x->arena, FILE_PIECE);
    if (!piece) return -ENOMEM;
    for (uint64_t end = offset + n; offset < end;) {
        uint64_t most = end - offset < FILE_PIECE ? end - offset : FILE_PIECE;
        int got = edo_file_read_at(file, piece, (size_t)most, offset);
        if (got == 0) return -EIO;
        if (got < 0) return got;
        int err = edo_write_all(out, piece, (size_t)got);
        if (err < 0) return err;
        offset += (uint64_t)got;
    }
    return 0;
}

static int response_send_file(edo_response *res, edo_str type, edo_stream *file, uint64_t offset,
                              int64_t n) {
    edoi_http_exchange *x = edoi_exchange_of_response(res);
    edo_stream *out = NULL;
    int err = edo_headers_set(&res->headers, EDO_HEADER_CONTENT_TYPE, type);
    if (err == 0) err = begin_stream(x, &out, n);
    if (err < 0 || x->reply.framing == EDOI_FRAMING_FORBIDDEN) return err;
    bool moves = out == &x->reply.stream && x->wire->send_file;
    return moves ? move_file(x, file, offset, (uint64_t)n)
                 : write_file(x, out, file, offset, (uint64_t)n);
}

int edo_response_file_part(edo_response *res, edo_str type, edo_stream *file, uint64_t offset,
                           uint64_t n) {
    if (offset > INT64_MAX || n > INT64_MAX - offset) return -EINVAL;
    int err = edo_budget_consume();
    if (err == 0) err = may_begin(edoi_exchange_of_response(res));
    return err < 0 ? err : response_send_file(res, type, file, offset, (int64_t)n);
}

int edo_response_file(edo_response *res, edo_str type, const char *path) {
    edo_stream *file = NULL;
    int64_t length = 0;
    int err = may_begin(edoi_exchange_of_response(res));
    // not waiting for the other end of a FIFO that has taken the file's place
    if (err == 0)
        err = edo_fs_open(&file, path, &(edo_fs_open_opts){ .flags = O_NONBLOCK | O_NOCTTY });
    if (err < 0) return err;
    err = response_length_of(file, &length);
    if (err == 0) err = response_send_file(res, type, file, 0, length);
    edo_close(file);
    return err;
}

int edo_response_cached_file(edo_response *res, edo_str type, edo_file_cache *cache,
                             const char *path) {
    edo_cached_file file;
    int err = edo_file_cache_get(cache, path, &file);
    if (err == -EFBIG) return edo_response_file(res, type, path);
    if (err < 0) return err;
    err = edo_response_bytes(res, res->status, type, &file.bytes);
    edo_bytes_unref(&file.bytes);
    return err;
}

int edo_response_informational(edo_response *res, edo_status status) {
    edoi_http_exchange *x = edoi_exchange_of_response(res);
    if (status != EDO_STATUS_PROCESSING && status != EDO_STATUS_EARLY_HINTS) return -EINVAL;
    int err = edo_budget_consume();
    if (err == 0 && x->reply.head_sent) err = -EBUSY;
    if (err < 0) return err;
    err = x->wire->send_informational(x, status);
    x->reply.hints_are_refused = err == -EMSGSIZE;
    return err;
}

/* ---- Pieces ---------------------------------------------------------------------------------- */

/* Sends what a write that was cut short has left. Returns 0 or a code. */
static int response_write_rest(edoi_http_exchange *x, edo_stream *out, edo_str rest) {
    const bool is_own = out == &x->reply.stream;
    int err = is_own && x->wire->put_rest ? x->wire->put_rest(x, rest) : -ENOBUFS;
    return err == -ENOBUFS ? edoi_write_rest(out, rest) : err;
}

int edoi_response_write_piece(edo_response *res, edo_stream *out, edo_str piece, bool *is_torn) {
    edo_writev_future f;
    int err = edo_await(edo_write_all_init(&f, out, piece.ptr, piece.len));
    *is_torn = false;
    if (err == 0 || f.done == 0) return err;
    if (err == -ECANCELED)
        err = response_write_rest(edoi_exchange_of_response(res), out,
                                  (edo_str){ piece.ptr + f.done, piece.len - f.done });
    *is_torn = err < 0;
    return err;
}

/* ---- The body of the response ---------------------------------------------------------------- */

void edoi_response_body_init(edoi_http_exchange *x) {
    x->reply =
        (edoi_response_body){ .stream = { .ops = x->wire->reply, .refs = EDOI_ATOMIC_INIT(1) } };
}

void edoi_response_body_deinit(edoi_http_exchange *x) {
    edo_bytes_unref(&x->reply.share);
    if (EDOI_UNLIKELY(x->reply.trailers)) edo_headers_deinit(x->reply.trailers);
}

int edoi_response_body_end(edoi_http_exchange *x) {
    const edoi_response_body *b = &x->reply;
    if (b->failed) return -EDO_EEOF;
    if (b->lacks_trailers) return -ENOMEM;
    if (b->framing == EDOI_FRAMING_LENGTH && b->left > 0)
        return edo_fail(-EDO_EEOF, "the body is %" PRIu64 " bytes shorter than was said", b->left);
    return x->wire->end_body(x);
}

/* ---- After the handler ----------------------------------------------------------------------- */

static int send_plain(edoi_http_exchange *x, edo_str whole) {
    x->reply.left = 0;
    x->reply.written = whole.len;
    return x->wire->send_whole(x, whole);
}

/* Writes the whole body through the streams of hooks. */
static int write_whole(edoi_http_exchange *x, edo_stream *out, edo_str whole) {
    while (whole.len > 0) {
        size_t n = whole.len < INT_MAX ? whole.len : INT_MAX;
        int err = edo_write_all(out, whole.ptr, n);
        if (err < 0) return err;
        whole.ptr += n;
        whole.len -= n;
    }
    int err = edoi_response_hooks_finish(x);
    return err < 0 ? err : edoi_response_body_end(x);
}

/* Do trailers follow, if only no bytes? */
static bool response_trails(const edoi_response_body *b) {
    return b->trailers && edo_headers_count(b->trailers) > 0;
}

/* Through the hooks, if there are any, and with trailers. */
static EDOI_NOINLINE int send_whole_in_parts(edoi_http_exchange *x) {
    edoi_response_body *b = &x->reply;
    edo_response_head head = { .length = (int64_t)b->whole.len, .whole = &b->whole };
    edo_stream *out = &b->stream;
    int err = edoi_response_hooks_head(x, &head, &out);
    if (err == 0 && !edoi_http_is_sendable(&x->res)) err = -EINVAL;
    bool trails = response_trails(b);
    b->sends_whole = out == &b->stream && !trails;
    b->is_remade = head.whole != &b->whole;
    if (err == 0) err = begin_body(x, head.length);
    if (err < 0 || b->framing == EDOI_FRAMING_FORBIDDEN) return err;
    if (out != &b->stream) return write_whole(x, out, *head.whole);
    if (head.whole->len > 0) return send_plain(x, *head.whole);
    return trails ? x->wire->end_body(x) : 0;
}

int edoi_http_send_whole(edoi_http_exchange *x) {
    edoi_response_body *b = &x->reply;
    bool is_empty = b->whole.len == 0;
    if (!x->wire->skip_body(x)) x->keeps = false;
    bool is_plain = x->res.hooks ? b->skips_hooks : !response_trails(b);
    b->is_remade = false;
    if (EDOI_UNLIKELY(!is_plain)) return send_whole_in_parts(x);
    b->sends_whole = true;
    int err = begin_body(x, (int64_t)b->whole.len);
    if (err < 0 || is_empty || b->framing != EDOI_FRAMING_LENGTH) return err;
    return send_plain(x, b->whole);
}
