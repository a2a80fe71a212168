/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/names.h: names of C for the names of a .proto.
 *
 * A name that C or C++ has taken gets a '_' behind it. Two that would be the same (Foo.Bar and
 * FooBar, or Foo and foo) get a number each, and protoc prints a warning. What a file's names are
 * depends on the file and what it imports only, so that they are the same however protoc is called;
 * so two files that do not import each other, as of the packages x.foo and x_foo, may make the same
 * name, which is an error where a program could include both. */
#ifndef EDO_PROTOC_GEN_NAMES_H
#define EDO_PROTOC_GEN_NAMES_H

#include "gen.h"

/* Letters and digits of ASCII, whatever the locale. */
static inline bool gen_is_digit(char c) {
    return c >= '0' && c <= '9';
}
static inline bool gen_is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
static inline bool gen_is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
static inline char gen_upper(char c) {
    return gen_is_lower(c) ? (char)(c & ~0x20) : c;
}
static inline char gen_lower(char c) {
    return gen_is_upper(c) ? (char)(c | 0x20) : c;
}

/* FooBar as foo_bar, HTTPServer as http_server, a.b as a_b. */
edo_str gen_snake(gen *g, edo_str name);

/* The same in capitals. */
edo_str gen_capitals(gen *g, edo_str name);

/* Takes a name at file scope for the file, or another like it: for a constant, and for a type, with
 * the names that EDO_DESCRIBE() makes of it. */
edo_str gen_name_constant(gen *g, uint32_t file, edo_str wanted);
edo_str gen_name_type(gen *g, uint32_t file, edo_str wanted);

/* The same with each of the endings behind it. NULL ends their list. */
edo_str gen_name_all(gen *g, uint32_t file, edo_str wanted, const char *const *endings);

/* Names of one struct. All zero is empty. */
typedef struct gen_members {
    edo_str *all;
    size_t n, room;
} gen_members;

/* Takes a name in a struct, or another like it. */
edo_str gen_name_member(gen *g, gen_members *members, edo_str wanted);
/* Takes it with each of the endings behind it. NULL ends their list. */
edo_str gen_name_members(gen *g, gen_members *members, edo_str wanted, const char *const *endings);
bool gen_members_have(const gen_members *members, edo_str text);

#endif
