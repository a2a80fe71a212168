/* SPDX-License-Identifier: MIT */
/* console/settings/access.c: see access.h. */
#include "console/settings/access.h"

#include <edo/console_page.h>

#include <string.h>

bool edoi_is_loopback(const edo_addr *addr) {
    static const char *const ranges[] = { "127.0.0.0/8", "::1" };
    for (size_t i = 0; i < EDO_COUNT(ranges); i++) {
        edo_addr_range range;
        if (edo_addr_range_parse(&range, ranges[i]) == 0 && edo_addr_range_has(&range, addr))
            return true;
    }
    return false;
}

bool edoi_is_abstract(const char *bind) {
    const char first = bind[strlen("unix:")];
    return first == '@' || first == '\0';
}

bool edoi_is_token(const char *text) {
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                              "-._~+/=";
    const size_t n = strspn(text, set);
    return n > 0 && n <= EDO_CONSOLE_TOKEN_MAX && text[n] == '\0';
}
