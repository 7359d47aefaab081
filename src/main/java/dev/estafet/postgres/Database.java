package dev.estafet.postgres;

import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.AgroalDataSource.FlushMode;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** SQL on the local server, as its superuser, over the Unix socket; every call has a time-out. */
@Singleton
public final class Database {

    /** For what reads or writes a few rows. */
    public static final Duration SHORTLY = Duration.ofSeconds(5);

    private final AgroalDataSource pool;

    Database(AgroalDataSource pool) {
        this.pool = pool;
    }

    /** Reads one row. */
    @FunctionalInterface
    public interface Row<T> {
        @Nullable
        T read(ResultSet row) throws SQLException;
    }

    /** What is done with one connection. */
    @FunctionalInterface
    public interface Work<T> {
        @Nullable
        T on(Connection connection) throws SQLException;
    }

    /** The rows of a query that are not null, each through {@code row}. */
    public <T> List<T> list(Duration timeOut, String sql, Row<T> row, Object... parameters) {
        return Objects.requireNonNull(with(timeOut, connection -> {
            try (var statement = prepared(connection, sql, parameters);
                    var rows = statement.executeQuery()) {
                var all = new ArrayList<T>();
                while (rows.next()) {
                    var value = row.read(rows);
                    if (value != null) {
                        all.add(value);
                    }
                }
                return all;
            }
        }));
    }

    /** The first column of a query's only row, as text. */
    public String text(Duration timeOut, String sql, Object... parameters) {
        return list(timeOut, sql, row -> row.getString(1), parameters).getFirst();
    }

    /** The first column of a query's only row, as a truth value. */
    public boolean isTrue(Duration timeOut, String sql, Object... parameters) {
        return list(timeOut, sql, row -> row.getBoolean(1), parameters).getFirst();
    }

    /** The first column of a query's only row, as a WAL position. */
    public Lsn lsn(Duration timeOut, String sql) {
        return Lsn.parse(text(timeOut, sql));
    }

    /** Runs a statement of any kind; each one is committed when this returns. */
    public void execute(Duration timeOut, String sql, Object... parameters) {
        with(timeOut, connection -> {
            try (var statement = prepared(connection, sql, parameters)) {
                return statement.execute();
            }
        });
    }

    /** Whether the server is a standby, or still recovering. */
    public boolean isInRecovery() {
        return isTrue(SHORTLY, "select pg_is_in_recovery()");
    }

    /** Sets a server parameter by {@code ALTER SYSTEM}; it counts after a reload or, for some, a restart. */
    public void alterSystem(String name, String value) {
        execute(SHORTLY, text(SHORTLY, "select format('alter system set %I = %L', ?::text, ?::text)", name, value));
    }

    /** Lets the server read its configuration files again. */
    public void reloadConfiguration() {
        execute(SHORTLY, "select pg_reload_conf()");
    }

    /**
     * Does {@code work} on one connection.
     *
     * @throws ProblemException of kind {@link Kind#POSTGRES_UNAVAILABLE} where there is no connection or it broke,
     *     {@link Kind#COMMAND_FAILED} where the server refused; the {@link SQLException} is its cause
     */
    public <T> @Nullable T with(Duration timeOut, Work<T> work) {
        try (var connection = pool.getConnection()) {
            connection.setNetworkTimeout(Runnable::run, (int) timeOut.toMillis());
            return work.on(connection);
        } catch (SQLException failure) {
            throw problem(failure).raisedBy(failure);
        }
    }

    /** Closes every pooled connection: none of a server that was stopped is handed out again. */
    public void forgetConnections() {
        pool.flush(FlushMode.ALL);
    }

    private static PreparedStatement prepared(Connection connection, String sql, Object... parameters)
            throws SQLException {
        var statement = connection.prepareStatement(sql);
        try {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            return statement;
        } catch (SQLException failure) {
            statement.close();
            throw failure;
        }
    }

    private static Problem problem(SQLException failure) {
        var state = failure.getSQLState();
        if (state == null || state.startsWith("08") || state.startsWith("57P") || state.startsWith("28")) {
            return new Problem(
                    Kind.POSTGRES_UNAVAILABLE,
                    "PostgreSQL does not answer on its socket: " + failure.getMessage(),
                    "Check that the server runs, and that estafet.postgres.socket-directory, port and superuser fit:"
                            + " the service must be let in without a password on the local socket.");
        }
        return new Problem(
                Kind.COMMAND_FAILED,
                "PostgreSQL refused with SQLSTATE %s: %s".formatted(state, failure.getMessage()),
                "The message is PostgreSQL's own.");
    }
}
