/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/literal.h: texts of a .proto as string literals of C. */
#ifndef EDO_PROTOC_GEN_LITERAL_H
#define EDO_PROTOC_GEN_LITERAL_H

#include "gen.h"

/* Puts what stands between the quotes. */
void gen_put_literal(gen *g, edo_str text);

/* A default of bytes, which the request has with C's escapes, as base64. */
edo_str gen_unescaped_base64(gen *g, edo_str text);

#endif
