// SPDX-License-Identifier: MIT
// The peer of edo-bench-json on serde_json: peer-serde BENCH FILE [-n N]
//
// FILE has the text of the bench, as `edo-bench-json --text BENCH` prints it. borrow_X keeps what has
// no escapes in place (Cow), decode_X copies strings; encode_X writes to a buffer that it keeps.
// Like edo's, a run converts the whole text.
use std::borrow::Cow;

use serde::{de::DeserializeOwned, Deserialize, Serialize};

/// The compiler has to make the value: what std::hint has of that name from Rust 1.66 on, and Debian 12's lacks.
fn black_box<T>(value: T) -> T {
    // SAFETY: reads a live local once, which is then forgotten in its place.
    let read = unsafe { std::ptr::read_volatile(&value) };
    std::mem::forget(value);
    read
}

/// A text that borrows even as an element of a list, which Cow alone does not.
#[derive(Deserialize, Serialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize, Serialize)]
struct Address<T> {
    street: T,
    city: T,
    zip: T,
}

#[derive(Deserialize, Serialize)]
struct User<T> {
    id: i64,
    name: T,
    email: T,
    tags: Vec<T>,
    home: Address<T>,
    latitude: f64,
    longitude: f64,
    active: bool,
}

#[derive(Deserialize, Serialize)]
struct Items<T> {
    items: Vec<T>,
}

fn cpu_ns() -> f64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: t is a timespec.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    t.tv_sec as f64 * 1e9 + t.tv_nsec as f64
}

/// Runs `once` so many times, after a tenth of that to warm up, and prints the line.
fn measure(bench: &str, bytes: usize, things: usize, times: u64, mut once: impl FnMut()) {
    for _ in 0..times / 10 + 1 {
        once();
    }
    let start = cpu_ns();
    for _ in 0..times {
        once();
    }
    let (ns, n) = (cpu_ns() - start, times as f64 * things as f64);
    println!(
        "{{\"peer\":\"serde\",\"bench\":\"{bench}\",\"threads\":1,\"n\":{n:.0},\
         \"ns_per_op\":{:.2},\"bytes\":{bytes},\"mb_per_s\":{:.0}}}",
        ns / n,
        bytes as f64 * times as f64 * 1e3 / ns
    );
}

fn decode<'a, T: Deserialize<'a>>(bench: &str, text: &'a str, things: usize, times: u64) {
    measure(bench, text.len(), things, times, || {
        black_box(serde_json::from_str::<T>(text).expect("text"));
    });
}

fn encode<T: DeserializeOwned + Serialize>(bench: &str, text: &str, things: usize, times: u64) {
    let value: T = serde_json::from_str(text).expect("text");
    let mut out = Vec::new();
    measure(bench, text.len(), things, times, || {
        out.clear();
        serde_json::to_writer(&mut out, &value).expect("value");
        black_box(&out);
    });
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (bench, file) = match (args.get(1), args.get(2)) {
        (Some(bench), Some(file)) => (bench, file),
        _ => std::process::exit(3),
    };
    let text = std::fs::read_to_string(file).expect("file");
    let times = args.get(4).map_or(200_000_000 / text.len() as u64, |n| n.parse().expect("-n N"));
    let (b, t, n) = (bench.as_str(), text.as_str(), times);
    let many = || {
        let all: Items<serde_json::Value> = serde_json::from_str(t).expect("text");
        all.items.len()
    };
    match b {
        "decode_small" => decode::<User<String>>(b, t, 1, n),
        "borrow_small" => decode::<User<Text>>(b, t, 1, n),
        "encode_small" => encode::<User<String>>(b, t, 1, n),
        "decode_array" => decode::<Items<User<String>>>(b, t, many(), n),
        "borrow_array" => decode::<Items<User<Text>>>(b, t, many(), n),
        "encode_array" => encode::<Items<User<String>>>(b, t, many(), n),
        "decode_numbers" | "borrow_numbers" => decode::<Items<f64>>(b, t, many(), n),
        "encode_numbers" => encode::<Items<f64>>(b, t, many(), n),
        "decode_text" => decode::<Items<String>>(b, t, many(), n),
        "borrow_text" => decode::<Items<Text>>(b, t, many(), n),
        "encode_text" => encode::<Items<String>>(b, t, many(), n),
        _ => std::process::exit(3),
    }
}
