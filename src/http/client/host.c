/* SPDX-License-Identifier: MIT */
/* http/client/host.c: see host.h. */
#include "http/client/host.h"

#include <string.h>

const char *edoi_client_host_of(char host[EDOI_CLIENT_HOST_BYTES], const char *addr) {
    size_t n = strlen(addr);
    if (n >= EDOI_CLIENT_HOST_BYTES) return NULL;
    if (n > 3 && strcmp(addr + n - 3, ":80") == 0) n -= 3;
    memcpy(host, addr, n);
    host[n] = 0;
    return host;
}
