//! `bytearray`: representation. The data lies outside the cell and is touched under the object's lock only, except through exported views:
//! while there are any, it does not move.

pub mod change;
pub mod methods;

use crate::cx::{Cx, lock_header};
use crate::error::PyResult;
use crate::ids;
use crate::protocol::buffer::BufferView;
use crate::types::exception;
use gc::{Gc, Payload, Value, Word};
use std::cell::UnsafeCell;

/// A bytearray's payload.
#[repr(C)]
pub struct ByteArray {
    storage: UnsafeCell<Storage>,
}

/// The data and who looks at it.
#[derive(Default)]
pub struct Storage {
    buffer: Vec<u8>,
    /// How many bytes have been taken off the front and are not used any more.
    start: usize,
    exports: usize,
}

// SAFETY: holds no words.
unsafe impl Payload for ByteArray {
    const TYPE_ID: u32 = ids::BYTEARRAY;
    const WALK: gc::Walk = gc::Walk::Leaf;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

/// Why a change was refused.
pub enum Refused {
    /// It would change the size while views exist.
    Exported,
    /// No memory.
    NoMemory,
    /// IndexError with this text.
    Index(&'static str),
    /// ValueError with this text.
    Value(String),
}

impl Storage {
    /// The data.
    pub fn data(&self) -> &[u8] {
        &self.buffer[self.start..]
    }
    /// The data, to change bytes but not how many there are.
    pub fn data_mut(&mut self) -> &mut [u8] {
        &mut self.buffer[self.start..]
    }
    /// How many bytes fit without a move.
    pub fn capacity(&self) -> usize {
        self.buffer.capacity()
    }
    /// Replaces `from..to` by `new`.
    pub fn splice(&mut self, from: usize, to: usize, new: &[u8]) -> Result<(), Refused> {
        let removed = to - from;
        if removed == new.len() {
            self.data_mut()[from..to].copy_from_slice(new);
            return Ok(());
        }
        if self.exports > 0 {
            return Err(Refused::Exported);
        }
        if from == 0 && new.is_empty() {
            self.start += removed;
            if self.start == self.buffer.len() || self.start > self.buffer.len() / 2 {
                self.compact();
            }
            return Ok(());
        }
        if new.len() > removed {
            let more = new.len() - removed;
            if from == 0 && self.start >= more {
                // There is room before the data.
                self.start -= more;
                let at = self.start;
                self.buffer[at..at + new.len()].copy_from_slice(new);
                return Ok(());
            }
            self.buffer.try_reserve(more).map_err(|_| Refused::NoMemory)?;
        }
        let (from, to) = (from + self.start, to + self.start);
        if to == self.buffer.len() {
            self.buffer.truncate(from);
            self.buffer.extend_from_slice(new);
        } else {
            let old = self.buffer.len();
            if new.len() > removed {
                self.buffer.resize(old + new.len() - removed, 0);
            }
            self.buffer.copy_within(to..old, from + new.len());
            self.buffer[from..from + new.len()].copy_from_slice(new);
            self.buffer.truncate(old + new.len() - removed);
        }
        Ok(())
    }
    /// Appends a byte.
    pub fn push(&mut self, b: u8) -> Result<(), Refused> {
        if self.exports > 0 {
            return Err(Refused::Exported);
        }
        if self.buffer.len() == self.buffer.capacity() {
            self.buffer.try_reserve(1).map_err(|_| Refused::NoMemory)?;
        }
        self.buffer.push(b);
        Ok(())
    }
    /// Replaces everything.
    pub fn set(&mut self, data: Vec<u8>) -> Result<(), Refused> {
        if self.exports > 0 && data.len() != self.data().len() {
            return Err(Refused::Exported);
        }
        if self.exports > 0 {
            self.data_mut().copy_from_slice(&data);
            return Ok(());
        }
        self.buffer = data;
        self.start = 0;
        Ok(())
    }
    /// Sets the length; new bytes are 0.
    pub fn resize(&mut self, n: usize) -> Result<(), Refused> {
        let len = self.data().len();
        if n == len {
            return Ok(());
        }
        if self.exports > 0 {
            return Err(Refused::Exported);
        }
        if n > len {
            self.buffer.try_reserve(n - len).map_err(|_| Refused::NoMemory)?;
        }
        self.buffer.resize(self.start + n, 0);
        if n == 0 {
            self.compact();
        }
        Ok(())
    }
    /// Moves the data to the front of its memory, and gives memory back that is not needed.
    fn compact(&mut self) {
        self.buffer.drain(..self.start);
        self.start = 0;
        if self.buffer.len() < self.buffer.capacity() / 4 {
            self.buffer.shrink_to(self.buffer.len() * 2);
        }
    }
}

impl ByteArray {
    /// The payload with this data.
    pub fn payload(data: Vec<u8>) -> ByteArray {
        ByteArray { storage: UnsafeCell::new(Storage { buffer: data, start: 0, exports: 0 }) }
    }
    /// A bytearray with this data.
    pub fn new(data: Vec<u8>) -> Gc<ByteArray> {
        gc::alloc(Self::payload(data))
    }
    /// Runs `f` on the data under the lock; it must not lock anything itself.
    pub fn read<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        let _l = lock_header(self.header());
        // SAFETY: under the lock, and `f` cannot come back here.
        f(unsafe { &*self.storage.get() }.data())
    }
    /// Runs `f` on the storage under the lock; it must not lock anything itself.
    pub fn change<R>(&self, cx: &mut Cx, f: impl FnOnce(&mut Storage) -> Result<R, Refused>) -> PyResult<R> {
        let r = {
            let _l = lock_header(self.header());
            // SAFETY: as above.
            f(unsafe { &mut *self.storage.get() })
        };
        r.map_err(|e| match e {
            Refused::Exported => cx.error(exception::ids::BUFFER_ERROR, "Existing exports of data: object cannot be re-sized"),
            Refused::NoMemory => cx.memory_error(),
            Refused::Index(m) => cx.index_error(m),
            Refused::Value(m) => cx.value_error(m),
        })
    }
    /// Number of bytes now.
    pub fn len(&self) -> usize {
        self.read(<[u8]>::len)
    }
    /// Whether there are none now.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// A view of the data, which stays where it is while the view lives.
    pub fn export(&self) -> BufferView {
        let (data, len) = {
            let _l = lock_header(self.header());
            // SAFETY: under the lock.
            let s = unsafe { &mut *self.storage.get() };
            s.exports += 1;
            (s.data_mut().as_mut_ptr(), s.data().len())
        };
        BufferView::bytes(self.to_value(), data, len, false, Some(release))
    }
}

/// Ends a view.
fn release(owner: &Value) {
    use crate::types::type_::Downcast;
    if let Some(b) = owner.as_ref().downcast::<ByteArray>() {
        let _l = lock_header(b.header());
        // SAFETY: under the lock.
        unsafe { (*b.storage.get()).exports -= 1 };
    }
}
