/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/binding.h: methods over HTTP and JSON, as the option google.api.http declares
 * them. */
#ifndef EDO_PROTOC_GEN_BINDING_H
#define EDO_PROTOC_GEN_BINDING_H

#include "gen.h"

/* Puts the bindings of all methods as elements of a table, in order. Returns how many there are. */
size_t gen_put_bindings(gen *g, const google_protobuf_service_descriptor_proto *service);

/* Has a method of the service a binding? */
bool gen_has_bindings(gen *g, const google_protobuf_service_descriptor_proto *service);

#endif
