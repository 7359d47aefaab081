package dev.estafet.node;

import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.postgres.Installation;
import dev.estafet.postgres.PgControlData;
import dev.estafet.postgres.PgCtl;
import dev.estafet.postgres.PgWalDump;
import dev.estafet.postgres.TimelineHistory;
import dev.estafet.postgres.WalFiles;
import jakarta.inject.Singleton;

/** The end of what a stopped server has written. */
@Singleton
final class LastWal {

    private final Installation installation;
    private final PgCtl pgCtl;
    private final PgWalDump walDump;

    LastWal(Installation installation, PgCtl pgCtl, PgWalDump walDump) {
        this.installation = installation;
        this.pgCtl = pgCtl;
        this.walDump = walDump;
    }

    /**
     * Reads it on the newest timeline, also where the promotion to it was the server's last deed.
     *
     * @throws dev.estafet.ProblemException of kind {@link Kind#NOT_READY} where the server runs, or its WAL cannot be read
     */
    WalEnd end() {
        if (pgCtl.isRunning()) {
            throw notReady("The server runs, so its WAL has no end yet.", "Stop it, or wait until it has stopped.");
        }
        var control = PgControlData.read(installation.data())
                .orElseThrow(
                        () -> notReady("There is no control file.", "Its data is gone: go by what was seen last."));
        var wal = WalFiles.of(installation.data(), control);
        var timeline = wal.newestTimeline(control);
        return TimelineHistory.read(installation.data(), timeline)
                .flatMap(history -> walDump.endOfWal(wal, control, history))
                .map(end -> new WalEnd(control.systemIdentifier(), timeline, end))
                .orElseThrow(() -> notReady("The WAL cannot be read to its end.", "Go by what was seen last."));
    }

    private static RuntimeException notReady(String detail, String remedy) {
        return new Problem(Kind.NOT_READY, detail, remedy).raised();
    }
}
