/* SPDX-License-Identifier: MIT */
/* http_metrics.c: an HTTP server whose numbers Prometheus can ask for: its requests, its
 * connections, the runtime, the process.
 *
 *     http_metrics [HOST:PORT]
 *     curl http://127.0.0.1:8080/metrics */
#include <edo/edo.h>
#include <edo/http_server.h>

#include <stdio.h>

static int print_metrics(edo_response *res, edo_metrics *m) {
    const char *type = edo_metrics_content_type(EDO_METRICS_PROMETHEUS);
    edo_buf text = { 0 };
    int err = edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS);
    edo_bytes body = edo_buf_freeze(&text);
    if (err == 0) err = edo_response_bytes(res, EDO_STATUS_OK, edo_str_of(type), &body);
    edo_bytes_unref(&body); // of which nothing is left after a success
    return err;
}

static int handle(edo_request *req, edo_response *res, void *arg) {
    if (edo_str_equal(req->target, EDO_STR("/metrics"))) return print_metrics(res, arg);
    if (edo_str_equal(req->target, EDO_STR("/")))
        return edo_response_text(res, EDO_STATUS_OK, EDO_STR("hello\n"));
    return edo_response_text(res, EDO_STATUS_NOT_FOUND, EDO_STR("no such page\n"));
}

static int serve(const char *address, edo_metrics *m, edo_http_metrics *numbers) {
    edo_listener *l;
    int err = edo_tcp_listen(&l, address, NULL);
    if (err < 0) return err;
    err = edo_metrics_add_listener(m, l, "web");
    printf("http://127.0.0.1:%u\n", (unsigned)edo_listener_port(l));
    (void)fflush(stdout);
    if (err == 0)
        err = edo_http_serve(
            handle, m,
            &(edo_http_server_opts){ .listeners = &l, .listeners_n = 1, .metrics = numbers });
    edo_listener_close(l);
    return err;
}

static int root(void *arg) {
    edo_metrics *m;
    edo_http_metrics *numbers = NULL;
    int err = edo_metrics_new(&m, NULL);
    if (err < 0) return err;
    err = edo_metrics_add_process(m);
    if (err == 0) err = edo_metrics_add_runtime(m, edo_runtime_current(), "main");
    if (err == 0) err = edo_http_metrics_new(&numbers, m);
    if (err == 0) err = serve(arg, m, numbers);
    edo_http_metrics_unref(numbers);
    edo_metrics_free(m);
    return err;
}

int main(int argc, char **argv) {
    static char usual[] = "127.0.0.1:8080";
    return edo_main(root, argc > 1 ? argv[1] : usual);
}
