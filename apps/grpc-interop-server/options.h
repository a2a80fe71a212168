/* SPDX-License-Identifier: MIT */
/* options.h: what the command line says. */
#ifndef EDO_GRPC_INTEROP_SERVER_OPTIONS_H
#define EDO_GRPC_INTEROP_SERVER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct edo_tls_server;

typedef struct options {
    uint16_t port;
    bool use_tls;
    const char *cert, *key; /* files */
} options;

/* Reads it. Returns -1, or the exit status of the program. */
int options_parse(options *out, int argc, char **argv);

/* Makes what TLS needs; NULL: nothing. Returns 0 or a code. tls.c, or no_tls.c in a build without
 * libedo-tls. */
int options_tls(struct edo_tls_server **out, const options *self);
void options_tls_end(struct edo_tls_server *tls);

#endif
