/* SPDX-License-Identifier: MIT */
/* value/pattern.h: the patterns of edo_field.pattern. */
#ifndef EDOI_VALUE_PATTERN_H
#define EDOI_VALUE_PATTERN_H

#include <edo/bytes.h>

/* Does the whole text match? Of a pattern that is none, or too long, no text does. */
bool edoi_pattern_matches(const char *pattern, edo_str text);

#endif
