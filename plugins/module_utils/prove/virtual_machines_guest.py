# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs in the guest of a proof, and what pods ask it.

cloud-init starts a program in the guest at each boot (its module bootcmd), so the guest needs cloud-init and the Python
that cloud-init itself needs, and nothing of the network. Pods need the applets of busybox only. Tests run the program
and the scripts on the host of the tests, which is no virtual machine.
"""

from __future__ import annotations

import json

from . import workloads

PORT, CLOSED_PORT = workloads.PORT, workloads.CLOSED_PORT
BYTES = workloads.BYTES
#: Seconds between two numbers of a stream.
BEAT = 0.2
#: The word with which the guest says on its console that it is up, before the word of the run.
SAYS = "groundup-proof"

#: The program: ports, the file that it writes and the word of the run are its arguments. It listens before the guest
#: has an address. A stream is a number in a line each BEAT seconds, until somebody gets /finish; its end is `end`.
PROGRAM = f"""import os, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
open_port, closed_port, mark, word = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
finish = threading.Event()
class Guest(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass
    def do_GET(self):
        verb, _, what = self.path.strip("/").partition("/")
        if verb not in ("word", "data", "boot", "read", "write", "stream", "finish"):
            return self.send_error(404)
        self.send_response(200)
        self.end_headers()
        getattr(self, "get_" + verb)(what)
    def say(self, text):
        self.wfile.write(text.encode())
        self.wfile.flush()
    def get_word(self, _):
        self.say(word)
    def get_data(self, _):
        line = word.encode() + b"\\n"
        self.wfile.write((line * ({BYTES} // len(line) + 1))[:{BYTES}])
    def get_boot(self, _):
        self.say(open("/proc/sys/kernel/random/boot_id").read().strip())
    def get_read(self, _):
        self.say(open(mark).read() if os.path.exists(mark) else "nothing")
    def get_write(self, what):
        with open(mark, "w") as file:
            file.write(what)
            file.flush()
            os.fsync(file.fileno())
        os.sync()
        self.get_read(what)
    def get_stream(self, _):
        finish.clear()
        number = 0
        while not finish.is_set():
            self.say("%d\\n" % number)
            number += 1
            finish.wait({BEAT})
        self.say("end\\n")
    def get_finish(self, _):
        finish.set()
        self.say("good")
ThreadingHTTPServer.daemon_threads = True
servers = [ThreadingHTTPServer(("", port), Guest) for port in (open_port, closed_port)]
for server in servers[1:]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
try:
    with open("/dev/console", "w") as console:
        console.write("\\n{SAYS} %s\\n" % word)
except OSError:
    pass
servers[0].serve_forever()
"""

#: The file that the guest writes, on its root disk.
MARK = "/var/lib/groundup-proof"


def user_data(word: str) -> str:
    """The configuration of cloud-init, which is JSON and so YAML. The program goes on when cloud-init has ended."""
    start = 'setsid python3 -c "$0" "$@" > /dev/null 2>&1 < /dev/null &'
    command = ["sh", "-c", start, PROGRAM, str(PORT), str(CLOSED_PORT), MARK, word]
    return "#cloud-config\n" + json.dumps({"bootcmd": [command]}) + "\n"


_UP = 'up() { read -r up rest < /proc/uptime; echo "${up%%.*}"; }\nend=$(($(up) + PATIENCE))\n'
# By `timeout`: the wget of Debian 12's static busybox crashes when it is given -T.
_ASK = f'ask() {{ timeout 20 wget -q -O - "http://$AT:{PORT}/$1" 2> /tmp/why; }}\n'
#: A pod that asks until the guest answers. Its lines: what is on the guest's disk, and which boot it is.
LOOK = f"""{_UP}{_ASK}until said=$(ask word) && [ "$said" = "$WORD" ]; do
  [ "$(up)" -lt "$end" ] || {{ echo "$AT answers: ${{said:-nothing ($(cat /tmp/why))}}"; exit 1; }}
  sleep 2
done
[ -z "$WRITE" ] || ask "write/$WRITE" > /dev/null || {{ echo "$AT did not write"; exit 1; }}
read=$(ask read) && boot=$(ask boot) || {{ echo "$AT stopped answering"; exit 1; }}
ask data > /tmp/got && yes "$WORD" | head -c {BYTES} | cmp -s - /tmp/got || {{ echo "$AT gave wrong data"; exit 1; }}
[ -z "$FINISH" ] || ask finish > /dev/null || {{ echo "$AT stopped answering"; exit 1; }}
echo "$read"
echo "$boot\""""
#: A pod that tries the other port until it is as it has to be: `open`, or `closed` while the first one stays open.
TRY = f"""{_UP}{_ASK}
reach() {{ timeout 5 wget -q -O /dev/null "http://$AT:{CLOSED_PORT}/word" 2> /tmp/why; }}
state() {{ if reach; then echo open; else echo closed; fi; }}
until found=$(state); [ "$found" = "$WANTED" ] && [ "$(ask word)" = "$WORD" ]; do
  [ "$(up)" -lt "$end" ] || {{ echo "port {CLOSED_PORT} is $found, port {PORT} says: $(ask word)"; exit 1; }}
  sleep 2
done
echo "$found\""""
#: A pod that keeps one connection. Its log has `begun` at once, by the descriptor 3, and it says at the end how many
#: numbers came, and the longest pause in seconds.
STREAM = f"""timeout "$((PATIENCE * 8))" wget -q -O - "http://$AT:{PORT}/stream" | awk '
  {{ now = systime(); if (NR > 1 && now - last > pause) pause = now - last; last = now }}
  NR == 1 {{ print "begun" | "cat >&3"; close("cat >&3") }}
  $1 == "end" {{ ended = 1; exit }}
  $1 != NR - 1 {{ print "after " NR - 1 " numbers came " $1; wrong = 1; exit }}
  END {{ if (wrong) exit 1
    if (!ended) {{ print "the connection was cut after " NR " numbers"; exit 1 }}
    print NR - 1 " " pause + 0 }}'"""
