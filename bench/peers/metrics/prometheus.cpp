// SPDX-License-Identifier: MIT
// peer-metrics-cpp BENCH [-t THREADS] [-n N]: prometheus-cpp (Debian: prometheus-cpp-dev) under the
// benches of edo-bench-metrics. Same command line, same line of JSON.
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

using Clock = std::chrono::steady_clock;

static double since(Clock::time_point start) {
    return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

/* The longest time of all threads, each of which calls `one` n times. */
static double on_threads(unsigned threads, uint64_t n, const std::function<void(uint64_t)> &body) {
    std::atomic<unsigned> ready{ 0 };
    std::vector<double> ns(threads);
    std::vector<std::thread> all;
    for (unsigned t = 0; t < threads; t++)
        all.emplace_back([&, t] {
            ready++;
            while (ready < threads) {
            }
            auto start = Clock::now();
            body(n);
            ns[t] = since(start);
        });
    for (auto &t : all) t.join();
    return *std::max_element(ns.begin(), ns.end());
}

int main(int argc, char **argv) {
    std::string bench = argc > 1 ? argv[1] : "";
    unsigned threads = 1;
    uint64_t n = 0;
    for (int i = 2; i + 1 < argc; i += 2) {
        if (std::string(argv[i]) == "-t") threads = (unsigned)strtoul(argv[i + 1], nullptr, 10);
        if (std::string(argv[i]) == "-n") n = strtoull(argv[i + 1], nullptr, 10);
    }
    prometheus::Registry registry;
    double ns = 0;
    size_t bytes = 0;
    if (bench == "counter") {
        if (n == 0) n = 20000000;
        auto &c = prometheus::BuildCounter().Name("requests").Register(registry).Add({});
        ns = on_threads(threads, n, [&](uint64_t times) {
            for (uint64_t i = 0; i < times; i++) c.Increment();
        });
    } else if (bench == "hist") {
        if (n == 0) n = 5000000;
        prometheus::Histogram::BucketBoundaries bounds{ 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25,
                                                        0.5,   0.75, 1,     2.5,  5,     7.5, 10 };
        auto &h =
            prometheus::BuildHistogram().Name("duration").Register(registry).Add({}, bounds);
        ns = on_threads(threads, n, [&](uint64_t times) {
            for (uint64_t i = 0; i < times; i++)
                h.Observe(0.001 * (double)(1 + i % 9) * (double)(1u << (i % 10)));
        });
    } else if (bench == "text") {
        if (n == 0) n = 200;
        auto &family =
            prometheus::BuildCounter().Name("requests_total").Help("Requests.").Register(registry);
        for (int i = 0; i < 1000; i++)
            family.Add({ { "method", "GET" }, { "route", "/route/" + std::to_string(i) } })
                .Increment(i * 1000.0);
        auto start = Clock::now();
        for (uint64_t i = 0; i < n; i++)
            bytes = prometheus::TextSerializer().Serialize(registry.Collect()).size();
        ns = since(start);
    } else {
        return 3;
    }
    printf("{\"peer\":\"prometheus-cpp\",\"bench\":\"%s\",\"threads\":%u,\"n\":%llu,\"bytes\":%zu,"
           "\"ns_per_op\":%.2f}\n",
           bench.c_str(), threads, (unsigned long long)n, bytes, ns / (double)n);
    return 0;
}
