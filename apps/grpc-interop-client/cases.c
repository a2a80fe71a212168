/* SPDX-License-Identifier: MIT */
/* cases.c: see cases.h. */
#include "cases.h"

#include "grpc/testing/test.edo.h"

#include <edo/error.h>
#include <edo/scope.h>

#include <string.h>

#define LARGE_ASKED   271828
#define LARGE_REPLIED 314159

/* Returns from the case when something is not as it has to be. */
#define WANT(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) return edo_fail(-EBADMSG, "not so: %s", #condition);                     \
    } while (false)

typedef grpc_testing_simple_request simple_request;
typedef grpc_testing_simple_response simple_response;
typedef grpc_testing_streaming_input_call_request input_request;
typedef grpc_testing_streaming_input_call_response input_response;
typedef grpc_testing_streaming_output_call_request output_request;
typedef grpc_testing_streaming_output_call_response output_response;
typedef grpc_testing_response_parameters parameters;

static const char zeros[LARGE_REPLIED];

static grpc_testing_payload payload_of(size_t n) {
    return (grpc_testing_payload){ .body = { .str = { zeros, n } } };
}

/* Is it as long, and all zero? */
static bool payload_is(const grpc_testing_payload *p, size_t n) {
    return p && p->body.str.len == n && (n == 0 || memcmp(p->body.str.ptr, zeros, n) == 0);
}

/* ---- Unary calls ----------------------------------------------------------------------------- */

static int case_empty_unary(const site *s) {
    const grpc_testing_empty in = { .unknown = { NULL, 0 } };
    grpc_testing_empty out;
    edo_arena arena = { 0 };
    int err = grpc_testing_test_service_empty_call(s->ch, &out, &in, &arena, NULL);
    edo_arena_deinit(&arena);
    return err;
}

/* Calls with what the case asks for beside the payloads. `opts` may be NULL. */
static int large_ask(edo_grpc_channel *ch, simple_request *in, const edo_grpc_call_opts *opts) {
    grpc_testing_payload payload = payload_of(LARGE_ASKED);
    simple_response out;
    edo_arena arena = { 0 };
    in->payload = &payload;
    in->response_size = LARGE_REPLIED;
    int err = grpc_testing_test_service_unary_call(ch, &out, in, &arena, opts);
    bool is_good = err < 0 || payload_is(out.payload, LARGE_REPLIED);
    edo_arena_deinit(&arena);
    WANT(is_good);
    return err;
}

static int case_large_unary(const site *s) {
    simple_request in = { .response_size = 0 };
    return large_ask(s->ch, &in, NULL);
}

static int case_client_compressed_unary(const site *s) {
    grpc_testing_bool_value yes = { .value = true }, no = { .value = false };
    const edo_grpc_call_opts plain = { .no_compress = true };
    simple_request in = { .expect_compressed = &yes };
    WANT(large_ask(s->ch, &in, &plain) == -EINVAL); // the probe
    edo_trail_clear();
    int err = large_ask(s->ch, &in, NULL);
    in.expect_compressed = &no;
    return err < 0 ? err : large_ask(s->ch, &in, &plain);
}

static int case_server_compressed_unary(const site *s) {
    for (int i = 0; i < 2; i++) {
        grpc_testing_bool_value wanted = { .value = i == 0 };
        edo_grpc_call *call;
        simple_request in = { .response_compressed = &wanted };
        int err = large_ask(s->ch, &in, &(edo_grpc_call_opts){ .kept = &call });
        bool was = err == 0 && edo_grpc_was_compressed(call);
        edo_grpc_call_free(call);
        if (err < 0) return err;
        WANT(was == wanted.value);
    }
    return 0;
}

/* ---- A stream of requests -------------------------------------------------------------------- */

static int input_send(edo_grpc_call *call, size_t n, const bool *compressed) {
    grpc_testing_payload payload = payload_of(n);
    grpc_testing_bool_value expected = { .value = compressed && *compressed };
    input_request in = { .payload = &payload, .expect_compressed = compressed ? &expected : NULL };
    return grpc_testing_test_service_streaming_input_call_send(call, &in);
}

static int case_client_streaming(const site *s) {
    static const size_t sizes[] = { 27182, 8, 1828, 45904 };
    edo_grpc_call *call;
    input_response out = { .aggregated_payload_size = 0 };
    int err = grpc_testing_test_service_streaming_input_call(s->ch, &call, NULL);
    if (err < 0) return err;
    for (size_t i = 0; i < EDO_COUNT(sizes) && err == 0; i++)
        err = input_send(call, sizes[i], NULL);
    if (err == 0) err = grpc_testing_test_service_streaming_input_call_finish(call, &out);
    edo_grpc_call_free(call);
    WANT(err < 0 || out.aggregated_payload_size == 74922);
    return err;
}

/* Sends messages; if `is_good` the first is compressed. Returns the sum, or a code. */
static int compressed_ask(const site *s, bool is_good) {
    const bool yes = true, no = false;
    edo_grpc_call *call;
    input_response out = { .aggregated_payload_size = 0 };
    int err = grpc_testing_test_service_streaming_input_call(s->ch, &call, NULL);
    if (err < 0) return err;
    edo_grpc_compress(call, is_good);
    err = input_send(call, 27182, &yes);
    edo_grpc_compress(call, false);
    if (err == 0 && is_good) err = input_send(call, 45904, &no);
    if (err == 0 || err == -EPIPE)
        err = grpc_testing_test_service_streaming_input_call_finish(call, &out);
    edo_grpc_call_free(call);
    return err < 0 ? err : out.aggregated_payload_size;
}

static int case_client_compressed_streaming(const site *s) {
    WANT(compressed_ask(s, false) == -EINVAL); // the probe
    edo_trail_clear();
    int sum = compressed_ask(s, true);
    if (sum < 0) return sum;
    WANT(sum == 73086);
    return 0;
}

/* ---- A stream of replies --------------------------------------------------------------------- */

/* Receives replies of these sizes, and the end. `compressed` may be NULL. */
static int outputs_are(edo_grpc_call *call, const size_t *sizes, size_t n, const bool *compressed) {
    output_response out;
    int got;
    for (size_t i = 0; i < n; i++) {
        got = edo_grpc_recv(call, &out, &grpc_testing_streaming_output_call_response_desc);
        if (got < 0) return got;
        WANT(got == 1 && payload_is(out.payload, sizes[i]));
        WANT(!compressed || edo_grpc_was_compressed(call) == compressed[i]);
    }
    got = edo_grpc_recv(call, &out, &grpc_testing_streaming_output_call_response_desc);
    WANT(got <= 0);
    return got;
}

static int outputs_ask(const site *s, output_request *in, const size_t *sizes,
                       const bool *compressed) {
    edo_grpc_call *call;
    int err = grpc_testing_test_service_streaming_output_call(s->ch, &call, in, NULL);
    if (err < 0) return err;
    err = outputs_are(call, sizes, in->response_parameters_n, compressed);
    edo_grpc_call_free(call);
    return err;
}

static int case_server_streaming(const site *s) {
    static const size_t sizes[] = { 31415, 9, 2653, 58979 };
    parameters p[EDO_COUNT(sizes)];
    for (size_t i = 0; i < EDO_COUNT(sizes); i++) p[i] = (parameters){ .size = (int32_t)sizes[i] };
    output_request in = { .response_parameters = p, .response_parameters_n = EDO_COUNT(sizes) };
    return outputs_ask(s, &in, sizes, NULL);
}

static int case_server_compressed_streaming(const site *s) {
    static const size_t sizes[] = { 31415, 92653 };
    static const bool compressed[] = { true, false };
    grpc_testing_bool_value yes = { .value = true }, no = { .value = false };
    parameters p[] = { { .size = 31415, .compressed = &yes },
                       { .size = 92653, .compressed = &no } };
    output_request in = { .response_parameters = p, .response_parameters_n = 2 };
    return outputs_ask(s, &in, sizes, compressed);
}

/* ---- Both ------------------------------------------------------------------------------------ */

static int duplex_send(edo_grpc_call *call, size_t asked, size_t replied) {
    grpc_testing_payload payload = payload_of(asked);
    parameters p = { .size = (int32_t)replied };
    output_request in = { .payload = &payload, .response_parameters = &p };
    in.response_parameters_n = 1;
    return grpc_testing_test_service_full_duplex_call_client_send(call, &in);
}

static int duplex_turn(edo_grpc_call *call, size_t asked, size_t replied) {
    output_response out;
    int err = duplex_send(call, asked, replied);
    if (err == 0) err = grpc_testing_test_service_full_duplex_call_client_recv(call, &out);
    if (err < 0) return err;
    WANT(err == 1 && payload_is(out.payload, replied));
    return 0;
}

/* Ends the sends, and waits for the end without a reply. */
static int duplex_end(edo_grpc_call *call) {
    int err = edo_grpc_close_send(call);
    return err < 0 ? err : outputs_are(call, NULL, 0, NULL);
}

static int case_ping_pong(const site *s) {
    static const size_t sizes[][2] = {
        { 27182, 31415 }, { 8, 9 }, { 1828, 2653 }, { 45904, 58979 }
    };
    edo_grpc_call *call;
    int err = grpc_testing_test_service_full_duplex_call(s->ch, &call, NULL);
    if (err < 0) return err;
    for (size_t i = 0; i < EDO_COUNT(sizes) && err == 0; i++)
        err = duplex_turn(call, sizes[i][0], sizes[i][1]);
    if (err == 0) err = duplex_end(call);
    edo_grpc_call_free(call);
    return err;
}

static int case_empty_stream(const site *s) {
    edo_grpc_call *call;
    int err = grpc_testing_test_service_full_duplex_call(s->ch, &call, NULL);
    if (err < 0) return err;
    err = duplex_end(call);
    edo_grpc_call_free(call);
    return err;
}

/* ---- Metadata and statuses ------------------------------------------------------------------- */

#define ECHO_FIRST "x-grpc-test-echo-initial"
#define ECHO_LAST  "x-grpc-test-echo-trailing-bin"

static const edo_grpc_entry echoed[] = {
    { ECHO_FIRST, { "test_initial_metadata_value", 27 } },
    { ECHO_LAST, { "\xab\xab\xab", 3 } },
};

static int metadata_are_echoed(edo_grpc_call *call) {
    WANT(edo_str_equal(edo_grpc_metadata(call, ECHO_FIRST), echoed[0].value));
    WANT(edo_str_equal(edo_grpc_trailer(call, ECHO_LAST, 0), echoed[1].value));
    return 0;
}

static int case_custom_metadata(const site *s) {
    edo_grpc_call *call;
    simple_request in = { .response_size = 0 };
    edo_grpc_call_opts opts = { .metadata = echoed, .metadata_n = 2, .kept = &call };
    int err = large_ask(s->ch, &in, &opts);
    if (err == 0) err = metadata_are_echoed(call);
    edo_grpc_call_free(call);
    opts.kept = NULL;
    if (err == 0) err = grpc_testing_test_service_full_duplex_call(s->ch, &call, &opts);
    if (err < 0) return err;
    err = duplex_turn(call, LARGE_ASKED, LARGE_REPLIED);
    if (err == 0) err = duplex_end(call);
    if (err == 0) err = metadata_are_echoed(call);
    edo_grpc_call_free(call);
    return err;
}

static int status_is(edo_grpc_call *call, int result, edo_grpc_status status, edo_str message) {
    WANT(result == edo_grpc_error_of(status));
    WANT(edo_grpc_get_status(call) == status);
    WANT(edo_str_equal(edo_grpc_get_message(call), message));
    edo_trail_clear();
    return 0;
}

static int status_ask_duplex(const site *s, grpc_testing_echo_status *status) {
    edo_grpc_call *call;
    output_response out;
    const output_request in = { .response_status = status };
    int err = grpc_testing_test_service_full_duplex_call(s->ch, &call, NULL);
    if (err < 0) return err;
    err = grpc_testing_test_service_full_duplex_call_client_send(call, &in);
    if (err == 0) err = edo_grpc_close_send(call);
    if (err == 0) err = grpc_testing_test_service_full_duplex_call_client_recv(call, &out);
    err = status_is(call, err, EDO_GRPC_UNKNOWN, status->message);
    edo_grpc_call_free(call);
    return err;
}

static int status_ask(const site *s, edo_str message) {
    grpc_testing_echo_status status = { .code = EDO_GRPC_UNKNOWN, .message = message };
    const simple_request in = { .response_status = &status };
    simple_response out;
    edo_arena arena = { 0 };
    edo_grpc_call *call;
    int err = grpc_testing_test_service_unary_call(s->ch, &out, &in, &arena,
                                                   &(edo_grpc_call_opts){ .kept = &call });
    if (call) err = status_is(call, err, EDO_GRPC_UNKNOWN, message);
    edo_grpc_call_free(call);
    edo_arena_deinit(&arena);
    return err < 0 ? err : status_ask_duplex(s, &status);
}

static int case_status_code_and_message(const site *s) {
    return status_ask(s, EDO_STR("test status message"));
}

static int case_special_status_message(const site *s) {
    return status_ask(s, EDO_STR("\t\ntest with whitespace\r\nand Unicode BMP \xe2\x98\xba and "
                                 "non-BMP \xf0\x9f\x98\x88\t\n"));
}

static int unimplemented_ask(const site *s, const char *path) {
    const grpc_testing_empty in = { .unknown = { NULL, 0 } };
    grpc_testing_empty out;
    edo_arena arena = { 0 };
    int err = edo_grpc_unary(s->ch, path, &out, &grpc_testing_empty_desc, &in,
                             &grpc_testing_empty_desc, &arena, NULL);
    edo_arena_deinit(&arena);
    WANT(edo_grpc_status_of(err) == EDO_GRPC_UNIMPLEMENTED);
    edo_trail_clear();
    return 0;
}

static int case_unimplemented_method(const site *s) {
    return unimplemented_ask(s, "/grpc.testing.TestService/UnimplementedCall");
}

static int case_unimplemented_service(const site *s) {
    return unimplemented_ask(s, "/grpc.testing.UnimplementedService/UnimplementedCall");
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static int case_cancel_after_begin(const site *s) {
    edo_grpc_call *call;
    input_response out;
    int err = grpc_testing_test_service_streaming_input_call(s->ch, &call, NULL);
    if (err < 0) return err;
    edo_grpc_cancel(call);
    err = grpc_testing_test_service_streaming_input_call_finish(call, &out);
    err = status_is(call, err, EDO_GRPC_CANCELLED, edo_grpc_get_message(call));
    edo_grpc_call_free(call);
    return err;
}

static int case_cancel_after_first_response(const site *s) {
    edo_grpc_call *call;
    output_response out;
    int err = grpc_testing_test_service_full_duplex_call(s->ch, &call, NULL);
    if (err < 0) return err;
    err = duplex_turn(call, 27182, 31415);
    edo_grpc_cancel(call);
    if (err == 0) err = grpc_testing_test_service_full_duplex_call_client_recv(call, &out);
    err = status_is(call, err, EDO_GRPC_CANCELLED, edo_grpc_get_message(call));
    edo_grpc_call_free(call);
    return err;
}

static int case_timeout_on_sleeping_server(const site *s) {
    edo_grpc_call *call = NULL;
    output_response out;
    grpc_testing_payload payload = payload_of(27182);
    const output_request in = { .payload = &payload };
    const edo_grpc_call_opts opts = { .timeout = edo_ms(1) };
    int err = grpc_testing_test_service_full_duplex_call(s->ch, &call, &opts);
    if (err == 0) err = grpc_testing_test_service_full_duplex_call_client_send(call, &in);
    if (err == 0 || err == -EPIPE)
        err = grpc_testing_test_service_full_duplex_call_client_recv(call, &out);
    edo_grpc_call_free(call);
    WANT(edo_grpc_status_of(err) == EDO_GRPC_DEADLINE_EXCEEDED);
    edo_trail_clear();
    return 0;
}

/* ---- Many ------------------------------------------------------------------------------------ */

static int many_ask(void *arg) {
    const site *s = arg;
    return case_large_unary(s);
}

static int case_concurrent_large_unary(const site *s) {
    site own = *s;
    int err = 0;
    EDO_SCOPE(scope, NULL);
    for (int i = 0; i < s->soak_n && err == 0; i++) err = edo_scope_spawn(&scope, many_ask, &own);
    return edo_scope_end(&scope, 0);
}

static int case_rpc_soak(const site *s) {
    int err = 0;
    for (int i = 0; i < s->soak_n && err == 0; i++) err = case_large_unary(s);
    return err;
}

static int case_channel_soak(const site *s) {
    site own = *s;
    int err = 0;
    for (int i = 0; i < s->soak_n && err == 0; i++) {
        err = edo_grpc_channel_new(&own.ch, edo_str_of(s->target), &s->opts);
        if (err < 0) return err;
        err = case_large_unary(&own);
        edo_grpc_channel_unref(own.ch);
    }
    return err;
}

/* ---- Names ----------------------------------------------------------------------------------- */

case_fn *case_named(const char *name, bool *is_compressed) {
#define CASE(name)                                                                                 \
    { #name, case_##name }
    static const struct {
        const char *name;
        case_fn *fn;
    } cases[] = {
        CASE(empty_unary),
        CASE(large_unary),
        CASE(client_compressed_unary),
        CASE(server_compressed_unary),
        CASE(client_streaming),
        CASE(client_compressed_streaming),
        CASE(server_streaming),
        CASE(server_compressed_streaming),
        CASE(ping_pong),
        CASE(empty_stream),
        CASE(custom_metadata),
        CASE(status_code_and_message),
        CASE(special_status_message),
        CASE(unimplemented_method),
        CASE(unimplemented_service),
        CASE(cancel_after_begin),
        CASE(cancel_after_first_response),
        CASE(timeout_on_sleeping_server),
        CASE(concurrent_large_unary),
        CASE(rpc_soak),
        CASE(channel_soak),
    };
#undef CASE
    *is_compressed = strstr(name, "client_compressed") != NULL;
    for (size_t i = 0; i < EDO_COUNT(cases); i++)
        if (strcmp(cases[i].name, name) == 0) return cases[i].fn;
    return NULL;
}
