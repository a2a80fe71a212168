/* SPDX-License-Identifier: MIT */
/* base/atomic.h as the model checker sees it: found before the real one, with the same operations,
 * each of which is a step of the exploration and knows its place in the source. Nothing else is
 * swapped: a source file that is compiled against this one is the real file.
 *
 * An operation that is missing here does not compile, so the two headers cannot drift apart. */
#ifndef EDOI_BASE_ATOMIC_H
#define EDOI_BASE_ATOMIC_H

#include <edo/base.h>

#include "atomics.h"

/* A core that spins waits for somebody else's store. */
#undef EDOI_CPU_RELAX
#define EDOI_CPU_RELAX() edoi_model_yield(EDOI_HERE)

#define EDOI_HERE __FILE__, __LINE__

#define EDOI_MODEL_OPS(suffix, type, word)                                                         \
    EDOI_INLINE word edoi_model_load_##suffix(const type *a, int order, const char *file,          \
                                              int line) {                                          \
        return (word)edoi_model_load(a, sizeof *a, order, file, line);                             \
    }                                                                                              \
    EDOI_INLINE void edoi_model_store_##suffix(type *a, word v, int order, const char *file,       \
                                               int line) {                                         \
        edoi_model_store(a, sizeof *a, (uint64_t)v, order, file, line);                            \
    }                                                                                              \
    EDOI_INLINE word edoi_model_rmw_##suffix(type *a, int kind, word v, int order,                 \
                                             const char *file, int line) {                         \
        return (word)edoi_model_rmw(a, sizeof *a, kind, (uint64_t)v, order, file, line);           \
    }                                                                                              \
    EDOI_INLINE bool edoi_model_cas_##suffix(type *a, word *want, word v, int ok, int no,          \
                                             const char *file, int line) {                         \
        uint64_t seen = (uint64_t)*want;                                                           \
        bool done = edoi_model_cas(a, sizeof *a, &seen, (uint64_t)v, ok, no, file, line);          \
        *want = (word)seen;                                                                        \
        return done;                                                                               \
    }

EDOI_MODEL_OPS(u16, edo_atomic_u16, uint16_t)
EDOI_MODEL_OPS(u32, edo_atomic_u32, uint32_t)
EDOI_MODEL_OPS(u64, edo_atomic_u64, uint64_t)

/* Pointers go by way of an integer. */
EDOI_INLINE void *edoi_model_load_ptr(const edo_atomic_ptr *a, int order, const char *file,
                                      int line) {
    return (void *)(uintptr_t)edoi_model_load(a, sizeof *a, order, file, line);
}
EDOI_INLINE void edoi_model_store_ptr(edo_atomic_ptr *a, const void *v, int order, const char *file,
                                      int line) {
    edoi_model_store(a, sizeof *a, (uint64_t)(uintptr_t)v, order, file, line);
}
EDOI_INLINE void *edoi_model_rmw_ptr(edo_atomic_ptr *a, int kind, const void *v, int order,
                                     const char *file, int line) {
    return (void *)(uintptr_t)edoi_model_rmw(a, sizeof *a, kind, (uint64_t)(uintptr_t)v, order,
                                             file, line);
}
EDOI_INLINE bool edoi_model_cas_ptr(edo_atomic_ptr *a, void **want, const void *v, int ok, int no,
                                    const char *file, int line) {
    uint64_t seen = (uint64_t)(uintptr_t)*want;
    bool done = edoi_model_cas(a, sizeof *a, &seen, (uint64_t)(uintptr_t)v, ok, no, file, line);
    *want = (void *)(uintptr_t)seen;
    return done;
}

#define edoi_fence_seq() edoi_model_fence(EDOI_MODEL_SEQ, EDOI_HERE)

#define edoi_load_rlx_u16(a)     edoi_model_load_u16(a, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_load_acq_u16(a)     edoi_model_load_u16(a, EDOI_MODEL_ACQ, EDOI_HERE)
#define edoi_load_seq_u16(a)     edoi_model_load_u16(a, EDOI_MODEL_SEQ, EDOI_HERE)
#define edoi_store_rlx_u16(a, v) edoi_model_store_u16(a, v, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_store_rel_u16(a, v) edoi_model_store_u16(a, v, EDOI_MODEL_REL, EDOI_HERE)
#define edoi_store_seq_u16(a, v) edoi_model_store_u16(a, v, EDOI_MODEL_SEQ, EDOI_HERE)
#define edoi_swap_rlx_u16(a, v)  edoi_model_rmw_u16(a, EDOI_MODEL_SWAP, v, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_swap_acq_u16(a, v)  edoi_model_rmw_u16(a, EDOI_MODEL_SWAP, v, EDOI_MODEL_ACQ, EDOI_HERE)
#define edoi_swap_acqrel_u16(a, v)                                                                 \
    edoi_model_rmw_u16(a, EDOI_MODEL_SWAP, v, EDOI_MODEL_ACQREL, EDOI_HERE)
#define edoi_cas_acqrel_u16(a, want, v)                                                            \
    edoi_model_cas_u16(a, want, v, EDOI_MODEL_ACQREL, EDOI_MODEL_ACQ, EDOI_HERE)
#define edoi_cas_acq_u16(a, want, v)                                                               \
    edoi_model_cas_u16(a, want, v, EDOI_MODEL_ACQ, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_cas_rlx_u16(a, want, v)                                                               \
    edoi_model_cas_u16(a, want, v, EDOI_MODEL_RLX, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_cas_seq_u16(a, want, v)                                                               \
    edoi_model_cas_u16(a, want, v, EDOI_MODEL_SEQ, EDOI_MODEL_SEQ, EDOI_HERE)

#define edoi_load_rlx_u32(a)     edoi_model_load_u32(a, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_load_acq_u32(a)     edoi_model_load_u32(a, EDOI_MODEL_ACQ, EDOI_HERE)
#define edoi_load_seq_u32(a)     edoi_model_load_u32(a, EDOI_MODEL_SEQ, EDOI_HERE)
#define edoi_store_rlx_u32(a, v) edoi_model_store_u32(a, v, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_store_rel_u32(a, v) edoi_model_store_u32(a, v, EDOI_MODEL_REL, EDOI_HERE)
#define edoi_store_seq_u32(a, v) edoi_model_store_u32(a, v, EDOI_MODEL_SEQ, EDOI_HERE)
#define edoi_swap_rlx_u32(a, v)  edoi_model_rmw_u32(a, EDOI_MODEL_SWAP, v, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_swap_acq_u32(a, v)  edoi_model_rmw_u32(a, EDOI_MODEL_SWAP, v, EDOI_MODEL_ACQ, EDOI_HERE)
#define edoi_swap_acqrel_u32(a, v)                                                                 \
    edoi_model_rmw_u32(a, EDOI_MODEL_SWAP, v, EDOI_MODEL_ACQREL, EDOI_HERE)
#define edoi_cas_acqrel_u32(a, want, v)                                                            \
    edoi_model_cas_u32(a, want, v, EDOI_MODEL_ACQREL, EDOI_MODEL_ACQ, EDOI_HERE)
#define edoi_cas_acq_u32(a, want, v)                                                               \
    edoi_model_cas_u32(a, want, v, EDOI_MODEL_ACQ, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_cas_rlx_u32(a, want, v)                                                               \
    edoi_model_cas_u32(a, want, v, EDOI_MODEL_RLX, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_cas_seq_u32(a, want, v)                                                               \
    edoi_model_cas_u32(a, want, v, EDOI_MODEL_SEQ, EDOI_MODEL_SEQ, EDOI_HERE)
#define edoi_add_rlx_u32(a, v) edoi_model_rmw_u32(a, EDOI_MODEL_ADD, v, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_add_acqrel_u32(a, v)                                                                  \
    edoi_model_rmw_u32(a, EDOI_MODEL_ADD, v, EDOI_MODEL_ACQREL, EDOI_HERE)
#define edoi_add_seq_u32(a, v) edoi_model_rmw_u32(a, EDOI_MODEL_ADD, v, EDOI_MODEL_SEQ, EDOI_HERE)
#define edoi_sub_rlx_u32(a, v) edoi_model_rmw_u32(a, EDOI_MODEL_SUB, v, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_sub_seq_u32(a, v) edoi_model_rmw_u32(a, EDOI_MODEL_SUB, v, EDOI_MODEL_SEQ, EDOI_HERE)
#define edoi_sub_acqrel_u32(a, v)                                                                  \
    edoi_model_rmw_u32(a, EDOI_MODEL_SUB, v, EDOI_MODEL_ACQREL, EDOI_HERE)
#define edoi_or_rlx_u32(a, v)  edoi_model_rmw_u32(a, EDOI_MODEL_OR, v, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_or_seq_u32(a, v)  edoi_model_rmw_u32(a, EDOI_MODEL_OR, v, EDOI_MODEL_SEQ, EDOI_HERE)
#define edoi_and_rlx_u32(a, v) edoi_model_rmw_u32(a, EDOI_MODEL_AND, v, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_and_acqrel_u32(a, v)                                                                  \
    edoi_model_rmw_u32(a, EDOI_MODEL_AND, v, EDOI_MODEL_ACQREL, EDOI_HERE)
#define edoi_and_seq_u32(a, v) edoi_model_rmw_u32(a, EDOI_MODEL_AND, v, EDOI_MODEL_SEQ, EDOI_HERE)

#define edoi_load_rlx_u64(a)     edoi_model_load_u64(a, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_load_acq_u64(a)     edoi_model_load_u64(a, EDOI_MODEL_ACQ, EDOI_HERE)
#define edoi_load_seq_u64(a)     edoi_model_load_u64(a, EDOI_MODEL_SEQ, EDOI_HERE)
#define edoi_store_rlx_u64(a, v) edoi_model_store_u64(a, v, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_store_rel_u64(a, v) edoi_model_store_u64(a, v, EDOI_MODEL_REL, EDOI_HERE)
#define edoi_store_seq_u64(a, v) edoi_model_store_u64(a, v, EDOI_MODEL_SEQ, EDOI_HERE)
#define edoi_swap_rlx_u64(a, v)  edoi_model_rmw_u64(a, EDOI_MODEL_SWAP, v, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_swap_acq_u64(a, v)  edoi_model_rmw_u64(a, EDOI_MODEL_SWAP, v, EDOI_MODEL_ACQ, EDOI_HERE)
#define edoi_swap_acqrel_u64(a, v)                                                                 \
    edoi_model_rmw_u64(a, EDOI_MODEL_SWAP, v, EDOI_MODEL_ACQREL, EDOI_HERE)
#define edoi_cas_acqrel_u64(a, want, v)                                                            \
    edoi_model_cas_u64(a, want, v, EDOI_MODEL_ACQREL, EDOI_MODEL_ACQ, EDOI_HERE)
#define edoi_cas_acq_u64(a, want, v)                                                               \
    edoi_model_cas_u64(a, want, v, EDOI_MODEL_ACQ, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_cas_rlx_u64(a, want, v)                                                               \
    edoi_model_cas_u64(a, want, v, EDOI_MODEL_RLX, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_cas_seq_u64(a, want, v)                                                               \
    edoi_model_cas_u64(a, want, v, EDOI_MODEL_SEQ, EDOI_MODEL_SEQ, EDOI_HERE)
#define edoi_add_rlx_u64(a, v) edoi_model_rmw_u64(a, EDOI_MODEL_ADD, v, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_add_acqrel_u64(a, v)                                                                  \
    edoi_model_rmw_u64(a, EDOI_MODEL_ADD, v, EDOI_MODEL_ACQREL, EDOI_HERE)
#define edoi_add_seq_u64(a, v) edoi_model_rmw_u64(a, EDOI_MODEL_ADD, v, EDOI_MODEL_SEQ, EDOI_HERE)
#define edoi_sub_rlx_u64(a, v) edoi_model_rmw_u64(a, EDOI_MODEL_SUB, v, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_sub_seq_u64(a, v) edoi_model_rmw_u64(a, EDOI_MODEL_SUB, v, EDOI_MODEL_SEQ, EDOI_HERE)
#define edoi_sub_acqrel_u64(a, v)                                                                  \
    edoi_model_rmw_u64(a, EDOI_MODEL_SUB, v, EDOI_MODEL_ACQREL, EDOI_HERE)
#define edoi_or_rlx_u64(a, v)  edoi_model_rmw_u64(a, EDOI_MODEL_OR, v, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_or_seq_u64(a, v)  edoi_model_rmw_u64(a, EDOI_MODEL_OR, v, EDOI_MODEL_SEQ, EDOI_HERE)
#define edoi_and_rlx_u64(a, v) edoi_model_rmw_u64(a, EDOI_MODEL_AND, v, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_and_acqrel_u64(a, v)                                                                  \
    edoi_model_rmw_u64(a, EDOI_MODEL_AND, v, EDOI_MODEL_ACQREL, EDOI_HERE)
#define edoi_and_seq_u64(a, v) edoi_model_rmw_u64(a, EDOI_MODEL_AND, v, EDOI_MODEL_SEQ, EDOI_HERE)

#define edoi_load_rlx_ptr(a)     edoi_model_load_ptr(a, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_load_acq_ptr(a)     edoi_model_load_ptr(a, EDOI_MODEL_ACQ, EDOI_HERE)
#define edoi_load_seq_ptr(a)     edoi_model_load_ptr(a, EDOI_MODEL_SEQ, EDOI_HERE)
#define edoi_store_rlx_ptr(a, v) edoi_model_store_ptr(a, v, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_store_rel_ptr(a, v) edoi_model_store_ptr(a, v, EDOI_MODEL_REL, EDOI_HERE)
#define edoi_store_seq_ptr(a, v) edoi_model_store_ptr(a, v, EDOI_MODEL_SEQ, EDOI_HERE)
#define edoi_swap_rlx_ptr(a, v)  edoi_model_rmw_ptr(a, EDOI_MODEL_SWAP, v, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_swap_acq_ptr(a, v)  edoi_model_rmw_ptr(a, EDOI_MODEL_SWAP, v, EDOI_MODEL_ACQ, EDOI_HERE)
#define edoi_swap_acqrel_ptr(a, v)                                                                 \
    edoi_model_rmw_ptr(a, EDOI_MODEL_SWAP, v, EDOI_MODEL_ACQREL, EDOI_HERE)
#define edoi_cas_acqrel_ptr(a, want, v)                                                            \
    edoi_model_cas_ptr(a, want, v, EDOI_MODEL_ACQREL, EDOI_MODEL_ACQ, EDOI_HERE)
#define edoi_cas_acq_ptr(a, want, v)                                                               \
    edoi_model_cas_ptr(a, want, v, EDOI_MODEL_ACQ, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_cas_rlx_ptr(a, want, v)                                                               \
    edoi_model_cas_ptr(a, want, v, EDOI_MODEL_RLX, EDOI_MODEL_RLX, EDOI_HERE)
#define edoi_cas_seq_ptr(a, want, v)                                                               \
    edoi_model_cas_ptr(a, want, v, EDOI_MODEL_SEQ, EDOI_MODEL_SEQ, EDOI_HERE)

#endif
