// SPDX-License-Identifier: MIT
//! Calls through stacks of Tower's layers around an empty service: the peer of edo-bench-layers.

use std::future::{ready, Ready};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tower::retry::Policy;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};

/// The compiler has to make the value: what std::hint has of that name from Rust 1.66 on, and Debian 12's lacks.
fn black_box<T>(value: T) -> T {
    // SAFETY: reads a live local once, which is then forgotten in its place.
    let read = unsafe { std::ptr::read_volatile(&value) };
    std::mem::forget(value);
    read
}

#[derive(Clone, Copy, Default)]
struct Message {
    value: u64,
    header: u64,
}

#[derive(Clone)]
struct Answer;

impl Service<Message> for Answer {
    type Response = Message;
    type Error = BoxError;
    type Future = Ready<Result<Message, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Message) -> Self::Future {
        ready(Ok(Message { value: request.value, header: 0 }))
    }
}

/// Three attempts after failures, as edo's default.
#[derive(Clone)]
struct Attempts(u32);

impl Policy<Message, Message, BoxError> for Attempts {
    type Future = Ready<Self>;

    fn retry(&self, _: &Message, result: Result<&Message, &BoxError>) -> Option<Self::Future> {
        match result {
            Ok(_) => None,
            Err(_) if self.0 > 1 => Some(ready(Attempts(self.0 - 1))),
            Err(_) => None,
        }
    }

    fn clone_request(&self, request: &Message) -> Option<Message> {
        Some(*request)
    }
}

fn set_header(mut response: Message) -> Message {
    response.header = 1;
    response
}

fn map_request(mut request: Message) -> Message {
    request.value += 1;
    request
}

fn pass(request: Message) -> Result<Message, BoxError> {
    if request.value == u64::MAX {
        Err("refused".into())
    } else {
        Ok(request)
    }
}

const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);
const NEVER_REACHED: u64 = 1_000_000_000;

async fn call_many<S>(service: &mut S, n: u64) -> Result<(), BoxError>
where
    S: Service<Message, Response = Message>,
    S::Error: Into<BoxError>,
{
    for _ in 0..n {
        let service = service.ready().await.map_err(Into::into)?;
        let response = service.call(Message::default()).await.map_err(Into::into)?;
        black_box(response.header);
    }
    Ok(())
}

async fn measure<S>(bench: &str, n: u64, mut service: S) -> Result<(), BoxError>
where
    S: Service<Message, Response = Message>,
    S::Error: Into<BoxError>,
{
    call_many(&mut service, n / 10).await?;
    let start = Instant::now();
    call_many(&mut service, n).await?;
    let ns = start.elapsed().as_nanos() as f64 / n as f64;
    println!("{{\"peer\":\"tower\",\"bench\":\"{bench}\",\"n\":{n},\"ns_per_op\":{ns:.2}}}");
    Ok(())
}

const STACKS: [&str; 11] = [
    "none", "set_header", "map", "filter", "timeout", "concurrency", "rate", "load_shed", "retry",
    "usual", "all_but_buffer",
];

async fn run(bench: &str, n: u64) -> Result<bool, BoxError> {
    let b = ServiceBuilder::new();
    match bench {
        "none" => measure(bench, n, Answer).await?,
        "set_header" => measure(bench, n, b.map_response(set_header).service(Answer)).await?,
        "map" => measure(bench, n, b.map_request(map_request).service(Answer)).await?,
        "filter" => measure(bench, n, b.filter(pass).service(Answer)).await?,
        "timeout" => measure(bench, n, b.timeout(MINUTE).service(Answer)).await?,
        "concurrency" => measure(bench, n, b.concurrency_limit(1000).service(Answer)).await?,
        "rate" => measure(bench, n, b.rate_limit(NEVER_REACHED, SECOND).service(Answer)).await?,
        "load_shed" => measure(bench, n, b.load_shed().service(Answer)).await?,
        "retry" => measure(bench, n, b.retry(Attempts(3)).service(Answer)).await?,
        "usual" => {
            let b = b.map_response(set_header).map_request(map_request).filter(pass);
            measure(bench, n, b.timeout(MINUTE).concurrency_limit(1000).service(Answer)).await?
        }
        "all_but_buffer" => {
            // without a buffer nothing that has a rate limit can be cloned, as retry demands
            let b = b.load_shed().timeout(MINUTE).concurrency_limit(1000);
            let b = b.rate_limit(NEVER_REACHED, SECOND).map_request(map_request);
            measure(bench, n, b.retry(Attempts(3)).service(Answer)).await?
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.len() == 2 && args[1] == "--list" {
        for name in STACKS {
            println!("{name}");
        }
        return;
    }
    let n = match args.len() {
        2 => 5_000_000,
        4 if args[2] == "-n" => args[3].parse().unwrap_or(1),
        _ => std::process::exit(2),
    };
    let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    match rt.block_on(run(&args[1], n)) {
        Ok(true) => {}
        Ok(false) => std::process::exit(3),
        Err(e) => panic!("{e}"),
    }
}
