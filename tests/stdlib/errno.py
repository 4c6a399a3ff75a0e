import errno
for n in sorted(dir(errno)):
    if n[0] == 'E':
        v = getattr(errno, n); print(n, v, errno.errorcode.get(v))
print(len(errno.errorcode))
