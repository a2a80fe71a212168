// SPDX-License-Identifier: MIT
// The peer of edo-bench-json on simdjson's on-demand API: peer-json BENCH FILE [-n N]
//
// FILE has the text of the bench, as `edo-bench-json --text BENCH` prints it. borrow_X keeps views,
// decode_X copies strings into std::string. Like edo's, a run decodes the whole text into structs.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

using namespace simdjson;

template <typename T> struct address {
    T street, city, zip;
};

template <typename T> struct user {
    std::int64_t id;
    T name, email;
    std::vector<T> tags;
    address<T> home;
    double latitude, longitude;
    bool active;
};

template <typename T> static T text_of(ondemand::value v) {
    return T(std::string_view(v.get_string()));
}

template <typename T> static void read_user(ondemand::object o, user<T> &u) {
    u.id = o["id"].get_int64();
    u.name = text_of<T>(o["name"]);
    u.email = text_of<T>(o["email"]);
    u.tags.clear();
    for (auto tag : o["tags"].get_array()) u.tags.push_back(text_of<T>(tag.value()));
    ondemand::object home = o["home"].get_object();
    u.home.street = text_of<T>(home["street"]);
    u.home.city = text_of<T>(home["city"]);
    u.home.zip = text_of<T>(home["zip"]);
    u.latitude = o["latitude"].get_double();
    u.longitude = o["longitude"].get_double();
    u.active = o["active"].get_bool();
}

// Containers are kept from one run to the next, as edo's arena is.
template <typename T> struct output {
    user<T> one;
    std::vector<user<T>> users;
    std::vector<double> numbers;
    std::vector<T> strings;
};

template <typename T>
static std::size_t decode(ondemand::parser &parser, const padded_string &text, char kind,
                          output<T> &out) {
    ondemand::document doc = parser.iterate(text);
    if (kind == 's') {
        read_user<T>(doc.get_object(), out.one);
        return 1;
    }
    std::size_t n = 0;
    out.numbers.clear();
    out.strings.clear();
    for (auto item : doc["items"].get_array()) {
        if (kind == 'a') {
            if (out.users.size() <= n) out.users.emplace_back();
            read_user<T>(item.get_object(), out.users[n]);
        } else if (kind == 'n') {
            out.numbers.push_back(item.get_double());
        } else {
            out.strings.push_back(text_of<T>(item.value()));
        }
        n++;
    }
    return n;
}

static double now_ns() {
    timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

template <typename T>
static void run(const char *bench, const padded_string &text, char kind, std::uint64_t times) {
    ondemand::parser parser;
    output<T> out;
    std::size_t things = 1;
    for (std::uint64_t i = 0; i < times / 10 + 1; i++)
        things = decode<T>(parser, text, kind, out);
    double start = now_ns();
    for (std::uint64_t i = 0; i < times; i++) things = decode<T>(parser, text, kind, out);
    double ns = now_ns() - start, n = (double)times * (double)things;
    std::printf("{\"peer\":\"simdjson\",\"bench\":\"%s\",\"threads\":1,\"n\":%.0f,"
                "\"ns_per_op\":%.2f,\"bytes\":%zu,\"mb_per_s\":%.0f}\n",
                bench, n, ns / n, text.size(), (double)text.size() * (double)times * 1e3 / ns);
}

int main(int argc, char **argv) {
    const char *what = argc > 2 ? std::strchr(argv[1], '_') : nullptr;
    bool borrows = what && std::strncmp(argv[1], "borrow", 6) == 0;
    if (!what || (!borrows && std::strncmp(argv[1], "decode", 6) != 0)) return 3;
    padded_string text = padded_string::load(argv[2]);
    std::uint64_t times = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 200000000 / text.size();
    if (borrows)
        run<std::string_view>(argv[1], text, what[1], times);
    else
        run<std::string>(argv[1], text, what[1], times);
    return 0;
}
