//! `_types`: the builtin types that have no name of their own in `builtins`.

use objects::ids;
use objects::types::module::ModuleDef;
use objects::types::type_::{TypeSpec, flags, type_value};

/// The types.
pub static SPECS: &[&TypeSpec] = &[&CAPSULE_TYPE];

/// `PyCapsule`: there are none, since they are made by C code; but the type has a name.
pub static CAPSULE_TYPE: TypeSpec = TypeSpec::empty(ids::CAPSULE, "PyCapsule").flags(flags::NO_NEW);

const NAMES: &[(&str, u32)] = &[
    ("AsyncGeneratorType", ids::ASYNC_GENERATOR),
    ("BuiltinFunctionType", ids::BUILTIN_FUNCTION),
    ("BuiltinMethodType", ids::BUILTIN_FUNCTION),
    ("CapsuleType", ids::CAPSULE),
    ("CellType", ids::CELL),
    ("ClassMethodDescriptorType", ids::CLASSMETHOD_DESCRIPTOR),
    ("CodeType", ids::CODE),
    ("CoroutineType", ids::COROUTINE),
    ("EllipsisType", ids::ELLIPSIS_TYPE),
    ("FrameType", ids::FRAME),
    ("FunctionType", ids::FUNCTION),
    ("GeneratorType", ids::GENERATOR),
    ("GenericAlias", ids::GENERIC_ALIAS),
    ("GetSetDescriptorType", ids::GETSET_DESCRIPTOR),
    ("LambdaType", ids::FUNCTION),
    ("MappingProxyType", ids::MAPPING_PROXY),
    ("MemberDescriptorType", ids::MEMBER_DESCRIPTOR),
    ("MethodDescriptorType", ids::METHOD_DESCRIPTOR),
    ("MethodType", ids::METHOD),
    ("MethodWrapperType", ids::METHOD_WRAPPER),
    ("ModuleType", ids::MODULE),
    ("NoneType", ids::NONE_TYPE),
    ("NotImplementedType", ids::NOT_IMPLEMENTED_TYPE),
    ("SimpleNamespace", ids::SIMPLE_NAMESPACE),
    ("TracebackType", ids::TRACEBACK),
    ("UnionType", ids::UNION),
    ("WrapperDescriptorType", ids::SLOT_WRAPPER),
];

/// `_types`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_types",
    doc: "Names of builtin types.",
    functions: &[],
    init: |_, m| {
        for (name, id) in NAMES {
            m.add(name, type_value(*id));
        }
        Ok(())
    },
};
