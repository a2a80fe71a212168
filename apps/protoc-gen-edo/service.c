/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/service.c: see service.h. The description of the .proto goes along (proto.c), so
 * that a server can show what it offers (reflection). */
#include "service.h"

#include "binding.h"
#include "comment.h"
#include "names.h"
#include "types.h"

#include <stdio.h>

/* Numbers of fields in descriptor.proto. */
enum { FILE_SERVICE = 6, SERVICE_METHOD = 2 };

typedef google_protobuf_method_descriptor_proto method_proto;
typedef google_protobuf_service_descriptor_proto service_proto;

typedef struct gen_method {
    const method_proto *proto;
    const gen_type *in, *out;
    edo_str member; /* in the struct of handlers */
} gen_method;

typedef struct gen_service {
    const service_proto *proto;
    edo_str name; /* hello_v1_greeter */
    gen_method *methods;
    gen_place place;
} gen_service;

void gen_services_use(gen *g, const file_proto *f) {
    for (size_t i = 0; i < f->service_n; i++) {
        for (size_t k = 0; k < f->service[i].method_n && g->err == 0; k++) {
            const method_proto *m = &f->service[i].method[k];
            const gen_type *in = gen_type_named(g, m->input_type);
            const gen_type *out = gen_type_named(g, m->output_type);
            if (in) gen_add(g->used, in->file);
            if (out) gen_add(g->used, out->file);
        }
    }
}

/* ---- Names ----------------------------------------------------------------------------------- */

/* What stands behind NAME in the names of a service at file scope, and in the names of a method. */
static const char *const of_service[] = { "ops", "routes", "service", "methods", "bindings", NULL };

/* By the sides that stream: none, the requests, the replies, or both. */
static const char *const *method_endings(const method_proto *p) {
    static const char *const unary[] = { "", "_serve", NULL };
    static const char *const replies[] = { "", "_serve", "_send", "_recv", NULL };
    static const char *const requests[] = { "", "_serve", "_send", "_recv", "_finish", NULL };
    static const char *const both[] = { "",      "_serve",       "_send",
                                        "_recv", "_client_send", "_client_recv",
                                        NULL };
    if (p->client_streaming) return p->server_streaming ? both : requests;
    return p->server_streaming ? replies : unary;
}

/* Names the methods: neither an rpc ChatSend beside a Chat, nor one that is called Routes, becomes
 * the name of another function. That is said, as in names.c. */
static void service_name_methods(gen *g, gen_service *s, uint32_t file, gen_members *names) {
    const edo_str in = g->request->proto_file[file].name;
    for (size_t i = 0; of_service[i]; i++)
        (void)gen_name_member(g, names, edo_str_of(of_service[i]));
    for (size_t i = 0; i < s->proto->method_n && g->err == 0; i++) {
        const method_proto *p = &s->proto->method[i];
        const edo_str wanted = gen_snake(g, p->name);
        const edo_str member = gen_name_members(g, names, wanted, method_endings(p));
        s->methods[i].member = member;
        // itself, or with a '_' behind a word of C
        if (member.len <= wanted.len + 1 || !g->is_asked_for) continue;
        (void)fprintf(stderr,
                      "protoc-gen-edo: %.*s: %.*s.%.*s is \"%.*s\" in C: another has its name\n",
                      GEN_STR(in), GEN_STR(s->proto->name), GEN_STR(p->name), GEN_STR(member));
    }
}

/* All of them with "_" before it, for gen_name_all(). */
static const char **service_endings(gen *g, const gen_members *names) {
    const char **all = (const char **)gen_alloc(g, (names->n + 1) * sizeof *all);
    for (size_t i = 0; all && i < names->n; i++)
        all[i] = gen_text(g, "_%.*s", GEN_STR(names->all[i])).ptr;
    return all;
}

static void service_find(gen *g, gen_service *s, uint32_t file, edo_str package) {
    gen_members names = { .n = 0 };
    s->methods = (gen_method *)gen_alloc(g, (s->proto->method_n + 1) * sizeof *s->methods);
    if (!s->methods) return;
    service_name_methods(g, s, file, &names);
    for (size_t i = 0; i < s->proto->method_n && g->err == 0; i++) {
        gen_method *m = &s->methods[i];
        m->proto = &s->proto->method[i];
        m->in = gen_type_named(g, m->proto->input_type);
        m->out = gen_type_named(g, m->proto->output_type);
    }
    const char **endings = g->err == 0 ? service_endings(g, &names) : NULL;
    const edo_str path = package.len > 0
                             ? gen_text(g, "%.*s.%.*s", GEN_STR(package), GEN_STR(s->proto->name))
                             : s->proto->name;
    if (endings) s->name = gen_name_all(g, file, gen_snake(g, path), endings);
}

/* ---- Handlers -------------------------------------------------------------------------------- */

static void put_handler(gen *g, const gen_method *m) {
    gen_put(g, "    int (*%.*s)(edo_grpc_call *call", GEN_STR(m->member));
    if (!m->proto->server_streaming) gen_put(g, ", %.*s *out", GEN_STR(m->out->name));
    if (!m->proto->client_streaming) gen_put(g, ", const %.*s *in", GEN_STR(m->in->name));
    gen_put(g, ");\n");
}

static void put_ops(gen *g, const file_proto *f, const gen_service *s, edo_str path) {
    gen_put(g, "\n");
    gen_put_comment(g, f, &s->place, "", path);
    gen_put(g, "typedef struct %.*s_ops {\n", GEN_STR(s->name));
    for (size_t i = 0; i < s->proto->method_n; i++) {
        const gen_place place = gen_place_in(&s->place, SERVICE_METHOD, i);
        gen_put_comment(g, f, &place, "    ", EDO_STR(""));
        put_handler(g, &s->methods[i]);
    }
    if (s->proto->method_n == 0) gen_put(g, "    char none; /* it has no methods */\n");
    gen_put(g, "} %.*s_ops;\n", GEN_STR(s->name));
}

static void put_stream_calls(gen *g, const gen_service *s, const gen_method *m) {
    if (m->proto->server_streaming)
        gen_put(g,
                "\nstatic inline int %.*s_%.*s_send(edo_grpc_call *call,\n"
                "    const %.*s *message) {\n"
                "    return edo_grpc_send(call, message, &%.*s_desc);\n}\n",
                GEN_STR(s->name), GEN_STR(m->member), GEN_STR(m->out->name), GEN_STR(m->out->name));
    if (m->proto->client_streaming)
        gen_put(g,
                "\nstatic inline int %.*s_%.*s_recv(edo_grpc_call *call,\n"
                "    %.*s *message) {\n"
                "    return edo_grpc_recv(call, message, &%.*s_desc);\n}\n",
                GEN_STR(s->name), GEN_STR(m->member), GEN_STR(m->in->name), GEN_STR(m->in->name));
}

/* ---- The table ------------------------------------------------------------------------------- */

static const char *method_kind(const gen_method *m) {
    if (m->proto->client_streaming) return m->proto->server_streaming ? "BIDI" : "CLIENT_STREAM";
    return m->proto->server_streaming ? "SERVER_STREAM" : "UNARY";
}

static bool method_is_safe(const gen_method *m) {
    return m->proto->options &&
           m->proto->options->idempotency_level == GOOGLE_PROTOBUF_METHOD_OPTIONS_NO_SIDE_EFFECTS;
}

static void put_method(gen *g, const gen_service *s, const gen_method *m) {
    gen_put(g,
            "    { \"%.*s\", &%.*s_desc, &%.*s_desc, %.*s_%.*s_serve,\n"
            "      offsetof(%.*s_ops, %.*s), %s, %s, %s },\n",
            GEN_STR(m->proto->name), GEN_STR(m->in->name), GEN_STR(m->out->name), GEN_STR(s->name),
            GEN_STR(m->member), GEN_STR(s->name), GEN_STR(m->member),
            m->proto->client_streaming ? "true" : "false",
            m->proto->server_streaming ? "true" : "false", method_is_safe(m) ? "true" : "false");
}

/* What google.api.http says of the methods. Returns how many bindings there are. */
static size_t put_bindings(gen *g, const gen_service *s) {
    if (!gen_has_bindings(g, s->proto)) return 0;
    gen_put(g, "static const edo_grpc_binding %.*s_bindings[] = {\n", GEN_STR(s->name));
    const size_t n = gen_put_bindings(g, s->proto);
    gen_put(g, "};\n");
    return n;
}

static void put_table(gen *g, const gen_service *s, edo_str path, edo_str file) {
    gen_put(g, "\n");
    for (size_t i = 0; i < s->proto->method_n; i++) {
        const gen_method *m = &s->methods[i];
        gen_put(g, "EDO_GRPC_METHOD_%s(%.*s, %.*s, %.*s, %.*s)\n", method_kind(m), GEN_STR(s->name),
                GEN_STR(m->member), GEN_STR(m->in->name), GEN_STR(m->out->name));
    }
    if (s->proto->method_n > 0) {
        gen_put(g, "static const edo_grpc_method %.*s_methods[] = {\n", GEN_STR(s->name));
        for (size_t i = 0; i < s->proto->method_n; i++) put_method(g, s, &s->methods[i]);
        gen_put(g, "};\n");
    }
    const size_t bindings_n = put_bindings(g, s);
    gen_put(g, "static const edo_grpc_service %.*s_service = {\n    \"%.*s\", ", GEN_STR(s->name),
            GEN_STR(path));
    if (s->proto->method_n > 0)
        gen_put(g, "%.*s_methods", GEN_STR(s->name));
    else
        gen_put(g, "NULL");
    gen_put(g, ", %zu, &%.*s, ", s->proto->method_n, GEN_STR(file));
    if (bindings_n > 0)
        gen_put(g, "%.*s_bindings, %zu\n};\n", GEN_STR(s->name), bindings_n);
    else
        gen_put(g, "NULL, 0\n};\n");
}

static void put_routes(gen *g, const gen_service *s) {
    gen_put(
        g,
        "\n/* As edo_grpc_routes(). A handler that is NULL ends its calls with UNIMPLEMENTED. */\n"
        "static inline void %.*s_routes(edo_router *r,\n"
        "    const %.*s_ops *ops, void *arg, const edo_grpc_opts *opts) {\n"
        "    edo_grpc_routes(r, &%.*s_service, ops, arg, opts);\n}\n",
        GEN_STR(s->name), GEN_STR(s->name), GEN_STR(s->name));
}

/* ---- Calls of clients ------------------------------------------------------------------------ */

/* `NAME_METHOD`, of the client's functions. */
static edo_str client_name(gen *g, const gen_service *s, const gen_method *m) {
    return gen_text(g, "%.*s_%.*s", GEN_STR(s->name), GEN_STR(m->member));
}

static void put_unary_call(gen *g, const gen_method *m, edo_str name, edo_str path) {
    gen_put(g,
            "static inline int %.*s(edo_grpc_channel *ch,\n"
            "    %.*s *out,\n    const %.*s *in,\n"
            "    edo_arena *arena, const edo_grpc_call_opts *opts) {\n"
            "    return edo_grpc_unary(ch, \"%.*s\",\n"
            "        out, &%.*s_desc,\n        in, &%.*s_desc, arena, opts);\n}\n",
            GEN_STR(name), GEN_STR(m->out->name), GEN_STR(m->in->name), GEN_STR(path),
            GEN_STR(m->out->name), GEN_STR(m->in->name));
}

static void put_server_stream_call(gen *g, const gen_method *m, edo_str name, edo_str path) {
    gen_put(g,
            "static inline int %.*s(edo_grpc_channel *ch,\n"
            "    edo_grpc_call **call, const %.*s *in,\n    const edo_grpc_call_opts *opts) {\n"
            "    return edo_grpc_server_stream(ch, call, \"%.*s\",\n        in, &%.*s_desc, "
            "opts);\n}\n",
            GEN_STR(name), GEN_STR(m->in->name), GEN_STR(path), GEN_STR(m->in->name));
}

static void put_stream_call(gen *g, edo_str name, edo_str path) {
    gen_put(g,
            "static inline int %.*s(edo_grpc_channel *ch,\n"
            "    edo_grpc_call **call, const edo_grpc_call_opts *opts) {\n"
            "    return edo_grpc_stream(ch, call, \"%.*s\", opts);\n}\n",
            GEN_STR(name), GEN_STR(path));
}

/* A function that sends, receives or finishes: `verb` of edo_grpc_. */
static void put_message_call(gen *g, edo_str name, const char *ending, const char *verb,
                             const gen_type *type) {
    const bool sends = verb[0] == 's';
    gen_put(g,
            "\nstatic inline int %.*s_%s(edo_grpc_call *call,\n    %s%.*s *message) {\n"
            "    return edo_grpc_%s(call, message, &%.*s_desc);\n}\n",
            GEN_STR(name), ending, sends ? "const " : "", GEN_STR(type->name), verb,
            GEN_STR(type->name));
}

/* Both sides of a method with two streams have functions that send and receive: the client's have
 * "client" in their names. */
static void put_client_streams(gen *g, const gen_method *m, edo_str name) {
    const bool ins = m->proto->client_streaming, outs = m->proto->server_streaming;
    if (ins) put_message_call(g, name, outs ? "client_send" : "send", "send", m->in);
    if (outs) put_message_call(g, name, ins ? "client_recv" : "recv", "recv", m->out);
    if (ins && !outs) put_message_call(g, name, "finish", "finish", m->out);
}

static void put_client_call(gen *g, const gen_service *s, const gen_method *m, edo_str service) {
    const edo_str name = client_name(g, s, m);
    const edo_str path = gen_text(g, "/%.*s/%.*s", GEN_STR(service), GEN_STR(m->proto->name));
    gen_put(g, "\n");
    if (m->proto->client_streaming)
        put_stream_call(g, name, path);
    else if (m->proto->server_streaming)
        put_server_stream_call(g, m, name, path);
    else
        put_unary_call(g, m, name, path);
    put_client_streams(g, m, name);
}

static void put_client(gen *g, const gen_service *s, edo_str path) {
    if (s->proto->method_n == 0) return;
    gen_put(g, "\n/* Calls of %.*s: see edo_grpc_channel. */\n", GEN_STR(path));
    for (size_t i = 0; i < s->proto->method_n; i++) put_client_call(g, s, &s->methods[i], path);
}

/* ---- The whole ------------------------------------------------------------------------------- */

void gen_put_services(gen *g, uint32_t file) {
    const file_proto *f = &g->request->proto_file[file];
    const gen_place top = { .n = 0 };
    for (size_t i = 0; i < f->service_n && g->err == 0; i++) {
        gen_service s = { .proto = &f->service[i], .place = gen_place_in(&top, FILE_SERVICE, i) };
        const edo_str path = f->package.len > 0 ? gen_text(g, "%.*s.%.*s", GEN_STR(f->package),
                                                           GEN_STR(s.proto->name))
                                                : s.proto->name;
        service_find(g, &s, file, f->package);
        if (g->err < 0) return;
        put_ops(g, f, &s, path);
        for (size_t k = 0; k < s.proto->method_n; k++) put_stream_calls(g, &s, &s.methods[k]);
        put_table(g, &s, path, g->file_names[file]);
        put_routes(g, &s);
        put_client(g, &s, path);
    }
}
