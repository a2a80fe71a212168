/* SPDX-License-Identifier: MIT */
/* tls.c: a server's TLS out of two files. */
#include "options.h"

#include <edo/blocking.h>
#include <edo/tls.h>

/* What the blocking pool makes: it reads files. */
typedef struct tls_made {
    const options *o;
    edo_tls_server *tls;
} tls_made;

static int tls_make(void *arg) {
    tls_made *m = arg;
    return edo_tls_server_new(
        &m->tls, &(edo_tls_server_opts){ .cert = m->o->cert, .key = m->o->key, .alpn = "h2" });
}

int options_tls(struct edo_tls_server **out, const options *self) {
    tls_made m = { .o = self };
    int err = self->use_tls ? edo_blocking(tls_make, &m) : 0;
    *out = m.tls;
    return err;
}

void options_tls_end(struct edo_tls_server *tls) {
    edo_tls_server_unref(tls);
}
