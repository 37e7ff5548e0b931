#!/usr/bin/env python3
"""A check of one's own: passing (0) when the port answers, critical (2) otherwise. What it prints is the check's output."""
import os
import socket
import sys

place = (os.environ.get("REDIS_HOST", "127.0.0.1"), 8000)
try:
    socket.create_connection(place, timeout=1).close()
except OSError as error:
    print(f"redis at {place[0]}:{place[1]}: {error.strerror}")
    sys.exit(2)
print(f"redis at {place[0]}:{place[1]} answers")
