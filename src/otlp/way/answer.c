/* SPDX-License-Identifier: MIT */
/* otlp/way/answer.c: see answer.h. */
#include "otlp/way/answer.h"

#include <edo/grpc_details.h>
#include <edo/protobuf_known.h>

#include <edo/error.h>

#define AFTER_MAX_S 86400 /* a day */

typedef struct partial_success {
    int64_t rejected;
    edo_str message;
} partial_success;
EDO_DESCRIBE(partial_success, EDO_FIELD(partial_success, rejected, .number = 1, .optional = true),
             EDO_FIELD(partial_success, message, .number = 2, .optional = true))

typedef struct response {
    partial_success *partial;
} response;
EDO_DESCRIBE(response, EDO_FIELD_PTR_OF(response, partial, partial_success_desc, .number = 1,
                                        .optional = true))

void edoi_otlp_answer_say(edoi_otlp_answer *a, edo_str why) {
    size_t n = why.len < sizeof a->why - 1 ? why.len : sizeof a->why - 1;
    if (n > 0) memcpy(a->why, why.ptr, n);
    a->why[n] = '\0';
}

void edoi_otlp_answer_read(edoi_otlp_answer *a, edo_str body) {
    edo_arena arena = { 0 };
    response r = { 0 };
    if (edo_protobuf_decode(&r, &response_desc, body, &arena) == 0 && r.partial) {
        if (r.partial->rejected > 0) a->rejected = (uint64_t)r.partial->rejected;
        edoi_otlp_answer_say(a, r.partial->message);
    }
    edo_arena_deinit(&arena);
    edo_trail_clear();
}

edo_duration edoi_otlp_answer_delay(const edo_grpc_retry_info *info) {
    const google_protobuf_duration *d = info->retry_delay;
    if (!d || d->seconds < 0 || d->nanos < 0 || d->nanos >= 1000000000) return edo_ns(-1);
    int64_t s = d->seconds < AFTER_MAX_S ? d->seconds : AFTER_MAX_S;
    return edo_ns(s * 1000000000 + d->nanos);
}

static void read_details(edoi_otlp_answer *a, const edo_grpc_failure *f, edo_arena *arena) {
    for (size_t i = 0; i < f->details_n; i++) {
        edo_grpc_retry_info info = { 0 };
        const edo_str text = f->details[i].value.str;
        if (!edo_protobuf_any_is(&f->details[i], EDO_GRPC_RETRY_INFO)) continue;
        if (edo_protobuf_decode(&info, &edo_grpc_retry_info_desc, text, arena) < 0) continue;
        a->after = edoi_otlp_answer_delay(&info);
    }
}

void edoi_otlp_answer_read_failure(edoi_otlp_answer *a, edo_str body) {
    edo_arena arena = { 0 };
    edo_grpc_failure f = { 0 };
    if (edo_protobuf_decode(&f, &edo_grpc_failure_desc, body, &arena) == 0) {
        if (f.message.len > 0) edoi_otlp_answer_say(a, f.message);
        read_details(a, &f, &arena);
    }
    edo_arena_deinit(&arena);
    edo_trail_clear();
}
