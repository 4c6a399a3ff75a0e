# The C locale.
import _locale

def error(f, *args, **kw):
    try:
        print("no error:", f(*args, **kw))
    except Exception as e:
        print(type(e).__name__, e)

print(_locale.setlocale(_locale.LC_ALL, "C"), _locale.setlocale(_locale.LC_NUMERIC))
error(_locale.setlocale, _locale.LC_ALL, "no such locale")
error(_locale.setlocale, 99)
error(_locale.setlocale, "a")
error(_locale.setlocale, 0, 5)
print(sorted(_locale.localeconv().items()))
print(_locale.nl_langinfo(_locale.CODESET), _locale.nl_langinfo(_locale.DAY_1), _locale.nl_langinfo(_locale.RADIXCHAR))
error(_locale.nl_langinfo, 5)
print(_locale.strcoll("a", "b") < 0, _locale.strcoll("b", "a") > 0, _locale.strcoll("é", "é"), _locale.strxfrm("abc"), _locale.strxfrm(""))
error(_locale.strcoll, "a", 1)
error(_locale.strcoll, "a\0", "b")
error(_locale.strxfrm, 5)
print(_locale.gettext("message"), _locale.dgettext(None, "x"), _locale.dgettext("domain", "y"), _locale.dcgettext("d", "z", _locale.LC_MESSAGES))
print(_locale.textdomain(None), _locale.textdomain("weft"), _locale.bindtextdomain("weft", "/tmp"), _locale.bindtextdomain("weft", None), _locale.bind_textdomain_codeset("weft", "UTF-8"))
error(_locale.bindtextdomain, "", "/x")
print(_locale.Error.__mro__)
for n in sorted(dir(_locale)):
    if isinstance(getattr(_locale, n), int):
        print(n, getattr(_locale, n))
