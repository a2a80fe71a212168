// SPDX-License-Identifier: MIT
//! Short CPU-bound tasks spawned by one task: how well are they spread?

use crate::measure::{Outcome, WORKERS};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Notify;

/// About a microsecond of dependent arithmetic.
fn work(seed: u64) -> u64 {
    let mut x = seed | 1;
    for _ in 0..800 {
        x = (x ^ (x >> 13)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    x
}

/// A value that the compiler knows nothing about; Debian's rustc has no std::hint::black_box.
fn opaque(value: u64) -> u64 {
    // SAFETY: reads a live local of the same type.
    unsafe { std::ptr::read_volatile(&value) }
}

/// Time of one piece of work when nothing else happens.
fn serial_ns(turns: u64) -> f64 {
    let start = Instant::now();
    for i in 0..turns {
        opaque(work(opaque(i)));
    }
    start.elapsed().as_nanos() as f64 / turns as f64
}

pub async fn steal(n: u64) -> Outcome {
    let task_ns = serial_ns(20_000);
    let shared = Arc::new((AtomicU64::new(n), Notify::new()));
    let start = Instant::now();
    for i in 0..n {
        let shared = shared.clone();
        tokio::spawn(async move {
            opaque(work(opaque(i)));
            if shared.0.fetch_sub(1, Ordering::AcqRel) == 1 {
                shared.1.notify_one();
            }
        });
    }
    shared.1.notified().await;
    let mut out = Outcome::wall(n, start);
    out.extras.push(("task_ns", task_ns));
    out.extras.push((
        "efficiency",
        task_ns * n as f64 / (WORKERS.load(Ordering::Relaxed) as f64 * out.ns),
    ));
    out
}
