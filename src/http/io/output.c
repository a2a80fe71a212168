/* SPDX-License-Identifier: MIT */
/* http/io/output.c: see output.h. */
#include "http/io/output.h"

#include "base/assert.h"

#include <edo/file.h>
#include <edo/scope.h>
#include <edo/task.h>

#include <errno.h>

#define FEW 4096u /* bytes that are copied, since a write of their own costs more */

void edoi_output_check(const edoi_http_output *o) {
    EDO_INV("output inv. 1", !o->lease || edoi_load_rlx_u32(&o->lease->state) != EDOI_OUTPUT_LENT);
    EDO_INV("output inv. 2", o->begin <= o->end && o->end <= sizeof o->bytes);
    EDO_INV("output inv. 2", o->begin < o->end || o->end == 0);
}

void edoi_output_append(edoi_http_output *o, const void *bytes, size_t n) {
    EDO_INV("output inv. 2", n <= edoi_output_room(o));
    memcpy(o->bytes + o->end, bytes, n);
    o->end += (uint32_t)n;
}

/* Ends a poll that is ready. */
static edo_polled output_is_ready(edoi_http_output *o, int *result, int value) {
    edoi_stall_end(&o->stall);
    *result = value;
    return EDO_READY;
}

/* Writes once: the bytes of the output, and `n` bytes behind them. Returns 1 if some were written,
 * with the number of those `n` in `*more`; 0 if it is pending; or a negative code. */
static int output_write_once(edoi_http_output *o, edo_cx *cx, edo_io_wait *wait, const void *bytes,
                             size_t n, size_t *more) {
    struct iovec vecs[2] = { { o->bytes + o->begin, o->end - o->begin },
                             { (void *)(uintptr_t)bytes, n } };
    size_t skip = vecs[0].iov_len == 0;
    int done;
    if (o->to->ops->poll_write(o->to, cx, wait, vecs + skip, 2 - skip - (n == 0), &done) ==
        EDO_PENDING) {
        if (!edoi_stall_is_over(&o->stall, cx)) return 0;
        o->to->ops->unwait(o->to, wait);    // ready at once: the caller does not
        edoi_store_rlx_u32(&o->is_lost, 1); // relaxed: a flag
        return -ETIMEDOUT;
    }
    edoi_stall_end(&o->stall);
    if (done < 0 && done != -EAGAIN) edoi_store_rlx_u32(&o->is_lost, 1); // relaxed: a flag
    if (done < 0) return done;
    edoi_stall_count(&o->stall, (size_t)done);
    size_t own = vecs[0].iov_len < (size_t)done ? vecs[0].iov_len : (size_t)done;
    o->begin += (uint32_t)own;
    if (o->begin == o->end) o->begin = o->end = 0;
    EDO_CHECK(edoi_output_check(o));
    *more = (size_t)done - own;
    return 1;
}

edo_polled edoi_output_poll_flush(edoi_http_output *o, edo_cx *cx, edo_io_wait *wait, int *result) {
    while (o->end > 0) {
        size_t none;
        int rc = output_write_once(o, cx, wait, NULL, 0, &none);
        if (rc == 0) return EDO_PENDING;
        if (rc < 0) return output_is_ready(o, result, rc);
    }
    return output_is_ready(o, result, 0);
}

edo_polled edoi_output_poll_write(edoi_http_output *o, edo_cx *cx, edo_io_wait *wait,
                                  const void *bytes, size_t n, int *result) {
    size_t more = 0;
    int rc;
    do {
        rc = output_write_once(o, cx, wait, bytes, n, &more);
        if (rc == 0) return EDO_PENDING;
    } while (rc > 0 && more == 0 && o->end > 0);
    return output_is_ready(o, result, rc < 0 ? rc : (int)more);
}

void edoi_output_unwait(edoi_http_output *o, edo_io_wait *wait) {
    edoi_stall_end(&o->stall);
    o->to->ops->unwait(o->to, wait);
}

/* ---- In a fiber ------------------------------------------------------------------------------ */

typedef struct write_future {
    edo_future base;
    edoi_http_output *out;
    const char *bytes;
    size_t left;
    edo_io_wait wait;
} write_future;

static edo_polled output_write_poll(edo_future *base, edo_cx *cx) {
    write_future *f = (write_future *)(void *)base;
    edoi_http_output *o = f->out;
    if (!edo_budget_take(cx)) return EDO_PENDING;
    int n = 0;
    while (o->end > 0 || f->left > 0) {
        edo_polled polled = edoi_output_poll_write(o, cx, &f->wait, f->bytes, f->left, &n);
        if (polled == EDO_PENDING) return EDO_PENDING;
        if (n < 0) break;
        f->bytes += n;
        f->left -= (size_t)n;
    }
    edoi_output_unwait(o, &f->wait);
    return edo_future_finish(base, n < 0 ? n : 0);
}

static void output_write_drop(edo_future *base) {
    if (edo_future_is_over(base)) return;
    write_future *f = (write_future *)(void *)base;
    edoi_output_unwait(f->out, &f->wait);
    edo_future_retire(base);
}

static const edo_future_ops write_ops = { .poll = output_write_poll,
                                          .drop = output_write_drop,
                                          .name = "edo_http_write",
                                          .size = sizeof(write_future),
                                          .flags = EDO_FUTURE_NOT_CANCEL_SAFE };

int edoi_output_send(edoi_http_output *o, const void *bytes, size_t n) {
    if (n <= FEW && n <= edoi_output_room(o)) {
        edoi_output_append(o, bytes, n);
        return 0;
    }
    write_future f = { .out = o, .bytes = bytes, .left = n };
    return edo_await(edo_future_init(&f.base, &write_ops));
}

int edoi_output_flush(edoi_http_output *o) {
    if (o->end == 0) return 0;
    edo_io_wait none = { 0 };
    int err = -EAGAIN;
    (void)edoi_output_poll_flush(o, NULL, &none, &err);
    if (err != -EAGAIN) return err;
    write_future f = { .out = o };
    return edo_await(edo_future_init(&f.base, &write_ops));
}

int edoi_output_sendfile(edoi_http_output *o, edo_stream *file, uint64_t offset, uint64_t n) {
    edo_str head = { o->bytes + o->begin, o->end - o->begin };
    uint64_t done = 0, sent;
    int err;
    do { // a write that is not done in time counts as a wait for the client
        edo_duration left = edoi_stall_left(&o->stall);
        edo_deadline limit;
        edo_deadline_begin(&limit, left);
        err = edo_sendfile(o->to, file, offset + done, n - done, head, &sent);
        err = edo_deadline_end(&limit, err);
        edoi_stall_count(&o->stall, sent);
        if (err == -ETIMEDOUT) edoi_stall_spend(&o->stall, left);
        done += sent;
        head = (edo_str){ 0 };
    } while (err == -ETIMEDOUT && sent > 0 && edoi_stall_left(&o->stall).ns > 0);
    o->begin = o->end = 0;
    if (err == -EPIPE || err == -ECONNRESET || err == -ETIMEDOUT) // other codes may be the file's
        edoi_store_rlx_u32(&o->is_lost, 1);                       // relaxed: a flag
    return err == -EDO_EEOF ? -EIO : err;
}
