// SPDX-License-Identifier: MIT

// connect_node.mjs: @connectrpc/connect-node as the library of interop.mjs, by each of its protocols. Services come from
// protoc's description, test.pb.
import fs from 'node:fs';
import http2 from 'node:http2';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { ConnectError, createClient, decodeBinaryHeader, encodeBinaryHeader } from '@connectrpc/connect';
import { connectNodeAdapter, createConnectTransport, createGrpcTransport, createGrpcWebTransport, Http2SessionManager }
    from '@connectrpc/connect-node';

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, fs.readFileSync(import.meta.dirname + '/test.pb')));
const transports = { connect: createConnectTransport, connect_grpc: createGrpcTransport, connect_web: createGrpcWebTransport };

export function failure(code, message) {
    return new ConnectError(message, code);
}

const read = (headers, name) => {
    const value = headers?.get(name) ?? undefined;
    return value !== undefined && name.endsWith('-bin') ? decodeBinaryHeader(value) : value;
};

// ---- The client ----------------------------------------------------------------------------------------

// The options of a call, which keep what comes beside the messages.
class Asked {
    constructor({ metadata, timeoutMs, signal } = {}) {
        const headers = new Headers();
        for (const [name, value] of metadata ?? []) headers.append(name, name.endsWith('-bin') ? encodeBinaryHeader(value) : value);
        this.options = { headers, timeoutMs: timeoutMs ?? 30000, signal, onHeader: (h) => (this.first = h),
                         onTrailer: (t) => (this.last = t) };
        this.header = (name) => read(this.first, name);
        this.trailer = (name) => read(this.last, name);
    }
}

function told(e) {
    const all = ConnectError.from(e);
    return Object.assign(all, { text: all.rawMessage });
}

async function* replies(messages) {
    try {
        yield* messages;
    } catch (e) {
        throw told(e);
    }
}

class Client {
    constructor(client, session) {
        this.client = client;
        this.session = session;
    }

    async unary(method, request, options) {
        const asked = new Asked(options);
        try {
            return { message: await this.client[method](request, asked.options), header: asked.header, trailer: asked.trailer };
        } catch (e) {
            throw told(e);
        }
    }

    async clientStream(method, requests, options) {
        try {
            return await this.client[method](requests, new Asked(options).options);
        } catch (e) {
            throw told(e);
        }
    }

    serverStream(method, request, options) {
        return replies(this.client[method](request, new Asked(options).options));
    }

    bidi(method, requests, options) {
        const asked = new Asked(options);
        return { replies: replies(this.client[method](requests, asked.options)), header: asked.header, trailer: asked.trailer };
    }

    close() {
        this.session.abort();
    }
}

export async function connect(args, name = 'grpc.testing.TestService') {
    const baseUrl = `${args.ca_file ? 'https' : 'http'}://${args.server_host}:${args.server_port}`;
    const nodeOptions = args.ca_file ? { ca: fs.readFileSync(args.ca_file), servername: args.server_host_override } : undefined;
    const session = new Http2SessionManager(baseUrl, {}, nodeOptions);
    const transport = transports[args.library]({ baseUrl, httpVersion: '2', sessionManager: session,
                                                 useBinaryFormat: args.format !== 'json' });
    return new Client(createClient(registry.getService(name), transport), session);
}

// ---- The server ----------------------------------------------------------------------------------------

class Call {
    constructor(context) {
        this.context = context;
    }

    metadata(name) {
        return read(this.context.requestHeader, name);
    }

    addMetadata(name, value) {
        this.context.responseHeader.set(name, value);
    }

    addTrailer(name, value) {
        this.context.responseTrailer.set(name, name.endsWith('-bin') ? encodeBinaryHeader(value) : value);
    }
}

export async function serve(args, handlers, tell) {
    const all = Object.fromEntries(Object.entries(handlers).map(([name, handler]) =>
        [name, (request, context) => handler(request, new Call(context))]));
    const adapter = connectNodeAdapter({ routes: (r) => r.service(registry.getService('grpc.testing.TestService'), all) });
    const server = args.tls_cert_file
        ? http2.createSecureServer({ cert: fs.readFileSync(args.tls_cert_file), key: fs.readFileSync(args.tls_key_file) }, adapter)
        : http2.createServer(adapter);
    const sessions = new Set();
    server.on('session', (s) => sessions.add(s).size && s.on('close', () => sessions.delete(s)));
    await new Promise((done) => server.listen(Number(args.port), '127.0.0.1', done));
    tell(`127.0.0.1:${server.address().port}`);
    return () => {
        server.close();
        for (const s of sessions) s.destroy();
    };
}
