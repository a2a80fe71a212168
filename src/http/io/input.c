/* SPDX-License-Identifier: MIT */
/* http/io/input.c: see input.h. */
#include "http/io/input.h"

#include "base/assert.h"

#include <edo/error.h>

#include <errno.h>

#define LARGEST ((size_t)1 << 30) /* bytes of a head, so that positions have 32 bits */

void edoi_input_init(edoi_http_input *in, edo_stream *from) {
    in->from = from;
    edoi_stall_off(&in->stall);
    in->ptr = in->bytes;
    in->cap = sizeof in->bytes;
    in->floor = in->begin = in->end = 0;
    in->at_end = in->is_lost = in->is_drained = false;
    edo_buf_init(&in->large);
    edo_buf_init(&in->kept);
}

static void input_check(const edoi_http_input *in) {
    EDO_INV("input inv. 1", in->floor <= in->begin && in->begin <= in->end && in->end <= in->cap);
}

void edoi_input_deinit(edoi_http_input *in) {
    edo_buf_deinit(&in->large);
    edo_buf_deinit(&in->kept);
}

edo_polled edoi_input_poll_past(edoi_http_input *in, edo_cx *cx, edo_io_wait *wait,
                                const struct iovec *to, int *result) {
    if (in->from->ops->poll_read(in->from, cx, wait, to, 1, 0, result) == EDO_PENDING) {
        if (!edoi_stall_is_over(&in->stall, cx)) return EDO_PENDING;
        in->from->ops->unwait(in->from, wait); // ready at once: the caller does not
        *result = -ETIMEDOUT;
    }
    edoi_stall_end(&in->stall);
    if (*result == 0) in->at_end = true;
    if (*result < 0 && *result != -EAGAIN) in->is_lost = true;
    in->is_drained = *result < 0 || (size_t)*result < to->iov_len;
    return EDO_READY;
}

edo_polled edoi_input_poll(edoi_http_input *in, edo_cx *cx, edo_io_wait *wait, int *result) {
    input_check(in);
    if (in->begin == in->end) in->begin = in->end = in->floor;
    struct iovec room = { in->ptr + in->end, in->cap - in->end };
    if (edoi_input_poll_past(in, cx, wait, &room, result) == EDO_PENDING) return EDO_PENDING;
    if (*result > 0) in->end += (uint32_t)*result;
    input_check(in);
    return EDO_READY;
}

void edoi_input_unwait(edoi_http_input *in, edo_io_wait *wait) {
    edoi_stall_end(&in->stall);
    in->from->ops->unwait(in->from, wait);
}

void edoi_input_to_floor(edoi_http_input *in) {
    if (in->begin == in->floor) return;
    memmove(in->ptr + in->floor, in->ptr + in->begin, in->end - in->begin);
    in->end -= in->begin - in->floor;
    in->begin = in->floor;
}

void edoi_input_next(edoi_http_input *in) {
    input_check(in);
    in->floor = 0;
    if (EDOI_UNLIKELY(in->kept.ptr)) edo_buf_deinit(&in->kept);
}

/* Moves the input into a buffer of `cap` bytes. */
static int input_grow(edoi_http_input *in, size_t cap) {
    edo_buf grown = { 0 };
    int err = edo_buf_reserve(&grown, cap);
    if (err < 0) return err;
    in->end -= in->begin;
    memcpy(grown.ptr, in->ptr + in->begin, in->end);
    in->begin = 0;
    edo_buf_deinit(&in->large);
    in->large = grown;
    in->ptr = grown.ptr;
    in->cap = (uint32_t)cap;
    return 0;
}

int edoi_input_make_room(edoi_http_input *in, size_t most) {
    uint32_t held = in->end - in->begin;
    if (most > LARGEST) most = LARGEST;
    if (held >= most) return -EDO_ETOOLONG;
    if (held == in->cap) {
        size_t more = (size_t)in->cap * 2;
        return input_grow(in, (more < most ? more : most) + EDOI_HTTP_IN_TAIL);
    }
    memmove(in->ptr, in->ptr + in->begin, held);
    in->begin = 0;
    in->end = held;
    return 0;
}

int edoi_input_make_more(edoi_http_input *in, size_t most) {
    edo_buf old = in->large;
    edo_buf_init(&in->large);
    int err = input_grow(in, (most < LARGEST ? most : LARGEST) + EDOI_HTTP_IN_TAIL);
    if (err < 0) {
        in->large = old;
        return err;
    }
    in->kept = old;
    in->floor = 0;
    return 0;
}

int edoi_input_make_tail(edoi_http_input *in) {
    return input_grow(in, in->end - in->begin + EDOI_HTTP_IN_BYTES);
}
