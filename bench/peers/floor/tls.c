/* SPDX-License-Identifier: MIT */
/* floor-tls [--release] CERT KEY HOST:PORT: the cheapest program that looks like an HTTPS server,
 * as a lower bound: floor-http with OpenSSL's own calls on the socket.
 *
 * One thread, one level-triggered epoll set, TLS 1.3 with AES-128-GCM and X25519, two tickets. A
 * request for "/" gets a fixed response; any other, the file $WWW/16k.bin in records of 16 KiB. A
 * connection whose first response does not fit is served when there is room; pipelines are not.
 * With --release OpenSSL frees the buffers of an idle connection; without, it keeps them and reads
 * ahead, which spares a system call a record. */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define RESPONSE                                                                                   \
    "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 13\r\n"         \
    "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\nHello, World!"
#define RECORD 16384

typedef struct conn {
    SSL *ssl;
    off_t at;     /* of the file that is being sent */
    off_t left;   /* bytes of it */
    bool is_room; /* EPOLLOUT is asked for */
} conn;

static int set, file = -1;
static off_t file_bytes;
static SSL_CTX *ctx;
static bool releases;

static bool setup(const char *cert, const char *key) {
    ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx) return false;
    SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (releases) SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(ctx, !releases);
    return SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") == 1 &&
           SSL_CTX_set1_groups_list(ctx, "X25519") == 1 &&
           SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"floor", 5) == 1 &&
           SSL_CTX_use_certificate_chain_file(ctx, cert) == 1 &&
           SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1;
}

static void open_file(void) {
    const char *www = getenv("WWW");
    char path[4096];
    struct stat st;
    if (!www) return;
    (void)snprintf(path, sizeof path, "%s/16k.bin", www);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0 && fstat(file, &st) == 0) file_bytes = st.st_size;
}

static void end(conn *c) {
    int fd = SSL_get_fd(c->ssl);
    SSL_free(c->ssl);
    close(fd);
    free(c);
}

static void accept_all(int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
        if (fd < 0) return;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        conn *c = calloc(1, sizeof *c);
        if (!c || !(c->ssl = SSL_new(ctx)) || SSL_set_fd(c->ssl, fd) != 1) exit(1);
        SSL_set_accept_state(c->ssl);
        struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
        if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &ev) < 0) end(c);
    }
}

static void ask_for_room(conn *c, bool is_room) {
    if (c->is_room == is_room) return;
    c->is_room = is_room;
    struct epoll_event ev = { .events = is_room ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = c };
    (void)epoll_ctl(set, EPOLL_CTL_MOD, SSL_get_fd(c->ssl), &ev);
}

/* Sends the file as far as there is room. Returns false at the end of the connection. */
static bool send_file(conn *c) {
    static char bytes[RECORD];
    while (c->left > 0) {
        ssize_t n = pread(file, bytes, c->left < RECORD ? (size_t)c->left : RECORD, c->at);
        if (n <= 0) return false;
        int sent = SSL_write(c->ssl, bytes, (int)n);
        if (sent <= 0) {
            if (SSL_get_error(c->ssl, sent) != SSL_ERROR_WANT_WRITE) return false;
            ask_for_room(c, true);
            return true;
        }
        c->at += sent;
        c->left -= sent;
    }
    ask_for_room(c, false);
    return true;
}

static bool respond(conn *c, const char *request) {
    char head[200];
    if (!strncmp(request, "GET / ", 6))
        return SSL_write(c->ssl, RESPONSE, sizeof RESPONSE - 1) == sizeof RESPONSE - 1;
    int n = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\ncontent-length: %lld\r\n\r\n",
                     (long long)file_bytes);
    c->at = 0;
    c->left = file_bytes;
    return SSL_write(c->ssl, head, n) == n && send_file(c);
}

static void serve(conn *c) {
    char in[RECORD];
    if (c->left > 0) {
        if (!send_file(c)) end(c);
        return;
    }
    ERR_clear_error();
    int n = SSL_read(c->ssl, in, sizeof in - 1); // and the handshake
    if (n <= 0) {
        int why = SSL_get_error(c->ssl, n);
        if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) end(c);
        return;
    }
    in[n] = '\0';
    if (!respond(c, in)) end(c);
}

int main(int argc, char **argv) {
    releases = argc > 1 && !strcmp(argv[1], "--release");
    if (releases) argv++, argc--;
    const struct sigaction ignore = { .sa_handler = SIG_IGN };
    (void)sigaction(SIGPIPE, &ignore, NULL);
    set = epoll_create1(EPOLL_CLOEXEC);
    int listener = argc == 4 && setup(argv[1], argv[2]) ? listen_on(argv[3]) : -1;
    if (set < 0 || listener < 0) {
        fprintf(stderr, "usage: floor-tls [--release] CERT KEY HOST:PORT\n");
        ERR_print_errors_fp(stderr);
        return 2;
    }
    open_file();
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL }, events[256];
    if (epoll_ctl(set, EPOLL_CTL_ADD, listener, &ev) < 0) return 1;
    for (;;) {
        int n = epoll_wait(set, events, 256, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr) {
                serve(events[i].data.ptr);
            } else {
                accept_all(listener);
            }
        }
    }
}
