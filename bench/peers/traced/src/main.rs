// SPDX-License-Identifier: MIT
//! `peer-traced plain|line|dropped HOST:PORT [FILE]`: GET / by hyper, on one thread:
//! plain    without tracing
//! line     each request in a span of tracing, whose end is a line of JSON in FILE
//! dropped  each request in a span whose fields and times are kept, and dropped at its end
//!
//! The fields are those of edo_traceparent_layer(). A layer for tower that does so, and an exporter
//! of OpenTelemetry, are crates that Debian does not have; nor is the appender with a thread of its own.

use hyper::server::conn::Http;
use hyper::service::service_fn;
use hyper::{header, Body, Method, Request, Response, StatusCode, Version};
use std::convert::Infallible;
use std::fmt::{Debug, Write};
use std::fs::File;
use std::net::SocketAddr;
use std::process::exit;
use std::sync::Mutex;
use std::time::{Instant, SystemTime};
use tokio::net::TcpListener;
use tokio::signal::unix::{signal, SignalKind};
use tracing::field::{Empty, Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{info_span, Instrument, Subscriber};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// The compiler has to make the value: what std::hint has of that name from Rust 1.66 on, and Debian 12's lacks.
fn black_box<T>(value: T) -> T {
    // SAFETY: reads a live local once, which is then forgotten in its place.
    let read = unsafe { std::ptr::read_volatile(&value) };
    std::mem::forget(value);
    read
}

// ---- A receiver that keeps what one needs to show a span --------------------------------------

struct Keeps;

struct Kept {
    fields: String,
    _began: SystemTime,
    start: Instant,
}

struct Text<'a>(&'a mut String);

impl Visit for Text<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{}={:?} ", field.name(), value);
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Keeps {
    fn on_new_span(&self, attrs: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let mut fields = String::new();
        attrs.record(&mut Text(&mut fields));
        let kept = Kept { fields, _began: SystemTime::now(), start: Instant::now() };
        ctx.span(id).expect("the span").extensions_mut().insert(kept);
    }
    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        let span = ctx.span(id).expect("the span");
        let mut extensions = span.extensions_mut();
        if let Some(kept) = extensions.get_mut::<Kept>() {
            values.record(&mut Text(&mut kept.fields));
        }
    }
    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        let span = ctx.span(&id).expect("the span");
        let took = span.extensions().get::<Kept>().map(|kept| kept.start.elapsed());
        black_box(took);
    }
}

fn begin(kind: &str, file: Option<&str>) {
    match (kind, file) {
        ("plain", _) => (),
        ("dropped", _) => tracing_subscriber::registry().with(Keeps).init(),
        ("line", Some(path)) => tracing_subscriber::fmt()
            .json()
            .with_file(true)
            .with_line_number(true)
            .with_span_events(FmtSpan::CLOSE)
            .with_writer(Mutex::new(File::create(path).expect("the file")))
            .init(),
        _ => exit(2),
    }
}

// ---- The service ------------------------------------------------------------------------------

fn hello(req: &Request<Body>) -> Response<Body> {
    if req.method() != Method::GET || req.uri().path() != "/" {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    }
    let mut response = Response::new(Body::from("Hello, World!"));
    let kind = header::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

async fn serve(req: Request<Body>) -> Result<Response<Body>, Infallible> {
    Ok(hello(&req))
}

async fn serve_traced(req: Request<Body>, from: SocketAddr) -> Result<Response<Body>, Infallible> {
    let host = req.headers().get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("");
    let (address, port) = host.rsplit_once(':').unwrap_or((host, "80"));
    let span = info_span!(
        "request",
        otel.kind = "server",
        http.request.method = req.method().as_str(),
        http.route = "/",
        url.path = req.uri().path(),
        url.scheme = "http",
        server.address = address,
        server.port = port.parse::<u16>().unwrap_or(80),
        network.protocol.version = if req.version() == Version::HTTP_11 { "1.1" } else { "1.0" },
        client.address = %from.ip(),
        http.response.status_code = Empty,
    );
    async {
        let response = hello(&req);
        tracing::Span::current().record("http.response.status_code", response.status().as_u16());
        Ok(response)
    }
    .instrument(span)
    .await
}

async fn accept(addr: SocketAddr, is_traced: bool) -> std::io::Result<()> {
    let listener = TcpListener::bind(addr).await?;
    let mut http = Http::new();
    http.http1_only(true).pipeline_flush(true);
    loop {
        let (stream, from) = listener.accept().await?;
        stream.set_nodelay(true)?;
        if is_traced {
            let service = service_fn(move |req| serve_traced(req, from));
            tokio::spawn(http.serve_connection(stream, service));
        } else {
            tokio::spawn(http.serve_connection(stream, service_fn(serve)));
        }
    }
}

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let (kind, addr) = match (args.get(1), args.get(2)) {
        (Some(kind), Some(addr)) => (kind, addr),
        _ => exit(2),
    };
    let addr = addr.parse().unwrap_or_else(|_| exit(2));
    begin(kind, args.get(3).map(String::as_str));
    let rt = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    rt.block_on(async move {
        let mut term = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = term.recv() => Ok(()),
            failed = accept(addr, kind != "plain") => failed,
        }
    })
}
