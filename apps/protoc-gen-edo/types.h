/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/types.h: the index of all messages and enums of a request, with their names. */
#ifndef EDO_PROTOC_GEN_TYPES_H
#define EDO_PROTOC_GEN_TYPES_H

#include "gen.h"

/* Makes the index. */
void gen_types_find(gen *g);

/* The type with the full name; NULL: there is none, which is a failure. */
const gen_type *gen_type_named(gen *g, edo_str full);

/* Is it the entry of a map? Its fields are a key and a value. */
bool gen_type_is_entry(const gen_type *t);

/* The place of a part: the field `what` of the descriptor, and which of them. */
gen_place gen_place_in(const gen_place *outer, int32_t what, size_t i);

#endif
