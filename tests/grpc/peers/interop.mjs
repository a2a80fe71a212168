// SPDX-License-Identifier: MIT

// interop.mjs: libraries of Node as peers of the interop cases, with the arguments of interop.cpp and --library=NAME: "grpc_js";
// "connect_grpc", "connect_web" and "connect" are connect-node by its three protocols. None of them can say whether a message was
// compressed.
const args = Object.fromEntries(process.argv.slice(2).map((a) => a.replace(/^--/, '').split(/=(.*)/s, 2)));
const library = await import(args.library === 'grpc_js' ? './grpc_js.mjs' : './connect_node.mjs');
const ECHO = 'x-grpc-test-echo-initial', ECHO_BIN = 'x-grpc-test-echo-trailing-bin';
const INITIAL = 'test_initial_metadata_value', TRAILING = new Uint8Array([0xab, 0xab, 0xab]);
const LARGE_IN = 271828, LARGE_OUT = 314159;
const [CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, UNAVAILABLE] = [1, 2, 4, 12, 14];

const zeros = (n) => ({ body: new Uint8Array(n) });
const sleep = (us) => new Promise((done) => setTimeout(done, us / 1000));

// ---- The server: handlers are told the metadata, and fail by library.failure() -------------------------

async function* sendAll(request) {
    for (const p of request.responseParameters ?? []) {
        if (p.intervalUs) await sleep(p.intervalUs);
        yield { payload: zeros(p.size) };
    }
    asked(request.responseStatus);
}

function asked(status) {
    if (status && status.code) throw library.failure(status.code, status.message);
}

function echo(call) {
    const first = call.metadata(ECHO), last = call.metadata(ECHO_BIN);
    if (first !== undefined) call.addMetadata(ECHO, first);
    if (last !== undefined) call.addTrailer(ECHO_BIN, last);
}

const handlers = {
    emptyCall: async () => ({}),
    unaryCall: async (request, call) => {
        echo(call);
        asked(request.responseStatus);
        return { payload: zeros(request.responseSize) };
    },
    streamingOutputCall: sendAll,
    streamingInputCall: async (requests) => {
        let sum = 0;
        for await (const r of requests) sum += r.payload?.body.length ?? 0;
        return { aggregatedPayloadSize: sum };
    },
    fullDuplexCall: async function* (requests, call) {
        echo(call);
        for await (const r of requests) yield* sendAll(r);
    },
};

// ---- The client: each case throws what is wrong --------------------------------------------------------

function want(is, what) {
    if (!is) throw new Error(what);
}

async function fails(code, run) {
    try {
        await run();
    } catch (e) {
        want(e.code === code, `another status: ${e.code} ${e.message}`);
        return e;
    }
    throw new Error('no failure');
}

// Requests that are sent one by one.
class Requests {
    #held = [];
    #wake = () => {};
    put(message) {
        this.#held.push(message);
        this.#wake();
    }
    end() {
        this.put(null);
    }
    async *[Symbol.asyncIterator]() {
        for (;;) {
            while (this.#held.length === 0) await new Promise((wake) => (this.#wake = wake));
            const message = this.#held.shift();
            if (message === null) return;
            yield message;
        }
    }
}

const large = () => ({ responseSize: LARGE_OUT, payload: zeros(LARGE_IN) });
const output = (size, payload) => ({ responseParameters: [{ size }], payload: zeros(payload) });

async function largeUnary(c) {
    const { message } = await c.unary('unaryCall', large());
    want(message.payload.body.length === LARGE_OUT && message.payload.body.every((b) => b === 0), 'the payload');
}

// A call of both streams, and what it says next.
function talk(c, options) {
    const requests = new Requests(), controller = new AbortController();
    const call = c.bidi('fullDuplexCall', requests, { signal: controller.signal, ...options });
    const replies = call.replies[Symbol.asyncIterator]();
    return {
        call, requests, controller, next: () => replies.next(),
        async ask(size, answer) {
            requests.put(output(answer, size));
            const got = await replies.next();
            want(!got.done && got.value.payload.body.length === answer, 'the size of a message');
        },
        async end() {
            requests.end();
            want((await replies.next()).done, 'not the end');
        },
    };
}

function wantMetadata(first, last) {
    want(first(ECHO) === INITIAL, `the metadata: ${first(ECHO)}`);
    want(Buffer.compare(last(ECHO_BIN) ?? Buffer.alloc(0), TRAILING) === 0, `the trailers: ${last(ECHO_BIN)}`);
}

// Reads a stream that has no end but by the server's; `begun` is called once it has begun.
async function readToItsEnd(c, begun) {
    const responseParameters = Array.from({ length: 10000 }, () => ({ size: 30000 }));
    await fails(UNAVAILABLE, async () => {
        for await (const _ of c.serverStream('streamingOutputCall', { responseParameters })) begun();
    });
}

async function statusComes(c, text) {
    const responseStatus = { code: UNKNOWN, message: text };
    let e = await fails(UNKNOWN, () => c.unary('unaryCall', { responseStatus }));
    want(e.text === text, `of a unary call: ${e.text}`);
    const t = talk(c);
    t.requests.put({ responseStatus });
    e = await fails(UNKNOWN, t.next);
    t.requests.end();
    want(e.text === text, `of a stream: ${e.text}`);
}

const cases = {
    empty_unary: (c) => c.unary('emptyCall', {}),
    large_unary: largeUnary,
    client_streaming: async (c) => {
        const requests = new Requests();
        for (const n of [27182, 8, 1828, 45904]) requests.put({ payload: zeros(n) });
        requests.end();
        const message = await c.clientStream('streamingInputCall', requests);
        want(message.aggregatedPayloadSize === 74922, 'the sum');
    },
    server_streaming: async (c) => {
        const sizes = [31415, 9, 2653, 58979], got = [];
        const request = { responseParameters: sizes.map((size) => ({ size })) };
        for await (const m of c.serverStream('streamingOutputCall', request)) got.push(m.payload.body.length);
        want(got.join() === sizes.join(), `the sizes: ${got}`);
    },
    ping_pong: async (c) => {
        const t = talk(c);
        for (const [size, answer] of [[27182, 31415], [8, 9], [1828, 2653], [45904, 58979]]) await t.ask(size, answer);
        await t.end();
    },
    empty_stream: (c) => talk(c).end(),
    custom_metadata: async (c) => {
        const metadata = [[ECHO, INITIAL], [ECHO_BIN, TRAILING]];
        const { header, trailer } = await c.unary('unaryCall', large(), { metadata });
        wantMetadata(header, trailer);
        const t = talk(c, { metadata });
        await t.ask(LARGE_IN, LARGE_OUT);
        await t.end();
        wantMetadata(t.call.header, t.call.trailer);
    },
    status_code_and_message: (c) => statusComes(c, 'test status message'),
    special_status_message: (c) =>
        statusComes(c, '\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \u{1f608}\t\n'),
    unimplemented_method: (c) => fails(UNIMPLEMENTED, () => c.unary('unimplementedCall', {})),
    unimplemented_service: async () => {
        const c = await library.connect(args, 'grpc.testing.UnimplementedService');
        await fails(UNIMPLEMENTED, () => c.unary('unimplementedCall', {}));
        c.close();
    },
    cancel_after_begin: async (c) => {
        const controller = new AbortController();
        const reply = c.clientStream('streamingInputCall', new Requests(), { signal: controller.signal });
        controller.abort();
        await fails(CANCELLED, () => reply);
    },
    cancel_after_first_response: async (c) => {
        const t = talk(c);
        await t.ask(27182, 31415);
        t.controller.abort();
        await fails(CANCELLED, t.next);
    },
    timeout_on_sleeping_server: async (c) => {
        const t = talk(c, { timeoutMs: 1 });
        t.requests.put({ payload: zeros(27182) });
        await fails(DEADLINE_EXCEEDED, t.next);
    },
    concurrent_large_unary: (c) => Promise.all(Array.from({ length: 100 }, () => largeUnary(c))),
    rpc_soak: async (c) => {
        for (let i = 0; i < Number(args.soak_iterations ?? 10); i++) await largeUnary(c);
    },
    channel_soak: async () => {
        for (let i = 0; i < Number(args.soak_iterations ?? 10); i++) {
            const c = await library.connect(args);
            await largeUnary(c);
            c.close();
        }
    },
    // Has streams, says so, and is there when the server drains.
    drain: async (c) => {
        const ends = [], begins = [];
        for (let i = 0; i < 100; i++) begins.push(new Promise((begun) => ends.push(readToItsEnd(c, begun))));
        await Promise.race([Promise.all(begins), Promise.all(ends)]);
        console.log('begun');
        await Promise.all(ends);
    },
};

if (args.test_case) {
    const watch = setTimeout(() => {
        console.error('the case does not end');
        process.exit(1);
    }, 30000);
    const c = await library.connect(args);
    try {
        await cases[args.test_case](c);
    } catch (e) {
        console.error(e);
        process.exitCode = 1;
    }
    c.close();
    clearTimeout(watch);
} else {
    const stop = await library.serve(args, handlers, (address) => console.log(address));
    process.stdin.on('end', stop).resume();
}
