/* SPDX-License-Identifier: MIT */
/* faults.h: all that is wrong at once, for operators. */
#ifndef CHAT_FAULTS_H
#define CHAT_FAULTS_H

#include <edo/compiler.h>

#include <stddef.h>

#define FAULTS_BYTES 512 /* what edo_fail() cuts off says so */

/* What is wrong, one thing behind the other. All zero: nothing. */
typedef struct faults {
    int err; /* of the first */
    size_t bytes;
    char text[FAULTS_BYTES];
} faults;

/* Adds one, of that code. */
void faults_add(faults *self, int err, const char *format, ...) EDO_PRINTF(3, 4);

#endif
