// SPDX-License-Identifier: MIT
// peer-grpc-cpp: what edo-bench-grpc does, by gRPC C++ with callbacks.
#include "hello.grpc.pb.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <sys/resource.h>

using namespace grpc;
using hello::v1::Greeter;
using hello::v1::Person;
using hello::v1::Reply;

namespace {

const std::string TEXT(64, 'x');

// ---- The server ----------------------------------------------------------------------------------

class Chat final : public ServerBidiReactor<Person, Reply> {
    Person in;
    Reply out;

    void OnReadDone(bool ok) override {
        if (!ok) return Finish(Status::OK);
        out.set_text(in.name());
        StartWrite(&out);
    }
    void OnWriteDone(bool ok) override {
        if (ok) StartRead(&in);
    }
    void OnDone() override { delete this; }

public:
    Chat() { StartRead(&in); }
};

class Service final : public Greeter::CallbackService {
    ServerUnaryReactor *Greet(CallbackServerContext *c, const Person *in, Reply *out) override {
        out->set_text(in->name());
        auto *r = c->DefaultReactor();
        r->Finish(Status::OK);
        return r;
    }
    ServerBidiReactor<Person, Reply> *Chat(CallbackServerContext *) override { return new ::Chat; }
};

int serve(const char *address) {
    Service service;
    ServerBuilder builder;
    builder.AddListeningPort(address, InsecureServerCredentials()).RegisterService(&service);
    auto server = builder.BuildAndStart();
    if (!server) return 1;
    server->Wait();
    return 0;
}

// ---- The client ----------------------------------------------------------------------------------

// Waits for `left` ends.
struct Ends {
    std::mutex mu;
    std::condition_variable changed;
    int left;

    void one() {
        std::lock_guard lock(mu);
        if (--left == 0) changed.notify_one();
    }
    void wait() {
        std::unique_lock lock(mu);
        changed.wait(lock, [this] { return left == 0; });
    }
};

struct Calls {
    Greeter::Stub *stub;
    Ends *ends;
    Person in;
    Reply out;
    std::unique_ptr<ClientContext> c;
    int left;

    void next() {
        if (left-- == 0) return ends->one();
        c = std::make_unique<ClientContext>();
        stub->async()->Greet(c.get(), &in, &out, [this](const Status &s) {
            if (!s.ok()) abort();
            next();
        });
    }
};

void unary(Greeter::Stub *stub, int n, int in_flight) {
    Ends ends{ {}, {}, in_flight };
    std::vector<Calls> all(in_flight);
    for (auto &one : all) {
        one.stub = stub;
        one.ends = &ends;
        one.left = n / in_flight;
        one.in.set_name(TEXT);
        one.next();
    }
    ends.wait();
}

class Talk final : public ClientBidiReactor<Person, Reply> {
    Person in;
    Reply out;
    ClientContext c;
    Ends *ends;
    std::mutex mu;
    int left, room;
    bool is_writing = false, is_closed = false;

    void go_on() { // with the lock
        if (is_writing || is_closed) return;
        if (left == 0) {
            is_closed = true;
            StartWritesDone();
        } else if (room > 0) {
            left--, room--;
            is_writing = true;
            StartWrite(&in);
        }
    }
    void OnWriteDone(bool) override {
        std::lock_guard lock(mu);
        is_writing = false;
        go_on();
    }
    void OnReadDone(bool ok) override {
        if (!ok) return;
        StartRead(&out);
        std::lock_guard lock(mu);
        room++;
        go_on();
    }
    void OnDone(const Status &s) override {
        if (!s.ok()) abort();
        ends->one();
    }

public:
    Talk(Greeter::Stub *stub, Ends *e, int n, int in_flight) : ends(e), left(n), room(in_flight) {
        in.set_name(TEXT);
        stub->async()->Chat(&c, this);
        StartRead(&out);
        StartCall();
        std::lock_guard lock(mu);
        go_on();
    }
};

double cpu_us() {
    rusage r;
    getrusage(RUSAGE_SELF, &r);
    return double(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 + double(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

int load(bool is_chat, const char *address, int n, int in_flight) {
    auto stub = Greeter::NewStub(CreateChannel(address, InsecureChannelCredentials()));
    double before = cpu_us();
    if (is_chat) {
        Ends ends{ {}, {}, 1 };
        Talk talk(stub.get(), &ends, n, in_flight);
        ends.wait();
    } else {
        unary(stub.get(), n, in_flight);
    }
    std::printf("us_per_call %.3f\n", (cpu_us() - before) / n);
    return 0;
}

} // namespace

int main(int argc, char **argv) {
    if (argc == 3) return serve(argv[2]);
    if (argc != 5) return 2;
    return load(std::string(argv[1]) == "chat", argv[2], std::stoi(argv[3]), std::stoi(argv[4]));
}
