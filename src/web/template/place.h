/* SPDX-License-Identifier: MIT */
/* web/template/place.h: what a place in HTML takes. */
#ifndef EDOI_WEB_TEMPLATE_PLACE_H
#define EDOI_WEB_TEMPLATE_PLACE_H

#include "web/template/html.h"
#include "web/template/template.h"

/* How is a value of `field`, that the template wants as `*kind`, written at the place `h`, so that
 * it stays one there? Returns NULL; or why it is refused. */
EDO_MUST_USE const char *edoi_template_place(const edoi_html *h, const edo_field *field,
                                             uint8_t *kind);

#endif
