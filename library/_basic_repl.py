"""The interactive prompt without line editing: what sys._baserepl() runs where there is no terminal for _pyrepl."""

import sys


def _prompt(name):
    value = getattr(sys, name, '')
    try:
        return value if isinstance(value, str) else str(value)
    except Exception:
        return ''


def _read(prompt, on_terminal):
    """One line with its end; '' at the end of input."""
    if on_terminal:
        try:
            return input(prompt) + '\n'
        except EOFError:
            return ''
    sys.stderr.write(prompt)
    sys.stderr.flush()
    try:
        return sys.stdin.readline()
    except (OSError, ValueError):
        # Closed by the program.
        return ''


def _show(error):
    """Shows an exception without the frames of this module and what it calls."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and trace is not None and trace.tb_frame.f_globals.get('__name__') == 'codeop':
        trace = None
    error = error.with_traceback(trace)
    sys.last_exc = sys.last_value = error
    sys.last_type = type(error)
    sys.last_traceback = trace
    sys.excepthook(type(error), error, trace)


def _run_one(compiler, namespace, on_terminal):
    """Reads and runs one statement; false at the end of input."""
    from linecache import _register_code
    source = ''
    while True:
        line = _read(_prompt('ps2' if source else 'ps1'), on_terminal)
        if not line:
            if source:
                compile(source, '<stdin>', 'single')
            return False
        source += line
        code = compiler(source.removesuffix('\n'), '<stdin>', 'single')
        if code is not None:
            break
    _register_code(code, source, '<stdin>')
    exec(code, namespace)
    return True


def run():
    """Reads statements from standard input and runs them in __main__ until the end of input."""
    import __main__
    from codeop import CommandCompiler
    if not hasattr(sys, 'ps1'):
        sys.ps1 = '>>> '
    if not hasattr(sys, 'ps2'):
        sys.ps2 = '... '
    compiler = CommandCompiler()
    namespace = __main__.__dict__
    try:
        on_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    except (AttributeError, ValueError):
        on_terminal = False
    while True:
        try:
            if not _run_one(compiler, namespace, on_terminal):
                break
        except SystemExit:
            raise
        except KeyboardInterrupt:
            sys.stderr.write('\nKeyboardInterrupt\n')
        except BaseException as error:
            _show(error)
        if sys.stdout is not None:
            try:
                sys.stdout.flush()
            except Exception:
                pass
    sys.stderr.write('\n')
