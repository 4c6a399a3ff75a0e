"""ElementTree on its native types: elements as sequences, builders, parsers, events, copies, pickles."""

import copy
import io
import pickle
import threading
import xml.etree.ElementTree as ET

print(ET.Element.__module__, ET.XMLParser.__module__, type(ET.Element('a').iter()).__name__)
root = ET.XML('<r xmlns:n="u" a="1" n:b="2">one<x>two</x>three<n:y/>four<!-- c --><x k="v"/>five</r>')
print(ET.tostring(root), root.attrib, len(root))
print([e.tag for e in root], [e.tag for e in root.iter('x')], list(root.itertext()))
print(root.find('x').text, root.findtext('x'), root.findtext('none', 'default'), len(root.findall('.//x')), root.find('{u}y').tail)
print([e.tag for e in root.iterfind('*')], root.find("x[@k='v']").get('k'))
print(root[-1].get('k'), [e.tag for e in root[::2]], root[0] in list(root))
root[1:2] = [ET.Element('p'), ET.Element('q', {'a': 'b'}, c='d')]
print([e.tag for e in root], root[2].items(), root[2].keys())
del root[0], root[-1:]
root.insert(0, ET.Element('first'))
root.insert(-100, ET.Element('zeroth'))
root.insert(100, ET.Element('last'))
root.remove(root[1])
print([e.tag for e in root])
ET.SubElement(root, 'sub', {'m': '1'}, n='2').text = 'deep'
twin = copy.deepcopy(root)
print(ET.tostring(twin) == ET.tostring(root), twin is root, copy.copy(root)[0] is root[0])
again = pickle.loads(pickle.dumps(root))
print(ET.tostring(again) == ET.tostring(root), root.__getstate__().keys())

for f in [lambda: root[100], lambda: root['x'], lambda: root.append(1), lambda: root.remove(ET.Element('no')), lambda: ET.Element(),
          lambda: ET.Element('a', 'b'), lambda: root.__setitem__(0, 'x'), lambda: root.extend([1]), lambda: ET.TreeBuilder().end('x'),
          lambda: setattr(root, 'attrib', 1), lambda: delattr(root, 'tag'), lambda: ET.XMLParser(encoding=1), lambda: ET.XML('<a>'),
          lambda: ET.XML('<a>&x;</a>'), lambda: ET.XMLParser()._setevents([], ['bad']), lambda: root.__setitem__(slice(0, 3, 2), [])]:
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e, getattr(e, 'position', ''), getattr(e, 'code', ''))


class Target:
    def __init__(self):
        self.log = []

    def start(self, tag, attrib):
        self.log.append(('start', tag, attrib))

    def end(self, tag):
        self.log.append(('end', tag))

    def data(self, data):
        self.log.append(('data', data))

    def comment(self, text):
        self.log.append(('comment', text))

    def pi(self, target, data):
        self.log.append(('pi', target, data))

    def start_ns(self, prefix, uri):
        self.log.append(('start_ns', prefix, uri))

    def end_ns(self, prefix):
        self.log.append(('end_ns', prefix))

    def doctype(self, name, public, system):
        self.log.append(('doctype', name, public, system))

    def close(self):
        return self.log


parser = ET.XMLParser(target=Target())
for piece in ['<!DOCTYPE r SYSTEM "s"><?p i', '?><r xmlns="d" xmlns:', 'q="u"><q:a b="c"/><!--no', 'te-->te', 'xt</r>']:
    parser.feed(piece)
for row in parser.close():
    print(row)

parser = ET.XMLParser()
parser.entity['x'] = 'expanded'
parser.feed('<!DOCTYPE a SYSTEM "s"><a>&x;!</a>')
print(ET.tostring(parser.close()), parser.version.split()[0])
parser = ET.XMLParser()
parser.feed('<!DOCTYPE a SYSTEM "s"><a>\n')
try:
    parser.feed('&y;</a>')
except ET.ParseError as e:
    print(e, e.position, e.code)

for event, e in ET.iterparse(io.BytesIO(b'<a xmlns:p="u"><b>x</b><!--c--><?i j?></a>'), ['start', 'end', 'start-ns', 'end-ns', 'comment', 'pi']):
    print(event, e if isinstance(e, tuple) or e is None else (e.tag if isinstance(e.tag, str) else e.tag.__name__, e.text))
pull = ET.XMLPullParser(['end'])
pull.feed('<a><b/>')
print([(k, e.tag) for k, e in pull.read_events()])
pull.feed('</a>')
pull.close()
print([(k, e.tag) for k, e in pull.read_events()])

builder = ET.TreeBuilder(insert_comments=True, insert_pis=True, comment_factory=lambda t: ET.Element('comment', text=t))
builder.start('a', {})
builder.data('x')
builder.data('y')
builder.comment('hm')
builder.data('z')
builder.start('b', {'k': 'v'})
builder.end('b')
builder.end('a')
print(ET.tostring(builder.close()))

shared = ET.Element('shared')


def grow(n):
    for i in range(300):
        e = ET.SubElement(shared, f't{n}', i=str(i))
        e.text = str(i)
        shared.set(f'k{n}', str(i))
        list(shared.iter(f't{n}'))[-1:]


threads = [threading.Thread(target=grow, args=(n,)) for n in range(3)]
[t.start() for t in threads]
[t.join() for t in threads]
print(len(shared), sorted(shared.attrib.items()), sum(1 for _ in shared.itertext()))
