/* SPDX-License-Identifier: MIT */
/* otlp/settings/pairs.h: lists of the form "name=value,name=value", with percent-encoded values, as headers
 * and attributes of the resource have it (W3C Baggage, without properties). */
#ifndef EDOI_OTLP_SETTINGS_PAIRS_H
#define EDOI_OTLP_SETTINGS_PAIRS_H

#include <edo/bytes.h>

/* Is called with each pair; anything but 0 ends that and is returned. Both texts are borrowed for
 * the call. */
typedef int edoi_otlp_pair_fn(void *arg, edo_str name, edo_str value);

/* Errors: -EINVAL: it has not that form; those before were told. -ENOMEM; what `fn` returns. */
EDO_MUST_USE int edoi_otlp_pairs(edo_str list, edoi_otlp_pair_fn *fn, void *arg);

#endif
