/* SPDX-License-Identifier: MIT */
/* service/layers/rate_window.h: edo_rate_layer() by fixed windows: a number of calls in each. */
#ifndef EDOI_SERVICE_LAYERS_RATE_WINDOW_H
#define EDOI_SERVICE_LAYERS_RATE_WINDOW_H

#include <edo/layers.h>

/* Puts the layer around `inner`. `opts` are checked but for `limit`. Errors: -EINVAL; -ENOMEM. */
EDO_MUST_USE int edoi_rate_window_wrap(edo_service **out, edo_service *inner,
                                       const edo_rate_opts *opts);

#endif
