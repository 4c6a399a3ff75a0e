//! Resuming earlier connections: what a client keeps of one, for `SSLSession`; and how many of a server's were resumed.
//!
//! rustls keeps sessions by server name in one store per configuration. Python hands single sessions about, so every client
//! connection has a store of its own, which its session object shares.

use super::trust::Slot;
use rustls::client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, NamedGroup};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Most tickets that are kept.
const TICKETS: usize = 8;

#[derive(Debug, Default)]
struct Kept {
    group: Option<NamedGroup>,
    tls12: Option<Tls12ClientSessionValue>,
    tickets: VecDeque<Tls13ClientSessionValue>,
    seen_ticket: bool,
}

/// What one connection leaves for the next.
#[derive(Debug)]
pub struct Store {
    kept: Mutex<Kept>,
    /// The configuration of the first connection: rustls resumes only with the same check of certificates.
    pub config: OnceLock<Arc<ClientConfig>>,
    /// Why a server's certificate was refused, as that configuration's check tells it.
    pub slot: Slot,
    /// Says which session this is.
    pub id: [u8; 32],
    /// When it began, in seconds since 1970.
    pub time: i64,
}

/// Seconds since 1970.
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64)
}

impl Store {
    /// With nothing to resume.
    pub fn new() -> Store {
        let mut id = [0; 32];
        super::random::fill(&mut id);
        Store { kept: Mutex::default(), config: OnceLock::new(), slot: Slot::default(), id, time: now() }
    }
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Whether the server has given a ticket.
    pub fn has_ticket(&self) -> bool {
        self.kept().seen_ticket
    }
}

impl ClientSessionStore for Store {
    fn set_kx_hint(&self, _: ServerName<'static>, group: NamedGroup) {
        self.kept().group = Some(group);
    }
    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        self.kept().group
    }
    fn set_tls12_session(&self, _: ServerName<'static>, value: Tls12ClientSessionValue) {
        let mut k = self.kept();
        k.tls12 = Some(value);
        k.seen_ticket = true;
    }
    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.kept().tls12.clone()
    }
    fn remove_tls12_session(&self, _: &ServerName<'static>) {
        self.kept().tls12 = None;
    }
    fn insert_tls13_ticket(&self, _: ServerName<'static>, value: Tls13ClientSessionValue) {
        let mut k = self.kept();
        k.seen_ticket = true;
        if k.tickets.len() == TICKETS {
            k.tickets.pop_front();
        }
        k.tickets.push_back(value);
    }
    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.kept().tickets.pop_back()
    }
}
