// SPDX-License-Identifier: MIT
// interop.cpp: gRPC C++ as a peer of the interop cases, as gRPC's own programs are called.
//
//     interop --port=0 [--use_tls --tls_cert_file=F --tls_key_file=F]     a server: prints its port; until stdin ends
//     interop --server_port=N --test_case=NAME[,NAME…] --soak_iterations=N [--ca_file=F --server_host_override=NAME]
//
// A client prints a line for each case, and ends with 1 if one has failed.
#include "grpc/testing/test.grpc.pb.h"

#include <chrono>
#include <fstream>
#include <functional>
#include <grpcpp/grpcpp.h>
#include <iostream>
#include <map>
#include <sstream>
#include <thread>
#include <vector>

// Of libgrpc, in no header of its own: whether the last message of a call was compressed.
uint32_t grpc_call_test_only_get_message_flags(grpc_call *call);

namespace grpc::testing {
// The friends by which gRPC's own interop tests see a call.
class InteropClientContextInspector {
public:
    static grpc_call *call(const ClientContext &c) { return c.call_; }
};
class InteropServerContextInspector {
public:
    static grpc_call *call(const ServerContextBase &c) { return c.call_.call; }
};
} // namespace grpc::testing

using namespace grpc;
using namespace grpc::testing;
using Output = StreamingOutputCallRequest;
using OutputReply = StreamingOutputCallResponse;

namespace {

constexpr auto WAIT = std::chrono::seconds(30);
constexpr auto ECHO = "x-grpc-test-echo-initial", ECHO_BIN = "x-grpc-test-echo-trailing-bin";
constexpr int LARGE_IN = 271828, LARGE_OUT = 314159;

// Whether the last message that was received came compressed.
bool is_compressed(grpc_call *call) {
    constexpr uint32_t compressed = 0x80000000u, was_compressed = 0x40000000u; // before it was decompressed
    return grpc_call_test_only_get_message_flags(call) & (compressed | was_compressed);
}

std::map<std::string, std::string> options;

std::string text_of(const std::string &path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

// ---- The server ---------------------------------------------------------------------------------

class Service final : public TestService::Service {
    static void echo(ServerContext *c) {
        for (auto &[key, value] : c->client_metadata()) {
            if (key == ECHO) c->AddInitialMetadata(ECHO, { value.data(), value.size() });
            if (key == ECHO_BIN) c->AddTrailingMetadata(ECHO_BIN, { value.data(), value.size() });
        }
    }

    template <class Request> static Status check(ServerContext *c, const Request &in) {
        if (in.expect_compressed().value() && !is_compressed(InteropServerContextInspector::call(*c)))
            return { StatusCode::INVALID_ARGUMENT, "the request is not compressed" };
        return Status::OK;
    }

    static Status asked_status(const EchoStatus &s) {
        return { static_cast<StatusCode>(s.code()), s.message() };
    }

    template <class Stream> static void send(Stream *stream, const Output &in) {
        for (auto &p : in.response_parameters()) {
            std::this_thread::sleep_for(std::chrono::microseconds(p.interval_us()));
            OutputReply out;
            out.mutable_payload()->set_body(std::string(p.size(), '\0'));
            WriteOptions how;
            if (!p.compressed().value()) how.set_no_compression();
            stream->Write(out, how);
        }
    }

    Status EmptyCall(ServerContext *c, const Empty *, Empty *) override {
        echo(c);
        return Status::OK;
    }

    Status UnaryCall(ServerContext *c, const SimpleRequest *in, SimpleResponse *out) override {
        echo(c);
        if (auto s = check(c, *in); !s.ok()) return s;
        if (in->response_status().code()) return asked_status(in->response_status());
        c->set_compression_algorithm(in->response_compressed().value() ? GRPC_COMPRESS_GZIP : GRPC_COMPRESS_NONE);
        if (in->response_size()) out->mutable_payload()->set_body(std::string(in->response_size(), '\0'));
        return Status::OK;
    }

    Status StreamingOutputCall(ServerContext *c, const Output *in, ServerWriter<OutputReply> *out) override {
        echo(c);
        c->set_compression_algorithm(GRPC_COMPRESS_GZIP);
        send(out, *in);
        return Status::OK;
    }

    Status StreamingInputCall(ServerContext *c, ServerReader<StreamingInputCallRequest> *in,
                              StreamingInputCallResponse *out) override {
        echo(c);
        StreamingInputCallRequest one;
        int sum = 0;
        while (in->Read(&one)) {
            if (auto s = check(c, one); !s.ok()) return s;
            sum += static_cast<int>(one.payload().body().size());
        }
        out->set_aggregated_payload_size(sum);
        return Status::OK;
    }

    Status FullDuplexCall(ServerContext *c, ServerReaderWriter<OutputReply, Output> *stream) override {
        echo(c);
        Output in;
        while (stream->Read(&in)) {
            if (in.response_status().code()) return asked_status(in.response_status());
            send(stream, in);
        }
        return Status::OK;
    }

    Status HalfDuplexCall(ServerContext *c, ServerReaderWriter<OutputReply, Output> *stream) override {
        echo(c);
        std::vector<Output> all;
        Output in;
        while (stream->Read(&in)) all.push_back(in);
        for (auto &one : all) send(stream, one);
        return Status::OK;
    }
};

int serve() {
    Service service;
    ServerBuilder builder;
    std::shared_ptr<ServerCredentials> how = InsecureServerCredentials();
    if (options.count("use_tls")) {
        SslServerCredentialsOptions tls;
        tls.pem_key_cert_pairs.push_back({ text_of(options["tls_key_file"]), text_of(options["tls_cert_file"]) });
        how = SslServerCredentials(tls);
    }
    int port = 0;
    builder.AddListeningPort("127.0.0.1:" + options["port"], how, &port).RegisterService(&service);
    auto server = builder.BuildAndStart();
    if (!server) return 1;
    std::cout << port << std::endl;
    std::cin.get();
    server->Shutdown(std::chrono::system_clock::now());
    return 0;
}

// ---- The client: each case throws what is wrong ---------------------------------------------------

using Stub = TestService::Stub;

void want(bool is_so, const std::string &what) {
    if (!is_so) throw std::runtime_error(what);
}

void want_status(const Status &s, StatusCode code) {
    want(s.error_code() == code, "status " + std::to_string(s.error_code()) + ": " + s.error_message());
}

struct Context : ClientContext {
    Context() { set_deadline(std::chrono::system_clock::now() + WAIT); }
};

Payload *zeros(int n) {
    auto p = new Payload;
    p->set_body(std::string(n, '\0'));
    return p;
}

SimpleRequest large() {
    SimpleRequest in;
    in.set_response_size(LARGE_OUT);
    in.set_allocated_payload(zeros(LARGE_IN));
    return in;
}

Output output(std::initializer_list<int> sizes, int payload = 0) {
    Output in;
    for (int n : sizes) in.add_response_parameters()->set_size(n);
    if (payload) in.set_allocated_payload(zeros(payload));
    return in;
}

void unary(Stub &stub, ClientContext &c, const SimpleRequest &in, StatusCode code = StatusCode::OK) {
    SimpleResponse out;
    want_status(stub.UnaryCall(&c, in, &out), code);
    want(code != StatusCode::OK || out.payload().body() == std::string(LARGE_OUT, '\0'), "the payload");
}

void empty_unary(Stub &stub) {
    Context c;
    Empty out;
    want_status(stub.EmptyCall(&c, {}, &out), StatusCode::OK);
}

void large_unary(Stub &stub) {
    Context c;
    unary(stub, c, large());
}

void client_compressed_unary(Stub &stub) {
    auto in = large();
    in.mutable_expect_compressed()->set_value(true);
    Context probe, gzip, deflate, plain;
    unary(stub, probe, in, StatusCode::INVALID_ARGUMENT);
    gzip.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    unary(stub, gzip, in);
    deflate.set_compression_algorithm(GRPC_COMPRESS_DEFLATE);
    unary(stub, deflate, in);
    in.mutable_expect_compressed()->set_value(false);
    unary(stub, plain, in);
}

void server_compressed_unary(Stub &stub) {
    for (bool wanted : { true, false }) {
        Context c;
        auto in = large();
        in.mutable_response_compressed()->set_value(wanted);
        unary(stub, c, in);
        want(is_compressed(InteropClientContextInspector::call(c)) == wanted, "compressed, or not");
    }
}

void send_sizes(Stub &stub, std::initializer_list<int> sizes) {
    Context c;
    StreamingInputCallResponse out;
    auto stream = stub.StreamingInputCall(&c, &out);
    int sum = 0;
    for (int n : sizes) {
        StreamingInputCallRequest in;
        in.set_allocated_payload(zeros(n));
        want(stream->Write(in), "a message is not sent");
        sum += n;
    }
    stream->WritesDone();
    want_status(stream->Finish(), StatusCode::OK);
    want(out.aggregated_payload_size() == sum, "the sum");
}

void client_streaming(Stub &stub) {
    send_sizes(stub, { 27182, 8, 1828, 45904 });
}

Status send_compressed(Stub &stub, bool is_probe, StreamingInputCallResponse *out) {
    Context c;
    if (!is_probe) c.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    auto stream = stub.StreamingInputCall(&c, out);
    StreamingInputCallRequest in;
    in.set_allocated_payload(zeros(27182));
    in.mutable_expect_compressed()->set_value(true);
    stream->Write(in);
    in.set_allocated_payload(zeros(45904));
    in.mutable_expect_compressed()->set_value(false);
    if (!is_probe) stream->Write(in, WriteOptions().set_no_compression());
    stream->WritesDone();
    return stream->Finish();
}

void client_compressed_streaming(Stub &stub) {
    StreamingInputCallResponse out;
    want_status(send_compressed(stub, true, &out), StatusCode::INVALID_ARGUMENT);
    want_status(send_compressed(stub, false, &out), StatusCode::OK);
    want(out.aggregated_payload_size() == 73086, "the sum");
}

void server_streaming(Stub &stub) {
    Context c;
    OutputReply out;
    auto stream = stub.StreamingOutputCall(&c, output({ 31415, 9, 2653, 58979 }));
    for (size_t n : { 31415, 9, 2653, 58979 })
        want(stream->Read(&out) && out.payload().body() == std::string(n, '\0'), "a message");
    want(!stream->Read(&out), "too many messages");
    want_status(stream->Finish(), StatusCode::OK);
}

void server_compressed_streaming(Stub &stub) {
    Context c;
    OutputReply out;
    auto in = output({ 31415, 92653 });
    in.mutable_response_parameters(0)->mutable_compressed()->set_value(true);
    in.mutable_response_parameters(1)->mutable_compressed()->set_value(false);
    auto stream = stub.StreamingOutputCall(&c, in);
    for (int i = 0; i < 2; i++) {
        want(stream->Read(&out), "a message");
        want(is_compressed(InteropClientContextInspector::call(c)) == (i == 0), "compressed, or not");
    }
    want(!stream->Read(&out), "too many messages");
    want_status(stream->Finish(), StatusCode::OK);
}

void ping_pong(Stub &stub) {
    Context c;
    OutputReply out;
    auto stream = stub.FullDuplexCall(&c);
    for (auto [ask, answer] : { std::pair{ 27182, 31415 }, { 8, 9 }, { 1828, 2653 }, { 45904, 58979 } }) {
        want(stream->Write(output({ answer }, ask)), "a message is not sent");
        want(stream->Read(&out) && out.payload().body().size() == size_t(answer), "a message");
    }
    stream->WritesDone();
    want(!stream->Read(&out), "too many messages");
    want_status(stream->Finish(), StatusCode::OK);
}

void empty_stream(Stub &stub) {
    Context c;
    OutputReply out;
    auto stream = stub.FullDuplexCall(&c);
    stream->WritesDone();
    want(!stream->Read(&out), "a message");
    want_status(stream->Finish(), StatusCode::OK);
}

void half_duplex(Stub &stub) {
    Context c;
    OutputReply out;
    auto stream = stub.HalfDuplexCall(&c);
    want(stream->Write(output({ 31415 })) && stream->Write(output({ 9 })), "a message is not sent");
    stream->WritesDone();
    for (size_t n : { 31415, 9 }) want(stream->Read(&out) && out.payload().body().size() == n, "a message");
    want(!stream->Read(&out), "too many messages");
    want_status(stream->Finish(), StatusCode::OK);
}

void send_metadata(ClientContext &c) {
    c.AddMetadata(ECHO, "test_initial_metadata_value");
    c.AddMetadata(ECHO_BIN, "\xab\xab\xab");
}

void want_metadata(const ClientContext &c) {
    auto first = c.GetServerInitialMetadata().find(ECHO);
    auto last = c.GetServerTrailingMetadata().find(ECHO_BIN);
    want(first != c.GetServerInitialMetadata().end() && first->second == "test_initial_metadata_value", ECHO);
    want(last != c.GetServerTrailingMetadata().end() && last->second == "\xab\xab\xab", ECHO_BIN);
}

void custom_metadata(Stub &stub) {
    Context one, two;
    OutputReply out;
    send_metadata(one);
    send_metadata(two);
    unary(stub, one, large());
    want_metadata(one);
    auto stream = stub.FullDuplexCall(&two);
    want(stream->Write(output({ LARGE_OUT }, LARGE_IN)) && stream->Read(&out), "a message");
    stream->WritesDone();
    want_status(stream->Finish(), StatusCode::OK);
    want_metadata(two);
}

void want_text(const Status &s, const std::string &text) {
    want_status(s, StatusCode::UNKNOWN);
    want(s.error_message() == text, "the message: " + s.error_message());
}

void status_comes(Stub &stub, const std::string &text, bool is_streamed) {
    Context one, two;
    SimpleRequest in;
    SimpleResponse out;
    in.mutable_response_status()->set_code(StatusCode::UNKNOWN);
    in.mutable_response_status()->set_message(text);
    want_text(stub.UnaryCall(&one, in, &out), text);
    if (!is_streamed) return;
    Output ask;
    *ask.mutable_response_status() = in.response_status();
    auto stream = stub.FullDuplexCall(&two);
    stream->Write(ask);
    stream->WritesDone();
    want_text(stream->Finish(), text);
}

void status_code_and_message(Stub &stub) {
    status_comes(stub, "test status message", true);
}

void special_status_message(Stub &stub) {
    status_comes(stub, "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n", false);
}

void unimplemented_method(Stub &stub) {
    Context c;
    Empty out;
    want_status(stub.UnimplementedCall(&c, {}, &out), StatusCode::UNIMPLEMENTED);
}

void cancel_after_begin(Stub &stub) {
    Context c;
    StreamingInputCallResponse out;
    auto stream = stub.StreamingInputCall(&c, &out);
    c.TryCancel();
    want_status(stream->Finish(), StatusCode::CANCELLED);
}

void cancel_after_first_response(Stub &stub) {
    Context c;
    OutputReply out;
    auto stream = stub.FullDuplexCall(&c);
    want(stream->Write(output({ 31415 }, 27182)) && stream->Read(&out), "a message");
    c.TryCancel();
    want_status(stream->Finish(), StatusCode::CANCELLED);
}

void timeout_on_sleeping_server(Stub &stub) {
    ClientContext c;
    c.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(1));
    auto stream = stub.FullDuplexCall(&c);
    stream->Write(output({}, 27182));
    want_status(stream->Finish(), StatusCode::DEADLINE_EXCEEDED);
}

void concurrent_large_unary(Stub &stub) {
    std::vector<std::string> wrong(16);
    std::vector<std::thread> all;
    for (auto &one : wrong) {
        all.emplace_back([&] {
            try {
                for (int i = 0; i < 8; i++) large_unary(stub);
            } catch (const std::exception &e) {
                one = e.what();
            }
        });
    }
    for (auto &t : all) t.join();
    for (auto &one : wrong) want(one.empty(), one);
}

int soak_n() {
    return std::stoi(options["soak_iterations"]);
}

void rpc_soak(Stub &stub) {
    for (int i = 0; i < soak_n(); i++) large_unary(stub);
}

// Has streams that its server sends to without end, says so, and is there when the server drains.
void drain(Stub &stub) {
    struct one {
        ClientContext c;
        std::unique_ptr<ClientReader<OutputReply>> stream;
        Status status;
    };
    Output many;
    OutputReply out;
    for (int i = 0; i < 100000; i++) many.add_response_parameters()->set_size(30000);
    std::vector<one> all(100);
    for (auto &s : all) { // none is read on before all have begun: the others would wait behind it
        s.stream = stub.StreamingOutputCall(&s.c, many);
        want(s.stream->Read(&out), "a message");
    }
    std::cout << "begun" << std::endl;
    std::vector<std::thread> readers;
    for (auto &s : all)
        readers.emplace_back([&s] {
            for (OutputReply more; s.stream->Read(&more);) continue;
            s.status = s.stream->Finish();
        });
    for (auto &t : readers) t.join();
    for (auto &s : all) want_status(s.status, StatusCode::UNAVAILABLE);
}

// ---- The cases ------------------------------------------------------------------------------------

std::shared_ptr<Channel> channel() {
    ChannelArguments how;
    how.SetInt("grpc.use_local_subchannel_pool", 1); // a connection of its own
    std::shared_ptr<ChannelCredentials> who = InsecureChannelCredentials();
    if (options.count("ca_file")) {
        who = SslCredentials({ text_of(options["ca_file"]), "", "" });
        how.SetSslTargetNameOverride(options["server_host_override"]);
    }
    return CreateCustomChannel("127.0.0.1:" + options["server_port"], who, how);
}

void unimplemented_service(Stub &) {
    Context c;
    Empty out;
    auto stub = UnimplementedService::NewStub(channel());
    want_status(stub->UnimplementedCall(&c, {}, &out), StatusCode::UNIMPLEMENTED);
}

void channel_soak(Stub &) {
    for (int i = 0; i < soak_n(); i++) large_unary(*TestService::NewStub(channel()));
}

#define CASE(name) { #name, name }
const std::map<std::string, void (*)(Stub &)> cases = {
    CASE(empty_unary), CASE(large_unary), CASE(client_compressed_unary), CASE(server_compressed_unary),
    CASE(client_streaming), CASE(client_compressed_streaming), CASE(server_streaming),
    CASE(server_compressed_streaming), CASE(ping_pong), CASE(empty_stream), CASE(half_duplex), CASE(custom_metadata),
    CASE(status_code_and_message), CASE(special_status_message), CASE(unimplemented_method),
    CASE(unimplemented_service), CASE(cancel_after_begin), CASE(cancel_after_first_response),
    CASE(timeout_on_sleeping_server), CASE(concurrent_large_unary), CASE(rpc_soak), CASE(channel_soak),
    CASE(drain),
};

bool passes(Stub &stub, const std::string &name) {
    try {
        cases.at(name)(stub);
        std::cout << "passed: " << name << std::endl;
        return true;
    } catch (const std::exception &e) {
        std::cout << "FAILED: " << name << ": " << e.what() << std::endl;
        return false;
    }
}

int call() {
    auto stub = TestService::NewStub(channel());
    std::stringstream names(options["test_case"]);
    std::string name;
    bool good = true;
    while (std::getline(names, name, ',')) good = passes(*stub, name) && good;
    return good ? 0 : 1;
}

} // namespace

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        std::string text = argv[i];
        auto at = text.find('=');
        options[text.substr(2, at - 2)] = at == std::string::npos ? "true" : text.substr(at + 1);
    }
    return options.count("port") ? serve() : call();
}
