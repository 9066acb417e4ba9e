"""A scheduler and executors for the scripts beside this one."""

import subprocess


def start(program, *words):
    """The process, which ends when its standard input is closed, and the address that it serves."""
    child = subprocess.Popen([program, *words, "--with-stdin", "--quiet"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return child, child.stdout.readline().strip()


def end(children):
    for child in children:
        child.stdin.close()
        child.wait()
