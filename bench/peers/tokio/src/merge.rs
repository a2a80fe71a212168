// SPDX-License-Identifier: MIT
//! Items of several channels that are read as one stream: by tokio-stream's merge of two and its
//! StreamMap, by the select_all of futures.

use crate::measure::Outcome;
use futures_util::stream::{select_all, Stream, StreamExt};
use std::time::Instant;
use tokio::sync::mpsc::{unbounded_channel, UnboundedSender};
use tokio_stream::{wrappers::UnboundedReceiverStream, StreamExt as _, StreamMap};

type Sender = UnboundedSender<u64>;
type Receiver = UnboundedReceiverStream<u64>;

fn channels(k: u64) -> (Vec<Sender>, Vec<Receiver>) {
    (0..k)
        .map(|_| {
            let (tx, rx) = unbounded_channel();
            (tx, UnboundedReceiverStream::new(rx))
        })
        .unzip()
}

/// Sends to each in turn, or to the last one alone, and reads what was sent.
async fn read(
    n: u64,
    all: bool,
    tx: Vec<Sender>,
    mut items: impl Stream<Item = u64> + Unpin,
) -> Outcome {
    let busy = if all { &tx[..] } else { &tx[tx.len() - 1..] };
    let mut sent = 0;
    let start = Instant::now();
    while sent < n {
        for one in busy {
            one.send(sent).unwrap();
            sent += 1;
        }
        for _ in busy {
            futures_util::StreamExt::next(&mut items).await.unwrap();
        }
    }
    Outcome::wall(sent, start)
}

async fn merge_2(n: u64, all: bool) -> Outcome {
    let (tx, mut rx) = channels(2);
    let (b, a) = (rx.pop().unwrap(), rx.pop().unwrap());
    read(n, all, tx, a.merge(b)).await
}

async fn select_1000(n: u64, all: bool) -> Outcome {
    let (tx, rx) = channels(1000);
    read(n, all, tx, select_all(rx)).await
}

async fn map_1000(n: u64, all: bool) -> Outcome {
    let (tx, rx) = channels(1000);
    let map: StreamMap<usize, Receiver> = rx.into_iter().enumerate().collect();
    read(n, all, tx, StreamExt::map(map, |(_, v)| v)).await
}

pub async fn one_2(n: u64) -> Outcome {
    merge_2(n, false).await
}

pub async fn one_1000(n: u64) -> Outcome {
    select_1000(n, false).await
}

pub async fn one_map_1000(n: u64) -> Outcome {
    map_1000(n, false).await
}

pub async fn all_2(n: u64) -> Outcome {
    merge_2(n, true).await
}

pub async fn all_1000(n: u64) -> Outcome {
    select_1000(n, true).await
}
