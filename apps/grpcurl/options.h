/* SPDX-License-Identifier: MIT */
/* options.h: the command line of edo-grpcurl, whose options mean what they mean in grpcurl. */
#ifndef GRPCURL_OPTIONS_H
#define GRPCURL_OPTIONS_H

#include <edo/grpc.h>

#define LIST_MAX 64u /* of each option that may be repeated */

/* What an option that may be repeated has. */
typedef struct list {
    const char *items[LIST_MAX];
    size_t n;
} list;

typedef enum verb { VERB_CALL, VERB_LIST, VERB_DESCRIBE } verb;

typedef struct options {
    verb verb;
    const char *address; /* NULL: only a protoset is looked at */
    const char *symbol;  /* NULL: all */
    const char *data;    /* -d; NULL: none; "@": standard input */
    list protosets;
    list protos, import_paths;
    list headers, rpc_headers, reflect_headers; /* -H is of both */
    const char *authority, *server_name, *user_agent;
    const char *ca, *cert, *key;
    const char *format;
    bool plaintext, insecure, is_unix;
    bool emit_defaults, allow_unknown, is_verbose, formats_error;
    edo_duration max_time, connect_timeout;
    size_t message_max;
} options;

/* Are there files that say what services there are, in place of reflection? */
bool options_have_files(const options *self);

/* Reads the command line. Returns 0; 1 if the help was asked for, which was written; or -EINVAL,
 * with a line on standard error. */
int options_read(options *self, int argc, char **argv);

/* A client's TLS, in `*out`: NULL without it. Returns 0 or a negative code, which is -ENOTSUP in a
 * build without libedo-tls. */
int options_tls(struct edo_tls_client **out, const options *self);
void options_tls_end(struct edo_tls_client *tls);

#endif
