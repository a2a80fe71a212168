/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/words.h: names that a header must not use, since something else is called so. */
#ifndef EDO_PROTOC_GEN_WORDS_H
#define EDO_PROTOC_GEN_WORDS_H

#include <edo/bytes.h>

/* Is it a word of C or C++, a type of libc, or a macro of the headers that edo's include? */
bool gen_is_reserved(edo_str name);

/* Can nothing at file scope be called so? Functions of libc, and what is edo's, are there, too. */
bool gen_is_taken(edo_str name);

#endif
