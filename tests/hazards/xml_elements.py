# An XML tree changed, searched and printed by all threads.
from race import *
import xml.etree.ElementTree as ET
root = ET.fromstring("<r>" + "<a x='1'><b/></a>" * 20 + "</r>")
def read(k):
    for e in root.iter(): check(e.tag in ("r", "a", "b", "c"), "foreign", e.tag)
    root.findall(".//b"), len(root), root.find("a"), ET.tostring(root), list(root)
def change(k):
    e = ET.SubElement(root, "c"); e.set("y", "2"); e.text = "t"; root.remove(e)
def attributes(k):
    for e in list(root): e.attrib["x"] = "1"; e.get("x"); e.text = str(k); e.tail = None
def cut(k):
    if len(root) > 10: del root[10:]
    root.insert(0, ET.Element("a")); root.append(ET.Element("b")); root[0:2] = [ET.Element("a")]
    if k == 3 and len(root) > 50: root.clear()
race(read, change, attributes, cut, allow=(ValueError, RuntimeError, IndexError, KeyError))
