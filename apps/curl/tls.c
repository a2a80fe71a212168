/* SPDX-License-Identifier: MIT */
/* tls.c: what the options say of TLS. */
#include "options.h"

#include <edo/blocking.h>
#include <edo/tls.h>

/* What the blocking pool makes: it reads files. */
typedef struct made {
    const options *o;
    edo_tls_client *tls;
} made;

static int make(void *arg) {
    made *m = arg;
    const options *o = m->o;
    const edo_tls_client_opts opts = { .roots = o->ca,
                                       .cert = o->cert,
                                       .key = o->key ? o->key : o->cert,
                                       .dangerous_no_verify = o->no_verify };
    return edo_tls_client_new(&m->tls, &opts);
}

int options_tls(edo_tls_client **out, const options *self) {
    made m = { .o = self };
    *out = NULL;
    if (!self->ca && !self->cert && !self->no_verify) return 0; // the client's own, if it is needed
    int err = edo_blocking(make, &m);
    *out = m.tls;
    return err;
}
