# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell script that puts an object into a bucket and gets it again, with the applets of busybox only.

Requests are signed as of AWS' documentation of Amazon S3, Authenticating Requests (AWS Signature Version 4), with
HMAC-SHA256 (RFC 2104); they go through `nc`, since busybox's `wget` can't PUT. The key is in the environment, from the
Secret of the claim, and in no command line: all that handles it is built into the shell, or reads it from a pipe.
"""

from __future__ import annotations

#: Bytes of the object.
BYTES = 1 << 20
#: Bytes that a claim may have, and of an object beyond that: few, so that the gateway has read them when it refuses.
MOST, BEYOND = 4096, 8192
#: Any region will do: Ceph's gateway has one, and does not compare it.
_REGION = "us-east-1"

SCRIPT = f"""hex() {{ xxd -p | tr -d '\\n'; }}
unhex() {{ printf %s "$1" | xxd -r -p; }}
sha() {{ sha256sum | cut -c1-64; }}
mac() {{ # HMAC-SHA256 of the standard input by the key $1, both keys and result in hexadecimal digits
  key=$1
  [ ${{#key}} -le 128 ] || key=$(unhex "$key" | sha)
  while [ ${{#key}} -lt 128 ]; do key=${{key}}00; done
  set --
  while [ -n "$key" ]; do set -- "$@" $((0x${{key%"${{key#??}}"}} ^ 0x36)); key=${{key#??}}; done
  pad=$(printf %02x "$@")
  inner=$({{ unhex "$pad"; cat; }} | sha)
  for byte in "$@"; do set -- "$@" $((byte ^ 0x6a)); shift; done
  pad=$(printf %02x "$@")
  {{ unhex "$pad"; unhex "$inner"; }} | sha
}}
signed() {{ # the header Authorization for the method $1 and the digest of the body $2
  names="host;x-amz-content-sha256;x-amz-date"
  request=$(printf '%s\\n' "$1" "$AT" "" "host:$HOST" "x-amz-content-sha256:$2" "x-amz-date:$NOW" "" "$names" "$2")
  wanted=$(printf '%s\\n%s\\n%s\\n%s' AWS4-HMAC-SHA256 "$NOW" "$SCOPE" "$(printf %s "$request" | sha)")
  signature=$(printf %s "$wanted" | mac "$MADE")
  echo "AWS4-HMAC-SHA256 Credential=$AWS_ACCESS_KEY_ID/$SCOPE, SignedHeaders=$names, Signature=$signature"
}}
send() {{ # the method $1 with the body in the file $2, signed unless $3 is there; says the status
  digest=$(sha < "$2")
  {{
    printf '%s %s HTTP/1.1\\r\\nHost: %s\\r\\n' "$1" "$AT" "$HOST"
    printf 'x-amz-content-sha256: %s\\r\\nx-amz-date: %s\\r\\n' "$digest" "$NOW"
    [ -n "$3" ] || printf 'Authorization: %s\\r\\n' "$(signed "$1" "$digest")"
    printf 'Content-Length: %s\\r\\nConnection: close\\r\\n\\r\\n' "$(wc -c < "$2" | tr -d ' ')"
    cat "$2"
  }} > /tmp/request
  nc -w 30 "$BUCKET_HOST" "$BUCKET_PORT" < /tmp/request > /tmp/answer || {{ echo "no connection to $HOST"; exit 1; }}
  sed '1,/^\\r*$/d' /tmp/answer > /tmp/got
  head -n 1 /tmp/answer | cut -d ' ' -f 2
}}
failed() {{ echo "$1: $2"; head -c 600 /tmp/answer; exit 1; }}
NOW=$(date -u +%Y%m%dT%H%M%SZ)
SCOPE=${{NOW%T*}}/{_REGION}/s3/aws4_request
MADE=$(printf %s "AWS4$AWS_SECRET_ACCESS_KEY" | hex)
for part in "${{NOW%T*}}" {_REGION} s3 aws4_request; do MADE=$(printf %s "$part" | mac "$MADE"); done
HOST=$BUCKET_HOST AT=/$BUCKET_NAME/proof
[ "$BUCKET_PORT" = 80 ] || HOST=$BUCKET_HOST:$BUCKET_PORT
yes "$WORD" | head -c {BYTES} > /tmp/object && : > /tmp/nothing
if [ -n "$TOO_MUCH" ]; then # more than the quota of the claim
  head -c {BEYOND} /tmp/object > /tmp/more
  status=$(send PUT /tmp/more) && [ "$status" = 403 ] && grep -q QuotaExceeded /tmp/got ||
    failed "beyond the quota, the answer is" "$status"
  echo good; exit
fi
status=$(send PUT /tmp/object) && [ "$status" = 200 ] || failed "the object was not put" "$status"
status=$(send GET /tmp/nothing) && [ "$status" = 200 ] || failed "the object was not got" "$status"
cmp -s /tmp/got /tmp/object || failed "what was got is not what was put" "$(wc -c < /tmp/got) bytes"
status=$(send GET /tmp/nothing unsigned) && [ "$status" = 403 ] || failed "without the key, the answer is" "$status"
status=$(send DELETE /tmp/nothing) && [ "$status" = 204 ] || failed "the object was not deleted" "$status"
echo good"""
