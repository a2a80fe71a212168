/* SPDX-License-Identifier: MIT */
/* fuzz/driver.c: runs a fuzz target where libFuzzer is not there: on each of its seeds and each
 * file of its corpus, and on many random changes of them. No coverage guides it; the corpus has
 * what libFuzzer found to take new ways (docs/design/fuzzing.md).
 *
 *     fuzz-codec_lines               20,000 inputs, the same each time; EDO_TEST_SEED: others
 *     EDO_FUZZ_S=60 fuzz-codec_lines   a minute of them
 *     fuzz-codec_lines FILE…         these inputs only
 *
 * An input that makes the target abort is printed in hex. */
#include "fuzz.h"
#include "seed.h"

#include <edo/base.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define INPUT_MAX   4096u
#define RUNS        20000u
#define CHANGES_MAX 8u

/* The seeds of the target, then the files of its corpus in the order of their names. */
static fuzz_seed *seeds;
static size_t seeds_n;

static uint8_t input[INPUT_MAX];
static size_t input_n;
static uint64_t state;

static uint64_t below(uint64_t n) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 11) % n;
}

static void print_input(int signal_number) {
    static const char digits[] = "0123456789abcdef";
    char text[2 * INPUT_MAX + 1];
    for (size_t i = 0; i < input_n; i++) {
        text[2 * i] = digits[input[i] >> 4];
        text[2 * i + 1] = digits[input[i] & 15];
    }
    text[2 * input_n] = '\n';
    if (write(STDERR_FILENO, text, 2 * input_n + 1) < 0) _exit(3);
    (void)sigaction(signal_number, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
    (void)raise(signal_number);
}

/* ---- Changes --------------------------------------------------------------------------------- */

static void remove_some(void) {
    if (input_n == 0) return;
    size_t at = below(input_n), most = input_n - at;
    size_t n = 1 + below(most < 16 ? most : 16);
    memmove(input + at, input + at + n, input_n - at - n);
    input_n -= n;
}

/* Inserts a copy of some bytes of `from`. */
static void insert_some(const uint8_t *from, size_t from_n) {
    uint8_t copy[INPUT_MAX];
    size_t room = INPUT_MAX - input_n;
    if (from_n == 0 || room == 0) return;
    size_t begin = below(from_n), n = 1 + below(from_n - begin), at = below(input_n + 1);
    if (n > room) n = room;
    memcpy(copy, from + begin, n);
    memmove(input + at + n, input + at, input_n - at);
    memcpy(input + at, copy, n);
    input_n += n;
}

static void change(void) {
    static const uint8_t odd[] = { 0, 1, 0x7f, 0x80, 0xff, '\n', '\r', ',', ':', '0', '9' };
    const fuzz_seed *other = &seeds[below(seeds_n)];
    switch (below(6)) {
    case 0:
        if (input_n > 0) input[below(input_n)] ^= (uint8_t)(1u << below(8));
        break;
    case 1:
        if (input_n > 0) input[below(input_n)] = odd[below(sizeof odd)];
        break;
    case 2: insert_some(odd + below(sizeof odd), 1); break;
    case 3: remove_some(); break;
    case 4: insert_some(input, input_n); break;
    default: insert_some((const uint8_t *)other->bytes, other->n); break;
    }
}

/* ---- Runs ------------------------------------------------------------------------------------ */

static void run(void) {
    uint8_t *exact = malloc(input_n ? input_n : 1); // the address sanitizer knows its end
    if (!exact) exit(2);
    memcpy(exact, input, input_n);
    (void)LLVMFuzzerTestOneInput(exact, input_n);
    free(exact);
}

static void take_seed(size_t i) {
    input_n = seeds[i].n < INPUT_MAX ? seeds[i].n : INPUT_MAX;
    if (input_n > 0) memcpy(input, seeds[i].bytes, input_n);
}

/* Reads a file into `input`. */
static void read_input(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(2);
    }
    input_n = fread(input, 1, sizeof input, file);
    (void)fclose(file);
}

static int is_file(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

/* The corpus of `program`, ".../fuzz-NAME", is fuzz/corpus/NAME. */
static void gather_seeds(const char *program) {
    char dir[512], path[1024];
    const char *name = strrchr(program, '/');
    name = strchr(name ? name : program, '-');
    struct dirent **files = NULL;
    (void)snprintf(dir, sizeof dir, "%s/fuzz/corpus/%s", EDO_TEST_SOURCE_DIR, name ? name + 1 : "");
    int files_n = scandir(dir, &files, is_file, alphasort);
    if (files_n < 0) files_n = 0; // a target without a corpus has its seeds
    seeds = calloc(fuzz_seeds_n + (size_t)files_n, sizeof *seeds);
    if (!seeds) exit(2);
    memcpy(seeds, fuzz_seeds, fuzz_seeds_n * sizeof *seeds);
    seeds_n = fuzz_seeds_n;
    for (int i = 0; i < files_n; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", dir, files[i]->d_name);
        read_input(path);
        char *bytes = malloc(input_n ? input_n : 1);
        if (!bytes) exit(2);
        memcpy(bytes, input, input_n);
        seeds[seeds_n++] = (fuzz_seed){ bytes, input_n };
        free(files[i]);
    }
    free(files);
}

static void free_seeds(void) {
    for (size_t i = fuzz_seeds_n; i < seeds_n; i++) {
        const void *bytes = seeds[i].bytes;
        free((void *)(uintptr_t)bytes);
    }
    free(seeds);
}

int main(int argc, char **argv) {
    static const int deadly[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE };
    for (size_t i = 0; i < EDO_COUNT(deadly); i++)
        (void)sigaction(deadly[i], &(struct sigaction){ .sa_handler = print_input }, NULL);
    for (int i = 1; i < argc; i++) {
        read_input(argv[i]);
        run();
    }
    if (argc > 1) return 0;
    gather_seeds(argv[0]);
    const char *seconds = getenv("EDO_FUZZ_S");
    time_t until = seconds ? time(NULL) + strtol(seconds, NULL, 10) : 0;
    state = test_seed(88172645463325252u);
    uint64_t runs = 0;
    for (size_t i = 0; i < seeds_n; i++, runs++) {
        take_seed(i);
        run();
    }
    for (; until ? time(NULL) < until : runs < RUNS; runs++) {
        take_seed(below(seeds_n));
        for (uint64_t n = 1 + below(CHANGES_MAX); n > 0; n--) change();
        run();
    }
    printf("%llu inputs from %zu\n", (unsigned long long)runs, seeds_n);
    free_seeds();
    return 0;
}
