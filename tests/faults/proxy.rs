//! A proxy between the program and its server that stops at the n-th message of the program.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// What happens at the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// The server never sees it.
    Before,
    /// The server has it and works; the program never sees the answer.
    After,
    /// The same, but nothing is cut: the line says nothing any more, either way. Others pass.
    Silence,
    /// The server never sees it, and no line says anything any more, a new one neither.
    AllSilent,
}

impl Moment {
    /// Whether the program has to find out by itself.
    pub(super) fn is_silent(self) -> bool {
        matches!(self, Self::Silence | Self::AllSilent)
    }
}

/// What the lines know of each other.
#[derive(Default)]
struct Lines {
    count: AtomicUsize,
    all_silent: AtomicBool,
}

/// Everything that passes is counted from the program's first message on.
pub(super) struct Proxy {
    port: u16,
    lines: Arc<Lines>,
}

impl Proxy {
    /// Listens for the server at this address (`host:port`). At message `stop` of `at`, counted over all connections,
    /// both sides of that connection are cut and `stopped` is called; other connections pass.
    pub(super) fn to(server: String, at: Option<(usize, Moment)>, stopped: impl Fn() + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let lines = Arc::new(Lines::default());
        let (shared, stopped) = (Arc::clone(&lines), Arc::new(stopped));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(upstream) = TcpStream::connect(&server) else { return };
                let (lines, stopped) = (Arc::clone(&shared), Arc::clone(&stopped));
                let silent = Arc::new(AtomicBool::new(lines.all_silent.load(Ordering::SeqCst)));
                let down = (upstream.try_clone().expect("a socket"), client.try_clone().expect("a socket"));
                let (silent_too, lines_too) = (Arc::clone(&silent), Arc::clone(&lines));
                thread::spawn(move || pass_back(down.0, down.1, &silent_too, &lines_too));
                thread::spawn(move || forward((client, upstream), at, &lines, &silent, &*stopped));
            }
        });
        Self { port, lines }
    }

    /// Where the program connects to instead of the server.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// How many messages have passed.
    pub(super) fn count(&self) -> usize {
        self.lines.count.load(Ordering::SeqCst)
    }
}

fn pass_back(mut from: TcpStream, mut to: TcpStream, silent: &AtomicBool, lines: &Lines) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length) = from.read(&mut buffer) {
        if length == 0 {
            break;
        }
        let is_silent = silent.load(Ordering::SeqCst) || lines.all_silent.load(Ordering::SeqCst);
        if !is_silent && to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    if !silent.load(Ordering::SeqCst) && !lines.all_silent.load(Ordering::SeqCst) {
        drop(to.shutdown(Shutdown::Both));
    }
}

/// The program writes each of its messages in one piece, so a piece is a message.
fn forward(
    (mut client, mut server): (TcpStream, TcpStream),
    at: Option<(usize, Moment)>,
    lines: &Lines,
    silent: &AtomicBool,
    stopped: &dyn Fn(),
) {
    let mut buffer = vec![0; 1 << 20];
    while let Ok(length) = client.read(&mut buffer) {
        if length == 0 {
            break;
        }
        if lines.all_silent.load(Ordering::SeqCst) || silent.load(Ordering::SeqCst) {
            continue;
        }
        let number = lines.count.fetch_add(1, Ordering::SeqCst) + 1;
        match at.filter(|(stop, _)| number == *stop).map(|(_, moment)| moment) {
            None => {}
            Some(Moment::Silence) => silent.store(true, Ordering::SeqCst),
            Some(Moment::AllSilent) => {
                lines.all_silent.store(true, Ordering::SeqCst);
                continue;
            }
            Some(moment) => {
                stopped();
                drop(client.shutdown(Shutdown::Both));
                if moment == Moment::After {
                    // The server works on it, and nobody listens to the answer.
                    drop(server.write_all(&buffer[..length]));
                    thread::sleep(Duration::from_millis(150));
                }
                break;
            }
        }
        if server.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    drop(client.shutdown(Shutdown::Both));
    // A server behind a silent line finds out by itself some time: here, when the program has given up.
    drop(server.shutdown(Shutdown::Both));
}

/// Listens for the server at this address, and puts other letters, as many, into what it says. Where it listens.
pub(super) fn rewriting(server: String, from: String, to: String) -> u16 {
    assert_eq!(from.len(), to.len(), "{from} {to}");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(upstream) = TcpStream::connect(&server) else { return };
            let (mut up, mut down) = (upstream.try_clone().expect("a socket"), client.try_clone().expect("a socket"));
            let mut from_client = client;
            thread::spawn(move || {
                drop(std::io::copy(&mut from_client, &mut up));
                drop(up.shutdown(Shutdown::Both));
            });
            let (mut upstream, from, to) = (upstream, from.clone(), to.clone());
            thread::spawn(move || {
                let mut buffer = vec![0; 1 << 16];
                while let Ok(length) = upstream.read(&mut buffer) {
                    let piece = &mut buffer[..length];
                    let places: Vec<usize> = piece
                        .windows(from.len())
                        .enumerate()
                        .filter(|(_, part)| *part == from.as_bytes())
                        .map(|(at, _)| at)
                        .collect();
                    for place in places {
                        piece[place..place + to.len()].copy_from_slice(to.as_bytes());
                    }
                    if length == 0 || down.write_all(piece).is_err() {
                        break;
                    }
                }
                drop(down.shutdown(Shutdown::Both));
            });
        }
    });
    port
}
