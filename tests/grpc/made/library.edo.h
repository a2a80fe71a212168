/* Made by protoc-gen-edo from library.proto: changes will be lost. */
#ifndef LIBRARY_EDO_H
#define LIBRARY_EDO_H

#include <edo/grpc.h>

typedef struct library_v1_book library_v1_book;
typedef struct library_v1_get_book_request library_v1_get_book_request;

/* library.v1.Book */
struct library_v1_book {
    edo_str name;
    edo_str title;
    int64_t pages;
    bool is_lent;
    edo_str *tags;
    size_t tags_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* library.v1.GetBookRequest */
struct library_v1_get_book_request {
    edo_str name;
    edo_str unknown; /* what this description has not, as it came */
};

EDO_DESCRIBED_LATER(library_v1_book)
EDO_DESCRIBED_LATER(library_v1_get_book_request)

EDO_DESCRIBE(library_v1_book,
    EDO_FIELD(library_v1_book, name, .number = 1, .optional = true),
    EDO_FIELD(library_v1_book, title, .number = 2, .optional = true),
    EDO_FIELD(library_v1_book, pages, .number = 3, .optional = true),
    EDO_FIELD(library_v1_book, is_lent, .number = 4, .optional = true),
    EDO_FIELD_LIST(library_v1_book, tags, tags_n, .number = 5, .optional = true),
    EDO_FIELD(library_v1_book, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(library_v1_get_book_request,
    EDO_FIELD(library_v1_get_book_request, name, .number = 1, .optional = true),
    EDO_FIELD(library_v1_get_book_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define LIBRARY_TYPES \
    { "library.v1.Book", &library_v1_book_desc }, \
    { "library.v1.GetBookRequest", &library_v1_get_book_request_desc }

/* The .proto and what it imports (google.protobuf.FileDescriptorSet), which servers show. */
static const unsigned char library_files[] = {
    10, 135, 2, 10, 13, 108, 105, 98, 114, 97, 114, 121, 46, 112, 114, 111, 116, 111, 18, 10,
    108, 105, 98, 114, 97, 114, 121, 46, 118, 49, 34, 115, 10, 4, 66, 111, 111, 107, 18, 18,
    10, 4, 110, 97, 109, 101, 24, 1, 32, 1, 40, 9, 82, 4, 110, 97, 109, 101, 18, 20,
    10, 5, 116, 105, 116, 108, 101, 24, 2, 32, 1, 40, 9, 82, 5, 116, 105, 116, 108, 101,
    18, 20, 10, 5, 112, 97, 103, 101, 115, 24, 3, 32, 1, 40, 3, 82, 5, 112, 97, 103,
    101, 115, 18, 23, 10, 7, 105, 115, 95, 108, 101, 110, 116, 24, 4, 32, 1, 40, 8, 82,
    6, 105, 115, 76, 101, 110, 116, 18, 18, 10, 4, 116, 97, 103, 115, 24, 5, 32, 3, 40,
    9, 82, 4, 116, 97, 103, 115, 34, 36, 10, 14, 71, 101, 116, 66, 111, 111, 107, 82, 101,
    113, 117, 101, 115, 116, 18, 18, 10, 4, 110, 97, 109, 101, 24, 1, 32, 1, 40, 9, 82,
    4, 110, 97, 109, 101, 50, 71, 10, 7, 76, 105, 98, 114, 97, 114, 121, 18, 60, 10, 7,
    71, 101, 116, 66, 111, 111, 107, 18, 26, 46, 108, 105, 98, 114, 97, 114, 121, 46, 118, 49,
    46, 71, 101, 116, 66, 111, 111, 107, 82, 101, 113, 117, 101, 115, 116, 26, 16, 46, 108, 105,
    98, 114, 97, 114, 121, 46, 118, 49, 46, 66, 111, 111, 107, 34, 3, 144, 2, 1, 98, 6,
    112, 114, 111, 116, 111, 51,
};

/* library.v1.Library */
typedef struct library_v1_library_ops {
    int (*get_book)(edo_grpc_call *call, library_v1_book *out, const library_v1_get_book_request *in);
} library_v1_library_ops;

EDO_GRPC_SERVE_UNARY(library_v1_library, get_book, library_v1_get_book_request, library_v1_book)
static const edo_grpc_method library_v1_library_methods[] = {
    { "GetBook", &library_v1_get_book_request_desc, &library_v1_book_desc, library_v1_library_get_book_serve,
      offsetof(library_v1_library_ops, get_book), false, false, true },
};
static const edo_grpc_service library_v1_library_service = {
    "library.v1.Library", library_v1_library_methods, 1, library_files, sizeof library_files
};

/* As edo_grpc_routes(). A handler that is NULL ends its calls with UNIMPLEMENTED. */
static inline void library_v1_library_routes(edo_router *r,
    const library_v1_library_ops *ops, void *arg, const edo_grpc_opts *opts) {
    edo_grpc_routes(r, &library_v1_library_service, ops, arg, opts);
}

/* Calls of library.v1.Library: see edo_grpc_channel. */

static inline int library_v1_library_get_book(edo_grpc_channel *ch,
    library_v1_book *out,
    const library_v1_get_book_request *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/library.v1.Library/GetBook",
        out, &library_v1_book_desc,
        in, &library_v1_get_book_request_desc, arena, opts);
}

#endif
