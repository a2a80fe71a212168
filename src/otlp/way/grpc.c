/* SPDX-License-Identifier: MIT */
/* otlp/way/grpc.c: OTLP over gRPC: the call Export of a service for each kind. */
#include "otlp/way/way.h"

#include <edo/arena.h>
#include <edo/grpc.h>
#include <edo/grpc_details.h>
#include <edo/web_compress.h>

#include <errno.h>

#define ENTRIES_MAX 16u

int edoi_otlp_grpc_open(edoi_otlp_way *w) {
    const edo_grpc_channel_opts opts = { .tls = w->aim->tls,
                                         .timeout = w->aim->timeout,
                                         .user_agent = "OTel-OTLP-Exporter-edo",
                                         .send_codings = w->aim->is_gzip ? EDO_CODING_GZIP : 0,
                                         .accept_codings = EDO_CODING_GZIP,
                                         .no_context = true };
    return edo_grpc_channel_new(&w->channel, (edo_str){ w->aim->url.ptr, w->aim->url.len - 1 },
                                &opts);
}

/* By OTLP's specification. */
static bool grpc_is_worth_more(edo_grpc_status status, bool has_delay) {
    switch (status) {
    case EDO_GRPC_CANCELLED:
    case EDO_GRPC_DEADLINE_EXCEEDED:
    case EDO_GRPC_ABORTED:
    case EDO_GRPC_OUT_OF_RANGE:
    case EDO_GRPC_UNAVAILABLE:
    case EDO_GRPC_DATA_LOSS: return true;
    case EDO_GRPC_RESOURCE_EXHAUSTED: return has_delay;
    case EDO_GRPC_OK:
    case EDO_GRPC_UNKNOWN:
    case EDO_GRPC_INVALID_ARGUMENT:
    case EDO_GRPC_NOT_FOUND:
    case EDO_GRPC_ALREADY_EXISTS:
    case EDO_GRPC_PERMISSION_DENIED:
    case EDO_GRPC_FAILED_PRECONDITION:
    case EDO_GRPC_UNIMPLEMENTED:
    case EDO_GRPC_INTERNAL:
    case EDO_GRPC_UNAUTHENTICATED: break;
    }
    return false;
}

static void read_failure(edoi_otlp_answer *a, edo_grpc_call *call) {
    edo_grpc_status status = edo_grpc_get_status(call);
    edo_grpc_retry_info info = { 0 };
    if (edo_grpc_get_detail(call, EDO_GRPC_RETRY_INFO, &info, &edo_grpc_retry_info_desc) == 0)
        a->after = edoi_otlp_answer_delay(&info);
    bool is_later = grpc_is_worth_more(status, a->after.ns >= 0);
    a->verdict = is_later ? EDOI_OTLP_LATER : EDOI_OTLP_REFUSED;
    edo_str message = edo_grpc_get_message(call);
    if (message.len == 0) message = edo_str_of(edo_grpc_status_name(status));
    edoi_otlp_answer_say(a, message);
}

/* Sends the one message, and reads the one reply, and then the end. */
static int exchange(edo_grpc_call *call, edo_str body, edoi_otlp_answer *a) {
    edo_str reply = { NULL, 0 };
    int err = edo_grpc_send_bytes(call, body);
    if (err == 0) err = edo_grpc_close_send(call);
    if (err < 0 && err != -ECANCELED) err = 0; // why is said by the status
    if (err == 0) err = edo_grpc_recv_bytes(call, &reply);
    if (err > 0) edoi_otlp_answer_read(a, reply);
    if (err > 0) err = edo_grpc_recv_bytes(call, &reply);
    return err;
}

/* A call's metadata has names with a NUL, fields have them without. */
static int fill_entries(edo_grpc_call_opts *opts, edo_grpc_entry *entries, const edo_headers *h,
                        edo_arena *names) {
    for (size_t i = 0; i < edo_headers_count(h) && i < ENTRIES_MAX; i++) {
        const edo_header *f = edo_headers_at(h, i);
        const char *name = edo_arena_copy(names, f->name.ptr, f->name.len);
        if (!name) return -ENOMEM;
        entries[opts->metadata_n++] = (edo_grpc_entry){ name, f->value };
    }
    return 0;
}

int edoi_otlp_grpc_send(edoi_otlp_way *w, edo_str body, edoi_otlp_answer *a) {
    static const char *const paths[EDO_OTLP_KINDS] = {
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    };
    edo_grpc_entry entries[ENTRIES_MAX];
    edo_arena names = { 0 };
    edo_grpc_call_opts opts = { .metadata = entries };
    edo_grpc_call *call = NULL;
    int err = fill_entries(&opts, entries, &w->aim->headers, &names);
    if (err == 0) err = edo_grpc_stream(w->channel, &call, paths[w->kind], &opts);
    edo_arena_deinit(&names);
    if (err < 0) return err;
    err = exchange(call, body, a);
    if (err < 0 && err != -ECANCELED) {
        read_failure(a, call);
        err = 0;
    }
    edo_grpc_call_free(call);
    return err;
}
