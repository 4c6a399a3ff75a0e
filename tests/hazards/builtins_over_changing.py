# sum, any, all, sorted, min, max, zip, bytes(), set(), dict(), tuple() over lists that change.
from race import *
nums = list(range(50))
pairs = [(i, i) for i in range(50)]
def reduce(k):
    check(sum(nums) >= 0); any(nums); all(nums); sorted(nums); max(nums, default=0); min(nums, default=0)
    check(all(a == b for a, b in dict(pairs).items()), "torn pair")
    bytes(nums); bytearray(nums); set(nums); tuple(zip(nums, pairs)); frozenset(nums); "%s" % nums; str(pairs); list(map(str, nums))
def change(k):
    nums.append(5); pairs.append((k, k))
    if len(nums) > 100: del nums[50:]
    if len(pairs) > 100: del pairs[50:]
def clear(k):
    nums.clear(); nums.extend(range(50)); pairs[:] = [(i, i) for i in range(50)]
race(reduce, change, reduce, clear, reduce, change, allow=())
