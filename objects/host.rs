//! What natives ask of the interpreter: frames, import, warnings. About ten questions, answered in `src/modules/host.rs`.

use crate::cx::Cx;
use crate::error::PyResult;
use gc::{Gc, Ref, Value};

/// The interpreter as natives see it.
pub trait Host: Sync {
    /// Safepoints, signals, merges, asynchronous exceptions.
    fn poll(&self, cx: &mut Cx) -> PyResult<()>;
    /// Globals of the innermost Python frame, if there is one.
    fn globals(&self, cx: &mut Cx) -> Option<Value>;
    /// The locals mapping of the innermost Python frame (`locals()`).
    fn locals(&self, cx: &mut Cx) -> PyResult<Value>;
    /// The innermost frame object, `depth` Python frames up; `None` when there are not so many.
    fn frame(&self, cx: &mut Cx, depth: usize) -> Option<Value>;
    /// `__import__(name)` and the module itself (not the top package), as `importlib.import_module`.
    fn import(&self, cx: &mut Cx, name: &str) -> PyResult<Value>;
    /// Issues a warning of a category; an error when a filter makes it one.
    fn warn(&self, cx: &mut Cx, category: Ref<'_>, message: &str, stack_level: i64) -> PyResult<()>;
    /// Reports an exception nobody can receive.
    fn unraisable(&self, cx: &mut Cx, exc: Value, message: &str, obj: Ref<'_>);
    /// `(class, self)` for a `super()` without arguments, from the innermost frame.
    fn super_arguments(&self, cx: &mut Cx) -> PyResult<(Value, Value)>;
    /// Adds a traceback entry for native code that wants one (pyexpat, ...); usually nothing.
    fn builtins(&self) -> Gc<crate::types::dict::Dict>;
    /// An audit event (`sys.addaudithook`).
    fn audit(&self, cx: &mut Cx, event: &str, args: &[Ref<'_>]) -> PyResult<()>;
}
