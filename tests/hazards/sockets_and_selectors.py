# Sockets closed while others wait on them, selectors changed while they poll.
from race import *
import socket, selectors, select
def make():
    a, b = socket.socketpair()
    a.settimeout(0.02); b.settimeout(0.02)
    return a, b, selectors.DefaultSelector()
def talk(o, k):
    for _ in range(20): o[0].send(b"x"); o[1].recv(10)
def close(o, k):
    o[0].close(); o[1].close()
def choose(o, k):
    for _ in range(5):
        o[2].register(o[1], selectors.EVENT_READ); o[2].select(0); o[2].unregister(o[1])
def after(o, results):
    o[0].close(); o[1].close(); o[2].close()
rounds(30, make, talk, talk, choose, close, after=after, allow=(OSError, ValueError, KeyError, RuntimeError))
