/* SPDX-License-Identifier: MIT */
/* web/layers/layer.h: what layers of routers share. */
#ifndef EDOI_WEB_LAYERS_LAYER_H
#define EDOI_WEB_LAYERS_LAYER_H

#include <edo/web.h>

/* Adds a name to the response's `Vary`, unless it is there, or "*" is. */
int edoi_vary(edo_headers *h, edo_str name);

#endif
