/* SPDX-License-Identifier: MIT */
/* tls.c: a client's TLS, with the roots of a file or of the system. */
#include "options.h"

#include <edo/blocking.h>
#include <edo/tls.h>

/* What the blocking pool makes: it reads files. */
typedef struct tls_client_made {
    const options *o;
    edo_tls_client *tls;
} tls_client_made;

static int tls_client_make(void *arg) {
    tls_client_made *m = arg;
    const char *roots = m->o->use_test_ca ? m->o->ca : NULL;
    return edo_tls_client_new(&m->tls, &(edo_tls_client_opts){ .roots = roots, .alpn = "h2" });
}

int options_tls(struct edo_tls_client **out, const options *self) {
    tls_client_made m = { .o = self };
    int err = self->use_tls ? edo_blocking(tls_client_make, &m) : 0;
    *out = m.tls;
    return err;
}

void options_tls_end(struct edo_tls_client *tls) {
    edo_tls_client_unref(tls);
}
