#!/bin/sh
# Installs what the tests run: the AWS CLI and boto3 of the distribution, PostgreSQL without a cluster, a C compiler for
# the race detector, the npm packages of js/, and moto's server for a KMS.
# Quiet, and quick when nothing is missing.
set -eu
cd "$(dirname "$0")"

quietly() {
	log=$(mktemp)
	if ! "$@" >"$log" 2>&1; then
		cat "$log" >&2
		rm -f "$log"
		exit 1
	fi
	rm -f "$log"
}

python=/usr/bin/python3
[ -x "$python" ] || python=python3
aws=/usr/bin/aws
[ -x "$aws" ] || aws=aws

missing=
command -v "$aws" >/dev/null && "$python" -c 'import awscli' 2>/dev/null || missing="$missing awscli"
"$python" -c 'import boto3' 2>/dev/null || missing="$missing python3-boto3"
"$python" -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
command -v gcc >/dev/null || missing="$missing gcc libc6-dev" # for the race detector
set -- /usr/lib/postgresql/*/bin/postgres
[ -x "$1" ] || command -v postgres >/dev/null || missing="$missing postgresql"
if [ -n "$missing" ]; then
	command -v apt-get >/dev/null || {
		echo "conformance: install what Debian calls$missing, then run this again" >&2
		exit 1
	}
	quietly apt-get update
	# By itself, the package would make a cluster and start it. Tests make their own.
	case $missing in *postgresql*)
		quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql-common
		echo 'create_main_cluster = false' >>/etc/postgresql-common/createcluster.conf
		;;
	esac
	# shellcheck disable=SC2086 # one word for each package
	quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
fi

command -v node >/dev/null || {
	echo "conformance: install Node.js 20 or later, then run this again" >&2
	exit 1
}

# npm writes its own lock file last, so it is as new as the packages.
installed=js/node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ js/package-lock.json -nt "$installed" ]; then
	(cd js && quietly npm ci)
fi

# moto.txt is copied last, so it tells what is installed.
if ! cmp -s moto.txt .moto/moto.txt; then
	quietly "$python" -m venv .moto
	quietly .moto/bin/pip install --quiet --disable-pip-version-check -r moto.txt
	cp moto.txt .moto/moto.txt
fi
