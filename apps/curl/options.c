/* SPDX-License-Identifier: MIT */
/* options.c: see options.h. */
#include "options.h"

#include <edo/error.h>

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char options_help[] =
    "usage: edo-curl [OPTION]... URL...\n"
    "\n"
    "Fetches the URLs in order, over connections that are kept, and writes what they have to\n"
    "standard output. Redirects are followed. Options are those of curl:\n"
    "\n"
    "  -X, --request M          the method            -H, --header F        a field; @FILE: its "
    "lines\n"
    "  -d, --data D             POST; @FILE: of it    --data-binary D       as it is\n"
    "  --data-raw D             @ means itself        -G, --get             the data as the query\n"
    "  -F, --form N=V           a form; N=@FILE       -T, --upload-file F   PUT; \"-\": standard "
    "input\n"
    "  -o, --output FILE        where it goes         -O, --remote-name     named as in the URL\n"
    "  -i, --include            with the head         -I, --head            only the head\n"
    "  -s, --silent             no progress           -v, --verbose         heads to standard "
    "error\n"
    "  -f, --fail               400 and more fail     -L, --location        is always so\n"
    "  -u, --user U:P           Basic                 -A, --user-agent N    -e, --referer URL\n"
    "  -b, --cookie C           \"a=b\", or a file      -c, --cookie-jar F    kept there at the "
    "end\n"
    "  -x, --proxy URL          --noproxy LIST        --unix-socket PATH    --resolve H:P:ADDRESS\n"
    "  -k, --insecure           --cacert FILE         --cert FILE           --key FILE\n"
    "  --proxy-header F         a field for the proxy\n"
    "  --compressed             --max-redirs N        -w, --write-out FORMAT\n"
    "  --http2                  where TLS agrees on it, as is usual; --http1.1: never\n"
    "  --http2-prior-knowledge  http is HTTP/2, too\n"
    "  --retry N                more attempts after 408, 429, 500, 502, 503, 504 and timeouts\n"
    "  --retry-max-time S       none that begins later\n"
    "  -m, --max-time S         5 unless it is said   --connect-timeout S\n"
    "\n"
    "Status: 0 if all answers were whole, 1 if one was not, 2 for a wrong command line.\n";

/* ---- Values ---------------------------------------------------------------------------------- */

static int options_wrong(const char *what, const char *value) {
    (void)fprintf(stderr, "edo-curl: %s: %s\n", what, value);
    return -EINVAL;
}

static int read_file(edo_buf *out, const char *path) {
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    int err = f ? 0 : -errno;
    for (size_t n = 1; err == 0 && n > 0;) {
        err = edo_buf_reserve(out, 65536);
        n = err == 0 ? fread(out->ptr + out->len, 1, 65536, f) : 0;
        out->len += n;
        if (err == 0 && ferror(f)) err = -EIO;
    }
    if (f && f != stdin) (void)fclose(f);
    return err < 0 ? options_wrong("it cannot be read", path) : 0;
}

/* As curl does: without what ends lines. */
static void strip_lines(edo_buf *text, size_t from) {
    size_t to = from;
    for (size_t i = from; i < text->len; i++)
        if (text->ptr[i] != '\r' && text->ptr[i] != '\n' && text->ptr[i])
            text->ptr[to++] = text->ptr[i];
    text->len = to;
}

/* ---- Options --------------------------------------------------------------------------------- */

/* Each takes the value of an option to the member of `self` at `to`. */

static int option_take_text(options *self, void *to, const char *value) {
    (void)self;
    *(const char **)to = value;
    return 0;
}

static int option_take_flag(options *self, void *to, const char *value) {
    (void)self;
    (void)value;
    *(bool *)to = true;
    return 0;
}

static int option_take_nothing(options *self, void *to, const char *value) {
    (void)self;
    (void)to;
    (void)value;
    return 0; // it is so
}

static int option_take_help(options *self, void *to, const char *value) {
    (void)option_take_nothing(self, to, value);
    return 1;
}

static int option_take_item(options *self, void *to, const char *value) {
    list *l = to;
    (void)self;
    if (l->n == LIST_MAX) return options_wrong("too many of one option", "there may be 64");
    l->items[l->n++] = value;
    return 0;
}

static int option_take_remote_name(options *self, void *to, const char *value) {
    (void)value;
    return option_take_item(self, to, NULL);
}

static int option_take_seconds(options *self, void *to, const char *value) {
    char *end;
    double s = strtod(value, &end);
    (void)self;
    if (end == value || *end || !(s >= 0 && s < 1e9)) return options_wrong("not a time", value);
    *(edo_duration *)to = s > 0 ? edo_ns((int64_t)(s * 1e9)) : edo_ns(-1);
    return 0;
}

static int option_take_number(options *self, void *to, const char *value) {
    char *end;
    unsigned long n = strtoul(value, &end, 10);
    (void)self;
    if (end == value || *end || n > UINT32_MAX / 2) return options_wrong("not a number", value);
    *(uint32_t *)to = (uint32_t)n;
    return 0;
}

static int option_take_http2(options *self, void *to, const char *value) {
    (void)to, (void)value;
    self->no_http2 = self->prior_knowledge = false;
    return 0;
}

/* One of the two others. */
static int option_take_version(options *self, void *to, const char *value) {
    (void)option_take_http2(self, to, value);
    return option_take_flag(self, to, value);
}

static int option_take_redirects(options *self, void *to, const char *value) {
    self->redirects_max = EDO_HTTP_NO_REDIRECTS - 1;
    if (strcmp(value, "-1") == 0) return 0; // any number
    int err = option_take_number(self, to, value);
    if (err == 0 && self->redirects_max == 0) self->redirects_max = EDO_HTTP_NO_REDIRECTS;
    return err;
}

/* Begins a piece of the data. */
static int data_begin(options *self) {
    int err = self->has_data ? edo_buf_append(&self->data, "&", 1) : 0;
    self->has_data = true;
    return err;
}

static int option_take_data_raw(options *self, void *to, const char *value) {
    (void)to;
    int err = data_begin(self);
    return err < 0 ? err : edo_buf_append(&self->data, value, strlen(value));
}

static int option_take_data_binary(options *self, void *to, const char *value) {
    if (value[0] != '@') return option_take_data_raw(self, to, value);
    int err = data_begin(self);
    return err < 0 ? err : read_file(&self->data, value + 1);
}

static int option_take_data(options *self, void *to, const char *value) {
    size_t begun = self->data.len + self->has_data;
    int err = option_take_data_binary(self, to, value);
    if (err == 0 && value[0] == '@') strip_lines(&self->data, begun);
    return err;
}

typedef int take_fn(options *self, void *to, const char *value);

#define TO(member) offsetof(options, member)

static const struct option_row {
    const char *name;
    char letter; /* 0: none */
    bool has_value;
    take_fn *take;
    size_t at; /* of the member */
} rows[] = {
    { "request", 'X', true, option_take_text, TO(method) },
    { "header", 'H', true, option_take_item, TO(headers) },
    { "data", 'd', true, option_take_data, 0 },
    { "data-ascii", 0, true, option_take_data, 0 },
    { "data-binary", 0, true, option_take_data_binary, 0 },
    { "data-raw", 0, true, option_take_data_raw, 0 },
    { "get", 'G', false, option_take_flag, TO(as_query) },
    { "form", 'F', true, option_take_item, TO(forms) },
    { "upload-file", 'T', true, option_take_text, TO(upload) },
    { "output", 'o', true, option_take_item, TO(outputs) },
    { "remote-name", 'O', false, option_take_remote_name, TO(outputs) },
    { "location", 'L', false, option_take_nothing, 0 },
    { "include", 'i', false, option_take_flag, TO(includes_head) },
    { "head", 'I', false, option_take_flag, TO(only_head) },
    { "silent", 's', false, option_take_flag, TO(is_silent) },
    { "show-error", 'S', false, option_take_nothing, 0 },
    { "verbose", 'v', false, option_take_flag, TO(is_verbose) },
    { "insecure", 'k', false, option_take_flag, TO(no_verify) },
    { "user", 'u', true, option_take_text, TO(user) },
    { "proxy", 'x', true, option_take_text, TO(proxy) },
    { "fail", 'f', false, option_take_flag, TO(fails) },
    { "user-agent", 'A', true, option_take_text, TO(agent) },
    { "referer", 'e', true, option_take_text, TO(referer) },
    { "cookie", 'b', true, option_take_item, TO(cookies) },
    { "cookie-jar", 'c', true, option_take_text, TO(jar) },
    { "write-out", 'w', true, option_take_text, TO(write_out) },
    { "resolve", 0, true, option_take_item, TO(resolves) },
    { "cacert", 0, true, option_take_text, TO(ca) },
    { "cert", 'E', true, option_take_text, TO(cert) },
    { "key", 0, true, option_take_text, TO(key) },
    { "http2", 0, false, option_take_http2, 0 },
    { "http1.1", 0, false, option_take_version, TO(no_http2) },
    { "http2-prior-knowledge", 0, false, option_take_version, TO(prior_knowledge) },
    { "compressed", 0, false, option_take_flag, TO(compressed) },
    { "max-time", 'm', true, option_take_seconds, TO(max_time) },
    { "connect-timeout", 0, true, option_take_seconds, TO(connect_timeout) },
    { "retry", 0, true, option_take_number, TO(retries) },
    { "retry-max-time", 0, true, option_take_seconds, TO(retry_max_time) },
    { "unix-socket", 0, true, option_take_text, TO(unix_socket) },
    { "proxy-header", 0, true, option_take_item, TO(proxy_headers) },
    { "noproxy", 0, true, option_take_text, TO(no_proxy) },
    { "max-redirs", 0, true, option_take_redirects, TO(redirects_max) },
    { "help", 'h', false, option_take_help, 0 },
};

/* Of "password=s3cret" the name alone is shown. */
static int curl_option_unknown(const char *dash, const char *name, size_t n) {
    (void)fprintf(stderr, "edo-curl: an unknown option: %s%.*s\n", dash, (int)n, name);
    return -EINVAL;
}

static int option_take(options *self, const struct option_row *row, const char *value) {
    return row->take(self, (char *)self + row->at, value);
}

/* ---- The command line ------------------------------------------------------------------------ */

static const struct option_row *find_name(const char *name) {
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        if (strcmp(rows[i].name, name) == 0) return &rows[i];
    return NULL;
}

static const struct option_row *find_letter(char letter) {
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        if (rows[i].letter == letter) return &rows[i];
    return NULL;
}

/* "-sSfo FILE": flags, and at most one with a value, which may follow at once. */
static int read_letters(options *self, const char *at, const char *next, bool *used_next) {
    for (; *at; at++) {
        const struct option_row *row = find_letter(*at);
        if (!row) return curl_option_unknown("-", at, 1);
        const char *value = at[1] ? at + 1 : next;
        if (row->has_value && !value) return options_wrong("a value is missing", at);
        int err = option_take(self, row, value);
        if (err != 0) return err;
        if (!row->has_value) continue;
        *used_next = !at[1];
        return 0;
    }
    return 0;
}

static int read_name(options *self, const char *name, const char *next, bool *used_next) {
    const struct option_row *row = find_name(name);
    if (!row) return curl_option_unknown("--", name, strcspn(name, "="));
    if (row->has_value && !next) return options_wrong("a value is missing", name);
    *used_next = row->has_value;
    return option_take(self, row, next);
}

int options_read(options *self, int argc, char **argv) {
    *self = (options){ .max_time = { 0 } };
    bool only_urls = false;
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i], *next = i + 1 < argc ? argv[i + 1] : NULL;
        bool used_next = false;
        int err = 0;
        if (!only_urls && strcmp(arg, "--") == 0) {
            only_urls = true;
        } else if (only_urls || arg[0] != '-' || !arg[1]) {
            err = option_take_item(self, &self->urls, arg);
        } else {
            err = arg[1] == '-' ? read_name(self, arg + 2, next, &used_next)
                                : read_letters(self, arg + 1, next, &used_next);
        }
        if (err != 0) return err;
        i += used_next;
    }
    return self->urls.n > 0 ? 0 : options_wrong("no URL", "see --help");
}

void options_deinit(options *self) {
    edo_buf_deinit(&self->data);
}
