/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/proto.h: the .proto itself in its header, which servers show, and the headers of
 * others that have theirs.
 *
 * inv. 1: what the description of a file has, with those that it points to, is all that the file
 *         sees. So a file is described once, in its own header, unless no header of it is included:
 *         as of imports that have only options, which nobody may have made one of. */
#ifndef EDO_PROTOC_GEN_PROTO_H
#define EDO_PROTOC_GEN_PROTO_H

#include "gen.h"

/* Adds to `used`, which has the files that the header takes something from, those that edo has
 * headers of, unless others in it have them (inv. 1); and finds `had`. */
void gen_use_installed(gen *g, uint32_t file);

/* Puts the description of the file, and names it; `mark` tells its path from others that are the
 * same in C. */
void gen_put_file(gen *g, uint32_t file, edo_str mark);

#endif
