/* SPDX-License-Identifier: MIT */
/* request.c: see request.h. */
#include "request.h"

#include <edo/file.h>
#include <edo/http_fields.h>
#include <edo/multipart_print.h>
#include <edo/pipe.h>
#include <edo/str.h>
#include <edo/streams.h>
#include <edo/uri.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UPLOAD_KEPT ((size_t)16 << 20) /* bytes of -T that a redirect can have sent again */

/* ---- Fields ---------------------------------------------------------------------------------- */

/* Does the client add this field by itself, unless there is one without a value? */
static bool is_usual(edo_str name) {
    edo_header_id id = edo_header_id_of(name);
    return id == EDO_HEADER_ACCEPT || id == EDO_HEADER_ACCEPT_ENCODING ||
           id == EDO_HEADER_CONTENT_TYPE || id == EDO_HEADER_REFERER || id == EDO_HEADER_USER_AGENT;
}

/* "Name: value"; "Name:" leaves out what is usual, "Name;" has no value. */
static int add_field(edo_headers *h, edo_str line) {
    edo_str value = line, name = edo_str_cut(&value, ':');
    if (!value.ptr && line.len > 1 && edo_str_ends(line, EDO_STR(";")))
        return edo_headers_append_named(h, (edo_str){ line.ptr, line.len - 1 }, EDO_STR(""));
    if (!value.ptr) return 0; // as curl
    value = edo_str_trim(value);
    if (value.len == 0 && !is_usual(name)) return 0;
    return edo_headers_append_named(h, name, value);
}

/* The lines of a file. */
static int add_fields_of(edo_headers *h, const char *path) {
    char line[8192];
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    int err = f ? 0 : -errno;
    while (err == 0 && fgets(line, sizeof line, f))
        err = add_field(h, edo_str_trim(edo_str_of(line)));
    if (f && f != stdin) (void)fclose(f);
    return edo_fail(err, "%s", path);
}

/* Is the value of -b cookies, and not a file? */
static bool is_cookies(const char *text) {
    return strchr(text, '=') != NULL;
}

/* All that are on the command line go to one field. */
static int set_cookies(request *self, const options *o) {
    edo_buf all = { 0 };
    int err = 0;
    for (size_t i = 0; err == 0 && i < o->cookies.n; i++) {
        const char *text = o->cookies.items[i];
        if (is_cookies(text)) err = edo_buf_printf(&all, "%s%s", all.len > 0 ? ";" : "", text);
    }
    if (err == 0 && all.len > 0)
        err = edo_headers_append(&self->headers, EDO_HEADER_COOKIE, edo_buf_str(&all));
    edo_buf_deinit(&all);
    return err;
}

static int set_fields(request *self, const options *o) {
    int err = 0;
    for (size_t i = 0; err == 0 && i < o->headers.n; i++) {
        const char *field = o->headers.items[i];
        err = field[0] == '@' ? add_fields_of(&self->headers, field + 1)
                              : add_field(&self->headers, edo_str_of(field));
    }
    if (err == 0 && o->referer)
        err = edo_headers_append(&self->headers, EDO_HEADER_REFERER, edo_str_of(o->referer));
    return err < 0 ? err : set_cookies(self, o);
}

/* ---- Forms ----------------------------------------------------------------------------------- */

static int append_file(edo_buf *to, const char *path) {
    edo_stream *file;
    int err = edo_fs_open(&file, path, NULL), n = 0;
    if (err < 0) return edo_fail(err, "%s", path);
    do {
        err = edo_buf_reserve(to, 65536);
        if (err == 0) n = edo_read(file, to->ptr + to->len, 65536);
        if (n > 0) to->len += (size_t)n;
    } while (err == 0 && n > 0);
    edo_close(file);
    return err < 0 ? err : edo_fail(n, "%s", path);
}

/* Finds what follows ";type=" or ";filename=" of a part. */
static edo_str find_attribute(const char *text, const char *name) {
    const char *at = strstr(text, name);
    if (!at) return (edo_str){ NULL, 0 };
    at += strlen(name);
    return (edo_str){ at, strcspn(at, ";") };
}

static char request_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Are they equal, in any case of ASCII's letters? */
static bool request_is_word(edo_str s, const char *lower) {
    size_t i = 0;
    while (i < s.len && lower[i] && request_lower(s.ptr[i]) == lower[i]) i++;
    return i == s.len && !lower[i];
}

/* What curl says of a file by the end of its name. */
static edo_str type_of_file(const char *path) {
    static const char *const types[][2] = {
        { ".gif", "image/gif" },       { ".jpg", "image/jpeg" },    { ".jpeg", "image/jpeg" },
        { ".png", "image/png" },       { ".svg", "image/svg+xml" }, { ".txt", "text/plain" },
        { ".htm", "text/html" },       { ".html", "text/html" },    { ".pdf", "application/pdf" },
        { ".xml", "application/xml" },
    };
    size_t n = strlen(path);
    for (size_t i = 0; i < EDO_COUNT(types); i++) {
        size_t end_n = strlen(types[i][0]);
        if (n >= end_n && request_is_word(edo_str_of(path + n - end_n), types[i][0]))
            return edo_str_of(types[i][1]);
    }
    return EDO_STR("application/octet-stream");
}

/* A part of the name `name`; `value` is "value", "@file" or "<file", and is cut at attributes. */
static int form_add(edo_buf *to, const char *boundary, const char *name, char *value) {
    bool is_file = *value == '@', is_read = *value == '<';
    edo_str type = find_attribute(value, ";type="), as = find_attribute(value, ";filename=");
    if (type.ptr || as.ptr) value[strcspn(value, ";")] = 0;
    const char *slash = strrchr(value, '/');
    if (is_file && !as.ptr) as = edo_str_of(slash ? slash + 1 : value + 1);
    if (is_file && !type.ptr) type = type_of_file(value);
    int err = edo_multipart_print_head(to, boundary, edo_str_of(name), as, type);
    if (err < 0) return err;
    return is_file || is_read ? append_file(to, value + 1)
                              : edo_buf_append(to, value, strlen(value));
}

static int form_add_part(edo_buf *to, const char *boundary, const char *form) {
    char *text = strdup(form), *value = text ? strchr(text, '=') : NULL;
    int err = text ? 0 : -ENOMEM;
    if (err == 0 && !value) err = edo_fail(-EINVAL, "-F %s", form);
    if (value) *value++ = 0;
    if (err == 0) err = form_add(to, boundary, text, value);
    free(text);
    return err;
}

static int set_form(request *self, const options *o) {
    char boundary[EDO_MULTIPART_BOUNDARY_BYTES];
    int err = edo_multipart_make_boundary(boundary);
    for (size_t i = 0; err == 0 && i < o->forms.n; i++)
        err = form_add_part(&self->body, boundary, o->forms.items[i]);
    if (err == 0) err = edo_multipart_print_end(&self->body, boundary);
    (void)snprintf(self->type, sizeof self->type, "multipart/form-data; boundary=%s", boundary);
    self->fetch.data = edo_buf_str(&self->body);
    self->fetch.type = edo_str_of(self->type);
    return err;
}

/* ---- The body -------------------------------------------------------------------------------- */

/* Does a field of the command line ask for a body in chunks? */
static bool wants_chunks(const request *self) {
    edo_str value = edo_headers_get(&self->headers, EDO_HEADER_TRANSFER_ENCODING);
    return request_is_word(value, "chunked");
}

/* What is in memory is read from there, as a stream whose length is not told. */
static int set_chunks(request *self) {
    int err = edo_stream_mem(&self->file, self->fetch.data.ptr, self->fetch.data.len);
    self->fetch.body = self->file;
    self->fetch.body_length = -1;
    self->fetch.data = (edo_str){ NULL, 0 };
    return err;
}

/* Is the file empty? The kernel's own say that they have 0 bytes, and have some. */
static bool upload_is_empty(edo_stream *file, const struct stat *st) {
    char byte;
    return S_ISREG(st->st_mode) && st->st_size == 0 && edo_file_read_at(file, &byte, 1, 0) == 0;
}

/* No bytes at all, whose length is told. A type is not said of a file. */
static int set_nothing(request *self) {
    self->fetch.data = EDO_STR("");
    if (edo_headers_get(&self->headers, EDO_HEADER_CONTENT_TYPE).ptr) return 0;
    return edo_headers_append(&self->headers, EDO_HEADER_CONTENT_TYPE, EDO_STR(""));
}

static int set_upload(request *self, const options *o) {
    self->fetch.method = EDO_METHOD_PUT;
    self->fetch.body_length = -1;
    self->fetch.attempts = 2; // so that what was sent is kept; there is but one
    int err;
    if (strcmp(o->upload, "-") == 0) {
        err = edo_stdin(&self->file);
    } else {
        struct stat st;
        err = edo_fs_open(&self->file, o->upload, NULL);
        if (err == 0) err = edo_file_stat(&st, self->file);
        bool is_told = err == 0 && S_ISREG(st.st_mode) && !wants_chunks(self);
        if (is_told && upload_is_empty(self->file, &st)) return set_nothing(self);
        if (is_told && st.st_size > 0) self->fetch.body_length = (int64_t)st.st_size;
    }
    self->fetch.body = self->file;
    return edo_fail(err, "%s", o->upload);
}

static int request_set_body(request *self, const options *o) {
    if (o->upload) return set_upload(self, o);
    if (o->forms.n > 0) return set_form(self, o);
    if (!o->has_data || o->as_query) return 0;
    self->fetch.data = (edo_str){ o->data.ptr ? o->data.ptr : "", o->data.len };
    self->fetch.type = EDO_STR("application/x-www-form-urlencoded");
    return wants_chunks(self) ? set_chunks(self) : 0;
}

/* ---- The URL --------------------------------------------------------------------------------- */

size_t request_scheme_bytes(const char *url) {
    size_t n = 0;
    while (url[n] && strchr("abcdefghijklmnopqrstuvwxyz0123456789+-.", request_lower(url[n]))) n++;
    return n > 0 && strncmp(url + n, "://", 3) == 0 ? n + 3 : 0;
}

/* Appends a part of a URL, whose letters beyond ASCII are encoded. */
static int url_append(edo_buf *to, edo_str part) {
    int err = 0;
    for (size_t i = 0; i < part.len && err == 0; i++) {
        unsigned char b = (unsigned char)part.ptr[i];
        char coded[4] = "%";
        (void)edo_hex_encode(coded + 1, (edo_str){ &part.ptr[i], 1 });
        err = b < 0x80 ? edo_buf_append(to, &part.ptr[i], 1) : edo_buf_append(to, coded, 3);
    }
    return err;
}

/* A file that is uploaded to a folder keeps its name. */
static int url_append_upload(edo_buf *to, const char *upload) {
    const char *slash = upload ? strrchr(upload, '/') : NULL;
    const char *name = slash ? slash + 1 : upload;
    if (!name || strcmp(name, "-") == 0 || to->ptr[to->len - 1] != '/') return 0;
    return edo_uri_encode(edo_str_of(name), to);
}

/* Makes the URL without "." and ".." in its path. */
static int url_resolve(edo_buf *url) {
    edo_buf resolved = { 0 };
    edo_uri uri;
    if (edo_uri_parse(&uri, edo_buf_str(url)) < 0) return 0; // the client says so
    int err = edo_uri_resolve(&uri, &uri, &resolved);
    edo_buf old = *url;
    if (err == 0) *url = resolved;
    edo_buf_deinit(err == 0 ? &old : &resolved);
    return err;
}

static int set_url(request *self, const options *o, const char *url) {
    edo_buf *to = &self->url;
    size_t n = strcspn(url, "#"), scheme = request_scheme_bytes(url);
    size_t path = scheme + strcspn(url + scheme, "/?#"), query = strcspn(url, "?#");
    bool is_bare = path == query; // there is no path
    int err = scheme > 0 ? 0 : edo_buf_append(to, "http://", 7);
    if (err == 0) err = edo_buf_append(to, url, path);
    if (err == 0)
        err = is_bare ? edo_buf_append(to, "/", 1)
                      : url_append(to, (edo_str){ url + path, query - path });
    if (err == 0) err = url_append_upload(to, o->upload);
    if (err == 0) err = url_append(to, (edo_str){ url + query, n - query });
    if (err == 0 && o->as_query && o->has_data) {
        err = edo_buf_append(to, query < n ? "&" : "?", 1);
        if (err == 0) err = edo_buf_append(to, o->data.ptr, o->data.len);
    }
    return err < 0 ? err : url_resolve(to);
}

/* ---- All ------------------------------------------------------------------------------------- */

static int set_method(request *self, const options *o) {
    if (o->only_head) self->fetch.method = EDO_METHOD_HEAD;
    if (o->as_query && !o->only_head) self->fetch.method = EDO_METHOD_GET;
    if (!o->method) return 0;
    self->fetch.method_name = edo_str_of(o->method);
    return edo_method_parse(&self->fetch.method, edo_str_of(o->method));
}

int request_init(request *self, const options *o, edo_http_client *client, const char *url) {
    *self = (request){ .fetch = { .client = client,
                                  .any_status = true,
                                  .attempts = 1, // again.h has those of --retry
                                  .timeout = o->max_time.ns == 0 ? edo_s(5) : o->max_time } };
    edo_headers_init(&self->headers);
    self->fetch.headers = &self->headers;
    if (o->user) {
        const char *colon = strchr(o->user, ':');
        size_t n = colon ? (size_t)(colon - o->user) : strlen(o->user);
        self->fetch.user = (edo_str){ o->user, n };
        self->fetch.password = edo_str_of(colon ? colon + 1 : "");
    }
    int err = set_url(self, o, url);
    if (err == 0) err = set_fields(self, o);
    if (err == 0) err = request_set_body(self, o);
    return err < 0 ? err : set_method(self, o);
}

void request_deinit(request *self) {
    if (self->file) edo_close(self->file);
    edo_headers_deinit(&self->headers);
    edo_buf_deinit(&self->body);
    edo_buf_deinit(&self->url);
}

/* ---- The client ------------------------------------------------------------------------------ */

/* "host:port:address" of each --resolve. */
static int split_resolves(edo_http_host hosts[LIST_MAX], char *texts[LIST_MAX], const options *o) {
    for (size_t i = 0; i < o->resolves.n; i++) {
        texts[i] = strdup(o->resolves.items[i]);
        char *colon = texts[i] ? strchr(texts[i], ':') : NULL;
        char *second = colon ? strchr(colon + 1, ':') : NULL;
        if (!second) return edo_fail(-EINVAL, "--resolve %s", o->resolves.items[i]);
        *second = 0;
        hosts[i] = (edo_http_host){ .name = texts[i], .address = second + 1 };
    }
    return 0;
}

static int request_proxy_headers(edo_headers *to, const options *o) {
    int err = 0;
    for (size_t i = 0; err == 0 && i < o->proxy_headers.n; i++)
        err = add_field(to, edo_str_of(o->proxy_headers.items[i]));
    return err;
}

/* A file that is not there is none. */
static int jar_load_file(edo_cookie_jar *jar, const char *path) {
    edo_buf text = { 0 };
    if (!path[0] || access(path, F_OK) != 0) return 0;
    int err = append_file(&text, path);
    if (err == 0) err = edo_cookie_jar_load(jar, edo_buf_str(&text), NULL);
    edo_buf_deinit(&text);
    return err;
}

/* -b with a file, and -c: cookies are kept. */
static int request_jar(edo_cookie_jar **out, const options *o) {
    size_t files_n = 0;
    *out = NULL;
    for (size_t i = 0; i < o->cookies.n; i++) files_n += !is_cookies(o->cookies.items[i]);
    if (files_n == 0 && !o->jar) return 0;
    int err = edo_cookie_jar_new(out, NULL);
    for (size_t i = 0; err == 0 && i < o->cookies.n; i++)
        if (!is_cookies(o->cookies.items[i])) err = jar_load_file(*out, o->cookies.items[i]);
    return err;
}

static bool never_again(void *arg, edo_http_attempt *attempt) {
    (void)arg;
    (void)attempt;
    return false; // again.h decides
}

int request_client(edo_http_client **out, edo_cookie_jar **jar, const options *o) {
    static const edo_http_retry_ops ops = { .decide = never_again };
    static const edo_http_retry_opts once = { .no_budget = true,
                                              .ops = &ops,
                                              .body_max = UPLOAD_KEPT };
    edo_http_host hosts[LIST_MAX];
    char *texts[LIST_MAX] = { 0 };
    struct edo_tls_client *tls = NULL;
    *jar = NULL;
    int err = split_resolves(hosts, texts, o);
    if (err == 0) err = options_tls(&tls, o);
    if (err == 0) err = request_jar(jar, o);
    edo_headers to_proxy;
    edo_headers_init(&to_proxy);
    if (err == 0) err = request_proxy_headers(&to_proxy, o);
    const edo_http_client_opts opts = { .tls = tls,
                                        .jar = *jar,
                                        .proxy_headers = &to_proxy,
                                        .user_agent = o->agent,
                                        .hosts = hosts,
                                        .hosts_n = o->resolves.n,
                                        .proxy = o->unix_socket ? NULL : o->proxy, // as curl
                                        .no_proxy = o->no_proxy,
                                        .unix_path = o->unix_socket,
                                        .connect_timeout = o->connect_timeout,
                                        .redirects_max = o->redirects_max,
                                        .no_http2 = o->no_http2,
                                        .prior_knowledge = o->prior_knowledge,
                                        .no_decode = !o->compressed,
                                        .retry = &once };
    if (err == 0) err = edo_http_client_new(out, &opts);
    edo_rc_unref(tls);
    edo_headers_deinit(&to_proxy);
    for (size_t i = 0; i < LIST_MAX; i++) free(texts[i]);
    return err;
}
