/* SPDX-License-Identifier: MIT */
/* grpc/call/messages.c: the messages of a call. */
#include "grpc/call/call.h"

#include "base/assert.h"

#include <edo/error.h>

/* ---- In -------------------------------------------------------------------------------------- */

static void messages_count(edo_atomic_u64 *n) {
    edoi_store_rlx_u64(n, edoi_load_rlx_u64(n) + 1);
}

/* Says what was wrong with what has come; other codes are of the connection. */
static int messages_fail(edo_grpc_call *call, int err) {
    switch (err) {
    case -EMSGSIZE:
        return edo_grpc_fail(call, EDO_GRPC_RESOURCE_EXHAUSTED,
                             "a message of %zu bytes is longer than %zu",
                             call->reader.message_bytes, call->reader.message_max);
    case -ENOMEM: return edo_grpc_fail(call, EDO_GRPC_RESOURCE_EXHAUSTED, "no memory");
    case -EDO_EEOF: return edo_grpc_fail(call, call->side->invalid, "a message is cut off");
    default: return err;
    }
}

int edoi_grpc_call_expand(edo_grpc_call *call, edo_str *message) {
    if (call->coding_in == EDOI_CODING_NONE)
        return edo_grpc_fail(call, call->side->invalid, "a message is compressed, but how?");
    call->was_compressed = true;
    int err =
        edoi_grpc_expand(&call->expanded, *message, call->coding_in, call->reader.message_max);
    *message = (edo_str){ call->expanded.len > 0 ? call->expanded.ptr : "", call->expanded.len };
    if (err == -EMSGSIZE)
        return edo_grpc_fail(call, EDO_GRPC_RESOURCE_EXHAUSTED,
                             "a message is longer than %zu when it is decompressed",
                             call->reader.message_max);
    if (err == -EBADMSG)
        return edo_grpc_fail(call, call->side->invalid, "a message cannot be decompressed");
    return err < 0 ? messages_fail(call, err) : 1;
}

/* Receives a message as it is. */
static int messages_next(edo_grpc_call *call, edo_str *out) {
    uint8_t flags = 0;
    edo_buf_deinit(&call->expanded); // so that no memory is held while it waits
    call->was_compressed = false;
    int got = edo_budget_consume();
    if (got == 0) got = edoi_grpc_reader_next(&call->reader, out, &flags);
    if (got < 0) return messages_fail(call, got);
    if (got > 0 && flags == EDOI_GRPC_COMPRESSED) return edoi_grpc_call_expand(call, out);
    if (got > 0 && flags != 0)
        return edo_grpc_fail(call, call->side->invalid, "unknown flags of a message: %u", flags);
    return got;
}

bool edo_grpc_was_compressed(const edo_grpc_call *call) {
    return call->was_compressed;
}

int edoi_grpc_decode(edo_grpc_call *call, const edoi_grpc_want *want, edo_str message,
                     bool borrows) {
    const edo_protobuf_opts opts = { .borrows = borrows };
    static const edo_protobuf_json_opts json_opts = { .ignores_unknown = true };
    int err =
        call->codec == EDOI_GRPC_JSON
            ? edo_protobuf_json_decode(want->out, want->desc, message, want->arena, &json_opts)
            : edo_protobuf_decode_with(want->out, want->desc, message, want->arena, &opts);
    if (err == 0) return 1;
    if (err == -EDO_EPROTOBUF || err == -EDO_EJSON)
        return edo_grpc_fail(call, call->side->invalid, "a message is not valid");
    if (err == -EMSGSIZE)
        return edo_grpc_fail(call, EDO_GRPC_RESOURCE_EXHAUSTED,
                             "a message stands for too much memory");
    return messages_fail(call, err);
}

int edoi_grpc_recv_want(edo_grpc_call *call, const edoi_grpc_want *want) {
    edo_str message = { NULL, 0 };
    int got = messages_next(call, want->bytes ? want->bytes : &message);
    EDO_CHECK(edoi_grpc_call_check_received(call));
    if (got > 0) messages_count(&call->received_n);
    return got <= 0 || want->bytes ? got : edoi_grpc_decode(call, want, message, true);
}

int edoi_grpc_recv_into(edo_grpc_call *call, void *out, const edo_desc *desc, edo_arena *arena) {
    const edoi_grpc_want want = { out, desc, arena, NULL };
    return call->side->recv ? call->side->recv(call, &want) : edoi_grpc_recv_want(call, &want);
}

int edo_grpc_recv(edo_grpc_call *call, void *out, const edo_desc *desc) {
    edo_arena_deinit(&call->decoded); // so that no memory is held while it waits
    return edoi_grpc_recv_into(call, out, desc, &call->decoded);
}

int edo_grpc_recv_bytes(edo_grpc_call *call, edo_str *out) {
    const edoi_grpc_want want = { .bytes = out };
    return call->side->recv ? call->side->recv(call, &want) : edoi_grpc_recv_want(call, &want);
}

/* ---- Out ------------------------------------------------------------------------------------- */

#define ROOM 251u /* of a message whose length is not known before: most are no longer */

static int messages_begin(edo_buf *frame, size_t n) {
    int err = edo_buf_reserve(frame, EDOI_GRPC_HEAD_BYTES + n);
    if (err == 0) frame->len = EDOI_GRPC_HEAD_BYTES;
    return err;
}

/* Sends a frame, whose head is not written yet. */
static int messages_write_frame(edo_grpc_call *call, const edo_buf *frame, uint8_t flags) {
    edoi_grpc_head_print(frame->ptr, flags, frame->len - EDOI_GRPC_HEAD_BYTES);
    int err = edoi_grpc_open(call);
    return err < 0 ? err : call->side->write(call, (edo_str){ frame->ptr, frame->len });
}

/* Sends a frame compressed, unless that does not make it shorter. */
static int messages_write_compressed(edo_grpc_call *call, const edo_buf *frame) {
    const edo_str message = { frame->ptr + EDOI_GRPC_HEAD_BYTES,
                              frame->len - EDOI_GRPC_HEAD_BYTES };
    edo_buf small = { 0 };
    int err = messages_begin(&small, 0);
    if (err == 0) err = edoi_grpc_compress(&small, message, call->coding_out);
    if (err == 0)
        err = messages_write_frame(call, &small, EDOI_GRPC_COMPRESSED);
    else if (err == -E2BIG)
        err = messages_write_frame(call, frame, 0);
    edo_buf_deinit(&small);
    return err;
}

/* Sends what stands in the buffer behind room for its head. */
static int messages_write(edo_grpc_call *call, const edo_buf *frame) {
    const size_t n = frame->len - EDOI_GRPC_HEAD_BYTES;
    int err = edo_budget_consume();
    if (err < 0) return err;
    if (n > call->send_max)
        // not by edo_grpc_fail(): a task that receives may call that at the same time
        return edo_fail(edo_grpc_error_of(EDO_GRPC_RESOURCE_EXHAUSTED),
                        "a message of %zu bytes is longer than %zu", n, call->send_max);
    err = call->coding_out == EDOI_CODING_NONE || call->sends_plain
              ? messages_write_frame(call, frame, 0)
              : messages_write_compressed(call, frame);
    if (err == 0) messages_count(&call->sent_n);
    return err;
}

void edo_grpc_compress(edo_grpc_call *call, bool is_on) {
    call->sends_plain = !is_on;
}

int edo_grpc_send_bytes(edo_grpc_call *call, edo_str message) {
    edo_buf frame = { 0 };
    int err = messages_begin(&frame, message.len);
    if (err == 0 && message.len > 0) err = edo_buf_append(&frame, message.ptr, message.len);
    if (err == 0) err = messages_write(call, &frame);
    edo_buf_deinit(&frame);
    return err;
}

int edo_grpc_send(edo_grpc_call *call, const void *message, const edo_desc *desc) {
    edo_buf frame = { 0 };
    int err = messages_begin(&frame, ROOM);
    if (err == 0)
        err = call->codec == EDOI_GRPC_JSON ? edo_protobuf_json_encode(&frame, message, desc, NULL)
                                            : edo_protobuf_encode(&frame, message, desc);
    if (err == 0) err = messages_write(call, &frame);
    edo_buf_deinit(&frame);
    return err;
}
