/* SPDX-License-Identifier: MIT */
/* ares/sources.h: where the system looks for hosts, by nsswitch.conf(5). */
#ifndef EDOI_ARES_SOURCES_H
#define EDOI_ARES_SOURCES_H

#include <edo/compiler.h>

/* Writes the sources in their order as c-ares wants them, "fb" for "files dns", to `out`; "" if there
 * are others, or none. A file without a line for hosts means "fb". Errors: of open(2); -ENOMEM. */
EDO_MUST_USE int edoi_ares_sources(char out[3], const char *path);

#endif
