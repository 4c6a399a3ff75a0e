import math
print(math.pi, math.e, math.tau, math.inf, math.nan)
for f in 'acos asin atan cos sin tan cosh sinh tanh asinh atanh cbrt erf erfc exp exp2 expm1 gamma log1p sqrt fabs degrees radians ulp isfinite isnan'.split():
    print(f, format(getattr(math, f)(0.5), '.12g'))
print(math.floor(2.7), math.ceil(2.1), math.trunc(-2.7), math.floor(10**20), math.floor(1e20), math.trunc(True))
print(math.gcd(12, 18), math.gcd(), math.gcd(-4), math.gcd(2**70, 2**65 * 3, 6), math.lcm(4, 6), math.lcm(), math.lcm(0, 5))
print(math.factorial(20), math.factorial(25), math.comb(10, 3), math.comb(100, 50), math.perm(5), math.perm(10, 3), math.comb(3, 5), math.perm(3, 5))
print(math.isqrt(17), math.isqrt(10**40), math.prod([1, 2, 3.0]), math.prod([], start=7), math.fsum([.1] * 10), math.sumprod([1, 2], [3, 4]), math.sumprod([1.5, 2], [2, 3]))
print(math.hypot(3, 4), math.hypot(), math.dist((1, 2), (4, 6)), math.copysign(1, -0.0), math.fmod(-7, 3), math.remainder(7, 4), math.pow(2, 10), math.atan2(1, 1))
print(math.modf(2.5), math.frexp(8), math.ldexp(0.5, 4), math.log(8, 2), math.log(10**400), math.log2(2**2000), math.log10(1000), math.nextafter(1, 2), math.nextafter(1, 2, steps=3))
print(math.isclose(1, 1 + 1e-10), math.isclose(1, 1.1, rel_tol=0.2), math.isclose(0, 1e-3, abs_tol=0.01), math.fma(2, 3, 4))
for e in ['math.factorial(-1)','math.factorial(1.5)','math.comb(-1,2)','math.comb(2,-1)','math.isqrt(-1)','math.floor("a")','math.sqrt("a")','math.sqrt(-1)','math.log(0)','math.log(-5,2)','math.log(0.0)','math.log(-1.5)','math.factorial(10**30)','math.sumprod([1],[1,2])','math.dist([1],[1,2])','math.isclose(1,2,rel_tol=-1)','math.gcd(1.5)','math.ldexp(1,2.5)','math.nextafter(1,2,steps=-1)','math.trunc("a")','math.log()','math.fsum([1e308,1e308])','math.comb(10**30,10**30)','math.atan2(1)','math.pow(0,-1)','math.ceil(float("nan"))','math.sqrt(10**400)','math.exp(1000)','math.log1p(-1)','math.fma(1e308,10,0)','math.fmod(1,0)','math.log(1,1)','math.perm(5,-1)','math.ldexp(1, 10**30)','math.floor(math.inf)','math.acos(2)','math.gamma(-1)', 'math.log2(-1)']:
    try: print(e, eval(e))
    except Exception as x: print(e, type(x).__name__, x)
class F:
    def __float__(self): return 4.0
class I:
    def __index__(self): return 9
print(math.sqrt(F()), math.sqrt(I()), math.isqrt(I()), math.floor(F()))
