/* SPDX-License-Identifier: MIT */
/* edo/value.h: what a struct consists of, described once, for JSON, options, forms, logs and more.
 *
 *     typedef struct { int64_t id; edo_str name, email; } user;
 *     EDO_DESCRIBE(user,
 *         EDO_FIELD(user, id,    .doc = "given by the server"),
 *         EDO_FIELD(user, name,  .min_len = 1, .max_len = 64),
 *         EDO_FIELD(user, email, .optional = true))
 *
 * makes the constant `user_desc`. One macro for each place that a field's elements may lie in:
 *
 *     EDO_FIELD(type, member, …)                  one element
 *     EDO_FIELD_PTR(type, member, …)              pointer to one; NULL: not there
 *     EDO_FIELD_LIST(type, member, count, …)      pointer to the first, and their number
 *     EDO_FIELD_FIXED(type, member, …)            array whose elements are all there
 *     EDO_FIELD_UPTO(type, member, count, …)      array that may be filled in part, and the count
 *
 * An element is a bool, an integer, a float or double, an edo_str, an array of char or a char *
 * (both end with a NUL), edo_bytes, an edo_duration or an edo_wall; the type of the member tells.
 * If it has a description of its own, as a struct, enum or tagged union has, the macro ends in _OF
 * and is told the description:
 *
 *     EDO_DESCRIBE_ENUM(color, EDO_UNIT(COLOR_RED, "red"), EDO_UNIT(COLOR_BLUE, "blue"))
 *     EDO_DESCRIBE_UNION(shape, kind,             // kind: the member that tells which it is
 *         EDO_UNIT(SHAPE_POINT, "point"),
 *         EDO_FIELD_OF(shape, u.circle, circle_desc, EDO_AS("circle"), .tag = SHAPE_CIRCLE))
 *     EDO_DESCRIBE(drawing,
 *         EDO_FIELD_OF(drawing, background, color_desc),
 *         EDO_FIELD_LIST_OF(drawing, shapes, shapes_n, shape_desc))
 *
 * A count is a size_t. What follows are options: members of edo_field below, EDO_AS() and
 * EDO_HAS(). All of it works in C17 and C++17, and costs nothing at run time.
 *
 * A field with the option .secret is read from every format, and written where the program keeps
 * things or calls others: edo_json_encode(), messages of protobuf and gRPC, rows of databases,
 * requests of a client. Clients and operators do not get it. It is *** in texts for people:
 * edo_value_print(), logs, dumps, help, sources of settings. It is not in what is made for a client
 * by a description: JSON of responses, lines of it, events, WebSockets, forms, templates, links.
 * But for links, a secret with the option .reply is there, as the token that a login returns:
 *
 *     EDO_FIELD(session, token, .secret = true, .reply = true) // *** in the log
 *
 * A map is a list of structs with the option .map: each is an entry. Their first field, a text, is
 * its name, and their second, of any kind, its value; they have no other. JSON has an object then:
 *
 *     typedef struct { edo_str name; double price; } price;
 *     EDO_DESCRIBE(price, EDO_FIELD(price, name), EDO_FIELD(price, price, .max = 1000))
 *     EDO_DESCRIBE(menu, EDO_FIELD_LIST_OF(menu, prices, prices_n, price_desc, .map = true))
 *
 *     { "prices": { "tea": 1.5, "cake": 4.0 } }
 *
 * Entries keep their order, and those with the same name are all there.
 *
 * Unless a function says otherwise:
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_VALUE_H
#define EDO_VALUE_H

#include <edo/arena.h>
#include <edo/bytes.h>
#include <edo/time.h>

EDO_BEGIN_DECLS

/* ---- Descriptions ---------------------------------------------------------------------------- */

/* Structs, unions and maps may lie this deep in one another: decoders make no deeper ones, and
 * walks stop there. */
#define EDO_VALUE_DEPTH_MAX 128

/* What an element is. Those up to EDO_VALUE_WALL have no description of their own. */
typedef enum edo_value_kind {
    EDO_VALUE_BOOL,
    EDO_VALUE_I8,
    EDO_VALUE_I16,
    EDO_VALUE_I32,
    EDO_VALUE_I64,
    EDO_VALUE_U8,
    EDO_VALUE_U16,
    EDO_VALUE_U32,
    EDO_VALUE_U64,
    EDO_VALUE_F32,
    EDO_VALUE_F64,
    EDO_VALUE_STR,   /* edo_str */
    EDO_VALUE_TEXT,  /* char *, ended by a NUL; NULL: none */
    EDO_VALUE_CHARS, /* char[size], ended by a NUL */
    EDO_VALUE_BYTES, /* edo_bytes; as text it is base64 (RFC 4648, section 4) */
    EDO_VALUE_DURATION,
    EDO_VALUE_WALL,      /* edo_wall; as text it is RFC 3339 */
    EDO_VALUE_UNIT,      /* nothing but its name: a value of an enum, or of a union */
    EDO_VALUE_DESCRIBED, /* a struct, enum or union: see edo_desc.form */
} edo_value_kind;

/* Where the elements of a field lie. */
typedef enum edo_value_shape {
    EDO_SHAPE_ONE,   /* in the struct */
    EDO_SHAPE_PTR,   /* one, behind a pointer; NULL: not there */
    EDO_SHAPE_LIST,  /* behind a pointer, of which `count_at` tells how many */
    EDO_SHAPE_FIXED, /* `n` in the struct */
    EDO_SHAPE_UPTO,  /* at most `n` in the struct, of which `count_at` tells how many */
} edo_value_shape;

/* The parts of a request that values come from; see edo_inputs_decode() of edo/config.h. */
typedef enum edo_value_in {
    EDO_IN_QUERY,
    EDO_IN_PATH,   /* what the captures of a route stand for */
    EDO_IN_HEADER, /* '_' in the name of the field is '-' there */
    EDO_IN_COOKIE,
    EDO_IN_BODY, /* one field, which is the whole body, as JSON */
    EDO_IN_FORM  /* the body as a form */
} edo_value_in;

/* One field. The first part is made by the macros; options are from `min` on. */
typedef struct edo_field {
    const char *key;   /* the name as JSON has it behind another field: ,"name": */
    uint16_t name_len; /* of the name, which begins at key + 2 */
    uint8_t kind;      /* of an element: EDO_VALUE_… */
    uint8_t shape;     /* EDO_SHAPE_… */
    uint32_t offset;   /* in the struct */
    uint32_t size;     /* of an element */
    uint32_t n;        /* FIXED and UPTO: elements in the struct */
    uint32_t count_at; /* LIST and UPTO: offset of a size_t */
    uint32_t has_at;   /* EDO_HAS(): 1 + offset of a bool that says whether it is there; 0: none */
    const struct edo_desc *desc; /* DESCRIBED: that of an element */

    /* Range of numbers; of durations in nanoseconds, of an edo_wall in seconds. Both 0: none; a
     * `max` below `min`: no upper bound. So a range with negative numbers names its `min`. */
    int64_t min, max;
    /* Bytes of a text or of edo_bytes; elements of a list. max_len 0: no upper bound. */
    uint32_t min_len, max_len;

    /* Text has to match it as a whole. Items are a character, '.' (any), a class ([a-z_] or [^…]),
     * or \d \w \s, or a \ before a character that means itself; behind an item '?', '*' or '+';
     * between alternatives '|'. Characters are those of UTF-8, here and in the text; \d \w \s are
     * ASCII's. At most 64 items. Time is in proportion to the text. */
    const char *pattern;
    /* Returns NULL, or what is wrong with the element: "must be …". */
    const char *(*check)(const void *element);
    int64_t tag;        /* in an enum or union: the value of the tag that means this */
    const char *preset; /* value if nothing is given, as text; NULL: none */
    const char *doc;    /* a sentence without its full stop */
    const char *value;  /* what the help calls the value of an option: "HOST:PORT" */
    bool optional;      /* may be missing; then it is zero, or its preset. EDO_HAS() implies it */
    bool skip;          /* neither read nor written; zero */
    bool secret;        /* nobody is shown it: see below */
    bool positional;    /* of a command line: not an option but an argument */
    bool sizes;         /* as text: k, M, G, T for powers of 1024 may stand behind the number */
    char letter;        /* of a command line: -x for short; 0: none */
    bool map;           /* a list of structs of two fields is entries with a name: see below */
    uint8_t edoi_end;   /* edo's: 0 */
    uint8_t in;         /* of a request: EDO_IN_…, the part that has it; those of a struct, too */
    bool oneof;         /* by EDO_ONEOF(): `has_at` is the place of a number, not of a bool */
    uint8_t wire;       /* of a protobuf message: EDO_WIRE_… */
    bool reply;         /* of a secret: responses have it, as the token that a login gives */
    uint32_t number;    /* of a protobuf message: the field's; 0: it has none. See edo/protobuf.h */
} edo_field;

/* How a protobuf message has a field: none or several of these. */
typedef enum edo_wire {
    EDO_WIRE_ZIGZAG = 1,   /* sint32, sint64 */
    EDO_WIRE_FIXED = 2,    /* fixed32, fixed64, sfixed32, sfixed64 */
    EDO_WIRE_UNPACKED = 4, /* a list of numbers, each written with the number of the field */
    EDO_WIRE_REQUIRED = 8, /* proto2's `required`; of a number or text with EDO_HAS() */
    EDO_WIRE_REST = 16,    /* an edo_str without a number, the last field: what has no field, as it
                              came. With .skip */
    EDO_WIRE_CLOSED =
        32, /* proto2's enum, also as the values of a map: a number that has no name is
                              none of it, and belongs to what has no field */
} edo_wire;

/* A fault of one field of what was decoded. */
typedef struct edo_fault {
    edo_value_in in;
    edo_str field;  /* in a body of JSON a pointer (RFC 6901): "/tags/2", "" for the whole; else the
                       name that it has there: "page.size", "x-tenant" of a header */
    edo_str detail; /* "must be at most 100" */
} edo_fault;

/* A list in which a decoder collects faults, if it is asked to by an option. All zero but the
 * arena. */
typedef struct edo_faults {
    edo_arena *arena; /* yours: what follows lies there */
    uint32_t max;     /* 0: 32 */
    uint32_t n;
    edo_fault *all;
    bool is_cut; /* there were more, or there was no memory for one */
} edo_faults;

/* What a description describes. */
typedef enum edo_desc_form {
    EDO_DESC_STRUCT, /* all fields, in order */
    EDO_DESC_ENUM,   /* one of the fields, each a unit, by an integer: the value itself */
    EDO_DESC_UNION,  /* one of the fields, by an integer in the struct: the tag */
} edo_desc_form;

/* The description of a type: constant, and shared by all threads. Only the table at `names` is
 * written, once. */
typedef struct edo_desc {
    const char *name; /* of the type */
    const edo_field *fields;
    uint32_t fields_n;
    uint32_t size; /* of the type */
    uint8_t form;  /* EDO_DESC_… */
    uint8_t tag_size;
    uint16_t pad;
    uint32_t tag_at;       /* UNION: its offset */
    edo_atomic_u32 *names; /* edo's: a table of the names, and a word for protobuf, made when they
                              are needed; NULL: none */
    uint64_t reserved[1];  /* must be 0 */
} edo_desc;

EDO_END_DECLS

/* ---- Behind the macros ----------------------------------------------------------------------- */

#ifdef __cplusplus
/* The kind of what a pointer points to; no function for a type: describe it, or use _OF. */
constexpr uint8_t edoi_int_kind(bool is_signed, size_t bytes) {
    return static_cast<uint8_t>((is_signed ? EDO_VALUE_I8 : EDO_VALUE_U8) + (bytes == 8   ? 3
                                                                             : bytes == 4 ? 2
                                                                             : bytes == 2 ? 1
                                                                                          : 0));
}
#    define EDOI_KIND_OF(type, kind)                                                               \
        constexpr uint8_t edoi_kind_of(type *) {                                                   \
            return static_cast<uint8_t>(kind);                                                     \
        }
EDOI_KIND_OF(bool, EDO_VALUE_BOOL)
EDOI_KIND_OF(signed char, EDO_VALUE_I8)
EDOI_KIND_OF(short, edoi_int_kind(true, sizeof(short)))
EDOI_KIND_OF(int, edoi_int_kind(true, sizeof(int)))
EDOI_KIND_OF(long, edoi_int_kind(true, sizeof(long)))
EDOI_KIND_OF(long long, edoi_int_kind(true, sizeof(long long)))
EDOI_KIND_OF(unsigned char, EDO_VALUE_U8)
EDOI_KIND_OF(unsigned short, edoi_int_kind(false, sizeof(short)))
EDOI_KIND_OF(unsigned, edoi_int_kind(false, sizeof(int)))
EDOI_KIND_OF(unsigned long, edoi_int_kind(false, sizeof(long)))
EDOI_KIND_OF(unsigned long long, edoi_int_kind(false, sizeof(long long)))
EDOI_KIND_OF(float, EDO_VALUE_F32)
EDOI_KIND_OF(double, EDO_VALUE_F64)
EDOI_KIND_OF(edo_str, EDO_VALUE_STR)
EDOI_KIND_OF(edo_bytes, EDO_VALUE_BYTES)
EDOI_KIND_OF(edo_duration, EDO_VALUE_DURATION)
EDOI_KIND_OF(edo_wall, EDO_VALUE_WALL)
EDOI_KIND_OF(char *, EDO_VALUE_TEXT)
EDOI_KIND_OF(const char *, EDO_VALUE_TEXT)
#    undef EDOI_KIND_OF
template <size_t N> constexpr uint8_t edoi_kind_of(char (*)[N]) {
    return EDO_VALUE_CHARS;
}
constexpr uint32_t edoi_count_at(size_t *, size_t offset) {
    return static_cast<uint32_t>(offset);
}
#    define EDOI_MEMBER(type, member) (static_cast<type *>(nullptr)->member)
#    define EDOI_KIND(element)        edoi_kind_of(static_cast<decltype(&(element))>(nullptr))
#    define EDOI_COUNT_AT(type, count)                                                             \
        edoi_count_at(static_cast<decltype(&EDOI_MEMBER(type, count))>(nullptr),                   \
                      offsetof(type, count))
/* C++17 has no designated initialisers: each option becomes an assignment, "edoi_f .doc = …". */
#    define EDOI_SET_1(a)       edoi_f a
#    define EDOI_SET_2(a, ...)  edoi_f a, EDOI_SET_1(__VA_ARGS__)
#    define EDOI_SET_3(a, ...)  edoi_f a, EDOI_SET_2(__VA_ARGS__)
#    define EDOI_SET_4(a, ...)  edoi_f a, EDOI_SET_3(__VA_ARGS__)
#    define EDOI_SET_5(a, ...)  edoi_f a, EDOI_SET_4(__VA_ARGS__)
#    define EDOI_SET_6(a, ...)  edoi_f a, EDOI_SET_5(__VA_ARGS__)
#    define EDOI_SET_7(a, ...)  edoi_f a, EDOI_SET_6(__VA_ARGS__)
#    define EDOI_SET_8(a, ...)  edoi_f a, EDOI_SET_7(__VA_ARGS__)
#    define EDOI_SET_9(a, ...)  edoi_f a, EDOI_SET_8(__VA_ARGS__)
#    define EDOI_SET_10(a, ...) edoi_f a, EDOI_SET_9(__VA_ARGS__)
#    define EDOI_SET_11(a, ...) edoi_f a, EDOI_SET_10(__VA_ARGS__)
#    define EDOI_SET_12(a, ...) edoi_f a, EDOI_SET_11(__VA_ARGS__)
#    define EDOI_SET_13(a, ...) edoi_f a, EDOI_SET_12(__VA_ARGS__)
#    define EDOI_SET_14(a, ...) edoi_f a, EDOI_SET_13(__VA_ARGS__)
#    define EDOI_SET_15(a, ...) edoi_f a, EDOI_SET_14(__VA_ARGS__)
#    define EDOI_SET_16(a, ...) edoi_f a, EDOI_SET_15(__VA_ARGS__)
#    define EDOI_SET_17(a, ...) edoi_f a, EDOI_SET_16(__VA_ARGS__)
#    define EDOI_SET_18(a, ...) edoi_f a, EDOI_SET_17(__VA_ARGS__)
#    define EDOI_SET_19(a, ...) edoi_f a, EDOI_SET_18(__VA_ARGS__)
#    define EDOI_SET_20(a, ...) edoi_f a, EDOI_SET_19(__VA_ARGS__)
#    define EDOI_SET_21(a, ...) edoi_f a, EDOI_SET_20(__VA_ARGS__)
#    define EDOI_SET_22(a, ...) edoi_f a, EDOI_SET_21(__VA_ARGS__)
#    define EDOI_SET_23(a, ...) edoi_f a, EDOI_SET_22(__VA_ARGS__)
#    define EDOI_SET_24(a, ...) edoi_f a, EDOI_SET_23(__VA_ARGS__)
#    define EDOI_SET_PICK(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16,   \
                          a17, a18, a19, a20, a21, a22, a23, a24, set, ...)                        \
        set
#    define EDOI_SET(...)                                                                          \
        EDOI_SET_PICK(__VA_ARGS__, EDOI_SET_24, EDOI_SET_23, EDOI_SET_22, EDOI_SET_21,             \
                      EDOI_SET_20, EDOI_SET_19, EDOI_SET_18, EDOI_SET_17, EDOI_SET_16,             \
                      EDOI_SET_15, EDOI_SET_14, EDOI_SET_13, EDOI_SET_12, EDOI_SET_11,             \
                      EDOI_SET_10, EDOI_SET_9, EDOI_SET_8, EDOI_SET_7, EDOI_SET_6, EDOI_SET_5,     \
                      EDOI_SET_4, EDOI_SET_3, EDOI_SET_2, EDOI_SET_1, 0)                           \
        (__VA_ARGS__)
#    define EDOI_FIELD_MADE(...)                                                                   \
        ([]() constexpr {                                                                          \
            edo_field edoi_f{};                                                                    \
            EDOI_SET(__VA_ARGS__);                                                                 \
            return edoi_f;                                                                         \
        }())
/* A constant of an unnamed namespace may be declared before it is made. */
#    define EDOI_DESC_DECLARED(desc)                                                               \
        namespace {                                                                                \
        extern const edo_desc desc;                                                                \
        }
#    define EDOI_DESC_STATIC(desc, ...)                                                            \
        namespace {                                                                                \
        EDOI_UNUSED const edo_desc desc = __VA_ARGS__;                                             \
        }
#    define EDOI_TABLE static constexpr
#    define EDOI_DESC_MADE(type, form_, tag_size_, tag_at_)                                        \
        {                                                                                          \
#            type, type##_fields, static_cast < uint32_t>(EDO_COUNT(type##_fields)),               \
                static_cast < uint32_t>(sizeof(type)), static_cast < uint8_t>(form_),              \
                static_cast < uint8_t>(tag_size_), 0, static_cast < uint32_t>(tag_at_),            \
                type##_names, {                                                                    \
                0                                                                                  \
            }                                                                                      \
        }
#else
#    define EDOI_INT_KIND(first, type)                                                             \
        ((first) + (sizeof(type) == 8 ? 3 : sizeof(type) == 4 ? 2 : sizeof(type) == 2 ? 1 : 0))
#    define EDOI_MEMBER(type, member) (((type *)0)->member)
#    define EDOI_KIND(element)                                                                     \
        _Generic(&(element),                                                                       \
            bool *: EDO_VALUE_BOOL,                                                                \
            signed char *: EDO_VALUE_I8,                                                           \
            short *: EDOI_INT_KIND(EDO_VALUE_I8, short),                                           \
            int *: EDOI_INT_KIND(EDO_VALUE_I8, int),                                               \
            long *: EDOI_INT_KIND(EDO_VALUE_I8, long),                                             \
            long long *: EDOI_INT_KIND(EDO_VALUE_I8, long long),                                   \
            unsigned char *: EDO_VALUE_U8,                                                         \
            unsigned short *: EDOI_INT_KIND(EDO_VALUE_U8, short),                                  \
            unsigned *: EDOI_INT_KIND(EDO_VALUE_U8, int),                                          \
            unsigned long *: EDOI_INT_KIND(EDO_VALUE_U8, long),                                    \
            unsigned long long *: EDOI_INT_KIND(EDO_VALUE_U8, long long),                          \
            float *: EDO_VALUE_F32,                                                                \
            double *: EDO_VALUE_F64,                                                               \
            edo_str *: EDO_VALUE_STR,                                                              \
            edo_bytes *: EDO_VALUE_BYTES,                                                          \
            edo_duration *: EDO_VALUE_DURATION,                                                    \
            edo_wall *: EDO_VALUE_WALL,                                                            \
            char **: EDO_VALUE_TEXT,                                                               \
            const char **: EDO_VALUE_TEXT,                                                         \
            char(*)[sizeof(element)]: EDO_VALUE_CHARS)
#    define EDOI_COUNT_AT(type, count)                                                             \
        _Generic(&EDOI_MEMBER(type, count), size_t * : (uint32_t)offsetof(type, count))
#    define EDOI_FIELD_MADE(...)                                                                   \
        { __VA_ARGS__ }
#    define EDOI_DESC_DECLARED(desc)                                                               \
        EDOI_UNUSED static const edo_desc desc; /* it may hold itself */
#    define EDOI_DESC_STATIC(desc, ...) EDOI_UNUSED static const edo_desc desc = __VA_ARGS__;
#    define EDOI_TABLE                  static const
#    define EDOI_DESC_MADE(type, form_, tag_size_, tag_at_)                                        \
        {                                                                                          \
            .name = #type, .fields = type##_fields,                                                \
            .fields_n = (uint32_t)EDO_COUNT(type##_fields), .size = (uint32_t)sizeof(type),        \
            .form = (form_), .tag_size = (uint8_t)(tag_size_), .tag_at = (uint32_t)(tag_at_),      \
            .names = type##_names                                                                  \
        }
#endif

/* The last option is always there, since `...` needs one. */
#define EDOI_ONE(type, member, kind_, desc_, ...)                                                  \
    EDOI_FIELD_MADE(.key = ",\"" #member "\":", .name_len = sizeof #member - 1, .kind = kind_,     \
                    .shape = EDO_SHAPE_ONE, .offset = offsetof(type, member),                      \
                    .size = sizeof EDOI_MEMBER(type, member), .desc = desc_, __VA_ARGS__)
#define EDOI_PTR(type, member, kind_, desc_, ...)                                                  \
    EDOI_FIELD_MADE(.key = ",\"" #member "\":", .name_len = sizeof #member - 1, .kind = kind_,     \
                    .shape = EDO_SHAPE_PTR, .offset = offsetof(type, member),                      \
                    .size = sizeof *EDOI_MEMBER(type, member), .desc = desc_, __VA_ARGS__)
#define EDOI_LIST(type, member, count, kind_, desc_, ...)                                          \
    EDOI_FIELD_MADE(.key = ",\"" #member "\":", .name_len = sizeof #member - 1, .kind = kind_,     \
                    .shape = EDO_SHAPE_LIST, .offset = offsetof(type, member),                     \
                    .size = sizeof *EDOI_MEMBER(type, member),                                     \
                    .count_at = EDOI_COUNT_AT(type, count), .desc = desc_, __VA_ARGS__)
#define EDOI_FIXED(type, member, kind_, desc_, ...)                                                \
    EDOI_FIELD_MADE(.key = ",\"" #member "\":", .name_len = sizeof #member - 1, .kind = kind_,     \
                    .shape = EDO_SHAPE_FIXED, .offset = offsetof(type, member),                    \
                    .size = sizeof EDOI_MEMBER(type, member)[0],                                   \
                    .n = EDO_COUNT(EDOI_MEMBER(type, member)), .desc = desc_, __VA_ARGS__)
#define EDOI_UPTO(type, member, count, kind_, desc_, ...)                                          \
    EDOI_FIELD_MADE(.key = ",\"" #member "\":", .name_len = sizeof #member - 1, .kind = kind_,     \
                    .shape = EDO_SHAPE_UPTO, .offset = offsetof(type, member),                     \
                    .size = sizeof EDOI_MEMBER(type, member)[0],                                   \
                    .n = EDO_COUNT(EDOI_MEMBER(type, member)),                                     \
                    .count_at = EDOI_COUNT_AT(type, count), .desc = desc_, __VA_ARGS__)

/* One call deeper, so that options which are macros are seen as several. */
#define EDOI_FIELD_1(type, member, ...)                                                            \
    EDOI_ONE(type, member, EDOI_KIND(EDOI_MEMBER(type, member)), NULL, __VA_ARGS__)
#define EDOI_FIELD_OF_1(type, member, desc_, ...)                                                  \
    EDOI_ONE(type, member, EDO_VALUE_DESCRIBED, &desc_, __VA_ARGS__)
#define EDOI_FIELD_PTR_1(type, member, ...)                                                        \
    EDOI_PTR(type, member, EDOI_KIND(*EDOI_MEMBER(type, member)), NULL, __VA_ARGS__)
#define EDOI_FIELD_PTR_OF_1(type, member, desc_, ...)                                              \
    EDOI_PTR(type, member, EDO_VALUE_DESCRIBED, &desc_, __VA_ARGS__)
#define EDOI_FIELD_LIST_1(type, member, count, ...)                                                \
    EDOI_LIST(type, member, count, EDOI_KIND(*EDOI_MEMBER(type, member)), NULL, __VA_ARGS__)
#define EDOI_FIELD_LIST_OF_1(type, member, count, desc_, ...)                                      \
    EDOI_LIST(type, member, count, EDO_VALUE_DESCRIBED, &desc_, __VA_ARGS__)
#define EDOI_FIELD_FIXED_1(type, member, ...)                                                      \
    EDOI_FIXED(type, member, EDOI_KIND(EDOI_MEMBER(type, member)[0]), NULL, __VA_ARGS__)
#define EDOI_FIELD_FIXED_OF_1(type, member, desc_, ...)                                            \
    EDOI_FIXED(type, member, EDO_VALUE_DESCRIBED, &desc_, __VA_ARGS__)
#define EDOI_FIELD_UPTO_1(type, member, count, ...)                                                \
    EDOI_UPTO(type, member, count, EDOI_KIND(EDOI_MEMBER(type, member)[0]), NULL, __VA_ARGS__)
#define EDOI_FIELD_UPTO_OF_1(type, member, count, desc_, ...)                                      \
    EDOI_UPTO(type, member, count, EDO_VALUE_DESCRIBED, &desc_, __VA_ARGS__)
#define EDOI_UNIT_1(value_, name_, ...)                                                            \
    EDOI_FIELD_MADE(.key = ",\"" name_ "\":", .name_len = sizeof name_ - 1,                        \
                    .kind = EDO_VALUE_UNIT, .tag = (int64_t)(value_), __VA_ARGS__)

#define EDOI_FIELDS(type, ...)                                                                     \
    EDOI_OVERRIDES_BEGIN EDOI_TABLE edo_field type##_fields[] = { __VA_ARGS__ };                   \
    EDOI_OVERRIDES_END EDOI_UNUSED static edo_atomic_u32                                           \
        type##_names[2 + 2 * EDO_COUNT(type##_fields)];

/* ---- The macros ------------------------------------------------------------------------------ */

/* See the top of this file. */
#define EDO_FIELD(type, ...)          EDOI_FIELD_1(type, __VA_ARGS__, .edoi_end = 0)
#define EDO_FIELD_OF(type, ...)       EDOI_FIELD_OF_1(type, __VA_ARGS__, .edoi_end = 0)
#define EDO_FIELD_PTR(type, ...)      EDOI_FIELD_PTR_1(type, __VA_ARGS__, .edoi_end = 0)
#define EDO_FIELD_PTR_OF(type, ...)   EDOI_FIELD_PTR_OF_1(type, __VA_ARGS__, .edoi_end = 0)
#define EDO_FIELD_LIST(type, ...)     EDOI_FIELD_LIST_1(type, __VA_ARGS__, .edoi_end = 0)
#define EDO_FIELD_LIST_OF(type, ...)  EDOI_FIELD_LIST_OF_1(type, __VA_ARGS__, .edoi_end = 0)
#define EDO_FIELD_FIXED(type, ...)    EDOI_FIELD_FIXED_1(type, __VA_ARGS__, .edoi_end = 0)
#define EDO_FIELD_FIXED_OF(type, ...) EDOI_FIELD_FIXED_OF_1(type, __VA_ARGS__, .edoi_end = 0)
#define EDO_FIELD_UPTO(type, ...)     EDOI_FIELD_UPTO_1(type, __VA_ARGS__, .edoi_end = 0)
#define EDO_FIELD_UPTO_OF(type, ...)  EDOI_FIELD_UPTO_OF_1(type, __VA_ARGS__, .edoi_end = 0)

/* A value of an enum or union that has a name, a string literal, and nothing else. */
#define EDO_UNIT(value, ...) EDOI_UNIT_1(value, __VA_ARGS__, .edoi_end = 0)

/* Option: the name outside of C, a string literal without quotes, backslashes and control
 * characters. For a member of a member (`u.circle`), it is needed. */
#define EDO_AS(name) .key = ",\"" name "\":", .name_len = sizeof name - 1

/* Option: the field is optional, and the bool member says whether it is there. Of an optional field
 * without it NULL, an edo_str or edo_bytes without a pointer, an edo_wall of zero, and a list of
 * none are not there, and any other element is: one that may be the begin of 1970 needs it. */
#define EDO_HAS(type, member) .has_at = 1 + offsetof(type, member)

/* Option of one of several fields that share their place, as members of a C union do, and so are
 * optional: the member, of 32 bits, that has the number of the one that is there, or 0. They are
 * elements with a `number`, in the struct or behind a pointer; what lies in the struct is no
 * struct. */
#define EDO_ONEOF(type, member)                                                                    \
    .oneof = true,                                                                                 \
    .has_at = 1 + offsetof(type, member) + 0 / (sizeof EDOI_MEMBER(type, member) == 4)

/* Makes `type##_desc`, a description for one file. No semicolon follows. */
#define EDO_DESCRIBE(type, ...)                                                                    \
    EDOI_DESC_DECLARED(type##_desc)                                                                \
    EDOI_FIELDS(type, __VA_ARGS__)                                                                 \
    EDOI_DESC_STATIC(type##_desc, EDOI_DESC_MADE(type, EDO_DESC_STRUCT, 0, 0))
#define EDO_DESCRIBE_ENUM(type, ...)                                                               \
    EDOI_FIELDS(type, __VA_ARGS__)                                                                 \
    EDOI_DESC_STATIC(type##_desc, EDOI_DESC_MADE(type, EDO_DESC_ENUM, 0, 0))
#define EDO_DESCRIBE_UNION(type, tag, ...)                                                         \
    EDOI_DESC_DECLARED(type##_desc)                                                                \
    EDOI_FIELDS(type, __VA_ARGS__)                                                                 \
    EDOI_DESC_STATIC(                                                                              \
        type##_desc,                                                                               \
        EDOI_DESC_MADE(type, EDO_DESC_UNION, sizeof EDOI_MEMBER(type, tag), offsetof(type, tag)))

/* Declares `type##_desc` for those that come before it, as structs that hold each other need. It is
 * made by EDO_DESCRIBE() in the same file. */
#define EDO_DESCRIBED_LATER(type) EDOI_DESC_DECLARED(type##_desc)

/* For several files: EDO_DESCRIBED(type) declares it in a header, EDO_DESCRIBE_SHARED() makes it in
 * one source. */
#ifdef __cplusplus
#    define EDO_DESCRIBED(type) extern "C" const edo_desc type##_desc;
#else
#    define EDO_DESCRIBED(type) extern const edo_desc type##_desc;
#endif
#define EDO_DESCRIBE_SHARED(type, ...)                                                             \
    EDOI_FIELDS(type, __VA_ARGS__)                                                                 \
    const edo_desc type##_desc = EDOI_DESC_MADE(type, EDO_DESC_STRUCT, 0, 0);

EDO_BEGIN_DECLS

/* ---- Reading a description ------------------------------------------------------------------- */

/** Returns the name of a field outside of C.
 * Owns:    borrows from the description. */
EDOI_INLINE edo_str edo_field_name(const edo_field *f) {
    edo_str s = { f->key + 2, f->name_len };
    return s;
}

/** Finds a field by its name outside of C; skipped fields have none.
 * Owns: borrows from the description.   Errors: NULL if there is none. */
EDO_API const edo_field *edo_desc_find(const edo_desc *desc, edo_str name);

/** Returns the field of an enum's or union's description that `value`, the enum or the union, is.
 *
 * `size` is that of the enum as it is stored; it is not used for a union.
 * Owns:    borrows from the description.
 * Errors:  NULL if the tag has a value that is not described. */
EDO_API const edo_field *edo_desc_variant(const edo_desc *desc, const void *value, size_t size);

/** Returns the first element of the field `f` of the struct at `value`, and in `*n` how many there
 * are: 0 or 1 unless it is an array. 0 is also returned for an optional field that is not there,
 * by the rule of EDO_HAS().
 * Owns: borrows from the struct.   Threads: any, at once, while nothing writes the struct. */
EDO_API const void *edo_field_elements(const edo_field *f, const void *value, size_t *n);

/* ---- Descriptions made at run time ----------------------------------------------------------- */

/** Makes the description of a struct without fields, for data whose form only the run tells: a
 * table of a database, a message of a protocol. A value of it is memory of `size` bytes, aligned
 * for any type; its fields are found by edo_desc_find() and their `offset`.
 * Owns: copies `name`; returns new in `*out`: edo_desc_free().   Errors: -ENOMEM */
EDO_MUST_USE EDO_API int edo_desc_new(edo_desc **out, const char *name);

/** Adds a field to a description that edo_desc_new() has made, before there is a value of it.
 *
 * `like` has its kind, its shape, and its options; `size` of CHARS, `n` of FIXED and UPTO, `desc`
 * of DESCRIBED. Where it lies is edo's choice; so is the place of a count, and that of a bool as
 * EDO_HAS() has it, which an optional field gets that could not be seen to be missing otherwise.
 * Owns:    copies `name`; borrows what `like` points to for the life of the description. A `desc`
 *          made at run time has all its fields before, so it is never `self`.
 * Errors:  -EINVAL  a name that is empty or no UTF-8, or has quotes, backslashes or control
 *                   characters; a kind or shape that is none; `desc` is `self`; sizes of 0, or of
 *                   2 GiB in all
 *          -EEXIST  a field has this name
 *          -ENOMEM  nothing has changed
 * Threads: one at a time. */
EDO_MUST_USE EDO_API int edo_desc_add(edo_desc *self, const char *name, const edo_field *like);

/** Ends a description that edo_desc_new() has made. NULL is allowed.
 * Owns: takes `self`.   Threads: any, once. */
EDO_API void edo_desc_free(edo_desc *self);

/* ---- Values ---------------------------------------------------------------------------------- */

/** Fills the struct, enum or union at `value` with zeros and presets. Everything that decodes a
 * value does so first.
 * Owns:    what a preset needs is from `arena`, or if that is NULL from the heap:
 *          edo_value_deinit().
 * Errors:  -ENOMEM  all is zero
 *          -EDO_EVALUE  a preset is no value of its field: a mistake of the description */
EDO_MUST_USE EDO_API int edo_value_init(void *value, const edo_desc *desc, edo_arena *arena);

/** Gives back what decoding has allocated in the struct at `value`, and fills it with zeros. Not
 * for a value whose memory is an arena's, or that borrows its text.
 * Owns:    an edo_str that is not empty, a char *, edo_bytes, lists, and what pointers point to.
 * Threads: any; one at a time. */
EDO_API void edo_value_deinit(void *value, const edo_desc *desc);

/** Copies a struct, enum or union with all that its description knows: to keep what a request or a
 * file has said. What is not described, or skipped, is zero in the copy.
 * Owns:    fills `to` from `arena`, or if that is NULL from the heap: edo_value_deinit(). There
 *          edo_bytes are shared, which an arena copies.
 * Errors:  -ENOMEM  all is zero
 *          -EDO_EVALUE  it is deeper than EDO_VALUE_DEPTH_MAX
 * Threads: any; one at a time for `arena`. */
EDO_MUST_USE EDO_API int edo_value_copy(void *to, const void *from, const edo_desc *desc,
                                        edo_arena *arena);

/** Do two values say the same, so that they would be printed alike? What is not described, or
 * skipped, does not count. Floats are equal if their bits are: a NaN is equal to itself, and -0 is
 * not 0.
 * Errors:  false also if they are deeper than EDO_VALUE_DEPTH_MAX */
EDO_API bool edo_value_equal(const void *a, const void *b, const edo_desc *desc);

/** Reads one element of the field `f` from text, as a command line, a query or a preset has it, to
 * `element`: whatever its kind, but no struct and no union. The element must be zero, or hold
 * nothing that is to be given back.
 *
 * A bool is true, false, yes, no, on, off, 1 or 0; an integer decimal; a float as strtod() reads it
 * in the C locale, but neither infinite nor NaN; a duration as edo_duration_parse() reads it, an
 * edo_wall as edo_wall_parse(); an enum one of its names; edo_bytes base64.
 * Owns:    copies; from `arena`, or if that is NULL from the heap.
 * Errors:  -ENOMEM
 *          -EDO_EVALUE  it is no such value, or not as the field demands; the trail says what is
 *                       demanded: "must be at most 65535" */
EDO_MUST_USE EDO_API int edo_value_parse(void *element, const edo_field *f, edo_str text,
                                         edo_arena *arena);

/** Appends one element of the field `f` as edo_value_parse() reads it. A secret one is "***".
 * Errors:  -ENOMEM  nothing has changed
 *          -ENOTSUP  it is a struct or a union
 *          -EDO_EVALUE  an edo_wall that is not of the years 1 to 9999 */
EDO_MUST_USE EDO_API int edo_value_text(edo_buf *out, const edo_field *f, const void *element);

/* Called for one field that is not as described: `path` names it ("servers[2].port"), `wants` is
 * what it demands ("must be at most 65535"). Both are borrowed until it returns. */
typedef void edo_value_check_fn(void *arg, const char *path, const char *wants);

/** Checks all fields of the struct at `value`: ranges, lengths, patterns, checks of the program's
 * own, tags.
 *
 * `fn` (may be NULL) is called for each field that fails. The trail has the first of them:
 * "servers[2].port" must be at most 65535.
 * Errors:  -EDO_EVALUE  at least one field is not as described
 * Threads: any, at once, while nothing writes the struct. */
EDO_MUST_USE EDO_API int edo_value_check(const void *value, const edo_desc *desc,
                                         edo_value_check_fn *fn, void *arg);

/* ---- Walks ----------------------------------------------------------------------------------- */

/* What a visitor may enter. */
typedef enum edo_visit_what {
    EDO_VISIT_STRUCT, /* of `n` fields, of which some may not be there */
    EDO_VISIT_UNION,  /* of the one that it is */
    EDO_VISIT_LIST,   /* of `n` elements */
    EDO_VISIT_MAP,    /* of `n` entries */
} edo_visit_what;

#define EDO_VISIT_SKIP 1 /* of `enter`: not what is in there, and no `leave` */

/* A visitor: what edo_visit() calls; each of its functions may be NULL. Any but 0 (of `enter`,
 * EDO_VISIT_SKIP too) ends the walk and is returned. `f` is the field; of the elements of a list
 * that of the list; NULL for the whole value. */
typedef struct edo_visitor_ops {
    int (*enter)(void *arg, const edo_field *f, edo_visit_what what, size_t n);
    int (*leave)(void *arg, const edo_field *f, edo_visit_what what);
    /* One element that is not entered: a number, a text, an enum, a unit. */
    int (*element)(void *arg, const edo_field *f, const void *element);
    /* All of an array of bools, numbers or durations at once. NULL: one by one. */
    int (*slice)(void *arg, const edo_field *f, const void *first, size_t n);
    /* The name of an entry of the map `f`; what is visited next is its value, if it has one. */
    int (*entry)(void *arg, const edo_field *f, edo_str name);
} edo_visitor_ops;

/** Walks over the struct, enum or union at `value` in the order of its fields. Fields that are
 * skipped, or optional and not there, are passed over. Nothing is copied or allocated.
 * Owns:    everything is borrowed until the return.
 * Errors:  -EDO_EVALUE  a tag has no description, or values are nested deeper than
 *                       EDO_VALUE_DEPTH_MAX
 *          else what a function of the visitor returned first
 * Threads: any, at once, while nothing writes the value. */
EDO_API int edo_visit(const void *value, const edo_desc *desc, const edo_visitor_ops *ops,
                      void *arg);

/** Appends the value as text for people: { id: 5, name: "ann", tags: ["a", "b"], password: *** }.
 * Bytes that are not printable are escaped; what is secret, with all that is in it, is ***.
 * Errors: -ENOMEM; else as edo_visit()   Threads: any, at once, while nothing writes the value. */
EDO_MUST_USE EDO_API int edo_value_print(edo_buf *out, const void *value, const edo_desc *desc);

/* ---- Free-standing values -------------------------------------------------------------------- */

/* One value with what describes it, so that it may be passed on without its type: to a log, to a
 * printer, in a list of arguments. It is borrowed: it lives as long as what it points to. */
typedef struct edo_value {
    const void *at;
    const edo_desc *desc; /* DESCRIBED: of a struct, enum or union; else NULL */
    uint32_t size;        /* bytes at `at` */
    uint8_t kind;         /* EDO_VALUE_… */
    bool secret;          /* yours to set: it is printed as *** */
    uint16_t pad;
} edo_value;

EDOI_INLINE edo_value edoi_value_of(const void *at, const edo_desc *desc, size_t size,
                                    uint8_t kind) {
    edo_value v = { at, desc, (uint32_t)size, kind, false, 0 };
    return v;
}

/* The value of a variable or member: one that has a kind, as a field has, or one with a
 * description. */
#define EDO_VALUE(lvalue) edoi_value_of(&(lvalue), NULL, sizeof(lvalue), EDOI_KIND(lvalue))
#define EDO_VALUE_OF(lvalue, desc)                                                                 \
    edoi_value_of(&(lvalue), &(desc), sizeof(lvalue), EDO_VALUE_DESCRIBED)

/** As edo_visit(), of a free-standing value; one that is not entered is one call of `element`, with
 * a field that has no name.
 * Owns: everything is borrowed until the return.   Errors: as edo_visit()
 * Threads: any, at once, while nothing writes the value. */
EDO_API int edo_visit_value(const edo_value *v, const edo_visitor_ops *ops, void *arg);

/** As edo_value_print(), of a free-standing value.
 * Errors: as edo_value_print()   Threads: any, at once, while nothing writes the value. */
EDO_MUST_USE EDO_API int edo_print_value(edo_buf *out, const edo_value *v);

/* ---- Durations and instants as text ---------------------------------------------------------- */

#define EDO_DURATION_TEXT_MAX 48 /* with its NUL */

/** Reads a duration: whole numbers with the units ns, us, ms, s, m, h or d, the largest first
 * ("250ms", "5s", "1m30s"), "0", or "off", which is a negative duration as EDO_OFF is; or that of
 * ISO 8601, as JSON and OpenAPI have it: weeks, or days, hours, minutes and seconds, of these up to
 * nine digits behind the point, and a minus in front ("PT1M30S", "P1DT0.25S", "-PT5S").
 * Errors:  -EDO_EVALUE  it is none, too long, or has years or months, which have no length */
EDO_MUST_USE EDO_API int edo_duration_parse(edo_duration *out, edo_str text);

/** Writes a duration as edo_duration_parse() reads it, and exactly: "1m30s", "0s", "off" for any
 * negative one. Returns the length.
 * Owns:    fills `text`, with a NUL. */
EDO_API size_t edo_duration_print(char text[EDO_DURATION_TEXT_MAX], edo_duration d);

#define EDO_WALL_TEXT_MAX 40 /* with its NUL */

/** Reads a date and time of RFC 3339: "2026-11-27T15:04:05Z", "2026-11-27T16:04:05.25+01:00".
 *
 * It has an offset, or a Z; up to nine digits behind the point, so that nothing of it is lost; a
 * day that exists; and in UTC a year from 1 to 9999. A leap second, 23:59:60 in UTC, is the first
 * second of the next day. Neither the locale nor the time zone of the process matters.
 * Errors:  -EDO_EVALUE  it is none; the trail says what is demanded */
EDO_MUST_USE EDO_API int edo_wall_parse(edo_wall *out, edo_str text);

/** Writes an instant of the years 1 to 9999 as edo_wall_parse() reads it, exactly, in UTC: with 0,
 * 3, 6 or 9 digits behind the point. Returns the length. Of another one the seconds are written,
 * "@-62135596801", which is not read.
 * Owns:    fills `text`, with a NUL. */
EDO_API size_t edo_wall_print(char text[EDO_WALL_TEXT_MAX], edo_wall t);

EDO_END_DECLS

#endif
