package dev.estafet.pgbouncer;

import dev.estafet.EstafetConfig.PgBouncer;
import dev.estafet.Secrets;
import dev.estafet.pgbouncer.PoolerState.PooledDatabase;
import dev.estafet.postgres.LocalConnections;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * A connection to a PgBouncer's admin console (its manual, "Admin console"): the database {@code pgbouncer}, which takes
 * commands of its own over the simple query protocol.
 */
final class Console implements AutoCloseable {

    private final Connection connection;

    private Console(Connection connection) {
        this.connection = connection;
    }

    /**
     * Logs in.
     *
     * @param timeOut for the login, and for each command that has none of its own
     */
    static Console open(PgBouncer config, Duration timeOut) throws SQLException {
        var properties = new Properties();
        properties.setProperty("user", config.user());
        Secrets.value(config.password(), config.passwordFile())
                .ifPresent(password -> properties.setProperty("password", password));
        properties.setProperty("PGDBNAME", "pgbouncer");
        properties.setProperty("preferQueryMode", "simple");
        // The console refuses the SET with which the driver begins. Told that this is for replication the driver leaves
        // it
        // out, and since it is not told the server's version it says nothing of replication to the server either.
        properties.setProperty("replication", "true");
        var seconds = Long.toString(Math.max(1, timeOut.toSeconds()));
        properties.setProperty("connectTimeout", seconds);
        properties.setProperty("socketTimeout", seconds);
        config.socketDirectory().ifPresent(directory -> {
            properties.setProperty("socketFactory", LocalConnections.SOCKET_FACTORY);
            properties.setProperty(
                    "socketFactoryArg",
                    directory.resolve(".s.PGSQL." + config.port()).toString());
            properties.setProperty("sslmode", "disable");
        });
        var host = config.host().orElse("localhost");
        var address = host.contains(":") ? "[" + host + "]" : host;
        return new Console(
                DriverManager.getConnection("jdbc:postgresql://%s:%d/".formatted(address, config.port()), properties));
    }

    /** Such as {@code 1.18.0}. */
    String version() throws SQLException {
        return connection.getMetaData().getDatabaseProductVersion().replace("/bouncer", "");
    }

    /** Every database that it knows now, its own console too. */
    List<PooledDatabase> databases() throws SQLException {
        var otherwise = defaultPoolMode();
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("SHOW DATABASES")) {
            var all = new ArrayList<PooledDatabase>();
            while (rows.next()) {
                all.add(database(rows, otherwise));
            }
            return all;
        }
    }

    private static PooledDatabase database(ResultSet row, String otherwise) throws SQLException {
        var mode = row.getString("pool_mode");
        return new PooledDatabase(
                String.valueOf(row.getString("name")),
                row.getString("host"),
                row.getInt("port"),
                mode == null ? otherwise : mode,
                row.getInt("paused") != 0);
    }

    private String defaultPoolMode() throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("SHOW CONFIG")) {
            while (rows.next()) {
                if ("pool_mode".equals(rows.getString("key"))) {
                    return String.valueOf(rows.getString("value"));
                }
            }
            return "session";
        }
    }

    /**
     * Holds back this database's clients, and returns once the last transaction has ended and every connection to the server
     * is closed. Where that takes too long, the database is left paused.
     */
    void pause(String database, Duration timeOut) throws SQLException {
        connection.setNetworkTimeout(Runnable::run, (int) timeOut.toMillis());
        command("PAUSE " + quoted(database));
    }

    /** Lets this database's clients on; one that is not paused, or not there any more, needs nothing. */
    void resume(String database) throws SQLException {
        try {
            command("RESUME " + quoted(database));
        } catch (SQLException refusal) {
            var why = String.valueOf(refusal.getMessage());
            if (!why.contains("is not paused") && !why.contains("no such database")) {
                throw refusal;
            }
        }
    }

    /** Has it read its configuration again; what is wrong in that is in its log only, so look what it made of it. */
    void reload() throws SQLException {
        command("RELOAD");
    }

    private void command(String command) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(command);
        }
    }

    private static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
