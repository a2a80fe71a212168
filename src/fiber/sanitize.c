/* SPDX-License-Identifier: MIT */
/* sanitize.c: the rare paths of sanitize.h. Empty in a plain build. */
#include "sanitize.h"

#ifdef EDOI_SANITIZED

#    include <pthread.h>
#    include <string.h>

void edoi_san_thread(edoi_san *san) {
    *san = (edoi_san){ .none = { 0 } };
#    ifdef EDOI_ASAN
    pthread_attr_t attr;
    void *lo;
    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        if (pthread_attr_getstack(&attr, &lo, &san->bytes) == 0) san->bottom = lo;
        (void)pthread_attr_destroy(&attr);
    }
#    endif
#    ifdef EDOI_TSAN
    san->fiber = __tsan_get_current_fiber();
#    endif
}

#    ifdef EDOI_TSAN
void edoi_san_take_signals(void) {
    // volatile: a plain call with an unused result would be omitted
    static size_t (*const volatile length_of)(const char *) = strlen;
    (void)length_of("any");
}
#    endif

void edoi_san_fresh(edoi_san *san, char *lo, char *hi, void **tsan) {
    (void)lo, (void)hi, (void)tsan;
    *san = (edoi_san){ .none = { 0 } };
#    ifdef EDOI_ASAN
    san->bottom = lo;
    san->bytes = (size_t)(hi - lo);
    __asan_unpoison_memory_region(lo, san->bytes); // frames left by longjmp or abandoned
#    endif
#    ifdef EDOI_TSAN
    if (!*tsan) *tsan = __tsan_create_fiber(0);
    san->fiber = *tsan;
#    endif
}

#else

/* ISO C requires a declaration in each file. */
typedef int edoi_sanitize_is_empty;

#endif
