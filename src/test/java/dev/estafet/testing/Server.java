package dev.estafet.testing;

import java.nio.file.Path;

/** How one PostgreSQL server is laid out on disk, made and dropped. */
sealed interface Server permits PlainServer, DebianServer {

    int port();

    Path data();

    /** Where {@code postgresql.conf} and {@code pg_hba.conf} are. */
    Path configuration();

    Path sockets();

    Path log();

    /** Makes a new cluster with a system identifier of its own; the server does not run yet. */
    void create(String... initdbOptions);

    void start();

    /** Removes what was made outside the cluster's base directory. */
    void drop();

    /** Adds a line to {@code postgresql.conf}; counts from the next start or reload. */
    default void configure(String line) {
        ServerUser.run("sh", "-c", "printf '%s\\n' \"$1\" >> \"$2\"", "sh", line, configuration() + "/postgresql.conf");
    }
}
