/* SPDX-License-Identifier: MIT */
/* assets.h: the files of the page, which are parts of the program: those of page/assets. The
 * table is made from them by cmake/embed.cmake. */
#ifndef CHAT_ASSETS_H
#define CHAT_ASSETS_H

#include <edo/web_static.h>

extern const edo_asset assets[];
extern const size_t assets_n;

#endif
