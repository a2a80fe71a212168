/* SPDX-License-Identifier: MIT */
/* options.h: what the command line says. */
#ifndef EDO_GRPC_INTEROP_CLIENT_OPTIONS_H
#define EDO_GRPC_INTEROP_CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct edo_tls_client;

typedef struct options {
    const char *host, *port, *test_case;
    const char *host_override; /* of the certificate; NULL: `host` */
    const char *ca;            /* a file; NULL: the system's roots */
    bool use_tls, use_test_ca;
    int soak_n; /* calls of the cases named "soak" and "concurrent" */
} options;

/* Reads it. Returns -1, or the exit status of the program. */
int options_parse(options *out, int argc, char **argv);

/* Makes what TLS needs; NULL: nothing. Returns 0 or a code. tls.c, or no_tls.c in a build without
 * libedo-tls. */
int options_tls(struct edo_tls_client **out, const options *self);
void options_tls_end(struct edo_tls_client *tls);

#endif
