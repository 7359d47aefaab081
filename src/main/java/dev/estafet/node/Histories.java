package dev.estafet.node;

import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.postgres.Database;
import dev.estafet.postgres.Installation;
import dev.estafet.postgres.PgControlData;
import dev.estafet.postgres.Timeline;
import dev.estafet.postgres.TimelineHistory;
import dev.estafet.postgres.WalFiles;
import jakarta.inject.Singleton;

/** Where the running local server's WAL comes from, by its history files. */
@Singleton
public final class Histories {

    /** Names of segments are the timeline and the position; it is the position that tells the oldest. */
    private static final String OLDEST = """
            select name from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$' order by substr(name, 9) limit 1
            """;

    private final Database database;
    private final Installation installation;
    private final Prober prober;

    Histories(Database database, Installation installation, Prober prober) {
        this.database = database;
        this.installation = installation;
        this.prober = prober;
    }

    History own() {
        var state = prober.probe();
        var timeline = state.timeline();
        var identifier = state.systemIdentifier();
        if (!state.isRunningPrimary() || timeline == null || identifier == null) {
            throw notReady("does not run as primary", "Ask the one that does.");
        }
        var wal = WalFiles.of(
                installation.data(), PgControlData.read(installation.data()).orElseThrow());
        return new History(identifier, of(timeline), wal.startOf(database.text(Database.SHORTLY, OLDEST)));
    }

    /** The history of a timeline that this server has been on. */
    TimelineHistory of(Timeline timeline) {
        return TimelineHistory.read(installation.data(), timeline)
                .orElseThrow(() -> notReady(
                        "has no sound %s in pg_wal".formatted(timeline.historyFile()),
                        "Restore that file from the WAL archive."));
    }

    private static RuntimeException notReady(String what, String remedy) {
        return new Problem(Kind.NOT_READY, "The server " + what + ".", remedy).raised();
    }
}
