/* SPDX-License-Identifier: MIT */
/* protobuf_c.c: the benches of edo-bench-protobuf over protobuf-c. decode: into an allocator that
 * is an arena; heap: by malloc().
 *
 *     peer-protobuf-c BENCH FILE [-n N] */
#include "user.pb-c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char arena[65536];
static size_t used;

static void *arena_alloc(void *arg, size_t n) {
    (void)arg;
    void *memory = arena + used;
    used += (n + 15) / 16 * 16;
    return used <= sizeof arena ? memory : NULL;
}

static void arena_free(void *arg, void *memory) {
    (void)arg, (void)memory;
}

static double now_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv) {
    static uint8_t message[4096], out[4096];
    ProtobufCAllocator in_arena = { arena_alloc, arena_free, NULL };
    FILE *file = argc > 2 ? fopen(argv[2], "rb") : NULL;
    if (!file) return 3;
    const size_t bytes = fread(message, 1, sizeof message, file);
    (void)fclose(file);
    const char way = *argv[1];
    ProtobufCAllocator *allocator = way == 'd' ? &in_arena : NULL;
    Bench__User *user = bench__user__unpack(NULL, bytes, message);
    unsigned long n = argc > 4 ? strtoul(argv[4], NULL, 10) : 2000000, done = 0;
    const double start = now_ns();
    for (unsigned long i = 0; i < n; i++) {
        if (way == 'e') {
            done += bench__user__pack(user, out) == bytes;
            continue;
        }
        Bench__User *one = bench__user__unpack(allocator, bytes, message);
        done += one->n_tags == 5;
        if (way == 'h') bench__user__free_unpacked(one, NULL);
        used = 0;
    }
    printf(
        "{\"peer\":\"protobuf-c\",\"bench\":\"%s\",\"n\":%lu,\"ns_per_op\":%.2f,\"bytes\":%zu}\n",
        argv[1], n, (now_ns() - start) / (double)n, bytes);
    return done == n ? 0 : 1;
}
