/* SPDX-License-Identifier: MIT */
/* Question: what does a protobuf message cost, to a described struct and back?
 * Guards: one pass without a tree, the guess of the next field, one copy of all texts, writing from
 * the end without measuring first.
 *
 *     edo-bench-protobuf BENCH [-n N]   one line of JSON as edo-bench prints; --list names the benches
 *     edo-bench-protobuf --text BENCH   the message, for the peers in bench/peers/protobuf
 *
 * The message has 294 bytes: id, name, email, five tags, an address, two doubles, a bool, eight
 * small numbers, and two more addresses. decode copies into an arena, borrow points into the
 * message. */
#include <edo/protobuf.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct address {
    edo_str street, city, zip;
    edo_str unknown;
} address;
EDO_DESCRIBE(address, EDO_FIELD(address, street, .number = 1, .optional = true),
             EDO_FIELD(address, city, .number = 2, .optional = true),
             EDO_FIELD(address, zip, .number = 3, .optional = true),
             EDO_FIELD(address, unknown, .wire = EDO_WIRE_REST, .skip = true))

typedef struct user {
    int64_t id;
    edo_str name, email;
    edo_str *tags;
    size_t tags_n;
    address *home;
    double latitude, longitude;
    bool active;
    int32_t *scores;
    size_t scores_n;
    address *others;
    size_t others_n;
    edo_str unknown;
} user;
EDO_DESCRIBE(user, EDO_FIELD(user, id, .number = 1, .optional = true),
             EDO_FIELD(user, name, .number = 2, .optional = true),
             EDO_FIELD(user, email, .number = 3, .optional = true),
             EDO_FIELD_LIST(user, tags, tags_n, .number = 4, .optional = true),
             EDO_FIELD_PTR_OF(user, home, address_desc, .number = 5, .optional = true),
             EDO_FIELD(user, latitude, .number = 6, .optional = true),
             EDO_FIELD(user, longitude, .number = 7, .optional = true),
             EDO_FIELD(user, active, .number = 8, .optional = true),
             EDO_FIELD_LIST(user, scores, scores_n, .number = 9, .optional = true),
             EDO_FIELD_LIST_OF(user, others, others_n, address_desc, .number = 10,
                               .optional = true),
             EDO_FIELD(user, unknown, .wire = EDO_WIRE_REST, .skip = true))

static edo_str tags[] = { { "admiral", 7 },
                          { "compiler", 8 },
                          { "cobol", 5 },
                          { "mathematics", 11 },
                          { "harvard-mark-1", 14 } };
static address home = { .street = { "1906 Nanosecond Avenue", 22 },
                        .city = { "New York City", 13 },
                        .zip = { "10001-1906", 10 } };
static address others[] = {
    { .street = { "Vassar College, Raymond St", 26 },
      .city = { "Poughkeepsie", 12 },
      .zip = { "12604", 5 } },
    { .street = { "Yale University", 15 }, .city = { "New Haven", 9 }, .zip = { "06520", 5 } },
};
static int32_t scores[] = { 3, 14, 15, 92, 65, 35, 89, 1944 };
static const user grace = { .id = 900719925,
                            .name = { "Grace Brewster Murray Hopper", 28 },
                            .email = { "grace.hopper@navy.example.org", 29 },
                            .tags = tags,
                            .tags_n = EDO_COUNT(tags),
                            .home = &home,
                            .latitude = 40.712776,
                            .longitude = -74.005974,
                            .active = true,
                            .scores = scores,
                            .scores_n = EDO_COUNT(scores),
                            .others = others,
                            .others_n = EDO_COUNT(others) };

static void must(int err) {
    if (err >= 0) return;
    edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    exit(1);
}

static double now_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void decode(edo_str message, uint64_t n, bool borrows) {
    edo_arena arena = { 0 };
    const edo_protobuf_opts opts = { .borrows = borrows };
    user out;
    for (uint64_t i = 0; i < n; i++) {
        must(edo_protobuf_decode_with(&out, &user_desc, message, &arena, &opts));
        edo_arena_reset(&arena);
    }
    edo_arena_deinit(&arena);
}

static void encode(uint64_t n) {
    edo_buf out = { 0 };
    for (uint64_t i = 0; i < n; i++) {
        out.len = 0;
        must(edo_protobuf_encode(&out, &grace, &user_desc));
    }
    edo_buf_deinit(&out);
}

int main(int argc, char **argv) {
    edo_buf message = { 0 };
    must(edo_protobuf_encode(&message, &grace, &user_desc));
    const edo_str text = { message.ptr, message.len };
    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        puts("decode\nborrow\nencode");
    } else if (argc > 2 && strcmp(argv[1], "--text") == 0) {
        (void)fwrite(text.ptr, 1, text.len, stdout);
    } else if (argc > 1) {
        const uint64_t n = argc > 3 ? strtoull(argv[3], NULL, 10) : 2000000;
        double ns = 0;
        for (int run = 0; run < 2; run++) { // the first to warm up
            const uint64_t times = run ? n : n / 10 + 1;
            const double start = now_ns();
            if (*argv[1] == 'e')
                encode(times);
            else
                decode(text, times, *argv[1] == 'b');
            ns = (now_ns() - start) / (double)times;
        }
        printf("{\"peer\":\"edo\",\"bench\":\"%s\",\"threads\":1,\"n\":%llu,\"ns_per_op\":%.2f,"
               "\"bytes\":%zu}\n",
               argv[1], (unsigned long long)n, ns, text.len);
    }
    edo_buf_deinit(&message);
    return argc < 2 ? 3 : 0;
}
