package dev.estafet.testing.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/** A session: answers the statements that the service sends; one that it does not know ends the simulation. */
final class Session {

    private static final int VERSION = 170004;

    private final Postgres server;
    private final int life;
    private final long[] timeOut;
    private final World world;

    Session(Postgres server, int life, long[] timeOut) {
        this.server = server;
        this.life = life;
        this.timeOut = timeOut;
        this.world = server.machine.world;
    }

    List<Object> answer(String sql, List<Object> parameters) throws Sql.Refused {
        travel();
        var text = sql.strip();
        var first = parameters.isEmpty() ? "" : String.valueOf(parameters.getFirst());
        if (text.startsWith("select json_build_object(\n    'inRecovery'")) {
            return List.of(probe());
        }
        if (text.startsWith("select json_build_object(\n    'startedAt'")) {
            return List.of(report());
        }
        return switch (text) {
            case "select pg_is_in_recovery()" -> List.of(!server.takesWrites());
            case "select exists (select from pg_stat_wal_receiver where status = 'streaming')" ->
                List.of(server.isStreaming());
            case "select pg_last_wal_replay_lsn()" ->
                list(server.takesWrites() ? null : lsn(server.wal.end(server.replayed)));
            case "select pg_reload_conf()" -> done(server::reload);
            case "select pg_promote(false)" -> promote();
            case "select true", "select to_regclass('estafet.marker') is not null" -> List.of(true);
            case "checkpoint" -> checkpoint();
            case "select current_setting(?) = ?", "select coalesce(current_setting(?, true), '') = ?" ->
                List.of(server.setting(first).equals(parameters.get(1)));
            case "select format('alter system set %I = %L', ?::text, ?::text)" ->
                List.of("alter system set " + first + "=" + parameters.get(1));
            case "select application_name from pg_stat_replication where state = 'streaming'" ->
                List.copyOf(standbys());
            case "select exists (select from pg_settings where pending_restart)::text" -> List.of("false");
            case "select current_setting('restore_command')" -> List.of("");
            case "select datname from pg_database where datallowconn order by datname" -> List.of();
            default -> other(text, first, parameters);
        };
    }

    private List<Object> other(String text, String first, List<Object> parameters) throws Sql.Refused {
        if (text.startsWith("alter system set ")) {
            var assignment = text.substring("alter system set ".length()).split("=", 2);
            server.alter(assignment[0], assignment[1]);
            return List.of();
        }
        if (text.startsWith("insert into estafet.marker")) {
            return commit("marker " + parameters.get(1) + " " + world.steps);
        }
        if (text.startsWith("select pg_create_physical_replication_slot")) {
            server.slots.add(first);
            return List.of();
        }
        if (text.startsWith("select pg_drop_replication_slot")) {
            if (server.isStreamedFrom(first)) {
                throw new Sql.Refused("replication slot is active", "55006");
            }
            server.slots.remove(first);
            return List.of();
        }
        if (text.startsWith("select pg_terminate_backend(active_pid) from pg_replication_slots")) {
            server.cutOff(first);
            return List.of();
        }
        if (text.startsWith("select exists (select from pg_replication_slots s join pg_stat_replication")
                || text.startsWith("select exists (select from pg_replication_slots where slot_name = ? and active)")) {
            return List.of(server.isStreamedFrom(first));
        }
        if (text.startsWith("select count(pg_logical_emit_message") || text.startsWith("select count(pg_switch_wal")) {
            return List.of("0"); // It does not archive, and its WAL has no segments.
        }
        if (text.startsWith("select name from pg_ls_waldir()")) {
            return List.of("000000010000000000000003");
        }
        if (text.startsWith("select sum(pg_database_size")) {
            return List.of("1000000");
        }
        if (text.startsWith("select pg_tablespace_location") || text.startsWith("select name from unnest")) {
            return List.of();
        }
        throw new AssertionError("the simulated server does not know: " + text);
    }

    /** There and back; a frozen server answers nothing, one that ended breaks the connection. */
    private void travel() throws Sql.Refused {
        world.pass(world.skewed(30 * World.MICRO, 2 * World.MILLI));
        if (server.isFrozen()) {
            world.pass(Math.min(timeOut[0], server.frozenUntil - world.now()));
        }
        if (server.isFrozen()) {
            throw new Sql.Refused("Read timed out", "08006");
        }
        requireLife();
    }

    private void requireLife() throws Sql.Refused {
        if (server.life != life) {
            throw new Sql.Refused("This connection has been closed.", "08006");
        }
        if (server.mode == Postgres.Mode.STARTING) {
            throw new Sql.Refused("the database system is starting up", "57P03");
        }
        if (server.mode == Postgres.Mode.STOPPING) {
            throw new Sql.Refused("the database system is shutting down", "57P03");
        }
    }

    private List<Object> promote() throws Sql.Refused {
        if (server.takesWrites()) {
            throw new Sql.Refused("recovery is not in progress", "55000");
        }
        server.requestPromotion();
        return List.of(true);
    }

    private List<Object> checkpoint() throws Sql.Refused {
        world.pass(world.skewed(World.MILLI, 200 * World.MILLI));
        requireLife();
        return List.of();
    }

    private List<Object> commit(String what) throws Sql.Refused {
        if (!server.takesWrites()) {
            throw new Sql.Refused("cannot execute INSERT in a read-only transaction", "25006");
        }
        var entry = server.begin(what);
        var isCommitted = server.await(timeOut[0], () -> server.isAcknowledged(entry));
        requireLife();
        if (!isCommitted) {
            throw new Sql.Refused("Read timed out", "08006");
        }
        server.machine.cluster.invariants.onAcknowledged(server, what);
        return List.of();
    }

    private List<String> standbys() {
        var names = new ArrayList<String>();
        for (var machine : server.machine.cluster.machines) {
            if (machine.server.upstream == server) {
                names.add(machine.name);
            }
        }
        return names;
    }

    private String probe() {
        var standby = !server.takesWrites();
        var received = lsn(server.wal.end(server.wal.size()));
        var streaming = server.isStreaming();
        return """
                {"inRecovery":%s,"readOnlyByDefault":false,"version":%d,"systemIdentifier":"%s","timeline":%d,
                "lsn":"%s","replayLsn":%s,"upstreamLsn":null,"receiver":%s,"upstream":%s,"replayPaused":false,
                "replayDelay":0,"details":{"startedAt":"2026-01-01T00:00:00Z","pendingRestart":false}}""".formatted(
                        standby,
                        VERSION,
                        Postgres.IDENTIFIER,
                        server.timeline(),
                        received,
                        standby ? quoted(lsn(server.wal.end(server.replayed))) : "null",
                        streaming ? "\"streaming\"" : "null",
                        streaming ? quoted(server.upstream.machine.name + ":5432") : "null");
    }

    private String report() {
        var slots = new StringJoiner(",", "[", "]");
        server.slots.forEach(slot -> slots.add("""
                {"name":"%s","type":"physical","active":%s,"retainedBytes":0,"walStatus":"reserved"}""".formatted(slot, server.isStreamedFrom(slot))));
        var senders = new StringJoiner(",", "[", "]");
        standbys().forEach(name -> senders.add("""
                {"pid":1,"applicationName":"%s","state":"streaming","syncState":"async"}""".formatted(name)));
        return """
                {"startedAt":"2026-01-01T00:00:00Z","settings":{"max_connections":"100","max_wal_senders":"10",
                "max_replication_slots":"10","data_checksums":"on","recovery_min_apply_delay":"0",
                "default_transaction_read_only":"off","synchronous_standby_names":"%s"},
                "pendingRestart":[],"slots":%s,"senders":%s,"archiver":null,"preparedTransactions":0,
                "longTransactions":[],"baseBackups":0,"collationVersions":{},"upstreamSlot":%s}""".formatted(
                        server.setting("synchronous_standby_names"),
                        slots,
                        senders,
                        server.isStreaming() ? quoted(server.setting("primary_slot_name")) : "null");
    }

    private static List<Object> done(Runnable action) {
        action.run();
        return List.of(true);
    }

    private static List<Object> list(Object value) {
        var one = new ArrayList<Object>(1);
        one.add(value);
        return one;
    }

    private static String quoted(String text) {
        return '"' + text + '"';
    }

    static String lsn(long position) {
        return Long.toHexString(position >>> 32).toUpperCase(java.util.Locale.ROOT)
                + "/"
                + Long.toHexString(position & 0xFFFFFFFFL).toUpperCase(java.util.Locale.ROOT);
    }
}
