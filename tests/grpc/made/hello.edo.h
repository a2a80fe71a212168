/* Made by protoc-gen-edo from hello.proto: changes will be lost. */
#ifndef HELLO_EDO_H
#define HELLO_EDO_H

#include <edo/grpc.h>

typedef struct hello_v1_person hello_v1_person;
typedef struct hello_v1_reply hello_v1_reply;

/* hello.v1.Person */
struct hello_v1_person {
    edo_str name;
    edo_str unknown; /* what this description has not, as it came */
};

/* hello.v1.Reply */
struct hello_v1_reply {
    edo_str text;
    edo_str unknown; /* what this description has not, as it came */
};

EDO_DESCRIBED_LATER(hello_v1_person)
EDO_DESCRIBED_LATER(hello_v1_reply)

EDO_DESCRIBE(hello_v1_person,
    EDO_FIELD(hello_v1_person, name, .number = 1, .optional = true),
    EDO_FIELD(hello_v1_person, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(hello_v1_reply,
    EDO_FIELD(hello_v1_reply, text, .number = 1, .optional = true),
    EDO_FIELD(hello_v1_reply, unknown, .wire = EDO_WIRE_REST, .skip = true))

#ifdef HELLO_TYPES
#    error "two files make HELLO_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define HELLO_TYPES \
    { "hello.v1.Person", &hello_v1_person_desc }, \
    { "hello.v1.Reply", &hello_v1_reply_desc }

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_hello) = {
    10, 160, 2, 10, 11, 104, 101, 108, 108, 111, 46, 112, 114, 111, 116, 111, 18, 8, 104, 101,
    108, 108, 111, 46, 118, 49, 34, 28, 10, 6, 80, 101, 114, 115, 111, 110, 18, 18, 10, 4,
    110, 97, 109, 101, 24, 1, 32, 1, 40, 9, 82, 4, 110, 97, 109, 101, 34, 27, 10, 5,
    82, 101, 112, 108, 121, 18, 18, 10, 4, 116, 101, 120, 116, 24, 1, 32, 1, 40, 9, 82,
    4, 116, 101, 120, 116, 50, 195, 1, 10, 7, 71, 114, 101, 101, 116, 101, 114, 18, 42, 10,
    5, 71, 114, 101, 101, 116, 18, 16, 46, 104, 101, 108, 108, 111, 46, 118, 49, 46, 80, 101,
    114, 115, 111, 110, 26, 15, 46, 104, 101, 108, 108, 111, 46, 118, 49, 46, 82, 101, 112, 108,
    121, 18, 44, 10, 5, 67, 111, 117, 110, 116, 18, 16, 46, 104, 101, 108, 108, 111, 46, 118,
    49, 46, 80, 101, 114, 115, 111, 110, 26, 15, 46, 104, 101, 108, 108, 111, 46, 118, 49, 46,
    82, 101, 112, 108, 121, 48, 1, 18, 47, 10, 8, 71, 114, 101, 101, 116, 65, 108, 108, 18,
    16, 46, 104, 101, 108, 108, 111, 46, 118, 49, 46, 80, 101, 114, 115, 111, 110, 26, 15, 46,
    104, 101, 108, 108, 111, 46, 118, 49, 46, 82, 101, 112, 108, 121, 40, 1, 18, 45, 10, 4,
    67, 104, 97, 116, 18, 16, 46, 104, 101, 108, 108, 111, 46, 118, 49, 46, 80, 101, 114, 115,
    111, 110, 26, 15, 46, 104, 101, 108, 108, 111, 46, 118, 49, 46, 82, 101, 112, 108, 121, 40,
    1, 48, 1, 98, 6, 112, 114, 111, 116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_hello, NULL)

/* hello.v1.Greeter:
 * Greets people. */
typedef struct hello_v1_greeter_ops {
    int (*greet)(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in);
    /* Counts for somebody, three times. */
    int (*count)(edo_grpc_call *call, const hello_v1_person *in);
    /* Greets all of them at once. */
    int (*greet_all)(edo_grpc_call *call, hello_v1_reply *out);
    /* Greets each of them as they come. */
    int (*chat)(edo_grpc_call *call);
} hello_v1_greeter_ops;

static inline int hello_v1_greeter_count_send(edo_grpc_call *call,
    const hello_v1_reply *message) {
    return edo_grpc_send(call, message, &hello_v1_reply_desc);
}

static inline int hello_v1_greeter_greet_all_recv(edo_grpc_call *call,
    hello_v1_person *message) {
    return edo_grpc_recv(call, message, &hello_v1_person_desc);
}

static inline int hello_v1_greeter_chat_send(edo_grpc_call *call,
    const hello_v1_reply *message) {
    return edo_grpc_send(call, message, &hello_v1_reply_desc);
}

static inline int hello_v1_greeter_chat_recv(edo_grpc_call *call,
    hello_v1_person *message) {
    return edo_grpc_recv(call, message, &hello_v1_person_desc);
}

EDO_GRPC_METHOD_UNARY(hello_v1_greeter, greet, hello_v1_person, hello_v1_reply)
EDO_GRPC_METHOD_SERVER_STREAM(hello_v1_greeter, count, hello_v1_person, hello_v1_reply)
EDO_GRPC_METHOD_CLIENT_STREAM(hello_v1_greeter, greet_all, hello_v1_person, hello_v1_reply)
EDO_GRPC_METHOD_BIDI(hello_v1_greeter, chat, hello_v1_person, hello_v1_reply)
static const edo_grpc_method hello_v1_greeter_methods[] = {
    { "Greet", &hello_v1_person_desc, &hello_v1_reply_desc, hello_v1_greeter_greet_serve,
      offsetof(hello_v1_greeter_ops, greet), false, false, false },
    { "Count", &hello_v1_person_desc, &hello_v1_reply_desc, hello_v1_greeter_count_serve,
      offsetof(hello_v1_greeter_ops, count), false, true, false },
    { "GreetAll", &hello_v1_person_desc, &hello_v1_reply_desc, hello_v1_greeter_greet_all_serve,
      offsetof(hello_v1_greeter_ops, greet_all), true, false, false },
    { "Chat", &hello_v1_person_desc, &hello_v1_reply_desc, hello_v1_greeter_chat_serve,
      offsetof(hello_v1_greeter_ops, chat), true, true, false },
};
static const edo_grpc_service hello_v1_greeter_service = {
    "hello.v1.Greeter", hello_v1_greeter_methods, 4, &edo_FILE_hello, NULL, 0
};

/* As edo_grpc_routes(). A handler that is NULL ends its calls with UNIMPLEMENTED. */
static inline void hello_v1_greeter_routes(edo_router *r,
    const hello_v1_greeter_ops *ops, void *arg, const edo_grpc_opts *opts) {
    edo_grpc_routes(r, &hello_v1_greeter_service, ops, arg, opts);
}

/* Calls of hello.v1.Greeter: see edo_grpc_channel. */

static inline int hello_v1_greeter_greet(edo_grpc_channel *ch,
    hello_v1_reply *out,
    const hello_v1_person *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/hello.v1.Greeter/Greet",
        out, &hello_v1_reply_desc,
        in, &hello_v1_person_desc, arena, opts);
}

static inline int hello_v1_greeter_count(edo_grpc_channel *ch,
    edo_grpc_call **call, const hello_v1_person *in,
    const edo_grpc_call_opts *opts) {
    return edo_grpc_server_stream(ch, call, "/hello.v1.Greeter/Count",
        in, &hello_v1_person_desc, opts);
}

static inline int hello_v1_greeter_count_recv(edo_grpc_call *call,
    hello_v1_reply *message) {
    return edo_grpc_recv(call, message, &hello_v1_reply_desc);
}

static inline int hello_v1_greeter_greet_all(edo_grpc_channel *ch,
    edo_grpc_call **call, const edo_grpc_call_opts *opts) {
    return edo_grpc_stream(ch, call, "/hello.v1.Greeter/GreetAll", opts);
}

static inline int hello_v1_greeter_greet_all_send(edo_grpc_call *call,
    const hello_v1_person *message) {
    return edo_grpc_send(call, message, &hello_v1_person_desc);
}

static inline int hello_v1_greeter_greet_all_finish(edo_grpc_call *call,
    hello_v1_reply *message) {
    return edo_grpc_finish(call, message, &hello_v1_reply_desc);
}

static inline int hello_v1_greeter_chat(edo_grpc_channel *ch,
    edo_grpc_call **call, const edo_grpc_call_opts *opts) {
    return edo_grpc_stream(ch, call, "/hello.v1.Greeter/Chat", opts);
}

static inline int hello_v1_greeter_chat_client_send(edo_grpc_call *call,
    const hello_v1_person *message) {
    return edo_grpc_send(call, message, &hello_v1_person_desc);
}

static inline int hello_v1_greeter_chat_client_recv(edo_grpc_call *call,
    hello_v1_reply *message) {
    return edo_grpc_recv(call, message, &hello_v1_reply_desc);
}

#endif
