"""pyexpat: events, positions, errors, entities, namespaces, encodings, settings."""

from xml.parsers import expat

HANDLERS = [
    'StartElementHandler', 'EndElementHandler', 'ProcessingInstructionHandler', 'CharacterDataHandler', 'UnparsedEntityDeclHandler',
    'NotationDeclHandler', 'StartNamespaceDeclHandler', 'EndNamespaceDeclHandler', 'CommentHandler', 'StartCdataSectionHandler',
    'EndCdataSectionHandler', 'StartDoctypeDeclHandler', 'EndDoctypeDeclHandler', 'EntityDeclHandler', 'XmlDeclHandler',
    'ElementDeclHandler', 'AttlistDeclHandler', 'SkippedEntityHandler']

DOCUMENT = b'''<?xml version="1.0" encoding="iso-8859-1" standalone="no"?>
<!-- before -->
<?target  some data ?>
<!DOCTYPE doc PUBLIC "-//X//Y  Z" "doc.dtd" [
<!ELEMENT doc (item | (a, b+)? | c*)*>
<!ELEMENT empty EMPTY>
<!ELEMENT any ANY>
<!ELEMENT mixed (#PCDATA | b | i)*>
<!ATTLIST doc id ID #REQUIRED kind (one|two) "one" text CDATA #FIXED " x  y " list NMTOKENS #IMPLIED n NOTATION (gif|png) #IMPLIED>
<!NOTATION gif SYSTEM "viewer">
<!NOTATION png PUBLIC "pub">
<!ENTITY inner "in&#65;&lt;b/>">
<!ENTITY outer "[&inner;]">
<!ENTITY pic SYSTEM "pic.gif" NDATA gif>
<!ENTITY file PUBLIC "p" "file.xml">
<!ENTITY % pe "<!-- from pe -->">
]>
<doc id=" a  b " list="  p   q " xmlns:x="urn:x" other='&outer2;1&amp;2&#10;3'>caf\xe9\r
two\rthree &outer; <![CDATA[ <raw> ]]]><x:y x:z="1"/>]] &unknown; </doc>
<!-- after -->
'''.replace(b'&outer2;', b'')


def events(data, separator=None, chunks=None, **settings):
    p = expat.ParserCreate(namespace_separator=separator)
    for name, value in settings.items():
        setattr(p, name, value)
    for name in HANDLERS:
        def handler(*args, name=name):
            place = () if 'Decl' in name else (p.CurrentLineNumber, p.CurrentColumnNumber, p.CurrentByteIndex)
            print('  ', name.removesuffix('Handler'), args, *place)
        setattr(p, name, handler)
    size = chunks or len(data)
    for i in range(0, len(data), size):
        p.Parse(data[i:i + size], False)
    return p.Parse(b'', True)


def attempt(data, **kw):
    p = expat.ParserCreate(**kw)
    try:
        p.Parse(data, True)
    except expat.ExpatError as e:
        print('  ', data[:40], '->', e, (e.code, e.lineno, e.offset), p.ErrorCode)
    else:
        print('  ', data[:40], 'ok')


print('plain')
print(events(DOCUMENT))
print('namespaces, buffered')
print(events(DOCUMENT, '|', buffer_text=True, namespace_prefixes=True, ordered_attributes=True, specified_attributes=True))
print('byte by byte')
print(events(b'<a><b c="d">text&amp;more</b>\n</a>', chunks=1, buffer_text=True))

print('errors')
for data in [
        b'', b'   ', b'<', b'<a', b'<a>', b'<a></b>', b'<a/><b/>', b'<a/>text', b'text', b'foobar<', b'<a b="1" b="2"/>', b'<a b=1/>',
        b'<a b="<"/>', b'<a>&nope;</a>', b'<a>&#0;</a>', b'<a>&#xZ;</a>', b'<a>]]></a>', b'<a><![CDATA[x</a>', b'<a>\x01</a>',
        b'<a>\xff</a>', b'<a>\xc3', b' <?xml version="1.0"?><a/>', b'<?xml version="1.0" encoding="utf-16"?><a/>', b'<?xml vers="1"?><a/>',
        b'<!DOCTYPE a [<!ENTITY e "&e;">]><a>&e;</a>', b'<!DOCTYPE a [<!ENTITY e "<b>">]><a>&e;</b></a>',
        b'<!DOCTYPE a [<!ENTITY e SYSTEM "x" NDATA n>]><a>&e;</a>', b'<!DOCTYPE a [<!ENTITY e SYSTEM "x">]><a b="&e;"/>',
        b'<!DOCTYPE a [<!ELEMENT a (b,c|d)>]><a/>', b'<!DOCTYPE a [<!ENTITY e "%p;">]><a/>', b'<a><!-- x -- y --></a>', b'<a><?xml x?></a>',
        b'<1/>', b'<a 1="2"/>', b'<a></a >', b'<a><b></a></b>', b'</a>', b'<!DOCTYPE>', b'\n\n<a>\n  <b>&x;</b></a>']:
    attempt(data)
for data in [b'<p:a/>', b'<a xmlns:p=""/>', b'<a xmlns:xml="x"/>', b'<a xmlns:xmlns="x"/>', b'<a:b:c/>',
             b'<a xmlns:p="u" xmlns:q="u" p:x="1" q:x="2"/>', b'<a p:x="1"/>']:
    attempt(data, namespace_separator=' ')

print('encodings')
for name in ['utf-8', 'utf-16', 'utf-16-le', 'iso-8859-1', 'us-ascii', 'cp1252', 'koi8-r']:
    text = '<?xml version="1.0"?><a>abc</a>' if name == 'us-ascii' else '<a>\u0436</a>' if name == 'koi8-r' else '<a>\xe9</a>'
    got = []
    p = expat.ParserCreate(None if name.startswith('utf-16') else name)
    p.CharacterDataHandler = got.append
    p.Parse(text.encode(name), True)
    print('  ', name, ascii(got))
for name in ['nope', 'cp037']:
    try:
        expat.ParserCreate(name).Parse(b'<a/>', True)
    except Exception as e:
        print('  ', name, type(e).__name__, e)

print('external entities')


def external(context, base, system, public):
    print('   external', context, base, system, public)
    sub = p.ExternalEntityParserCreate(context)
    if system is not None:
        sub.Parse({'d.dtd': '<!ENTITY % x "INCLUDE"><![%x;[<!ENTITY y "why">]]><![IGNORE[<!ENTITY z "no">]]><!ENTITY y "second">',
                   'e.xml': '<?xml encoding="utf-8"?>from<i/> &y;'}[system], True)
    return 1


p = expat.ParserCreate()
p.SetBase('/base')
p.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_ALWAYS)
p.ExternalEntityRefHandler = external
p.CharacterDataHandler = lambda t: print('   data', t)
p.StartElementHandler = lambda *a: print('   start', a)
p.NotStandaloneHandler = lambda: print('   not standalone') or 1
p.Parse('<!DOCTYPE a SYSTEM "d.dtd" [<!ENTITY e SYSTEM "e.xml">]><a>&e;&y;</a>', True)

print('default handlers')
for name in ['DefaultHandler', 'DefaultHandlerExpand']:
    got = []
    p = expat.ParserCreate()
    setattr(p, name, got.append)
    p.Parse(b'<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY e "v">]><a b="c">x&e;&amp;\r\n<!--c--><?p i?></a>\n', True)
    print('  ', ''.join(got))

print('handlers that fail or change')
p = expat.ParserCreate()


def fail(name, attrs):
    raise KeyError(name)


p.StartElementHandler = fail
try:
    p.Parse('<a/>', True)
except KeyError as e:
    print('  ', repr(e), p.StartElementHandler)
p = expat.ParserCreate()
p.CharacterDataHandler = lambda d: p.Parse('x')
try:
    p.Parse('<a>t</a>', True)
except RuntimeError as e:
    print('  ', e)
bomb = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaaaaaaaa">' + ''.join(
    f'<!ENTITY {b} "{f"&{a};" * 16}">' for a, b in zip('abcdefg', 'bcdefgh')) + ']><a>&h;</a>'
try:
    expat.ParserCreate().Parse(bomb, True)
except expat.ExpatError as e:
    print('  ', str(e).partition(':')[0])
