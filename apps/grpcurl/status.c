/* SPDX-License-Identifier: MIT */
/* status.c: see status.h. */
#include "status.h"

#include "json.h"

#include <edo/error.h>
#include <edo/grpc_details.h>

#include <stdio.h>

/* As programs in Go call them. */
static const char *const names[] = {
    "OK",       "Canceled",        "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",   "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",      "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated",
};

/* The details, with what they are; without them the status alone. */
static void status_find(edo_grpc_failure *out, const failure *f, edo_arena *arena) {
    const int err = edo_protobuf_decode(out, &edo_grpc_failure_desc, f->details, arena);
    if (err < 0) edo_trail_clear();
    out->code = (int32_t)f->status;
    out->message = f->message;
}

/* Lines behind the first one are indented. */
static void put_detail(size_t i, edo_str text) {
    (void)fprintf(stderr, "  %zu)\t", i + 1);
    for (size_t at = 0; at < text.len; at++) {
        (void)fputc(text.ptr[at], stderr);
        if (text.ptr[at] == '\n') (void)fputs("    \t", stderr);
    }
    (void)fputc('\n', stderr);
}

static void put_details(source *s, const edo_grpc_failure *status) {
    if (status->details_n > 0) (void)fputs("  Details:\n", stderr);
    for (size_t i = 0; i < status->details_n; i++) {
        edo_buf text = { 0 };
        if (json_put(&text, s, &status->details[i], &google_protobuf_any_desc, false) == 0)
            put_detail(i, edo_buf_str(&text));
        edo_buf_deinit(&text);
    }
}

int status_tell(source *s, const failure *f, bool is_json) {
    edo_arena arena = { 0 };
    edo_buf text = { 0 };
    edo_grpc_failure status;
    const bool is_known = (size_t)f->status < EDO_COUNT(names);
    status_find(&status, f, &arena);
    source_need_any(s, &status, &edo_grpc_failure_desc);
    if (is_json) {
        if (json_put(&text, s, &status, &edo_grpc_failure_desc, false) == 0)
            (void)fprintf(stderr, "%.*s\n", (int)text.len, text.ptr);
    } else {
        (void)fprintf(stderr,
                      "ERROR:\n  Code: %s\n  Message: ", is_known ? names[f->status] : "Unknown");
        json_put_plain(stderr, f->message);
        (void)fputc('\n', stderr);
        put_details(s, &status);
    }
    edo_buf_deinit(&text);
    edo_arena_deinit(&arena);
    return STATUS_OFFSET + (int)f->status;
}
