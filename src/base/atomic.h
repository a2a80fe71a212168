/* SPDX-License-Identifier: MIT */
/* base/atomic.h: the operations on wrapped atomics. The order is in the name: rlx, acq, rel,
 * acqrel, seq; there is no implicit sequential consistency. The model checker replaces this
 * file. */
#ifndef EDOI_BASE_ATOMIC_H
#define EDOI_BASE_ATOMIC_H

#include <edo/base.h>

#define EDOI_ATOMIC_OPS(suffix, type, word)                                                        \
    EDOI_INLINE word edoi_load_rlx_##suffix(const type *a) {                                       \
        return EDOI_ATOMIC_LOAD(&a->edoi_value, EDOI_RELAXED);                                     \
    }                                                                                              \
    EDOI_INLINE word edoi_load_acq_##suffix(const type *a) {                                       \
        return EDOI_ATOMIC_LOAD(&a->edoi_value, EDOI_ACQUIRE);                                     \
    }                                                                                              \
    EDOI_INLINE word edoi_load_seq_##suffix(const type *a) {                                       \
        return EDOI_ATOMIC_LOAD(&a->edoi_value, EDOI_SEQ_CST);                                     \
    }                                                                                              \
    EDOI_INLINE void edoi_store_rlx_##suffix(type *a, word v) {                                    \
        EDOI_ATOMIC_STORE(&a->edoi_value, v, EDOI_RELAXED);                                        \
    }                                                                                              \
    EDOI_INLINE void edoi_store_rel_##suffix(type *a, word v) {                                    \
        EDOI_ATOMIC_STORE(&a->edoi_value, v, EDOI_RELEASE);                                        \
    }                                                                                              \
    EDOI_INLINE void edoi_store_seq_##suffix(type *a, word v) {                                    \
        EDOI_ATOMIC_STORE(&a->edoi_value, v, EDOI_SEQ_CST);                                        \
    }                                                                                              \
    EDOI_INLINE word edoi_swap_rlx_##suffix(type *a, word v) {                                     \
        return EDOI_ATOMIC_EXCHANGE(&a->edoi_value, v, EDOI_RELAXED);                              \
    }                                                                                              \
    EDOI_INLINE word edoi_swap_acq_##suffix(type *a, word v) {                                     \
        return EDOI_ATOMIC_EXCHANGE(&a->edoi_value, v, EDOI_ACQUIRE);                              \
    }                                                                                              \
    EDOI_INLINE word edoi_swap_acqrel_##suffix(type *a, word v) {                                  \
        return EDOI_ATOMIC_EXCHANGE(&a->edoi_value, v, EDOI_ACQ_REL);                              \
    }                                                                                              \
    EDOI_INLINE bool edoi_cas_acqrel_##suffix(type *a, word *want, word v) {                       \
        return EDOI_ATOMIC_CAS(&a->edoi_value, want, v, EDOI_ACQ_REL, EDOI_ACQUIRE);               \
    }                                                                                              \
    EDOI_INLINE bool edoi_cas_seq_##suffix(type *a, word *want, word v) {                          \
        return EDOI_ATOMIC_CAS(&a->edoi_value, want, v, EDOI_SEQ_CST, EDOI_SEQ_CST);               \
    }                                                                                              \
    EDOI_INLINE bool edoi_cas_acq_##suffix(type *a, word *want, word v) {                          \
        return EDOI_ATOMIC_CAS(&a->edoi_value, want, v, EDOI_ACQUIRE, EDOI_RELAXED);               \
    }                                                                                              \
    EDOI_INLINE bool edoi_cas_rlx_##suffix(type *a, word *want, word v) {                          \
        return EDOI_ATOMIC_CAS(&a->edoi_value, want, v, EDOI_RELAXED, EDOI_RELAXED);               \
    }

#define EDOI_ATOMIC_ARITHMETIC(suffix, type, word)                                                 \
    EDOI_INLINE word edoi_add_rlx_##suffix(type *a, word v) {                                      \
        return EDOI_ATOMIC_FETCH_ADD(&a->edoi_value, v, EDOI_RELAXED);                             \
    }                                                                                              \
    EDOI_INLINE word edoi_add_acqrel_##suffix(type *a, word v) {                                   \
        return EDOI_ATOMIC_FETCH_ADD(&a->edoi_value, v, EDOI_ACQ_REL);                             \
    }                                                                                              \
    EDOI_INLINE word edoi_add_seq_##suffix(type *a, word v) {                                      \
        return EDOI_ATOMIC_FETCH_ADD(&a->edoi_value, v, EDOI_SEQ_CST);                             \
    }                                                                                              \
    EDOI_INLINE word edoi_sub_rlx_##suffix(type *a, word v) {                                      \
        return EDOI_ATOMIC_FETCH_SUB(&a->edoi_value, v, EDOI_RELAXED);                             \
    }                                                                                              \
    EDOI_INLINE word edoi_sub_seq_##suffix(type *a, word v) {                                      \
        return EDOI_ATOMIC_FETCH_SUB(&a->edoi_value, v, EDOI_SEQ_CST);                             \
    }                                                                                              \
    EDOI_INLINE word edoi_sub_acqrel_##suffix(type *a, word v) {                                   \
        return EDOI_ATOMIC_FETCH_SUB(&a->edoi_value, v, EDOI_ACQ_REL);                             \
    }                                                                                              \
    EDOI_INLINE word edoi_or_rlx_##suffix(type *a, word v) {                                       \
        return EDOI_ATOMIC_FETCH_OR(&a->edoi_value, v, EDOI_RELAXED);                              \
    }                                                                                              \
    EDOI_INLINE word edoi_or_seq_##suffix(type *a, word v) {                                       \
        return EDOI_ATOMIC_FETCH_OR(&a->edoi_value, v, EDOI_SEQ_CST);                              \
    }                                                                                              \
    EDOI_INLINE word edoi_and_rlx_##suffix(type *a, word v) {                                      \
        return EDOI_ATOMIC_FETCH_AND(&a->edoi_value, v, EDOI_RELAXED);                             \
    }                                                                                              \
    EDOI_INLINE word edoi_and_acqrel_##suffix(type *a, word v) {                                   \
        return EDOI_ATOMIC_FETCH_AND(&a->edoi_value, v, EDOI_ACQ_REL);                             \
    }                                                                                              \
    EDOI_INLINE word edoi_and_seq_##suffix(type *a, word v) {                                      \
        return EDOI_ATOMIC_FETCH_AND(&a->edoi_value, v, EDOI_SEQ_CST);                             \
    }

/* The call's comment names the loads and stores that it orders. */
EDOI_INLINE void edoi_fence_seq(void) {
    EDOI_ATOMIC_FENCE(EDOI_SEQ_CST);
}

EDOI_ATOMIC_OPS(u16, edo_atomic_u16, uint16_t)
EDOI_ATOMIC_OPS(u32, edo_atomic_u32, uint32_t)
EDOI_ATOMIC_OPS(u64, edo_atomic_u64, uint64_t)
EDOI_ATOMIC_OPS(ptr, edo_atomic_ptr, void *)
EDOI_ATOMIC_ARITHMETIC(u32, edo_atomic_u32, uint32_t)
EDOI_ATOMIC_ARITHMETIC(u64, edo_atomic_u64, uint64_t)

#endif
