/* SPDX-License-Identifier: MIT */
/* The peer of edo-bench-json on jansson, a tree: peer-jansson BENCH FILE [-n N]
 *
 * FILE has the text of the bench, as `edo-bench-json --text BENCH` prints it. A run of decode_X
 * makes a tree of the text, and a struct whose strings point into the tree; borrow_X is not
 * another. A run of encode_X makes a tree of the struct, and prints that to memory. */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct text {
    const char *ptr;
    size_t n;
} text;

typedef struct user {
    int64_t id;
    text name, email, tags[8], street, city, zip;
    size_t tags_n;
    double latitude, longitude;
    bool active;
} user;

/* What a bench reads; one of the kinds is used. */
typedef struct output {
    user *users;
    double *numbers;
    text *strings;
    size_t n;
} output;

static void *checked(void *made) {
    if (!made) abort();
    return made;
}

static text text_of(const json_t *v) {
    return (text){ checked((void *)(uintptr_t)json_string_value(v)), json_string_length(v) };
}

static void read_user(const json_t *v, user *u) {
    const json_t *tags = json_object_get(v, "tags"), *home = json_object_get(v, "home");
    u->id = json_integer_value(json_object_get(v, "id"));
    u->name = text_of(json_object_get(v, "name"));
    u->email = text_of(json_object_get(v, "email"));
    u->tags_n = json_array_size(tags);
    for (size_t i = 0; i < u->tags_n && i < 8; i++) u->tags[i] = text_of(json_array_get(tags, i));
    u->street = text_of(json_object_get(home, "street"));
    u->city = text_of(json_object_get(home, "city"));
    u->zip = text_of(json_object_get(home, "zip"));
    u->latitude = json_number_value(json_object_get(v, "latitude"));
    u->longitude = json_number_value(json_object_get(v, "longitude"));
    u->active = json_is_true(json_object_get(v, "active"));
}

/* Reads the tree of the bench to `out`, which has room. */
static void read_tree(const json_t *tree, char kind, output *out) {
    const json_t *items = json_object_get(tree, "items");
    if (kind == 's') {
        read_user(tree, out->users);
        out->n = 1;
        return;
    }
    out->n = json_array_size(items);
    for (size_t i = 0; i < out->n; i++) {
        const json_t *item = json_array_get(items, i);
        if (kind == 'a') read_user(item, &out->users[i]);
        if (kind == 'n') out->numbers[i] = json_number_value(item);
        if (kind == 't') out->strings[i] = text_of(item);
    }
}

static json_t *string_of(text t) {
    return checked(json_stringn(t.ptr, t.n)); // checks that it is UTF-8, as edo does
}

static json_t *tree_of_user(const user *u) {
    json_t *v = json_object(), *tags = json_array(), *home = json_object();
    for (size_t i = 0; i < u->tags_n; i++) json_array_append_new(tags, string_of(u->tags[i]));
    json_object_set_new(home, "street", string_of(u->street));
    json_object_set_new(home, "city", string_of(u->city));
    json_object_set_new(home, "zip", string_of(u->zip));
    json_object_set_new(v, "id", json_integer(u->id));
    json_object_set_new(v, "name", string_of(u->name));
    json_object_set_new(v, "email", string_of(u->email));
    json_object_set_new(v, "tags", tags);
    json_object_set_new(v, "home", home);
    json_object_set_new(v, "latitude", json_real(u->latitude));
    json_object_set_new(v, "longitude", json_real(u->longitude));
    json_object_set_new(v, "active", json_boolean(u->active));
    return v;
}

static json_t *tree_of(const output *out, char kind) {
    if (kind == 's') return tree_of_user(out->users);
    json_t *tree = json_object(), *items = json_array();
    for (size_t i = 0; i < out->n; i++)
        json_array_append_new(items, kind == 'a'   ? tree_of_user(&out->users[i])
                                     : kind == 'n' ? json_real(out->numbers[i])
                                                   : string_of(out->strings[i]));
    json_object_set_new(tree, "items", items);
    return tree;
}

static int drop(const char *buffer, size_t n, void *arg) {
    size_t *sum = (size_t *)arg;
    *sum += n + (unsigned char)*buffer;
    return 0;
}

static void decode(text t, char kind, output *out) {
    json_t *tree = checked(json_loadb(t.ptr, t.n, 0, NULL));
    read_tree(tree, kind, out);
    json_decref(tree);
}

static void encode(const output *out, char kind, size_t *sum) {
    json_t *tree = tree_of(out, kind);
    if (json_dump_callback(tree, drop, sum, JSON_COMPACT) < 0) abort();
    json_decref(tree);
}

static double now_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static text read_file(const char *name) {
    FILE *file = fopen(name, "rb");
    if (!file || fseek(file, 0, SEEK_END) < 0) abort();
    long n = ftell(file);
    char *memory = checked(malloc((size_t)n + 1));
    rewind(file);
    if (fread(memory, 1, (size_t)n, file) != (size_t)n) abort();
    (void)fclose(file);
    return (text){ memory, (size_t)n };
}

int main(int argc, char **argv) {
    const char *what = argc > 2 ? strchr(argv[1], '_') : NULL;
    bool encodes = what && strncmp(argv[1], "encode", 6) == 0;
    if (!what || (!encodes && strncmp(argv[1], "decode", 6) != 0)) return 3;
    const char kind = what[1];
    const size_t most = 100000;
    text t = read_file(argv[2]);
    uint64_t times = argc > 4 ? strtoull(argv[4], NULL, 10) : 50000000 / t.n;
    output out = { checked(malloc(1000 * sizeof *out.users)),
                   checked(malloc(most * sizeof *out.numbers)),
                   checked(malloc(most * sizeof *out.strings)), 0 };
    json_t *kept = checked(json_loadb(t.ptr, t.n, 0, NULL)); // the strings of encode_X
    read_tree(kept, kind, &out);
    double start = 0;
    size_t sum = 0;
    for (uint64_t i = 0; i < times + times / 10 + 1; i++) { // the first tenth to warm up
        if (i == times / 10 + 1) start = now_ns();
        if (encodes)
            encode(&out, kind, &sum);
        else
            decode(t, kind, &out);
    }
    double ns = now_ns() - start, n = (double)times * (double)out.n;
    printf("{\"peer\":\"jansson\",\"bench\":\"%s\",\"threads\":1,\"n\":%.0f,\"ns_per_op\":%.2f,"
           "\"bytes\":%zu,\"mb_per_s\":%.0f}\n",
           argv[1], n, ns / n, t.n, (double)t.n * (double)times * 1e3 / ns);
    json_decref(kept);
    free(out.users);
    free(out.numbers);
    free(out.strings);
    free((void *)(uintptr_t)t.ptr);
    return 0;
}
