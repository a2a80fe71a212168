// SPDX-License-Identifier: MIT
// A collector of OpenTelemetry by its own decoders for JavaScript, over HTTP and gRPC. It prints where it listens, "http PORT"
// and "grpc PORT", and then a line of JSON for each request.
import http from "node:http";
import zlib from "node:zlib";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const root = require("@opentelemetry/otlp-transformer/build/src/generated/root.js");
const grpc = require("@grpc/grpc-js");

const collector = root.opentelemetry.proto.collector;
const kinds = {
    traces: ["trace", "TraceService", collector.trace.v1.ExportTraceServiceRequest, collector.trace.v1.ExportTraceServiceResponse],
    logs: ["logs", "LogsService", collector.logs.v1.ExportLogsServiceRequest, collector.logs.v1.ExportLogsServiceResponse],
    metrics: ["metrics", "MetricsService", collector.metrics.v1.ExportMetricsServiceRequest,
              collector.metrics.v1.ExportMetricsServiceResponse],
};

function tell(by, kind, request) {
    const [, , Request] = kinds[kind];
    const body = Request.toObject(request, { longs: String, bytes: String, enums: Number });
    console.log(JSON.stringify({ by, kind, body }));
}

const overHttp = http.createServer((req, res) => {
    const parts = [];
    req.on("data", (part) => parts.push(part));
    req.on("end", () => {
        const kind = req.url.split("/").pop();
        const [, , Request, Response] = kinds[kind];
        let body = Buffer.concat(parts);
        if (req.headers["content-encoding"] === "gzip") body = zlib.gunzipSync(body);
        tell("http", kind, Request.decode(body));
        res.writeHead(200, { "content-type": "application/x-protobuf" });
        res.end(Buffer.from(Response.encode(Response.create({})).finish()));
    });
});
overHttp.listen(0, "127.0.0.1", () => console.log("http " + overHttp.address().port));

const overGrpc = new grpc.Server();
for (const [kind, [part, service, Request, Response]] of Object.entries(kinds)) {
    overGrpc.addService({
        Export: {
            path: `/opentelemetry.proto.collector.${part}.v1.${service}/Export`,
            requestStream: false,
            responseStream: false,
            requestDeserialize: (bytes) => Request.decode(bytes),
            requestSerialize: (message) => Buffer.from(Request.encode(message).finish()),
            responseDeserialize: (bytes) => Response.decode(bytes),
            responseSerialize: (message) => Buffer.from(Response.encode(message).finish()),
        },
    }, {
        Export: (call, callback) => {
            tell("grpc", kind, call.request);
            callback(null, Response.create({}));
        },
    });
}
overGrpc.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (err, port) => {
    if (err) throw err;
    console.log("grpc " + port);
});
