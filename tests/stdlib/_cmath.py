# cmath and _statistics.
import cmath
import _statistics


def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__name__, str(e)


def shown(v):
    if isinstance(v, complex):
        return f"{v:.13g}"
    return f"{v:.13g}" if isinstance(v, float) else v


inf, nan = cmath.inf, cmath.nan
points = [0, 1, -1, 1j, -1j, 1 + 2j, -0.5 - 0.25j, 3.5, -2.25, complex(inf, 1), complex(-inf, nan), complex(nan, 0), complex(0, -inf), 1e-300j, True, complex(-0.0, -0.0), 710, 800j, 1e308 * 1j]
for name in "acos acosh asin asinh atan atanh cos cosh exp log log10 phase polar sin sinh sqrt tan tanh isfinite isinf isnan".split():
    f = getattr(cmath, name)
    print(name, [shown(attempt(f, z)) for z in points])
print([attempt(cmath.log, z, b) for z in (1, 2j, 0) for b in (2, 1, 10, 0, 1j)])
print([attempt(cmath.rect, r, p) for r in (0, 1, -2, inf, nan) for p in (0, 1, -3, inf, nan)])
print(cmath.isclose(1, 1 + 1e-10j), cmath.isclose(1, 1.1), cmath.isclose(1, 1.1, rel_tol=0.2), cmath.isclose(0, 1e-12j, abs_tol=1e-10), cmath.isclose(inf, inf), cmath.isclose(nan, nan), attempt(cmath.isclose, 1, 1, rel_tol=-1))
print(cmath.pi, cmath.e, cmath.tau, cmath.inf, cmath.nan, cmath.infj, cmath.nanj)


class C:
    def __complex__(self):
        return 1 + 1j


class F:
    def __float__(self):
        return 4.0


class Bad:
    def __complex__(self):
        return 1


print(cmath.sqrt(C()), cmath.sqrt(F()), attempt(cmath.sqrt, Bad()), attempt(cmath.sqrt, "x"), attempt(cmath.rect, 1j, 1), attempt(cmath.sqrt, 10**400))
for p in (1e-300, 0.001, 0.1, 0.3, 0.5, 0.6, 0.9, 0.999, 1 - 1e-16):
    print(p, _statistics._normal_dist_inv_cdf(p, 0.0, 1.0), _statistics._normal_dist_inv_cdf(p, 10, 2.5))
for a in ((0, 0, 1), (1, 0, 1), (0.5, 0, 0), (0.5, 0, -1), ("x", 0, 1)):
    print(a, attempt(_statistics._normal_dist_inv_cdf, *a))
