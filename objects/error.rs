//! Raising: the result type of everything that can fail, and short ways to raise.

use crate::cx::Cx;
use crate::types::exception;
use gc::{Ref, Value};

/// An exception is on its way: it is in `cx.raised`. Made only by raising, so that it cannot be forgotten.
#[derive(Debug)]
#[must_use]
pub struct Raised(());

/// What natives and protocols return.
pub type PyResult<T> = Result<T, Raised>;

impl Cx {
    /// Raises an exception object.
    #[cold]
    pub fn raise(&mut self, exc: Value) -> Raised {
        self.raised = Some(exc);
        Raised(())
    }

    /// Takes the exception that is on its way, to handle it.
    #[cold]
    pub fn catch(&mut self, _r: Raised) -> Value {
        match self.raised.take() {
            Some(v) => v,
            None => exception::new_text(exception::ids::SYSTEM_ERROR, "error return without exception set"),
        }
    }

    /// Takes the exception if it is an instance of the exception type `id`, else lets it go on.
    #[cold]
    pub fn catch_if(&mut self, r: Raised, id: u32) -> PyResult<Value> {
        let ours = self.raised.as_ref().is_some_and(|e| crate::types::type_of(e.as_ref()).is_subtype_of_id(id));
        if ours { Ok(self.catch(r)) } else { Err(r) }
    }

    /// Raises the exception type `id` (see [`exception::ids`]) with a message.
    #[cold]
    pub fn error(&mut self, id: u32, message: impl AsRef<str>) -> Raised {
        let exc = exception::new_text(id, message.as_ref());
        self.raise_new(exc)
    }

    /// Raises the exception type `id` with one argument.
    #[cold]
    pub fn error_arg(&mut self, id: u32, arg: Ref<'_>) -> Raised {
        let exc = exception::new_args(id, vec![arg.to_value()]);
        self.raise_new(exc)
    }

    /// Raises a fresh exception: its context becomes the exception being handled.
    #[cold]
    pub fn raise_new(&mut self, exc: Value) -> Raised {
        exception::chain_context(self, &exc);
        self.raise(exc)
    }

    /// TypeError.
    #[cold]
    pub fn type_error(&mut self, message: impl AsRef<str>) -> Raised {
        self.error(exception::ids::TYPE_ERROR, message)
    }
    /// ValueError.
    #[cold]
    pub fn value_error(&mut self, message: impl AsRef<str>) -> Raised {
        self.error(exception::ids::VALUE_ERROR, message)
    }
    /// IndexError.
    #[cold]
    pub fn index_error(&mut self, message: impl AsRef<str>) -> Raised {
        self.error(exception::ids::INDEX_ERROR, message)
    }
    /// KeyError with the key as its argument.
    #[cold]
    pub fn key_error(&mut self, key: Ref<'_>) -> Raised {
        self.error_arg(exception::ids::KEY_ERROR, key)
    }
    /// RuntimeError.
    #[cold]
    pub fn runtime_error(&mut self, message: impl AsRef<str>) -> Raised {
        self.error(exception::ids::RUNTIME_ERROR, message)
    }
    /// OverflowError.
    #[cold]
    pub fn overflow_error(&mut self, message: impl AsRef<str>) -> Raised {
        self.error(exception::ids::OVERFLOW_ERROR, message)
    }
    /// ZeroDivisionError.
    #[cold]
    pub fn zero_division(&mut self, message: impl AsRef<str>) -> Raised {
        self.error(exception::ids::ZERO_DIVISION_ERROR, message)
    }
    /// MemoryError.
    #[cold]
    pub fn memory_error(&mut self) -> Raised {
        let exc = exception::new_args(exception::ids::MEMORY_ERROR, Vec::new());
        self.raise_new(exc)
    }
    /// RecursionError.
    #[cold]
    pub fn recursion_error(&mut self) -> Raised {
        self.error(exception::ids::RECURSION_ERROR, "maximum recursion depth exceeded")
    }
    /// SystemError.
    #[cold]
    pub fn system_error(&mut self, message: impl AsRef<str>) -> Raised {
        self.error(exception::ids::SYSTEM_ERROR, message)
    }
    /// AttributeError with `name` and `obj` set, as lookups raise it.
    #[cold]
    pub fn attribute_error(&mut self, message: impl AsRef<str>, name: Ref<'_>, obj: Ref<'_>) -> Raised {
        let exc = exception::new_text(exception::ids::ATTRIBUTE_ERROR, message.as_ref());
        exception::set_extra(&exc, 0, name.to_value());
        exception::set_extra(&exc, 1, obj.to_value());
        self.raise_new(exc)
    }
}
