/* SPDX-License-Identifier: MIT */
/* fault.c: see fault.h. */
#include "fault.h"

#include <edo/error.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TEXT_BYTES 2048 /* of a trail: of 8 lines at most, each cut to 160 bytes */

const char *fault_of_address(int err) {
    switch (err) {
    case -EINVAL: return "HOST:PORT is wanted, with a port up to 65535";
    case -EADDRINUSE: return "the address is in use";
    case -EADDRNOTAVAIL: return "this machine does not have the address";
    case -ENOENT: return "there is no such host";
    case -EACCES: return "this user may not";
    case -EDO_EEOF: return "the connection was closed before the server had greeted";
    default: return edo_strerror(err);
    }
}

void fault_print(int err) {
    char text[TEXT_BYTES], code[256];
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
    (void)snprintf(code, sizeof code, ": %s (", edo_strerror(err));
    char *end = NULL;
    for (char *at = text; (at = strstr(at, code)); at++) end = at;
    if (end) *end = '\0'; // else there is no trail
    fprintf(stderr, "edo-chat: %s\n", text);
}
