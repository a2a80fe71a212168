/* SPDX-License-Identifier: MIT */
/* atomics.h: the checker's side of each atomic operation of the code under test. */
#ifndef EDOI_MODEL_ATOMICS_H
#define EDOI_MODEL_ATOMICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory orders. */
enum {
    EDOI_MODEL_RLX,
    EDOI_MODEL_ACQ,
    EDOI_MODEL_REL,
    EDOI_MODEL_ACQREL,
    EDOI_MODEL_SEQ,
};

/* What a read-modify-write does. */
enum {
    EDOI_MODEL_SWAP,
    EDOI_MODEL_ADD,
    EDOI_MODEL_SUB,
    EDOI_MODEL_OR,
    EDOI_MODEL_AND,
};

uint64_t edoi_model_load(const void *at, size_t bytes, int order, const char *file, int line);
void edoi_model_store(void *at, size_t bytes, uint64_t value, int order, const char *file,
                      int line);

/* Returns the value before. */
uint64_t edoi_model_rmw(void *at, size_t bytes, int kind, uint64_t operand, int order,
                        const char *file, int line);

/* As the strong compare-and-exchange of C11: `*want` becomes what was read. */
bool edoi_model_cas(void *at, size_t bytes, uint64_t *want, uint64_t value, int ok, int no,
                    const char *file, int line);

void edoi_model_fence(int order, const char *file, int line);

/* As membarrier(2), private expedited: a sequentially consistent fence in every thread. */
void edoi_model_barrier(const char *file, int line);

/* The thread spins: it goes on when something that it has read since its last yield was stored
 * anew. */
void edoi_model_yield(const char *file, int line);

#endif
