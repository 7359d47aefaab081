package dev.estafet.testing;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A stream of server-sent events, read from its begin to its close. */
public final class Followed implements AutoCloseable {

    private final HttpClient client = HttpClient.newHttpClient();
    private final List<String> lines = new CopyOnWriteArrayList<>();

    public Followed(TestNode node, String path) {
        var request = HttpRequest.newBuilder(node.address().resolve(path))
                .header("Accept", "text/event-stream")
                .build();
        Thread.ofPlatform().daemon().name("follow " + path).start(() -> read(request));
    }

    private void read(HttpRequest request) {
        try {
            client.send(request, BodyHandlers.ofLines()).body().forEach(lines::add);
        } catch (IOException | java.io.UncheckedIOException closed) {
            lines.add("closed: " + closed);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits until a line of the stream contains this. */
    public void awaitEvent(String text) {
        await("an event with %s in %s".formatted(text, lines))
                .atMost(Duration.ofSeconds(30))
                .until(() -> lines.stream().anyMatch(line -> line.contains(text)));
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
