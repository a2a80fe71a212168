/* SPDX-License-Identifier: MIT */
/* tests/grpc/grpc_peer.c: see grpc_peer.h. */
#include "grpc_peer.h"

void put_message(bytes *b, const char *text) {
    size_t n = strlen(text);
    CHECK(n < 128 && b->n + n + 7 <= sizeof b->at);
    char *to = b->at + b->n;
    memcpy(to, "\0\0\0\0", 4);
    to[4] = (char)(n + 2);
    to[5] = '\n'; // field 1, bytes
    to[6] = (char)n;
    memcpy(to + 7, text, n);
    b->n += n + 7;
}

h2_answer *grpc_ask_with(h2_peer *p, const char *path, const char *fields, const bytes *b,
                         bool holds) {
    char all[1024];
    (void)snprintf(all, sizeof all, "%s%s", GRPC_FIELDS, fields ? fields : "");
    h2_answer *a = h2_post(p, path, all, b->at, b->n, holds);
    h2_send(p); // the names are of this function
    return a;
}

h2_answer *grpc_ask(h2_peer *p, const char *path, const char *fields, const char *text) {
    bytes b = { .n = 0 };
    put_message(&b, text);
    h2_answer *a = grpc_ask_with(p, path, fields, &b, false);
    CHECK_EQ(a->up_n, 0); // the bytes were sent
    return a;
}

bool has_status(const h2_answer *a, int status) {
    char line[32];
    (void)snprintf(line, sizeof line, "grpc-status: %d\n", status);
    return a->status == 200 && a->ended && h2_has(a, line);
}

bool has_message(const h2_answer *a, const char *text) {
    bytes b = { .n = 0 };
    put_message(&b, text);
    return a->body_n == b.n && memcmp(a->body, b.at, b.n) == 0;
}
