/* SPDX-License-Identifier: MIT */
/* edo/compiler.h: compiler extensions, behind macros. A few builtins stand where a file needs them.
 *
 * The rest of the tree is C17. EDO_ names are for users too; EDOI_ names are edo's own. */
#ifndef EDO_COMPILER_H
#define EDO_COMPILER_H

#ifdef __cplusplus
#    define EDO_BEGIN_DECLS                extern "C" {
#    define EDO_END_DECLS                  }
#    define EDOI_STATIC_ASSERT(cond, text) static_assert(cond, text)
#    define EDOI_ZEROED                                                                            \
        {}
/* Checks that a type may be moved as bytes. In C all may. */
#    define EDOI_ASSERT_MOVED_AS_BYTES(type)                                                       \
        static_assert(__is_trivially_copyable(type), #type " is moved as bytes")
#else
#    define EDO_BEGIN_DECLS
#    define EDO_END_DECLS
#    define EDOI_STATIC_ASSERT(cond, text) _Static_assert(cond, text)
#    define EDOI_ZEROED                                                                            \
        { 0 }
#    define EDOI_ASSERT_MOVED_AS_BYTES(type)                                                       \
        _Static_assert(sizeof(type) > 0, #type " is moved as bytes")
#endif

#if defined(__GNUC__)

/* Exported by the shared library; everything else is hidden. */
#    define EDO_API __attribute__((visibility("default")))
/* The result tells success, or is what was made: ignoring it is a warning, unless a cast to
 * `(void)` shows intent. It comes first in a declaration, before EDO_API and `static`, where C23's
 * attribute has its place: gcc 12 takes that one in C17 and C++17, too, but its older attribute
 * warns in spite of the cast. */
#    if defined(__clang__)
#        define EDO_MUST_USE __attribute__((warn_unused_result))
#    elif defined(__cplusplus)
#        define EDO_MUST_USE [[__nodiscard__]]
#    else
#        define EDO_MUST_USE __extension__ [[__nodiscard__]]
#    endif
/* It is gcc, which passes over what a macro of a system header calls, so over a forgotten result,
 * too; and the headers in /usr/local/include, or of a CMake package, are system headers. A header
 * with macros that have a result is one of the program's behind its line marker, which has the
 * number of the line behind it. The pragma before it is for the marker itself: it is an extension,
 * which only a system header may use under -Wpedantic. */
#    if !defined(__clang__)
#        define EDOI_IS_GCC 1
#    endif
/* Checks a printf-like format at compile time. */
#    define EDO_PRINTF(format_at, first_at) __attribute__((format(printf, format_at, first_at)))

#    define EDOI_LIKELY(cond)   __builtin_expect(!!(cond), 1)
#    define EDOI_UNLIKELY(cond) __builtin_expect(!!(cond), 0)
#    define EDOI_INLINE         static inline __attribute__((always_inline, unused))
#    define EDOI_UNUSED         __attribute__((unused))
#    define EDOI_FALLTHROUGH    __attribute__((fallthrough))
#    define EDOI_NORETURN       __attribute__((noreturn))
#    define EDOI_WEAK           __attribute__((weak))
#    define EDOI_COLD           __attribute__((cold, noinline))
#    define EDOI_NOINLINE       __attribute__((noinline))
#    define EDOI_ALIGNED(n)     __attribute__((aligned(n)))
/* Of a local: calls `fn` with its address when its block is left, in whichever way. */
#    define EDOI_CLEANUP(fn) __attribute__((cleanup(fn)))

/* A function for a kind of instructions that only some machines have, and does this one have it? */
#    define EDOI_TARGET(kind)  __attribute__((target(kind)))
#    define EDOI_CPU_HAS(kind) __builtin_cpu_supports(kind)

/* A function whose body the optimiser may not look into, so that it is called anew each time: for
 * accessors of thread-locals, whose address a fiber must not keep (gcc infers that a merely
 * noinline accessor is const, and merges two calls around a switch). */
#    if defined(__clang__)
#        define EDOI_OPAQUE __attribute__((noinline))
#    else
#        define EDOI_OPAQUE __attribute__((noipa))
#    endif
/* As EDOI_OPAQUE, for a hot function that reads the value of a thread-local: x86-64 reads it by a
 * segment register, anew each time; other machines keep the thread pointer in a register, where it
 * outlives a switch. */
#    if defined(__x86_64__)
#        define EDOI_THREAD_LOCAL_ANEW 1
#        define EDOI_OPAQUE_READER
#    else
#        define EDOI_THREAD_LOCAL_ANEW 0
#        define EDOI_OPAQUE_READER     EDOI_OPAQUE
#    endif
/* For an inline function of a public header that calls into the library. A debug build does not
 * inline it: its call then has a return address in the program, by which a misuse report finds the
 * program's line, whatever else the compiler inlines. See docs/design/watching.md. */
#    ifdef EDO_DEBUG
#        define EDOI_FRAMED static EDOI_OPAQUE EDOI_UNUSED
#    else
#        define EDOI_FRAMED EDOI_INLINE
#    endif
/* Thread-locals at a fixed offset from the thread pointer: no call into the loader. */
#    define EDOI_THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))
/* Keeps the compiler from moving memory accesses or inferring purity across this line. */
#    define EDOI_COMPILER_BARRIER() __asm__ volatile("" ::: "memory")
/* Makes the compiler forget which object `ptr` points to, for copies whose size it cannot follow:
 * otherwise it warns of a size that never occurs with this object. */
#    define EDOI_FORGET(ptr) __asm__("" : "+r"(ptr))
/* Tells the core that this is a spinning loop. */
#    if defined(__x86_64__) || defined(__i386__)
#        define EDOI_CPU_RELAX() __builtin_ia32_pause()
#    elif defined(__aarch64__)
#        define EDOI_CPU_RELAX() __asm__ volatile("yield")
#    else
#        define EDOI_CPU_RELAX() EDOI_COMPILER_BARRIER()
#    endif

/* Around a table in which an option may replace what a macro has set before. */
#    if defined(__cplusplus)
#        define EDOI_OVERRIDES_BEGIN
#        define EDOI_OVERRIDES_END
#    elif defined(__clang__)
#        define EDOI_OVERRIDES_BEGIN                                                               \
            _Pragma("clang diagnostic push")                                                       \
                _Pragma("clang diagnostic ignored \"-Winitializer-overrides\"")
#        define EDOI_OVERRIDES_END _Pragma("clang diagnostic pop")
#    else
#        define EDOI_OVERRIDES_BEGIN                                                               \
            _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Woverride-init\"")
#        define EDOI_OVERRIDES_END _Pragma("GCC diagnostic pop")
#    endif

#    define EDOI_PREFETCH(ptr) __builtin_prefetch(ptr)
#    define EDOI_CTZ64(x)      __builtin_ctzll(x)
#    define EDOI_CLZ64(x)      __builtin_clzll(x)
#    define EDOI_FRAME()       __builtin_frame_address(0)
#    define EDOI_CALLER()      __builtin_return_address(0)

/* C11 atomics on plain words inside wrapper structs: <stdatomic.h> cannot be included from C++. */
#    define EDOI_RELAXED                        __ATOMIC_RELAXED
#    define EDOI_ACQUIRE                        __ATOMIC_ACQUIRE
#    define EDOI_RELEASE                        __ATOMIC_RELEASE
#    define EDOI_ACQ_REL                        __ATOMIC_ACQ_REL
#    define EDOI_SEQ_CST                        __ATOMIC_SEQ_CST
#    define EDOI_ATOMIC_LOAD(p, order)          __atomic_load_n(p, order)
#    define EDOI_ATOMIC_STORE(p, v, order)      __atomic_store_n(p, v, order)
#    define EDOI_ATOMIC_EXCHANGE(p, v, order)   __atomic_exchange_n(p, v, order)
#    define EDOI_ATOMIC_CAS(p, want, v, ok, no) __atomic_compare_exchange_n(p, want, v, 0, ok, no)
#    define EDOI_ATOMIC_FETCH_ADD(p, v, order)  __atomic_fetch_add(p, v, order)
#    define EDOI_ATOMIC_FETCH_SUB(p, v, order)  __atomic_fetch_sub(p, v, order)
#    define EDOI_ATOMIC_FETCH_OR(p, v, order)   __atomic_fetch_or(p, v, order)
#    define EDOI_ATOMIC_FETCH_AND(p, v, order)  __atomic_fetch_and(p, v, order)
#    define EDOI_ATOMIC_FENCE(order)            __atomic_thread_fence(order)

/* An integer wider than any type of a user's switch: see edo/async.h. */
#    if defined(__SIZEOF_INT128__)
__extension__ typedef unsigned __int128 edoi_wide;
#        define EDOI_WIDE_SHIFT 64
#    else
typedef unsigned long long edoi_wide;
#        define EDOI_WIDE_SHIFT 32
#    endif

#else
#    error "edo needs gcc or clang"
#endif

/* Whether the build has address sanitizer or thread sanitizer, for either compiler. */
#if defined(__SANITIZE_ADDRESS__)
#    define EDOI_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#    define EDOI_TSAN 1
#endif
#if defined(__has_feature)
#    if __has_feature(address_sanitizer)
#        undef EDOI_ASAN
#        define EDOI_ASAN 1
#    endif
#    if __has_feature(thread_sanitizer)
#        undef EDOI_TSAN
#        define EDOI_TSAN 1
#    endif
#endif

#endif
