package dev.estafet.bench;

import dev.estafet.testing.TestNode;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/** How soon a service answers after its start, and how much memory it holds then. */
final class Footprint {

    private static final String JAVA_OPTIONS = "estafet.test.java-options";
    private static final String SMALL = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx128m";
    private static final String WITHOUT_CACHE = "-XX:AOTMode=off";
    private static final int STARTS = 5;
    private static final Duration QUIET = Duration.ofSeconds(5);

    private final TestNode node;
    private final StringBuilder text = new StringBuilder();

    Footprint(TestNode node) {
        this.node = node;
    }

    String markdown() throws IOException {
        var usual = System.getProperty(JAVA_OPTIONS);
        node.stopService();
        text.append(
                "| Service on the JVM | answers after, ms: min | median | max | resident, MB |\n|--|--:|--:|--:|--:|\n");
        try {
            measure("java -jar", WITHOUT_CACHE);
            measure("java -jar, AOT cache", "");
            measure(SMALL, SMALL + " " + WITHOUT_CACHE);
            measure(SMALL + ", AOT cache", SMALL);
        } finally {
            if (usual == null) {
                System.clearProperty(JAVA_OPTIONS);
            } else {
                System.setProperty(JAVA_OPTIONS, usual);
            }
        }
        return text.append("\nMedians of ")
                .append(STARTS)
                .append(" starts; memory five seconds later.\n")
                .toString();
    }

    private void measure(String name, String options) throws IOException {
        System.setProperty(JAVA_OPTIONS, options);
        var starts = new ArrayList<Double>();
        var resident = new ArrayList<Double>();
        for (int i = 0; i < STARTS; i++) {
            var begin = System.nanoTime();
            var process = node.launchService();
            awaitAnswer(process);
            starts.add((System.nanoTime() - begin) / 1e6);
            LockSupport.parkNanos(QUIET.toNanos());
            resident.add(residentMegabytes(process.pid()));
            node.stopService();
        }
        text.append(String.format(
                Locale.ROOT,
                "| `%s` | %s | %.0f |%n",
                name,
                Spread.of(starts),
                Spread.of(resident).median()));
    }

    private void awaitAnswer(Process process) throws IOException {
        var request =
                HttpRequest.newBuilder(node.address().resolve("/q/health/live")).build();
        try (var client = HttpClient.newHttpClient()) {
            while (!answers(client, request)) {
                if (!process.isAlive()) {
                    throw new IOException("the service ended: " + node.serviceLog());
                }
                LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
            }
        }
    }

    private static boolean answers(HttpClient client, HttpRequest request) {
        try {
            return client.send(request, BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    private static double residentMegabytes(long pid) throws IOException {
        try (var lines = Files.lines(Path.of("/proc", Long.toString(pid), "status"))) {
            return lines.filter(it -> it.startsWith("VmRSS:"))
                    .mapToDouble(it -> Double.parseDouble(it.replaceAll("\\D", "")) / 1024)
                    .findFirst()
                    .orElseThrow();
        }
    }
}
