/* SPDX-License-Identifier: MIT */
/* service.c: see service.h. What each call does is said in gRPC's interop-test-descriptions.md. */
#include "service.h"

#include "grpc/testing/test.edo.h"

#include <edo/time.h>
#include <edo/web_compress.h>
#include <edo/web_layers.h>

#define PAYLOAD_MAX (4 << 20)

typedef grpc_testing_streaming_output_call_request output_request;
typedef grpc_testing_streaming_output_call_response output_response;
typedef grpc_testing_streaming_input_call_request input_request;
typedef grpc_testing_response_parameters parameters;

/* ---- What all calls do ----------------------------------------------------------------------- */

/* Metadata with these names come back. */
static int service_echo_metadata(edo_grpc_call *call) {
    const char *first = "x-grpc-test-echo-initial", *last = "x-grpc-test-echo-trailing-bin";
    const edo_str initial = edo_grpc_metadata(call, first),
                  trailing = edo_grpc_metadata(call, last);
    int err = initial.ptr ? edo_grpc_add_metadata(call, first, initial) : 0;
    return err == 0 && trailing.ptr ? edo_grpc_add_trailer(call, last, trailing) : err;
}

static int service_check_status(edo_grpc_call *call, const grpc_testing_echo_status *s) {
    if (!s || s->code == 0) return 0;
    return edo_grpc_fail(call, (edo_grpc_status)s->code, "%.*s", (int)s->message.len,
                         s->message.len > 0 ? s->message.ptr : "");
}

static int service_check_compressed(edo_grpc_call *call, const grpc_testing_bool_value *expected) {
    if (!expected || !expected->value || edo_grpc_was_compressed(call)) return 0;
    return edo_grpc_fail(call, EDO_GRPC_INVALID_ARGUMENT, "the request is not compressed");
}

/* Zeros. */
static int service_payload(edo_grpc_call *call, grpc_testing_payload *out, int32_t size) {
    static const char zeros[PAYLOAD_MAX];
    if (size < 0 || size > PAYLOAD_MAX)
        return edo_grpc_fail(call, EDO_GRPC_INVALID_ARGUMENT, "a payload of %d bytes", (int)size);
    *out = (grpc_testing_payload){ .body = { .str = { zeros, (size_t)size } } };
    return 0;
}

/* ---- One response ---------------------------------------------------------------------------- */

static int service_empty(edo_grpc_call *call, grpc_testing_empty *out,
                         const grpc_testing_empty *in) {
    (void)out, (void)in;
    return service_echo_metadata(call);
}

static int service_unary(edo_grpc_call *call, grpc_testing_simple_response *out,
                         const grpc_testing_simple_request *in) {
    int err = service_echo_metadata(call);
    if (err == 0) err = service_check_compressed(call, in->expect_compressed);
    if (err == 0) err = service_check_status(call, in->response_status);
    if (err < 0 || in->response_size == 0) return err;
    out->payload = edo_arena_alloc(edo_grpc_arena(call), sizeof *out->payload);
    if (!out->payload) return -ENOMEM;
    edo_grpc_compress(call, in->response_compressed && in->response_compressed->value);
    return service_payload(call, out->payload, in->response_size);
}

static int service_streaming_input(edo_grpc_call *call,
                                   grpc_testing_streaming_input_call_response *out) {
    input_request in;
    int got, err = service_echo_metadata(call);
    if (err < 0) return err;
    while ((got = grpc_testing_test_service_streaming_input_call_recv(call, &in)) == 1) {
        err = service_check_compressed(call, in.expect_compressed);
        if (err < 0) return err;
        if (in.payload) out->aggregated_payload_size += (int32_t)in.payload->body.str.len;
    }
    return got;
}

/* ---- Many responses -------------------------------------------------------------------------- */

static int service_send_one(edo_grpc_call *call, const parameters *p) {
    grpc_testing_payload payload;
    int err = p->interval_us > 0 ? edo_sleep(edo_us(p->interval_us)) : 0;
    if (err == 0) err = service_payload(call, &payload, p->size);
    if (err < 0) return err;
    edo_grpc_compress(call, p->compressed && p->compressed->value);
    return edo_grpc_send(call, &(output_response){ .payload = &payload },
                         &grpc_testing_streaming_output_call_response_desc);
}

static int service_send_all(edo_grpc_call *call, const output_request *in) {
    int err = service_check_status(call, in->response_status);
    for (size_t i = 0; i < in->response_parameters_n && err == 0; i++)
        err = service_send_one(call, &in->response_parameters[i]);
    return err;
}

static int service_streaming_output(edo_grpc_call *call, const output_request *in) {
    int err = service_echo_metadata(call);
    return err < 0 ? err : service_send_all(call, in);
}

static int service_full_duplex(edo_grpc_call *call) {
    output_request in;
    int got = service_echo_metadata(call);
    while (got >= 0 && (got = grpc_testing_test_service_full_duplex_call_recv(call, &in)) == 1)
        got = service_send_all(call, &in);
    return got;
}

/* The parameters of a request that the next one would end. */
typedef struct kept {
    struct kept *next;
    parameters p;
} kept;

static int service_keep(edo_grpc_call *call, kept ***end, const parameters *p) {
    kept *k = edo_arena_alloc(edo_grpc_arena(call), sizeof *k);
    if (!k) return -ENOMEM;
    *k = (kept){ .p = { .size = p->size, .interval_us = p->interval_us } };
    **end = k;
    *end = &k->next;
    return 0;
}

/* Responds when the client has sent all. */
static int service_half_duplex(edo_grpc_call *call) {
    output_request in;
    kept *first = NULL, **end = &first;
    int got, err = service_echo_metadata(call);
    while (err == 0 && (got = grpc_testing_test_service_half_duplex_call_recv(call, &in)) != 0) {
        err = got < 0 ? got : service_check_status(call, in.response_status);
        for (size_t i = 0; i < in.response_parameters_n && err == 0; i++)
            err = service_keep(call, &end, &in.response_parameters[i]);
    }
    for (const kept *k = first; k && err == 0; k = k->next) err = service_send_one(call, &k->p);
    return err;
}

/* ---- The routes ------------------------------------------------------------------------------ */

void service_routes(edo_router *r) {
    static const grpc_testing_test_service_ops ops = {
        .empty_call = service_empty,
        .unary_call = service_unary,
        .cacheable_unary_call = service_unary,
        .streaming_output_call = service_streaming_output,
        .streaming_input_call = service_streaming_input,
        .full_duplex_call = service_full_duplex,
        .half_duplex_call = service_half_duplex,
    };
    const uint32_t codings = EDO_CODING_GZIP | EDO_CODING_DEFLATE | EDO_CODING_ZSTD;
    grpc_testing_test_service_routes(
        r, &ops, NULL,
        &(edo_grpc_opts){
            .send_codings = codings, .accept_codings = codings, .web = true, .connect = true });
    edo_router_wrap_all(r, edo_cors_layer(&(edo_cors_opts){ .any_origin = true,
                                                            .headers = "*",
                                                            .expose = "grpc-status, grpc-message, "
                                                                      "grpc-status-details-bin" }));
}
