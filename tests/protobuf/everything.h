/* SPDX-License-Identifier: MIT */
/* protobuf/everything.h: a message with every kind and shape, described by hand, and its bytes. */
#ifndef EDO_TESTS_PROTOBUF_EVERYTHING_H
#define EDO_TESTS_PROTOBUF_EVERYTHING_H

#include <edo/protobuf.h>

typedef enum color { COLOR_NONE, COLOR_RED = 3, COLOR_BLUE = -1 } color;
EDO_DESCRIBE_ENUM(color, EDO_UNIT(COLOR_NONE, "NONE"), EDO_UNIT(COLOR_RED, "RED"),
                  EDO_UNIT(COLOR_BLUE, "BLUE"))

typedef struct leaf {
    edo_str name;
    int32_t n;
    edo_str rest;
} leaf;
EDO_DESCRIBE(leaf, EDO_FIELD(leaf, name, .number = 1, .optional = true),
             EDO_FIELD(leaf, n, .number = 2, .optional = true),
             EDO_FIELD(leaf, rest, .wire = EDO_WIRE_REST, .skip = true))

typedef struct price {
    edo_str name;
    leaf value;
} price;
EDO_DESCRIBE(price, EDO_FIELD(price, name, .number = 1),
             EDO_FIELD_OF(price, value, leaf_desc, .number = 2))

typedef struct everything {
    int32_t i32;
    int64_t i64;
    uint32_t u32;
    uint64_t u64;
    int32_t s32;
    int64_t s64;
    uint32_t f32;
    int64_t sf64;
    float real;
    double precise;
    bool flag;
    edo_str text;
    edo_bytes bytes;
    color paint;
    leaf *maybe;
    leaf within;
    int32_t *packed;
    size_t packed_n;
    double *doubles;
    size_t doubles_n;
    int64_t *loose;
    size_t loose_n;
    edo_str *texts;
    size_t texts_n;
    leaf *leaves;
    size_t leaves_n;
    price *prices;
    size_t prices_n;
    uint32_t choice; // 0, 23, 24 or 25
    union {
        edo_str word;
        int32_t number;
        leaf *tree;
    } of;
    int32_t level;
    bool has_level;
    int8_t small;
    char chars[8];
    const char *string;
    color few[2];
    size_t few_n;
    int32_t big_number;
    edo_str rest;
} everything;
EDO_DESCRIBE(everything, EDO_FIELD(everything, i32, .number = 1, .optional = true),
             EDO_FIELD(everything, i64, .number = 2, .optional = true),
             EDO_FIELD(everything, u32, .number = 3, .optional = true),
             EDO_FIELD(everything, u64, .number = 4, .optional = true),
             EDO_FIELD(everything, s32, .number = 5, .wire = EDO_WIRE_ZIGZAG, .optional = true),
             EDO_FIELD(everything, s64, .number = 6, .wire = EDO_WIRE_ZIGZAG, .optional = true),
             EDO_FIELD(everything, f32, .number = 7, .wire = EDO_WIRE_FIXED, .optional = true),
             EDO_FIELD(everything, sf64, .number = 8, .wire = EDO_WIRE_FIXED, .optional = true),
             EDO_FIELD(everything, real, .number = 9, .optional = true),
             EDO_FIELD(everything, precise, .number = 10, .optional = true),
             EDO_FIELD(everything, flag, .number = 11, .optional = true),
             EDO_FIELD(everything, text, .number = 12, .optional = true),
             EDO_FIELD(everything, bytes, .number = 13, .optional = true),
             EDO_FIELD_OF(everything, paint, color_desc, .number = 14, .optional = true),
             EDO_FIELD_PTR_OF(everything, maybe, leaf_desc, .number = 15, .optional = true),
             EDO_FIELD_OF(everything, within, leaf_desc, .number = 16, .optional = true),
             EDO_FIELD_LIST(everything, packed, packed_n, .number = 17, .optional = true),
             EDO_FIELD_LIST(everything, doubles, doubles_n, .number = 18, .optional = true),
             EDO_FIELD_LIST(everything, loose, loose_n, .number = 19, .wire = EDO_WIRE_UNPACKED,
                            .optional = true),
             EDO_FIELD_LIST(everything, texts, texts_n, .number = 20, .optional = true),
             EDO_FIELD_LIST_OF(everything, leaves, leaves_n, leaf_desc, .number = 21,
                               .optional = true),
             EDO_FIELD_LIST_OF(everything, prices, prices_n, price_desc, .number = 22, .map = true,
                               .optional = true),
             EDO_FIELD(everything, of.word, EDO_AS("word"), .number = 23, .optional = true,
                       EDO_ONEOF(everything, choice)),
             EDO_FIELD(everything, of.number, EDO_AS("number"), .number = 24, .optional = true,
                       EDO_ONEOF(everything, choice)),
             EDO_FIELD_PTR_OF(everything, of.tree, leaf_desc, EDO_AS("tree"), .number = 25,
                              .optional = true, EDO_ONEOF(everything, choice)),
             EDO_FIELD(everything, level, .number = 26, .optional = true,
                       EDO_HAS(everything, has_level)),
             EDO_FIELD(everything, small, .number = 27, .optional = true),
             EDO_FIELD(everything, chars, .number = 28, .optional = true),
             EDO_FIELD(everything, string, .number = 29, .optional = true),
             EDO_FIELD_UPTO_OF(everything, few, few_n, color_desc, .number = 30, .optional = true),
             EDO_FIELD(everything, big_number, .number = 536870911, .optional = true),
             EDO_FIELD(everything, rest, .wire = EDO_WIRE_REST, .skip = true))

/* What check_full() of message_test.c describes; the lines are those of the fields. */
#define EVERYTHING_TEXT                                                                            \
    "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"                                                 \
    "\x10\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"                                                 \
    "\x18\xff\xff\xff\xff\x0f"                                                                     \
    "\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"                                                 \
    "\x28\xff\xff\xff\xff\x0f"                                                                     \
    "\x30\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"                                                 \
    "\x3d\x01\x02\x03\x04"                                                                         \
    "\x41\xfe\xff\xff\xff\xff\xff\xff\xff"                                                         \
    "\x4d\0\0\0\x3f"                                                                               \
    "\x51\0\0\0\0\0\0\x04\x40"                                                                     \
    "\x58\x01"                                                                                     \
    "\x62\x0dna\xc3\xafve, a day"                                                                  \
    "\x6a\x03\0\xff\x80"                                                                           \
    "\x70\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"                                                 \
    "\x7a\x05\x0a\x01m\x10\x07"                                                                    \
    "\x82\x01\x02\x10\x08"                                                                         \
    "\x8a\x01\x04\x01\x96\x01\x00"                                                                 \
    "\x92\x01\x10\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\xc0"                                           \
    "\x98\x01\x01\x98\x01\x02"                                                                     \
    "\xa2\x01\x00\xa2\x01\x01x"                                                                    \
    "\xaa\x01\x00\xaa\x01\x03\x0a\x01y"                                                            \
    "\xb2\x01\x09\x0a\x03tea\x12\x02\x10\x05"                                                      \
    "\xca\x01\x02\x10\x63"                                                                         \
    "\xd0\x01\x00"                                                                                 \
    "\xd8\x01\x80\xff\xff\xff\xff\xff\xff\xff\xff\x01"                                             \
    "\xe2\x01\x02hi"                                                                               \
    "\xea\x01\x02yo"                                                                               \
    "\xf2\x01\x02\x03\x00"                                                                         \
    "\xf8\xff\xff\xff\x0f\x2a"

#endif
