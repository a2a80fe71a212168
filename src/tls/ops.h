/* SPDX-License-Identifier: MIT */
/* tls/ops.h: what others call of libedo-tls, which libedo-http, libedo-client and libedo-redis do
 * not link: a configuration begins with a table of operations, and another table makes one. */
#ifndef EDOI_TLS_OPS_H
#define EDOI_TLS_OPS_H

#include <edo/tls.h>

typedef struct edoi_tls_server_ops {
    /* As edo_tls_accept(). A client that sends plain HTTP gets `to_plain` before the close. */
    int (*accept)(edo_stream **out, edo_stream *below, edo_tls_server *self, edo_str to_plain);
    /* Returns the stream below a stream that `accept` has made. */
    edo_stream *(*below)(edo_stream *s);
    /* Returns the name that requests over `s` must be for, since rules were chosen by it; "": for
     * an address in numbers; NULL: for any. It belongs to `s`. */
    const char *(*bound_name)(edo_stream *s);
    /* Returns the protocol that the handshake of `s` has agreed on; no bytes: none. It belongs to
     * `s`. */
    edo_str (*alpn)(edo_stream *s);
} edoi_tls_server_ops;

/* The head of every edo_tls_server, which is counted by edo_rc. */
typedef struct edoi_tls_server_head {
    const edoi_tls_server_ops *ops; /* const */
} edoi_tls_server_head;

EDOI_INLINE const edoi_tls_server_ops *edoi_tls_server_ops_of(const edo_tls_server *tls) {
    return ((const edoi_tls_server_head *)(const void *)tls)->ops;
}

typedef struct edoi_tls_client_ops {
    /* As edo_tls_connect_over(). */
    int (*connect_over)(edo_stream **out, edo_stream *below, const char *host,
                        edo_tls_client *self);
    /* Likewise, for HTTP: offers HTTP/2 and HTTP/1.1 unless the configuration says which protocols
     * it offers, and stores in `*is_http2` whether the former was agreed on; NULL: that is not
     * offered, whatever the configuration says. With `no_cert` the server gets no certificate of
     * the client, nor a session that was begun with one. */
    int (*connect_http)(edo_stream **out, edo_stream *below, const char *host, edo_tls_client *self,
                        bool no_cert, bool *is_http2);
    /* Has the client a certificate to show? */
    bool (*has_cert)(const edo_tls_client *self);
    /* As that of a server. */
    edo_str (*alpn)(edo_stream *s);
} edoi_tls_client_ops;

/* The head of every edo_tls_client, which is counted by edo_rc. */
typedef struct edoi_tls_client_head {
    const edoi_tls_client_ops *ops; /* const */
} edoi_tls_client_head;

EDOI_INLINE const edoi_tls_client_ops *edoi_tls_client_ops_of(const edo_tls_client *tls) {
    return ((const edoi_tls_client_head *)(const void *)tls)->ops;
}

/* What is called before there is a configuration. */
typedef struct edoi_tls_ops {
    /* For edo_once_get_or_load(): makes an edo_tls_client with the system's roots, which are read
     * on the blocking pool; that takes some ten ms. `arg` is not used. */
    int (*load_client)(void **out, void *arg);
} edoi_tls_ops;

/* Weak: NULL in a program without libedo-tls. */
EDO_API extern const edoi_tls_ops edoi_tls_library EDOI_WEAK;

#endif
