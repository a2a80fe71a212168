/* SPDX-License-Identifier: MIT */
/* no_tls.c: see tls.h; without OpenSSL all comes in clear text. */
#include "tls.h"

#include "options.h"

#include <edo/error.h>

#include <errno.h>
#include <stddef.h>

int tls_open(struct edo_tls_server **out, const options *o, const char *alpn) {
    (void)alpn;
    *out = NULL;
    if (!o->tls_cert && !o->tls_key && !o->tcp_tls) return 0;
    return edo_fail(-ENOTSUP, "this edo-chat was built without TLS");
}

void tls_close(struct edo_tls_server *tls) {
    (void)tls;
}

int tls_accept(edo_stream **peer, struct edo_tls_server *tls) {
    (void)peer, (void)tls;
    return -ENOTSUP;
}

int tls_connect(edo_stream **out, const char *address, const edo_tcp_opts *tcp, const char *ca) {
    (void)out, (void)address, (void)tcp, (void)ca;
    return edo_fail(-ENOTSUP, "this edo-chat was built without TLS");
}

int tls_renew(void *tls) {
    (void)tls;
    return -ENOTSUP;
}
