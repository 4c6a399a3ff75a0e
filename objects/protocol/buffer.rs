//! The buffer protocol: exporting memory, and taking views of it.
//!
//! A [`BufferView`] keeps its exporter alive and tells it when it ends, so that a bytearray with exports refuses to be resized.

use crate::cx::Cx;
use crate::error::PyResult;
use crate::types::type_::type_of;
use gc::{Ref, Value};

/// What is asked for.
pub mod wanted {
    /// Contiguous bytes are enough.
    pub const SIMPLE: u32 = 0;
    /// Writable memory.
    pub const WRITABLE: u32 = 1;
    /// With format.
    pub const FORMAT: u32 = 4;
    /// With shape.
    pub const ND: u32 = 8;
    /// With strides.
    pub const STRIDES: u32 = 0x10 | ND;
    /// One behind the other in row-major order.
    pub const C_CONTIGUOUS: u32 = 0x20 | STRIDES;
    /// One behind the other in column-major order.
    pub const F_CONTIGUOUS: u32 = 0x40 | STRIDES;
    /// One of both.
    pub const ANY_CONTIGUOUS: u32 = 0x80 | STRIDES;
    /// Everything, read-only.
    pub const FULL_RO: u32 = 0x100 | STRIDES | FORMAT;
}

/// A view of exported memory.
pub struct BufferView {
    /// Who exports it.
    pub owner: Value,
    /// First byte of the memory.
    pub data: *mut u8,
    /// Bytes of all items.
    pub len: usize,
    /// May not be written.
    pub readonly: bool,
    /// `struct` format of an item.
    pub format: String,
    /// Bytes of an item.
    pub item_size: usize,
    /// Items per dimension.
    pub shape: Vec<isize>,
    /// Bytes from one item to the next per dimension.
    pub strides: Vec<isize>,
    /// Called once when the view ends.
    pub release: Option<fn(&Value)>,
}

impl BufferView {
    /// A read-only or writable one-dimensional view of bytes.
    pub fn bytes(owner: Value, data: *mut u8, len: usize, readonly: bool, release: Option<fn(&Value)>) -> BufferView {
        BufferView {
            owner,
            data,
            len,
            readonly,
            format: "B".to_string(),
            item_size: 1,
            shape: vec![len as isize],
            strides: vec![1],
            release,
        }
    }
    /// Whether the items lie one behind the other in row-major order.
    pub fn is_c_contiguous(&self) -> bool {
        let mut expect = self.item_size as isize;
        for (n, s) in self.shape.iter().zip(&self.strides).rev() {
            if *n > 1 && *s != expect {
                return false;
            }
            expect *= n;
        }
        true
    }
    /// The bytes of a contiguous view. Other threads may write to them at any time: they are copied out, not referenced.
    pub fn to_vec(&self) -> Vec<u8> {
        if self.is_c_contiguous() {
            let mut v = vec![0; self.len];
            // SAFETY: the exporter keeps `len` bytes there while the view lives.
            unsafe { std::ptr::copy_nonoverlapping(self.data, v.as_mut_ptr(), self.len) };
            return v;
        }
        let mut out = Vec::with_capacity(self.len);
        self.gather(0, self.data, &mut out);
        out
    }
    fn gather(&self, dim: usize, at: *mut u8, out: &mut Vec<u8>) {
        if dim == self.shape.len() {
            // SAFETY: an item of the exported memory.
            out.extend_from_slice(unsafe { std::slice::from_raw_parts(at, self.item_size) });
            return;
        }
        for i in 0..self.shape[dim] {
            self.gather(dim + 1, at.wrapping_offset(i * self.strides[dim]), out);
        }
    }
}

impl Drop for BufferView {
    fn drop(&mut self) {
        if let Some(f) = self.release {
            f(&self.owner);
        }
    }
}

/// Takes a view; TypeError "a bytes-like object is required, not 'X'".
pub fn get(cx: &mut Cx, v: Ref<'_>, wanted: u32) -> PyResult<BufferView> {
    match type_of(v).slots.buffer() {
        Some(f) => f(cx, v, wanted),
        None => {
            let n = type_of(v).shown_name();
            Err(cx.type_error(format!("a bytes-like object is required, not '{n}'")))
        }
    }
}

/// Whether it exports a buffer.
pub fn is_exporter(v: Ref<'_>) -> bool {
    type_of(v).slots.buffer().is_some()
}

/// A copy of a bytes-like object's bytes.
pub fn bytes_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<Vec<u8>> {
    if let Some(b) = v.exact::<crate::types::bytes::Bytes>() {
        return Ok(b.data().to_vec());
    }
    // Under its lock, not exported: others may change its length as they like.
    if let Some(b) = v.exact::<crate::types::bytearray::ByteArray>() {
        return Ok(b.read(<[u8]>::to_vec));
    }
    Ok(get(cx, v, wanted::SIMPLE)?.to_vec())
}
