/* SPDX-License-Identifier: MIT */
/* options.c: see options.h. The options have the names that gRPC's own programs have, with '_'. */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The value behind "--name=", or "true" of "--name"; NULL: it is another option. */
static const char *options_value(const char *argument, const char *name) {
    const size_t n = strlen(name);
    if (strncmp(argument, "--", 2) != 0 || strncmp(argument + 2, name, n) != 0) return NULL;
    if (argument[2 + n] == '=') return argument + 3 + n;
    return argument[2 + n] == '\0' ? "true" : NULL;
}

static bool options_take(options *self, const char *argument) {
    const char *value;
    if ((value = options_value(argument, "port"))) {
        char *end;
        const unsigned long port = strtoul(value, &end, 10);
        self->port = (uint16_t)port;
        return *value && !*end && port <= UINT16_MAX;
    }
    if ((value = options_value(argument, "use_tls")))
        self->use_tls = strcmp(value, "false") != 0;
    else if ((value = options_value(argument, "tls_cert_file")))
        self->cert = value;
    else if ((value = options_value(argument, "tls_key_file")))
        self->key = value;
    return value != NULL;
}

int options_parse(options *out, int argc, char **argv) {
    *out = (options){ .port = 0 };
    for (int i = 1; i < argc; i++) {
        if (options_take(out, argv[i])) continue;
        (void)fputs("usage: edo-grpc-interop-server [--port=N] [--use_tls --tls_cert_file=FILE "
                    "--tls_key_file=FILE]\n",
                    stderr);
        return 2;
    }
    if (!out->use_tls || (out->cert && out->key)) return -1;
    (void)fputs("--use_tls needs --tls_cert_file and --tls_key_file\n", stderr);
    return 2;
}
