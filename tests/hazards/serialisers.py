# json, pickle, marshal, copy, repr, pprint over containers that change.
from race import *
import json, pickle, marshal, copy, pprint, csv, io
data = {"list": list(range(20)), "dict": {str(i): i for i in range(20)}}
def write(k):
    d = json.loads(json.dumps(data)); check(all(str(v) == n for n, v in d["dict"].items()), "torn json")
def pickled(k):
    d = pickle.loads(pickle.dumps(data)); check(all(str(v) == n for n, v in d["dict"].items()), "torn pickle")
    d = marshal.loads(marshal.dumps(data)); check(all(str(v) == n for n, v in d["dict"].items()), "torn marshal")
def copied(k):
    d = copy.deepcopy(data); check(all(str(v) == n for n, v in d["dict"].items()), "torn copy")
    repr(data), pprint.pformat(data); csv.writer(io.StringIO()).writerow(data["list"])
def change(k):
    for i in range(20, 40): data["dict"][str(i)] = i; data["list"].append(i)
    for i in range(20, 40): data["dict"].pop(str(i), None)
    del data["list"][20:]
race(write, pickled, copied, change, allow=(RuntimeError,))
