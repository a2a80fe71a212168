/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/service.h: what a header has of each service: the struct of handlers, calls for
 * the messages of streams, the table of methods, the function that makes routes of it. */
#ifndef EDO_PROTOC_GEN_SERVICE_H
#define EDO_PROTOC_GEN_SERVICE_H

#include "gen.h"

/* Adds to `used` the files whose messages a method of the file takes or gives. */
void gen_services_use(gen *g, const file_proto *f);

/* Puts all services of a file, behind its description. */
void gen_put_services(gen *g, uint32_t file);

#endif
