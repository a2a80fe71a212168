// SPDX-License-Identifier: MIT
//! peer-metrics-rust BENCH [-t THREADS] [-n N]: the crate `prometheus` under the benches of
//! edo-bench-metrics. Same command line, same line of JSON.

use prometheus::{
    Encoder, Histogram, HistogramOpts, IntCounter, IntCounterVec, Opts, Registry, TextEncoder,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// The longest time of all threads, each of which runs `body(n)`.
fn on_threads(threads: usize, n: u64, body: impl Fn(u64) + Sync) -> f64 {
    let ready = AtomicUsize::new(0);
    std::thread::scope(|s| {
        let all: Vec<_> = (0..threads)
            .map(|_| {
                s.spawn(|| {
                    ready.fetch_add(1, Ordering::SeqCst);
                    while ready.load(Ordering::SeqCst) < threads {
                        std::hint::spin_loop();
                    }
                    let start = Instant::now();
                    body(n);
                    start.elapsed().as_nanos() as f64
                })
            })
            .collect();
        all.into_iter().map(|t| t.join().unwrap()).fold(0.0, f64::max)
    })
}

fn text(n: u64) -> (f64, usize) {
    let registry = Registry::new();
    let requests =
        IntCounterVec::new(Opts::new("requests_total", "Requests."), &["method", "route"]).unwrap();
    registry.register(Box::new(requests.clone())).unwrap();
    for i in 0..1000u64 {
        requests.with_label_values(&["GET", &format!("/route/{i}")]).inc_by(i * 1000);
    }
    let mut out = Vec::new();
    let start = Instant::now();
    for _ in 0..n {
        out.clear();
        TextEncoder::new().encode(&registry.gather(), &mut out).unwrap();
    }
    (start.elapsed().as_nanos() as f64, out.len())
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let bench = args.get(1).cloned().unwrap_or_default();
    let (mut threads, mut n) = (1usize, 0u64);
    for pair in args[2.min(args.len())..].chunks(2) {
        match (pair[0].as_str(), pair.get(1).and_then(|v| v.parse::<u64>().ok())) {
            ("-t", Some(v)) => threads = v as usize,
            ("-n", Some(v)) => n = v,
            _ => std::process::exit(2),
        }
    }
    let mut bytes = 0;
    let ns = match bench.as_str() {
        "counter" => {
            n = if n == 0 { 20_000_000 } else { n };
            let counter = IntCounter::new("requests", "Requests.").unwrap();
            on_threads(threads, n, |n| (0..n).for_each(|_| counter.inc()))
        }
        "hist" => {
            n = if n == 0 { 5_000_000 } else { n };
            let bounds = vec![
                0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
            ];
            let histogram =
                Histogram::with_opts(HistogramOpts::new("duration", "d").buckets(bounds)).unwrap();
            on_threads(threads, n, |n| {
                (0..n).for_each(|i| {
                    histogram.observe(0.001 * (1 + i % 9) as f64 * (1u64 << (i % 10)) as f64)
                })
            })
        }
        "text" => {
            n = if n == 0 { 200 } else { n };
            let (ns, length) = text(n);
            bytes = length;
            ns
        }
        _ => std::process::exit(3),
    };
    println!(
        "{{\"peer\":\"rust\",\"bench\":\"{}\",\"threads\":{},\"n\":{},\"bytes\":{},\"ns_per_op\":{:.2}}}",
        bench, threads, n, bytes, ns / n as f64
    );
}
