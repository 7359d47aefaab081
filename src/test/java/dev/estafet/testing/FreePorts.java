package dev.estafet.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/**
 * TCP ports nobody listens on. They are taken from below the range that the kernel gives to outgoing connections: a
 * server that is restarted in a test would else find its port taken by some client of another. Each JVM that runs tests at
 * the same time has a range of its own, since a port whose server is down for a moment looks free.
 */
final class FreePorts {

    private static final int FIRST = 20_000;
    private static final int RANGES = 6;
    private static final int RANGE = 2_000;
    private static final Set<Integer> GIVEN = new HashSet<>();

    /** Holds the first port of this JVM's range, and with it the range, for as long as the JVM runs. */
    private static final ServerSocket OWN = IntStream.range(0, RANGES)
            .mapToObj(i -> bind(FIRST + i * RANGE))
            .flatMap(Optional::stream)
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("%d JVMs run tests already".formatted(RANGES)));

    private FreePorts() {}

    /** A port that is free on 127.0.0.1 and that this JVM was not given before. */
    static synchronized int next() {
        while (true) {
            var port = OWN.getLocalPort() + ThreadLocalRandom.current().nextInt(1, RANGE);
            if (isFree(port) && GIVEN.add(port)) {
                return port;
            }
        }
    }

    private static boolean isFree(int port) {
        var socket = bind(port);
        socket.ifPresent(FreePorts::close);
        return socket.isPresent();
    }

    private static Optional<ServerSocket> bind(int port) {
        try {
            return Optional.of(new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1")));
        } catch (IOException taken) {
            return Optional.empty();
        }
    }

    private static void close(ServerSocket socket) {
        try {
            socket.close();
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
