/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/proto.h: the .proto itself in its header, which servers show, and the headers of
 * others that have theirs.
 *
 * inv. 1: the description of a file, with the descriptions it points to, is all that the file sees.
 *         So a file is described once, in its own header, unless that header is not included: an
 *         import that has only options may have no header at all. */
#ifndef EDO_PROTOC_GEN_PROTO_H
#define EDO_PROTOC_GEN_PROTO_H

#include "gen.h"

/* `used` has the files that the header takes something from. Adds the files for which edo has
 * headers, unless other files in `used` have them (inv. 1); and finds `had`. */
void gen_use_installed(gen *g, uint32_t file);

/* Puts the description of the file, and names it; `mark` keeps its path apart from
 * others that are the same in C. */
void gen_put_file(gen *g, uint32_t file, edo_str mark);

#endif
