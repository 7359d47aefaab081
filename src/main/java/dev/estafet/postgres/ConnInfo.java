package dev.estafet.postgres;

import java.nio.file.Path;

/** Connection strings as libpq reads them (manual, section 32.1.1.1). */
public final class ConnInfo {

    private ConnInfo() {}

    /** The {@code primary_conninfo} with which {@code member} streams; names the password's file, never the password. */
    public static String of(String host, int port, String user, Path passFile, String member) {
        return "host=%s port=%d user=%s passfile=%s application_name=%s"
                .formatted(quoted(host), port, quoted(user), quoted(passFile.toString()), quoted(member));
    }

    /**
     * The same, to an ordinary database. In {@code primary_conninfo} it is what the synchronisation of failover slots
     * connects to, 17 and newer (manual, section 47.2.3); streaming itself ignores it ({@code libpqrcv_connect} in
     * {@code src/backend/replication/libpqwalreceiver/libpqwalreceiver.c}).
     */
    public static String to(String database, String connInfo) {
        return connInfo + " dbname=" + quoted(database);
    }

    private static String quoted(String value) {
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
