/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/field.h: fields of messages, with what they are in C. */
#ifndef EDO_PROTOC_GEN_FIELD_H
#define EDO_PROTOC_GEN_FIELD_H

#include "names.h"

typedef enum gen_shape {
    GEN_ONE,    /* a number, a text, an enum */
    GEN_PTR,    /* a message */
    GEN_WITHIN, /* a message that is the value of a map: in the struct */
    GEN_LIST,
} gen_shape;

typedef struct gen_field {
    const field_proto *proto;
    const gen_type *type; /* of a message or enum */
    gen_shape shape;
    const char *scalar; /* its type in C, if it has no type of its own */
    edo_str member;
    edo_str count;    /* LIST: the member */
    edo_str has;      /* the member; empty: none */
    edo_str which;    /* the member that says which field is set; empty: no oneof */
    edo_str constant; /* of a oneof: its number */
    bool is_map, is_packed;
    bool is_time; /* a message that is one of edo's kinds */
    bool has_preset;
    edo_str preset; /* its default, as a description has it */
    size_t order;   /* in the .proto */
} gen_field;

typedef struct gen_message {
    const gen_type *type;
    gen_field *fields; /* as in the .proto, without what is passed over */
    size_t fields_n;
    gen_members members;
    edo_str rest;         /* the member; empty: none, as of an entry of a map */
    edo_str *passed_over; /* names */
    size_t passed_over_n;
} gen_message;

enum { GEN_MESSAGE_FIELD = 2 }; /* of a place: its number in DescriptorProto */

/* Finds out what the fields of a message are in C. */
void gen_message_find(gen *g, gen_message *m, const gen_type *type);

/* Puts the line of the description of a field. */
void gen_put_field(gen *g, const gen_message *m, const gen_field *f);

#endif
