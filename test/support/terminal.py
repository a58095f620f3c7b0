"""Runs a command on a terminal of its own: terminal.py ROWS COLUMNS COMMAND [ARGUMENT...]

Copies what the command writes to the terminal to standard output, and obeys lines of JSON on standard input:
{"keys": "text typed at the keyboard"} and {"size": [rows, columns]}. Ends with the command, with its exit code (128 and the
signal's number where a signal ended it). The end of standard input hangs the terminal up.
"""
import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios


def resize(terminal, rows, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def start(command, rows, columns):
    """The command as the leader of a session whose terminal it has from its first instruction on."""
    terminal, slave = pty.openpty()
    resize(slave, rows, columns)
    child = os.fork()
    if child == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for descriptor in (0, 1, 2):
            os.dup2(slave, descriptor)
        os.closerange(3, 256)
        try:
            os.execvp(command[0], command)
        finally:
            os._exit(127)
    os.close(slave)
    return child, terminal


def read(descriptor):
    try:
        return os.read(descriptor, 65536)
    except OSError:  # EIO: nobody has the terminal open any more
        return b""


def write(descriptor, data):
    while data:
        data = data[os.write(descriptor, data):]


def obey(terminal, line):
    request = json.loads(line)
    if "size" in request:
        resize(terminal, *request["size"])
    write(terminal, request.get("keys", "").encode())


def attend(terminal):
    pending = b""
    while True:
        ready, _, _ = select.select([terminal, 0], [], [])
        if terminal in ready:
            output = read(terminal)
            if not output:
                return
            write(1, output)
        if 0 in ready:
            requests = read(0)
            if not requests:
                return
            *lines, pending = (pending + requests).split(b"\n")
            for line in lines:
                obey(terminal, line)


def main():
    rows, columns, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    child, terminal = start(command, rows, columns)
    try:
        attend(terminal)
    finally:
        os.close(terminal)
    _, status = os.waitpid(child, 0)
    sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))


signal.signal(signal.SIGPIPE, signal.SIG_DFL)
main()
