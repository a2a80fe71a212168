/* SPDX-License-Identifier: MIT */
/* A program outside of the tree that links libedo-console: nobody wants it to listen, and it says
 * so. */
#include <edo/console.h>

#include <stdio.h>

int main(void) {
    edo_addr addr;
    int err = edo_console_start(&(edo_console_opts){ .ignore_env = true });
    bool is_off = err == 0 && edo_console_addr(&addr) < 0;
    edo_console_stop();
    return puts(is_off ? "nothing listens" : "a failure") < 0;
}
