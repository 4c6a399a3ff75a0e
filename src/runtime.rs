//! The process-wide interpreter: start-up, threads' contexts, namespaces, running source text.

use crate::modules;
use crate::vm::frame::Stacks;
use gc::{Gc, Payload, Ref, Reg, Value, Word};
use objects::types::dict::Dict;
use objects::types::exception;
use objects::types::module::Module;
use objects::types::str::Str;
use objects::types::type_::{Downcast, flags, type_value};
use objects::{Cx, PyResult, ids};
use std::sync::OnceLock;
use sync::prim::{AtomicPtr, AtomicU64, Ordering};

static BUILTINS: AtomicU64 = AtomicU64::new(0);
static MODULES: AtomicU64 = AtomicU64::new(0);
static HOST: modules::host::Weft = modules::host::Weft;
static STARTED: OnceLock<()> = OnceLock::new();

/// A thread that runs Python code.
pub struct Thread {
    /// Its context.
    pub cx: Box<Cx>,
    slot: &'static sync::threads::Slot,
    _stacks: Stacks,
}

/// Native stack left for natives below the limit check.
const NATIVE_RESERVE: usize = 256 << 10;

/// Lowest usable address of the calling thread's native stack.
fn native_limit() -> usize {
    // SAFETY: plain queries about the calling thread.
    unsafe {
        let mut attr: libc::pthread_attr_t = std::mem::zeroed();
        if libc::pthread_getattr_np(libc::pthread_self(), &mut attr) != 0 {
            let here = 0u8;
            return (&raw const here as usize).saturating_sub(512 << 10);
        }
        let (mut base, mut size) = (std::ptr::null_mut(), 0);
        libc::pthread_attr_getstack(&attr, &mut base, &mut size);
        libc::pthread_attr_destroy(&mut attr);
        base as usize + NATIVE_RESERVE
    }
}

impl Thread {
    /// Attaches the calling thread. `None` when no slot or address space is left.
    pub fn attach() -> Option<Thread> {
        let slot = sync::threads::try_attach_new_thread()?;
        gc::local::enter(slot.id);
        let stacks = Stacks::new()?;
        let mut cx = objects::init::context(slot, stacks.registers(), native_limit(), &HOST);
        cx.frame = stacks.bottom().cast();
        cx.lookaside = crate::vm::lookaside::table();
        slot.ext.store((&raw mut *cx).cast(), Ordering::Release);
        objects::init::set_current(&raw mut *cx);
        modules::faulthandler::attached(u32::from(slot.id));
        crate::vm::instrument::stats::thread_starts(&mut cx);
        crate::vm::instrument::tracing::thread_starts(&mut cx);
        crate::vm::instrument::refresh(&mut cx);
        if gc::stress::keeps_polling() {
            sync::safepoint::request(slot, sync::safepoint::MERGE);
        }
        Some(Thread { cx, slot, _stacks: stacks })
    }
}

/// How often the finalisers of a thread's last values may give it new ones.
const FINAL_ROUNDS: usize = 16;

impl Thread {
    /// Drops what the context holds.
    fn forget(&mut self) {
        self.cx.handled = Value::NONE;
        self.cx.raised = None;
        self.cx.context = Value::NONE;
        modules::thread_local::thread_ends(&mut self.cx);
        // Not in place: dropping must not find the list half cleared.
        drop(std::mem::take(&mut self.cx.module_state));
        self.cx.trace.mode = 0;
        self.cx.trace.trace = Value::NONE;
        self.cx.trace.profile = Value::NONE;
        self.cx.trace.native = None;
        self.cx.trace.classes.clear();
        crate::vm::instrument::lines::forget();
        self.cx.async_exc = None;
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        // What the context holds dies while the thread is still attached; finalisers may give it more (a thread-local value, a current context).
        for _ in 0..FINAL_ROUNDS {
            self.forget();
            self.cx.drain();
            if self.cx.module_state.is_empty() {
                break;
            }
        }
        self.forget();
        self.slot.ext.store(std::ptr::null_mut(), Ordering::Release);
        crate::vm::instrument::stats::thread_ends();
        objects::init::set_current(std::ptr::null_mut());
        gc::local::leave();
        sync::threads::detach_and_release(self.slot);
    }
}

/// Calls `f` with every thread's context. The world is stopped.
pub fn for_each_context(mut f: impl FnMut(&Cx)) {
    sync::threads::for_each_slot(|s| {
        let p: *mut Cx = AtomicPtr::load(&s.ext, Ordering::Acquire).cast();
        if !p.is_null() {
            // SAFETY: the context lives until its thread has taken it out of the slot, which it cannot do in a stop.
            f(unsafe { &*p });
        }
    });
}

unsafe fn global(at: &AtomicU64) -> Option<Value> {
    match at.load(Ordering::Acquire) {
        0 => None,
        // SAFETY: an immortal cell.
        w => Some(unsafe { Ref::from_word(Word(w)) }.to_value()),
    }
}

/// The namespace of `builtins`.
pub fn builtins() -> Gc<Dict> {
    // SAFETY: set at start-up to an immortal dict.
    match unsafe { global(&BUILTINS) } {
        // SAFETY: it is a dict.
        Some(v) => unsafe { Gc::from_value(v) },
        None => Dict::new(),
    }
}
/// `sys.modules`.
pub fn modules() -> Gc<Dict> {
    // SAFETY: set at start-up to an immortal dict.
    match unsafe { global(&MODULES) } {
        // SAFETY: it is a dict.
        Some(v) => unsafe { Gc::from_value(v) },
        None => Dict::new(),
    }
}
/// A module that is loaded.
pub fn loaded(name: &str) -> Option<Value> {
    modules().get_str(name).map(Reg::into_value)
}
/// An attribute of `sys`.
pub fn sys_attribute(name: Ref<'_>) -> Option<Value> {
    let sys = loaded("sys")?;
    let m = objects::types::module::as_module(sys.as_ref())?;
    m.dict.get_interned(name).map(Reg::into_value)
}

/// Imports a module by its full name and gives that module.
pub fn import(cx: &mut Cx, name: &str) -> PyResult<Value> {
    if let Some(m) = loaded(name) {
        crate::modules::import::wait_until_loaded(cx, name, &m)?;
        return Ok(m);
    }
    let f = builtins().get_interned(objects::names::__import__()).map(Reg::into_value);
    let Some(f) = f else { return Err(cx.error(exception::ids::IMPORT_ERROR, "__import__ not found")) };
    let text = Str::from_text(name);
    objects::protocol::call::positional(cx, f.as_ref(), &[text.value().as_ref()])?;
    match loaded(name) {
        Some(m) => Ok(m),
        None => Err(cx.error(exception::ids::MODULE_NOT_FOUND_ERROR, format!("No module named '{name}'"))),
    }
}

/// Reports an exception that nobody can receive: to `sys.unraisablehook` when a program has set one.
pub fn unraisable(cx: &mut Cx, exc: Value, message: &str, obj: Ref<'_>) {
    let mut header = message.to_string();
    if !obj.is_none() {
        match objects::protocol::text::repr(cx, obj) {
            Ok(s) => header.push_str(&format!(" {}", s.to_string_lossy())),
            Err(e) => {
                drop(cx.catch(e));
                header.push_str(" <object repr() failed>");
            }
        }
    }
    let name = Str::intern_text("unraisablehook");
    let own = |v: &Value| v.as_ref().exact::<objects::native::BuiltinFunction>().is_some_and(|f| f.def.name == "unraisablehook");
    if let Some(hook) = sys_attribute(name.as_ref()).filter(|h| !h.as_ref().is_none() && !own(h)) {
        if let Err(e) = call_unraisable_hook(cx, &hook, &exc, &header) {
            let second = cx.catch(e);
            print_unraisable(cx, &second, "Exception ignored in sys.unraisablehook");
        }
        return;
    }
    print_unraisable(cx, &exc, &header);
}

fn call_unraisable_hook(cx: &mut Cx, hook: &Value, exc: &Value, header: &str) -> PyResult<()> {
    let d = Dict::new();
    let tb = exception::as_exception(exc.as_ref()).map_or(Value::NONE, |e| e.traceback.load(e.header()));
    d.set_text("exc_type", objects::types::type_of(exc.as_ref()).to_value());
    d.set_text("exc_value", exc.clone());
    d.set_text("exc_traceback", tb);
    d.set_text("err_msg", Str::from_text(header));
    d.set_text("object", Value::NONE);
    let args = namespace_object(cx, &d)?;
    objects::protocol::call::positional(cx, hook.as_ref(), &[args.as_ref()]).map(drop)
}

/// Shows an exception that nobody can receive.
pub fn print_unraisable(cx: &mut Cx, exc: &Value, header: &str) {
    let trace = modules::host::print_plain(cx, exc.as_ref());
    write_stderr(cx, &format!("{header}:\n{trace}"));
}

/// Makes the types and namespaces, once per process, on the first attached thread.
pub fn start(cx: &mut Cx) -> PyResult<()> {
    if STARTED.set(()).is_err() {
        return Ok(());
    }
    let specs: Vec<_> = crate::types::SPECS.iter().copied().chain(stdlib_native::SPECS.iter().copied().flatten().copied()).collect();
    objects::init::types(&specs);
    modules::templates::finish();
    modules::ast::base::finish();
    let call =
        objects::types::type_::slots::Slots { call: Some(crate::vm::call::call_function), ..objects::types::type_::slots::Slots::NONE };
    objects::types::by_id(ids::FUNCTION).slots.set(&call);
    objects::types::type_::dunder::add_wrappers(objects::types::by_id(ids::FUNCTION));
    let b = Module::new("builtins", Value::NONE);
    b.header().make_immortal();
    b.dict.header().make_immortal();
    BUILTINS.store(b.dict.value().word().0, Ordering::Release);
    let m = Dict::new();
    m.header().make_immortal();
    MODULES.store(m.value().word().0, Ordering::Release);
    m.set_text("builtins", b.value().clone());
    let name = Str::intern_text("builtins");
    let functions = modules::builtins::FUNCTIONS.iter().chain(modules::builtin_functions::FUNCTIONS);
    for f in functions.chain(modules::async_generators::BUILTINS) {
        let object = objects::native::new_function(f, name.clone());
        object.header().make_deferred();
        b.dict.set_text(f.name, object);
    }
    for spec in objects::init::specs().into_iter().chain(crate::types::SPECS.iter().copied()) {
        let t = objects::types::by_id(spec.id);
        // What builtins shows: types that people name.
        let named = t.has(flags::BASE) || matches!(spec.id, ids::BOOL | ids::RANGE | ids::SLICE | ids::MEMORYVIEW);
        if named
            && !spec.name.contains('.')
            && !matches!(spec.id, ids::MODULE | ids::FUNCTION | ids::METHOD | ids::CODE | ids::GENERIC_ALIAS | ids::UNION | ids::WEAKREF)
        {
            b.dict.set_text(spec.name, type_value(spec.id));
        }
    }
    for (n, v) in [
        ("None", Value::NONE),
        ("True", Value::TRUE),
        ("False", Value::FALSE),
        ("Ellipsis", Value::ELLIPSIS),
        ("NotImplemented", Value::NOT_IMPLEMENTED),
        ("__debug__", Value::TRUE),
        ("EnvironmentError", type_value(exception::ids::OS_ERROR)),
        ("IOError", type_value(exception::ids::OS_ERROR)),
    ] {
        b.dict.set_text(n, v);
    }
    modules::thread::set_main();
    modules::signal::start(cx);
    stdlib_native::posix::fork::set_natives(stdlib_native::posix::fork::Natives {
        enter: modules::imp::lock_imports,
        leave: modules::imp::unlock_imports,
        before: || {
            modules::thread::before_fork();
            crate::collect::background::before_fork();
        },
        parent: || {
            crate::collect::background::after_fork_parent();
            modules::thread::after_fork_parent();
        },
        child: || {
            modules::thread::after_fork_child();
            stdlib_native::io::live::after_fork();
            crate::collect::background::after_fork_child();
        },
    });
    for d in [&modules::sys::MODULE, &modules::imp::MODULE, &modules::thread::MODULE] {
        let m = Module::from_def(cx, d)?;
        m.header().make_immortal();
        m_register(d.name, &m);
    }
    start_importlib(cx)?;
    modules::streams::start(cx)?;
    // `open` is the very function of `_io`.
    let io = import(cx, "_io")?;
    let open = objects::protocol::attr::get_text(cx, io.as_ref(), "open")?.into_value();
    builtins().set_text("open", open);
    Ok(())
}

fn m_register(name: &str, m: &Gc<Module>) {
    modules().set_text(name, m.value().clone());
}

/// Runs importlib's core from the packed library and lets it install its importers.
fn start_importlib(cx: &mut Cx) -> PyResult<()> {
    let Some(code) = crate::import::library::frozen("_frozen_importlib").and_then(|e| crate::import::library::code_of(e, None)) else {
        return Err(cx.error(exception::ids::IMPORT_ERROR, "the packed library has no importlib"));
    };
    let m = Module::new("_frozen_importlib", Value::NONE);
    m_register("_frozen_importlib", &m);
    m.dict.set_text("__origname__", Str::intern_text("importlib._bootstrap"));
    m.dict.set_text("__builtins__", loaded("builtins").unwrap_or(Value::NONE));
    crate::vm::call::run_code(cx, code.value().as_ref(), &m.dict, &builtins(), Value::UNBOUND, Value::NONE)?;
    let install = Str::intern_text("_install");
    let (sys, imp) = (loaded("sys").unwrap_or(Value::NONE), loaded("_imp").unwrap_or(Value::NONE));
    objects::protocol::call::method(cx, m.as_ref(), install.as_ref(), &[sys.as_ref(), imp.as_ref()])?;
    let f = objects::native::new_function(&modules::import::IMPORT, Str::intern_text("builtins"));
    f.header().make_deferred();
    builtins().set_str(objects::names::__import__(), f.into_value());
    let external = Str::intern_text("_install_external_importers");
    objects::protocol::call::method(cx, m.as_ref(), external.as_ref(), &[])?;
    install_path_hooks(cx)
}

/// The packed library's hook and zipimport's, in front of the one for folders.
fn install_path_hooks(cx: &mut Cx) -> PyResult<()> {
    let hooks = sys_attribute(Str::intern_text("path_hooks").as_ref());
    let Some(hooks) = hooks.as_ref().and_then(|h| h.as_ref().downcast::<objects::types::list::List>()) else { return Ok(()) };
    for (module, name) in [("zipimport", "zipimporter"), ("_packed_library", "path_hook")] {
        let m = import(cx, module)?;
        let hook = objects::protocol::attr::get_text(cx, m.as_ref(), name)?.into_value();
        // The only failure is a lack of memory for one word.
        let _ = hooks.insert(0, hook);
    }
    Ok(())
}

/// Imports `site`, unless `-S` was given.
pub fn import_site(cx: &mut Cx) -> PyResult<()> {
    if modules::sys::settings().no_site == 0 {
        import(cx, "site")?;
    }
    Ok(())
}

/// Writes text to `sys.stderr`, or to the process's own when there is none.
pub fn write_stderr(cx: &mut Cx, text: &str) {
    if let Some(f) = sys_attribute(objects::names::stderr()).filter(|f| !f.as_ref().is_none()) {
        let s = Str::from_text(text);
        match objects::protocol::call::method(cx, f.as_ref(), objects::names::write(), &[s.value().as_ref()]) {
            Ok(_) => return,
            Err(e) => drop(cx.catch(e)),
        }
    }
    eprint!("{text}");
}

/// An object whose attributes are the entries of a dict (`types.SimpleNamespace` when that type exists).
pub fn namespace_object(cx: &mut Cx, d: &Dict) -> PyResult<Value> {
    let class = match objects::types::type_::live_by_id(ids::SIMPLE_NAMESPACE) {
        Some(t) => t.to_value(),
        None => {
            let name = Str::from_text("SimpleNamespace");
            let bases = objects::types::tuple::Tuple::from_values(vec![type_value(ids::OBJECT)]);
            let meta = type_value(ids::TYPE);
            objects::protocol::call::positional(cx, meta.as_ref(), &[name.value().as_ref(), bases.value().as_ref(), Dict::new().as_ref()])?
        }
    };
    let v = objects::protocol::call::positional(cx, class.as_ref(), &[])?;
    for (k, x) in d.items() {
        objects::protocol::attr::set(cx, v.as_ref(), k.as_ref(), Some(x.as_ref()))?;
    }
    Ok(v)
}
