//! A connection without Python: the protocol's state and its way to the other side. It never waits.
//!
//! Actors: any number of threads that call [`Engine`]'s operations, each under the engine's mutex and detached from the interpreter. An
//! operation moves what can be moved without waiting and says what it waits for; the caller waits for the socket *outside* the mutex and
//! tries again. So one thread can wait for data while another writes, and bytes reach the protocol in the order they were received.

use super::bio::Pipe;
use rustls::server::{Accepted, Acceptor};
use rustls::{Connection, Error, ServerConfig};
use std::io::{self, Read, Write};
use std::sync::Arc;

/// The way to the other side.
pub enum Link {
    /// A socket's descriptor.
    Socket(i32),
    /// Two memory BIOs.
    Memory(Pipe, Pipe),
}

impl Read for Link {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            // SAFETY: room for that many bytes.
            Link::Socket(fd) => outcome(unsafe { libc::recv(*fd, buf.as_mut_ptr().cast(), buf.len(), libc::MSG_DONTWAIT) }),
            Link::Memory(incoming, _) => incoming.read(buf),
        }
    }
}

impl Write for Link {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Link::Socket(fd) => {
                let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
                // SAFETY: that many bytes are there.
                outcome(unsafe { libc::send(*fd, buf.as_ptr().cast(), buf.len(), flags) })
            }
            Link::Memory(_, outgoing) => outgoing.write(buf),
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn outcome(n: isize) -> io::Result<usize> {
    usize::try_from(n).map_err(|_| io::Error::last_os_error())
}

enum Stage {
    Fresh,
    Accepting(Box<Acceptor>),
    Hello(Box<Accepted>),
    Running(Box<Connection>),
    Failed,
}

/// What a client's first message says.
#[derive(Clone, Default)]
pub struct Hello {
    /// The name it asks for.
    pub name: Option<String>,
    /// Application protocols it offers.
    pub alpn: Vec<Vec<u8>>,
    /// Cipher suites it offers.
    pub suites: Vec<rustls::CipherSuite>,
}

/// Why an operation ended without its result.
pub enum Stop {
    /// More has to be received first.
    WantRead,
    /// More has to be sent first.
    WantWrite,
    /// A client's connection is to be begun.
    Begin,
    /// A client has said hello: the configuration is to be chosen.
    Hello,
    /// The other side has said goodbye.
    Closed,
    /// The other side is gone without saying goodbye.
    Ended,
    /// A system call failed.
    System(i32),
    /// The protocol failed.
    Protocol(Error),
    /// Something is to be sent after this side has said goodbye.
    AfterGoodbye,
    /// Data arrived after this side had said goodbye.
    LateData,
}

/// The connection.
pub struct Engine {
    stage: Stage,
    link: Link,
    /// Plaintext of the current write that was taken, while its records did not fit into the socket.
    taken: usize,
    /// Whether this side has said goodbye.
    pub said_goodbye: bool,
    /// Whether the other side went without one: nothing goes on after that.
    ended: bool,
}

/// Most plaintext that is encrypted before it is sent: a full record.
const MOST: usize = 16 * 1024;

impl Engine {
    /// A client's, that is begun when it is first used.
    pub fn client(link: Link) -> Engine {
        Engine { stage: Stage::Fresh, link, taken: 0, said_goodbye: false, ended: false }
    }
    /// Begins a client's connection.
    pub fn begin(&mut self, c: rustls::ClientConnection) {
        if let Stage::Fresh = self.stage {
            let mut c: Connection = c.into();
            c.set_buffer_limit(None);
            self.stage = Stage::Running(Box::new(c));
        }
    }
    /// Whether a client's connection has not begun.
    pub fn is_fresh(&self) -> bool {
        matches!(self.stage, Stage::Fresh)
    }
    /// A server's, that waits for a client's first message.
    pub fn server(link: Link) -> Engine {
        Engine { stage: Stage::Accepting(Box::default()), link, taken: 0, said_goodbye: false, ended: false }
    }
    /// The connection, once there is one.
    pub fn connection(&self) -> Option<&Connection> {
        match &self.stage {
            Stage::Running(c) => Some(c),
            _ => None,
        }
    }
    /// Whether the handshake has ended well.
    pub fn is_ready(&self) -> bool {
        self.connection().is_some_and(|c| !c.is_handshaking())
    }
    /// What the client has said, between its first message and [`Engine::answer`].
    pub fn hello(&self) -> Option<Hello> {
        let Stage::Hello(a) = &self.stage else { return None };
        let h = a.client_hello();
        Some(Hello {
            name: h.server_name().map(str::to_string),
            alpn: h.alpn().map(|a| a.map(<[u8]>::to_vec).collect()).unwrap_or_default(),
            suites: h.cipher_suites().to_vec(),
        })
    }
    /// Goes on with a configuration.
    pub fn answer(&mut self, config: Arc<ServerConfig>) -> Result<(), Stop> {
        match std::mem::replace(&mut self.stage, Stage::Failed) {
            Stage::Hello(a) => match a.into_connection(config) {
                Ok(c) => {
                    let mut c: Connection = c.into();
                    c.set_buffer_limit(None);
                    self.stage = Stage::Running(Box::new(c));
                    Ok(())
                }
                Err((e, mut alert)) => {
                    let _ = alert.write_all(&mut self.link);
                    Err(Stop::Protocol(e))
                }
            },
            other => {
                self.stage = other;
                Ok(())
            }
        }
    }
    /// Refuses the client with an alert.
    pub fn refuse(&mut self, alert: u8) {
        if let Stage::Hello(_) = self.stage {
            self.stage = Stage::Failed;
            let _ = self.link.write(&[21, 3, 3, 0, 2, 2, alert]);
        }
    }

    fn running(&mut self) -> Result<(&mut Connection, &mut Link), Stop> {
        match &mut self.stage {
            Stage::Running(c) => Ok((c, &mut self.link)),
            Stage::Hello(_) => Err(Stop::Hello),
            Stage::Fresh => Err(Stop::Begin),
            _ => Err(Stop::Protocol(Error::HandshakeNotComplete)),
        }
    }

    /// Sends what waits to be sent.
    fn flush(&mut self) -> Result<(), Stop> {
        let (c, link) = self.running()?;
        while c.wants_write() {
            match c.write_tls(link) {
                Ok(_) => {}
                Err(e) => {
                    let gone = matches!(e.raw_os_error(), Some(libc::EPIPE | libc::ECONNRESET));
                    // Whoever has hung up may have said why before.
                    if gone
                        && matches!(c.read_tls(link), Ok(n) if n > 0)
                        && let Err(why) = c.process_new_packets()
                    {
                        return Err(Stop::Protocol(why));
                    }
                    return Err(trouble(&e, Stop::WantWrite));
                }
            }
        }
        Ok(())
    }

    /// Receives something.
    fn fill(&mut self) -> Result<(), Stop> {
        let (c, link) = self.running()?;
        match c.read_tls(link) {
            Ok(0) => {
                self.ended = true;
                return Err(Stop::Ended);
            }
            Ok(_) => {}
            Err(e) => return Err(trouble(&e, Stop::WantRead)),
        }
        if let Err(e) = c.process_new_packets() {
            // Tells the other side.
            let _ = self.flush();
            return Err(Stop::Protocol(e));
        }
        Ok(())
    }

    fn accept(&mut self) -> Result<(), Stop> {
        let Stage::Accepting(a) = &mut self.stage else { return Ok(()) };
        loop {
            match a.accept() {
                Ok(Some(accepted)) => {
                    self.stage = Stage::Hello(Box::new(accepted));
                    return Err(Stop::Hello);
                }
                Ok(None) => {}
                Err((e, mut alert)) => {
                    let _ = alert.write_all(&mut self.link);
                    self.stage = Stage::Failed;
                    return Err(Stop::Protocol(e));
                }
            }
            match a.read_tls(&mut self.link) {
                Ok(0) => return Err(Stop::Ended),
                Ok(_) => {}
                Err(e) => return Err(trouble(&e, Stop::WantRead)),
            }
        }
    }

    /// Goes on with the handshake until it has ended.
    pub fn handshake(&mut self) -> Result<(), Stop> {
        if self.ended {
            return Err(Stop::Ended);
        }
        self.accept()?;
        loop {
            self.flush()?;
            if !self.running()?.0.is_handshaking() {
                return Ok(());
            }
            self.fill()?;
        }
    }

    /// Reads plaintext; 0 when the other side has said goodbye.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<usize, Stop> {
        if !self.is_ready() {
            self.handshake()?;
        }
        loop {
            match self.running()?.0.reader().read(buf) {
                Ok(0) if !buf.is_empty() => return Err(Stop::Closed),
                Ok(n) => return Ok(n),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return Err(Stop::Ended),
            }
            match self.fill() {
                // What was received before the end is read first.
                Err(Stop::Ended) if self.pending() > 0 => {}
                r => r?,
            }
            // Answers to messages of the protocol; they are sent with the next operation if they do not fit now.
            match self.flush() {
                Ok(()) | Err(Stop::WantWrite) => {}
                Err(e) if self.pending() == 0 => return Err(e),
                Err(_) => {}
            }
        }
    }

    /// Plaintext that can be read without receiving.
    pub fn pending(&mut self) -> usize {
        match &mut self.stage {
            Stage::Running(c) => c.process_new_packets().map_or(0, |s| s.plaintext_bytes_to_read()),
            _ => 0,
        }
    }

    /// Writes plaintext, all of it. What was taken before a [`Stop::WantWrite`] is passed over when the same data is given again.
    pub fn write(&mut self, data: &[u8]) -> Result<usize, Stop> {
        if self.ended {
            return Err(Stop::Ended);
        }
        if self.said_goodbye {
            return Err(Stop::AfterGoodbye);
        }
        if !self.is_ready() {
            self.handshake()?;
        }
        loop {
            self.flush()?;
            let done = self.taken.min(data.len());
            if done == data.len() {
                self.taken = 0;
                return Ok(done);
            }
            let n = (data.len() - done).min(MOST);
            let (c, _) = self.running()?;
            self.taken += c.writer().write(&data[done..done + n]).map_err(|e| trouble(&e, Stop::WantWrite))?;
        }
    }

    /// Says goodbye and waits for the other side's.
    pub fn shutdown(&mut self) -> Result<(), Stop> {
        let (c, _) = self.running()?;
        if c.is_handshaking() {
            return Err(Stop::Protocol(Error::HandshakeNotComplete));
        }
        if !self.said_goodbye {
            self.said_goodbye = true;
            self.running()?.0.send_close_notify();
        }
        self.flush()?;
        loop {
            if self.pending() > 0 {
                return Err(Stop::LateData);
            }
            let mut probe = [0; 1];
            match self.running()?.0.reader().read(&mut probe) {
                Ok(0) => return Ok(()),
                Ok(_) => return Err(Stop::LateData),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return Err(Stop::Ended),
            }
            self.fill()?;
        }
    }
}

fn trouble(e: &io::Error, wait: Stop) -> Stop {
    match e.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => wait,
        _ => match e.raw_os_error() {
            Some(n) => Stop::System(n),
            None => Stop::Protocol(Error::General(e.to_string())),
        },
    }
}
