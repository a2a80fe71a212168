/* SPDX-License-Identifier: MIT */
/* web_layers.c: a service behind the layers that services usually have.
 *
 *     web_layers [HOST:PORT]
 *     curl -i --compressed http://127.0.0.1:8080/numbers
 *     curl -i -u ada:lovelace http://127.0.0.1:8080/admin/whoami */
#include <edo/edo.h>
#include <edo/web_compress.h>
#include <edo/web_guard.h>
#include <edo/web_layers.h>
#include <edo/web_limits.h>
#include <edo/web_log.h>

#include <errno.h>
#include <stdio.h>

/* A thousand lines, which are compressed while they are written. */
static int numbers(edo_web *w) {
    edo_stream *out = NULL;
    char line[32];
    int err = edo_web_set_header(w, "content-type", "text/plain");
    if (err == 0) err = edo_response_stream(edo_web_response(w), &out, -1);
    for (int i = 1; err >= 0 && i <= 1000; i++)
        err = edo_write_all(out, line, (size_t)snprintf(line, sizeof line, "%d\n", i));
    return err < 0 ? err : 0;
}

/* Counts the bytes of the body as the client means them. */
static int count(edo_web *w) {
    edo_str body;
    char text[32];
    int err = edo_request_collect(edo_web_request(w), &body, 1u << 20);
    if (err < 0) return err;
    (void)snprintf(text, sizeof text, "%zu\n", body.len);
    return edo_web_reply_text(w, EDO_STATUS_OK, text);
}

static int whoami(edo_web *w) {
    edo_str user = edo_request_user(edo_web_request(w));
    return edo_web_reply_bytes(w, EDO_STATUS_OK, "text/plain", user);
}

static int broken(edo_web *w) {
    (void)w;
    return edo_fail(-EIO, "the disk has secrets");
}

static edo_router *admin(void) {
    static const edo_auth_user users[] = { { "ada", "lovelace" } };
    edo_router *r = edo_router_new();
    edo_router_get(r, "/whoami", whoami);
    edo_router_wrap(r, edo_auth_layer(&(edo_auth_opts){ .users = users, .users_n = 1 }));
    return r;
}

static const char *const friends[] = { "https://app.example" }; /* origins whose pages may write */

/* Layers meet a request from the first to the last, and its response from the last to the first. */
static void wrap(edo_router *r) {
    static const char *const proxies[] = { "127.0.0.0/8", "::1" };
    edo_router_wrap_all(
        r, edo_access_log_layer(&(edo_access_log_opts){ .fd = 2 }), edo_trace_layer(),
        edo_real_ip_layer(&(edo_real_ip_opts){ .proxies = proxies, .proxies_n = 2 }),
        edo_request_id_layer(NULL),
        edo_cors_layer(&(edo_cors_opts){ .origins = friends, .origins_n = 1 }),
        edo_http_rate_layer(&(edo_http_rate_opts){ .limit = { .num = 50, .burst = 20 } }),
        edo_catch_layer(NULL),
        edo_http_timeout_layer(&(edo_http_timeout_opts){ .after = edo_s(5) }),
        edo_compress_layer(NULL), edo_decompress_layer(NULL), edo_body_limit_layer(1u << 16));
}

static int app(void *arg) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/numbers", numbers);
    edo_router_get(r, "/broken", broken);
    edo_router_post(r, "/count", count);
    edo_router_nest(r, "/admin", admin());
    edo_router_normalize_path(r, EDO_PATH_SLASH_TRIMMED);
    wrap(r);
    const edo_csrf_opts csrf = { .origins = friends, .origins_n = 1 };
    return edo_web_serve(
        r, &(edo_web_opts){ .listen = arg, .announce = true, .guards = { .csrf = &csrf } });
}

int main(int argc, char **argv) {
    static char usual[] = "127.0.0.1:8080";
    return edo_main(app, argc > 1 ? argv[1] : usual);
}
