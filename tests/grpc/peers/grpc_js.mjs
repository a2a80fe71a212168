// SPDX-License-Identifier: MIT

// grpc_js.mjs: @grpc/grpc-js as the library of interop.mjs. Services come from the .proto files, which lie beside it.
import fs from 'node:fs';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const definition = loader.loadSync('grpc/testing/test.proto', { includeDirs: [import.meta.dirname], enums: Number });
const services = (name) => grpc.loadPackageDefinition({ [name]: definition[name] });

function service(name) {
    return name.split('.').reduce((all, part) => all[part], services(name));
}

export function failure(code, message) {
    return Object.assign(new Error(message), { code, details: message });
}

// ---- The client ----------------------------------------------------------------------------------------

function metadataOf(pairs) {
    const m = new grpc.Metadata();
    for (const [name, value] of pairs ?? []) m.add(name, name.endsWith('-bin') ? Buffer.from(value) : value);
    return m;
}

function told(e) {
    return Object.assign(e, { text: e.details });
}

function follow(call, { signal } = {}) {
    signal?.addEventListener('abort', () => call.cancel());
    if (signal?.aborted) call.cancel();
}

async function write(call, requests) {
    for await (const r of requests) call.write(r);
    call.end();
}

class Client {
    constructor(client) {
        this.client = client;
    }

    options({ timeoutMs } = {}) {
        return { deadline: Date.now() + (timeoutMs ?? 30000) };
    }

    // Calls a method of one reply; `begin` gets the callback.
    reply(begin, options) {
        return new Promise((done, fail) => {
            let header, message;
            const call = begin((e, m) => (e ? fail(told(e)) : (message = m)));
            follow(call, options);
            call.on('metadata', (m) => (header = m));
            call.on('status', (s) => {
                if (s.code === 0)
                    done({ message, header: (name) => header.get(name)[0], trailer: (name) => s.metadata.get(name)[0] });
            });
        });
    }

    unary(method, request, options = {}) {
        return this.reply((back) => this.client[method](request, metadataOf(options.metadata), this.options(options), back),
                          options);
    }

    async clientStream(method, requests, options = {}) {
        const done = await this.reply((back) => {
            const call = this.client[method](metadataOf(options.metadata), this.options(options), back);
            void write(call, requests);
            return call;
        }, options);
        return done.message;
    }

    async *replies(call) {
        try {
            yield* call;
        } catch (e) {
            throw told(e);
        }
    }

    serverStream(method, request, options = {}) {
        return this.replies(this.client[method](request, metadataOf(options.metadata), this.options(options)));
    }

    bidi(method, requests, options = {}) {
        const call = this.client[method](metadataOf(options.metadata), this.options(options));
        let header, status;
        follow(call, options);
        call.on('metadata', (m) => (header = m));
        call.on('status', (s) => (status = s));
        void write(call, requests);
        return { replies: this.replies(call), header: (name) => header.get(name)[0],
                 trailer: (name) => status.metadata.get(name)[0] };
    }

    close() {
        this.client.close();
    }
}

export async function connect(args, name = 'grpc.testing.TestService') {
    const trust = args.ca_file && grpc.credentials.createSsl(fs.readFileSync(args.ca_file));
    const options = args.server_host_override ? { 'grpc.ssl_target_name_override': args.server_host_override } : {};
    return new Client(new (service(name))(`${args.server_host}:${args.server_port}`,
                                          trust || grpc.credentials.createInsecure(), options));
}

// ---- The server ----------------------------------------------------------------------------------------

class Call {
    constructor(call) {
        this.call = call;
        this.first = new grpc.Metadata();
        this.last = new grpc.Metadata();
    }

    metadata(name) {
        return this.call.metadata.get(name)[0];
    }

    addMetadata(name, value) {
        this.first.add(name, value);
        this.call.sendMetadata(this.first);
    }

    addTrailer(name, value) {
        this.last.add(name, value);
    }
}

// The end of the requests must not destroy a stream that has replies to send.
const requestsOf = (call) => call.request ?? call.iterator({ destroyOnReturn: false });

const oneReply = (handler) => (call, back) => {
    const c = new Call(call);
    handler(requestsOf(call), c).then((m) => back(null, m, c.last), (e) => back(Object.assign(e, { metadata: c.last })));
};

const replies = (handler) => async (call) => {
    const c = new Call(call);
    try {
        for await (const m of handler(requestsOf(call), c)) call.write(m);
        call.end(c.last);
    } catch (e) {
        if (!call.cancelled) call.emit('error', e);
    }
};

export async function serve(args, handlers, tell) {
    const server = new grpc.Server(), all = {}, test = service('grpc.testing.TestService').service;
    for (const [name, handler] of Object.entries(handlers)) {
        const method = Object.values(test).find((m) => m.originalName === name);
        all[name] = (method.responseStream ? replies : oneReply)(handler);
    }
    server.addService(test, all);
    const credentials = args.tls_cert_file
        ? grpc.ServerCredentials.createSsl(null, [{ cert_chain: fs.readFileSync(args.tls_cert_file),
                                                    private_key: fs.readFileSync(args.tls_key_file) }])
        : grpc.ServerCredentials.createInsecure();
    const port = await new Promise((done, fail) =>
        server.bindAsync(`127.0.0.1:${args.port}`, credentials, (e, n) => (e ? fail(e) : done(n))));
    tell(`127.0.0.1:${port}`);
    return () => server.forceShutdown();
}
