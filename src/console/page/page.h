/* SPDX-License-Identifier: MIT */
/* console/page/page.h: the file of the page, which cmake/console_page.cmake makes of assets/. */
#ifndef EDOI_CONSOLE_PAGE_PAGE_H
#define EDOI_CONSOLE_PAGE_PAGE_H

#include <stddef.h>

extern const unsigned char edoi_console_page[];
extern const size_t edoi_console_page_n; /* its bytes */

/* Content-Security-Policy: its style and its script by their hashes, its own origin for what it
 * asks for, and nothing else. */
extern const char edoi_console_policy[];

#endif
