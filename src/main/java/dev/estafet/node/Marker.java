package dev.estafet.node;

import dev.estafet.EstafetConfig;
import dev.estafet.postgres.Database;
import jakarta.inject.Singleton;

/**
 * A small table of ours, with one row for each node that was written on: a committed row proves that a server takes
 * writes, and its arrival on a standby that replication works.
 */
@Singleton
public final class Marker {

    private static final String EXISTS = "select to_regclass('estafet.marker') is not null";
    private static final String SCHEMA = "create schema if not exists estafet";
    private static final String TABLE = """
            create table if not exists estafet.marker (
                node text primary key,
                operation text not null,
                written_at timestamptz not null)
            """;
    private static final String WRITE = """
            insert into estafet.marker values (?, ?, clock_timestamp())
            on conflict (node) do update set operation = excluded.operation, written_at = excluded.written_at
            """;
    private static final String SEEN = "select exists (select from estafet.marker where operation = ?)";

    private final Database database;
    private final String node;

    Marker(Database database, EstafetConfig config) {
        this.database = database;
        this.node = config.node();
    }

    /** Makes the table on a primary, outside the write gap. */
    void makeTable() {
        if (!database.isTrue(Database.SHORTLY, EXISTS) && !database.isInRecovery()) {
            database.execute(Database.SHORTLY, SCHEMA);
            database.execute(Database.SHORTLY, TABLE);
        }
    }

    /** Commits a row; returns once the commit is acknowledged. */
    public void write(String operation) {
        makeTable();
        database.execute(Database.SHORTLY, WRITE, node, operation);
    }

    /** Whether the row of that operation has arrived here. */
    public boolean isSeen(String operation) {
        return database.isTrue(Database.SHORTLY, EXISTS) && database.isTrue(Database.SHORTLY, SEEN, operation);
    }
}
