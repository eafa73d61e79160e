# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs in the example: a database in the guest of a virtual machine, and a front end in pods.

The database is a program of Python's standard library with SQLite, which cloud-init writes and systemd runs, so that
neither the guest nor the pods fetch anything. It keeps a number, which each visit raises by one:
``POST /visits`` -> the number; ``GET /ready`` -> ``ready``. The front end is busybox's httpd with two CGI programs: the
page at ``/``, and ``/cgi-bin/ready``, which succeeds only while the database answers.
"""

from __future__ import annotations

import json
from typing import Any

#: Port of the database in the guest, and of the front end in pods.
DATABASE_PORT, FRONT_PORT = 5000, 8080
#: On the guest: the program, its unit and its directory, which is on the disk of the virtual machine.
PROGRAM_FILE, UNIT = "/usr/local/lib/example-database.py", "example-database.service"
DIRECTORY = "/var/lib/example-database"

#: Arguments: the port, and the file of SQLite. A visit is answered when it is on the disk (synchronous, FULL).
PROGRAM = """import sqlite3, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

database = sqlite3.connect(sys.argv[2])
database.execute("PRAGMA synchronous = FULL")
database.execute("CREATE TABLE IF NOT EXISTS visits (number INTEGER PRIMARY KEY AUTOINCREMENT)")
database.commit()

class Database(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer("ready" if self.path == "/ready" else None)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.answer(self.visit() if self.path == "/visits" else None)

    def visit(self):
        with database:
            return str(database.execute("INSERT INTO visits DEFAULT VALUES").lastrowid)

    def answer(self, text):
        body = ((text or "there is no such thing") + "\\n").encode()
        self.send_response(200 if text else 404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

HTTPServer(("", int(sys.argv[1])), Database).serve_forever()
"""
_UNIT = f"""[Unit]
Description=Database of the example
After=network.target
[Service]
ExecStart=/usr/bin/python3 {PROGRAM_FILE} {DATABASE_PORT} {DIRECTORY}/visits.sqlite
DynamicUser=yes
StateDirectory=example-database
Restart=always
[Install]
WantedBy=multi-user.target
"""

#: Each ends with an error where the database gives no answer; by `timeout`, as in the proofs of virtual machines.
_ASK = f'timeout 10 wget -q -O - "$@" "http://$DATABASE:{DATABASE_PORT}$path"'
READY = f"""#!/bin/sh
path=/ready
said=$({_ASK}) || said=
[ "$said" = ready ] && status="200 OK" || status="503 Service Unavailable"
printf 'Status: %s\\r\\nContent-Type: text/plain\\r\\n\\r\\n%s\\n' "$status" "${{said:-the database does not answer}}"
"""
PAGE = f"""#!/bin/sh
set -- --post-data ""
path=/visits
if number=$({_ASK}); then
  printf 'Content-Type: text/plain\\r\\n\\r\\nvisit %s, by the pod %s on %s\\n' "$number" "$POD" "$NODE"
else
  printf 'Status: 503 Service Unavailable\\r\\nContent-Type: text/plain\\r\\n\\r\\nthe database does not answer\\n'
fi
"""
#: The command of a pod of the front end.
SERVE = f"""set -e
mkdir -p /tmp/www/cgi-bin
printf '%s' "$PAGE" > /tmp/www/cgi-bin/index.cgi
printf '%s' "$READY" > /tmp/www/cgi-bin/ready
chmod 755 /tmp/www/cgi-bin/index.cgi /tmp/www/cgi-bin/ready
exec httpd -f -p {FRONT_PORT} -h /tmp/www"""


def user_data() -> str:
    """The configuration of cloud-init, which is JSON and so YAML."""
    files: list[dict[str, Any]] = [
        {"path": PROGRAM_FILE, "content": PROGRAM, "permissions": "0644"},
        {"path": f"/etc/systemd/system/{UNIT}", "content": _UNIT, "permissions": "0644"},
    ]
    commands = [["systemctl", "daemon-reload"], ["systemctl", "enable", "--now", UNIT]]
    return "#cloud-config\n" + json.dumps({"write_files": files, "runcmd": commands}) + "\n"
