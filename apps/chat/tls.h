/* SPDX-License-Identifier: MIT */
/* tls.h: the certificate for pages, streams, and lines by TLS. Of tls.c and no_tls.c one is
 * compiled. */
#ifndef CHAT_TLS_H
#define CHAT_TLS_H

#include <edo/net.h>

struct edo_tls_server;
struct options;

/* Reads the pair that the options name; `*out` is NULL if they name none. `alpn` is the protocol
 * that is spoken with a client that offers some. Returns 0 or a negative code, with a trail that
 * names the file. */
int tls_open(struct edo_tls_server **out, const struct options *o, const char *alpn);

void tls_close(struct edo_tls_server *tls);

/* Does the handshake of a connection that has come, and puts TLS over it. `*peer` is NULL on
 * failure. Errors: as edo_tls_accept() */
int tls_accept(edo_stream **peer, struct edo_tls_server *tls);

/* Connects to HOST:PORT by TLS; the server's certificate must be for HOST, and have an issuer of
 * that file, NULL: of the system. Errors: as edo_tls_client_new() and edo_tls_connect() */
int tls_connect(edo_stream **out, const char *address, const edo_tcp_opts *tcp, const char *ca);

/* Reads the pair again when its files have changed, and on SIGHUP, until this task is cancelled;
 * one that does not fit is told to the log. `tls` is not NULL; a task's function. */
int tls_renew(void *tls);

#endif
