// SPDX-License-Identifier: MIT
//! The peer of edo-bench-map on the HashMap of Rust's std, whose hash is SipHash-1-3, too:
//! peer-map-rust BENCH [-n N]. It does what bench.h says.
use std::collections::HashMap;
use std::process::exit;

/// Linux's CLOCK_PROCESS_CPUTIME_ID, by libc, which std links.
fn now_ns() -> f64 {
    #[repr(C)]
    struct Timespec {
        sec: i64,
        nsec: i64,
    }
    extern "C" {
        fn clock_gettime(clock: i32, time: *mut Timespec) -> i32;
    }
    let mut time = Timespec { sec: 0, nsec: 0 };
    unsafe { clock_gettime(2, &mut time) };
    time.sec as f64 * 1e9 + time.nsec as f64
}

/// Texts in one piece of memory.
fn texts(kind: &str, first: u32, order: Option<&[u32]>, n: usize) -> (String, Vec<(usize, usize)>) {
    let mut bytes = String::with_capacity(n * 64);
    let mut places = Vec::with_capacity(n);
    for i in 0..n {
        let mixed = first
            .wrapping_add(order.map_or(i as u32, |order| order[i]))
            .wrapping_mul(2654435761);
        let from = bytes.len();
        if kind.starts_with('u') {
            bytes += &format!("https://example.org/articles/{mixed}/index.html");
        } else {
            bytes += &format!("user:{mixed}");
        }
        places.push((from, bytes.len()));
        bytes.push('\0');
    }
    (bytes, places)
}

fn shuffled(n: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..n as u32).collect();
    let mut seed: u64 = 0x9e3779b97f4a7c15;
    for i in (1..n).rev() {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        order.swap(i, (seed % (i as u64 + 1)) as usize);
    }
    order
}

fn fill<'a>(map: &mut HashMap<&'a str, u64>, keys: &[&'a str]) {
    for (i, key) in keys.iter().enumerate() {
        map.insert(key, i as u64);
    }
}

fn round<'a>(map: &mut HashMap<&'a str, u64>, way: u8, keys: &[&'a str], asked: &[&'a str]) -> u64 {
    match way {
        b'a' => {
            *map = HashMap::new();
            fill(map, keys);
            1
        }
        b'h' | b'm' => asked.iter().map(|key| map.get(key).copied().unwrap_or(0)).sum(),
        b'c' => {
            for (out, into) in [(keys, asked), (asked, keys)] {
                for i in 0..asked.len() {
                    map.remove(out[i]);
                    map.insert(into[i], i as u64);
                }
            }
            1
        }
        _ => map.values().sum(),
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let named = args.get(1).and_then(|bench| bench.split_once('_'));
    let (way, kind) = named.unwrap_or_else(|| exit(3));
    let n = match kind.as_bytes()[0] {
        b's' => 1000,
        b'l' => 1000000,
        _ => 100000,
    };
    let rounds = args.get(3).map_or(4000000, |n| n.parse().unwrap_or(0)) / n as u64;
    let way = way.as_bytes()[0];
    let order = shuffled(n);
    let first = if way == b'm' || way == b'c' { n as u32 } else { 0 };
    let (key_bytes, key_places) = texts(kind, 0, None, n);
    let (asked_bytes, asked_places) = texts(kind, first, Some(&order), n);
    let keys: Vec<&str> = key_places.iter().map(|&(from, to)| &key_bytes[from..to]).collect();
    let asked: Vec<&str> = asked_places.iter().map(|&(from, to)| &asked_bytes[from..to]).collect();
    let mut map = HashMap::new();
    fill(&mut map, &keys);
    let mut sum = round(&mut map, way, &keys, &asked);
    let start = now_ns();
    for _ in 0..rounds {
        sum = sum.wrapping_add(round(&mut map, way, &keys, &asked));
    }
    let ns = now_ns() - start;
    let done = rounds * n as u64 * if way == b'c' { 2 } else { 1 };
    println!(
        "{{\"peer\":\"rust\",\"bench\":\"{}\",\"threads\":1,\"n\":{},\"ns_per_op\":{:.2},\"sum\":{}}}",
        args[1],
        done,
        ns / done as f64,
        sum
    );
}
