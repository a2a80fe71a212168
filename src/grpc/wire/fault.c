/* SPDX-License-Identifier: MIT */
/* grpc/wire/fault.c: see fault.h. */
#include "grpc/wire/fault.h"
#include "grpc/wire/status.h"

#include <edo/grpc_details.h>
#include <edo/json.h>

#define STATUS_CLIENT_CLOSED 499u /* of no registry; servers log it for clients that have gone */

/* By number, as Connect has them. */
static const struct {
    const char *code;
    uint16_t http;
} faults[] = {
    { "ok", EDO_STATUS_OK },
    { "canceled", STATUS_CLIENT_CLOSED },
    { "unknown", EDO_STATUS_INTERNAL_SERVER_ERROR },
    { "invalid_argument", EDO_STATUS_BAD_REQUEST },
    { "deadline_exceeded", EDO_STATUS_GATEWAY_TIMEOUT },
    { "not_found", EDO_STATUS_NOT_FOUND },
    { "already_exists", EDO_STATUS_CONFLICT },
    { "permission_denied", EDO_STATUS_FORBIDDEN },
    { "resource_exhausted", EDO_STATUS_TOO_MANY_REQUESTS },
    { "failed_precondition", EDO_STATUS_BAD_REQUEST },
    { "aborted", EDO_STATUS_CONFLICT },
    { "out_of_range", EDO_STATUS_BAD_REQUEST },
    { "unimplemented", EDO_STATUS_NOT_IMPLEMENTED },
    { "internal", EDO_STATUS_INTERNAL_SERVER_ERROR },
    { "unavailable", EDO_STATUS_SERVICE_UNAVAILABLE },
    { "data_loss", EDO_STATUS_INTERNAL_SERVER_ERROR },
    { "unauthenticated", EDO_STATUS_UNAUTHORIZED },
};
_Static_assert(EDO_COUNT(faults) == EDOI_GRPC_STATUSES_N, "each status has a row");

static size_t fault_row(edo_grpc_status status) {
    return (size_t)status < EDO_COUNT(faults) ? (size_t)status : EDO_GRPC_UNKNOWN;
}

edo_status edoi_grpc_http_of(edo_grpc_status status) {
    return (edo_status)faults[fault_row(status)].http;
}

/* ---- Connect --------------------------------------------------------------------------------- */

static int fault_put_member(edo_json_writer *w, edo_str name, edo_str text) {
    int err = edo_json_writer_name(w, name);
    return err < 0 ? err : edo_json_writer_string(w, text);
}

/* {"type":"google.rpc.RetryInfo","value":"…"}: the bytes as base64 without padding. */
static int fault_put_detail(edo_json_writer *w, const google_protobuf_any *detail) {
    edo_buf text = { 0 };
    int err = edo_base64_encode(detail->value.str, &text);
    while (text.len > 0 && text.ptr[text.len - 1] == '=') text.len--;
    if (err == 0) err = edo_json_writer_begin_object(w);
    if (err == 0) err = fault_put_member(w, EDO_STR("type"), edo_protobuf_any_type(detail));
    if (err == 0)
        err = fault_put_member(w, EDO_STR("value"),
                               (edo_str){ text.len > 0 ? text.ptr : "", text.len });
    if (err == 0) err = edo_json_writer_end_object(w);
    edo_buf_deinit(&text);
    return err;
}

static int fault_put_details(edo_json_writer *w, const edo_grpc_failure *d) {
    if (!d || d->details_n == 0) return 0;
    int err = edo_json_writer_name(w, EDO_STR("details"));
    if (err == 0) err = edo_json_writer_begin_array(w);
    for (size_t i = 0; err == 0 && i < d->details_n; i++) err = fault_put_detail(w, &d->details[i]);
    return err < 0 ? err : edo_json_writer_end_array(w);
}

static int fault_put_error(edo_json_writer *w, const edoi_grpc_fault *f) {
    int err = edo_json_writer_begin_object(w);
    if (err == 0)
        err = fault_put_member(w, EDO_STR("code"), edo_str_of(faults[fault_row(f->status)].code));
    if (err == 0 && f->message.len > 0 && edo_str_is_utf8(f->message))
        err = fault_put_member(w, EDO_STR("message"), f->message);
    if (err == 0) err = fault_put_details(w, f->details);
    return err < 0 ? err : edo_json_writer_end_object(w);
}

int edoi_grpc_connect_error(edo_buf *out, const edoi_grpc_fault *f) {
    edo_json_writer w;
    int err = edo_json_writer_init(&w, out, NULL);
    return err < 0 ? err : fault_put_error(&w, f);
}

/* ---- The end of a stream --------------------------------------------------------------------- */

/* Is there a field of the name before number `i`? */
static bool fault_has_before(const edo_headers *h, size_t i, edo_str name) {
    for (size_t k = 0; k < i; k++)
        if (edo_str_equal(edo_headers_at(h, k)->name, name)) return true;
    return false;
}

/* All values of a name, as its member. */
static int fault_put_values(edo_json_writer *w, const edo_headers *h, edo_str name) {
    const edo_header *f = NULL;
    int err = edo_json_writer_name(w, name);
    if (err == 0) err = edo_json_writer_begin_array(w);
    while (err == 0 && (f = edo_headers_next_named(h, f, name)))
        err = edo_json_writer_string(w, f->value);
    return err < 0 ? err : edo_json_writer_end_array(w);
}

static int fault_put_metadata(edo_json_writer *w, const edo_headers *h) {
    if (edo_headers_count(h) == 0) return 0;
    int err = edo_json_writer_name(w, EDO_STR("metadata"));
    if (err == 0) err = edo_json_writer_begin_object(w);
    for (size_t i = 0; err == 0 && i < edo_headers_count(h); i++) {
        const edo_str name = edo_headers_at(h, i)->name;
        if (!fault_has_before(h, i, name)) err = fault_put_values(w, h, name);
    }
    return err < 0 ? err : edo_json_writer_end_object(w);
}

int edoi_grpc_connect_end(edo_buf *out, const edoi_grpc_fault *f, const edo_headers *trailers) {
    edo_json_writer w;
    int err = edo_json_writer_init(&w, out, NULL);
    if (err == 0) err = edo_json_writer_begin_object(&w);
    if (err == 0 && f->status != EDO_GRPC_OK) {
        err = edo_json_writer_name(&w, EDO_STR("error"));
        if (err == 0) err = fault_put_error(&w, f);
    }
    if (err == 0) err = fault_put_metadata(&w, trailers);
    return err < 0 ? err : edo_json_writer_end_object(&w);
}

/* ---- google.rpc.Status ----------------------------------------------------------------------- */

static int fault_put_status(edo_buf *out, const edo_grpc_failure *status) {
    const edo_protobuf_json_opts opts = { .types = edo_grpc_detail_types,
                                          .types_n = EDO_COUNT(edo_grpc_detail_types) };
    return edo_protobuf_json_encode(out, status, &edo_grpc_failure_desc, &opts);
}

int edoi_grpc_json_status(edo_buf *out, const edoi_grpc_fault *f) {
    edo_grpc_failure status = { .code = (int32_t)f->status };
    if (edo_str_is_utf8(f->message)) status.message = f->message;
    if (f->details) {
        status.details = f->details->details;
        status.details_n = f->details->details_n;
    }
    int err = fault_put_status(out, &status);
    if (err != -EDO_EJSON) return err;
    status.details_n = 0;
    return fault_put_status(out, &status);
}
