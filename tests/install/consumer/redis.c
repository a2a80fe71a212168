/* SPDX-License-Identifier: MIT */
/* A program outside of the tree that links libedo-redis: no server is asked, and it says so. */
#include <edo/error.h>
#include <edo/redis.h>
#include <edo/runtime.h>

#include <stdio.h>

static int root(void *arg) {
    edo_redis *r;
    (void)arg;
    int err = edo_redis_connect(&r, EDO_STR("redis://127.0.0.1:1"), NULL);
    if (err == 0) edo_redis_close(r);
    return puts(edo_error_name(err)) < 0;
}

int main(void) {
    return edo_main(root, NULL);
}
