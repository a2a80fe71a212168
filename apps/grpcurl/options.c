/* SPDX-License-Identifier: MIT */
/* options.c: see options.h. As grpcurl's, an option begins with one '-' or two, and a value may
 * follow a '='. */
#include "options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: edo-grpcurl [OPTION]... HOST:PORT SERVICE/METHOD\n"
    "       edo-grpcurl [OPTION]... HOST:PORT list [SERVICE]\n"
    "       edo-grpcurl [OPTION]... HOST:PORT describe [SYMBOL]\n"
    "       edo-grpcurl -proto FILE|-protoset FILE list|describe [SYMBOL]\n"
    "\n"
    "Calls a method of gRPC with messages as JSON, and says what services there are. What it "
    "knows\n"
    "of them comes from the server, by reflection, or from files. Options are those of grpcurl:\n"
    "\n"
    "  -d JSON               what is sent: one message, or several one after the other; \"@\":\n"
    "                        standard input; without it an empty one, or none of a stream\n"
    "  -protoset FILE        descriptors that protoc has written (--include_imports\n"
    "                        --descriptor_set_out=FILE), instead of reflection; may be repeated\n"
    "  -proto FILE           a .proto, in place of reflection, which protoc reads: it has to be "
    "in\n"
    "                        PATH; may be repeated\n"
    "  -import-path DIR      where -proto FILE and what it imports are; may be repeated; without "
    "it\n"
    "                        the current directory: so an absolute FILE needs it\n"
    "  -plaintext            no TLS           -insecure          any certificate will do\n"
    "  -cacert FILE          issuers          -cert, -key FILE   of this client\n"
    "  -authority NAME       of the server    -servername NAME   its certificate is for\n"
    "  -unix                 HOST:PORT is the path of a socket\n"
    "  -H \"name: value\"      metadata; of a name that ends with -bin base64. -rpc-header and\n"
    "                        -reflect-header: only of the call, only of reflection\n"
    "  -max-time S           for all of it    -connect-timeout S 10 unless it is said\n"
    "  -max-msg-sz BYTES     of a reply; 4 MiB unless it is said\n"
    "  -emit-defaults        fields that are 0 or empty are printed, too\n"
    "  -allow-unknown-fields of what is sent: they are passed over\n"
    "  -format-error         a failure is printed as JSON\n"
    "  -user-agent TEXT      -format json     the only one\n"
    "  -v                    metadata of both sides, and the method\n"
    "\n"
    "Status: 0 after OK, 64 and the number of the status after another one, 1 if there was no "
    "call,\n"
    "2 for a wrong command line.\n";

static int grpcurl_wrong(const char *what, const char *value) {
    (void)fprintf(stderr, "edo-grpcurl: %s: %s\nTry 'edo-grpcurl -help'.\n", what, value);
    return -EINVAL;
}

/* ---- Values ---------------------------------------------------------------------------------- */

/* Each takes the value of an option to the member of the options at `to`. */

static int arg_take_text(void *to, const char *value) {
    *(const char **)to = value;
    return 0;
}

static int arg_take_flag(void *to, const char *value) {
    *(bool *)to = strcmp(value, "false") != 0;
    return 0;
}

static int arg_take_item(void *to, const char *value) {
    list *l = to;
    if (l->n == LIST_MAX) return grpcurl_wrong("too many of one option", "there may be 64");
    l->items[l->n++] = value;
    return 0;
}

static int arg_take_seconds(void *to, const char *value) {
    char *end;
    double s = strtod(value, &end);
    if (end == value || *end || !(s >= 0 && s < 1e9)) return grpcurl_wrong("not a time", value);
    *(edo_duration *)to = s > 0 ? edo_ns((int64_t)(s * 1e9)) : edo_ns(-1);
    return 0;
}

static int arg_take_bytes(void *to, const char *value) {
    char *end;
    unsigned long long n = strtoull(value, &end, 10);
    if (end == value || *end || n == 0 || n > SIZE_MAX / 2)
        return grpcurl_wrong("not a number of bytes", value);
    *(size_t *)to = (size_t)n;
    return 0;
}

static int arg_take_help(void *to, const char *value) {
    (void)to, (void)value;
    (void)fputs(help, stdout);
    return 1;
}

typedef int take_fn(void *to, const char *value);

#define TO(member) offsetof(options, member)

static const struct option_row {
    const char *name;
    bool has_value;
    take_fn *take;
    size_t at; /* of the member */
} rows[] = {
    { "d", true, arg_take_text, TO(data) },
    { "protoset", true, arg_take_item, TO(protosets) },
    { "proto", true, arg_take_item, TO(protos) },
    { "import-path", true, arg_take_item, TO(import_paths) },
    { "H", true, arg_take_item, TO(headers) },
    { "rpc-header", true, arg_take_item, TO(rpc_headers) },
    { "reflect-header", true, arg_take_item, TO(reflect_headers) },
    { "authority", true, arg_take_text, TO(authority) },
    { "servername", true, arg_take_text, TO(server_name) },
    { "user-agent", true, arg_take_text, TO(user_agent) },
    { "cacert", true, arg_take_text, TO(ca) },
    { "cert", true, arg_take_text, TO(cert) },
    { "key", true, arg_take_text, TO(key) },
    { "format", true, arg_take_text, TO(format) },
    { "plaintext", false, arg_take_flag, TO(plaintext) },
    { "insecure", false, arg_take_flag, TO(insecure) },
    { "unix", false, arg_take_flag, TO(is_unix) },
    { "emit-defaults", false, arg_take_flag, TO(emit_defaults) },
    { "allow-unknown-fields", false, arg_take_flag, TO(allow_unknown) },
    { "format-error", false, arg_take_flag, TO(formats_error) },
    { "v", false, arg_take_flag, TO(is_verbose) },
    { "max-time", true, arg_take_seconds, TO(max_time) },
    { "connect-timeout", true, arg_take_seconds, TO(connect_timeout) },
    { "max-msg-sz", true, arg_take_bytes, TO(message_max) },
    { "help", false, arg_take_help, 0 },
};

/* ---- The command line ------------------------------------------------------------------------ */

static const struct option_row *arg_find(const char *name, size_t n) {
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        if (strlen(rows[i].name) == n && memcmp(rows[i].name, name, n) == 0) return &rows[i];
    return NULL;
}

/* Of "password=s3cret" the name alone is shown. */
static int grpcurl_unknown(const char *name, size_t n) {
    (void)fprintf(stderr, "edo-grpcurl: an unknown option: -%.*s\n", (int)n, name);
    return -EINVAL;
}

/* Takes an option, and says whether its value was `next`. */
static int arg_take(options *self, const char *arg, const char *next, bool *used_next) {
    const char *name = arg + (arg[1] == '-' ? 2 : 1), *equal = strchr(name, '=');
    const size_t name_n = equal ? (size_t)(equal - name) : strlen(name);
    const struct option_row *row = arg_find(name, name_n);
    const char *value = equal ? equal + 1 : "true";
    if (!row) return grpcurl_unknown(name, name_n);
    if (row->has_value && !equal) {
        if (!next) return grpcurl_wrong("a value is missing", arg);
        value = next;
        *used_next = true;
    }
    return row->take((char *)self + row->at, value);
}

static int verb_of(const char *word) {
    return strcmp(word, "list") == 0       ? VERB_LIST
           : strcmp(word, "describe") == 0 ? VERB_DESCRIBE
                                           : -1;
}

/* [ADDRESS] list|describe [SYMBOL], or ADDRESS SYMBOL. */
static int grpcurl_take_words(options *self, const list *words) {
    const char *const *w = words->items;
    size_t at = 0;
    if (words->n == 0) return grpcurl_wrong("too few arguments", "no address");
    if (verb_of(w[0]) < 0) self->address = w[at++];
    if (at == words->n) return grpcurl_wrong("too few arguments", "no method");
    const int found = verb_of(w[at]);
    self->verb = found < 0 ? VERB_CALL : (verb)found;
    if (found >= 0) at++;
    if (at < words->n) self->symbol = w[at++];
    return at < words->n ? grpcurl_wrong("too many arguments", w[at]) : 0;
}

bool options_have_files(const options *self) {
    return self->protosets.n > 0 || self->protos.n > 0;
}

static int options_check(const options *self) {
    if (!self->address && !options_have_files(self))
        return grpcurl_wrong("no address", "nor a -proto or -protoset");
    if (self->import_paths.n > 0 && self->protos.n == 0)
        return grpcurl_wrong("-import-path", "there is no -proto to look for");
    for (size_t i = 0; i < self->protos.n; i++) // protoc would take it for an option, or arguments
        if (strchr("-@", *self->protos.items[i]))
            return grpcurl_wrong("-proto", "no name of a file");
    if (self->plaintext && (self->insecure || self->ca || self->cert || self->key))
        return grpcurl_wrong("-plaintext", "there is no TLS that the other options could be of");
    if (self->insecure && self->ca)
        return grpcurl_wrong("-insecure", "-cacert would be for nothing");
    if (!self->cert != !self->key) return grpcurl_wrong("-cert and -key", "both or none");
    if (self->format && strcmp(self->format, "json") != 0)
        return grpcurl_wrong("-format", "only json is there");
    return 0;
}

int options_read(options *self, int argc, char **argv) {
    list words = { .n = 0 };
    int err = 0;
    *self = (options){ .connect_timeout = edo_s(10) };
    for (int i = 1; i < argc && err == 0; i++) {
        bool used_next = false;
        if (argv[i][0] == '-' && argv[i][1])
            err = arg_take(self, argv[i], argv[i + 1], &used_next);
        else
            err = arg_take_item(&words, argv[i]);
        i += used_next;
    }
    if (err == 0) err = grpcurl_take_words(self, &words);
    return err != 0 ? err : options_check(self);
}
