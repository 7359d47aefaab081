package dev.estafet.testing;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;

/**
 * Clients that never stop writing, and that know afterwards what they were promised. Each writer inserts rows
 * {@code (writer, seq, inserted_at)} one by one, each in a transaction of its own, over a JDBC URL that lists all
 * servers and takes the primary among them. It rests for 2 ms after each acknowledged row, and tries again every 20 ms
 * while there is no primary. A row whose commit was not acknowledged is never sent again: whether it is there is open
 * ("in doubt"), and the next try has the next number.
 *
 * <p>This file needs nothing but the JDK and PostgreSQL's JDBC driver, and runs by itself:
 *
 * <pre>{@code
 * PGPASSWORD=... java -cp postgresql.jar Writers.java --hosts 127.0.0.1:5501,127.0.0.1:5502 \
 *     --database app --user app --table writes [--writers 4] [--seconds 30]
 * }</pre>
 *
 * {@code --hosts}: every server, {@code host:port} with commas between; required. {@code --database}
 * ({@code postgres}), {@code --user} ({@code postgres}), {@code --table} ({@code writes}; made if it is missing, emptied
 * if not), {@code --writers} (4). The password comes from the environment variable {@code PGPASSWORD}. It writes for
 * {@code --seconds}, or, where that is not given, until its standard input ends. It prints {@code writing} on standard
 * error once every writer has had a row acknowledged; at the end it asks the primary of that moment for all rows and
 * prints one line of JSON on standard output:
 *
 * <pre>{@code
 * {"writers":4,"seconds":12.3,"acknowledged":15211,"found":15213,"lost":0,"inDoubt":2,"failures":37,"writeGapMillis":241.7}
 * }</pre>
 *
 * {@code lost}: acknowledged and not found. {@code inDoubt}: found, never acknowledged. {@code failures}: tries that
 * ended with an error. {@code writeGapMillis}: the longest time in which no row was acknowledged to any writer. The exit
 * status is 0 if nothing was lost, 1 if rows were lost, 2 if the arguments are wrong or the rows could not be read.
 */
public final class Writers implements AutoCloseable {

    private static final Duration REST = Duration.ofMillis(2);
    private static final Duration RETRY = Duration.ofMillis(20);

    private final String url;
    private final String database;
    private final Properties properties;
    private final String table;
    private final List<Writer> writers;
    private final List<Thread> threads = new ArrayList<>();
    private volatile Duration rest = REST;
    private volatile Duration retry;
    private volatile boolean stopped;
    private volatile long startedAt;
    private volatile long stoppedAt;

    /**
     * What became of the rows.
     *
     * @param acknowledged rows whose commit the server confirmed
     * @param found rows that are there now
     * @param lost acknowledged, and not there
     * @param inDoubt there, and never acknowledged: the answer to the commit was lost, not the row
     */
    public record Verdict(long acknowledged, long found, long lost, long inDoubt) {}

    /**
     * Writers that are not started yet.
     *
     * @param hosts every server, {@code host:port} with commas between
     * @param table made by {@link #start} if it is missing, emptied if not
     * @param count how many write at once, each over a connection of its own
     */
    public Writers(String hosts, String database, String user, String password, String table, int count) {
        this(hosts, database, user, password, table, count, RETRY);
    }

    /**
     * Lets each writer rest longer, where many tests share a machine: while there is no primary, each try is a new connection,
     * and a login, to every server.
     */
    public Writers resting(Duration afterEachRow, Duration afterEachFailure) {
        rest = afterEachRow;
        retry = afterEachFailure;
        return this;
    }

    /**
     * Writers that are not started yet.
     *
     * @param retry how long a writer without a primary waits before it tries again
     */
    public Writers(
            String hosts, String database, String user, String password, String table, int count, Duration retry) {
        this.database = database;
        url = "jdbc:postgresql://" + hosts + "/" + database;
        properties = new Properties();
        properties.setProperty("user", user);
        properties.setProperty("password", password);
        properties.setProperty("targetServerType", "primary");
        properties.setProperty("hostRecheckSeconds", "0");
        properties.setProperty("connectTimeout", "1");
        properties.setProperty("loginTimeout", "2");
        properties.setProperty("socketTimeout", "5");
        properties.setProperty("ApplicationName", "writers");
        this.table = table;
        this.retry = retry;
        writers = LongStream.range(0, count).mapToObj(i -> new Writer((int) i)).toList();
    }

    /** Makes the table and starts to write. */
    public Writers start() throws SQLException {
        var patient = (Properties) properties.clone();
        patient.setProperty("connectTimeout", "30");
        patient.setProperty("loginTimeout", "30");
        try (var connection = DriverManager.getConnection(url, patient);
                var statement = connection.createStatement()) {
            statement.execute(
                    "CREATE TABLE IF NOT EXISTS " + table
                            + " (writer int, seq int, inserted_at timestamptz DEFAULT clock_timestamp(), PRIMARY KEY (writer, seq))");
            statement.execute("TRUNCATE " + table);
        }
        startedAt = System.nanoTime();
        for (var writer : writers) {
            threads.add(
                    Thread.ofPlatform().daemon().name("writer-" + writer.number).start(writer));
        }
        return this;
    }

    /** Whether every writer has had a row acknowledged since {@code nanoTime}. */
    public boolean allWroteSince(long nanoTime) {
        return writers.stream().allMatch(it -> it.acknowledgedAt.newest() - nanoTime > 0);
    }

    /** How many rows have been acknowledged so far. */
    public long acknowledged() {
        return writers.stream().mapToLong(it -> it.acknowledgedAt.size()).sum();
    }

    /** How many tries ended with an error so far, connecting ones too. */
    public long failures() {
        return writers.stream().mapToLong(it -> it.failures).sum();
    }

    /** The last error any writer met, or nothing said where there was none. */
    public String lastError() {
        return writers.stream()
                .map(it -> it.lastError)
                .filter(it -> !it.isEmpty())
                .findFirst()
                .orElse("");
    }

    /** The longest time, since the start, in which no row was acknowledged to any writer. */
    public Duration longestGap() {
        return longestGapSince(startedAt);
    }

    /** The longest time, after {@code nanoTime} and up to now (or the stop), in which no row was acknowledged. */
    public Duration longestGapSince(long nanoTime) {
        var now = stopped ? stoppedAt : System.nanoTime();
        var times = writers.stream()
                .flatMapToLong(it -> it.acknowledgedAt.after(nanoTime))
                .map(it -> it - nanoTime)
                .filter(it -> it <= now - nanoTime)
                .sorted()
                .toArray();
        var longest = 0L;
        var last = 0L;
        for (var time : times) {
            longest = Math.max(longest, time - last);
            last = time;
        }
        return Duration.ofNanos(Math.max(longest, now - nanoTime - last));
    }

    /** Ends all writers after the row they are at. */
    public Writers stop() {
        if (!stopped) {
            stoppedAt = System.nanoTime();
            stopped = true;
            threads.forEach(Writers::join);
        }
        return this;
    }

    /** Stops without asking for a verdict. */
    @Override
    public void close() {
        stop();
    }

    /**
     * Compares what was acknowledged up to now with what the primary of this moment holds. While the writers run, rows
     * on their way are counted as in doubt.
     */
    public Verdict verify() throws SQLException {
        try (var connection = connectPatiently()) {
            return verify(connection);
        }
    }

    /** Compares it with what one server holds, be it a standby. */
    public Verdict verifyOn(String host) throws SQLException {
        var here = (Properties) properties.clone();
        here.setProperty("targetServerType", "any");
        try (var connection = DriverManager.getConnection("jdbc:postgresql://" + host + "/" + database, here)) {
            return verify(connection);
        }
    }

    private Verdict verify(Connection connection) throws SQLException {
        var acknowledged = writers.stream().map(Writer::acknowledged).toList();
        var found = found(connection);
        var lost = 0L;
        var inDoubt = 0L;
        for (int i = 0; i < writers.size(); i++) {
            var missing = (BitSet) acknowledged.get(i).clone();
            missing.andNot(found.get(i));
            lost += missing.cardinality();
            var surplus = (BitSet) found.get(i).clone();
            surplus.andNot(acknowledged.get(i));
            inDoubt += surplus.cardinality();
        }
        return new Verdict(count(acknowledged), count(found), lost, inDoubt);
    }

    private List<BitSet> found(Connection connection) throws SQLException {
        var found = writers.stream().map(it -> new BitSet()).toList();
        connection.setAutoCommit(false);
        try (var statement = connection.createStatement()) {
            statement.setFetchSize(10_000);
            try (var rows = statement.executeQuery("SELECT writer, seq FROM " + table)) {
                while (rows.next()) {
                    found.get(rows.getInt(1)).set(rows.getInt(2));
                }
            }
        }
        connection.rollback();
        return found;
    }

    /** What is in between may take a moment to find the primary, on a busy machine. */
    private Connection connectPatiently() throws SQLException {
        var deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (true) {
            try {
                return connect();
            } catch (SQLException failure) {
                if (System.nanoTime() - deadline > 0) {
                    throw failure;
                }
                LockSupport.parkNanos(RETRY.toNanos());
            }
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(url, properties);
    }

    private static long count(List<BitSet> sets) {
        return sets.stream().mapToLong(BitSet::cardinality).sum();
    }

    private static void join(Thread thread) {
        try {
            thread.join(Duration.ofSeconds(20));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** One client. */
    private final class Writer implements Runnable {

        private final int number;
        private final BitSet acknowledged = new BitSet();
        private final Times acknowledgedAt = new Times();
        private volatile long failures;
        private volatile String lastError = "";

        Writer(int number) {
            this.number = number;
        }

        synchronized BitSet acknowledged() {
            return (BitSet) acknowledged.clone();
        }

        private synchronized void acknowledge(int seq) {
            acknowledged.set(seq);
            acknowledgedAt.add(System.nanoTime());
        }

        @Override
        public void run() {
            var seq = 0;
            while (!stopped) {
                try (var connection = connect();
                        var insert = connection.prepareStatement(
                                "INSERT INTO " + table + " (writer, seq) VALUES (" + number + ", ?)")) {
                    while (!stopped) {
                        insert.setInt(1, seq++);
                        insert.executeUpdate();
                        acknowledge(seq - 1);
                        LockSupport.parkNanos(rest.toNanos());
                    }
                } catch (SQLException failure) {
                    fail(failure);
                }
            }
        }

        @SuppressWarnings("NonAtomicVolatileUpdate") // only this writer's thread counts
        private void fail(SQLException failure) {
            failures++;
            lastError = failure.getSQLState() + " " + failure.getMessage();
            if (!stopped) {
                LockSupport.parkNanos(retry.toNanos());
            }
        }
    }

    /** Points in time of {@link System#nanoTime}, in order. */
    private static final class Times {

        private long[] times = new long[1024];
        private int size;

        synchronized void add(long time) {
            if (size == times.length) {
                times = Arrays.copyOf(times, 2 * size);
            }
            times[size++] = time;
        }

        synchronized int size() {
            return size;
        }

        synchronized long newest() {
            return size == 0 ? Long.MIN_VALUE / 2 : times[size - 1];
        }

        synchronized LongStream after(long time) {
            return Arrays.stream(Arrays.copyOf(times, size)).filter(it -> it - time >= 0);
        }
    }

    /** See the description of the class. */
    public static void main(String[] arguments) {
        var options = new Properties();
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            options.setProperty(arguments[i].replaceFirst("^--", ""), arguments[i + 1]);
        }
        if (options.getProperty("hosts") == null || arguments.length % 2 != 0) {
            System.err.println(
                    "usage: Writers --hosts HOST:PORT,HOST:PORT [--database DB] [--user USER] [--table TABLE]"
                            + " [--writers N] [--seconds S]");
            System.exit(2);
        }
        try {
            System.exit(write(options) ? 0 : 1);
        } catch (SQLException | IOException failure) {
            System.err.println("writers: " + failure);
            System.exit(2);
        }
    }

    private static boolean write(Properties options) throws SQLException, IOException {
        var count = Integer.parseInt(options.getProperty("writers", "4"));
        try (var writers = new Writers(
                options.getProperty("hosts"),
                options.getProperty("database", "postgres"),
                options.getProperty("user", "postgres"),
                Objects.requireNonNullElse(System.getenv("PGPASSWORD"), ""),
                options.getProperty("table", "writes"),
                count)) {
            writers.start();
            Thread.ofPlatform().daemon().start(writers::tellWhenAllWrite);
            waitFor(options.getProperty("seconds"));
            var verdict = writers.stop().verify();
            System.out.printf(
                    Locale.ROOT,
                    "{\"writers\":%d,\"seconds\":%.1f,\"acknowledged\":%d,\"found\":%d,\"lost\":%d,\"inDoubt\":%d,"
                            + "\"failures\":%d,\"writeGapMillis\":%.1f}%n",
                    count,
                    (writers.stoppedAt - writers.startedAt) / 1e9,
                    verdict.acknowledged(),
                    verdict.found(),
                    verdict.lost(),
                    verdict.inDoubt(),
                    writers.failures(),
                    writers.longestGap().toNanos() / 1e6);
            return verdict.lost() == 0;
        }
    }

    private void tellWhenAllWrite() {
        while (!stopped && !allWroteSince(startedAt)) {
            LockSupport.parkNanos(RETRY.toNanos());
        }
        System.err.println("writing");
    }

    private static void waitFor(String seconds) throws IOException {
        if (seconds == null) {
            while (System.in.read() >= 0) {}
            return;
        }
        var end = System.nanoTime() + (long) (Double.parseDouble(seconds) * 1e9);
        while (System.nanoTime() - end < 0) {
            LockSupport.parkNanos(REST.toNanos());
        }
    }
}
