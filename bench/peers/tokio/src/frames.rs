// SPDX-License-Identifier: MIT
//! Frames with their length in front, and lines, over a pipe in memory, by tokio-util.

use crate::measure::Outcome;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use std::time::Instant;
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec, LinesCodec};

const PIPE_BYTES: usize = 64 * 1024;
static PAYLOAD: [u8; 16 * 1024] = [0; 16 * 1024];

async fn frames(n: u64, bytes: usize, feeds: bool) -> Outcome {
    let (writer, reader) = tokio::io::duplex(PIPE_BYTES);
    let mut to = FramedWrite::new(writer, LengthDelimitedCodec::new());
    let mut from = FramedRead::new(reader, LengthDelimitedCodec::new());
    let start = Instant::now();
    let sender = tokio::spawn(async move {
        for _ in 0..n {
            let frame = Bytes::from_static(&PAYLOAD[..bytes]);
            if feeds {
                to.feed(frame).await.unwrap();
            } else {
                to.send(frame).await.unwrap();
            }
        }
        SinkExt::<Bytes>::flush(&mut to).await.unwrap();
    });
    let mut got = 0;
    while let Some(frame) = from.next().await {
        drop(frame.unwrap());
        got += 1;
    }
    let outcome = Outcome::wall(got, start);
    sender.await.unwrap();
    outcome
}

pub async fn lines_80(n: u64) -> Outcome {
    let (writer, reader) = tokio::io::duplex(PIPE_BYTES);
    let mut to = FramedWrite::new(writer, LinesCodec::new());
    let mut from = FramedRead::new(reader, LinesCodec::new());
    let start = Instant::now();
    let sender = tokio::spawn(async move {
        let line = std::str::from_utf8(&PAYLOAD[..79]).unwrap();
        for _ in 0..n {
            to.feed(line).await.unwrap();
        }
        SinkExt::<&str>::flush(&mut to).await.unwrap();
    });
    let mut got = 0;
    while let Some(line) = from.next().await {
        drop(line.unwrap());
        got += 1;
    }
    let outcome = Outcome::wall(got, start);
    sender.await.unwrap();
    outcome
}

pub async fn fed_64(n: u64) -> Outcome {
    frames(n, 64, true).await
}

pub async fn sent_64(n: u64) -> Outcome {
    frames(n, 64, false).await
}

pub async fn fed_16k(n: u64) -> Outcome {
    frames(n, PAYLOAD.len(), true).await
}
