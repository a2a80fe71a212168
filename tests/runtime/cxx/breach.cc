// SPDX-License-Identifier: MIT
// Breaks a contract in C++; the argument chooses it. First prints the line and the function called there.
#include <edo/edo.h>

#include <cstdio>
#include <cstdlib>

#define HERE(call) ((void)std::fprintf(stderr, "line %d\n", __LINE__), call)

static int drops(void *) {
    edo_notify_wait_future unmade = {};
    HERE(edo_drop(&unmade.base));
    return 0;
}

static int asks_for_result(void *) {
    edo_ready_future f;
    return HERE(edo_future_result(edo_ready_init(&f, 0))) + 1;
}

static int selects(void *) {
    edo_notify_wait_future unmade = {};
    edo_pending_future never;
    return HERE(edo_select(edo_pending_init(&never), &unmade.base)) + 1;
}

static int joins(void *) {
    edo_notify_wait_future unmade = {};
    edo_pending_future never;
    return HERE(edo_join_with(0, edo_pending_init(&never), &unmade.base)) + 1;
}

int main(int, char **argv) {
    edo_task_fn *const breaches[] = { drops, asks_for_result, selects, joins };
    return edo_main(breaches[std::atoi(argv[1])], nullptr);
}
