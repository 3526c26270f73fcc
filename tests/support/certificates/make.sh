#!/bin/sh
# Makes the certificates of the tests again. They are good for a hundred years, and their keys are no secret.
set -eu
cd "$(dirname "$0")"

new_key() {
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"
}

# authority NAME
authority() {
  new_key "$1"
  openssl req -x509 -new -key "$1.key" -out "$1.pem" -days 36500 -subj "/CN=$1"
}

# certificate NAME AUTHORITY EXTENSIONS
certificate() {
  new_key "$1"
  openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
  printf '%s\n' "$3" >"$1.ext"
  openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -out "$1.pem" -days 36500 -CAcreateserial -extfile "$1.ext"
  rm "$1.csr" "$1.ext"
}

authority authority
authority other-authority
certificate intermediate authority 'basicConstraints=critical,CA:TRUE'
certificate agent intermediate 'subjectAltName=DNS:agent.example,IP:127.0.0.1
extendedKeyUsage=serverAuth'
certificate client authority 'extendedKeyUsage=clientAuth'
certificate stranger other-authority 'extendedKeyUsage=clientAuth'
# A server sends what is between its certificate and the authority.
cat intermediate.pem >>agent.pem
rm -f authority.key other-authority.key intermediate.key intermediate.pem ./*.srl
