/* SPDX-License-Identifier: MIT */
/* net/raw_socket.c: see raw_socket.h. */
#include "net/raw_socket.h"

#include <stdlib.h>
#include <string.h>

bool edoi_calls_go_through_libc;

__attribute__((constructor)) static void read_environment(void) {
    const char *text = getenv("EDO_LIBC_CALLS");
    edoi_calls_go_through_libc = text && strcmp(text, "1") == 0;
}

void edoi_calls_see_libc(void) {
    edoi_calls_go_through_libc = true;
}
