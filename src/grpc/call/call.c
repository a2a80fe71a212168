/* SPDX-License-Identifier: MIT */
/* grpc/call/call.c: how a call begins and ends, and its metadata. */
#include "grpc/call/call.h"

#include "base/assert.h"
#include "grpc/wire/metadata.h"
#include "grpc/wire/status.h"

#include <edo/grpc_details.h>
#include <edo/scope.h>

#include <stdarg.h>

#define FIELD_BYTES 32u /* that each field counts beside its bytes (RFC 9113, 6.5.2) */

void edoi_grpc_call_begin(edo_grpc_call *call) {
    call->decoded.chunk_bytes = 512;
}

void edoi_grpc_call_end(edo_grpc_call *call) {
    EDO_CHECK(edoi_grpc_call_check(call));
    edoi_grpc_reader_deinit(&call->reader);
    edo_arena_deinit(&call->decoded);
    edo_buf_deinit(&call->expanded);
}

void edoi_grpc_call_check_received(const edo_grpc_call *call) {
    EDO_INV("call inv. 2", call->reader.given <= call->reader.buf.len);
    EDO_INV("call inv. 2", call->expanded.len == 0 || call->was_compressed);
}

void edoi_grpc_call_check(const edo_grpc_call *call) {
    const size_t max = EDOI_GRPC_METADATA_MAX;
    EDO_INV("call inv. 1", call->first_bytes <= max && call->last_bytes <= max);
    EDO_INV("call inv. 1", call->last || (call->last_bytes == 0 && call->details.details_n == 0));
    edoi_grpc_call_check_received(call);
}

edo_arena *edo_grpc_arena(edo_grpc_call *call) {
    return call->arena;
}

edo_duration edo_grpc_deadline(const edo_grpc_call *call) {
    (void)call;
    return edo_deadline_left();
}

/* ---- Failures -------------------------------------------------------------------------------- */

int edo_grpc_fail(edo_grpc_call *call, edo_grpc_status status, const char *format, ...) {
    char text[EDOI_GRPC_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    size_t len = edoi_grpc_message_print(text, format, args);
    va_end(args);
    const char *copy = edo_arena_copy(call->arena, text, len);
    call->status = edoi_grpc_status_failed(status);
    call->failed = edo_grpc_error_of(call->status);
    call->message = copy ? (edo_str){ copy, len } : (edo_str){ "", 0 };
    return call->failed;
}

int edo_grpc_detail(edo_grpc_call *call, const char *type, const void *detail,
                    const edo_desc *desc) {
    if (!call->last) return -ENOTSUP;
    return edoi_grpc_details_add(&call->details, call->arena, type, detail, desc);
}

int edo_grpc_fail_with(edo_grpc_call *call, const edo_grpc_failure *failure) {
    const edo_str text = failure->message;
    for (size_t i = 0; call->last && i < failure->details_n; i++)
        // the status arrives, whatever there is room for beside it
        (void)edoi_grpc_details_copy(&call->details, call->arena, &failure->details[i]);
    return edo_grpc_fail(call, (edo_grpc_status)failure->code, "%.*s", (int)text.len,
                         text.len > 0 ? text.ptr : "");
}

/* ---- Metadata -------------------------------------------------------------------------------- */

edo_str edo_grpc_metadata_at(edo_grpc_call *call, const char *key, size_t i) {
    return edoi_grpc_metadata_get(call->received, edo_str_of(key), i, call->arena);
}

edo_str edo_grpc_metadata(edo_grpc_call *call, const char *key) {
    return edo_grpc_metadata_at(call, key, 0);
}

const edo_headers *edo_grpc_headers(const edo_grpc_call *call) {
    return call->received;
}

static size_t call_bytes_of(const edo_headers *h) {
    size_t bytes = 0;
    for (size_t i = 0; i < edo_headers_count(h); i++) {
        const edo_header *f = edo_headers_at(h, i);
        bytes += f->name.len + f->value.len + FIELD_BYTES;
    }
    return bytes;
}

static int call_add(edo_headers *to, size_t *bytes, const char *key, edo_str value) {
    size_t n = edo_headers_count(to);
    int err = edoi_grpc_metadata_add(to, edo_str_of(key), value);
    if (err < 0) return err;
    const edo_header *f = edo_headers_at(to, n);
    size_t more = f->name.len + f->value.len + FIELD_BYTES;
    if (more > EDOI_GRPC_METADATA_MAX - *bytes) {
        (void)edo_headers_truncate(to, n);
        return -EMSGSIZE;
    }
    *bytes += more;
    EDO_INV("call inv. 1", *bytes <= call_bytes_of(to));
    return 0;
}

int edo_grpc_add_metadata(edo_grpc_call *call, const char *key, edo_str value) {
    return call->is_open ? -EBUSY : call_add(call->first, &call->first_bytes, key, value);
}

int edo_grpc_add_trailer(edo_grpc_call *call, const char *key, edo_str value) {
    return call->last ? call_add(call->last, &call->last_bytes, key, value) : -ENOTSUP;
}

int edo_grpc_send_metadata(edo_grpc_call *call) {
    int err = edo_budget_consume();
    if (err == 0 && call->is_open) err = -EBUSY;
    return err < 0 ? err : edoi_grpc_open(call);
}

int edoi_grpc_open(edo_grpc_call *call) {
    if (call->is_open) return 0;
    call->is_open = true;
    return call->side->open(call);
}
