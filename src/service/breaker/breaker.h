/* SPDX-License-Identifier: MIT */
/* service/breaker/breaker.h: what the layer asks of a breaker. */
#ifndef EDOI_SERVICE_BREAKER_BREAKER_H
#define EDOI_SERVICE_BREAKER_BREAKER_H

#include <edo/breaker.h>
#include <edo/service.h>

/* Would a call be refused now? For ready, which then does not wait for the inner service. */
EDO_MUST_USE bool edoi_breaker_is_shut(edo_breaker *b);

/* Refuses a call that was told so in ready; returns -EDO_ECIRCUITOPEN with its line. */
EDO_MUST_USE int edoi_breaker_refuse(edo_breaker *b);

/* Adds the line to a refusal by edo_breaker_begin(), and returns its code. */
EDO_MUST_USE int edoi_breaker_tell(const edo_breaker *b, edo_duration left);

/* The service of a layer, `made`, is for what the breaker's function looks into: as
 * edoi_kind_by(). */
EDO_MUST_USE int edoi_breaker_take_kind(const edo_breaker *b, edo_service *made);

/* What the result of a call says. */
EDO_MUST_USE edo_call_outcome edoi_breaker_judge(const edo_breaker *b, const void *request,
                                                 const void *response, int result);

#endif
