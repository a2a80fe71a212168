/* SPDX-License-Identifier: MIT */
/* no_carrier.c: in the place of carrier.c where hiredis was not found. */
#include "node/carrier.h"

#include <edo/error.h>

#include <errno.h>

int carrier_open(carrier **out, const char *url, directory *in, question *asks) {
    (void)out, (void)url, (void)in, (void)asks;
    return edo_fail(-ENOTSUP, "--redis: this program was built without Redis");
}

int carrier_run(void *arg) {
    (void)arg;
    return -ENOTSUP;
}

void carrier_close(carrier *self) {
    (void)self;
}

int carrier_check(carrier *self) {
    (void)self;
    return 0;
}

bool carrier_carries(const carrier *self) {
    (void)self;
    return false;
}

uint64_t carrier_published_n(const carrier *self) {
    (void)self;
    return 0;
}

uint64_t carrier_heard_n(const carrier *self) {
    (void)self;
    return 0;
}

uint64_t carrier_contradicted_n(const carrier *self) {
    (void)self;
    return 0;
}

uint64_t carrier_unpublished_n(const carrier *self) {
    (void)self;
    return 0;
}

size_t carrier_unnamed_n(const carrier *self) {
    (void)self;
    return 0;
}
