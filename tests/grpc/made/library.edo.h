/* Made by protoc-gen-edo from library.proto: changes will be lost. */
#ifndef LIBRARY_EDO_H
#define LIBRARY_EDO_H

#include <edo/grpc.h>

#include "google/api/annotations.edo.h"
#include "google/protobuf/empty.edo.h"
#include "google/protobuf/timestamp.edo.h"

typedef enum library_v1_kind {
    LIBRARY_V1_KIND_UNKNOWN = 0,
    LIBRARY_V1_NOVEL = 1,
    LIBRARY_V1_ATLAS = 2,
} library_v1_kind;
EDO_DESCRIBE_ENUM(library_v1_kind,
    EDO_UNIT(LIBRARY_V1_KIND_UNKNOWN, "KIND_UNKNOWN"),
    EDO_UNIT(LIBRARY_V1_NOVEL, "NOVEL"),
    EDO_UNIT(LIBRARY_V1_ATLAS, "ATLAS"))

typedef struct library_v1_author library_v1_author;
typedef struct library_v1_book library_v1_book;
typedef struct library_v1_get_book_request library_v1_get_book_request;
typedef struct library_v1_list_books_request library_v1_list_books_request;
typedef struct library_v1_list_books_response library_v1_list_books_response;
typedef struct library_v1_create_book_request library_v1_create_book_request;
typedef struct library_v1_lend_request library_v1_lend_request;
typedef struct library_v1_file_request library_v1_file_request;
typedef struct library_v1_book_notes_entry library_v1_book_notes_entry;

/* library.v1.Author */
struct library_v1_author {
    edo_str name;
    int32_t born;
    edo_str unknown; /* what this description has not, as it came */
};

/* library.v1.Book */
struct library_v1_book {
    edo_str name;
    edo_str title;
    int64_t pages;
    bool is_lent;
    edo_str *tags;
    size_t tags_n;
    library_v1_author *author;
    library_v1_kind kind;
    library_v1_book_notes_entry *notes;
    size_t notes_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* library.v1.GetBookRequest */
struct library_v1_get_book_request {
    edo_str name;
    edo_str unknown; /* what this description has not, as it came */
};

enum {
    LIBRARY_V1_LIST_BOOKS_REQUEST_ONLY_LENT = 5,
    LIBRARY_V1_LIST_BOOKS_REQUEST_ONLY_READER = 6,
};

/* library.v1.ListBooksRequest */
struct library_v1_list_books_request {
    edo_str parent;
    library_v1_book *like;
    library_v1_kind *kinds;
    size_t kinds_n;
    google_protobuf_timestamp *since;
    uint32_t only; /* which of these is there; 0: none */
    union {
        bool lent;
        edo_str reader;
    };
    double weight;
    edo_bytes after;
    edo_str unknown; /* what this description has not, as it came */
};

/* library.v1.ListBooksResponse */
struct library_v1_list_books_response {
    library_v1_book *books;
    size_t books_n;
    edo_str next_page;
    edo_str unknown; /* what this description has not, as it came */
};

/* library.v1.CreateBookRequest */
struct library_v1_create_book_request {
    edo_str parent;
    library_v1_book *book;
    bool dry_run;
    edo_str unknown; /* what this description has not, as it came */
};

/* library.v1.LendRequest */
struct library_v1_lend_request {
    edo_str name;
    edo_str reader;
    edo_str unknown; /* what this description has not, as it came */
};

/* library.v1.FileRequest */
struct library_v1_file_request {
    edo_str path;
    edo_str shelf_id;
    edo_str unknown; /* what this description has not, as it came */
};

/* library.v1.Book.NotesEntry */
struct library_v1_book_notes_entry {
    edo_str key;
    edo_str value;
};

EDO_DESCRIBED_LATER(library_v1_author)
EDO_DESCRIBED_LATER(library_v1_book)
EDO_DESCRIBED_LATER(library_v1_get_book_request)
EDO_DESCRIBED_LATER(library_v1_list_books_request)
EDO_DESCRIBED_LATER(library_v1_list_books_response)
EDO_DESCRIBED_LATER(library_v1_create_book_request)
EDO_DESCRIBED_LATER(library_v1_lend_request)
EDO_DESCRIBED_LATER(library_v1_file_request)
EDO_DESCRIBED_LATER(library_v1_book_notes_entry)

EDO_DESCRIBE(library_v1_author,
    EDO_FIELD(library_v1_author, name, .number = 1, .optional = true),
    EDO_FIELD(library_v1_author, born, .number = 2, .optional = true),
    EDO_FIELD(library_v1_author, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(library_v1_book,
    EDO_FIELD(library_v1_book, name, .number = 1, .optional = true),
    EDO_FIELD(library_v1_book, title, .number = 2, .optional = true),
    EDO_FIELD(library_v1_book, pages, .number = 3, .optional = true),
    EDO_FIELD(library_v1_book, is_lent, .number = 4, .optional = true),
    EDO_FIELD_LIST(library_v1_book, tags, tags_n, .number = 5, .optional = true),
    EDO_FIELD_PTR_OF(library_v1_book, author, library_v1_author_desc,
              .number = 6, .optional = true),
    EDO_FIELD_OF(library_v1_book, kind, library_v1_kind_desc, .number = 7, .optional = true),
    EDO_FIELD_LIST_OF(library_v1_book, notes, notes_n, library_v1_book_notes_entry_desc,
              .number = 8, .map = true, .optional = true),
    EDO_FIELD(library_v1_book, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(library_v1_get_book_request,
    EDO_FIELD(library_v1_get_book_request, name, .number = 1, .optional = true),
    EDO_FIELD(library_v1_get_book_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(library_v1_list_books_request,
    EDO_FIELD(library_v1_list_books_request, parent, .number = 1, .optional = true),
    EDO_FIELD_PTR_OF(library_v1_list_books_request, like, library_v1_book_desc,
              .number = 2, .optional = true),
    EDO_FIELD_LIST_OF(library_v1_list_books_request, kinds, kinds_n, library_v1_kind_desc,
              .number = 3, .optional = true),
    EDO_FIELD_PTR_OF(library_v1_list_books_request, since, google_protobuf_timestamp_desc,
              .number = 4, .optional = true),
    EDO_FIELD(library_v1_list_books_request, lent,
              .number = 5, .optional = true, EDO_ONEOF(library_v1_list_books_request, only)),
    EDO_FIELD(library_v1_list_books_request, reader,
              .number = 6, .optional = true, EDO_ONEOF(library_v1_list_books_request, only)),
    EDO_FIELD(library_v1_list_books_request, weight, .number = 7, .optional = true),
    EDO_FIELD(library_v1_list_books_request, after, .number = 8, .optional = true),
    EDO_FIELD(library_v1_list_books_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(library_v1_list_books_response,
    EDO_FIELD_LIST_OF(library_v1_list_books_response, books, books_n, library_v1_book_desc,
              .number = 1, .optional = true),
    EDO_FIELD(library_v1_list_books_response, next_page, EDO_AS_JSON("next_page", "next"),
              .number = 2, .optional = true),
    EDO_FIELD(library_v1_list_books_response, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(library_v1_create_book_request,
    EDO_FIELD(library_v1_create_book_request, parent, .number = 1, .optional = true),
    EDO_FIELD_PTR_OF(library_v1_create_book_request, book, library_v1_book_desc,
              .number = 2, .optional = true),
    EDO_FIELD(library_v1_create_book_request, dry_run, .number = 3, .optional = true),
    EDO_FIELD(library_v1_create_book_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(library_v1_lend_request,
    EDO_FIELD(library_v1_lend_request, name, .number = 1, .optional = true),
    EDO_FIELD(library_v1_lend_request, reader, .number = 2, .optional = true),
    EDO_FIELD(library_v1_lend_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(library_v1_file_request,
    EDO_FIELD(library_v1_file_request, path, .number = 1, .optional = true),
    EDO_FIELD(library_v1_file_request, shelf_id, .number = 2, .optional = true),
    EDO_FIELD(library_v1_file_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(library_v1_book_notes_entry,
    EDO_FIELD(library_v1_book_notes_entry, key, .number = 1),
    EDO_FIELD(library_v1_book_notes_entry, value, .number = 2))

#ifdef LIBRARY_TYPES
#    error "two files make LIBRARY_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define LIBRARY_TYPES \
    { "library.v1.Author", &library_v1_author_desc }, \
    { "library.v1.Book", &library_v1_book_desc }, \
    { "library.v1.GetBookRequest", &library_v1_get_book_request_desc }, \
    { "library.v1.ListBooksRequest", &library_v1_list_books_request_desc }, \
    { "library.v1.ListBooksResponse", &library_v1_list_books_response_desc }, \
    { "library.v1.CreateBookRequest", &library_v1_create_book_request_desc }, \
    { "library.v1.LendRequest", &library_v1_lend_request_desc }, \
    { "library.v1.FileRequest", &library_v1_file_request_desc }

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_library) = {
    10, 247, 16, 10, 13, 108, 105, 98, 114, 97, 114, 121, 46, 112, 114, 111, 116, 111, 18, 10,
    108, 105, 98, 114, 97, 114, 121, 46, 118, 49, 26, 28, 103, 111, 111, 103, 108, 101, 47, 97,
    112, 105, 47, 97, 110, 110, 111, 116, 97, 116, 105, 111, 110, 115, 46, 112, 114, 111, 116, 111,
    26, 27, 103, 111, 111, 103, 108, 101, 47, 112, 114, 111, 116, 111, 98, 117, 102, 47, 101, 109,
    112, 116, 121, 46, 112, 114, 111, 116, 111, 26, 31, 103, 111, 111, 103, 108, 101, 47, 112, 114,
    111, 116, 111, 98, 117, 102, 47, 116, 105, 109, 101, 115, 116, 97, 109, 112, 46, 112, 114, 111,
    116, 111, 34, 48, 10, 6, 65, 117, 116, 104, 111, 114, 18, 18, 10, 4, 110, 97, 109, 101,
    24, 1, 32, 1, 40, 9, 82, 4, 110, 97, 109, 101, 18, 18, 10, 4, 98, 111, 114, 110,
    24, 2, 32, 1, 40, 5, 82, 4, 98, 111, 114, 110, 34, 178, 2, 10, 4, 66, 111, 111,
    107, 18, 18, 10, 4, 110, 97, 109, 101, 24, 1, 32, 1, 40, 9, 82, 4, 110, 97, 109,
    101, 18, 20, 10, 5, 116, 105, 116, 108, 101, 24, 2, 32, 1, 40, 9, 82, 5, 116, 105,
    116, 108, 101, 18, 20, 10, 5, 112, 97, 103, 101, 115, 24, 3, 32, 1, 40, 3, 82, 5,
    112, 97, 103, 101, 115, 18, 23, 10, 7, 105, 115, 95, 108, 101, 110, 116, 24, 4, 32, 1,
    40, 8, 82, 6, 105, 115, 76, 101, 110, 116, 18, 18, 10, 4, 116, 97, 103, 115, 24, 5,
    32, 3, 40, 9, 82, 4, 116, 97, 103, 115, 18, 42, 10, 6, 97, 117, 116, 104, 111, 114,
    24, 6, 32, 1, 40, 11, 50, 18, 46, 108, 105, 98, 114, 97, 114, 121, 46, 118, 49, 46,
    65, 117, 116, 104, 111, 114, 82, 6, 97, 117, 116, 104, 111, 114, 18, 36, 10, 4, 107, 105,
    110, 100, 24, 7, 32, 1, 40, 14, 50, 16, 46, 108, 105, 98, 114, 97, 114, 121, 46, 118,
    49, 46, 75, 105, 110, 100, 82, 4, 107, 105, 110, 100, 18, 49, 10, 5, 110, 111, 116, 101,
    115, 24, 8, 32, 3, 40, 11, 50, 27, 46, 108, 105, 98, 114, 97, 114, 121, 46, 118, 49,
    46, 66, 111, 111, 107, 46, 78, 111, 116, 101, 115, 69, 110, 116, 114, 121, 82, 5, 110, 111,
    116, 101, 115, 26, 56, 10, 10, 78, 111, 116, 101, 115, 69, 110, 116, 114, 121, 18, 16, 10,
    3, 107, 101, 121, 24, 1, 32, 1, 40, 9, 82, 3, 107, 101, 121, 18, 20, 10, 5, 118,
    97, 108, 117, 101, 24, 2, 32, 1, 40, 9, 82, 5, 118, 97, 108, 117, 101, 58, 2, 56,
    1, 34, 36, 10, 14, 71, 101, 116, 66, 111, 111, 107, 82, 101, 113, 117, 101, 115, 116, 18,
    18, 10, 4, 110, 97, 109, 101, 24, 1, 32, 1, 40, 9, 82, 4, 110, 97, 109, 101, 34,
    144, 2, 10, 16, 76, 105, 115, 116, 66, 111, 111, 107, 115, 82, 101, 113, 117, 101, 115, 116,
    18, 22, 10, 6, 112, 97, 114, 101, 110, 116, 24, 1, 32, 1, 40, 9, 82, 6, 112, 97,
    114, 101, 110, 116, 18, 36, 10, 4, 108, 105, 107, 101, 24, 2, 32, 1, 40, 11, 50, 16,
    46, 108, 105, 98, 114, 97, 114, 121, 46, 118, 49, 46, 66, 111, 111, 107, 82, 4, 108, 105,
    107, 101, 18, 38, 10, 5, 107, 105, 110, 100, 115, 24, 3, 32, 3, 40, 14, 50, 16, 46,
    108, 105, 98, 114, 97, 114, 121, 46, 118, 49, 46, 75, 105, 110, 100, 82, 5, 107, 105, 110,
    100, 115, 18, 48, 10, 5, 115, 105, 110, 99, 101, 24, 4, 32, 1, 40, 11, 50, 26, 46,
    103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 84, 105, 109, 101,
    115, 116, 97, 109, 112, 82, 5, 115, 105, 110, 99, 101, 18, 20, 10, 4, 108, 101, 110, 116,
    24, 5, 32, 1, 40, 8, 72, 0, 82, 4, 108, 101, 110, 116, 18, 24, 10, 6, 114, 101,
    97, 100, 101, 114, 24, 6, 32, 1, 40, 9, 72, 0, 82, 6, 114, 101, 97, 100, 101, 114,
    18, 22, 10, 6, 119, 101, 105, 103, 104, 116, 24, 7, 32, 1, 40, 1, 82, 6, 119, 101,
    105, 103, 104, 116, 18, 20, 10, 5, 97, 102, 116, 101, 114, 24, 8, 32, 1, 40, 12, 82,
    5, 97, 102, 116, 101, 114, 66, 6, 10, 4, 111, 110, 108, 121, 34, 84, 10, 17, 76, 105,
    115, 116, 66, 111, 111, 107, 115, 82, 101, 115, 112, 111, 110, 115, 101, 18, 38, 10, 5, 98,
    111, 111, 107, 115, 24, 1, 32, 3, 40, 11, 50, 16, 46, 108, 105, 98, 114, 97, 114, 121,
    46, 118, 49, 46, 66, 111, 111, 107, 82, 5, 98, 111, 111, 107, 115, 18, 23, 10, 9, 110,
    101, 120, 116, 95, 112, 97, 103, 101, 24, 2, 32, 1, 40, 9, 82, 4, 110, 101, 120, 116,
    34, 106, 10, 17, 67, 114, 101, 97, 116, 101, 66, 111, 111, 107, 82, 101, 113, 117, 101, 115,
    116, 18, 22, 10, 6, 112, 97, 114, 101, 110, 116, 24, 1, 32, 1, 40, 9, 82, 6, 112,
    97, 114, 101, 110, 116, 18, 36, 10, 4, 98, 111, 111, 107, 24, 2, 32, 1, 40, 11, 50,
    16, 46, 108, 105, 98, 114, 97, 114, 121, 46, 118, 49, 46, 66, 111, 111, 107, 82, 4, 98,
    111, 111, 107, 18, 23, 10, 7, 100, 114, 121, 95, 114, 117, 110, 24, 3, 32, 1, 40, 8,
    82, 6, 100, 114, 121, 82, 117, 110, 34, 57, 10, 11, 76, 101, 110, 100, 82, 101, 113, 117,
    101, 115, 116, 18, 18, 10, 4, 110, 97, 109, 101, 24, 1, 32, 1, 40, 9, 82, 4, 110,
    97, 109, 101, 18, 22, 10, 6, 114, 101, 97, 100, 101, 114, 24, 2, 32, 1, 40, 9, 82,
    6, 114, 101, 97, 100, 101, 114, 34, 60, 10, 11, 70, 105, 108, 101, 82, 101, 113, 117, 101,
    115, 116, 18, 18, 10, 4, 112, 97, 116, 104, 24, 1, 32, 1, 40, 9, 82, 4, 112, 97,
    116, 104, 18, 25, 10, 8, 115, 104, 101, 108, 102, 95, 105, 100, 24, 2, 32, 1, 40, 9,
    82, 7, 115, 104, 101, 108, 102, 73, 100, 42, 46, 10, 4, 75, 105, 110, 100, 18, 16, 10,
    12, 75, 73, 78, 68, 95, 85, 78, 75, 78, 79, 87, 78, 16, 0, 18, 9, 10, 5, 78,
    79, 86, 69, 76, 16, 1, 18, 9, 10, 5, 65, 84, 76, 65, 83, 16, 2, 50, 234, 7,
    10, 7, 76, 105, 98, 114, 97, 114, 121, 18, 116, 10, 7, 71, 101, 116, 66, 111, 111, 107,
    18, 26, 46, 108, 105, 98, 114, 97, 114, 121, 46, 118, 49, 46, 71, 101, 116, 66, 111, 111,
    107, 82, 101, 113, 117, 101, 115, 116, 26, 16, 46, 108, 105, 98, 114, 97, 114, 121, 46, 118,
    49, 46, 66, 111, 111, 107, 34, 59, 144, 2, 1, 130, 211, 228, 147, 2, 50, 18, 28, 47,
    118, 49, 47, 123, 110, 97, 109, 101, 61, 115, 104, 101, 108, 118, 101, 115, 47, 42, 47, 98,
    111, 111, 107, 115, 47, 42, 125, 90, 18, 18, 16, 47, 118, 49, 47, 98, 111, 111, 107, 115,
    47, 123, 110, 97, 109, 101, 125, 18, 180, 1, 10, 9, 76, 105, 115, 116, 66, 111, 111, 107,
    115, 18, 28, 46, 108, 105, 98, 114, 97, 114, 121, 46, 118, 49, 46, 76, 105, 115, 116, 66,
    111, 111, 107, 115, 82, 101, 113, 117, 101, 115, 116, 26, 29, 46, 108, 105, 98, 114, 97, 114,
    121, 46, 118, 49, 46, 76, 105, 115, 116, 66, 111, 111, 107, 115, 82, 101, 115, 112, 111, 110,
    115, 101, 34, 106, 130, 211, 228, 147, 2, 100, 18, 28, 47, 118, 49, 47, 123, 112, 97, 114,
    101, 110, 116, 61, 115, 104, 101, 108, 118, 101, 115, 47, 42, 125, 47, 98, 111, 111, 107, 115,
    90, 19, 58, 1, 42, 66, 14, 10, 1, 42, 18, 9, 47, 118, 49, 47, 98, 111, 111, 107,
    115, 90, 40, 18, 27, 47, 118, 49, 47, 123, 112, 97, 114, 101, 110, 116, 61, 115, 104, 101,
    108, 118, 101, 115, 47, 42, 125, 47, 110, 101, 120, 116, 98, 9, 110, 101, 120, 116, 95, 112,
    97, 103, 101, 98, 5, 98, 111, 111, 107, 115, 18, 105, 10, 10, 67, 114, 101, 97, 116, 101,
    66, 111, 111, 107, 18, 29, 46, 108, 105, 98, 114, 97, 114, 121, 46, 118, 49, 46, 67, 114,
    101, 97, 116, 101, 66, 111, 111, 107, 82, 101, 113, 117, 101, 115, 116, 26, 16, 46, 108, 105,
    98, 114, 97, 114, 121, 46, 118, 49, 46, 66, 111, 111, 107, 34, 42, 130, 211, 228, 147, 2,
    36, 34, 28, 47, 118, 49, 47, 123, 112, 97, 114, 101, 110, 116, 61, 115, 104, 101, 108, 118,
    101, 115, 47, 42, 125, 47, 98, 111, 111, 107, 115, 58, 4, 98, 111, 111, 107, 18, 110, 10,
    10, 85, 112, 100, 97, 116, 101, 66, 111, 111, 107, 18, 29, 46, 108, 105, 98, 114, 97, 114,
    121, 46, 118, 49, 46, 67, 114, 101, 97, 116, 101, 66, 111, 111, 107, 82, 101, 113, 117, 101,
    115, 116, 26, 16, 46, 108, 105, 98, 114, 97, 114, 121, 46, 118, 49, 46, 66, 111, 111, 107,
    34, 47, 130, 211, 228, 147, 2, 41, 50, 33, 47, 118, 49, 47, 123, 98, 111, 111, 107, 46,
    110, 97, 109, 101, 61, 115, 104, 101, 108, 118, 101, 115, 47, 42, 47, 98, 111, 111, 107, 115,
    47, 42, 125, 58, 4, 98, 111, 111, 107, 18, 105, 10, 8, 76, 101, 110, 100, 66, 111, 111,
    107, 18, 23, 46, 108, 105, 98, 114, 97, 114, 121, 46, 118, 49, 46, 76, 101, 110, 100, 82,
    101, 113, 117, 101, 115, 116, 26, 22, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116,
    111, 98, 117, 102, 46, 69, 109, 112, 116, 121, 34, 44, 130, 211, 228, 147, 2, 38, 34, 33,
    47, 118, 49, 47, 123, 110, 97, 109, 101, 61, 115, 104, 101, 108, 118, 101, 115, 47, 42, 47,
    98, 111, 111, 107, 115, 47, 42, 125, 58, 108, 101, 110, 100, 58, 1, 42, 18, 128, 1, 10,
    7, 71, 101, 116, 70, 105, 108, 101, 18, 23, 46, 108, 105, 98, 114, 97, 114, 121, 46, 118,
    49, 46, 70, 105, 108, 101, 82, 101, 113, 117, 101, 115, 116, 26, 16, 46, 108, 105, 98, 114,
    97, 114, 121, 46, 118, 49, 46, 66, 111, 111, 107, 34, 74, 130, 211, 228, 147, 2, 68, 18,
    38, 47, 118, 49, 47, 115, 104, 101, 108, 118, 101, 115, 47, 123, 115, 104, 101, 108, 102, 95,
    105, 100, 125, 47, 102, 105, 108, 101, 115, 47, 123, 112, 97, 116, 104, 61, 42, 42, 125, 90,
    26, 34, 24, 47, 118, 49, 47, 102, 105, 108, 101, 115, 47, 123, 112, 97, 116, 104, 61, 42,
    42, 125, 58, 111, 112, 101, 110, 18, 102, 10, 10, 87, 97, 116, 99, 104, 66, 111, 111, 107,
    115, 18, 26, 46, 108, 105, 98, 114, 97, 114, 121, 46, 118, 49, 46, 71, 101, 116, 66, 111,
    111, 107, 82, 101, 113, 117, 101, 115, 116, 26, 16, 46, 108, 105, 98, 114, 97, 114, 121, 46,
    118, 49, 46, 66, 111, 111, 107, 34, 40, 130, 211, 228, 147, 2, 34, 18, 32, 47, 118, 49,
    47, 123, 110, 97, 109, 101, 61, 115, 104, 101, 108, 118, 101, 115, 47, 42, 125, 47, 98, 111,
    111, 107, 115, 58, 119, 97, 116, 99, 104, 48, 1, 18, 74, 10, 8, 65, 100, 100, 66, 111,
    111, 107, 115, 18, 16, 46, 108, 105, 98, 114, 97, 114, 121, 46, 118, 49, 46, 66, 111, 111,
    107, 26, 16, 46, 108, 105, 98, 114, 97, 114, 121, 46, 118, 49, 46, 66, 111, 111, 107, 34,
    24, 130, 211, 228, 147, 2, 18, 34, 13, 47, 118, 49, 47, 98, 111, 111, 107, 115, 58, 97,
    100, 100, 58, 1, 42, 40, 1, 18, 53, 10, 5, 80, 108, 97, 105, 110, 18, 26, 46, 108,
    105, 98, 114, 97, 114, 121, 46, 118, 49, 46, 71, 101, 116, 66, 111, 111, 107, 82, 101, 113,
    117, 101, 115, 116, 26, 16, 46, 108, 105, 98, 114, 97, 114, 121, 46, 118, 49, 46, 66, 111,
    111, 107, 98, 6, 112, 114, 111, 116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_library, &edo_FILE_google_api_annotations, &edo_FILE_google_protobuf_empty, &edo_FILE_google_protobuf_timestamp, NULL)

/* library.v1.Library */
typedef struct library_v1_library_ops {
    int (*get_book)(edo_grpc_call *call, library_v1_book *out, const library_v1_get_book_request *in);
    int (*list_books)(edo_grpc_call *call, library_v1_list_books_response *out, const library_v1_list_books_request *in);
    int (*create_book)(edo_grpc_call *call, library_v1_book *out, const library_v1_create_book_request *in);
    int (*update_book)(edo_grpc_call *call, library_v1_book *out, const library_v1_create_book_request *in);
    int (*lend_book)(edo_grpc_call *call, google_protobuf_empty *out, const library_v1_lend_request *in);
    int (*get_file)(edo_grpc_call *call, library_v1_book *out, const library_v1_file_request *in);
    int (*watch_books)(edo_grpc_call *call, const library_v1_get_book_request *in);
    int (*add_books)(edo_grpc_call *call, library_v1_book *out);
    int (*plain)(edo_grpc_call *call, library_v1_book *out, const library_v1_get_book_request *in);
} library_v1_library_ops;

static inline int library_v1_library_watch_books_send(edo_grpc_call *call,
    const library_v1_book *message) {
    return edo_grpc_send(call, message, &library_v1_book_desc);
}

static inline int library_v1_library_add_books_recv(edo_grpc_call *call,
    library_v1_book *message) {
    return edo_grpc_recv(call, message, &library_v1_book_desc);
}

EDO_GRPC_METHOD_UNARY(library_v1_library, get_book, library_v1_get_book_request, library_v1_book)
EDO_GRPC_METHOD_UNARY(library_v1_library, list_books, library_v1_list_books_request, library_v1_list_books_response)
EDO_GRPC_METHOD_UNARY(library_v1_library, create_book, library_v1_create_book_request, library_v1_book)
EDO_GRPC_METHOD_UNARY(library_v1_library, update_book, library_v1_create_book_request, library_v1_book)
EDO_GRPC_METHOD_UNARY(library_v1_library, lend_book, library_v1_lend_request, google_protobuf_empty)
EDO_GRPC_METHOD_UNARY(library_v1_library, get_file, library_v1_file_request, library_v1_book)
EDO_GRPC_METHOD_SERVER_STREAM(library_v1_library, watch_books, library_v1_get_book_request, library_v1_book)
EDO_GRPC_METHOD_CLIENT_STREAM(library_v1_library, add_books, library_v1_book, library_v1_book)
EDO_GRPC_METHOD_UNARY(library_v1_library, plain, library_v1_get_book_request, library_v1_book)
static const edo_grpc_method library_v1_library_methods[] = {
    { "GetBook", &library_v1_get_book_request_desc, &library_v1_book_desc, library_v1_library_get_book_serve,
      offsetof(library_v1_library_ops, get_book), false, false, true },
    { "ListBooks", &library_v1_list_books_request_desc, &library_v1_list_books_response_desc, library_v1_library_list_books_serve,
      offsetof(library_v1_library_ops, list_books), false, false, false },
    { "CreateBook", &library_v1_create_book_request_desc, &library_v1_book_desc, library_v1_library_create_book_serve,
      offsetof(library_v1_library_ops, create_book), false, false, false },
    { "UpdateBook", &library_v1_create_book_request_desc, &library_v1_book_desc, library_v1_library_update_book_serve,
      offsetof(library_v1_library_ops, update_book), false, false, false },
    { "LendBook", &library_v1_lend_request_desc, &google_protobuf_empty_desc, library_v1_library_lend_book_serve,
      offsetof(library_v1_library_ops, lend_book), false, false, false },
    { "GetFile", &library_v1_file_request_desc, &library_v1_book_desc, library_v1_library_get_file_serve,
      offsetof(library_v1_library_ops, get_file), false, false, false },
    { "WatchBooks", &library_v1_get_book_request_desc, &library_v1_book_desc, library_v1_library_watch_books_serve,
      offsetof(library_v1_library_ops, watch_books), false, true, false },
    { "AddBooks", &library_v1_book_desc, &library_v1_book_desc, library_v1_library_add_books_serve,
      offsetof(library_v1_library_ops, add_books), true, false, false },
    { "Plain", &library_v1_get_book_request_desc, &library_v1_book_desc, library_v1_library_plain_serve,
      offsetof(library_v1_library_ops, plain), false, false, false },
};
static const edo_grpc_binding library_v1_library_bindings[] = {
    { 0, "GET", "/v1/{name=shelves/*/books/*}", NULL, NULL },
    { 0, "GET", "/v1/books/{name}", NULL, NULL },
    { 1, "GET", "/v1/{parent=shelves/*}/books", NULL, "books" },
    { 1, "*", "/v1/books", "*", NULL },
    { 1, "GET", "/v1/{parent=shelves/*}/next", NULL, "next_page" },
    { 2, "POST", "/v1/{parent=shelves/*}/books", "book", NULL },
    { 3, "PATCH", "/v1/{book.name=shelves/*/books/*}", "book", NULL },
    { 4, "POST", "/v1/{name=shelves/*/books/*}:lend", "*", NULL },
    { 5, "GET", "/v1/shelves/{shelf_id}/files/{path=**}", NULL, NULL },
    { 5, "POST", "/v1/files/{path=**}:open", NULL, NULL },
    { 6, "GET", "/v1/{name=shelves/*}/books:watch", NULL, NULL },
    { 7, "POST", "/v1/books:add", "*", NULL },
};
static const edo_grpc_service library_v1_library_service = {
    "library.v1.Library", library_v1_library_methods, 9, &edo_FILE_library, library_v1_library_bindings, 12
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

static inline int library_v1_library_list_books(edo_grpc_channel *ch,
    library_v1_list_books_response *out,
    const library_v1_list_books_request *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/library.v1.Library/ListBooks",
        out, &library_v1_list_books_response_desc,
        in, &library_v1_list_books_request_desc, arena, opts);
}

static inline int library_v1_library_create_book(edo_grpc_channel *ch,
    library_v1_book *out,
    const library_v1_create_book_request *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/library.v1.Library/CreateBook",
        out, &library_v1_book_desc,
        in, &library_v1_create_book_request_desc, arena, opts);
}

static inline int library_v1_library_update_book(edo_grpc_channel *ch,
    library_v1_book *out,
    const library_v1_create_book_request *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/library.v1.Library/UpdateBook",
        out, &library_v1_book_desc,
        in, &library_v1_create_book_request_desc, arena, opts);
}

static inline int library_v1_library_lend_book(edo_grpc_channel *ch,
    google_protobuf_empty *out,
    const library_v1_lend_request *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/library.v1.Library/LendBook",
        out, &google_protobuf_empty_desc,
        in, &library_v1_lend_request_desc, arena, opts);
}

static inline int library_v1_library_get_file(edo_grpc_channel *ch,
    library_v1_book *out,
    const library_v1_file_request *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/library.v1.Library/GetFile",
        out, &library_v1_book_desc,
        in, &library_v1_file_request_desc, arena, opts);
}

static inline int library_v1_library_watch_books(edo_grpc_channel *ch,
    edo_grpc_call **call, const library_v1_get_book_request *in,
    const edo_grpc_call_opts *opts) {
    return edo_grpc_server_stream(ch, call, "/library.v1.Library/WatchBooks",
        in, &library_v1_get_book_request_desc, opts);
}

static inline int library_v1_library_watch_books_recv(edo_grpc_call *call,
    library_v1_book *message) {
    return edo_grpc_recv(call, message, &library_v1_book_desc);
}

static inline int library_v1_library_add_books(edo_grpc_channel *ch,
    edo_grpc_call **call, const edo_grpc_call_opts *opts) {
    return edo_grpc_stream(ch, call, "/library.v1.Library/AddBooks", opts);
}

static inline int library_v1_library_add_books_send(edo_grpc_call *call,
    const library_v1_book *message) {
    return edo_grpc_send(call, message, &library_v1_book_desc);
}

static inline int library_v1_library_add_books_finish(edo_grpc_call *call,
    library_v1_book *message) {
    return edo_grpc_finish(call, message, &library_v1_book_desc);
}

static inline int library_v1_library_plain(edo_grpc_channel *ch,
    library_v1_book *out,
    const library_v1_get_book_request *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/library.v1.Library/Plain",
        out, &library_v1_book_desc,
        in, &library_v1_get_book_request_desc, arena, opts);
}

#endif
