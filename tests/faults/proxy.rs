//! A proxy between the program and its server that stops at the n-th message of the program.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// What happens at the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// The server never sees it.
    Before,
    /// The server has it and works; the program never sees the answer.
    After,
}

/// Everything that passes is counted from the program's first message on.
pub(super) struct Proxy {
    port: u16,
    count: Arc<AtomicUsize>,
}

impl Proxy {
    /// Listens for the server at this address (`host:port`). At message `stop` of `at`, counted over all connections,
    /// both sides of that connection are cut and `stopped` is called; other connections pass.
    pub(super) fn to(server: String, at: Option<(usize, Moment)>, stopped: impl Fn() + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let count = Arc::new(AtomicUsize::new(0));
        let (counter, stopped) = (Arc::clone(&count), Arc::new(stopped));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(upstream) = TcpStream::connect(&server) else { return };
                let (counter, stopped) = (Arc::clone(&counter), Arc::clone(&stopped));
                let down = (upstream.try_clone().expect("a socket"), client.try_clone().expect("a socket"));
                thread::spawn(move || pass_back(down.0, down.1));
                thread::spawn(move || forward(client, upstream, at, &counter, &*stopped));
            }
        });
        Self { port, count }
    }

    /// Where the program connects to instead of the server.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// How many messages have passed.
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

fn pass_back(mut from: TcpStream, mut to: TcpStream) {
    drop(std::io::copy(&mut from, &mut to));
    drop(to.shutdown(Shutdown::Both));
}

/// The program writes each of its messages in one piece, so a piece is a message.
fn forward(
    mut client: TcpStream,
    mut server: TcpStream,
    at: Option<(usize, Moment)>,
    count: &AtomicUsize,
    stopped: &dyn Fn(),
) {
    let mut buffer = vec![0; 1 << 20];
    while let Ok(length) = client.read(&mut buffer) {
        if length == 0 {
            break;
        }
        let number = count.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some((_, moment)) = at.filter(|(stop, _)| number == *stop) {
            stopped();
            drop(client.shutdown(Shutdown::Both));
            if moment == Moment::After {
                // The server works on it, and nobody listens to the answer.
                drop(server.write_all(&buffer[..length]));
                thread::sleep(Duration::from_millis(150));
            }
            break;
        }
        if server.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    drop(client.shutdown(Shutdown::Both));
    drop(server.shutdown(Shutdown::Both));
}
