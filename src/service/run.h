/* SPDX-License-Identifier: MIT */
/* service/run.h: a service within another call, for the libraries on top. */
#ifndef EDOI_SERVICE_RUN_H
#define EDOI_SERVICE_RUN_H

#include <edo/service.h>

/* edo_service_oneshot() without its look at limits: what `self` awaits sees them. A handler whose
 * request is cut short runs all the same, so that it can respond. */
EDO_MUST_USE EDO_API int edoi_service_run(edo_service *self, void *request, void *response);

#endif
