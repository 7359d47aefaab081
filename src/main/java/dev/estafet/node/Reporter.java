package dev.estafet.node;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.estafet.EstafetConfig;
import dev.estafet.node.Inventory.DatabaseContent;
import dev.estafet.node.NodeReport.Server;
import dev.estafet.postgres.Database;
import dev.estafet.postgres.LocalConnections;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Asks the local server for everything that status, preflight and setup want to know. */
@Singleton
final class Reporter {

    /** One round trip; a column that some versions lack is read through {@code to_jsonb}. */
    private static final String REPORT = """
            select json_build_object(
                'startedAt', pg_postmaster_start_time(),
                'settings', (select json_object_agg(name, setting) from pg_settings where name in (
                    'archive_command', 'archive_library', 'archive_mode', 'block_size', 'data_checksums',
                    'default_transaction_read_only', 'hba_file', 'hot_standby', 'idle_replication_slot_timeout',
                    'listen_addresses', 'max_connections', 'max_locks_per_transaction', 'max_prepared_transactions',
                    'max_replication_slots', 'max_slot_wal_keep_size', 'max_wal_senders', 'max_worker_processes',
                    'password_encryption', 'primary_conninfo', 'primary_slot_name', 'recovery_min_apply_delay',
                    'recovery_target', 'recovery_target_lsn', 'recovery_target_name', 'recovery_target_time',
                    'recovery_target_timeline', 'recovery_target_xid', 'restore_command', 'server_version_num',
                    'shared_buffers', 'shared_preload_libraries', 'synchronized_standby_slots',
                    'synchronous_standby_names', 'wal_level', 'wal_log_hints', 'wal_segment_size', 'wal_sender_shutdown_timeout')),
                'pendingRestart', (select coalesce(json_agg(name), '[]') from pg_settings where pending_restart),
                'slots', (select coalesce(json_agg(json_build_object(
                        'name', slot_name, 'type', slot_type, 'active', active, 'activePid', active_pid,
                        'restartLsn', restart_lsn, 'walStatus', wal_status,
                        'retainedBytes', (case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
                            else pg_current_wal_lsn() end - restart_lsn)::bigint,
                        'failover', to_jsonb(s)->'failover',
                        'synced', (to_jsonb(s)->>'synced')::boolean and not temporary
                            and to_jsonb(s)->>'invalidation_reason' is null)), '[]')
                    from pg_replication_slots s),
                'senders', (select coalesce(json_agg(json_build_object(
                        'pid', pid, 'applicationName', application_name, 'clientAddress', client_addr, 'state', state,
                        'sentLsn', sent_lsn, 'flushLsn', flush_lsn, 'replayLsn', replay_lsn,
                        'syncState', sync_state)), '[]')
                    from pg_stat_replication),
                'archiver', case when current_setting('archive_mode') <> 'off' then (select json_build_object(
                        'waiting', (select count(*) from pg_ls_archive_statusdir() where name like '%.ready'),
                        'failing', coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false),
                        'lastFailedFile', last_failed_wal, 'lastArchivedAt', last_archived_time)
                    from pg_stat_archiver) end,
                'preparedTransactions', (select count(*) from pg_prepared_xacts),
                'longTransactions', (select coalesce(json_agg(json_build_object(
                        'pid', pid, 'applicationName', application_name,
                        'seconds', extract(epoch from now() - xact_start)::bigint)), '[]')
                    from pg_stat_activity
                    where backend_type = 'client backend' and xact_start < now() - interval '1 minute'),
                'baseBackups', (select count(*) from pg_stat_progress_basebackup),
                'collationVersions', (select coalesce(json_object_agg(collprovider, version), '{}') from (
                    select distinct on (collprovider) collprovider, pg_collation_actual_version(oid) as version
                    from pg_collation where collversion is not null order by collprovider, oid) v),
                'upstreamSlot', (select nullif(slot_name, '') from pg_stat_wal_receiver),
                'lastCheckpoint', case when not pg_is_in_recovery() then (select json_build_object(
                        'seconds', extract(epoch from now() - checkpoint_time)::bigint,
                        'walBytes', (pg_current_wal_insert_lsn() - redo_lsn)::bigint)
                    from pg_control_checkpoint()) end)
            """;

    private static final String BYTES = "select sum(pg_database_size(oid))::bigint::text from pg_database";
    private static final String DATABASES = "select datname from pg_database where datallowconn order by datname";
    private static final String TABLESPACES =
            "select pg_tablespace_location(oid) from pg_tablespace where pg_tablespace_location(oid) <> '' order by 1";
    private static final String TABLES = """
            select quote_ident(n.nspname) || '.' || quote_ident(c.relname)
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p', 'm') and c.relpersistence <> 't'
                and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
            order by 1
            """;
    private static final String LIBRARIES =
            "select distinct regexp_replace(probin, '^.*/', '') from pg_proc where probin is not null order by 1";
    private static final String MISSING_LIBRARIES = """
            select name from unnest(?::text[]) name, (select setting from pg_config where name = 'PKGLIBDIR') place
            where pg_stat_file(place.setting || '/' || regexp_replace(name, '\\.so$', '') || '.so', true) is null
            """;

    private final Database database;
    private final LocalConnections connections;
    private final ObjectMapper json;
    private final EstafetConfig config;

    Reporter(Database database, LocalConnections connections, ObjectMapper json, EstafetConfig config) {
        this.database = database;
        this.connections = connections;
        this.json = json;
        this.config = config;
    }

    Server server() {
        try {
            return json.readValue(database.text(config.probe().timeOut(), REPORT), Server.class);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    Inventory inventory() {
        var patience = config.timeOuts().checkpoint();
        var bytes = Long.parseLong(database.text(patience, BYTES));
        var databases = database.list(patience, DATABASES, row -> row.getString(1)).stream()
                .map(this::contentOf)
                .toList();
        return new Inventory(bytes, databases, database.list(patience, TABLESPACES, row -> row.getString(1)));
    }

    List<String> missingLibraries(List<String> libraries) {
        return database.list(Database.SHORTLY, MISSING_LIBRARIES, row -> row.getString(1), (Object)
                libraries.toArray(String[]::new));
    }

    private DatabaseContent contentOf(String name) {
        return connections.with(
                name,
                connection -> new DatabaseContent(name, column(connection, TABLES), column(connection, LIBRARIES)));
    }

    private static List<String> column(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            var all = new ArrayList<String>();
            while (rows.next()) {
                all.add(rows.getString(1));
            }
            return all;
        }
    }
}
