/* SPDX-License-Identifier: MIT */
/* net/addr/unix_addr.h: converts Unix addresses from and to the text behind "unix:". */
#ifndef EDOI_NET_ADDR_UNIX_ADDR_H
#define EDOI_NET_ADDR_UNIX_ADDR_H

#include <edo/net.h>

/* As edo_addr_parse(); `text` is the part behind "unix:". */
int edoi_unix_addr_parse(edo_addr *out, const char *text);

/* As edo_addr_print(), with the "unix:". */
int edoi_unix_addr_print(const edo_addr *addr, char *text, size_t text_bytes);

#endif
