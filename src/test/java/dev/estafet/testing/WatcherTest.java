package dev.estafet.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The watcher sees what it is there for; a check that cannot fail proves nothing. */
class WatcherTest {

    private final AtomicInteger a = new AtomicInteger(503);
    private final AtomicInteger b = new AtomicInteger(503);
    private final HttpServer nodeA;
    private final HttpServer nodeB;
    private final Watcher watcher;

    WatcherTest() throws IOException {
        nodeA = serving(a);
        nodeB = serving(b);
        watcher = new Watcher(Map.of("a", address(nodeA), "b", address(nodeB)), Duration.ofMillis(5));
    }

    @AfterEach
    void end() {
        watcher.close();
        nodeA.stop(0);
        nodeB.stop(0);
    }

    @Test
    void nodesThatAreWritableOneAfterTheOtherAreInOrder() {
        a.set(200);
        awaitPolls();
        a.set(503);
        awaitPolls();
        b.set(200);
        awaitPolls();
        b.set(503);
        awaitPolls();
        a.set(200);
        awaitPolls();

        watcher.stop();

        assertThat(watcher.order()).containsExactly("a", "b", "a");
        assertThat(watcher.twoAtOnce()).isEmpty();
    }

    @Test
    void twoThatAreWritableAtOnceAreFoundOut() {
        a.set(200);
        awaitPolls();
        b.set(200);
        awaitPolls();
        a.set(503);
        awaitPolls();

        watcher.stop();

        assertThat(watcher.twoAtOnce()).hasSize(1);
        assertThat(watcher.twoAtOnce().getFirst()).extracting(Watcher.Run::node).containsExactly("a", "b");
    }

    @Test
    void aNodeThatIsUnavailableInBetweenIsSeenTwice() {
        a.set(200);
        awaitPolls();
        a.set(503);
        awaitPolls();
        a.set(200);
        awaitPolls();

        watcher.stop();

        assertThat(watcher.order()).containsExactly("a", "a");
    }

    /** Waits until both nodes were asked a few times more. */
    private void awaitPolls() {
        var before = watcher.polls();
        await().until(() -> watcher.polls() > before + 20);
    }

    private static HttpServer serving(AtomicInteger status) throws IOException {
        var server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/writable", exchange -> {
            exchange.sendResponseHeaders(status.get(), -1);
            exchange.close();
        });
        server.start();
        return server;
    }

    private static URI address(HttpServer server) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }
}
