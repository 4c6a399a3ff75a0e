# TLS over sockets and over memory: contexts, certificates and names checked, protocols, sessions, errors.
import asyncio
import os
import socket
import ssl
import tempfile
import threading

# A key and a certificate for this test alone.
KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgJ0qYRc4M1i6UE71C
ydVgNGxisWfuUbpBr5JFPh5EckehRANCAATkd7B6NE7PatPjU8uetS8Q78cpGx05
QO2nl7urNwsBNnaEF9Zq6L8Gs/XWcXOQv7rGLD8ZEFCdkgwV25RAwjxy
-----END PRIVATE KEY-----
"""
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIB6TCCAY+gAwIBAgIUAtmFxkZNIOWhj4+F1ZP4iVOus78wCgYIKoZIzj0EAwIw
MzELMAkGA1UEBhMCWFkxEDAOBgNVBAoMB0V4YW1wbGUxEjAQBgNVBAMMCWxvY2Fs
aG9zdDAgFw0yNjExMjExMTExMjVaGA8yMTI2MTAyODExMTEyNVowMzELMAkGA1UE
BhMCWFkxEDAOBgNVBAoMB0V4YW1wbGUxEjAQBgNVBAMMCWxvY2FsaG9zdDBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABOR3sHo0Ts9q0+NTy561LxDvxykbHTlA7aeX
u6s3CwE2doQX1mrovwaz9dZxc5C/usYsPxkQUJ2SDBXblEDCPHKjfzB9MB0GA1Ud
DgQWBBRaoHXG5P9s0XCeRYX+lPkcz6SICjAfBgNVHSMEGDAWgBRaoHXG5P9s0XCe
RYX+lPkcz6SICjAPBgNVHRMBAf8EBTADAQH/MCoGA1UdEQQjMCGCCWxvY2FsaG9z
dIIOKi5leGFtcGxlLnRlc3SHBH8AAAEwCgYIKoZIzj0EAwIDSAAwRQIhAL8l3w4e
Sck7nJ+41j/GoGM4bKoKIcgA27jlJk8dnmEbAiBHT13oKDov+LjskOajS+OX3uP8
TLMbgk0tbHAGRJS5OQ==
-----END CERTIFICATE-----
"""


def files():
    folder = tempfile.mkdtemp()
    name = os.path.join(folder, 'both.pem')
    with open(name, 'w') as f:
        f.write(KEY + CERTIFICATE)
    return folder, name


def server_context(name, **options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(name)
    context.set_alpn_protocols(['h2', 'http/1.1'])
    for k, v in options.items():
        setattr(context, k, v)
    return context


def shown(e):
    if isinstance(e, ssl.SSLCertVerificationError):
        return type(e).__name__, e.reason, e.verify_code, e.verify_message
    return type(e).__name__, getattr(e, 'reason', None)


def connect(what, client, server, host, session=None):
    listener = socket.create_server(('127.0.0.1', 0))
    seen = []

    def serve():
        raw, _ = listener.accept()
        try:
            with server.wrap_socket(raw, server_side=True) as s:
                seen.append(s.version())
                data = s.recv(100)
                s.sendall(data.upper())
                s.unwrap().close()
        except OSError:
            seen.append('failed')
    thread = threading.Thread(target=serve)
    thread.start()
    result = None
    try:
        with client.wrap_socket(socket.create_connection(listener.getsockname()), server_hostname=host, session=session) as s:
            s.sendall(b'hello')
            print(what, s.recv(100), s.version(), s.cipher()[1:], s.selected_alpn_protocol(), s.session_reused, s.server_hostname)
            result = s.getpeercert(), s.session
            s.unwrap().close()
    except OSError as e:
        print(what, *shown(e))
    thread.join()
    listener.close()
    print(' server', seen)
    return result


def sockets(name):
    client = ssl.create_default_context(cafile=name)
    client.set_alpn_protocols(['http/1.1'])
    server = server_context(name)
    certificate, session = connect('TLS 1.3', client, server, 'localhost')
    for k, v in certificate.items():
        print(' ', k, v if k not in ('serialNumber', 'notBefore', 'notAfter') else type(v))
    connect('again', client, server, 'localhost', session)
    connect('wildcard', client, server, 'a.example.test')
    connect('address', client, server, '127.0.0.1')
    connect('wrong name', client, server, 'example.org')
    connect('wrong address', client, server, '127.0.0.2')
    connect('not trusted', ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), server, 'localhost')
    careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    careless.check_hostname = False
    careless.verify_mode = ssl.CERT_NONE
    certificate, _ = connect('not checked', careless, server, 'example.org')
    print(certificate)
    old = ssl.create_default_context(cafile=name)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    connect('TLS 1.2', old, server, 'localhost')
    connect('no version in common', old, server_context(name, minimum_version=ssl.TLSVersion.TLSv1_3), 'localhost')
    picky = server_context(name, verify_mode=ssl.CERT_REQUIRED)
    picky.load_verify_locations(name)
    old.load_cert_chain(name)
    connect('client certificate', old, picky, 'localhost')
    names = []
    server.sni_callback = lambda s, host, context: names.append((type(s).__name__, host, context is server))
    connect('name asked for', client, server, 'localhost')
    print(names)


def memory(name):
    client, server = ssl.create_default_context(cafile=name), server_context(name)
    c_in, c_out, s_in, s_out = (ssl.MemoryBIO() for _ in range(4))
    c = client.wrap_bio(c_in, c_out, server_hostname='localhost')
    s = server.wrap_bio(s_in, s_out, server_side=True)
    rounds = 0
    done = set()
    while len(done) < 2:
        for side in (c, s):
            try:
                side.do_handshake()
                done.add(side)
            except ssl.SSLWantReadError:
                pass
        s_in.write(c_out.read())
        c_in.write(s_out.read())
        rounds += 1
    print(rounds < 6, c.version(), s.version(), c.server_side, s.server_side)
    try:
        s.read(10)
    except ssl.SSLWantReadError as e:
        print(e.errno == ssl.SSL_ERROR_WANT_READ, str(e).startswith('The operation did not complete (read)'))
    big = bytes(range(256)) * 400
    print(c.write(big), len(c_out.read(0)), c_out.pending > len(big))
    s_in.write(c_out.read())
    got = b''
    while len(got) < len(big):
        got += s.read(len(big))
    print(got == big)
    room = bytearray(5)
    s.write(b'answer')
    c_in.write(s_out.read())
    print(c.read(5, room), room, c.pending(), c.read(10))
    s_in.write_eof()
    try:
        print(s.read(1))
    except ssl.SSLEOFError as e:
        print('eof', e.errno == ssl.SSL_ERROR_EOF)
    print(s_in.eof, c_in.pending)


async def streams(name):
    async def handle(reader, writer):
        writer.write((await reader.read(5)) * 20000)
        await writer.drain()
        writer.close()
    async with await asyncio.start_server(handle, '127.0.0.1', 0, ssl=server_context(name)) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname(), ssl=ssl.create_default_context(cafile=name), server_hostname='localhost')
        writer.write(b'12345')
        data = await reader.read()
        print(len(data), writer.get_extra_info('cipher')[1], writer.get_extra_info('peercert')['version'])
        writer.close()
        await writer.wait_closed()


def errors(name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for f in (lambda: context.load_verify_locations(), lambda: context.load_verify_locations('/nonexistent'), lambda: context.load_verify_locations(cadata='x'),
              lambda: context.load_verify_locations(cadata=b'x'), lambda: context.load_cert_chain('/nonexistent'), lambda: context.set_ciphers('nothing'),
              lambda: setattr(context, 'verify_mode', ssl.CERT_NONE), lambda: context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO()),
              lambda: context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True), lambda: ssl.SSLSocket()):
        try:
            f()
        except (OSError, ValueError, TypeError) as e:
            print(type(e).__name__, str(e).partition(' (_ssl')[0])
    print(len(ssl.RAND_bytes(16)), ssl.Purpose.SERVER_AUTH.shortname, ssl.cert_time_to_seconds('Jan  5 09:34:43 2018 GMT'))
    print(ssl.PEM_cert_to_DER_cert(CERTIFICATE)[:2], ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(CERTIFICATE)) == CERTIFICATE)
    print(context.check_hostname, context.verify_mode, context.cert_store_stats())


folder, name = files()
try:
    sockets(name)
    memory(name)
    asyncio.run(streams(name))
    errors(name)
finally:
    os.unlink(name)
    os.rmdir(folder)
