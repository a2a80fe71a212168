/* SPDX-License-Identifier: MIT */
/* web/layers/fields.h: the fields that keep browsers from doing harm, for the layer and for what
 * edo_web_serve() guards by itself. */
#ifndef EDOI_WEB_LAYERS_FIELDS_H
#define EDOI_WEB_LAYERS_FIELDS_H

#include <edo/web_layers.h>

typedef struct edoi_security {
    edo_security_headers_opts opts; /* with defaults filled in */
    char hsts[48];                  /* "": none */
} edoi_security;

/* Returns 0, or -EINVAL with a trail that names `whose` options they are. */
int edoi_security_init(edoi_security *self, const edo_security_headers_opts *opts,
                       const char *whose);

/* Sets each field unless it is there. Returns 0 or a code. */
int edoi_security_set(const edoi_security *self, edo_response *res);

#endif
