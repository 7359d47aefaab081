package dev.estafet.postgres;

import dev.estafet.EstafetConfig;
import dev.estafet.EstafetConfig.Member;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;

/** Single connections outside the pool: to the local server's other databases, and to a member as a standby would. */
@Singleton
public final class LocalConnections {

    /** Has the driver connect to a Unix socket, by its path in {@code socketFactoryArg}. */
    public static final String SOCKET_FACTORY = "org.newsclub.net.unix.AFUNIXSocketFactory$FactoryArg";

    private final EstafetConfig config;
    private final PassFile passFile;

    LocalConnections(EstafetConfig config, PassFile passFile) {
        this.config = config;
        this.passFile = passFile;
    }

    /** Does {@code work} as superuser in that database of the local server. */
    public <T> T with(String databaseName, Database.Work<T> work) {
        var postgres = config.postgres();
        var properties = new Properties();
        properties.setProperty("user", postgres.superuser());
        properties.setProperty("socketFactory", SOCKET_FACTORY);
        properties.setProperty(
                "socketFactoryArg",
                postgres.socketDirectory()
                        .resolve(".s.PGSQL." + postgres.port())
                        .toString());
        properties.setProperty("PGDBNAME", databaseName);
        properties.setProperty("sslmode", "disable");
        properties.setProperty("ApplicationName", "estafet");
        properties.setProperty("socketTimeout", "60");
        try (var connection = DriverManager.getConnection("jdbc:postgresql://localhost/", properties)) {
            return Objects.requireNonNull(work.on(connection));
        } catch (SQLException failure) {
            throw new Problem(
                            Kind.POSTGRES_UNAVAILABLE,
                            "Database %s cannot be looked into: %s".formatted(databaseName, failure.getMessage()),
                            "The service's user must be let into every database on the local socket.")
                    .raisedBy(failure);
        }
    }

    /**
     * Logs in to a member's server for replication, as its standbys do (manual, section 55.4, {@code IDENTIFY_SYSTEM}).
     *
     * @return why it cannot, or nothing
     */
    public Optional<String> whyNoReplicationLogin(Member member) {
        try (var connection = replicationLogin(member.host(), member.port());
                var statement = connection.createStatement();
                var row = statement.executeQuery("IDENTIFY_SYSTEM")) {
            return row.next() ? Optional.empty() : Optional.of("it did not identify itself");
        } catch (SQLException failure) {
            return Optional.of(String.valueOf(failure.getMessage()));
        }
    }

    /**
     * Asks whoever answers at an address whether it is a server of this cluster that takes writes. A connection for
     * replication may ask for parameters too (manual, section 55.4, {@code SHOW}).
     *
     * @return nothing where somebody answers and does not let this node in
     */
    public Optional<Boolean> isPrimary(String host, int port, String systemIdentifier) {
        try (var connection = replicationLogin(host, port)) {
            return Optional.of(systemIdentifier.equals(answer(connection, "IDENTIFY_SYSTEM"))
                    && "off".equals(answer(connection, "SHOW transaction_read_only")));
        } catch (SQLException failure) {
            var state = String.valueOf(failure.getSQLState());
            return state.startsWith("28") ? Optional.empty() : Optional.of(false);
        }
    }

    private static String answer(Connection connection, String question) throws SQLException {
        try (var statement = connection.createStatement();
                var row = statement.executeQuery(question)) {
            return row.next() ? String.valueOf(row.getString(1)) : "";
        }
    }

    /**
     * Whether anything answers where a member's server was. {@code SHOW} is the one question that a WAL sender of a physical
     * connection answers of itself (manual, section 55.4).
     */
    public Sighting lookAt(Member member) {
        try (var connection = replicationLogin(member.host(), member.port());
                var statement = connection.createStatement();
                var row = statement.executeQuery("SHOW in_hot_standby")) {
            var standby = row.next() && row.getString(1).equals("on");
            return new Sighting(true, standby, standby ? "it answers as standby" : "it answers as primary");
        } catch (SQLException failure) {
            var state = failure.getSQLState();
            var silent = state == null || state.startsWith("08");
            return new Sighting(!silent, false, String.valueOf(failure.getMessage()));
        }
    }

    private Connection replicationLogin(String host, int port) throws SQLException {
        var properties = new Properties();
        properties.setProperty("user", config.replication().user());
        properties.setProperty("password", passFile.password());
        properties.setProperty("replication", "true");
        properties.setProperty("preferQueryMode", "simple");
        properties.setProperty("assumeMinServerVersion", "13");
        properties.setProperty("ApplicationName", "estafet");
        properties.setProperty("connectTimeout", "5");
        properties.setProperty("socketTimeout", "5");
        return DriverManager.getConnection("jdbc:postgresql://%s:%d/".formatted(bracketed(host), port), properties);
    }

    private static String bracketed(String host) {
        return host.contains(":") ? "[" + host + "]" : host;
    }
}
