package dev.estafet.bench;

import dev.estafet.postgres.PgControlData;
import dev.estafet.postgres.PgControlData.State;
import dev.estafet.testing.Operation;
import dev.estafet.testing.PostgresInstallation;
import dev.estafet.testing.ServerUser;
import dev.estafet.testing.TestCluster;
import dev.estafet.testing.TestNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** A way to make the standby the primary. */
enum Contender {
    FLOOR("floor") {
        /**
         * What PostgreSQL itself takes: all connections are open before, a checkpoint has just been taken, the stop is a
         * signal, the promotion is requested once the control file says {@code shut down}. Nothing is proven, nothing is
         * written down, and nothing is taken back where it goes wrong.
         */
        @Override
        Optional<Operation> switchOver(TestCluster cluster, TestNode old, TestNode candidate)
                throws IOException, SQLException {
            var signal = new ProcessBuilder("sh").start();
            try (var primary = old.connect();
                    var standby = candidate.connect();
                    var shell = signal.outputWriter(StandardCharsets.US_ASCII)) {
                execute(standby, "CHECKPOINT");
                execute(primary, "CHECKPOINT");
                isInRecovery(standby);
                shell.write("kill -INT %d\n"
                        .formatted(old.postmaster().orElseThrow().pid()));
                shell.flush();
                while (PgControlData.read(old.data()).orElseThrow().state() != State.SHUT_DOWN) {
                    LockSupport.parkNanos(POLL.toNanos());
                }
                promote(standby);
            }
            return Optional.empty();
        }

        /** Asks again where PostgreSQL sleeps over the request, as it may when the WAL receiver has just ended. */
        private void promote(Connection standby) throws SQLException {
            for (int look = 0; isInRecovery(standby); look++) {
                if (look % 5 == 0) {
                    requestPromotion(standby);
                }
                LockSupport.parkNanos(POLL.toNanos());
            }
        }

        private void requestPromotion(Connection standby) throws SQLException {
            try {
                execute(standby, "SELECT pg_promote(false)");
            } catch (SQLException refused) {
                if (isInRecovery(standby)) { // Else it has ended since the look.
                    throw refused;
                }
            }
        }
    },

    BY_HAND("by hand") {
        /** What the manual says, as a person types it. */
        @Override
        Optional<Operation> switchOver(TestCluster cluster, TestNode old, TestNode candidate) throws SQLException {
            var tools = PostgresInstallation.used();
            ServerUser.run(
                    tools.tool("pg_ctl"),
                    "stop",
                    "-s",
                    "-m",
                    "fast",
                    "-D",
                    old.data().toString());
            try (var standby = candidate.connect()) {
                execute(standby, "SELECT pg_promote()");
            }
            return Optional.empty();
        }
    },

    ESTAFET("Estafet") {
        @Override
        Optional<Operation> switchOver(TestCluster cluster, TestNode old, TestNode candidate) {
            return Optional.of(cluster.promote(candidate.name()));
        }
    };

    private static final Duration POLL = Duration.ofMillis(1);

    private final String words;

    Contender(String words) {
        this.words = words;
    }

    /**
     * Does it, and returns once the candidate is the primary or later.
     *
     * @return what Estafet says of it
     */
    abstract Optional<Operation> switchOver(TestCluster cluster, TestNode old, TestNode candidate)
            throws IOException, SQLException;

    static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static boolean isInRecovery(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT pg_is_in_recovery()")) {
            row.next();
            return row.getBoolean(1);
        }
    }

    @Override
    public String toString() {
        return words;
    }
}
