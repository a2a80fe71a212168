/* SPDX-License-Identifier: MIT */
/* A program outside of the tree that links libedo-otlp: no collector is named, and it says so. */
#include <edo/otlp.h>
#include <edo/runtime.h>

#include <stdio.h>

static int root(void *arg) {
    edo_otlp *o = NULL;
    (void)arg;
    int err = edo_otlp_start(&o, &(edo_otlp_opts){ .ignore_env = true });
    bool is_off = err == 0 && !o;
    (void)edo_otlp_stop(o, edo_s(1));
    return puts(is_off ? "nothing is exported" : "a failure") < 0;
}

int main(void) {
    return edo_main(root, NULL);
}
