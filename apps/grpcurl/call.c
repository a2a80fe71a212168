/* SPDX-License-Identifier: MIT */
/* call.c: see call.h. A task sends while this one receives, if the method takes a stream. */
#include "call.h"

#include "describe.h"
#include "json.h"
#include "status.h"

#include <edo/error.h>
#include <edo/headers.h>
#include <edo/pipe.h>
#include <edo/scope.h>

#include <errno.h>
#include <string.h>

#define TIMES_MAX 4096u /* a reply may be far shorter than what it becomes */

typedef struct call_run {
    source *source;
    const options *o;
    edo_grpc_channel *channel;
    const edo_grpc_call_opts *opts;
    char *path; /* "/hello.v1.Greeter/Greet" */
    symbol method;
    const edo_desc *in, *out;
    json_input input;
    edo_stream *to;
    edo_grpc_call *call; /* NULL: none, so far */
    int sent_err;        /* why sending has ended: the input is no message */
    unsigned sent_n, received_n;
} call_run;

/* ---- The method ------------------------------------------------------------------------------ */

static int method_not_found(edo_str name) {
    return edo_fail(-ENOENT, "there is no method %.*s", (int)name.len, name.ptr);
}

/* The messages of the method, by their names, which begin with a '.'. */
static int method_find_types(call_run *r) {
    const edo_str in = r->method.method->input_type, out = r->method.method->output_type;
    if (in.len < 2 || out.len < 2) return -EPROTO;
    const edo_protobuf_schema *schema = r->source->schema;
    r->in = edo_protobuf_schema_find(schema, (edo_str){ in.ptr + 1, in.len - 1 });
    r->out = edo_protobuf_schema_find(schema, (edo_str){ out.ptr + 1, out.len - 1 });
    if (!r->in || !r->out)
        return edo_fail(-ENOENT, "no message is %.*s", (int)(r->in ? out : in).len,
                        (r->in ? out : in).ptr);
    return 0;
}

/* "a.B/C", or "a.B.C" as older programs have it. The server is asked for the service. */
static int find_method(call_run *r, const char *wanted) {
    edo_str name = edo_str_of(wanted);
    size_t cut = name.len;
    while (cut > 0 && wanted[cut - 1] != '/' && wanted[cut - 1] != '.') cut--;
    if (cut < 2) return method_not_found(name);
    r->path = edo_arena_alloc(r->source->arena, name.len + 2);
    char *dotted = edo_arena_copy(r->source->arena, wanted, name.len);
    if (!r->path || !dotted) return -ENOMEM;
    dotted[cut - 1] = '.';
    name.ptr = dotted;
    int err = source_need(r->source, (edo_str){ dotted, cut - 1 });
    if (err < 0) return err;
    if (!symbol_find(&r->method, r->source->schema, name) || r->method.kind != SYMBOL_METHOD)
        return method_not_found(name);
    r->path[0] = '/';
    memcpy(r->path + 1, wanted, name.len + 1);
    r->path[cut] = '/';
    return method_find_types(r);
}

/* ---- What is told ---------------------------------------------------------------------------- */

static int run_write(call_run *r, const edo_buf *text) {
    return text->len > 0 ? edo_write_all(r->to, text->ptr, text->len) : 0;
}

/* What the protocol has for itself is told elsewhere. */
static bool header_is_own(edo_str name) {
    return edo_str_equal(name, EDO_STR("grpc-status")) ||
           edo_str_equal(name, EDO_STR("grpc-message")) ||
           edo_str_equal(name, EDO_STR("grpc-encoding"));
}

static bool header_is_binary(edo_str name) {
    const edo_str end = EDO_STR("-bin");
    return name.len >= end.len && memcmp(name.ptr + name.len - end.len, end.ptr, end.len) == 0;
}

static int put_header(edo_buf *out, edo_str name, edo_str value) {
    return edo_buf_printf(out, "%.*s: %.*s\n", (int)name.len, name.ptr, (int)value.len,
                          value.len > 0 ? value.ptr : "");
}

/* A value of a name that ends with "-bin", as base64 with its padding. */
static int put_bytes(edo_buf *out, edo_str name, edo_str bytes) {
    edo_buf text = { 0 };
    int err = edo_base64_encode(bytes, &text);
    if (err == 0) err = put_header(out, name, edo_buf_str(&text));
    edo_buf_deinit(&text);
    return err;
}

/* The same as it has come: base64 that may lack the padding; what is none stays as it is. */
static int put_encoded(edo_buf *out, edo_str name, edo_str value) {
    edo_buf bytes = { 0 };
    int err = edo_base64_decode(value, EDO_BASE64_LAX, &bytes);
    if (err == 0)
        err = put_bytes(out, name, (edo_str){ bytes.ptr ? bytes.ptr : "", bytes.len });
    else if (err == -EINVAL)
        err = put_header(out, name, value);
    edo_buf_deinit(&bytes);
    return err;
}

static int put_headers(edo_buf *out, const char *title, const edo_headers *h) {
    const size_t n = h ? edo_headers_count(h) : 0;
    int err = edo_buf_printf(out, "\n%s:\n", title);
    const size_t begun = out->len;
    for (size_t i = 0; i < n && err == 0; i++) {
        const edo_header *f = edo_headers_at(h, i);
        if (header_is_own(f->name)) continue;
        err = header_is_binary(f->name) ? put_encoded(out, f->name, f->value)
                                        : put_header(out, f->name, f->value);
    }
    return err == 0 && out->len == begun ? edo_buf_printf(out, "(empty)\n") : err;
}

/* With -v. */
static int tell_headers(call_run *r, const char *title, const edo_headers *h) {
    edo_buf text = { 0 };
    int err = r->o->is_verbose ? put_headers(&text, title, h) : 0;
    if (err == 0) err = run_write(r, &text);
    edo_buf_deinit(&text);
    return err;
}

static int put_metadata(edo_buf *out, const edo_grpc_call_opts *opts) {
    int err = edo_buf_printf(out, "\nRequest metadata to send:\n%s",
                             opts->metadata_n == 0 ? "(empty)\n" : "");
    for (size_t i = 0; i < opts->metadata_n && err == 0; i++) {
        const edo_str name = edo_str_of(opts->metadata[i].key), value = opts->metadata[i].value;
        err = header_is_binary(name) ? put_bytes(out, name, value) : put_header(out, name, value);
    }
    return err;
}

static int tell_method(call_run *r) {
    edo_buf text = { 0 };
    int err = 0;
    if (!r->o->is_verbose) return 0;
    err = edo_buf_printf(&text, "\nResolved method descriptor:\n");
    if (err == 0) err = describe_symbol(&text, &r->method);
    if (err == 0) err = put_metadata(&text, r->opts);
    if (err == 0) err = run_write(r, &text);
    edo_buf_deinit(&text);
    return err;
}

static int tell_reply(call_run *r, const void *value) {
    edo_buf text = { 0 };
    int err = r->o->is_verbose ? edo_buf_printf(&text, "\nResponse contents:\n") : 0;
    if (err == 0) err = json_put(&text, r->source, value, r->out, r->o->emit_defaults);
    if (err == 0) err = edo_buf_append(&text, "\n", 1);
    if (err == 0) err = run_write(r, &text);
    if (err == 0) err = edo_flush(r->to);
    edo_buf_deinit(&text);
    return err;
}

static int tell_count(call_run *r) {
    edo_buf text = { 0 };
    int err = 0;
    if (!r->o->is_verbose) return 0;
    err = edo_buf_printf(&text, "Sent %u request%s and received %u response%s\n", r->sent_n,
                         r->sent_n == 1 ? "" : "s", r->received_n, r->received_n == 1 ? "" : "s");
    if (err == 0) err = run_write(r, &text);
    edo_buf_deinit(&text);
    return err;
}

/* ---- Sending --------------------------------------------------------------------------------- */

/* Makes a message of the JSON, in the arena. */
static int make_message(call_run *r, void **out, edo_str json, edo_arena *arena) {
    edo_protobuf_json_opts opts = { .ignores_unknown = r->o->allow_unknown };
    opts.types = edo_protobuf_schema_types(r->source->schema, &opts.types_n);
    *out = edo_arena_alloc(arena, r->in->size);
    if (!*out) return -ENOMEM;
    return edo_protobuf_json_decode(*out, r->in, json, arena, &opts);
}

static int run_send_one(call_run *r, edo_str json) {
    edo_arena arena = { 0 };
    void *message;
    int err = r->sent_err = make_message(r, &message, json, &arena);
    if (err == 0) err = edo_grpc_send(r->call, message, r->in);
    r->sent_n += err == 0;
    edo_arena_deinit(&arena);
    return err;
}

/* A task: all that the input has. Input that is no message ends the scope; when the call has ended
 * in between, the receiver knows why. */
static int run_send_all(void *arg) {
    call_run *r = arg;
    edo_str json;
    int got, err = 0;
    while (err == 0 && (got = r->sent_err = json_input_next(&r->input, &json)) == 1) {
        r->sent_err = 0;
        err = run_send_one(r, json);
    }
    if (r->sent_err == -ECANCELED) r->sent_err = 0; // nobody wants the rest
    if (err == 0 && r->sent_err == 0)
        (void)edo_grpc_close_send(r->call); // of a failure the receiver knows
    return r->sent_err;
}

/* The one message of a method that takes no stream; without input an empty one. */
static int ask(call_run *r) {
    edo_arena arena = { 0 };
    edo_str json, more;
    void *message = NULL;
    int got = json_input_next(&r->input, &json);
    if (got == 0) json = EDO_STR("{}");
    int err = got < 0 ? got : make_message(r, &message, json, &arena);
    if (err == 0 && got == 1) err = json_input_next(&r->input, &more);
    if (err == 1) err = edo_fail(-EINVAL, "the method takes one message, and there are more");
    r->sent_err = err;
    if (err == 0)
        err = edo_grpc_server_stream(r->channel, &r->call, r->path, message, r->in, r->opts);
    r->sent_n = err == 0;
    edo_arena_deinit(&arena);
    return err;
}

/* ---- Receiving ------------------------------------------------------------------------------- */

static int receive_one(call_run *r, edo_str bytes) {
    const edo_protobuf_opts opts = { .borrows = true, .times_max = TIMES_MAX };
    edo_arena arena = { 0 };
    void *value = edo_arena_alloc(&arena, r->out->size);
    int err = value ? edo_protobuf_decode_with(value, r->out, bytes, &arena, &opts) : -ENOMEM;
    if (err == 0) err = tell_reply(r, value);
    r->received_n++;
    edo_arena_deinit(&arena);
    return err;
}

/* All replies. Returns 0, also if the call has failed, or why they are not written. */
static int receive_all(call_run *r) {
    edo_str bytes;
    int err = 0, got = edo_grpc_recv_metadata(r->call);
    if (got == 0) err = tell_headers(r, "Response headers received", edo_grpc_headers(r->call));
    while (got >= 0 && err == 0 && (got = edo_grpc_recv_bytes(r->call, &bytes)) == 1)
        err = receive_one(r, bytes);
    if (err < 0) return err;
    if (got == -ECANCELED && !edo_grpc_trailers(r->call)) return got; // of this task
    return tell_headers(r, "Response trailers received", edo_grpc_trailers(r->call));
}

static int run_streams(call_run *r) {
    int err = edo_grpc_stream(r->channel, &r->call, r->path, r->opts);
    if (err < 0) return err;
    EDO_SCOPE(scope, NULL);
    err = edo_scope_spawn(&scope, run_send_all, r);
    if (err == 0) err = receive_all(r);
    edo_scope_cancel(&scope); // what it has not sent nobody wants any more
    int ended = edo_scope_end(&scope, 0);
    return r->sent_err < 0 || err == 0 ? ended : err;
}

/* ---- The whole ------------------------------------------------------------------------------- */

/* Has the server sent as many replies as the method may have? */
static bool run_has_its_replies(const call_run *r) {
    return r->method.method->server_streaming || r->received_n == 1;
}

/* What a method that streams no replies ends with, if there was not one (gRPC's statuscodes.md). */
static failure run_lacks_reply(const call_run *r) {
    return (failure){ .status = EDO_GRPC_UNIMPLEMENTED,
                      .message = r->received_n == 0 ? EDO_STR("there was no message")
                                                    : EDO_STR("there was more than one message") };
}

/* A call that could not even begin has a status, too; and one that -max-time has cut short. */
static int run_status(call_run *r, int err) {
    char why[EDO_TRAIL_TEXT_MAX];
    failure f = { .status = edo_grpc_status_of(err) };
    if (err == -ECANCELED) {
        f = (failure){ .status = EDO_GRPC_DEADLINE_EXCEEDED,
                       .message = EDO_STR("the time of the call is over") };
    } else if (r->call) {
        f = (failure){ .status = edo_grpc_get_status(r->call),
                       .message = edo_grpc_get_message(r->call),
                       .details = edo_grpc_trailer(r->call, "grpc-status-details-bin", 0) };
        if (f.status == EDO_GRPC_OK && run_has_its_replies(r)) return 0;
        if (f.status == EDO_GRPC_OK) f = run_lacks_reply(r);
    } else {
        (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
        f.message = edo_str_of(why);
    }
    edo_trail_clear();
    return status_tell(r->source, &f, r->o->formats_error);
}

static int run(call_run *r) {
    int err = tell_method(r);
    if (err < 0) return err;
    if (r->method.method->client_streaming) {
        err = run_streams(r);
    } else {
        err = ask(r);
        if (err == 0) err = receive_all(r);
    }
    if (r->sent_err < 0) return edo_fail(r->sent_err, "the data of the request");
    const bool is_late = err == -ECANCELED && edo_deadline_left().ns == 0;
    if (is_late) return run_status(r, err);
    if (err == -ECANCELED || (err < 0 && r->call)) return err;
    int told = tell_count(r), flushed = edo_flush(r->to);
    if (told < 0 || flushed < 0) return told < 0 ? told : flushed;
    return run_status(r, err);
}

int call_method(source *s, const options *o, edo_grpc_channel *channel,
                const edo_grpc_call_opts *opts) {
    call_run r = { .source = s, .o = o, .channel = channel, .opts = opts };
    int err = find_method(&r, o->symbol);
    if (err < 0) return err;
    err = json_input_init(&r.input, o->data);
    if (err == 0) err = edo_stdout(&r.to);
    if (err == 0) err = run(&r);
    edo_grpc_call_free(r.call);
    edo_close(r.to);
    json_input_deinit(&r.input);
    return err;
}
