/* SPDX-License-Identifier: MIT */
/* otlp/settings/resource.h: who exports (opentelemetry/proto/resource/v1, Resource). */
#ifndef EDOI_OTLP_SETTINGS_RESOURCE_H
#define EDOI_OTLP_SETTINGS_RESOURCE_H

#include <edo/otlp.h>

/* Writes the message, behind what `out` has: by the environment, the options, and what the process
 * is. Errors: -ENOMEM; -EINVAL: `attributes` of the options. */
EDO_MUST_USE int edoi_otlp_resource(edo_buf *out, const edo_otlp_opts *o);

#endif
