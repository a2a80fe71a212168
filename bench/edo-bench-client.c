/* SPDX-License-Identifier: MIT */
/* edo-bench-client: requests over kept connections, and the CPU time of each.
 *
 *     edo-bench-client pool|single|http2 URL REQUESTS IN_FLIGHT
 *
 * "pool": a client with all that it has (pool, redirects, limits of time); "single": a connection
 * for each task, without; "http2": one connection of HTTP/2 for all, in clear text. Prints one
 * line: "us_per_request VALUE". */
#include <edo/edo.h>
#include <edo/http1.h>
#include <edo/http2.h>
#include <edo/http_client.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

typedef struct job {
    edo_http_client *client; /* NULL: single, http2 */
    edo_http2 *shared;       /* NULL: pool, single */
    bool is_pool, is_http2;
    const char *url;
    char address[200];
    int n, in_flight;
} job;

static int read_all(edo_stream *body) {
    char bytes[1024];
    int n;
    while ((n = edo_read(body, bytes, sizeof bytes)) > 0) continue;
    return n;
}

static int by_pool(const job *j) {
    int err = 0;
    edo_str url = edo_str_of(j->url);
    for (int i = j->n / j->in_flight; err >= 0 && i > 0; i--) {
        edo_http_response *res;
        err = edo_http_client_send(j->client, &res, &(edo_http_request){ .url = url });
        if (err < 0) break;
        err = read_all(res->body);
        edo_http_response_free(res);
    }
    return err;
}

static int by_one(const job *j) {
    edo_http1 *c;
    int err = edo_http1_connect(&c, j->address, NULL);
    if (err < 0) return err;
    for (int i = j->n / j->in_flight; err >= 0 && i > 0; i--) {
        edo_http_response *res;
        err = edo_http1_send(c, &res, &(edo_http_request){ .target = EDO_STR("/") });
        if (err == 0) err = read_all(res->body);
    }
    edo_http1_close(c);
    return err;
}

#ifdef EDOI_HAVE_HTTP2
static int open_http2(job *j) {
    return edo_http2_connect(&j->shared, j->address, NULL);
}

static int by_http2(const job *j) {
    int err = 0;
    for (int i = j->n / j->in_flight; err >= 0 && i > 0; i--) {
        edo_http_response *res;
        err = edo_http2_send(j->shared, &res, &(edo_http_request){ .target = EDO_STR("/") });
        if (err < 0) break;
        err = read_all(res->body);
        edo_http_response_free(res);
    }
    return err;
}

static void close_http2(job *j) {
    edo_http2_close(j->shared);
}
#else
static int open_http2(job *j) {
    (void)j;
    return edo_fail(-ENOTSUP, "this program was built without HTTP/2");
}

static int by_http2(const job *j) {
    (void)j;
    return -ENOTSUP;
}

static void close_http2(job *j) {
    (void)j;
}
#endif

static int open_job(job *j) {
    if (j->is_http2) return open_http2(j);
    return j->is_pool ? edo_http_client_new(&j->client, NULL) : 0;
}

static int run_one(void *arg) {
    const job *j = arg;
    if (j->shared) return by_http2(j);
    return j->client ? by_pool(j) : by_one(j);
}

static int run(void *arg) {
    job *j = arg;
    edo_scope s;
    int err = open_job(j);
    if (err < 0) return err;
    struct rusage before, after;
    (void)getrusage(RUSAGE_SELF, &before);
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < j->in_flight; i++) (void)edo_scope_spawn(&s, run_one, j);
    err = edo_scope_end(&s, 0);
    (void)getrusage(RUSAGE_SELF, &after);
    if (j->is_pool) edo_http_client_unref(j->client);
    if (j->is_http2) close_http2(j);
    double us = (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec -
                         before.ru_stime.tv_sec) *
                    1e6 +
                (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec -
                         before.ru_stime.tv_usec);
    (void)printf("us_per_request %.3f\n", us / j->n);
    return err;
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    job j = { .url = argv[2],
              .n = (int)strtol(argv[3], NULL, 10),
              .in_flight = (int)strtol(argv[4], NULL, 10) };
    if (j.n <= 0 || j.in_flight <= 0) return 2;
    const char *at = strstr(j.url, "://");
    (void)snprintf(j.address, sizeof j.address, "%.*s", (int)strcspn(at ? at + 3 : j.url, "/"),
                   at ? at + 3 : j.url);
    j.is_pool = strcmp(argv[1], "pool") == 0;
    j.is_http2 = strcmp(argv[1], "http2") == 0;
    return edo_main_with(run, &j, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
}
