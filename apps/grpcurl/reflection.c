/* SPDX-License-Identifier: MIT */
/* reflection.c: see reflection.h. */
#include "reflection.h"

#include <edo/error.h>

#include <errno.h>

#include "grpc/reflection/v1/reflection.edo.h"

typedef grpc_reflection_v1_server_reflection_request reflection_request;
typedef grpc_reflection_v1_server_reflection_response reflection_response;

/* The members of the two oneofs. */
#define REQUEST(of)  GRPC_REFLECTION_V1_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_##of
#define RESPONSE(of) GRPC_REFLECTION_V1_SERVER_REFLECTION_RESPONSE_MESSAGE_RESPONSE_##of

void reflection_end(reflection *self) {
    edo_grpc_call_free(self->call);
    self->call = NULL;
}

static int reflection_open(reflection *self) {
    static const char *const paths[] = {
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
    };
    if (self->call) return 0;
    return edo_grpc_stream(self->channel, &self->call, paths[self->is_alpha], self->opts);
}

static int reflection_ask_once(reflection *self, const reflection_request *in,
                               reflection_response *out) {
    int err = reflection_open(self);
    if (err == 0)
        err = edo_grpc_send(self->call, in, &grpc_reflection_v1_server_reflection_request_desc);
    if (err < 0 && err != -EPIPE) return err; // EPIPE: the call has ended, as the receive says
    int got = edo_grpc_recv(self->call, out, &grpc_reflection_v1_server_reflection_response_desc);
    if (got == 0) return edo_fail(-EPROTO, "the server has ended its reflection");
    return got < 0 ? got : 0;
}

/* What it fills lives until the next question. */
static int reflection_ask(reflection *self, const reflection_request *in,
                          reflection_response *out) {
    int err = reflection_ask_once(self, in, out);
    if (edo_grpc_status_of(err) == EDO_GRPC_UNIMPLEMENTED && !self->is_alpha) {
        reflection_end(self);
        edo_trail_clear();
        self->is_alpha = true;
        err = reflection_ask_once(self, in, out);
    }
    if (edo_grpc_status_of(err) == EDO_GRPC_UNIMPLEMENTED)
        return edo_fail(err, "the server has no reflection: use -proto or -protoset");
    return err;
}

int reflection_list(reflection *self, edo_arena *arena, edo_str **out, size_t *n) {
    const reflection_request in = { .message_request = REQUEST(LIST_SERVICES) };
    reflection_response response;
    int err = reflection_ask(self, &in, &response);
    if (err < 0) return err;
    if (response.message_response != RESPONSE(LIST_SERVICES_RESPONSE))
        return edo_fail(-EPROTO, "the server does not list its services");
    const grpc_reflection_v1_list_service_response *all = response.list_services_response;
    *out = edo_arena_alloc(arena, (all->service_n + 1) * sizeof **out);
    if (!*out) return -ENOMEM;
    *n = all->service_n;
    for (size_t i = 0; i < all->service_n; i++) {
        const edo_str name = all->service[i].name;
        (*out)[i] = (edo_str){ edo_arena_copy(arena, name.ptr, name.len), name.len };
        if (!(*out)[i].ptr) return -ENOMEM;
    }
    return 0;
}

static int reflection_take(reflection *self, files *to, const reflection_request *in,
                           edo_str name) {
    reflection_response response;
    int err = reflection_ask(self, in, &response);
    if (err < 0) return err;
    if (response.message_response != RESPONSE(FILE_DESCRIPTOR_RESPONSE))
        return edo_fail(-ENOENT, "the server does not know %.*s", (int)name.len, name.ptr);
    const grpc_reflection_v1_file_descriptor_response *got = response.file_descriptor_response;
    for (size_t i = 0; err == 0 && i < got->file_descriptor_proto_n; i++)
        err = files_add(to, got->file_descriptor_proto[i].str);
    return err;
}

/* What a server does not have may not be needed. */
static int reflection_fetch_imports(reflection *self, files *to) {
    const edo_str *name;
    while ((name = files_missing(to))) {
        const reflection_request in = { .message_request = REQUEST(FILE_BY_FILENAME),
                                        .file_by_filename = *name };
        int err = reflection_take(self, to, &in, *name);
        if (err == -ENOENT) edo_trail_clear();
        if (err < 0 && err != -ENOENT) return err;
    }
    return 0;
}

int reflection_fetch(reflection *self, files *to, edo_str symbol) {
    const reflection_request in = { .message_request = REQUEST(FILE_CONTAINING_SYMBOL),
                                    .file_containing_symbol = symbol };
    int err = reflection_take(self, to, &in, symbol);
    return err < 0 ? err : reflection_fetch_imports(self, to);
}
