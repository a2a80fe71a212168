/* SPDX-License-Identifier: MIT */
/* compute.c: a million numbers on all cores: filled, summed up, and sorted. */
#include <edo/compute.h>
#include <edo/edo.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS 1000000u

/* ---- A loop, and a sum ----------------------------------------------------------------------- */

static int fill(void *arg, size_t from, size_t to) {
    uint32_t *numbers = arg;
    for (size_t i = from; i < to; i++) numbers[i] = (uint32_t)(i * 7919 % NUMBERS);
    return 0;
}

static int add_some(void *arg, void *acc, size_t from, size_t to) {
    const uint32_t *numbers = arg;
    uint64_t sum = 0;
    for (size_t i = from; i < to; i++) sum += numbers[i];
    *(uint64_t *)acc += sum;
    return 0;
}

static void add_up(void *arg, void *acc, const void *right) {
    (void)arg;
    *(uint64_t *)acc += *(const uint64_t *)right;
}

/* ---- Divide and conquer ---------------------------------------------------------------------- */

typedef struct piece {
    uint32_t *numbers, *spare;
    size_t n;
} piece;

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void merge(const piece *left, const piece *right, uint32_t *to) {
    size_t i = 0, j = 0, n = 0;
    while (i < left->n && j < right->n)
        to[n++] = right->numbers[j] < left->numbers[i] ? right->numbers[j++] : left->numbers[i++];
    while (i < left->n) to[n++] = left->numbers[i++];
    while (j < right->n) to[n++] = right->numbers[j++];
}

static int sort(void *arg) {
    piece *all = arg;
    if (all->n < 10000) { // small enough to be one piece of work
        qsort(all->numbers, all->n, sizeof *all->numbers, by_value);
        return 0;
    }
    size_t half = all->n / 2;
    piece left = { all->numbers, all->spare, half };
    piece right = { all->numbers + half, all->spare + half, all->n - half };
    int err = edo_compute_join(sort, &left, sort, &right);
    if (err < 0) return err;
    merge(&left, &right, all->spare);
    memcpy(all->numbers, all->spare, all->n * sizeof *all->numbers);
    return 0;
}

static int work_on(uint32_t *numbers, uint32_t *spare) {
    int err = edo_compute_for(NUMBERS, fill, numbers);
    if (err < 0) return err;

    uint64_t sum = 0;
    err = edo_compute_reduce(&sum, sizeof sum, NUMBERS, add_some, add_up, numbers);
    if (err < 0) return err;
    printf("sum: %llu\n", (unsigned long long)sum);

    err = edo_compute(sort, &(piece){ numbers, spare, NUMBERS });
    if (err < 0) return err;
    printf("sorted: %u, %u, %u … %u\n", numbers[0], numbers[1], numbers[2], numbers[NUMBERS - 1]);
    return 0;
}

static int root(void *arg) {
    (void)arg;
    uint32_t *numbers = calloc(NUMBERS, sizeof *numbers), *spare = calloc(NUMBERS, sizeof *spare);
    int err = numbers && spare ? work_on(numbers, spare) : -1;
    free(numbers);
    free(spare);
    return err;
}

int main(void) {
    return edo_main(root, NULL);
}
