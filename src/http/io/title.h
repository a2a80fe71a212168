/* SPDX-License-Identifier: MIT */
/* http/io/title.h: names of fields for peers that want capitals. */
#ifndef EDOI_HTTP_IO_TITLE_H
#define EDOI_HTTP_IO_TITLE_H

#include <edo/base.h>

/* Puts the names of the fields from `head` to `end` into title case: "content-type" becomes
 * "Content-Type". The first line is none of a field. A name that has a capital was kept as its
 * sender wrote it, and stays. */
void edoi_title_case(char *head, const char *end);

#endif
