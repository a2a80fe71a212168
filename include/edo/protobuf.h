/* SPDX-License-Identifier: MIT */
/* edo/protobuf.h: Protocol Buffers: described structs (edo/value.h) to and from their binary form.
 *
 *     typedef struct { edo_str name; int32_t age; edo_str *tags; size_t tags_n; } person;
 *     EDO_DESCRIBE(person,
 *         EDO_FIELD(person, name,            .number = 1, .optional = true),
 *         EDO_FIELD(person, age,             .number = 2, .optional = true),
 *         EDO_FIELD_LIST(person, tags, tags_n, .number = 3, .optional = true))
 *
 *     edo_buf out = { 0 };
 *     int err = edo_protobuf_encode(&out, &ann, &person_desc);
 *     …
 *     edo_arena arena = { 0 };
 *     err = edo_protobuf_decode(&p, &person_desc, message, &arena);
 *
 * A field that is set and not marked, by its EDO_HAS() or EDO_ONEOF(), is not written; debug builds
 * report it: one that is taken away is set to 0, too.
 *
 * protoc-gen-edo makes such structs and descriptions from a .proto file. By hand: a field has the
 * .number of the .proto; fields stand in the order of their numbers, those without one behind them.
 * Its type is
 *
 *     in the .proto                   in the struct
 *     int32, int64, uint32, uint64    int32_t, int64_t, uint32_t, uint64_t; also of 8 and 16 bits
 *     sint32, sint64                  int32_t, int64_t with .wire = EDO_WIRE_ZIGZAG
 *     fixed32, sfixed64, …            the integer with .wire = EDO_WIRE_FIXED
 *     float, double, bool             float, double, bool
 *     string                          edo_str; char * or an array of char, without NULs
 *     bytes                           edo_bytes
 *     an enum                         an enum with EDO_DESCRIBE_ENUM()
 *     a message                       EDO_FIELD_PTR_OF: NULL: not there. Or EDO_FIELD_OF: always there
 *     google.protobuf.Timestamp       the message; or an edo_wall, of which the last one stands if
 *                                     there are several
 *     google.protobuf.Duration        likewise an edo_duration, of up to 292 years
 *     repeated                        EDO_FIELD_LIST, EDO_FIELD_LIST_OF; of numbers packed, or
 *                                     with .wire = EDO_WIRE_UNPACKED not. EDO_FIELD_UPTO: at most so
 *                                     many
 *     map<K, V>                       a list with .map of structs: K with .number = 1, V with 2
 *     oneof                           its members in a union, each with EDO_ONEOF()
 *     optional; proto2                EDO_HAS(): it is there or not, also if it is 0. Without it 0
 *                                     and "" are not written, and what is not there is 0
 *     default                         .preset; without EDO_HAS() the field is always written
 *     required                        .wire = EDO_WIRE_REQUIRED, with EDO_HAS() or a pointer
 *
 * An enum keeps values that have no name; of one with EDO_WIRE_CLOSED, as those of proto2 are, they
 * are kept with what has no field: an entry of a map as a whole. The limits of a description (.min,
 * .pattern, …) are not checked here: edo_value_check() does that. What a message has that the
 * description has not (it is of a newer .proto) is kept in the last field, if that has
 * EDO_WIRE_REST, and is written again. Groups are skipped, or kept so. Spec:
 * protobuf.dev/programming-guides/encoding
 *
 * Unless a function says otherwise:
 * Threads: any, at once; an arena one at a time.   Waits: never.   Since: 0.1 */
#ifndef EDO_PROTOBUF_H
#define EDO_PROTOBUF_H

#include <edo/arena.h>
#include <edo/bytes.h>
#include <edo/error.h>
#include <edo/value.h>

EDO_BEGIN_DECLS

#define EDO_PROTOBUF_DEPTH_MAX  100u   /* messages in one another, without the outermost */
#define EDO_PROTOBUF_TIMES      64u    /* the default of edo_protobuf_opts.times_max */
#define EDO_PROTOBUF_TIMES_FREE 65536u /* bytes that may be taken whatever the length */

/* Option, instead of EDO_AS(): the name of a field, and that which protobuf's JSON has for it, if
 * that is not the name in lowerCamelCase (json_name in a .proto). Both are string literals; the
 * second may be any text but an empty one. */
#define EDO_AS_JSON(name, json) .key = ",\"" name "\":" json, .name_len = sizeof name - 1

/* All zero: the defaults. */
typedef struct edo_protobuf_opts {
    uint32_t depth_max; /* messages in one another; 0: 100, which is also the most */
    uint32_t times_max; /* bytes of the arena for each byte of the message, and 64 KiB: -EMSGSIZE
                           beyond. 0: 64 */
    bool borrows;       /* texts and bytes point into the message, which lives as long */
    bool drops_unknown; /* what has no field is not kept */
    uint16_t pad;
    uint32_t reserved_word; /* must be 0 */
    uint64_t reserved[2];   /* must be 0 */
} edo_protobuf_opts;

/** Decodes a message into the struct at `out`, which `desc` describes. Whatever `out` held is
 * overwritten.
 *
 * Fields may come in any order. Of a field that is no list and comes more than once the last one
 * stands; messages are merged. Of a map all entries are kept, in their order: of those with the
 * same key the last one counts. A field of another form than the description has is kept as
 * unknown. A text is UTF-8, also one of proto2, in which other libraries take any bytes.
 * Owns:    fills `out`; all of it is the arena's, at most 64 bytes for each byte of the message, and
 *          64 KiB. After a failure `out` is all zero. Copies: `message` is not needed after it.
 *          An edo_bytes has no owner of its own.
 * Errors:  -EDO_EPROTOBUF  it is cut off, or no such message; the trail says where and what:
 *                          byte 17: "tags[2]" must be UTF-8
 *          -EMSGSIZE       it would take more memory than that
 *          -ENOMEM         also if the arena has reached its bytes_max
 *          -EDO_EVALUE     a preset of the description is no value of its field
 *          -ENOTSUP        the description has a field that no message can have; the trail names it
 *          -EDO_EMISUSE    its fields are not in the order of their numbers */
EDO_MUST_USE EDO_API int edo_protobuf_decode(void *out, const edo_desc *desc, edo_str message,
                                             edo_arena *arena);

/** As edo_protobuf_decode(), with options; NULL: none.
 * Owns:    as edo_protobuf_decode(); borrows `message` as long as `out` is used, if the option says
 *          so.
 * Errors:  as edo_protobuf_decode(); -EINVAL  an option is out of its range */
EDO_MUST_USE EDO_API int edo_protobuf_decode_with(void *out, const edo_desc *desc, edo_str message,
                                                  edo_arena *arena, const edo_protobuf_opts *opts);

/** Appends the struct at `value`, which `desc` describes, as a message. Fields are in the order of
 * their numbers, then what was kept: the same value gives the same bytes.
 * Errors:  -EDO_EPROTOBUF  a text is not UTF-8, a required field is not there, or messages are
 *                          nested deeper than EDO_PROTOBUF_DEPTH_MAX; the trail says of which field
 *          -EDO_ETOOLONG   a part would have 2 GiB or more
 *          -ENOMEM; -ENOTSUP, -EDO_EMISUSE as edo_protobuf_decode()
 *          `out` is then as it was.
 * Threads: any, at once, while nothing writes the value. */
EDO_MUST_USE EDO_API int edo_protobuf_encode(edo_buf *out, const void *value, const edo_desc *desc);

/* ---- The .proto itself ----------------------------------------------------------------------- */

/** A .proto, as a header that protoc-gen-edo has made describes it: what servers of gRPC show
 * (edo_grpc_service). All is static. */
typedef struct edo_protobuf_file {
    const unsigned char *set; /* a google.protobuf.FileDescriptorSet: the file, and what it imports
                                 that none of `imports` has */
    size_t set_n;
    const struct edo_protobuf_file *const *imports; /* of the headers that its own includes; NULL
                                                       is the last */
} edo_protobuf_file;

/* Make `name`, an edo_protobuf_file, of `name_SET`, and of the imports; for headers that
 * protoc-gen-edo has made. */
#define EDO_PROTOBUF_FILE_SET(name) EDOI_UNUSED const unsigned char name##_SET[]
#define EDO_PROTOBUF_FILE(name, ...)                                                               \
    static EDOI_UNUSED const edo_protobuf_file *const name##_IMPORTS[] = { __VA_ARGS__ };          \
    static EDOI_UNUSED const edo_protobuf_file name = { name##_SET, sizeof name##_SET,             \
                                                        name##_IMPORTS };

/* ---- JSON ------------------------------------------------------------------------------------ */

/* A message that a google.protobuf.Any may hold: its name in the .proto, "hello.v1.Person". */
typedef struct edo_protobuf_type {
    const char *name;
    const edo_desc *desc;
} edo_protobuf_type;

/* All zero: the defaults. */
typedef struct edo_protobuf_json_opts {
    const edo_protobuf_type *types; /* what an Any may hold, beside messages with a form of their
                                       own (Timestamp, Struct …); another is an error */
    size_t types_n;
    uint32_t indent;      /* of what is written: blanks a level; 0: compact */
    bool keeps_names;     /* names are written as in the .proto, not in lowerCamelCase */
    bool writes_zeros;    /* what is 0, "" or empty is written, too, if it has no presence */
    bool ignores_unknown; /* of what is read: members that are no field, and values that an enum
                             has not, are skipped */
    bool pad;
    uint64_t reserved[2]; /* must be 0 */
} edo_protobuf_json_opts;

/** Appends the struct at `value` as JSON, by protobuf's own mapping: names in lowerCamelCase,
 * numbers of 64 bits as strings, enums by name, bytes as base64, a oneof as its member; Timestamp,
 * Duration, FieldMask, Struct, Value, ListValue, Any and the wrappers in their own forms.
 * edo_json_encode() writes a struct as any other that is described.
 *
 * `opts` may be NULL. What has no field is not written; of a map that has a key twice the last
 * entry is.
 * Errors:  -EDO_EJSON  a value has no form in JSON: a text that is not UTF-8, a time out of its
 *                      range, a path that lowerCamelCase would change, an Any of a type that `opts`
 *                      has not; the trail says of which field
 *          -ENOMEM; -EINVAL  an option; -ENOTSUP, -EDO_EMISUSE as edo_protobuf_decode()
 *          `out` is then as it was.
 * Spec: protobuf.dev/programming-guides/json
 * Threads: any, at once, while nothing writes the value. */
EDO_MUST_USE EDO_API int edo_protobuf_json_encode(edo_buf *out, const void *value,
                                                  const edo_desc *desc,
                                                  const edo_protobuf_json_opts *opts);

/** Decodes such a text into the struct at `out`. Names may be those of the .proto, too, numbers may
 * be strings, enums numbers, of a closed one those that have a name; null is as if the member was
 * not there. Of a member that is there twice the last one counts; one that is there by both of its
 * names is an error. The text is read into a tree first.
 *
 * `opts` may be NULL.
 * Owns:    as edo_protobuf_decode(): at most 64 bytes of the arena for each byte of the text, and
 *          128 KiB.
 * Errors:  -EDO_EJSON  it is not JSON, or not of this message; the trail says of which field
 *          -EMSGSIZE   it would take more memory than that
 *          -ENOMEM; -EINVAL  an option
 *          -EDO_EVALUE, -ENOTSUP, -EDO_EMISUSE as edo_protobuf_decode() */
EDO_MUST_USE EDO_API int edo_protobuf_json_decode(void *out, const edo_desc *desc, edo_str text,
                                                  edo_arena *arena,
                                                  const edo_protobuf_json_opts *opts);

/** Sets a field of the message at `value` to what a text stands for: as a URL has fields, in the
 * query or in the path. `path` names the field as JSON does, or as the .proto does, with dots for
 * messages in messages: "book.authorName". A field of a list gets one more element. The text is what
 * JSON would have as a string, or without quotes: true, 1.5, a name or number of an enum, a time.
 * What is on the way to the field, and is not there, is made.
 * Owns:    what is set is the arena's; copies `text`.
 * Errors:  -ENOENT     there is no such field, or its type is a message or map
 *          -EDO_EJSON  the text is none of its type, or another field of its oneof is there; the
 *                      trail names the field, and says what it must be
 *          -ENOMEM; -EDO_EVALUE, -ENOTSUP, -EDO_EMISUSE as edo_protobuf_decode()
 *          Messages on the way may have been made. */
EDO_MUST_USE EDO_API int edo_protobuf_set_text(void *value, const edo_desc *desc, edo_str path,
                                               edo_str text, edo_arena *arena);

EDO_END_DECLS

#endif
