/* SPDX-License-Identifier: MIT */
/* grpc/services/reflection.c: grpc.reflection.v1, and v1alpha, whose messages are the same. */
#include "grpc/made/grpc/reflection/v1/reflection.edo.h"
#include "grpc/made/grpc/reflection/v1alpha/reflection.edo.h"
#include "grpc/services/catalog.h"
#include "web/router/router.h"

#include <edo/error.h>

#include <string.h>

typedef grpc_reflection_v1_server_reflection_request reflection_request;
typedef grpc_reflection_v1_server_reflection_response reflection_response;

/* The members of the two oneofs. */
#define REQUEST(of)  GRPC_REFLECTION_V1_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_##of
#define RESPONSE(of) GRPC_REFLECTION_V1_SERVER_REFLECTION_RESPONSE_MESSAGE_RESPONSE_##of

/* What a stream, or one response of it, has to do with a file. */
enum { MARK_WANTED = 1, MARK_SENT = 2 };

/* One response while it is made, in memory that ends with it. */
typedef struct reflection {
    const edoi_grpc_catalog *catalog; /* all streams share it */
    unsigned char *marks;             /* of the stream: one for each file, by its index */
    edo_arena *arena;
    reflection_response *out;
} reflection;

static int reflection_not_found(const reflection *r, const char *what, edo_str name) {
    grpc_reflection_v1_error_response *e = edo_arena_alloc(r->arena, sizeof *e);
    if (!e) return -ENOMEM;
    *e = (grpc_reflection_v1_error_response){ .error_code = EDO_GRPC_NOT_FOUND,
                                              .error_message = edo_arena_print(
                                                  r->arena, "no %s %.*s", what, (int)name.len,
                                                  name.len > 0 ? name.ptr : "") };
    r->out->message_response = RESPONSE(ERROR_RESPONSE);
    r->out->error_response = e;
    return 0;
}

/* ---- Files ----------------------------------------------------------------------------------- */

/* Marks a file and what it imports, unless it was sent. Returns how many were marked. */
static size_t reflection_want(const reflection *r, const edoi_grpc_file *f) {
    if (!f || r->marks[f->index] != 0) return 0;
    r->marks[f->index] = MARK_WANTED;
    size_t n = 1;
    for (size_t i = 0; i < f->proto.dependency_n; i++)
        n += reflection_want(r, edoi_grpc_catalog_file(r->catalog, f->proto.dependency[i]));
    return n;
}

static void reflection_put(const reflection *r, grpc_reflection_v1_file_descriptor_response *to,
                           const edoi_grpc_file *f) {
    to->file_descriptor_proto[to->file_descriptor_proto_n++] = edo_bytes_from_static(f->bytes);
    r->marks[f->index] = MARK_SENT;
}

/* Gives the file, and what it imports that the stream has not given before. */
static int reflection_give(const reflection *r, const edoi_grpc_file *f) {
    grpc_reflection_v1_file_descriptor_response *to = edo_arena_alloc(r->arena, sizeof *to);
    r->marks[f->index] = 0; // what was asked for comes in any case
    const size_t n = reflection_want(r, f);
    if (!to) return -ENOMEM;
    *to = (grpc_reflection_v1_file_descriptor_response){
        .file_descriptor_proto = edo_arena_alloc(r->arena, n * sizeof *to->file_descriptor_proto)
    };
    if (!to->file_descriptor_proto) return -ENOMEM;
    reflection_put(r, to, f);
    for (const edoi_grpc_file *other = r->catalog->files; other; other = other->next)
        if (r->marks[other->index] == MARK_WANTED) reflection_put(r, to, other);
    r->out->message_response = RESPONSE(FILE_DESCRIPTOR_RESPONSE);
    r->out->file_descriptor_response = to;
    return 0;
}

static int reflection_by_name(const reflection *r, edo_str name) {
    const edoi_grpc_file *f = edoi_grpc_catalog_file(r->catalog, name);
    return f ? reflection_give(r, f) : reflection_not_found(r, "file", name);
}

static int reflection_by_symbol(const reflection *r, edo_str name) {
    for (const edoi_grpc_file *f = r->catalog->files; f; f = f->next)
        if (edoi_grpc_file_says(f, name)) return reflection_give(r, f);
    return reflection_not_found(r, "symbol", name);
}

/* ---- Extensions ------------------------------------------------------------------------------ */

static int reflection_by_extension(const reflection *r,
                                   const grpc_reflection_v1_extension_request *in) {
    int32_t number;
    for (const edoi_grpc_file *f = r->catalog->files; in && f; f = f->next)
        for (size_t i = 0; (number = edoi_grpc_file_extension(f, in->containing_type, i)); i++)
            if (number == in->extension_number) return reflection_give(r, f);
    return reflection_not_found(r, "such extension of", in ? in->containing_type : EDO_STR(""));
}

static size_t reflection_count(const edoi_grpc_catalog *c, edo_str message, int32_t *to) {
    size_t n = 0;
    int32_t number;
    for (const edoi_grpc_file *f = c->files; f; f = f->next)
        for (size_t i = 0; (number = edoi_grpc_file_extension(f, message, i)); i++, n++)
            if (to) to[n] = number;
    return n;
}

static int reflection_numbers(const reflection *r, edo_str message) {
    const size_t n = reflection_count(r->catalog, message, NULL);
    bool is_known = false;
    for (const edoi_grpc_file *f = r->catalog->files; f; f = f->next)
        is_known |= edoi_grpc_file_says(f, message);
    if (!is_known) return reflection_not_found(r, "message", message);
    grpc_reflection_v1_extension_number_response *to = edo_arena_alloc(r->arena, sizeof *to);
    int32_t *numbers = edo_arena_alloc(r->arena, (n + 1) * sizeof *numbers);
    if (!to || !numbers) return -ENOMEM;
    (void)reflection_count(r->catalog, message, numbers);
    *to = (grpc_reflection_v1_extension_number_response){ .base_type_name = message,
                                                          .extension_number = numbers,
                                                          .extension_number_n = n };
    r->out->message_response = RESPONSE(ALL_EXTENSION_NUMBERS_RESPONSE);
    r->out->all_extension_numbers_response = to;
    return 0;
}

/* ---- Services -------------------------------------------------------------------------------- */

static int reflection_list(const reflection *r) {
    grpc_reflection_v1_list_service_response *to = edo_arena_alloc(r->arena, sizeof *to);
    if (!to) return -ENOMEM;
    *to = (grpc_reflection_v1_list_service_response){
        .service = edo_arena_alloc(r->arena, r->catalog->services_n * sizeof *to->service)
    };
    if (!to->service) return -ENOMEM;
    for (const edoi_grpc_listed *l = r->catalog->services; l; l = l->next)
        to->service[to->service_n++] =
            (grpc_reflection_v1_service_response){ .name = edo_str_of(l->service->name) };
    r->out->message_response = RESPONSE(LIST_SERVICES_RESPONSE);
    r->out->list_services_response = to;
    return 0;
}

/* ---- The stream ------------------------------------------------------------------------------ */

static int reflection_make(const reflection *r, const reflection_request *in) {
    switch (in->message_request) {
    case REQUEST(FILE_BY_FILENAME): return reflection_by_name(r, in->file_by_filename);
    case REQUEST(FILE_CONTAINING_SYMBOL):
        return reflection_by_symbol(r, in->file_containing_symbol);
    case REQUEST(FILE_CONTAINING_EXTENSION):
        return reflection_by_extension(r, in->file_containing_extension);
    case REQUEST(ALL_EXTENSION_NUMBERS_OF_TYPE):
        return reflection_numbers(r, in->all_extension_numbers_of_type);
    case REQUEST(LIST_SERVICES): return reflection_list(r);
    default: return reflection_not_found(r, "such question", EDO_STR(""));
    }
}

static int reflection_respond(edo_grpc_call *call, const reflection *of, reflection_request *in) {
    reflection_response out = { .valid_host = in->host, .original_request = in };
    reflection r = *of;
    r.out = &out;
    int err = reflection_make(&r, in);
    return err < 0 ? err
                   : grpc_reflection_v1_server_reflection_server_reflection_info_send(call, &out);
}

static int reflection_begin(reflection *r, edo_grpc_call *call) {
    int err = edoi_grpc_shared_catalog_of(&r->catalog, call);
    if (err < 0) return err;
    r->marks = edo_arena_alloc(edo_grpc_arena(call), r->catalog->files_n);
    if (r->marks) memset(r->marks, 0, r->catalog->files_n);
    return r->marks ? 0 : -ENOMEM;
}

static int reflection_info(edo_grpc_call *call) {
    edo_arena arena = { 0 };
    reflection r = { .arena = &arena };
    reflection_request in;
    int err = reflection_begin(&r, call);
    while (err == 0) {
        err = grpc_reflection_v1_server_reflection_server_reflection_info_recv(call, &in);
        if (err <= 0) break;
        err = reflection_respond(call, &r, &in);
        edo_arena_reset(&arena);
    }
    edo_arena_deinit(&arena);
    return err;
}

void edo_grpc_reflection_routes(edo_router *r) {
    static const grpc_reflection_v1_server_reflection_ops ops = { .server_reflection_info =
                                                                      reflection_info };
    static const grpc_reflection_v1alpha_server_reflection_ops alpha = { .server_reflection_info =
                                                                             reflection_info };
    edoi_grpc_shared_catalog *catalog = edoi_grpc_shared_catalog_new();
    if (!catalog) {
        if (r) edoi_router_fail(r, -ENOMEM, "no memory");
        return;
    }
    if (!edoi_router_own(r, catalog, edo_rc_unref)) return;
    grpc_reflection_v1_server_reflection_routes(r, &ops, catalog, NULL);
    grpc_reflection_v1alpha_server_reflection_routes(r, &alpha, catalog, NULL);
}
