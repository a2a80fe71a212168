// SPDX-License-Identifier: MIT
//! tracing with tracing-subscriber: the peer of edo-bench-log, with its benches. Its own writer is a
//! file behind a mutex, and each event one write to it; the appender that has a thread of its own
//! is a crate that Debian does not have.

use std::fmt::{Debug, Write};
use std::fs::File;
use std::io;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{debug, info, info_span, Level, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// The compiler has to make the value: what std::hint has of that name from Rust 1.66 on, and Debian 12's lacks.
fn black_box<T>(value: T) -> T {
    // SAFETY: reads a live local once, which is then forgotten in its place.
    let read = unsafe { std::ptr::read_volatile(&value) };
    std::mem::forget(value);
    read
}

const PATHS: [&str; 4] =
    ["/", "/articles/4711?page=2", "/users/17/photo.jpeg", "/static/site-4f3a2b.css"];

macro_rules! event {
    ($level:ident, $i:expr) => {
        $level!(
            method = "GET",
            path = PATHS[($i % 4) as usize],
            status = 200,
            bytes = $i,
            ms = ($i % 1000) as f64 / 4.0,
            "request"
        )
    };
}

fn log_off(first: u64, n: u64) {
    for i in first..first + n {
        event!(debug, i);
    }
}

fn log_on(first: u64, n: u64) {
    for i in first..first + n {
        event!(info, i);
    }
}

fn spans(first: u64, n: u64) {
    for i in first..first + n {
        let _open =
            info_span!("request", path = PATHS[(i % 4) as usize], bytes = i).entered();
    }
}

/// A receiver beside the registry that keeps what one needs to show a span: its fields, when it
/// began, how long it took.
struct Keeps;

struct Kept {
    _fields: String,
    _began: SystemTime,
    start: Instant,
}

struct Text<'a>(&'a mut String);

impl Visit for Text<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{}={:?} ", field.name(), value);
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Keeps {
    fn on_new_span(&self, attrs: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let mut text = String::new();
        attrs.record(&mut Text(&mut text));
        let kept = Kept { _fields: text, _began: SystemTime::now(), start: Instant::now() };
        ctx.span(id).expect("the span").extensions_mut().insert(kept);
    }
    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        let span = ctx.span(&id).expect("the span");
        let took = span.extensions().get::<Kept>().map(|kept| kept.start.elapsed());
        black_box(took);
    }
}

/// A receiver beside the registry that drops what it is told. Neither of them keeps the fields.
struct Drops;

impl<S: Subscriber> Layer<S> for Drops {
    fn on_close(&self, _id: Id, _ctx: Context<'_, S>) {}
}

struct Bench {
    name: &'static str,
    batch: fn(u64, u64),
    batch_n: u64,
    batches_n: u64,
    rest: Duration,
}

const fn bench(name: &'static str, batch: fn(u64, u64), batch_n: u64, batches_n: u64, rest_us: u64)
    -> Bench {
    Bench { name, batch, batch_n, batches_n, rest: Duration::from_micros(rest_us) }
}

const BENCHES: [Bench; 9] = [
    bench("off", log_off, 1_000_000, 50, 0),
    bench("off_other", log_off, 1_000_000, 50, 0),
    bench("line", log_on, 1000, 100, 0),
    bench("burst", log_on, 2000, 50, 20_000),
    bench("paced", log_on, 10, 1000, 1000),
    bench("at_once", log_on, 2000, 50, 0),
    bench("span", spans, 1000, 200, 0),
    bench("span_kept", spans, 1000, 200, 0),
    bench("span_off", spans, 1_000_000, 50, 0),
];

fn cpu_ns() -> f64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    t.tv_sec as f64 * 1e9 + t.tv_nsec as f64
}

fn one_batch(b: &Bench, number: u64) -> f64 {
    let start = Instant::now();
    (b.batch)(number * b.batch_n, b.batch_n);
    let ns = start.elapsed().as_nanos() as f64;
    if !b.rest.is_zero() {
        std::thread::sleep(b.rest);
    }
    ns
}

fn begin(bench: &str, file: &str) {
    if bench.starts_with("span") {
        let level = if bench == "span_off" { LevelFilter::WARN } else { LevelFilter::INFO };
        let registry = tracing_subscriber::registry();
        return match bench {
            "span_kept" => registry.with(Keeps.with_filter(level)).init(),
            _ => registry.with(Drops.with_filter(level)).init(),
        };
    }
    let json = tracing_subscriber::fmt().json().with_file(true).with_line_number(true);
    match bench {
        "line" => json.with_writer(io::sink).init(),
        "off_other" => json.with_env_filter("info,other=debug").with_writer(io::sink).init(),
        _ => {
            let file = Mutex::new(File::create(file).expect("the file"));
            json.with_max_level(Level::INFO).with_writer(file).init()
        }
    }
}

fn run(b: &Bench, n: u64, file: &str) {
    let batches = (n + b.batch_n - 1) / b.batch_n;
    let warm = batches / 10 + 1;
    begin(b.name, file);
    for i in 0..warm {
        one_batch(b, i);
    }
    let start = cpu_ns();
    let mut ns: Vec<f64> = (0..batches).map(|i| one_batch(b, i)).collect();
    let cpu = cpu_ns() - start;
    ns.sort_by(f64::total_cmp);
    let done = batches * b.batch_n;
    println!(
        "{{\"peer\":\"tracing\",\"bench\":\"{}\",\"n\":{},\"lines\":{},\"ns_per_op\":{:.2},\"cpu_ns_per_op\":{:.2}}}",
        b.name,
        done,
        done + warm * b.batch_n,
        ns[batches as usize / 2] / b.batch_n as f64,
        cpu / done as f64
    );
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (mut n, mut file) = (0, "/dev/null");
    for pair in args.get(2..).unwrap_or(&[]).chunks(2) {
        match (pair[0].as_str(), pair.get(1)) {
            ("-n", Some(value)) => n = value.parse().unwrap_or(0),
            ("--file", Some(value)) => file = value,
            _ => std::process::exit(2),
        }
    }
    match args.get(1).map(String::as_str) {
        Some("--list") => BENCHES.iter().for_each(|b| println!("{}", b.name)),
        Some(name) => match BENCHES.iter().find(|b| b.name == name) {
            Some(b) => run(b, if n > 0 { n } else { b.batch_n * b.batches_n }, file),
            None => std::process::exit(3),
        },
        None => std::process::exit(2),
    }
}
