"""Executable plugins that tests put into a host's plugin folder."""

import os
from pathlib import Path

from harness.wait import wait_until

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

ECHO = """#!/usr/bin/env python3
import json
from msw import receive_queue, send_queue
for d in receive_queue:
    if d.method != "reply":
        a = d.reply(d.body)
        if "stamps" in d.head:
            a = d.reply(json.dumps(d.head))
        send_queue.put(a)
"""

# Writes the time of each start beside itself, and fails.
CRASH = """#!/usr/bin/env python3
import sys, time
with open(__file__ + ".starts", "a") as f:
    print(time.monotonic(), file=f)
print("about to fail", file=sys.stderr)
sys.exit(3)
"""

# Fails at its first start and works from then on.
CRASH_ONCE = """#!/usr/bin/env python3
import os, sys
if not os.path.exists(__file__ + ".failed"):
    open(__file__ + ".failed", "w").close()
    os.abort()
from msw import receive_queue, send_queue
for d in receive_queue:
    if d.method != "reply":
        send_queue.put(d.reply("second life"))
"""

# Never reads.
DEAF = """#!/bin/sh
exec tail -f /dev/null
"""

# Ignores the end of stdin and SIGTERM, and has a child that does so too.
STUBBORN = """#!/bin/sh
trap '' TERM
(exec 0</dev/null; exec tail -f /dev/null) &
echo $! > "$0.child"
echo $$ > "$0.self"
wait
"""

# Claims to be somebody else in what it sends to the app named by the body of what it gets.
FORGER = """#!/usr/bin/env python3
from msw import Datapack, receive_queue, send_queue
for d in receive_queue:
    if d.method != "reply":
        send_queue.put(Datapack("post", d.text, {"id": "elsewhere", "from": "shell", "by": "uid:0"}, "forged"))
"""

# Tells name, size and digest of the files it gets.
FILES = """#!/usr/bin/env python3
import hashlib, os
from msw import receive_queue, send_queue
for d in receive_queue:
    if d.method == "file":
        name, digest = d.head["filename"], hashlib.sha256()
        with open(name, "rb") as f:
            while piece := f.read(1 << 20):
                digest.update(piece)
        send_queue.put(d.reply(f"{d.head['size']} {os.path.getsize(name)} {digest.hexdigest()}"))
"""

# Asks for more memory than its process may have.
GLUTTON = """#!/usr/bin/env python3
import resource
resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20))
from msw import receive_queue, send_queue
for d in receive_queue:
    if d.text == "eat":
        bytearray(1 << 30)
    if d.method != "reply":
        send_queue.put(d.reply("well"))
"""

# Says what no Datapack begins with.
GARBAGE = """#!/bin/sh
echo "Hello, I am a plugin!"
exec cat
"""

# Sends to the app in the body of what it gets, without end.
FLOOD = """#!/usr/bin/env python3
from msw import Datapack, receive_queue, send_queue
for d in receive_queue:
    if d.method != "reply":
        while True:
            send_queue.put(Datapack("post", d.text, {}, bytes(10_000)))
"""

# Takes nothing before let_go(), then all; and writes the `number` of each to FILE.took.
SLOW = """#!/usr/bin/env python3
import os
from msw import receive_queue, send_queue
gate = __file__ + ".gate"
if not os.path.exists(gate):
    os.mkfifo(gate)
open(gate).close()  # until somebody opens the other end
for d in receive_queue:
    with open(__file__ + ".took", "a") as f:
        print(d.head.get("number", "?"), file=f)
    if d.method == "get":
        send_queue.put(d.reply(d.body))
"""


def let_go(slow: Path) -> None:
    """Let the plugin SLOW in that file begin."""
    # Without somebody who reads there it can't be opened.
    os.close(wait_until(lambda: os.open(f"{slow}.gate", os.O_WRONLY | os.O_NONBLOCK), what=f"{slow} is there"))

