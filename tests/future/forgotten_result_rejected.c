/* SPDX-License-Identifier: MIT */
/* A result that nobody looks at is named by each compiler; a cast to `(void)` says that it is on
 * purpose.
 * with: gcc -std=c17; gcc -std=gnu17; gcc -std=c2x; g++ -std=c++17 -x c++
 * with: clang -std=c17; clang -std=gnu17; clang -std=c2x; clang++ -std=c++17 -x c++
 * expect-error: ignoring return value */
#include <edo/edo.h>

#ifdef ACCEPTED
#    define FORGET(call) (void)call
#else
#    define FORGET(call) call
#endif

void forgets(edo_stream *s);

void forgets(edo_stream *s) {
    FORGET(edo_write_all(s, "x", 1));
}
