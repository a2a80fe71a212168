/* SPDX-License-Identifier: MIT */
/* no_tls.c: stands for tls.c in a build without libedo-tls. */
#include "options.h"

#include <edo/error.h>

#include <errno.h>

int options_tls(struct edo_tls_client **out, const options *self) {
    *out = NULL;
    bool is_wanted = self->no_verify || self->ca || self->cert;
    return is_wanted ? edo_fail(-ENOTSUP, "this build has no TLS") : 0;
}
