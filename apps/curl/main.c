/* SPDX-License-Identifier: MIT */
/* edo-curl: fetches URLs as curl does; see options.c. */
#include "again.h"
#include "options.h"
#include "request.h"

#include <edo/copy.h>
#include <edo/file.h>
#include <edo/http_fields.h>
#include <edo/pipe.h>
#include <edo/runtime.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE 65536u

/* One URL. */
typedef struct fetched {
    const options *o;
    size_t i;               /* which of the URLs */
    edo_http_response *res; /* NULL: there is none */
    edo_stream *out;        /* standard output */
    edo_stream *to;         /* that, or a file; NULL: nothing was written so far */
    bool owns_to;
    uint64_t bytes; /* of the body */
    unsigned redirects_n;
    edo_instant begun, told, first_begun;
    uint32_t attempts_n;
    request request; /* of the last attempt */
} fetched;

/* Says what has failed, if something has. */
static int main_tell(int err) {
    if (err >= 0) return err;
    (void)fputs("edo-curl: ", stderr);
    edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    return err;
}

/* ---- Where it goes --------------------------------------------------------------------------- */

/* The last part of the path. */
static const char *remote_name(const char *url) {
    static char name[256];
    const char *path = strchr(url + request_scheme_bytes(url), '/');
    size_t n = path ? strcspn(path, "?#") : 0;
    while (n > 0 && memchr(path, '/', n)) { // what is behind the last one
        const char *next = (const char *)memchr(path, '/', n) + 1;
        n -= (size_t)(next - path);
        path = next;
    }
    (void)snprintf(name, sizeof name, "%.*s", (int)n, path ? path : "");
    return name[0] ? name : "curl_response";
}

static int open_output(fetched *f) {
    const options *o = f->o;
    const char *path = f->i < o->outputs.n ? o->outputs.items[f->i] : "-";
    if (f->to) return 0;
    if (!path) path = remote_name(o->urls.items[f->i]);
    f->to = f->out;
    if (strcmp(path, "-") == 0) return 0;
    const edo_fs_open_opts create = { .write = true, .create = true, .truncate = true };
    int err = edo_fs_open(&f->to, path, &create);
    f->owns_to = err == 0;
    if (err < 0) f->to = NULL;
    return edo_fail(err, "%s", path);
}

static int close_output(fetched *f) {
    int err = f->owns_to ? edo_flush(f->to) : 0;
    if (f->owns_to) edo_close(f->to);
    return err;
}

/* ---- What is told ---------------------------------------------------------------------------- */

static int fetched_print_head(edo_buf *text, const edo_http_response *res, const char *prefix) {
    edo_str version = edo_http_version_name(res->version), reason = res->reason;
    if (res->version == EDO_HTTP_2) reason.len = 0; // it has none
    int err = edo_buf_printf(text, "%s%.*s %u %.*s\r\n", prefix, (int)version.len, version.ptr,
                             (unsigned)res->status, (int)reason.len, reason.ptr);
    for (size_t i = 0; err == 0 && i < edo_headers_count(&res->headers); i++) {
        const edo_header *h = edo_headers_at(&res->headers, i);
        err = edo_buf_printf(text, "%s%.*s: %.*s\r\n", prefix, (int)h->name.len, h->name.ptr,
                             (int)h->value.len, h->value.ptr ? h->value.ptr : "");
    }
    return err < 0 ? err : edo_buf_printf(text, "%s\r\n", prefix);
}

static int tell_head(fetched *f, const edo_http_response *res) {
    edo_buf text = { 0 };
    int err = 0;
    if (f->o->is_verbose) {
        err = fetched_print_head(&text, res, "< ");
        if (err == 0) (void)fwrite(text.ptr, 1, text.len, stderr);
        text.len = 0;
    }
    if (err == 0 && (f->o->includes_head || f->o->only_head)) {
        err = fetched_print_head(&text, res, "");
        if (err == 0) err = open_output(f);
        if (err == 0) err = edo_write_all(f->to, text.ptr, text.len);
    }
    edo_buf_deinit(&text);
    return err;
}

/* Of a redirect, and of what is only information. */
static int tell_head_before(const edo_http_response *res, void *arg) {
    fetched *f = arg;
    if (res->status >= 300) f->redirects_n++;
    return tell_head(f, res);
}

/* On a terminal that the body does not go to, at most ten times a second. */
static void tell_progress(fetched *f, bool is_last) {
    if (f->o->is_silent || !isatty(STDERR_FILENO)) return;
    if (!f->owns_to && isatty(STDOUT_FILENO)) return;
    if (!is_last && edo_instant_since(edo_now(), f->told).ns < 100000000) return;
    f->told = edo_now();
    double mib = (double)f->bytes / (1 << 20);
    double s = (double)edo_instant_since(f->told, f->begun).ns / 1e9;
    if (f->res->length > 0) {
        (void)fprintf(stderr, "\r%3d%%  %.1f MiB  %.1f MiB/s ",
                      (int)(f->bytes * 100 / (uint64_t)f->res->length), mib, mib / (s + 1e-9));
    } else {
        (void)fprintf(stderr, "\r%.1f MiB  %.1f MiB/s ", mib, mib / (s + 1e-9));
    }
    if (is_last) (void)fputc('\n', stderr);
}

static int write_value(const fetched *f, edo_buf *to, edo_str name) {
    const edo_http_response *res = f->res;
    edo_str url = res ? edo_http_response_url(res) : edo_str_of(f->o->urls.items[f->i]);
    double s = (double)edo_instant_since(edo_now(), f->begun).ns / 1e9;
    if (edo_str_equal(name, EDO_STR("http_code")) || edo_str_equal(name, EDO_STR("response_code")))
        return edo_buf_printf(to, "%03u", res ? (unsigned)res->status : 0);
    if (edo_str_equal(name, EDO_STR("size_download")))
        return edo_buf_printf(to, "%llu", (unsigned long long)f->bytes);
    if (edo_str_equal(name, EDO_STR("num_redirects")))
        return edo_buf_printf(to, "%u", f->redirects_n);
    if (edo_str_equal(name, EDO_STR("url_effective"))) return edo_buf_append(to, url.ptr, url.len);
    if (edo_str_equal(name, EDO_STR("time_total"))) return edo_buf_printf(to, "%.6f", s);
    if (edo_str_equal(name, EDO_STR("http_version"))) {
        edo_str version = res ? edo_http_version_name(res->version) : EDO_STR("HTTP/0");
        return edo_buf_append(to, version.ptr + 5, version.len - 5); // without "HTTP/"
    }
    edo_str type = { NULL, 0 };
    if (res && edo_str_equal(name, EDO_STR("content_type")))
        type = edo_headers_get(&res->headers, EDO_HEADER_CONTENT_TYPE);
    return type.len > 0 ? edo_buf_append(to, type.ptr, type.len) : 0;
}

static char unescaped(char c) {
    return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
}

/* -w: "%{name}", "%%", and escapes. */
static int write_out(const fetched *f) {
    edo_buf text = { 0 };
    int err = 0;
    for (const char *at = f->o->write_out; at && *at && err == 0; at++) {
        const char *end = at[0] == '%' && at[1] == '{' ? strchr(at, '}') : NULL;
        bool is_pair = (at[0] == '%' && at[1] == '%') || (at[0] == '\\' && at[1]);
        char c = at[0] == '\\' && is_pair ? unescaped(at[1]) : at[0];
        err = end ? write_value(f, &text, (edo_str){ at + 2, (size_t)(end - at - 2) })
                  : edo_buf_append(&text, &c, 1);
        if (end) at = end;
        if (is_pair) at++;
    }
    if (err == 0 && text.len > 0) err = edo_write_all(f->out, text.ptr, text.len);
    edo_buf_deinit(&text);
    return err;
}

/* ---- One URL --------------------------------------------------------------------------------- */

static int copy_body(fetched *f) {
    static char piece[PIECE];
    int n;
    while ((n = edo_read_available(f->res->body, piece, PIECE)) > 0) {
        int err = edo_write_all(f->to, piece, (size_t)n);
        if (err < 0) return err;
        f->bytes += (uint64_t)n;
        tell_progress(f, false);
    }
    tell_progress(f, true);
    return n;
}

static int fetched_take(fetched *f) {
    int err = tell_head(f, f->res);
    if (err == 0 && f->o->fails && f->res->status >= 400)
        err = edo_fail(-EDO_ESTATUS, "%u %.*s", (unsigned)f->res->status, (int)f->res->reason.len,
                       f->res->reason.ptr);
    if (err == 0) err = open_output(f);
    return err < 0 ? err : copy_body(f);
}

/* Says that it was -m that has ended a call, or the body. */
static int fetched_tell_limit(const fetched *f, int err) {
    edo_duration most = f->request.fetch.timeout;
    bool is_over = most.ns > 0 && edo_instant_since(edo_now(), f->begun).ns >= most.ns;
    if (err != -ETIMEDOUT || !is_over) return err;
    return edo_fail(err, "it took longer than the %g s of -m, --max-time", (double)most.ns / 1e9);
}

/* Sends it once. What was written to a file before is written again. */
static int fetch_once(fetched *f, edo_http_client *c) {
    request *r = &f->request;
    *f = (fetched){ .o = f->o,
                    .i = f->i,
                    .out = f->out,
                    .attempts_n = f->attempts_n + 1,
                    .first_begun = f->first_begun };
    f->begun = edo_now();
    if (f->attempts_n == 1) f->first_begun = f->begun;
    int err = request_init(r, f->o, c, f->o->urls.items[f->i]);
    r->fetch.before = tell_head_before;
    r->fetch.arg = f;
    if (err == 0) err = edo_fetch(&f->res, edo_buf_str(&r->url), &r->fetch);
    if (err == 0) err = fetched_take(f);
    err = fetched_tell_limit(f, err);
    int closed = close_output(f);
    return err == 0 ? closed : err;
}

/* The request last: its body may still be sent. */
static void fetch_end(fetched *f) {
    edo_http_response_free(f->res);
    f->res = NULL;
    request_deinit(&f->request);
}

/* Returns 1 after the pause before another attempt, 0 if there is none, or -ECANCELED. */
static int wait_for_another(fetched *f, int err) {
    const attempt last = { .n = f->attempts_n, .res = f->res, .err = err, .begun = f->first_begun };
    edo_duration pause;
    if (!again_after(&pause, &last, f->o)) return 0;
    fetch_end(f);
    edo_trail_clear();
    err = edo_sleep(pause);
    return err < 0 ? err : 1;
}

static int fetch_one(edo_http_client *c, const options *o, edo_stream *out, size_t i) {
    fetched f = { .o = o, .i = i, .out = out };
    int err, more;
    do {
        err = fetch_once(&f, c);
        more = wait_for_another(&f, err);
    } while (more > 0);
    if (more < 0) err = more;
    int told = write_out(&f);
    if (more == 0) fetch_end(&f);
    return main_tell(err == 0 ? told : err);
}

/* -c: the cookies as they are now. */
static int save_jar(edo_cookie_jar *jar, const options *o) {
    edo_buf text = { 0 };
    edo_stream *file;
    const edo_fs_open_opts create = { .write = true, .create = true, .truncate = true };
    if (!jar || !o->jar) return 0;
    int err = edo_cookie_jar_save(jar, &text);
    if (err == 0 && strcmp(o->jar, "-") == 0) {
        (void)fwrite(text.ptr, 1, text.len, stdout);
    } else if (err == 0 && (err = edo_fs_open(&file, o->jar, &create)) == 0) {
        err = edo_write_all(file, text.ptr, text.len);
        if (err == 0) err = edo_flush(file);
        edo_close(file);
    }
    edo_buf_deinit(&text);
    return edo_fail(err, "%s", o->jar);
}

static int fetch_all(void *arg) {
    const options *o = arg;
    edo_http_client *c;
    edo_cookie_jar *jar;
    edo_stream *out;
    int status = 0, err = request_client(&c, &jar, o);
    if (main_tell(err) < 0) return 2;
    err = edo_stdout(&out);
    for (size_t i = 0; i < o->urls.n && err != -ECANCELED && err != -EBADF; i++) {
        err = fetch_one(c, o, out, i);
        if (err < 0) status = 1;
    }
    if (err != -EBADF) {
        err = edo_flush(out);
        edo_close(out);
    }
    edo_http_client_unref(c);
    if (err >= 0) err = save_jar(jar, o);
    edo_cookie_jar_unref(jar);
    return main_tell(err) < 0 ? 1 : status;
}

int main(int argc, char **argv) {
    options o;
    int err = options_read(&o, argc, argv), status = 2;
    if (err > 0) status = fputs(options_help, stdout) < 0 ? 2 : 0;
    if (err == 0)
        status = edo_main_with(fetch_all, &o, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
    options_deinit(&o);
    return status;
}
