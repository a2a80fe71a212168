/* SPDX-License-Identifier: MIT */
/* by_name.c: passes connections of TLS on by the name that the client asks for. It has neither
 * certificates nor keys: all that it reads is the first message, which is in clear.
 *
 *     by_name 0.0.0.0:443 shop.example=10.0.0.7:443 blog.example=10.0.0.8:443 */
#include <edo/edo.h>
#include <edo/log.h>
#include <edo/str.h>
#include <edo/tls_name.h>

#include <errno.h>
#include <stdio.h>

static const char *here;
static char **ways; /* "NAME=ADDRESS", NULL behind the last */

static const char *way_of(const char *name) {
    for (char **way = ways; *way; way++) {
        edo_str rest = edo_str_of(*way);
        if (edo_str_equal(edo_str_cut(&rest, '='), edo_str_of(name))) return rest.ptr;
    }
    return NULL;
}

static int pass_on(edo_stream *client) {
    edo_buf_reader in;
    char name[EDO_TLS_NAME_MAX + 1];
    edo_stream *server = NULL;
    int err = edo_buf_reader_init(&in, client, NULL);
    if (err < 0) return err;
    EDO_DEADLINE(limit, edo_s(5)); // a client that says nothing has no place here
    err = edo_deadline_end(&limit, edo_peek_tls_name(&in, name));
    const char *way = err == 0 ? way_of(name) : NULL;
    if (err == 0 && !way) err = edo_fail(-ENOENT, "nobody is called \"%s\"", name);
    if (err == 0) err = edo_tcp_connect(&server, way, NULL);
    if (err == 0) {
        err = edo_copy_both(edo_buf_reader_stream(&in), server, NULL);
        edo_close(server);
    }
    edo_buf_reader_deinit(&in);
    return err;
}

static int serve(void *arg) {
    edo_stream *client = arg;
    int err = pass_on(client);
    if (err < 0) edo_warn("a connection ends: %s", edo_strerror(err));
    edo_close(client);
    return 0;
}

static int app(void *arg) {
    edo_listener *l;
    (void)arg;
    int err = edo_tcp_listen(&l, here, NULL);
    if (err < 0) return err;
    printf("listening on 127.0.0.1:%u\n", edo_listener_port(l));
    fflush(stdout);
    for (edo_stream *client; (err = edo_accept(l, &client)) == 0;)
        if (edo_spawn_detached_with(serve, client, &(edo_spawn_opts){ .spread = true }) < 0)
            edo_close(client);
    edo_listener_close(l);
    return err == -ECANCELED ? 0 : err; // SIGTERM
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    here = argv[1];
    ways = argv + 2;
    return edo_main(app, NULL);
}
