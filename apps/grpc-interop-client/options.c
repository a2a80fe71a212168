/* SPDX-License-Identifier: MIT */
/* options.c: see options.h. The options have the names that gRPC's own programs have, with '_'. */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOAK_MAX 1000000

static const char usage[] =
    "usage: edo-grpc-interop-client --server_host=HOST --server_port=PORT --test_case=NAME\n"
    "    [--use_tls [--use_test_ca] [--ca_file=FILE] [--server_host_override=NAME]]\n"
    "    [--soak_iterations=N]\n"
    "The test CA is FILE, else the file that GRPC_DEFAULT_SSL_ROOTS_FILE_PATH names, else the CAs\n"
    "of the system.\n";

/* The value behind "--name=", or "true" of "--name"; NULL: it is another option. */
static const char *argument_value(const char *argument, const char *name) {
    const size_t n = strlen(name);
    if (strncmp(argument, "--", 2) != 0 || strncmp(argument + 2, name, n) != 0) return NULL;
    if (argument[2 + n] == '=') return argument + 3 + n;
    return argument[2 + n] == '\0' ? "true" : NULL;
}

static bool argument_take_text(options *self, const char *argument) {
    const struct {
        const char *name, **to;
    } texts[] = {
        { "server_host_override", &self->host_override },
        { "server_host", &self->host },
        { "server_port", &self->port },
        { "test_case", &self->test_case },
        { "ca_file", &self->ca },
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *value = argument_value(argument, texts[i].name);
        if (!value) continue;
        *texts[i].to = value;
        return true;
    }
    return false;
}

static bool argument_take(options *self, const char *argument) {
    const char *value;
    if (argument_take_text(self, argument)) return true;
    if ((value = argument_value(argument, "use_tls"))) {
        self->use_tls = strcmp(value, "false") != 0;
    } else if ((value = argument_value(argument, "use_test_ca"))) {
        self->use_test_ca = strcmp(value, "false") != 0;
    } else if ((value = argument_value(argument, "soak_iterations"))) {
        const long n = strtol(value, NULL, 10);
        self->soak_n = n > 0 && n <= SOAK_MAX ? (int)n : 0;
        return self->soak_n > 0;
    }
    return value != NULL;
}

int options_parse(options *out, int argc, char **argv) {
    *out = (options){ .host = "localhost", .soak_n = 1000 };
    bool is_good = true;
    for (int i = 1; i < argc; i++) is_good &= argument_take(out, argv[i]);
    if (!out->ca) out->ca = getenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"); // gRPC's own name for it
    if (is_good && out->port && out->test_case) return -1;
    (void)fputs(usage, stderr);
    return 2;
}
