/* SPDX-License-Identifier: MIT */
/* grpc/services/catalog.h: the services that a router serves, and the .proto files that they come
 * from. */
#ifndef EDOI_GRPC_SERVICES_CATALOG_H
#define EDOI_GRPC_SERVICES_CATALOG_H

#include <edo/grpc.h>
#include <edo/map.h>
#include <edo/once.h>

#include <google/protobuf/descriptor.edo.h>

/* A .proto. */
typedef struct edoi_grpc_file {
    struct edoi_grpc_file *next;
    edo_str bytes; /* a FileDescriptorProto; static */
    google_protobuf_file_descriptor_proto proto;
    size_t index; /* below files_n of the catalog */
} edoi_grpc_file;

/* A service. Several of one name are one. */
typedef struct edoi_grpc_listed {
    struct edoi_grpc_listed *next;
    const edo_grpc_service *service;
} edoi_grpc_listed;

typedef struct edoi_grpc_catalog {
    edoi_grpc_listed *services; /* in the order of their routes */
    size_t services_n;
    edoi_grpc_file *files;
    size_t files_n;
    edo_map named; /* the same, by their names */
} edoi_grpc_catalog;

/* The catalog of a server, which all its streams share. What it takes is bounded by the program's
 * own files. */
typedef struct edoi_grpc_shared_catalog {
    edo_once read;             /* &catalog, with all files */
    edoi_grpc_catalog catalog; /* const once `read` has it */
    edo_arena arena;           /* its memory */
} edoi_grpc_shared_catalog;

/* Lists the services of the router that serves the call, in memory of the arena. Returns 0 or
 * -ENOMEM. */
int edoi_grpc_catalog_list(edoi_grpc_catalog *out, edo_grpc_call *call, edo_arena *arena);

/* Reads the files of the services, each once. Returns 0 or a code. */
int edoi_grpc_catalog_read(edoi_grpc_catalog *c, edo_arena *arena);

/* Returns one that nobody has asked for yet, or NULL. Owns: returns new: edo_rc_unref(). */
edoi_grpc_shared_catalog *edoi_grpc_shared_catalog_new(void);

/* Puts the catalog into `*out`, which the argument of the call's route shares. The first call lists
 * and reads it; if that fails the next one does. Returns 0 or a code. Owns: `*out` is the
 * argument's. Waits: for another call that reads it. */
int edoi_grpc_shared_catalog_of(const edoi_grpc_catalog **out, edo_grpc_call *call);

bool edoi_grpc_catalog_has(const edoi_grpc_catalog *c, edo_str service);

/* The file of a name, or NULL. */
edoi_grpc_file *edoi_grpc_catalog_file(const edoi_grpc_catalog *c, edo_str name);

/* Does the file say what the full name is: a message, an enum, a service, or a part of one? */
bool edoi_grpc_file_says(const edoi_grpc_file *f, edo_str name);

/* The number `i` of the extensions of the message that the file has; 0: it has no more than `i`. */
int32_t edoi_grpc_file_extension(const edoi_grpc_file *f, edo_str message, size_t i);

#endif
