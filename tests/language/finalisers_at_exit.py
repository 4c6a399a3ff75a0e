"""What lives in namespaces at the end is finalised, cycles included; what __del__ needs is still there."""
import sys


class Last:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        sys.stdout.write(f"finalised {self.name}\n")
        sys.stdout.flush()


class Quiet:
    pass


ring = [Last("ring")]
ring.append(ring)
q = Quiet()
q.me = q
print("end")
