# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is used by the scripts that source this
# What script/demo and script/test need on a bare Debian or Ubuntu machine, found or installed. Sourced, not run.
#
# provide_prerequisites sets
#   JAVA_HOME       a JDK of version 25 or later (exported)
#   PG_BIN          the directory of PostgreSQL's server programs
#   SERVER_USER     the OS user that servers and services run as: postgres where root calls, since PostgreSQL refuses
#                   to run as root; else the caller
#   AS_SERVER_USER  the words before a command that make it run as that user, in the same process
# and makes sure that curl and jq are there. What is there already is taken; everything else is announced, with the
# reason, before it is installed.

readonly JAVA_MAJOR=25
readonly PG_OLDEST=13 PG_NEWEST=18

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

provide_prerequisites() {
    SERVER_USER=$(id -un) AS_SERVER_USER=()
    if [[ $EUID -eq 0 ]]; then
        SERVER_USER=postgres AS_SERVER_USER=(setpriv --reuid=postgres --regid=postgres --init-groups -- env HOME=/tmp)
    fi
    provide_commands
    provide_postgres # before the JDK, which the user postgres must be able to read
    provide_java
}

# ---- Packages

as_root() {
    if [[ $EUID -eq 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "not root, and there is no sudo; run this as root first: $*"
    fi
}

# refresh_packages: asks the mirrors once a run what there is; a new machine knows of no package at all.
refresh_packages() {
    [[ ${PACKAGES_FRESH:-} ]] && return
    command -v apt-get >/dev/null || die "this is not Debian or Ubuntu (there is no apt-get); please install $1 yourself"
    as_root apt-get update -qq >&2 || die "apt-get update failed"
    PACKAGES_FRESH=yes
}

# install_packages REASON PACKAGE...
install_packages() {
    local reason=$1 log
    shift
    say "Installing $* ($reason)"
    refresh_packages "$*"
    log=$(mktemp)
    if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        die "apt-get could not install $*"
    fi
    rm -f "$log"
}

has_candidate() {
    [[ $(LC_ALL=C apt-cache policy "$1") == *'Candidate: '[0-9]* ]]
}

provide_commands() {
    local command missing=()
    for command in curl jq; do
        command -v "$command" >/dev/null || missing+=("$command")
    done
    [[ -e /etc/ssl/certs/ca-certificates.crt || ! -e /etc/debian_version ]] || missing+=(ca-certificates)
    [[ ${#missing[@]} -eq 0 ]] || install_packages "to call REST APIs and read their answers" "${missing[@]}"
}

# provide_balancers: what the integration tests put in front of the nodes; nothing else needs it.
provide_balancers() {
    command -v haproxy >/dev/null || without_services install_packages "to test behind a real load balancer" haproxy
    [[ -x /usr/sbin/pgbouncer ]] || without_services install_packages "to test behind a real pooler" pgbouncer
    command -v wrk >/dev/null || install_packages "to put health checks under load" wrk
}

# without_services COMMAND...: Debian's packages start what they install, unless this script says no.
without_services() {
    local policy=/usr/sbin/policy-rc.d outcome=0
    if [[ -e $policy ]]; then
        "$@"
        return
    fi
    say "(without the service that the package would start)"
    as_root sh -c "printf '#!/bin/sh\\nexit 101\\n' >$policy && chmod 755 $policy"
    ("$@") || outcome=$?
    as_root rm -f "$policy"
    return "$outcome"
}

# What the fault tests cut networks with; they take root, and without it those faults are left out.
provide_network_tools() {
    [[ $EUID -ne 0 ]] || command -v ip >/dev/null || install_packages "to cut the network between nodes in tests" iproute2
}

# ---- PostgreSQL

provide_postgres() {
    find_postgres || { install_postgres && find_postgres; } ||
        die "no PostgreSQL server from $PG_OLDEST to $PG_NEWEST under /usr/lib/postgresql or /usr/pgsql-N; please install one"
    [[ $EUID -ne 0 ]] || id postgres >/dev/null 2>&1 || die "there is no OS user postgres, and PostgreSQL does not run as root"
}

find_postgres() {
    local major bin
    for ((major = PG_NEWEST; major >= PG_OLDEST; major--)); do
        for bin in "/usr/lib/postgresql/$major/bin" "/usr/pgsql-$major/bin"; do
            if [[ -x $bin/postgres && -x $bin/initdb && -x $bin/pg_ctl && -x $bin/pg_basebackup && -x $bin/psql ]]; then
                PG_BIN=$bin
                return 0
            fi
        done
    done
    return 1
}

# Debian's package makes and starts a cluster "main" on port 5432. Nobody here needs it, so it is told not to for as
# long as the installation takes; settings that are there already stay as they are.
install_postgres() {
    local setting=/etc/postgresql-common/createcluster.d/estafet.conf
    say "(without the cluster \"main\" that the package would make and start)"
    as_root mkdir -p "${setting%/*}"
    as_root sh -c "echo 'create_main_cluster = false' >$setting"
    install_packages "PostgreSQL's server programs, which Estafet controls" postgresql
    as_root rm -f "$setting"
}

# ---- Java

provide_java() {
    find_java || { install_java && find_java; } || die_without_java
    export JAVA_HOME
}

# find_java: the first of JAVA_HOME, the JDKs that are installed and the one on the PATH that is new enough.
find_java() {
    local home
    for home in "${JAVA_HOME:-}" /usr/lib/jvm/* "$(private_jdk)" "$(jdk_on_path)"; do
        if [[ $home ]] && is_suitable_jdk "$home"; then
            JAVA_HOME=$home
            return 0
        fi
    done
    return 1
}

is_suitable_jdk() {
    local version
    [[ -x $1/bin/javac && -e $1/lib/security/cacerts ]] || return 1
    version=$("${AS_SERVER_USER[@]}" "$1/bin/java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p') || return 1
    [[ $version && $version -ge $JAVA_MAJOR ]]
}

jdk_on_path() {
    local javac
    javac=$(command -v javac) || return 0
    dirname "$(dirname "$(readlink -f "$javac")")"
}

private_jdk() {
    local cache=/var/cache/estafet # where root calls: the user postgres cannot read below /root
    [[ $EUID -eq 0 ]] || cache=${XDG_CACHE_HOME:-$HOME/.cache}/estafet
    echo "$cache/jdk-$JAVA_MAJOR/home"
}

install_java() {
    refresh_packages "a JDK $JAVA_MAJOR"
    if has_candidate "openjdk-$JAVA_MAJOR-jdk-headless"; then
        install_packages "to build and run Estafet" "openjdk-$JAVA_MAJOR-jdk-headless"
    else
        unpack_newer_debians_jdk
    fi
}

die_without_java() {
    die "no JDK $JAVA_MAJOR is installed, and this machine's package sources have none.
Please install one, for example Eclipse Temurin $JAVA_MAJOR (https://adoptium.net/installation/linux),
and call again; it is found under /usr/lib/jvm, by JAVA_HOME or on the PATH."
}

# Debian 12 has no JDK 25, and Debian 13's needs a newer C library. This takes both from Debian 13's packages, checked
# against Debian's signatures, and unpacks them into a directory of their own: no package of this machine, and none of
# its package sources, is changed. The JDK's programs are then told to use the C library beside them; programs that
# they start, such as pg_ctl, go on with the system's.
unpack_newer_debians_jdk() (
    home=$(private_jdk)
    target=${home%/home}
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    # shellcheck disable=SC2016 # apt's own variable
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | sort -u | sed -n 1p)
    [[ $mirror && -e $keyring ]] || return 1
    say "Unpacking Debian 13's openjdk-$JAVA_MAJOR into $target (to build and run Estafet; this system's packages have none)"
    command -v patchelf >/dev/null || install_packages "to make that JDK use the C library that comes with it" patchelf

    work=$(mktemp -d) # a step that fails shows in find_java, which is asked again afterwards
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$work"/{lists,cache/archives}/partial
    : >"$work/status"
    echo "deb [signed-by=$keyring] $mirror trixie main" >"$work/sources.list"
    cat >"$work/apt.conf" <<END
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
END
    [[ $EUID -ne 0 ]] || echo 'APT::Sandbox::User "root";' >>"$work/apt.conf"
    export APT_CONFIG=$work/apt.conf
    cd "$work" || return 1
    { apt-get update -qq && apt-get download -qq "openjdk-$JAVA_MAJOR-jdk-headless" "openjdk-$JAVA_MAJOR-jre-headless" libc6; } >&2 || return 1

    rm -rf "$target"
    mkdir -p "$target"
    for package in *.deb; do dpkg -x "$package" "$target"; done
    jvm=$(echo "$target"/usr/lib/jvm/java-"$JAVA_MAJOR"-openjdk-*)
    loader=$(find "$target/usr/lib" -name 'ld-linux-*.so.*' | sed -n 1p)
    for program in "$jvm"/bin/* "$jvm/lib/jspawnhelper"; do
        patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$jvm/lib:${loader%/*}" "$program"
    done
    # The package keeps its settings in /etc, by links with absolute names.
    find "$jvm" -type l -lname "/etc/java-$JAVA_MAJOR-openjdk/*" | while read -r link; do
        ln -sfn "$target$(readlink "$link")" "$link"
    done
    rm -f "$jvm/lib/security/cacerts"
    trust_system_certificates "$jvm" "$work"
    ln -s "$jvm" "$home"
)

# The certificates that this system trusts, in the form in which a JDK reads them.
trust_system_certificates() {
    cat >"$2/Trust.java" <<'END'
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;

public class Trust {
    public static void main(String[] arguments) throws Exception {
        var store = KeyStore.getInstance("JKS"); // can be read without its password, which is how a JDK reads it
        store.load(null, null);
        try (var in = Files.newInputStream(Path.of(arguments[0]));
                var out = Files.newOutputStream(Path.of(arguments[1]))) {
            for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("ca-" + store.size(), certificate);
            }
            store.store(out, "changeit".toCharArray());
        }
    }
}
END
    "$1/bin/java" "$2/Trust.java" /etc/ssl/certs/ca-certificates.crt "$1/lib/security/cacerts"
}
