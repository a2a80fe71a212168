// SPDX-License-Identifier: MIT
//! Timers: made and dropped, many alive at once, and fired.

use crate::measure::{cpu_ns, rss_kb, Outcome, Random};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::task::unconstrained;
use tokio::time::{interval, sleep, Sleep};

/// Polls once and goes on, ready or not.
struct PollOnce<F>(F);

impl<F: Future + Unpin> Future for PollOnce<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let _ = Pin::new(&mut self.0).poll(cx);
        Poll::Ready(())
    }
}

/// Unconstrained: with the budget spent, Tokio would answer pending without filing the timer.
async fn poll_once(timer: Pin<&mut Sleep>) {
    PollOnce(unconstrained(timer)).await
}

pub async fn churn_alone(n: u64) -> Outcome {
    let mut random = Random::new();
    let start = Instant::now();
    for _ in 0..n {
        let one = sleep(Duration::from_millis(random.between(1000, 60_000)));
        tokio::pin!(one);
        poll_once(one).await;
    }
    Outcome::wall(n, start)
}

pub async fn churn(n: u64) -> Outcome {
    let ticker = tokio::spawn(async {
        let mut every = interval(Duration::from_millis(50));
        loop {
            every.tick().await;
        }
    });
    tokio::task::yield_now().await;
    let out = churn_alone(n).await;
    ticker.abort();
    out
}

/// No common factor with the usual counts, so that every timer is met once.
const STRIDE: usize = 7919;

pub async fn insert_cancel(n: u64) -> Outcome {
    let count = n as usize;
    let mut random = Random::new();
    let mut sleeps: Vec<Option<Pin<Box<Sleep>>>> = Vec::with_capacity(count);
    let before = rss_kb();
    let start = Instant::now();
    for _ in 0..count {
        let mut s = Box::pin(sleep(Duration::from_millis(random.between(1000, 60_000))));
        poll_once(s.as_mut()).await;
        sleeps.push(Some(s));
    }
    let inserted = start.elapsed().as_nanos() as f64;
    let grown = rss_kb().saturating_sub(before);

    let dropping = Instant::now();
    let mut at = 0;
    for _ in 0..count {
        at = (at + STRIDE) % count;
        sleeps[at] = None;
    }
    let dropped = dropping.elapsed().as_nanos() as f64;
    let each = |total: f64| total / n as f64;
    Outcome {
        n,
        ns: inserted + dropped,
        rss_kb: Some(grown),
        extras: vec![("insert_ns", each(inserted)), ("bytes_per", each(grown as f64 * 1024.0))],
    }
}

pub async fn fire(n: u64) -> Outcome {
    let mut random = Random::new();
    let mut handles = Vec::with_capacity(n as usize);
    let (wall, cpu) = (Instant::now(), cpu_ns());
    for _ in 0..n {
        let span = Duration::from_millis(random.between(1, 100));
        handles.push(tokio::spawn(async move {
            let due = Instant::now() + span;
            sleep(span).await;
            Instant::now().saturating_duration_since(due).as_nanos() as u64
        }));
    }
    let (mut sum, mut worst) = (0u64, 0u64);
    for handle in handles {
        let late = handle.await.unwrap();
        sum += late;
        worst = worst.max(late);
    }
    let ns = (cpu_ns() - cpu) as f64;
    let wall_ms = wall.elapsed().as_secs_f64() * 1e3;
    Outcome {
        n,
        ns,
        rss_kb: None,
        extras: vec![
            ("wall_ms", wall_ms),
            ("late_mean_us", sum as f64 / n as f64 / 1e3),
            ("late_max_us", worst as f64 / 1e3),
        ],
    }
}
