package dev.estafet.traffic;

import dev.estafet.EstafetConfig;
import dev.estafet.cluster.Cluster;
import dev.estafet.node.NodeState;
import dev.estafet.node.Prober;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Answers HAProxy's agent-checks (its configuration manual, {@code agent-check}): a line of words over TCP. HAProxy says
 * with {@code agent-send} what it asks for, {@code write} or {@code read}; where it says nothing, {@code read} is meant.
 * Standbys get a weight that falls with their lag, from 100% to 1% at the limit.
 */
@Singleton
final class HaproxyAgent {

    private static final Logger LOG = Logger.getLogger(HaproxyAgent.class);
    /** How long somebody who connects may take to say what is asked for. */
    private static final long SILENCE_MILLIS = 100;

    private static final int LONGEST_QUESTION = 64;

    private final EstafetConfig config;
    private final Prober prober;
    private final Routing routing;
    private final OptionalInt port;
    private final Vertx vertx;
    private @Nullable NetServer server;

    HaproxyAgent(EstafetConfig config, Prober prober, Routing routing, Cluster cluster, Vertx vertx) {
        this.config = config;
        this.prober = prober;
        this.routing = routing;
        this.port = cluster.member(config.node()).agentPort();
        this.vertx = vertx;
    }

    void listen(@Observes StartupEvent started) throws InterruptedException, ExecutionException, TimeoutException {
        if (port.isPresent()) {
            var host = config.haproxy().agentHost();
            server = vertx.createNetServer().connectHandler(this::connected);
            server.listen(port.getAsInt(), host)
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(10, TimeUnit.SECONDS);
            LOG.infof("Answering HAProxy's agent-checks on %s:%d", host, port.getAsInt());
        }
    }

    void close(@Observes ShutdownEvent stopping) {
        if (server != null) {
            server.close();
        }
    }

    private void connected(NetSocket socket) {
        var answered = new AtomicBoolean();
        var question = new StringBuilder();
        var silence = vertx.setTimer(SILENCE_MILLIS, timer -> answer(socket, answered, question.toString()));
        socket.handler(bytes -> {
            question.append(bytes.toString());
            if (question.indexOf("\n") >= 0 || question.length() > LONGEST_QUESTION) {
                vertx.cancelTimer(silence);
                answer(socket, answered, question.toString());
            }
        });
        socket.exceptionHandler(gone -> vertx.cancelTimer(silence));
        socket.closeHandler(closed -> vertx.cancelTimer(silence));
    }

    private void answer(NetSocket socket, AtomicBoolean answered, String question) {
        if (answered.compareAndSet(false, true)) {
            socket.end(Buffer.buffer((question.startsWith("write") ? forWrites() : forReads()) + "\n"));
        }
    }

    String forWrites() {
        var state = prober.current();
        return state.isWritable() ? "ready up" : down(state.reason());
    }

    /** Drained is drained, whatever else it is: sessions go on, new ones go elsewhere. */
    String forReads() {
        var state = prober.current();
        if (state.drained() && state.isReadable()) {
            return "drain";
        }
        var limit = config.lag().read().asLongValue();
        return routing.whyNoReadStandby(state, limit)
                .map(HaproxyAgent::down)
                .orElseGet(() -> "ready up %d%%".formatted(weight(state, limit)));
    }

    private static long weight(NodeState state, long limit) {
        var lag = state.lag();
        return lag == null || limit <= 0 ? 100 : Math.max(1, 100 - 99 * Math.min(lag.bytes(), limit) / limit);
    }

    /** A reason is one line of printable ASCII behind a hash sign. */
    private static String down(String reason) {
        var plain = reason.replaceAll("[^\\x20-\\x7E]", " ");
        return "down #" + plain.substring(0, Math.min(plain.length(), 100));
    }
}
