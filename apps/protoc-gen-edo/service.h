/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/service.h: what a header has of each service: the struct of handlers, calls for
 * the messages of streams, the table of methods, the function that makes routes of it. */
#ifndef EDO_PROTOC_GEN_SERVICE_H
#define EDO_PROTOC_GEN_SERVICE_H

#include "gen.h"

/* Does a method of the file take or give a message of the file `other`? */
bool gen_services_use(gen *g, const file_proto *f, uint32_t other);

/* Puts all services of a file. `name` is that of the file, in small letters. */
void gen_put_services(gen *g, uint32_t file, edo_str name);

#endif
