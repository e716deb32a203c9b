#!/usr/bin/env python3
"""Answers a greeting. Copy it, executable, into a plugin folder of mswd, then: mswctl call hello:you"""

from msw import receive_queue, send_queue

for asked in receive_queue:
    if asked.method != "reply":
        send_queue.put(asked.reply("hello, " + asked.text))
