// SPDX-License-Identifier: MIT
// spdlog (Debian: libspdlog-dev) under the benches of edo-bench-log: peer-log-spdlog BENCH
// [-n EVENTS] [--file PATH]. Same command line, same line of JSON.
//
// burst and paced are its async logger: a queue of 8,192 events and one thread, as it has them by
// default, which waits for room and drops nothing; at_once writes each line when it is logged. It
// has no fields, and escapes nothing: the line is JSON because no text here needs an escape. Targets
// have no levels of their own but by loggers of their own, so there is no off_other.
#define SPDLOG_ACTIVE_LEVEL SPDLOG_LEVEL_TRACE

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

static const char *const pattern =
    R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l","target":"%n","file":"%g","line":%#,)"
    R"("message":"request","fields":{%v}})";

#define FIELDS R"("method":"{}","path":"{}","status":{},"bytes":{},"ms":{})"

static const char *const paths[] = {"/", "/articles/4711?page=2", "/users/17/photo.jpeg",
                                    "/static/site-4f3a2b.css"};

static std::shared_ptr<spdlog::logger> logger;

static void log_off(std::uint64_t first, std::uint64_t n) {
    for (std::uint64_t i = first; i < first + n; i++)
        SPDLOG_LOGGER_DEBUG(logger, FIELDS, "GET", paths[i % 4], 200, i, double(i % 1000) / 4);
}

static void log_on(std::uint64_t first, std::uint64_t n) {
    for (std::uint64_t i = first; i < first + n; i++)
        SPDLOG_LOGGER_INFO(logger, FIELDS, "GET", paths[i % 4], 200, i, double(i % 1000) / 4);
}

enum class way { to_none, by_queue, at_once };

struct bench {
    const char *name;
    void (*batch)(std::uint64_t first, std::uint64_t n);
    std::uint64_t batch_n, batches_n;
    long rest_us;
    way how;
};

static const bench benches[] = {
    {"off", log_off, 1000000, 50, 0, way::to_none},
    {"line", log_on, 1000, 100, 0, way::to_none},
    {"burst", log_on, 2000, 50, 20000, way::by_queue},
    {"paced", log_on, 10, 1000, 1000, way::by_queue},
    {"at_once", log_on, 2000, 50, 0, way::at_once},
};

// A sink that makes the line, as spdlog's null_sink does not.
class line_sink : public spdlog::sinks::base_sink<std::mutex> {
    void sink_it_(const spdlog::details::log_msg &msg) override {
        spdlog::memory_buf_t line;
        formatter_->format(msg, line);
        asm volatile("" : : "r"(line.data()) : "memory");
    }
    void flush_() override {
    }
};

static void begin(way how, const char *file) {
    spdlog::sink_ptr sink;
    if (how == way::to_none)
        sink = std::make_shared<line_sink>();
    else
        sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file, true);
    if (how == way::by_queue) {
        spdlog::init_thread_pool(8192, 1);
        logger = std::make_shared<spdlog::async_logger>("bench", sink, spdlog::thread_pool(),
                                                        spdlog::async_overflow_policy::block);
    } else {
        logger = std::make_shared<spdlog::logger>("bench", sink);
    }
    if (how == way::at_once) logger->flush_on(spdlog::level::info);
    logger->set_pattern(pattern, spdlog::pattern_time_type::utc);
}

static double clock_ns(clockid_t clock) {
    timespec t;
    clock_gettime(clock, &t);
    return double(t.tv_sec) * 1e9 + double(t.tv_nsec);
}

static double one_batch(const bench &b, std::uint64_t number) {
    double start = clock_ns(CLOCK_MONOTONIC);
    b.batch(number * b.batch_n, b.batch_n);
    double ns = clock_ns(CLOCK_MONOTONIC) - start;
    if (b.rest_us > 0) std::this_thread::sleep_for(std::chrono::microseconds(b.rest_us));
    return ns;
}

static void run(const bench &b, std::uint64_t n, const char *file) {
    std::uint64_t batches = (n + b.batch_n - 1) / b.batch_n, warm = batches / 10 + 1;
    std::vector<double> ns;
    begin(b.how, file);
    for (std::uint64_t i = 0; i < warm; i++) one_batch(b, i);
    double start = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (std::uint64_t i = 0; i < batches; i++) ns.push_back(one_batch(b, i));
    logger.reset();
    spdlog::shutdown(); // all is written
    double cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start;
    std::sort(ns.begin(), ns.end());
    std::uint64_t done = batches * b.batch_n;
    std::printf("{\"peer\":\"spdlog\",\"bench\":\"%s\",\"n\":%llu,\"lines\":%llu,"
                "\"ns_per_op\":%.2f,\"cpu_ns_per_op\":%.2f}\n",
                b.name, (unsigned long long)done, (unsigned long long)(done + warm * b.batch_n),
                ns[batches / 2] / double(b.batch_n), cpu / double(done));
}

int main(int argc, char **argv) {
    std::uint64_t n = 0;
    const char *file = "/dev/null";
    if (argc < 2) return 2;
    for (int i = 2; i + 1 < argc; i += 2) {
        if (!std::strcmp(argv[i], "-n"))
            n = std::strtoull(argv[i + 1], nullptr, 10);
        else if (!std::strcmp(argv[i], "--file"))
            file = argv[i + 1];
        else
            return 2;
    }
    for (const bench &b : benches) {
        if (!std::strcmp(argv[1], "--list")) std::puts(b.name);
        if (std::strcmp(argv[1], b.name)) continue;
        run(b, n > 0 ? n : b.batch_n * b.batches_n, file);
        return 0;
    }
    return std::strcmp(argv[1], "--list") ? 3 : 0;
}
