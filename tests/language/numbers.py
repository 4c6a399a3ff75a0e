print(2**100, -7 // 2, -7 % 3, 7 // -2, 7 % -3, divmod(-7, 2), 1e300 * 1e10, -0.0, 0.1 + 0.2, 1/3)
print((1 << 70) >> 65, ~5, 5 & 3, 5 | 3, 5 ^ 3, 10**20 // 3, 10**20 % 7, (10**30) // (10**10))
print(281474976710655 + 1, -281474976710656 - 1, 281474976710655 * 2, 3 * -281474976710656)
print(round(2.5), round(3.5), round(2.675, 2), abs(-3), pow(3, 5, 7), int("ff", 16), int(" -12 "), float("1e3"))
print(True + True, True & False, bool(0.0), int(3.99), complex(1, 2) * complex(3, 4), (3 + 4j).__abs__())
for f in (lambda: 1 / 0, lambda: 1 % 0, lambda: 1.0 / 0, lambda: 1 << -1, lambda: int("x"), lambda: "a" + 1, lambda: 1 + "a", lambda: [] < 1, lambda: -"x"):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)
print(1 == 1.0, hash(1) == hash(1.0), 2**53 == float(2**53), 2**53 + 1 == float(2**53 + 1), 10**400 > 1e308)
print(f"{3.14159:.2f} {42:05d} {255:x} {1e10:g} {12345678:,} {0.5:%}")
print([i for i in range(10, 0, -3)], sum(range(1000)), max(3, 1, 2), min([4, 2, 8]), sorted([3, 1, 2], reverse=True))
