// SPDX-License-Identifier: MIT
// cpp.cpp: the benches of edo-bench-protobuf over Google's C++. decode: into an arena that is reset;
// heap: into a new message.
//
//     peer-protobuf-cpp BENCH FILE [-n N]
#include "user.pb.h"

#include <google/protobuf/arena.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>

static double now_ns() {
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

int main(int argc, char **argv) {
    if (argc < 3) return 3;
    std::ifstream file(argv[2], std::ios::binary);
    std::stringstream all;
    all << file.rdbuf();
    const std::string message = all.str();
    const char way = *argv[1];
    bench::User user;
    if (!user.ParseFromString(message)) return 1;
    const unsigned long n = argc > 4 ? std::strtoul(argv[4], nullptr, 10) : 2000000;
    unsigned long done = 0;
    std::string out;
    static char block[65536];
    google::protobuf::ArenaOptions options;
    options.initial_block = block;
    options.initial_block_size = sizeof block;
    google::protobuf::Arena arena(options);
    const double start = now_ns();
    for (unsigned long i = 0; i < n; i++) {
        if (way == 'e') {
            out.clear();
            done += user.AppendToString(&out);
        } else if (way == 'd') {
            auto *one = google::protobuf::Arena::CreateMessage<bench::User>(&arena);
            done += one->ParseFromArray(message.data(), static_cast<int>(message.size()));
            arena.Reset();
        } else {
            bench::User one;
            done += one.ParseFromArray(message.data(), static_cast<int>(message.size()));
        }
    }
    std::printf(
        "{\"peer\":\"protobuf-cpp\",\"bench\":\"%s\",\"n\":%lu,\"ns_per_op\":%.2f,\"bytes\":%zu}\n",
        argv[1], n, (now_ns() - start) / static_cast<double>(n), message.size());
    return done == n ? 0 : 1;
}
