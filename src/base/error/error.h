/* SPDX-License-Identifier: MIT */
/* base/error/error.h: the names of codes, for reports that print a code without a name as a
 * number. */
#ifndef EDOI_BASE_ERROR_ERROR_H
#define EDOI_BASE_ERROR_ERROR_H

#include <edo/error.h>

/* As edo_error_name(), but NULL for 0 and for an unknown code. */
const char *edoi_error_name(int code);

#endif
