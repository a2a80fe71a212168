/* SPDX-License-Identifier: MIT */
/* no_tls.c: in place of tls.c in a build without libedo-tls. */
#include "options.h"

#include <edo/error.h>

int options_tls(struct edo_tls_client **out, const options *self) {
    *out = NULL;
    return self->plaintext ? 0 : edo_fail(-ENOTSUP, "this build has no TLS: -plaintext");
}

void options_tls_end(struct edo_tls_client *tls) {
    (void)tls;
}
