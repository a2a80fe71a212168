/* SPDX-License-Identifier: MIT */
/* otlp/encode/labels.h: the labels of a series as attributes. Labels have no dots: a label for an
 * attribute of OpenTelemetry's conventions gets the attribute's name and type back. */
#ifndef EDOI_OTLP_ENCODE_LABELS_H
#define EDOI_OTLP_ENCODE_LABELS_H

#include "otlp/encode/wire.h"

/* Writes each as a field. `labels` is as the text of the registry has them: method="GET",n="1". */
void edoi_otlp_put_labels(edoi_otlp_out *out, uint32_t field, edo_str labels);

#endif
