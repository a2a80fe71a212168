// SPDX-License-Identifier: MIT
// exceptions.cc: C++ exceptions inside fibers, while the other fiber is in a handler or unwinding.
#include "pair.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>

namespace {

int failures;

void check(bool ok, const char *what) {
    if (ok) return;
    std::printf("FAILED: %s\n", what);
    failures++;
}

std::string current() {
    if (!std::current_exception()) return "none";
    try {
        throw; // the one being handled
    } catch (const std::exception &e) {
        return e.what();
    }
}

// Both are in their handlers at once and leave them in the order they entered, not the reverse.
void handle(const std::string &name) {
    for (int turn = 0; turn < 100; turn++) {
        check(current() == "none", "nothing is being handled outside of a handler");
        try {
            try {
                throw std::runtime_error(name);
            } catch (const std::exception &e) {
                pair_pass();
                check(current() == name, "the handled exception is the fiber's own");
                pair_pass();
                throw;
            }
        } catch (const std::runtime_error &e) {
            check(e.what() == name, "what is thrown again is the fiber's own");
            pair_pass();
        }
    }
}

void handle_a() {
    handle("from a");
}

void handle_b() {
    handle("from b");
}

struct passes_when_destroyed {
    ~passes_when_destroyed() {
        check(std::uncaught_exceptions() == 1, "one exception is on its way here");
        pair_pass();
        check(std::uncaught_exceptions() == 1, "and still is after a switch");
    }
};

void unwind() {
    for (int turn = 0; turn < 100; turn++) {
        try {
            passes_when_destroyed guard;
            throw turn;
        } catch (int caught) {
            check(caught == turn, "unwinding ends in the fiber's own handler");
        }
    }
}

void watch() {
    for (int turn = 0; turn < 100; turn++) {
        check(std::uncaught_exceptions() == 0, "the other fiber's exception is not ours");
        pair_pass();
    }
}

std::jmp_buf jumps[2];

void jump(int which) {
    volatile int steps = 0;
    if (setjmp(jumps[which]) == 0) {
        steps = steps + 1;
        pair_pass();
        std::longjmp(jumps[which], 1);
    }
    check(steps == 1, "longjmp stays on its own stack");
}

void jump_a() {
    jump(0);
}

void jump_b() {
    jump(1);
}

} // namespace

int main() {
    pair_run(handle_a, handle_b);
    pair_run(unwind, watch);
    pair_run(unwind, unwind);
    pair_run(jump_a, jump_b);
    if (failures == 0) std::puts("ok: exceptions and jumps");
    return failures != 0;
}
