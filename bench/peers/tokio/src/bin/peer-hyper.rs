// SPDX-License-Identifier: MIT
//! `peer-hyper [-t threads] [-2] HOST:PORT`: the routes of edo-bench-http, by hyper; with -2 by HTTP/2
//! with prior knowledge, else by HTTP/1.1.

use hyper::server::conn::Http;
use hyper::service::service_fn;
use hyper::{header, Body, Method, Request, Response, StatusCode};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::process::exit;
use tokio::net::TcpSocket;
use tokio::signal::unix::{signal, SignalKind};

fn usage() -> ! {
    eprintln!("usage: peer-hyper [-t threads] [-2] HOST:PORT");
    exit(2)
}

fn with_type(kind: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let kind = header::HeaderValue::from_static(kind);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn text(body: impl Into<Body>) -> Response<Body> {
    with_type("text/plain; charset=utf-8", body.into())
}

fn not_found() -> Response<Body> {
    let mut response = text("Not Found");
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

async fn file() -> Response<Body> {
    let www = match std::env::var("WWW") {
        Ok(www) => www,
        Err(_) => return not_found(),
    };
    match tokio::fs::read(format!("{www}/16k.bin")).await {
        Ok(bytes) => with_type("application/octet-stream", bytes.into()),
        Err(_) => not_found(),
    }
}

async fn serve(req: Request<Body>) -> Result<Response<Body>, Infallible> {
    let path = req.uri().path();
    Ok(match *req.method() {
        Method::GET if path == "/" => text("Hello, World!"),
        Method::GET if path == "/16k.bin" => file().await,
        Method::GET => match path.strip_prefix("/user/") {
            Some(id) if !id.is_empty() => text(id.to_owned()),
            _ => not_found(),
        },
        Method::POST if path == "/user" => match hyper::body::to_bytes(req.into_body()).await {
            Ok(body) => with_type("application/json", body.into()),
            Err(_) => not_found(),
        },
        Method::POST if path == "/echo" => Response::new(req.into_body()),
        _ => not_found(),
    })
}

async fn accept(addr: SocketAddr, http2: bool) -> std::io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    let listener = socket.listen(4096)?;
    let mut http = Http::new();
    if http2 {
        http.http2_only(true);
    } else {
        http.http1_only(true).pipeline_flush(true);
    }
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(http.serve_connection(stream, service_fn(serve)));
    }
}

fn main() -> std::io::Result<()> {
    let (mut threads, mut http2, mut addr) = (1usize, false, None::<String>);
    let mut it = std::env::args().skip(1);
    while let Some(arg) = it.next() {
        match arg.as_str() {
            "-t" => threads = it.next().and_then(|v| v.parse().ok()).unwrap_or_else(|| usage()),
            "-2" => http2 = true,
            _ => addr = Some(arg),
        }
    }
    let addr = addr.and_then(|a| a.parse().ok()).unwrap_or_else(|| usage());
    let mut builder = match threads {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let rt = builder.worker_threads(threads.max(1)).enable_all().build()?;
    rt.block_on(async move {
        let mut term = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = term.recv() => Ok(()),
            failed = accept(addr, http2) => failed,
        }
    })
}
