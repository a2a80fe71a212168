/* SPDX-License-Identifier: MIT */
/* console/settings/access.h: whom a console is open to: addresses that reach this machine alone,
 * and texts that can be a token. */
#ifndef EDOI_CONSOLE_SETTINGS_ACCESS_H
#define EDOI_CONSOLE_SETTINGS_ACCESS_H

#include <edo/net.h>

/* Is it one of 127.0.0.0/8, also mapped into IPv6, or ::1? */
bool edoi_is_loopback(const edo_addr *addr);

/* Is "unix:" and what follows a name without a file? A file has permissions; a name of the abstract
 * space is open to all users of the machine. */
bool edoi_is_abstract(const char *bind);

/* Has it EDO_CONSOLE_TOKEN_MAX bytes at most, and can a field `Authorization` have it (RFC 6750
 * section 2.1)? */
bool edoi_is_token(const char *text);

#endif
