/* SPDX-License-Identifier: MIT */
/* tls.c: what the options say of TLS. */
#include "options.h"

#include <edo/blocking.h>
#include <edo/tls.h>

/* What the blocking pool makes: it reads files. */
typedef struct tls_made {
    const options *o;
    edo_tls_client *tls;
} tls_made;

static int tls_made_make(void *arg) {
    tls_made *m = arg;
    const options *o = m->o;
    return edo_tls_client_new(&m->tls,
                              &(edo_tls_client_opts){ .roots = o->ca,
                                                      .cert = o->cert,
                                                      .key = o->key,
                                                      .alpn = "h2",
                                                      .dangerous_no_verify = o->insecure });
}

int options_tls(struct edo_tls_client **out, const options *self) {
    tls_made m = { .o = self };
    int err = self->plaintext ? 0 : edo_blocking(tls_made_make, &m);
    *out = m.tls;
    return err;
}

void options_tls_end(struct edo_tls_client *tls) {
    edo_tls_client_unref(tls);
}
