// SPDX-License-Identifier: MIT
//! oneshot, mpsc, broadcast, and select over channels.

use crate::measure::Outcome;
use std::time::Instant;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::yield_now;

/// Each message carries the sender for the answer to it.
struct Reply(oneshot::Sender<Reply>);

/// One side: send `count` messages, each over the sender that came with the last one received.
async fn volley(mut to: oneshot::Sender<Reply>, count: u64) {
    for _ in 0..count {
        let (tx, rx) = oneshot::channel();
        if to.send(Reply(tx)).is_err() {
            return;
        }
        match rx.await {
            Ok(Reply(next)) => to = next,
            Err(_) => return,
        }
    }
}

pub async fn oneshot_pingpong(n: u64) -> Outcome {
    let each = (n / 2).max(1);
    let start = Instant::now();
    let (tx, rx) = oneshot::channel();
    let a = tokio::spawn(volley(tx, each));
    let b = tokio::spawn(async move {
        if let Ok(Reply(first)) = rx.await {
            volley(first, each).await;
        }
    });
    a.await.unwrap();
    b.await.unwrap();
    Outcome::wall(each * 2, start)
}

pub async fn mpsc_pingpong(n: u64) -> Outcome {
    let (ping_tx, mut ping_rx) = mpsc::channel::<u64>(1);
    let (pong_tx, mut pong_rx) = mpsc::channel::<u64>(1);
    let start = Instant::now();
    let a = tokio::spawn(async move {
        for i in 0..n {
            ping_tx.send(i).await.unwrap();
            pong_rx.recv().await.unwrap();
        }
    });
    let b = tokio::spawn(async move {
        while let Some(v) = ping_rx.recv().await {
            pong_tx.send(v).await.unwrap();
        }
    });
    a.await.unwrap();
    b.await.unwrap();
    Outcome::wall(n, start)
}

async fn producers(count: u64, n: u64) -> Outcome {
    let each = (n / count).max(1);
    let (tx, mut rx) = mpsc::channel::<u64>(100);
    let start = Instant::now();
    for _ in 0..count {
        let tx = tx.clone();
        tokio::spawn(async move {
            for i in 0..each {
                tx.send(i).await.unwrap();
            }
        });
    }
    drop(tx);
    let mut got = 0;
    while rx.recv().await.is_some() {
        got += 1;
    }
    let out = Outcome::wall(got, start);
    assert_eq!(got, each * count);
    out
}

pub async fn mpsc_1p(n: u64) -> Outcome {
    producers(1, n).await
}

pub async fn mpsc_8p(n: u64) -> Outcome {
    producers(8, n).await
}

/// Tokio has no channel of several receivers; async-channel is the usual one beside it.
pub async fn chan_8c(n: u64) -> Outcome {
    let (tx, rx) = async_channel::bounded::<u64>(100);
    let start = Instant::now();
    let consumers: Vec<_> = (0..8)
        .map(|_| {
            let rx = rx.clone();
            tokio::spawn(async move {
                let mut got = 0;
                while rx.recv().await.is_ok() {
                    got += 1;
                }
                got
            })
        })
        .collect();
    drop(rx);
    tokio::spawn(async move {
        for i in 0..n {
            tx.send(i).await.unwrap();
        }
    });
    let mut got = 0;
    for one in consumers {
        got += one.await.unwrap();
    }
    let out = Outcome::wall(got, start);
    assert_eq!(got, n);
    out
}

pub async fn mpsc_unbounded(n: u64) -> Outcome {
    let (tx, mut rx) = mpsc::unbounded_channel::<u64>();
    let start = Instant::now();
    tokio::spawn(async move {
        for i in 1..=n {
            tx.send(i).unwrap();
            if i % 1000 == 0 {
                yield_now().await;
            }
        }
    });
    let mut got = 0;
    while rx.recv().await.is_some() {
        got += 1;
    }
    let out = Outcome::wall(got, start);
    assert_eq!(got, n);
    out
}

const RECEIVERS: u64 = 100;
const PER_ROUND: u64 = 100;

pub async fn broadcast_100(n: u64) -> Outcome {
    let rounds = (n / (RECEIVERS * PER_ROUND)).max(1);
    let (tx, _) = broadcast::channel::<u64>(128);
    let (ack_tx, mut ack_rx) = mpsc::channel::<()>(RECEIVERS as usize);
    for _ in 0..RECEIVERS {
        let (mut rx, ack) = (tx.subscribe(), ack_tx.clone());
        tokio::spawn(async move {
            let mut got = 0;
            while rx.recv().await.is_ok() {
                got += 1;
                if got % PER_ROUND == 0 && ack.send(()).await.is_err() {
                    return;
                }
            }
        });
    }
    let start = Instant::now();
    for _ in 0..rounds {
        for i in 0..PER_ROUND {
            tx.send(i).unwrap();
        }
        for _ in 0..RECEIVERS {
            ack_rx.recv().await.unwrap();
        }
    }
    Outcome::wall(rounds * RECEIVERS * PER_ROUND, start)
}

/// The unbounded form: its receive is the cheaper one in Tokio.
const FILL: usize = 1000;

pub async fn select_2(n: u64) -> Outcome {
    let rounds = (n / (2 * FILL as u64)).max(1);
    let (a_tx, mut a_rx) = mpsc::unbounded_channel::<u64>();
    let (b_tx, mut b_rx) = mpsc::unbounded_channel::<u64>();
    let (mut ns, mut got) = (0u128, 0u64);
    for _ in 0..rounds {
        for i in 0..FILL {
            a_tx.send(i as u64).unwrap();
            b_tx.send(i as u64).unwrap();
        }
        let start = Instant::now();
        for _ in 0..2 * FILL {
            tokio::select! {
                v = a_rx.recv() => got += v.map_or(0, |_| 1),
                v = b_rx.recv() => got += v.map_or(0, |_| 1),
            }
        }
        ns += start.elapsed().as_nanos();
    }
    assert_eq!(got, rounds * 2 * FILL as u64);
    Outcome { n: got, ns: ns as f64, rss_kb: None, extras: Vec::new() }
}
