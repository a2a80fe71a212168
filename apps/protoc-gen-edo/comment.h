/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/comment.h: what the .proto says about a thing, as comments of C. */
#ifndef EDO_PROTOC_GEN_COMMENT_H
#define EDO_PROTOC_GEN_COMMENT_H

#include "gen.h"

/* Puts the comment that stands before a thing of the file, or behind it, each line after `indent`;
 * first a line with `title`, if it is not empty. Nothing if there is neither. */
void gen_put_comment(gen *g, const file_proto *f, const gen_place *place, const char *indent,
                     edo_str title);

/* The line on which the thing begins; 0: protoc does not say. */
int gen_line_of(const file_proto *f, const gen_place *place);

#endif
