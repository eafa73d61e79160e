# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that uses a bucket by TLS as :mod:`.bucket_pod` does without, and verifies the certificate by a CA.

Busybox does not verify certificates, so this is for Python, which Ceph's image has. It is given by the environment, as
the key and the CA are, and uses the standard library only. Requests are signed as there.
"""

from __future__ import annotations

from .bucket_pod import BEYOND, BYTES

#: How the pod starts it.
SCRIPT = 'python3 -c "$PROGRAM"'
#: Memory of the pod.
MEMORY = {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}}
PROGRAM = f"""
import hashlib, hmac, http.client, os, ssl, sys, time
env = os.environ
HOST, PORT, AT = env["BUCKET_HOST"], int(env["BUCKET_PORT"]), "/" + env["BUCKET_NAME"] + "/proof"
TRUSTED = ssl.create_default_context(cadata=env["CA"])
NAME = HOST if PORT == 443 else HOST + ":" + str(PORT)

def failed(*words):
    print(": ".join(map(str, words)))
    sys.exit(1)

def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()

def signed(method, digest, now):
    names, scope = "host;x-amz-content-sha256;x-amz-date", now[:8] + "/us-east-1/s3/aws4_request"
    request = chr(10).join([method, AT, "", "host:" + NAME, "x-amz-content-sha256:" + digest, "x-amz-date:" + now, "",
                            names, digest])
    wanted = chr(10).join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = ("AWS4" + env["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in scope.split("/"):
        key = mac(key, part)
    return ("AWS4-HMAC-SHA256 Credential=" + env["AWS_ACCESS_KEY_ID"] + "/" + scope + ", SignedHeaders=" + names +
            ", Signature=" + mac(key, wanted).hex())

def send(method, body=b"", sign=True):
    now, digest = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()), hashlib.sha256(body).hexdigest()
    headers = dict([("Host", NAME), ("x-amz-content-sha256", digest), ("x-amz-date", now)])
    if sign:
        headers["Authorization"] = signed(method, digest, now)
    connection = http.client.HTTPSConnection(HOST, PORT, context=TRUSTED, timeout=30)
    try:
        connection.request(method, AT, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except ssl.SSLCertVerificationError as error:
        failed("the certificate of " + HOST + " is not what its CA signed", error.verify_message)
    except OSError as error:
        failed("no connection to " + NAME, error)
    finally:
        connection.close()

def plain():
    connection = http.client.HTTPConnection(HOST, PORT, timeout=30)
    try:
        connection.request("GET", AT)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()

line = (env["WORD"] + chr(10)).encode()
data = (line * ({BYTES} // len(line) + 1))[:{BYTES}]
if env.get("TOO_MUCH"):
    status, text = send("PUT", data[:{BEYOND}])
    if status != 403 or b"QuotaExceeded" not in text:
        failed("beyond the quota, the answer is", status, text[:300])
else:
    status, text = send("PUT", data)
    if status != 200:
        failed("the object was not put", status, text[:300])
    status, text = send("GET")
    if status != 200 or text != data:
        failed("what was got is not what was put", status, str(len(text)) + " bytes")
    status, text = send("GET", sign=False)
    if status != 403:
        failed("without the key, the answer is", status)
    if plain() in (200, 403, 404):
        failed("the gateway answers without TLS")
    status, text = send("DELETE")
    if status != 204:
        failed("the object was not deleted", status)
print("good")
"""
