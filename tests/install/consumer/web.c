/* SPDX-License-Identifier: MIT */
/* A program of somebody else that links libedo-web beside libedo-http and libedo. */
#include <edo/web.h>

#include <stdio.h>

static int hello(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "hello");
}

int main(void) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", hello);
    int err = edo_router_build(r);
    edo_router_free(r);
    return err < 0 || puts("routes") < 0;
}
