/* SPDX-License-Identifier: MIT */
/* raw_get.c: an HTTP GET by hand: connect, write a request, read to the end.
 *
 *     raw_get                       from a server in this program
 *     raw_get 127.0.0.1:8000 /      from any server of plain HTTP */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define RESPONSE_MAX (1 << 20)

/* One limit over all three steps. On success the response is the caller's. */
static int get(edo_bytes *response, const char *addr, const char *path) {
    char request[512];
    int n = snprintf(request, sizeof request,
                     "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, addr);
    if (n >= (int)sizeof request) return -EMSGSIZE;
    EDO_DEADLINE(d, edo_s(10));
    edo_stream *s = NULL;
    int err = edo_tcp_connect(&s, addr, NULL);
    if (err == 0) err = edo_write_all(s, request, (size_t)n);
    if (err == 0) err = edo_read_all(response, s, RESPONSE_MAX); // -EDO_ETOOLONG if it is longer
    edo_close(s);
    return edo_deadline_end(&d, err);
}

/* A server for one request: reads the head, line by line, up to the empty line. */
static int serve(void *arg) {
    static const char response[] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello, by hand\n";
    edo_stream *s;
    edo_buf_reader in;
    char *line;
    int n = edo_accept(arg, &s);
    if (n < 0) return n;
    n = edo_buf_reader_init(&in, s, NULL);
    while (n >= 0 && (n = edo_read_line(&in, &line)) > 0) printf("> %s\n", line);
    if (n == 0) n = edo_write_all(s, response, sizeof response - 1);
    edo_buf_reader_deinit(&in);
    edo_close(s);
    return n;
}

static int show(const char *addr, const char *path) {
    edo_bytes response = { 0 };
    int err = get(&response, addr, path);
    if (err < 0) return edo_fail(err, "GET %s from %s", path, addr);
    printf("%.*s", (int)response.str.len, response.str.ptr);
    edo_bytes_unref(&response);
    return 0;
}

static int from_here(void) {
    edo_listener *l;
    char addr[32];
    int err = edo_tcp_listen(&l, "127.0.0.1:0", NULL);
    if (err < 0) return err;
    snprintf(addr, sizeof addr, "127.0.0.1:%u", edo_listener_port(l));
    EDO_SCOPE(s, NULL);
    edo_scope_spawn(&s, serve, l);
    err = edo_scope_end(&s, show(addr, "/greeting"));
    edo_listener_close(l);
    return err;
}

static int root(void *arg) {
    char **argv = arg;
    return argv[1] ? show(argv[1], argv[2]) : from_here();
}

int main(int argc, char **argv) {
    return argc == 1 || argc == 3 ? edo_main(root, argv) : 2;
}
