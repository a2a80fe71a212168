/* SPDX-License-Identifier: MIT */
/* file_to_socket.c: sends a file to every client, two ways: in pieces of 16 KiB with an offset that
 * runs, or by edo_sendfile(), where the kernel moves the bytes.
 *
 *     file_to_socket FILE HOST:PORT [whole]
 *
 * All clients read from one stream: each has its own offset, and none moves the file's place. */
#include <edo/edo.h>
#include <edo/file.h>
#include <edo/log.h>

#include <errno.h>
#include <stdio.h>

#define PIECE (16 << 10)

static edo_stream *file;
static bool whole;

/* The bytes pass through this program, which may look at them. */
static int send_pieces(edo_stream *peer) {
    char piece[PIECE];
    uint64_t offset = 0;
    int n;
    while ((n = edo_file_read_at(file, piece, sizeof piece, offset)) > 0) {
        int err = edo_write_all(peer, piece, (size_t)n);
        if (err < 0) return err;
        offset += (uint64_t)n;
    }
    return n;
}

/* The first piece goes out with the head in one write, the rest inside the kernel. */
static int send_whole(edo_stream *peer) {
    return edo_sendfile(peer, file, 0, UINT64_MAX, EDO_STR("whole\n"), NULL);
}

static int send_to(void *arg) {
    edo_stream *peer = arg;
    int err = whole ? send_whole(peer) : send_pieces(peer);
    if (err < 0) edo_info("a client: %s", edo_strerror(err));
    edo_close(peer);
    return 0; // a client that goes away does not end the others
}

static int serve(edo_listener *l) {
    edo_stream *peer;
    int err;
    EDO_SCOPE(s, &(edo_scope_opts){ .at_once = 1000 });
    while ((err = edo_accept(l, &peer)) == 0)
        if (edo_scope_spawn(&s, send_to, peer) < 0) edo_close(peer);
    (void)edo_scope_end(&s, 0);         // nobody uses the file any more
    return err == -ECANCELED ? 0 : err; // SIGTERM
}

static int root(void *arg) {
    char **argv = arg;
    edo_listener *l;
    whole = argv[3] != NULL;
    int err = edo_fs_open(&file, argv[1], NULL);
    if (err < 0) return edo_fail(err, "opening %s", argv[1]);
    err = edo_tcp_listen(&l, argv[2], NULL);
    if (err == 0) {
        printf("listening on 127.0.0.1:%u\n", edo_listener_port(l));
        fflush(stdout);
        err = serve(l);
        edo_listener_close(l);
    }
    edo_close(file);
    return err;
}

int main(int argc, char **argv) {
    return argc < 3 ? 2 : edo_main(root, argv);
}
