/* SPDX-License-Identifier: MIT */
/* A result of a macro that nobody looks at is named by each compiler, also where edo's headers are
 * system headers, as they are in /usr/local/include; a cast to `(void)` says that it is on purpose.
 * with: gcc -std=c17; gcc -std=gnu17; gcc -std=c2x; g++ -std=c++17 -x c++
 * with: clang -std=c17; clang -std=c2x; clang++ -std=c++17 -x c++
 * headers: system
 * expect-error: ignoring return value */
#include <edo/edo.h>

#ifdef ACCEPTED
#    define FORGET(call) (void)call
#else
#    define FORGET(call) call
#endif

void forgets(edo_task_fn *fn);

void forgets(edo_task_fn *fn) {
    FORGET(edo_spawn(fn, NULL));
}
