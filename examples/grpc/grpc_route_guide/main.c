/* SPDX-License-Identifier: MIT */
/* grpc_route_guide: the service of gRPC's tutorial, which knows what stands where, and a client of
 * it: a method of each kind.
 *
 *     grpc_route_guide serve 127.0.0.1:50051 features.json
 *     grpc_route_guide visit 127.0.0.1:50051 */
#include "guide.h"

#include <stdio.h>
#include <string.h>

static int serve(void *arg) {
    char **words = arg;
    map m = { .all = { .feature_n = 0 } };
    int err = map_read(&m, words[3]);
    if (err == 0) err = guide_serve(&m, words[2]);
    map_end(&m);
    return err;
}

static int visit(void *arg) {
    char **words = arg;
    return guide_visit(words[2]);
}

int main(int argc, char **argv) {
    if (argc == 4 && strcmp(argv[1], "serve") == 0) return edo_main(serve, argv);
    if (argc == 3 && strcmp(argv[1], "visit") == 0) return edo_main(visit, argv);
    (void)fputs("usage: grpc_route_guide serve ADDRESS:PORT FEATURES\n"
                "       grpc_route_guide visit TARGET\n",
                stderr);
    return 2;
}
