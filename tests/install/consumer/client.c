/* SPDX-License-Identifier: MIT */
/* A program of somebody else that calls edo_fetch() and links libedo-client beside libedo-http and
 * libedo, and no libedo-web. Its server is libedo-http's. */
#include <edo/edo.h>
#include <edo/http_client.h>
#include <edo/http_server.h>

#include <stdio.h>

static int reply(edo_request *req, edo_response *res, void *arg) {
    (void)req;
    (void)arg;
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("fetched"));
}

static int serve(void *arg) {
    edo_listener *const listener = arg;
    return edo_http_serve(reply, NULL,
                          &(edo_http_server_opts){ .listeners = &listener, .listeners_n = 1 });
}

static int fetch_from(edo_listener *listener) {
    edo_addr addr;
    edo_str body;
    edo_bytes bytes = { 0 };
    char host[EDO_ADDR_TEXT_MAX], url[EDO_ADDR_TEXT_MAX + 16];
    int err = edo_listener_addr(listener, &addr);
    if (err >= 0) err = edo_addr_print(&addr, host, sizeof host);
    if (err < 0) return err;
    (void)snprintf(url, sizeof url, "http://%s/", host);
    err = edo_fetch_bytes(&bytes, edo_str_of(url), NULL);
    body = bytes.str;
    if (err == 0) (void)printf("%.*s\n", (int)body.len, body.ptr);
    edo_bytes_unref(&bytes);
    return err;
}

static int run(void *arg) {
    edo_listener *listener;
    (void)arg;
    int err = edo_tcp_listen(&listener, "127.0.0.1:0", NULL);
    if (err < 0) return err;
    edo_task *server = edo_spawn(serve, listener);
    err = fetch_from(listener);
    edo_task_cancel(server);
    (void)edo_task_join(server);
    edo_listener_close(listener);
    return err;
}

int main(void) {
    return edo_main(run, NULL);
}
