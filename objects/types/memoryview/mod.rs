//! `memoryview`: representation. Views of one export share a [`ManagedBuffer`], whose end ends the export. An operation holds the managed
//! buffer while it works, so that a release by another thread cannot take the memory away under it.

pub mod access;
pub mod item;
pub mod iterator;
pub mod methods;
pub mod wrapper;

use crate::cx::{Cx, lock_header};
use crate::error::{PyResult, Raised};
use crate::ids;
use crate::protocol::buffer::{self, BufferView, wanted};
use crate::types::exception;
use crate::types::type_::{Downcast, TypeSpec, flags, type_of};
use gc::{Field, Gc, Payload, Ref, Value, Word};
use sync::prim::{AtomicU64, AtomicUsize};
use text::struct_format::{Code, Mode};

/// An export that lasts as long as the cell.
#[repr(C)]
pub struct ManagedBuffer {
    /// The export.
    pub view: BufferView,
}
// SAFETY: visits the exporter.
unsafe impl Payload for ManagedBuffer {
    const TYPE_ID: u32 = ids::MANAGED_BUFFER;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.view.owner.word());
    }
}

/// `managedbuffer`
pub static MANAGED_BUFFER_TYPE: TypeSpec = TypeSpec::of::<ManagedBuffer>("managedbuffer").flags(flags::NO_NEW);

/// What a view shows: all that does not change after birth.
#[derive(Clone)]
pub struct Shape {
    /// First item.
    pub data: *mut u8,
    /// Bytes of all items.
    pub len: usize,
    /// May not be written.
    pub readonly: bool,
    /// Format of an item.
    pub format: String,
    /// The format's code when it is a native one of a single character.
    pub code: Option<Code>,
    /// Bytes of an item.
    pub item_size: usize,
    /// Items per dimension.
    pub shape: Vec<isize>,
    /// Bytes between items per dimension.
    pub strides: Vec<isize>,
}

/// A memoryview's payload.
#[repr(C)]
pub struct MemoryView {
    /// The managed buffer; unbound once released.
    managed: Field,
    /// Views that others have taken of this one; changed under the lock.
    exports: AtomicUsize,
    /// Hash plus one, 0 when not computed.
    hash: AtomicU64,
    shape: Shape,
}
// SAFETY: visits the managed buffer.
unsafe impl Payload for MemoryView {
    const TYPE_ID: u32 = ids::MEMORYVIEW;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.managed.peek());
    }
}

/// The code of a native format of one character, with or without `@`.
pub fn native_code(format: &str) -> Option<Code> {
    let f = format.strip_prefix('@').unwrap_or(format);
    match f.as_bytes() {
        [c] if !matches!(c, b'x' | b's' | b'p' | b'F' | b'D') => Code::new(*c, Mode::Native),
        _ => None,
    }
}

impl Shape {
    /// Number of dimensions.
    pub fn dimensions(&self) -> usize {
        self.shape.len()
    }
    /// Whether the items lie one behind the other in row-major order.
    pub fn is_c_contiguous(&self) -> bool {
        contiguous(self.shape.iter().rev().zip(self.strides.iter().rev()), self.item_size)
    }
    /// Whether the items lie one behind the other in column-major order.
    pub fn is_f_contiguous(&self) -> bool {
        contiguous(self.shape.iter().zip(&self.strides), self.item_size)
    }
    /// Address of the item at an index of the first dimension (in range).
    pub fn at(&self, i: usize) -> *mut u8 {
        self.data.wrapping_offset(i as isize * self.strides[0])
    }
    fn recount(&mut self) {
        self.len = self.shape.iter().product::<isize>().max(0) as usize * self.item_size;
    }
}

fn contiguous<'a>(dimensions: impl Iterator<Item = (&'a isize, &'a isize)> + Clone, item_size: usize) -> bool {
    if dimensions.clone().any(|(n, _)| *n == 0) {
        return true;
    }
    let mut expect = item_size as isize;
    for (n, stride) in dimensions {
        if *n > 1 && *stride != expect {
            return false;
        }
        expect *= n;
    }
    true
}

/// A view in use: it cannot be released before this is dropped.
pub struct Held<'a> {
    /// What it shows.
    pub shape: &'a Shape,
    managed: Value,
}

impl Held<'_> {
    /// The managed buffer.
    pub fn managed(&self) -> &Value {
        &self.managed
    }
    /// The exporter.
    pub fn owner(&self) -> Value {
        // SAFETY: only managed buffers are stored there.
        unsafe { self.managed.as_ref().cast::<ManagedBuffer>() }.view.owner.clone()
    }
}

/// ValueError "operation forbidden on released memoryview object".
pub fn released(cx: &mut Cx) -> Raised {
    cx.value_error("operation forbidden on released memoryview object")
}

/// NotImplementedError.
pub fn not_implemented(cx: &mut Cx, message: &str) -> Raised {
    cx.error(exception::ids::NOT_IMPLEMENTED_ERROR, message)
}

impl MemoryView {
    /// What it shows; the memory may be touched through [`MemoryView::hold`] only.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }
    /// Takes hold of the memory; ValueError when released.
    pub fn hold(&self, cx: &mut Cx) -> PyResult<Held<'_>> {
        match self.try_hold() {
            Some(h) => Ok(h),
            None => Err(released(cx)),
        }
    }
    /// The same; `None` when released.
    pub fn try_hold(&self) -> Option<Held<'_>> {
        let managed = self.managed.load(self.header());
        if managed.word() == Word::UNBOUND { None } else { Some(Held { shape: &self.shape, managed }) }
    }
    /// Another view of the same export.
    pub fn derive(held: &Held<'_>, shape: Shape) -> Gc<MemoryView> {
        make(held.managed.clone(), shape)
    }
    /// Ends the view; BufferError when others have views of it.
    pub fn release(&self, cx: &mut Cx) -> PyResult<()> {
        let (old, exports) = {
            let _l = lock_header(self.header());
            let n = self.exports.load(sync::prim::Ordering::Relaxed);
            (if n == 0 { self.managed.take() } else { Value::UNBOUND }, n)
        };
        drop(old);
        if exports > 0 {
            let s = if exports == 1 { "" } else { "s" };
            return Err(cx.error(exception::ids::BUFFER_ERROR, format!("memoryview has {exports} exported buffer{s}")));
        }
        // Runs what the exporter's end may have queued (`__release_buffer__`).
        cx.drain();
        Ok(())
    }
    /// A view of this view for others: until it ends, this one cannot be released.
    fn export(&self, cx: &mut Cx, flags: u32) -> PyResult<BufferView> {
        let s = &self.shape;
        let refused = if flags & wanted::WRITABLE != 0 && s.readonly {
            Some("memoryview: underlying buffer is not writable")
        } else if (flags & wanted::STRIDES != wanted::STRIDES || flags & wanted::C_CONTIGUOUS == wanted::C_CONTIGUOUS)
            && !s.is_c_contiguous()
        {
            Some("memoryview: underlying buffer is not C-contiguous")
        } else if flags & wanted::F_CONTIGUOUS == wanted::F_CONTIGUOUS && !s.is_f_contiguous() {
            Some("memoryview: underlying buffer is not Fortran contiguous")
        } else if flags & wanted::ANY_CONTIGUOUS == wanted::ANY_CONTIGUOUS && !s.is_c_contiguous() && !s.is_f_contiguous() {
            Some("memoryview: underlying buffer is not contiguous")
        } else if flags & wanted::ND == 0 && flags & wanted::FORMAT != 0 {
            Some("memoryview: cannot cast to unsigned bytes if the format flag is present")
        } else {
            None
        };
        let alive = {
            let _l = lock_header(self.header());
            let alive = self.managed.peek() != Word::UNBOUND;
            if alive && refused.is_none() {
                self.exports.fetch_add(1, sync::prim::Ordering::Relaxed);
            }
            alive
        };
        if !alive {
            return Err(released(cx));
        }
        if let Some(m) = refused {
            return Err(cx.error(exception::ids::BUFFER_ERROR, m));
        }
        Ok(BufferView {
            owner: self.to_value(),
            data: s.data,
            len: s.len,
            readonly: s.readonly,
            format: s.format.clone(),
            item_size: s.item_size,
            shape: s.shape.clone(),
            strides: s.strides.clone(),
            release: Some(unexport),
        })
    }
}

/// Ends a view of a memoryview.
pub(super) fn unexport(owner: &Value) {
    if let Some(m) = owner.as_ref().downcast::<MemoryView>() {
        let _l = lock_header(m.header());
        m.exports.fetch_sub(1, sync::prim::Ordering::Relaxed);
    }
}

fn make(managed: Value, shape: Shape) -> Gc<MemoryView> {
    gc::alloc(MemoryView { managed: Field::new(managed), exports: AtomicUsize::new(0), hash: AtomicU64::new(0), shape })
}

/// A memoryview of an export.
pub fn of_view(view: BufferView) -> Gc<MemoryView> {
    let shape = Shape {
        data: view.data,
        len: view.len,
        readonly: view.readonly,
        format: view.format.clone(),
        code: native_code(&view.format),
        item_size: view.item_size,
        shape: view.shape.clone(),
        strides: view.strides.clone(),
    };
    make(gc::alloc(ManagedBuffer { view }).into_value(), shape)
}

/// `memoryview(v)`
pub fn of_object(cx: &mut Cx, v: Ref<'_>) -> PyResult<Gc<MemoryView>> {
    if let Some(m) = v.exact::<MemoryView>() {
        let held = m.hold(cx)?;
        return Ok(MemoryView::derive(&held, held.shape.clone()));
    }
    if !buffer::is_exporter(v) {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("memoryview: a bytes-like object is required, not '{n}'")));
    }
    buffer::get(cx, v, wanted::FULL_RO).map(of_view)
}
