// SPDX-License-Identifier: MIT
//! Spawn, join, yield, and tasks that only wait.

use crate::measure::{rss_kb, Outcome};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{oneshot, Notify};
use tokio::task::{yield_now, JoinHandle};

const BATCH: u64 = 100_000;

pub async fn spawn_join(n: u64) -> Outcome {
    let mut handles: Vec<JoinHandle<u64>> = Vec::with_capacity(BATCH.min(n) as usize);
    let (mut sum, mut left) = (0u64, n);
    let start = Instant::now();
    while left > 0 {
        let batch = left.min(BATCH);
        for i in 0..batch {
            handles.push(tokio::spawn(async move { i }));
        }
        for handle in handles.drain(..) {
            sum += handle.await.unwrap();
        }
        left -= batch;
    }
    let out = Outcome::wall(n, start);
    assert!(sum > 0 || n < 2);
    out
}

pub async fn spawn_one(n: u64) -> Outcome {
    let mut sum = 0;
    let start = Instant::now();
    for i in 0..n {
        sum += tokio::spawn(async move { i }).await.unwrap();
    }
    let out = Outcome::wall(n, start);
    assert_eq!(sum, n * (n - 1) / 2);
    out
}

fn chain(left: u64, done: oneshot::Sender<()>) {
    if left == 0 {
        let _ = done.send(());
        return;
    }
    tokio::spawn(async move { chain(left - 1, done) });
}

pub async fn chained_spawn(n: u64) -> Outcome {
    let (tx, rx) = oneshot::channel();
    let start = Instant::now();
    chain(n, tx);
    rx.await.unwrap();
    Outcome::wall(n, start)
}

async fn yielders(tasks: u64, n: u64) -> Outcome {
    let each = (n / tasks).max(1);
    let start = Instant::now();
    let handles: Vec<_> = (0..tasks)
        .map(|_| {
            tokio::spawn(async move {
                for _ in 0..each {
                    yield_now().await;
                }
            })
        })
        .collect();
    for handle in handles {
        handle.await.unwrap();
    }
    Outcome::wall(each * tasks, start)
}

pub async fn yield_2(n: u64) -> Outcome {
    yielders(2, n).await
}

pub async fn yield_1000(n: u64) -> Outcome {
    yielders(1000, n).await
}

/// What all parked tasks share: one pointer in each of them.
#[derive(Default)]
struct Parked {
    go: Notify,
    all_parked: Notify,
    all_done: Notify,
    parked: AtomicU64,
    done: AtomicU64,
}

pub async fn parked_mem(n: u64) -> Outcome {
    let shared = Arc::new(Parked::default());
    let before = rss_kb();
    let start = Instant::now();
    for _ in 0..n {
        let s = shared.clone();
        tokio::spawn(async move {
            let wait = s.go.notified();
            if s.parked.fetch_add(1, Ordering::AcqRel) + 1 == n {
                s.all_parked.notify_one();
            }
            wait.await;
            if s.done.fetch_add(1, Ordering::AcqRel) + 1 == n {
                s.all_done.notify_one();
            }
        });
    }
    shared.all_parked.notified().await;
    let mut out = Outcome::wall(n, start);
    let grown = rss_kb().saturating_sub(before);
    out.rss_kb = Some(grown);

    let wake = Instant::now();
    shared.go.notify_waiters();
    shared.all_done.notified().await;
    out.extras.push(("bytes_per", grown as f64 * 1024.0 / n as f64));
    out.extras.push(("wake_ns", wake.elapsed().as_nanos() as f64 / n as f64));
    out
}
