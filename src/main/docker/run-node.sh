#!/bin/sh
# Runs one node in a container: PostgreSQL, and the service given as arguments beside it, until the container is stopped.
set -eu

data=$ESTAFET_POSTGRES_DATA_DIRECTORY
state=$ESTAFET_STATE_DIRECTORY

# A server that was stopped to hand over must not come back by itself: another node may be the primary by now. Its
# service asks the operation's driver, and starts it as what it is to be.
if [ ! -e "$data/PG_VERSION" ]; then
    echo "$data holds no data yet: setup will bring it"
elif grep -qs DEMOTED "$state/enlistment.json"; then
    echo "PostgreSQL is not started: an unfinished switchover stopped it"
else
    # Without waiting: the service tells how far it is.
    pg_ctl -D "$data" -l "$state/postgresql.log" -s -W start || echo "PostgreSQL did not start: see $state/postgresql.log"
fi

# The service first, so that it begins nothing new; then PostgreSQL in fast mode, which sends the standbys all it has.
stopping=
service=
stop() {
    stopping=yes
    [ -z "$service" ] || kill "$service" 2>/dev/null || true
}
trap stop TERM INT

# A service that ends by itself is started again. PostgreSQL goes on meanwhile.
while [ -z "$stopping" ]; do
    "$@" &
    service=$!
    wait "$service" || true
    if [ -z "$stopping" ]; then
        echo "the service ended; it is started again in a second"
        sleep 1
    fi
done
wait "$service" || true
if [ -e "$data/postmaster.pid" ]; then
    pg_ctl -D "$data" -s -m fast -w -t 3600 stop
fi
