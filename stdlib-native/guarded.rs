//! State of a native object that its own lock guards.

use gc::{Payload, Ref, Value, Word};
use objects::Cx;
use objects::args::{Args, Signature};
use objects::types::exception::Exception;
use objects::types::instance;
use objects::types::type_::{Type, TypeSpec, flags};
use std::cell::UnsafeCell;
use std::sync::LazyLock;

/// What stands in a [`Guarded`] cell.
pub trait State: 'static {
    /// Visits every word it holds.
    fn traverse(&self, visit: &mut dyn FnMut(Word));
}

/// A payload whose state is reached only under the object's lock.
#[repr(C)]
pub struct Guarded<S: State, const ID: u32>(UnsafeCell<S>);

// SAFETY: the state visits its words; the world is stopped or the object unreachable then, so nobody is changing it.
unsafe impl<S: State, const ID: u32> Payload for Guarded<S, ID> {
    const TYPE_ID: u32 = ID;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        // SAFETY: see above.
        unsafe { (*self.0.get()).traverse(visit) }
    }
}

impl<S: State, const ID: u32> Guarded<S, ID> {
    /// A payload.
    pub fn new(state: S) -> Self {
        Guarded(UnsafeCell::new(state))
    }
    /// The state, for those who have no `Cx` to lock with.
    ///
    /// # Safety
    /// The object's lock is held for as long as the result lives.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn locked(&self) -> &mut S {
        // SAFETY: by contract.
        unsafe { &mut *self.0.get() }
    }
    /// Runs `f` on the state, under the lock. `f` cannot run Python code; values that leave the state are to be given out of it, so that
    /// they die without the lock.
    #[inline]
    pub fn with<R>(&self, cx: &mut Cx, f: impl FnOnce(&mut S) -> R) -> R {
        let _l = cx.lock(self.header());
        // SAFETY: the lock is held, and `f` cannot come back here since it has no `Cx`.
        unsafe { f(&mut *self.0.get()) }
    }
    /// The same for code that has no context (drop functions). `f` locks nothing.
    pub fn with_lock<R>(&self, f: impl FnOnce(&mut S) -> R) -> R {
        let _l = objects::cx::lock_header(self.header());
        // SAFETY: the lock is held.
        unsafe { f(&mut *self.0.get()) }
    }
}

/// A new object of `class`, the type of `P` or a subtype.
pub fn make<P: Payload>(class: Ref<'_>, payload: P) -> objects::Reg {
    // SAFETY: `new` slots get types.
    let t = unsafe { class.cast::<Type>() };
    instance::alloc_with(t, payload).into()
}

/// A type's name with its module's, except of builtin types and those of the main program: CPython's `%T`.
pub fn type_name(v: Ref<'_>) -> String {
    objects::types::type_of(v).full_name()
}

/// An exception type of a native module.
pub const fn error_type(id: u32, name: &'static str, base: u32) -> TypeSpec {
    TypeSpec::of::<Exception>(name).id(id).base(base).with_dict().flags(flags::BASE | flags::WEAKREFS)
}

/// A signature that is parsed when it is first used.
pub struct Parameters {
    name: &'static str,
    signature: LazyLock<Signature>,
}

impl Parameters {
    /// For calls to `name`.
    pub const fn new(name: &'static str, parse: fn() -> Signature) -> Self {
        Parameters { name, signature: LazyLock::new(parse) }
    }
    /// Binds the arguments of a call.
    pub fn bind<R>(
        &self,
        cx: &mut Cx,
        args: Args<'_>,
        f: impl FnOnce(&mut Cx, &[Ref<'_>]) -> objects::PyResult<R>,
    ) -> objects::PyResult<R> {
        self.signature.bind(cx, self.name, None, args, f)
    }
}

/// Visits the word of an optional value.
pub fn visit_optional(v: &Option<Value>, visit: &mut dyn FnMut(Word)) {
    if let Some(v) = v {
        visit(v.word());
    }
}

/// `$name`'s parameters as a static.
#[macro_export]
macro_rules! parameters {
    ($static:ident, $name:literal, $text:literal) => {
        static $static: $crate::guarded::Parameters = $crate::guarded::Parameters::new($name, || objects::args::Signature::parse($text));
    };
}
