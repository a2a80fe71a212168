/* SPDX-License-Identifier: MIT */
/* Question: what does JSON cost, from text to a described struct and back?
 * Guards: one pass without a tree, the guess of the next name, SIMD for text, exact numbers.
 *
 *     edo-bench-json BENCH [-n N]     one line of JSON as edo-bench prints; --list names the benches
 *     edo-bench-json --text BENCH     the text of that bench, for the peers in bench/peers/json
 *
 * The objects have 305 bytes with an id, name, email, five tags, an
 * address, two doubles and a bool; an array of 1,000 of them; 100,000 numbers, of which half are
 * integers; and about 1 MiB of strings with escapes and UTF-8. */
#include <edo/json.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct address {
    edo_str street, city, zip;
} address;
EDO_DESCRIBE(address, EDO_FIELD(address, street), EDO_FIELD(address, city), EDO_FIELD(address, zip))

typedef struct user {
    int64_t id;
    edo_str name, email;
    edo_str *tags;
    size_t tags_n;
    address home;
    double latitude, longitude;
    bool active;
} user;
EDO_DESCRIBE(user, EDO_FIELD(user, id), EDO_FIELD(user, name), EDO_FIELD(user, email),
             EDO_FIELD_LIST(user, tags, tags_n), EDO_FIELD_OF(user, home, address_desc),
             EDO_FIELD(user, latitude), EDO_FIELD(user, longitude), EDO_FIELD(user, active))

typedef struct users {
    user *items;
    size_t n;
} users;
EDO_DESCRIBE(users, EDO_FIELD_LIST_OF(users, items, n, user_desc))

typedef struct numbers {
    double *items;
    size_t n;
} numbers;
EDO_DESCRIBE(numbers, EDO_FIELD_LIST(numbers, items, n))

typedef struct strings {
    edo_str *items;
    size_t n;
} strings;
EDO_DESCRIBE(strings, EDO_FIELD_LIST(strings, items, n))

/* The texts of one kind, and how many things one of them has. */
typedef struct input {
    edo_buf text;
    const edo_desc *desc;
    uint64_t things;
} input;

static void must(int err) {
    if (err >= 0) return;
    edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    exit(1);
}

static void add(edo_buf *b, const char *text) {
    must(edo_buf_append(b, text, strlen(text)));
}

static void add_user(edo_buf *b, int i) {
    char text[512];
    (void)snprintf(
        text, sizeof text,
        "{\"id\":%d,\"name\":\"Grace Brewster Murray Hopper\",\"email\":"
        "\"grace.hopper@navy.example.org\",\"tags\":[\"admiral\",\"compiler\",\"cobol\","
        "\"mathematics\",\"harvard-mark-1\"],\"home\":{\"street\":\"1906 Nanosecond Avenue\","
        "\"city\":\"New York City\",\"zip\":\"10001-1906\"},\"latitude\":40.712776,"
        "\"longitude\":-74.005974,\"active\":true}",
        900719925 + i);
    add(b, text);
}

static void fill(input *in, char kind) {
    static const char *const parts[] = { "plain words and more of them ",
                                         "\\n\\\"quoted\\\" ",
                                         "\xc3\xa9t\xc3\xa9 ",
                                         "\xe6\x97\xa5\xe6\x9c\xac ",
                                         "\\u00e9 ",
                                         "a longer run of plain text without any " };
    uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);
    int n = kind == 'a' ? 1000 : kind == 'n' ? 100000 : 10910;
    in->things = kind == 's' ? 1 : (uint64_t)n;
    in->desc = kind == 's'   ? &user_desc
               : kind == 'a' ? &users_desc
               : kind == 'n' ? &numbers_desc
                             : &strings_desc;
    if (kind == 's') {
        add_user(&in->text, 1);
        return;
    }
    add(&in->text, "{\"items\":[");
    for (int i = 0; i < n; i++) {
        char text[64];
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        if (i > 0) add(&in->text, ",");
        if (kind == 'a') add_user(&in->text, i);
        if (kind == 'n') {
            double d = (double)(seed >> 11) / 9007199254740992.0 * 1000;
            (void)snprintf(text, sizeof text, i % 2 ? "%.17g" : "%.0f", i % 2 ? d : d * 1e9);
            add(&in->text, text);
        }
        if (kind == 't') {
            add(&in->text, "\"");
            for (int k = 0; k < 5; k++) add(&in->text, parts[(seed >> 8 * k) % EDO_COUNT(parts)]);
            add(&in->text, "\"");
        }
    }
    add(&in->text, "]}");
}

static double now_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void decode(const input *in, uint64_t n, bool borrows) {
    union {
        user small;
        users array;
    } out;
    edo_arena arena = { .chunk_bytes = (size_t)8 << 20 };
    const edo_json_opts opts = { .arena = &arena, .borrows = borrows };
    const edo_str text = { in->text.ptr, in->text.len };
    for (uint64_t i = 0; i < n; i++) {
        must(edo_json_decode_with(&out, in->desc, text, &opts));
        edo_arena_reset(&arena);
    }
    edo_arena_deinit(&arena);
}

static void encode(const input *in, uint64_t n) {
    union {
        user small;
        users array;
    } out;
    edo_buf text = { 0 };
    must(edo_json_decode(&out, in->desc, (edo_str){ in->text.ptr, in->text.len }));
    for (uint64_t i = 0; i < n; i++) {
        text.len = 0;
        must(edo_json_encode(&text, &out, in->desc));
    }
    edo_value_deinit(&out, in->desc);
    edo_buf_deinit(&text);
}

int main(int argc, char **argv) {
    static const char *const names[] = { "small", "array", "numbers", "text" };
    char way[16] = "", what[16] = "";
    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < EDO_COUNT(names); i++)
            printf("decode_%s\nborrow_%s\nencode_%s\n", names[i], names[i], names[i]);
        return 0;
    }
    bool wants_text = argc > 2 && strcmp(argv[1], "--text") == 0;
    if (argc < 2 || sscanf(argv[wants_text ? 2 : 1], "%15[a-z]_%15[a-z]", way, what) != 2) return 3;
    uint64_t n = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
    input in = { { 0 }, NULL, 0 };
    fill(&in, *what);
    if (wants_text) {
        (void)fwrite(in.text.ptr, 1, in.text.len, stdout);
        edo_buf_deinit(&in.text);
        return 0;
    }
    if (n == 0) n = 200000000 / in.text.len;
    for (int run = 0; run < 2; run++) { // the first to warm up
        uint64_t times = run ? n : n / 10 + 1;
        double start = now_ns();
        if (*way == 'e')
            encode(&in, times);
        else
            decode(&in, times, *way == 'b');
        double ns = now_ns() - start;
        if (run)
            printf("{\"peer\":\"edo\",\"bench\":\"%s\",\"threads\":1,\"n\":%llu,\"ns_per_op\":%.2f,"
                   "\"bytes\":%zu,\"mb_per_s\":%.0f}\n",
                   argv[1], (unsigned long long)times * in.things, ns / (double)(times * in.things),
                   in.text.len, (double)in.text.len * (double)times * 1e3 / ns);
    }
    edo_buf_deinit(&in.text);
    return 0;
}
