package dev.estafet.testing;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A server in one data directory, as {@code initdb} makes it, with everything stock but port and socket directory.
 *
 * @param machine where it runs
 * @param data the data directory; its parent belongs to the node
 */
record PlainServer(Machine machine, int port, Path data, Path sockets, Path log) implements Server {

    @Override
    public Path configuration() {
        return data;
    }

    @Override
    public void create(String... initdbOptions) {
        var command = new ArrayList<>(List.of(
                PostgresInstallation.used().tool("initdb"),
                "-D",
                data.toString(),
                "-U",
                "postgres",
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync"));
        command.addAll(List.of(initdbOptions));
        ServerUser.run(command.toArray(String[]::new));
        configure("port = " + port);
        configure("unix_socket_directories = '" + sockets + "'");
        if (machine.isApart()) {
            configure("listen_addresses = '*'");
            ServerUser.run("sh", "-c", "echo 'host all all 10.0.0.0/8 scram-sha-256' >> " + data + "/pg_hba.conf");
        }
    }

    @Override
    public void start() {
        machine.run(
                PostgresInstallation.used().tool("pg_ctl"),
                "start",
                "-w",
                "-s",
                "-D",
                data.toString(),
                "-l",
                log.toString());
    }

    @Override
    public void drop() {}
}
