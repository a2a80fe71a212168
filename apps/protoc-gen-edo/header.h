/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/header.h: the header of one .proto. */
#ifndef EDO_PROTOC_GEN_HEADER_H
#define EDO_PROTOC_GEN_HEADER_H

#include "gen.h"

/* The name of the header: hello/v1/hello.proto as hello/v1/hello.edo.h. */
edo_str gen_header_name(gen *g, edo_str proto);

/* Makes the header of the file, in g->out. */
void gen_put_header(gen *g, uint32_t file);

#endif
